//! Who is calling: the holder of a bearer key.
//!
//! Every key that is not good gets the same answer, after the same look into the store: that one was revoked, and is not
//! unknown, is nothing for whoever found it. The log says which key it was and why, for its owner.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use atelier_domain::{AccountId, KeyId, KeyKind, KeySecret, ProjectId, Timestamp};
use atelier_store::{Key, KeyState};

use super::error::TryonError;
use crate::app::App;
use crate::callers::{is_poll, peer};
use crate::observe;

const NO_KEY: TryonError =
    TryonError::Unauthorized("Send your API key in the header `Authorization: Bearer <key>`.");
const BAD_KEY: TryonError = TryonError::Unauthorized(
    "This API key is unknown, revoked or expired, or may not be used from your address.",
);

/// Who is calling. As an argument of a handler it refuses everybody else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    /// Whose jobs it may see.
    pub(crate) account: AccountId,
    /// Under which project it submits.
    pub(crate) project: ProjectId,
    /// By which key.
    pub(crate) key: KeyId,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = TryonError;

    async fn from_request_parts(head: &mut Parts, app: &Arc<App>) -> Result<Self, TryonError> {
        let caller = match prove(app, head).await {
            Ok(caller) => caller,
            Err(refusal @ TryonError::Unauthorized(_)) => {
                app.rates.failed_login(peer(&head.extensions))?;
                return Err(refusal);
            }
            Err(error) => return Err(error),
        };
        if !is_poll(&head.extensions) {
            app.rates.project(caller.project)?;
        }
        Ok(caller)
    }
}

async fn prove(app: &App, head: &Parts) -> Result<Caller, TryonError> {
    let secret = KeySecret::parse(bearer(&head.headers).ok_or(NO_KEY)?);
    let secret = secret.ok_or(BAD_KEY)?;
    let (store, now) = (&app.storage.store, Timestamp::now());
    let key = store.key_by_secret(KeyKind::Tryon, &secret).await.map_err(TryonError::from_store)?;
    let key = key.ok_or(BAD_KEY)?;
    tracing::Span::current().record(observe::KEY, key.id.0);
    if let Err(reason) = check(&key, peer(&head.extensions), now) {
        tracing::info!(reason, "a key is refused");
        return Err(BAD_KEY);
    }
    note_use(app, key.id, now);
    Ok(Caller { account: key.account, project: key.project, key: key.id })
}

/// Whether a key is good here and now; if not, why.
fn check(key: &Key, peer: IpAddr, now: Timestamp) -> Result<(), &'static str> {
    match key.state(now) {
        KeyState::Revoked => Err("it was revoked"),
        KeyState::Expired => Err("it has expired"),
        KeyState::Active if !key.allowed_networks.admit(peer) => Err("the address is not allowed"),
        KeyState::Active => Ok(()),
    }
}

/// Notes the use without making the caller wait for a write.
fn note_use(app: &App, key: KeyId, now: Timestamp) {
    let store = app.storage.store.clone();
    tokio::spawn(async move {
        if let Err(error) = store.note_key_use(key, now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the use of a key is not noted");
        }
    });
}

/// What stands behind `Bearer` in the only authorization header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, key) = value.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn the_key_stands_behind_the_scheme_in_any_case() {
        for value in ["Bearer key", "bearer key", "BEARER   key", " Bearer key "] {
            assert_eq!(bearer(&headers(&[value])), Some("key"), "{value:?}");
        }
    }

    #[test]
    fn what_is_not_one_bearer_header_is_no_key() {
        for values in [&[][..], &["Bearer"], &["key"], &["Basic key"], &["Bearer key", "Bearer key"]] {
            assert_eq!(bearer(&headers(values)), None, "{values:?}");
        }
    }
}
