//! Links that let somebody in once: the first run, invitations, and passwords that are set anew.

use std::net::IpAddr;
use std::sync::Arc;

use atelier_domain::{Email, LinkSecret, Timestamp};
use atelier_store::{Link, LinkPurpose, StoreError};
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::html;

use super::error::DashboardError;
use super::form::PublicForm;
use super::{ROOT, layout, password, sign_in};
use crate::app::App;
use crate::callers::Peer;

/// `GET /dashboard/join/{secret}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Path(secret): Path<String>,
    Peer(peer): Peer,
) -> Result<Response, DashboardError> {
    let (_, link) = find(&app, &secret, peer).await?;
    Ok(show(&secret, &link, "", None))
}

/// A good link. Whoever tries many bad ones is told to wait.
async fn find(app: &App, secret: &str, peer: IpAddr) -> Result<(LinkSecret, Link), DashboardError> {
    if let Some(secret) = LinkSecret::parse(secret)
        && let Some(link) = app.storage.store.link(&secret, Timestamp::now()).await?
    {
        return Ok((secret, link));
    }
    app.rates.failed_login(peer)?;
    Err(DashboardError::BadLink)
}

fn show(secret: &str, link: &Link, email: &str, problem: Option<&str>) -> Response {
    let (title, text) = match link.purpose {
        LinkPurpose::FirstRun { .. } => {
            ("Welcome", "You will run this installation: its people, credit and machines.")
        }
        LinkPurpose::Invite { account: Some(_), .. } => {
            ("Join Atelier", "You are invited into an account that exists.")
        }
        LinkPurpose::Invite { account: None, .. } => {
            ("Join Atelier", "You are invited to an account of your own.")
        }
        LinkPurpose::Reset(_) => ("Set a new password", "You will be signed out everywhere else."),
    };
    let is_new = !matches!(link.purpose, LinkPurpose::Reset(_));
    layout::bare(
        title,
        &html! {
            p { (text) }
            @if let Some(problem) = problem { (layout::notice("bad", problem)) }
            form.stack method="post" action={ (ROOT) "/join/" (secret) } {
                @if is_new {
                    label { "E-mail address"
                        input type="email" name="email" value=(email) required autocomplete="username" autofocus
                            maxlength=(Email::MAX); }
                }
                label { "Password, " (password::MIN) " characters or more"
                    input type="password" name="password" required minlength=(password::MIN)
                        autocomplete="new-password"; }
                button { (if is_new { "Begin" } else { "Set it" }) }
            }
        },
    )
}

/// `POST /dashboard/join/{secret}`
pub(super) async fn join(
    State(app): State<Arc<App>>,
    Path(secret): Path<String>,
    Peer(peer): Peer,
    request: Request,
) -> Result<Response, DashboardError> {
    let (secret, link) = find(&app, &secret, peer).await?;
    let agent = sign_in::agent(request.headers());
    let PublicForm(fields) = PublicForm::from_request(request, &app).await?;
    let given = fields.text("email").to_owned();
    let again = |problem: &str| {
        Ok((StatusCode::BAD_REQUEST, show(secret.expose(), &link, &given, Some(problem))).into_response())
    };
    let email = Email::parse(&given);
    if email.is_none() && !matches!(link.purpose, LinkPurpose::Reset(_)) {
        return again("This is not an e-mail address.");
    }
    if let Some(problem) = password::problem(fields.exact("password")) {
        return again(&problem);
    }
    let hash = password::hash(fields.exact("password")).await?;
    match app.storage.store.use_link(&secret, email.as_ref(), hash, Timestamp::now()).await {
        Ok(person) => sign_in::start(&app, &person, agent, ROOT).await,
        Err(StoreError::Exists("person")) => again("Somebody with this address can sign in already."),
        Err(StoreError::Exists(_)) => {
            again("There is an account with this address already. Ask its owner for an invitation.")
        }
        Err(StoreError::NotFound(_)) => Err(DashboardError::BadLink),
        Err(error) => Err(error.into()),
    }
}
