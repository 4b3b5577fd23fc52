//! Who works for an account and what they changed; for the operator, every account.

mod audit;
mod invitations;
mod list;

use std::sync::Arc;

use atelier_domain::{LinkSecret, PersonId};
use atelier_store::Person;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use maud::html;

use super::error::DashboardError;
use super::layout::{self, Page, Section};
use super::session::SignedIn;
use super::{ROOT, join_address};
use crate::app::App;

/// The paths of this section.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/people", get(list::page))
        .route("/people/invite", post(invitations::invite))
        .route("/people/invitations/{id}/revoke", post(invitations::revoke))
        .route("/people/{id}/role", post(list::role))
        .route("/people/{id}/remove", post(list::remove))
        .route("/people/{id}/reset", post(invitations::reset))
}

/// A person of the account that somebody works for; for the operator, any.
async fn reachable(app: &App, who: &SignedIn, id: i64) -> Result<Person, DashboardError> {
    let account = (!who.person.operator).then(|| who.account());
    let people = app.storage.store.people(account).await?;
    people.into_iter().find(|person| person.id == PersonId(id)).ok_or(DashboardError::NotFound)
}

/// The one page that shows a link.
fn link_shown_once(app: &App, who: &SignedIn, title: &str, text: &str, link: &LinkSecret) -> Response {
    let content = html! {
        (layout::notice("warn", "This link is shown once, and works once."))
        section.card.stack-wide {
            p { (text) }
            div.secret {
                label for="link" { "Link" }
                div.row {
                    input.mono #link type="text" readonly size="70" value=(join_address(&app.base, link))
                        autocomplete="off";
                    button.second type="button" data-copy="link" aria-label="Copy the link" { "Copy" }
                }
            }
            p { a.button href={ (ROOT) "/people" } { "I have copied it" } }
        }
    };
    Page { title, section: Section::People, who, modules: &[], styles: &["admin.css"] }.show(&content)
}
