//! Forms: what a page sends to change something.

use std::sync::Arc;

use axum::body;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::error::DashboardError;
use super::session::SignedIn;
use crate::app::App;

/// The field in which forms carry their token.
pub(super) const TOKEN: &str = "csrf";

/// The fields of a form, in their order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first field of a name without space around it; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// Every field of a name without space around it.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The first field of a name as it was typed, for passwords.
    pub(super) fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a box is ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

/// A form from one of our pages, by somebody who may not be signed in.
pub(super) struct PublicForm(pub(super) Fields);

impl FromRequest<Arc<App>> for PublicForm {
    type Rejection = DashboardError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, DashboardError> {
        if !is_form(request.headers()) {
            return Err(DashboardError::BadForm);
        }
        let body = body::to_bytes(request.into_body(), app.config.limits.call_bytes).await;
        let body = body.map_err(|_| DashboardError::BadForm)?;
        Ok(Self(Fields(form_urlencoded::parse(&body).into_owned().collect())))
    }
}

/// A form from one of our pages, by somebody who is signed in.
pub(super) struct Form {
    /// Who sent it.
    pub(super) who: SignedIn,
    /// What.
    pub(super) fields: Fields,
}

impl FromRequest<Arc<App>> for Form {
    type Rejection = DashboardError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, DashboardError> {
        let (mut head, body) = request.into_parts();
        let who = SignedIn::from_request_parts(&mut head, app).await?;
        let PublicForm(fields) = PublicForm::from_request(Request::from_parts(head, body), app).await?;
        check_token(&who, fields.text(TOKEN))?;
        Ok(Self { who, fields })
    }
}

/// Refuses a form that carries no token of this session.
pub(super) fn check_token(who: &SignedIn, token: &str) -> Result<(), DashboardError> {
    // Of hashes, so that the time tells nothing about the length either.
    let same = Sha256::digest(token).ct_eq(&Sha256::digest(&who.token));
    if bool::from(same) { Ok(()) } else { Err(DashboardError::OtherSite) }
}

/// Whether a script sent it, which wants JSON and not a page.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split([',', ';']).any(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
