//! The person's own page: role, password, sessions.

use std::sync::Arc;

use atelier_domain::Timestamp;
use atelier_store::Act;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::error::DashboardError;
use super::form::Form;
use super::layout::{self, Page, Section};
use super::session::SignedIn;
use super::{ROOT, password, sign_in};
use crate::app::App;
use crate::callers::Peer;

/// `GET /dashboard/me`
pub(super) async fn page(State(app): State<Arc<App>>, who: SignedIn) -> Result<Response, DashboardError> {
    show(&app, &who, None).await
}

async fn show(app: &App, who: &SignedIn, notice: Option<Markup>) -> Result<Response, DashboardError> {
    let sessions = app.storage.store.sessions(who.person.id, Timestamp::now()).await?;
    let content = html! {
        @if let Some(notice) = notice { (notice) }
        section.card {
            dl {
                dt { "Address" } dd { (who.person.email) }
                dt { "Role" } dd { (who.person.role.word()) @if who.person.operator { ", and operator of this installation" } }
                dt { "Since" } dd { (layout::time(who.person.created)) }
            }
        }
        section.card {
            h2 { "Password" }
            form.stack method="post" action={ (ROOT) "/me/password" } {
                (layout::token(who))
                input type="hidden" name="username" value=(who.person.email) autocomplete="username";
                label { "The one you have"
                    input type="password" name="old" required autocomplete="current-password"; }
                label { "A new one, " (password::MIN) " characters or more"
                    input type="password" name="new" required minlength=(password::MIN) autocomplete="new-password"; }
                button { "Change it" }
            }
        }
        section.card {
            h2 { "Where you are signed in" }
            ul { @for session in &sessions {
                li { (session.agent) ", since " (layout::time(session.started)) }
            } }
            form method="post" action={ (ROOT) "/me/sign-out-everywhere" } {
                (layout::token(who))
                button { "Sign out everywhere" }
            }
        }
    };
    Ok(Page { title: "You", section: Section::Me, who, modules: &[], styles: &[] }.show(&content))
}

/// `POST /dashboard/me/password`
pub(super) async fn password(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    let store = &app.storage.store;
    app.rates.sign_in(who.person.email.as_str(), peer)?;
    let kept = store.person_by_email(&who.person.email).await?.map(|(_, kept)| kept);
    let problem = if password::matches(fields.exact("old"), kept).await? {
        password::problem(fields.exact("new"))
    } else {
        Some("This is not the password you have.".to_owned())
    };
    if let Some(problem) = problem {
        let page = show(&app, &who, Some(layout::notice("bad", &problem))).await?;
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    }
    let hash = password::hash(fields.exact("new")).await?;
    let act = Act::person(who.person.id, Timestamp::now());
    store.set_password(who.person.id, hash, Some(&who.secret), &act).await?;
    let done = "Your password is changed, and every other session has ended.";
    show(&app, &who, Some(layout::notice("good", done))).await
}

/// `POST /dashboard/me/sign-out-everywhere`
pub(super) async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    form: Form,
) -> Result<Response, DashboardError> {
    app.storage.store.end_sessions(form.who.person.id).await?;
    sign_in::signed_out(&app)
}
