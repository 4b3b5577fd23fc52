//! `GET /v1` upgraded to a WebSocket: clients name tasks by their tokens and are told what happens to them.
//!
//! A token is all it takes: whoever has it may follow its task, and a task's number is not accepted for it,
//! because numbers can be guessed. Several tokens share a socket and several sockets a token; there is no
//! taking back. An unknown token ends a socket that has no other, because clients turn to polling when a
//! socket closes and wait for minutes when it is silent.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

use atelier_domain::TaskToken;
use atelier_store::TaskRef;
use axum::extract::State;
use axum::extract::ws::{WebSocketUpgrade, close_code, rejection::WebSocketUpgradeRejection};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream, SelectAll};
use serde_json::{Value, json};

use super::envelope::WiroError;
use super::frames::{Subject, frames};
use crate::app::App;
use crate::dashboard;
use crate::socket::{End, Peer, Seat};

/// The first frame of every socket.
const WELCOME: &str = r#"{"type":"connected","version":"1.0"}"#;
/// Tasks that one socket may follow.
const MAX_TASKS: usize = 1000;

/// `GET /`: a socket, or for a browser the way to the dashboard.
pub(crate) async fn open_or_home(
    state: State<Arc<App>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if upgrade.is_err() { dashboard::home() } else { open(state, upgrade).await }
}

/// The handler.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else { return WiroError::UnknownPath.into_response() };
    let Some(seat) = app.sockets.seat() else { return WiroError::Unavailable.into_response() };
    Seat::limit(upgrade).on_upgrade(async move |socket| {
        let mut peer = seat.take(socket);
        let Err(end) = converse(&app, &mut peer).await;
        peer.close(end).await;
    })
}

async fn converse(app: &Arc<App>, peer: &mut Peer) -> Result<Infallible, End> {
    peer.send(WELCOME.to_owned()).await?;
    let mut registered = Registered::default();
    loop {
        let waiting = !registered.frames.is_empty();
        tokio::select! {
            biased;
            frame = registered.frames.next(), if waiting => if let Some(frame) = frame {
                peer.send(frame).await?;
            },
            text = peer.receive(waiting) => registered.hear(app, peer, &text?).await?,
        }
    }
}

/// What a client says.
#[derive(Debug, PartialEq)]
enum Said {
    /// It wants to follow the task of this token, which may be no token at all.
    Register(String),
    /// What may have been meant as a registration.
    Malformed,
    /// Something for another kind of task, or from a newer client.
    Unknown,
}

impl Said {
    fn read(text: &str) -> Self {
        let Ok(message) = serde_json::from_str::<Value>(text) else { return Self::Malformed };
        match (message["type"].as_str(), message["tasktoken"].as_str()) {
            (Some("task_info"), Some(token)) if !token.is_empty() => Self::Register(token.to_owned()),
            (Some("task_info") | None, _) => Self::Malformed,
            (Some(_), _) => Self::Unknown,
        }
    }
}

/// The tasks that one socket follows.
#[derive(Default)]
struct Registered {
    tokens: HashSet<TaskToken>,
    /// Their frames; a task that has ended leaves.
    frames: SelectAll<BoxStream<'static, String>>,
}

impl Registered {
    async fn hear(&mut self, app: &Arc<App>, peer: &mut Peer, text: &str) -> Result<(), End> {
        match Said::read(text) {
            Said::Unknown => Ok(()),
            Said::Malformed => peer.send(error("tasktoken-required", None)).await,
            Said::Register(token) => match self.register(app, &token).await? {
                Ok(()) => Ok(()),
                Err(refusal) => {
                    peer.send(error(refusal, Some(&token))).await?;
                    if self.tokens.is_empty() { Err(End::Close(close_code::POLICY, refusal)) } else { Ok(()) }
                }
            },
        }
    }

    /// Begins to follow a task, or says why not. The same token a second time changes nothing.
    async fn register(&mut self, app: &Arc<App>, token: &str) -> Result<Result<(), &'static str>, End> {
        let Some(token) = TaskToken::parse(token) else { return Ok(Err("task-not-founded")) };
        if self.tokens.contains(&token) {
            return Ok(Ok(()));
        }
        if self.tokens.len() == MAX_TASKS {
            return Ok(Err("too-many-tasks"));
        }
        let found = app.storage.store.task(&TaskRef::Token(token.clone())).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a task cannot be looked for");
            End::Close(close_code::AGAIN, "try again later")
        })?;
        let Some(task) = found else { return Ok(Err("task-not-founded")) };
        self.frames.push(follow(app.clone(), Subject { id: task.id, token: token.clone() }));
        self.tokens.insert(token);
        Ok(Ok(()))
    }
}

/// The frames of a task from its beginning to its end.
fn follow(app: Arc<App>, subject: Subject) -> BoxStream<'static, String> {
    let history = app.feed.follow(subject.id);
    let batches = stream::unfold((history, 0), move |(mut history, seen)| {
        let (app, subject) = (app.clone(), subject.clone());
        async move {
            // An error: the end has been told.
            history.changed().await.ok()?;
            let (frames, seen) = {
                let known = history.borrow_and_update();
                (frames(&app, &subject, &known, seen), known.last())
            };
            Some((stream::iter(frames), (history, seen)))
        }
    });
    batches.flatten().boxed()
}

fn error(message: &str, token: Option<&str>) -> String {
    let mut frame = json!({"type": "error", "message": message});
    if let Some(token) = token {
        frame["tasktoken"] = json!(token);
    }
    frame["result"] = json!(false);
    frame.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_registration_is_heard_and_only_what_may_be_one_is_complained_about() {
        let register = |token: &str| Said::Register(token.to_owned());
        for (text, said) in [
            (r#"{"type":"task_info","tasktoken":"abc"}"#, register("abc")),
            (r#"{"tasktoken":"abc","type":"task_info","more":[1]}"#, register("abc")),
            (r#"{"type":"task_info"}"#, Said::Malformed),
            (r#"{"type":"task_info","tasktoken":""}"#, Said::Malformed),
            (r#"{"type":"task_info","tasktoken":7}"#, Said::Malformed),
            (r#"{"tasktoken":"abc"}"#, Said::Malformed),
            (r#"[{"type":"task_info"}]"#, Said::Malformed),
            ("{", Said::Malformed),
            ("", Said::Malformed),
            (r#"{"type":"task_session_end","tasktoken":"abc"}"#, Said::Unknown),
            (r#"{"type":"agent_info"}"#, Said::Unknown),
        ] {
            assert_eq!(Said::read(text), said, "{text}");
        }
    }
}
