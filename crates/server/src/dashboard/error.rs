//! Refusals as pages.

use atelier_domain::Role;
use atelier_store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use url::form_urlencoded;

use super::{ROOT, layout};
use crate::rates::TooMany;

/// Everything that is refused with a page of its own. What is wrong with one field of a form is said in the form.
#[derive(Debug, Clone)]
pub(super) enum DashboardError {
    /// Nobody is signed in; where to go after a sign-in.
    SignedOut(Option<String>),
    /// The request does not come from one of our pages, or its page is too old.
    OtherSite,
    /// The body is no form, or too large.
    BadForm,
    /// Something in the request makes no sense; what, as a sentence.
    Invalid(String),
    /// It takes this role.
    Needs(Role),
    /// It is not there, or somebody else's.
    NotFound,
    /// The link was used, or is too old.
    BadLink,
    /// More requests than are answered.
    TooMany(TooMany),
    /// The server could not do it; the details are in its log.
    Internal,
}

impl From<TooMany> for DashboardError {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl From<StoreError> for DashboardError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            StoreError::LastOwner => {
                Self::Invalid("An account needs an owner: make somebody else one first.".into())
            }
            StoreError::Illegal(_) => Self::Invalid("The task is no longer in a state for that.".into()),
            StoreError::Unfinished(_) => Self::Invalid("The task has not ended yet.".into()),
            StoreError::BadAmount(amount) => Self::Invalid(format!("${amount} cannot be granted.")),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the store failed");
                Self::Internal
            }
        }
    }
}

impl DashboardError {
    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut(_) => StatusCode::UNAUTHORIZED,
            Self::OtherSite | Self::Needs(_) => StatusCode::FORBIDDEN,
            Self::BadForm | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadLink => StatusCode::GONE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened, and what to do about it.
    pub(super) fn words(&self) -> (&'static str, String) {
        match self {
            Self::SignedOut(_) => ("You are signed out", "Sign in and send it again.".into()),
            Self::OtherSite => (
                "This was not sent by this page",
                "Open the page anew and try again. If another site sent you here, nothing was changed."
                    .into(),
            ),
            Self::BadForm => ("This form cannot be read", "Open the page anew and try again.".into()),
            Self::Invalid(reason) => ("This cannot be done", reason.clone()),
            Self::Needs(role) => {
                ("You may not do this", format!("It takes the role {} in this account.", role.word()))
            }
            Self::NotFound => ("There is nothing here", "It may have been deleted, or never was.".into()),
            Self::BadLink => (
                "This link is no longer good",
                "It was used already, taken back, or too old. Ask whoever gave it to you for a new one."
                    .into(),
            ),
            Self::TooMany(wait) => ("Too many requests", format!("Try again in {} s.", wait.whole_seconds())),
            Self::Internal => (
                "The server could not do this",
                "Try again. The operator finds the reason in the log.".into(),
            ),
        }
    }
}

impl IntoResponse for DashboardError {
    fn into_response(self) -> Response {
        if let Self::SignedOut(Some(there)) = &self {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("then", there).finish();
            return Redirect::to(&format!("{ROOT}/sign-in?{query}")).into_response();
        }
        let (title, text) = self.words();
        let page = layout::bare(
            title,
            &html! {
                p { (text) }
                p { a.button href=(ROOT) { "To the dashboard" } }
            },
        );
        let mut response = (self.status(), page).into_response();
        if let Self::TooMany(wait) = &self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.whole_seconds()));
        }
        response
    }
}
