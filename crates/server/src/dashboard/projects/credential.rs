//! A project's key and secret: shown once, replaced without a gap; and what signs its webhooks.

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::{ApiKey, ApiSecret, Role, Timestamp};
use atelier_store::{Act, AuthMode, Credential, Project};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::form::Form;
use super::super::layout::{self, Page, Section};
use super::super::session::SignedIn;
use super::super::{example, snippets};
use super::{detail, own, path, programs, secret};
use crate::app::App;

/// How long the old credential stays good beside the new one: the form's word, its name, the span.
pub(super) const OVERLAPS: [(&str, &str, Duration); 4] = [
    ("none", "not at all", Duration::ZERO),
    ("1h", "1 hour", Duration::from_hours(1)),
    ("24h", "24 hours", Duration::from_hours(24)),
    ("7d", "7 days", Duration::from_hours(7 * 24)),
];

/// Why a credential is shown.
pub(super) enum Occasion {
    /// Its project was made.
    Created,
    /// It takes the place of another, which is good until then.
    Replaced(Timestamp),
}

/// The one page that shows a credential, with the webhook secret and programs that use it.
pub(super) async fn shown_once(
    app: &App,
    who: &SignedIn,
    project: &Project,
    key: &ApiKey,
    new: &ApiSecret,
    occasion: Occasion,
) -> Result<Response, DashboardError> {
    let webhook = app.storage.store.webhook_secret(project.id).await?;
    let signs = project.auth == AuthMode::Signature;
    let credential = if signs {
        snippets::Credential::Signature { key: key.as_str(), secret: new.expose() }
    } else {
        snippets::Credential::Key(key.as_str())
    };
    let content = html! {
        (layout::notice("warn", "This is shown once. Copy it now to where your programs keep their secrets."))
        @match occasion {
            Occasion::Created => {}
            Occasion::Replaced(until) if until > Timestamp::now() =>
                { p { "The old key is good until " (layout::time(until)) ", then no more." } }
            Occasion::Replaced(_) => { p { "The old key is good no more." } }
        }
        section.card.stack-wide {
            h2 { (project.name) }
            (secret("key", "Key", key.as_str()))
            @if signs { (secret("secret", "Secret, which signs your calls", new.expose())) }
            (secret("webhook-secret", "Webhook secret, which signs our calls to you", webhook.expose()))
            p { a.button href=(path(project.id)) { "I have copied it" } }
        }
        (first_call(app, credential))
    };
    let title = "Your key";
    Ok(Page { title, section: Section::Projects, who, modules: &[], styles: &["admin.css"] }.show(&content))
}

/// Programs that make the first call, on pictures that every installation has.
fn first_call(app: &App, credential: snippets::Credential<'_>) -> Markup {
    let Some(tool) = app.catalogue.find(&app.config.tryon.tool) else { return html! {} };
    html! {
        section.card {
            h2 { "Your first call" }
            p { "It runs "
                strong { (tool.title) } " on sample pictures, waits, and prints where the result lies." }
            (programs("first-call", &example::programs(&app.base, tool, credential)))
        }
    }
}

/// `POST /dashboard/projects/{id}/regenerate`
pub(super) async fn regenerate(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    let project = own(&app, &who, id).await?;
    who.need(Role::Owner)?;
    let wanted = OVERLAPS.iter().find(|(word, ..)| *word == fields.text("overlap"));
    let Some((.., span)) = wanted else {
        return Err(DashboardError::Invalid("Choose how long the old key shall stay good.".into()));
    };
    let (key, new, now) = (ApiKey::random(), ApiSecret::random(), Timestamp::now());
    let overlap = now.after(*span);
    let credential = Credential { key: key.clone(), secret: new.clone(), overlap };
    let act = Act::person(who.person.id, now);
    let project = app.storage.store.replace_credential(project.id, credential, &act).await?;
    shown_once(&app, &who, &project, &key, &new, Occasion::Replaced(overlap)).await
}

/// `POST /dashboard/projects/{id}/webhook-secret`: shows it, and makes it where nobody has asked for it yet.
pub(super) async fn webhook_secret(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, .. }: Form,
) -> Result<Response, DashboardError> {
    let project = own(&app, &who, id).await?;
    who.need(Role::Owner)?;
    let webhook = app.storage.store.webhook_secret(project.id).await?;
    let extra = detail::Extra { webhook: Some(webhook), ..detail::Extra::default() };
    Ok((StatusCode::OK, detail::show(&app, &who, &project, extra).await?).into_response())
}
