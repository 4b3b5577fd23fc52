//! The bearer keys of a project, by which `TryonAPI` is called.

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::{KeyId, KeyKind, KeyName, KeySecret, Role, Timestamp};
use atelier_store::{Act, Key, KeyState, NewKey, Project};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::form::{Fields, Form};
use super::super::layout::{self, Page, Section};
use super::super::session::SignedIn;
use super::super::snippets;
use super::{detail, networks, own, path, programs, secret};
use crate::app::App;

/// When a new key ends by itself: the form's word, its name, the span.
const EXPIRIES: [(&str, &str, Option<Duration>); 4] = [
    ("never", "never", None),
    ("30d", "after 30 days", Some(Duration::from_hours(30 * 24))),
    ("90d", "after 90 days", Some(Duration::from_hours(90 * 24))),
    ("1y", "after a year", Some(Duration::from_hours(365 * 24))),
];

/// A form for a key that was filled in wrongly.
pub(super) struct Mistake {
    field: &'static str,
    words: String,
    typed: Fields,
}

/// The part of a project's page about its keys.
pub(super) async fn section(
    app: &App,
    who: &SignedIn,
    project: &Project,
    mistake: Option<&Mistake>,
) -> Result<Markup, DashboardError> {
    let keys = app.storage.store.keys(project.id).await?;
    let runs = app.storage.store.key_runs(project.id).await?;
    let runs = |id: KeyId| runs.iter().find(|(key, _)| *key == id).map_or(0, |(_, runs)| *runs);
    Ok(html! {
        section.card {
            h2 #keys { "TryonAPI keys" }
            @if keys.is_empty() {
                p.faint { "TryonAPI is called with a bearer key of its own. This project has none yet." }
            } @else {
                div.scroll tabindex="0" { table {
                    caption.faint { "Runs are all that were ever submitted with a key." }
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" { "Key" } th scope="col" { "State" }
                        th.number scope="col" { "Runs" } th scope="col" { "Last used" }
                            th scope="col" { "Ends" }
                        th scope="col" { "From" } th scope="col" { "Action" }
                    } }
                    tbody { @for key in &keys { (row(who, key, runs(key.id))) } }
                } }
            }
            @if who.may(Role::Owner) { (form(who, project, mistake)) }
        }
    })
}

fn row(who: &SignedIn, key: &Key, runs: u64) -> Markup {
    let (state, kind) = match key.state(Timestamp::now()) {
        KeyState::Active => ("active", "good"),
        KeyState::Expired => ("expired", "warn"),
        KeyState::Revoked => ("revoked", "bad"),
    };
    let name = key.name.as_str();
    html! { tr {
        th scope="row" { (name) }
        td { code { (key.hint) "…" } }
        td { span class={ "tag " (kind) } { (state) } }
        td.number { (runs) }
        td { @if let Some(used) = key.last_used { (layout::time(used)) } @else { "never" } }
        td { @if let Some(end) = key.expires { (layout::time(end)) } @else { "never" } }
        td { @if key.allowed_networks.as_slice().is_empty() { "anywhere" } @else { (key.allowed_networks) } }
        td { @if key.revoked.is_none() && who.may(Role::Owner) {
            form method="post" action={ (path(key.project)) "/keys/" (key.id) "/revoke" }
                data-confirm={ "Revoke the key " (name) "? Programs that use it are refused at once, for ever." } {
                (layout::token(who))
                button.danger.small aria-label={ "Revoke " (name) } { "Revoke" }
            }
        } }
    } }
}

