//! All projects of an account, and making one.

use std::sync::Arc;

use atelier_domain::{ApiKey, ApiSecret, KeyName, Role, Timestamp};
use atelier_store::{Act, AuthMode, NewProject, Project};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::form::{Fields, Form};
use super::super::layout::{self, Page, Section};
use super::super::session::SignedIn;
use super::{ROOT, credential, detail, networks, path};
use crate::app::App;

/// `GET /dashboard/projects`
pub(super) async fn page(State(app): State<Arc<App>>, who: SignedIn) -> Result<Response, DashboardError> {
    show(&app, &who, &Fields::default(), None).await
}

/// A mistake in a field of the form.
struct Mistake {
    field: &'static str,
    words: String,
}

async fn show(
    app: &App,
    who: &SignedIn,
    typed: &Fields,
    mistake: Option<Mistake>,
) -> Result<Response, DashboardError> {
    let projects = app.storage.store.projects_of(who.account()).await?;
    let runs = detail::runs_of_month(app, who).await?;
    let content = html! {
        @if projects.is_empty() {
            p.faint { "A project has a key, by which programs call the tools. There is none yet." }
        } @else {
            (table(&projects, &runs))
        }
        @if who.may(Role::Owner) { (form(who, typed, mistake.as_ref())) }
    };
    let page =
        Page { title: "Projects", section: Section::Projects, who, modules: &[], styles: &["admin.css"] };
    let page = page.show(&content);
    Ok(if mistake.is_some() { (StatusCode::BAD_REQUEST, page).into_response() } else { page })
}

fn table(projects: &[Project], runs: &detail::Runs) -> Markup {
    html! {
        div.scroll.card tabindex="0" { table {
            caption.faint { "Runs are those of the last 30 days." }
            thead { tr {
                th scope="col" { "Project" } th scope="col" { "Key" }
                    th scope="col" { "Callers prove themselves by" }
                th scope="col" { "From" } th.number scope="col" { "Runs" } th scope="col" { "Made" }
            } }
            tbody { @for project in projects { tr {
                th scope="row" { a href=(path(project.id)) { (project.name) } }
                td { code { (project.key_hint) "…" } }
                td { (words(project.auth)) }
                td { @if project.allowed_networks.as_slice().is_empty() { "anywhere" } @else { (project.allowed_networks) } }
                td.number { (runs.of(project.id).runs) }
                td { (layout::time(project.created)) }
            } } }
        } }
    }
}

fn form(who: &SignedIn, typed: &Fields, mistake: Option<&Mistake>) -> Markup {
    let problem = |field| mistake.filter(|mistake| mistake.field == field).map(|mistake| &mistake.words);
    let is_chosen = |mode| match typed.text("auth") {
        "" => mode == "signature",
        chosen => mode == chosen,
    };
    html! {
        section.card {
            h2 { "A new project" }
            form.stack method="post" action={ (ROOT) "/projects" } {
                (layout::token(who))
                label { "Name"
                    input name="name" required maxlength=(KeyName::MAX) value=(typed.text("name"))
                        autocomplete="off"
                        aria-invalid=[problem("name").map(|_| "true")];
                    @if let Some(words) = problem("name") { span.problem { (words) } }
                }
                fieldset {
                    legend { "How callers prove themselves" }
                    p.hint { "This cannot be changed afterwards." }
                    @for (value, title, text) in MODES {
                        label.choice {
                            input type="radio" name="auth" value=(value)
                                checked[is_chosen(value)];
                            span { (title) span.hint { (text) } }
                        }
                    }
                    @if let Some(words) = problem("auth") { span.problem { (words) } }
                }
                label { "Addresses they may call from"
                    textarea name="networks" rows="3" spellcheck="false"
                        aria-invalid=[problem("networks").map(|_| "true")]
                        { (typed.text("networks")) }
                    span.hint { "Networks such as 203.0.113.0/24, one a line. Empty: anywhere." }
                    @if let Some(words) = problem("networks") { span.problem { (words) } }
                }
                button { "Make the project" }
            }
        }
    }
}

const MODES: [(&str, &str, &str); 2] = [
    (
        "signature",
        "Signature",
        "Key, nonce and an HMAC with the secret. The secret never travels: the better choice for servers.",
    ),
    (
        "key",
        "Key only",
        "The key alone in a header. Simpler, and as safe as the place where the key is kept.",
    ),
];

/// How callers of a mode prove themselves, in words.
pub(super) fn words(auth: AuthMode) -> &'static str {
    match auth {
        AuthMode::Signature => "signature",
        AuthMode::Key => "key only",
    }
}

/// `POST /dashboard/projects`
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    who.need(Role::Owner)?;
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let new = match read(&who, &fields, key.clone(), secret.clone()) {
        Ok(new) => new,
        Err(mistake) => return show(&app, &who, &fields, Some(mistake)).await,
    };
    let act = Act::person(who.person.id, Timestamp::now());
    let project = app.storage.store.create_project(new, &act).await?;
    credential::shown_once(&app, &who, &project, &key, &secret, credential::Occasion::Created).await
}

fn read(who: &SignedIn, fields: &Fields, key: ApiKey, secret: ApiSecret) -> Result<NewProject, Mistake> {
    let mistake = |field, words: String| Mistake { field, words };
    // A project is called as a key is: by one line of limited length.
    let name = KeyName::parse(fields.text("name"))
        .ok_or_else(|| mistake("name", format!("Give it a name of 1 to {} characters.", KeyName::MAX)))?;
    let auth = match fields.text("auth") {
        "signature" => AuthMode::Signature,
        "key" => AuthMode::Key,
        _ => return Err(mistake("auth", "Choose one of the two.".into())),
    };
    let allowed_networks = networks(fields.text("networks")).map_err(|words| mistake("networks", words))?;
    Ok(NewProject {
        account: who.account(),
        name: name.as_str().to_owned(),
        auth,
        key,
        secret,
        allowed_networks,
    })
}
