//! Who is signed in.
//!
//! The browser keeps a secret in a cookie that scripts cannot read; the store keeps its hash. The token that forms
//! carry is derived from the same secret, so that it ends with the session and nothing more is stored.

use std::sync::Arc;

use atelier_domain::{AccountId, Role, SessionSecret, Timestamp};
use atelier_store::Person;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::credit;
use super::error::DashboardError;
use crate::app::App;

/// Somebody who is signed in. As an argument of a handler it sends everybody else to the sign-in page.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    /// Who.
    pub(super) person: Person,
    /// What their browser keeps.
    pub(super) secret: SessionSecret,
    /// What the forms on their pages must carry.
    pub(super) token: String,
    /// What to tell them about their account's credit, if it is low.
    pub(super) low_credit: Option<String>,
}

impl SignedIn {
    /// The account they work for.
    pub(super) fn account(&self) -> AccountId {
        self.person.account
    }

    /// Whether they may what a role may.
    pub(super) fn may(&self, role: Role) -> bool {
        self.person.role >= role
    }

    /// Refuses whoever may not what a role may.
    pub(super) fn need(&self, role: Role) -> Result<(), DashboardError> {
        if self.may(role) { Ok(()) } else { Err(DashboardError::Needs(role)) }
    }

    /// Refuses whoever does not run the installation.
    pub(super) fn need_operator(&self) -> Result<(), DashboardError> {
        if self.person.operator { Ok(()) } else { Err(DashboardError::NotFound) }
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = DashboardError;

    async fn from_request_parts(head: &mut Parts, app: &Arc<App>) -> Result<Self, DashboardError> {
        let found = match secret(app, &head.headers) {
            Some(secret) => {
                let person = app.storage.store.person_of_session(&secret, Timestamp::now()).await?;
                person.map(|person| (person, secret))
            }
            None => None,
        };
        let (person, secret) = found.ok_or_else(|| {
            // After a sign-in, what was looked for is shown; what was sent is lost.
            let there = (head.method == Method::GET).then(|| full_path(head));
            DashboardError::SignedOut(there)
        })?;
        let token = token(app, &secret);
        let low_credit = if is_page(head) { credit::warning(app, person.account).await? } else { None };
        Ok(Self { person, secret, token, low_credit })
    }
}

/// Whether a browser wants a page to show, and no picture or answer for a script.
fn is_page(head: &Parts) -> bool {
    let accept = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Path and query as the client sent them, which inside a nested router are no longer in the URI.
fn full_path(head: &Parts) -> String {
    let uri = head.extensions.get::<axum::extract::OriginalUri>().map_or(&head.uri, |uri| &uri.0);
    uri.path_and_query().map_or_else(String::new, ToString::to_string)
}

/// What forms in a session must carry.
fn token(app: &App, secret: &SessionSecret) -> String {
    let key = app.storage.master.derive("dashboard forms");
    let mac = Hmac::<Sha256>::new_from_slice(&key).map(|mac| mac.chain_update(secret.expose()));
    // A key of any length will do.
    mac.map_or_else(|_| String::new(), |mac| format!("{:x}", mac.finalize().into_bytes()))
}

/// The name of the cookie. Over https browsers hold it to this very host.
fn name(app: &App) -> &'static str {
    if is_https(app) { "__Host-atelier" } else { "atelier" }
}

fn is_https(app: &App) -> bool {
    app.base.starts_with("https://")
}

/// The secret in the cookie, if there is one that can be.
pub(super) fn secret(app: &App, headers: &HeaderMap) -> Option<SessionSecret> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name(app)).and_then(|(_, value)| SessionSecret::parse(value))
}

/// The header that makes a browser keep a secret, or forget the one it has.
pub(super) fn cookie(app: &App, secret: Option<&SessionSecret>) -> Result<HeaderValue, DashboardError> {
    let age = if secret.is_some() { app.config.dashboard.session.as_secs() } else { 0 };
    let (value, secure) =
        (secret.map_or("", SessionSecret::expose), if is_https(app) { "; Secure" } else { "" });
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", name(app));
    HeaderValue::from_str(&text).map_err(|_| DashboardError::Internal)
}