fn form(who: &SignedIn, project: &Project, mistake: Option<&Mistake>) -> Markup {
    let problem = |field| mistake.filter(|mistake| mistake.field == field).map(|mistake| &mistake.words);
    let typed = |field| mistake.map_or("", |mistake| mistake.typed.text(field));
    html! {
        details open[mistake.is_some()] {
            summary { "Make a key" }
            form.stack.inset method="post" action={ (path(project.id)) "/keys" } {
                (layout::token(who))
                label { "Name"
                    input name="name" required maxlength=(KeyName::MAX) value=(typed("name")) autocomplete="off"
                        aria-invalid=[problem("name").map(|_| "true")];
                    span.hint { "Where it is used, such as “shop, production”." }
                    @if let Some(words) = problem("name") { span.problem { (words) } }
                }
                label { "Ends by itself"
                    select name="expires" { @for (word, name, _) in EXPIRIES {
                        option value=(word) selected[word == typed("expires")] { (name) }
                    } }
                    @if let Some(words) = problem("expires") { span.problem { (words) } }
                }
                label { "Addresses it may be used from"
                    textarea name="networks" rows="3" spellcheck="false"
                        aria-invalid=[problem("networks").map(|_| "true")]
                        { (typed("networks")) }
                    span.hint { "Networks such as 203.0.113.0/24, one a line. Empty: anywhere." }
                    @if let Some(words) = problem("networks") { span.problem { (words) } }
                }
                p { button { "Make the key" } }
            }
        }
    }
}

/// `POST /dashboard/projects/{id}/keys`
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    let project = own(&app, &who, id).await?;
    who.need(Role::Owner)?;
    let (key, now) = (KeySecret::random(), Timestamp::now());
    let new = match read(&project, &fields, key.clone(), now) {
        Ok(new) => new,
        Err((field, words)) => {
            let key = Some(Mistake { field, words, typed: fields });
            let extra = detail::Extra { key, ..detail::Extra::default() };
            return Ok(
                (StatusCode::BAD_REQUEST, detail::show(&app, &who, &project, extra).await?).into_response()
            );
        }
    };
    let made = app.storage.store.create_key(new, &Act::person(who.person.id, now)).await?;
    Ok(shown_once(&app, &who, &made, &key))
}

fn read(
    project: &Project,
    fields: &Fields,
    secret: KeySecret,
    now: Timestamp,
) -> Result<NewKey, (&'static str, String)> {
    let name = KeyName::parse(fields.text("name"))
        .ok_or_else(|| ("name", format!("Give it a name of 1 to {} characters.", KeyName::MAX)))?;
    let expiry = EXPIRIES.iter().find(|(word, ..)| *word == fields.text("expires"));
    let (.., span) = expiry.ok_or_else(|| ("expires", "Choose when it ends.".to_owned()))?;
    let allowed_networks = networks(fields.text("networks")).map_err(|words| ("networks", words))?;
    let expires = span.map(|span| now.after(span));
    Ok(NewKey { project: project.id, kind: KeyKind::Tryon, name, secret, expires, allowed_networks })
}

fn shown_once(app: &App, who: &SignedIn, key: &Key, shown: &KeySecret) -> Response {
    let content = html! {
        (layout::notice("warn", "This is shown once. Copy it now to where your programs keep their secrets."))
        section.card.stack-wide {
            h2 { (key.name.as_str()) }
            (secret("key", "TryonAPI key", shown.expose()))
            p { a.button href={ (path(key.project)) "#keys" } { "I have copied it" } }
        }
        section.card {
            h2 { "Your first call" }
            p { "It sends two pictures that lie beside the program, waits, and prints where the result lies." }
            (programs("first-call", &snippets::tryon(&app.base, shown.expose(), "person.jpg", "garment.jpg")))
        }
    };
    Page { title: "Your TryonAPI key", section: Section::Projects, who, modules: &[], styles: &["admin.css"] }
        .show(&content)
}

/// `POST /dashboard/projects/{id}/keys/{key}/revoke`
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path((id, key)): Path<(i64, i64)>,
    Form { who, .. }: Form,
) -> Result<Response, DashboardError> {
    let project = own(&app, &who, id).await?;
    who.need(Role::Owner)?;
    let keys = app.storage.store.keys(project.id).await?;
    let key = keys.into_iter().find(|one| one.id == KeyId(key)).ok_or(DashboardError::NotFound)?;
    app.storage.store.revoke_key(key.id, &Act::person(who.person.id, Timestamp::now())).await?;
    Ok(Redirect::to(&format!("{}#keys", path(project.id))).into_response())
}
