//! One project: what it used, its credential, where its callers may come from, its keys.

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::{Money, ProjectId, Role, Timestamp, WebhookSecret};
use atelier_store::{Act, AuthMode, Project, RetiredCredential, Usage as DayUsage};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::form::Form;
use super::super::layout::{self, Page, Section};
use super::super::session::SignedIn;
use super::{credential, keys, list, networks as read_networks, own, path, secret};
use crate::app::App;

/// How far back usage is counted.
const MONTH: Duration = Duration::from_hours(30 * 24);

/// What an account's projects did in the last 30 days.
pub(super) struct Runs(Vec<DayUsage>);

/// What one project did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    /// Tasks that were submitted.
    pub(super) runs: u64,
    succeeded: u64,
    failed: u64,
    cost: Money,
}

impl Runs {
    /// What one project did.
    pub(super) fn of(&self, project: ProjectId) -> Usage {
        let mut usage = Usage::default();
        for day in self.0.iter().filter(|day| day.project == project) {
            usage.runs += day.runs;
            usage.succeeded += day.succeeded;
            usage.failed += day.failed;
            usage.cost = usage.cost + day.cost;
        }
        usage
    }
}

/// What the projects of somebody's account did in the last 30 days.
pub(super) async fn runs_of_month(app: &App, who: &SignedIn) -> Result<Runs, DashboardError> {
    let month = i64::try_from(MONTH.as_millis()).unwrap_or(i64::MAX);
    let since = Timestamp(Timestamp::now().0.saturating_sub(month));
    Ok(Runs(app.storage.store.usage(who.account(), since).await?))
}

/// What one answer shows besides the page: a mistake in a form, or a secret that was asked for.
#[derive(Default)]
pub(super) struct Extra {
    /// The webhook secret, if it was asked for.
    pub(super) webhook: Option<WebhookSecret>,
    /// The networks as they were typed, and what is wrong with them.
    pub(super) networks: Option<(String, String)>,
    /// What is wrong with a new key, and what was typed for it.
    pub(super) key: Option<keys::Mistake>,
}

/// `GET /dashboard/projects/{id}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    who: SignedIn,
) -> Result<Response, DashboardError> {
    let project = own(&app, &who, id).await?;
    show(&app, &who, &project, Extra::default()).await
}

/// The page of a project.
pub(super) async fn show(
    app: &App,
    who: &SignedIn,
    project: &Project,
    extra: Extra,
) -> Result<Response, DashboardError> {
    let now = Timestamp::now();
    let retired = app.storage.store.retired_credential(project.id, now).await?;
    let usage = runs_of_month(app, who).await?.of(project.id);
    let content = html! {
        p.faint { "Project " (project.id) ", made " (layout::time(project.created)) ". "
            a href={ (super::ROOT) "/projects" } { "All projects" } }
        (of_usage(usage))
        div.columns {
            (of_credential(who, project, retired.as_ref()))
            (of_networks(who, project, extra.networks.as_ref()))
            (of_webhooks(who, project, extra.webhook.as_ref()))
        }
        (keys::section(app, who, project, extra.key.as_ref()).await?)
    };
    let (title, section) = (project.name.as_str(), Section::Projects);
    Ok(Page { title, section, who, modules: &[], styles: &["admin.css"] }.show(&content))
}

fn of_usage(usage: Usage) -> Markup {
    html! {
        section.card {
            h2 { "The last 30 days" }
            dl.figures {
                div { dt { "Runs" } dd.number { (usage.runs) } }
                div { dt { "Succeeded" } dd.number { (usage.succeeded) } }
                div { dt { "Failed" } dd.number { (usage.failed) } }
                div { dt { "Spent" } dd { (layout::money(usage.cost)) } }
            }
        }
    }
}

fn of_credential(who: &SignedIn, project: &Project, retired: Option<&RetiredCredential>) -> Markup {
    html! {
        section.card {
            h2 { "Key" }
            p { code { (project.key_hint) "…" } ", " (list::words(project.auth)) ". The way is fixed." }
            @if let Some(old) = retired {
                (layout::notice("warn", "An older key is still good."))
                p { code { (old.key_hint) "…" } " ends " (layout::time(old.until)) "." }
            }
            @if who.may(Role::Owner) {
                form.row method="post" action={ (path(project.id)) "/regenerate" }
                    data-confirm="Make a new key? Programs with the old one must be given the new one in time." {
                    (layout::token(who))
                    label for="overlap" { "The old one stays good" }
                    select #overlap name="overlap" { @for (word, name, _) in credential::OVERLAPS {
                        option value=(word) selected[word == "24h"] { (name) }
                    } }
                    button.second { "Regenerate" }
                }
                @if retired.is_some() {
                    p.hint { "Only the last key before the new one can stay good: an older one ends at once." }
                }
            }
        }
    }
}

fn of_networks(who: &SignedIn, project: &Project, wrong: Option<&(String, String)>) -> Markup {
    let allowed = project.allowed_networks.as_slice();
    let typed = wrong.map_or_else(
        || allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        |(typed, _)| typed.clone(),
    );
    html! {
        section.card {
            h2 { "Addresses" }
            @if who.may(Role::Owner) {
                form.stack method="post" action={ (path(project.id)) "/networks" } {
                    (layout::token(who))
                    label { "Callers may come from"
                        textarea name="networks" rows="4" spellcheck="false"
                            aria-invalid=[wrong.map(|_| "true")] { (typed) }
                        span.hint { "Networks such as 203.0.113.0/24, one a line. Empty: anywhere." }
                        @if let Some((_, problem)) = wrong { span.problem { (problem) } }
                    }
                    p { button.second { "Save" } }
                }
            } @else if allowed.is_empty() {
                p { "Callers may come from anywhere." }
            } @else {
                ul { @for network in allowed { li { code { (network) } } } }
            }
        }
    }
}

fn of_webhooks(who: &SignedIn, project: &Project, shown: Option<&WebhookSecret>) -> Markup {
    html! {
        section.card {
            h2 { "Webhooks" }
            p { "Our calls to your addresses are signed, so that you know they are ours." }
            @match shown {
                Some(webhook) => { (secret("webhook-secret", "Webhook secret", webhook.expose())) }
                None if who.may(Role::Owner) => {
                    form method="post" action={ (path(project.id)) "/webhook-secret" } {
                        (layout::token(who))
                        button.second { "Show the secret" }
                    }
                }
                None => { p.faint { "An owner can see the secret." } }
            }
            @if project.auth == AuthMode::Signature {
                p.hint { "It is another secret than the one your calls are signed with." }
            }
        }
    }
}

/// `POST /dashboard/projects/{id}/networks`
pub(super) async fn networks(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    let project = own(&app, &who, id).await?;
    who.need(Role::Owner)?;
    let typed = fields.text("networks");
    match read_networks(typed) {
        Ok(allowed) => {
            let act = Act::person(who.person.id, Timestamp::now());
            app.storage.store.set_networks(project.id, allowed, &act).await?;
            Ok(Redirect::to(&path(project.id)).into_response())
        }
        Err(problem) => {
            let extra = Extra { networks: Some((typed.to_owned(), problem)), ..Extra::default() };
            Ok((StatusCode::BAD_REQUEST, show(&app, &who, &project, extra).await?).into_response())
        }
    }
}
