//! `Prefer: wait=N` (RFC 7240): an answer that may take N seconds, because the caller would rather wait than ask again.

use std::time::Duration;

use atelier_domain::TaskId;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use crate::app::App;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The longest wait, in seconds; who asks for more gets this.
const LONGEST: u64 = 60;

/// A wait that was asked for, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait(u64);

impl Wait {
    /// The first one among the preferences. What is not understood is no preference: the header is a wish.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        let mut wishes = lines.flat_map(|line| line.split(',')).filter_map(|wish| {
            let (name, value) = wish.split(';').next()?.split_once('=')?;
            name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').parse().ok())
        });
        wishes.next()?.map(|seconds: u64| Self(seconds.min(LONGEST)))
    }

    /// Waits until a task has ended, the time is over, or this server stops.
    pub(super) async fn for_end(self, app: &App, task: TaskId) {
        let mut history = app.feed.follow(task);
        let ended = async {
            while history.changed().await.is_ok() && history.borrow_and_update().ended().is_none() {}
        };
        tokio::select! {
            () = ended => {}
            () = tokio::time::sleep(Duration::from_secs(self.0)) => {}
            () = app.stopping.cancelled() => {}
        }
    }

    /// Says that the wish was heard.
    pub(super) fn applied(self, mut response: Response) -> Response {
        if let Ok(value) = HeaderValue::from_str(&format!("wait={}", self.0)) {
            response.headers_mut().insert(APPLIED, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_found_among_other_wishes_and_limited() {
        let wait = |values: &[&str]| {
            let headers = values.iter().map(|value| (PREFER, value.parse().unwrap())).collect();
            Wait::of(&headers).map(|wait| wait.0)
        };
        for (values, seconds) in [
            (&["wait=10"][..], Some(10)),
            (&["respond-async, wait=\"5\"; why=hurry"], Some(5)),
            (&["handling=lenient", "Wait = 7"], Some(7)),
            (&["wait=3, wait=9"], Some(3)),
            (&["wait=3600"], Some(60)),
            (&["wait=0"], Some(0)),
            (&["wait", "wait=soon"], None),
            (&["wait=-1"], None),
            (&["waiting=5"], None),
            (&[], None),
        ] {
            assert_eq!(wait(values), seconds, "{values:?}");
        }
    }
}
