//! Signing in and out.

use std::net::IpAddr;
use std::sync::Arc;

use atelier_domain::{Email, SessionSecret, Timestamp};
use atelier_store::{NewSession, Person};
use axum::extract::FromRequest as _;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::error::DashboardError;
use super::form::{Form, PublicForm};
use super::{ROOT, layout, password, session};
use crate::app::App;
use crate::callers::peer;

/// The most characters of a browser's name that are kept.
const AGENT: usize = 200;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Then {
    #[serde(default)]
    then: String,
}

/// `GET /dashboard/sign-in`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Query(then): Query<Then>,
) -> Result<Response, DashboardError> {
    let nobody = app.storage.store.people(None).await?.is_empty();
    Ok(show(&then.then, "", nobody, None))
}

fn show(then: &str, email: &str, nobody: bool, problem: Option<&str>) -> Response {
    layout::bare(
        "Sign in",
        &html! {
            @if let Some(problem) = problem { (layout::notice("bad", problem)) }
            @if nobody {
                (layout::notice("info", "Nobody can sign in yet. The server printed a link for its first person when it started."))
            }
            form.stack method="post" action={ (ROOT) "/sign-in" } {
                input type="hidden" name="then" value=(then);
                label { "E-mail address"
                    input type="email" name="email" value=(email) required autocomplete="username" autofocus; }
                label { "Password"
                    input type="password" name="password" required autocomplete="current-password"; }
                button { "Sign in" }
            }
            p.faint { "Forgotten your password? An owner of your account can give you a link to set a new one." }
        },
    )
}

/// `POST /dashboard/sign-in`
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, DashboardError> {
    let peer = peer(request.extensions());
    let agent = agent(request.headers());
    let PublicForm(fields) = PublicForm::from_request(request, &app).await?;
    let (email, then) = (fields.text("email"), fields.text("then"));
    let Some(person) = prove(&app, email, fields.exact("password"), peer).await? else {
        let page = show(then, email, false, Some("This address and this password do not belong together."));
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    let there = if is_ours(then) { then } else { ROOT };
    start(&app, &person, agent, there).await
}

/// Whoever has this address and password. Every attempt counts for address and place, and a failed one for the place.
async fn prove(
    app: &App,
    email: &str,
    password: &str,
    peer: IpAddr,
) -> Result<Option<Person>, DashboardError> {
    let email = Email::parse(email);
    if let Some(email) = &email {
        app.rates.sign_in(email.as_str(), peer)?;
    }
    let found = match &email {
        Some(email) => app.storage.store.person_by_email(email).await?,
        None => None,
    };
    let (person, kept) = found.unzip();
    if password::matches(password, kept).await? {
        return Ok(person);
    }
    app.rates.failed_login(peer)?;
    tracing::info!(%peer, "a sign-in failed");
    Ok(None)
}

/// Starts a session and sends the browser on.
pub(super) async fn start(
    app: &App,
    person: &Person,
    agent: String,
    there: &str,
) -> Result<Response, DashboardError> {
    let (secret, now) = (SessionSecret::random(), Timestamp::now());
    let expires = now.after(app.config.dashboard.session);
    let new = NewSession { person: person.id, secret: secret.clone(), agent, expires };
    app.storage.store.start_session(new, now).await?;
    let cookie = [(header::SET_COOKIE, session::cookie(app, Some(&secret))?)];
    Ok((cookie, Redirect::to(there)).into_response())
}

/// What a browser calls itself.
pub(super) fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    text.chars().take(AGENT).collect()
}

/// Whether an address lies in the dashboard: nobody shall be sent elsewhere by a link to the sign-in page.
fn is_ours(there: &str) -> bool {
    let rest = there.strip_prefix(ROOT);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) && !there.contains('\\')
}

/// `POST /dashboard/sign-out`
pub(super) async fn sign_out(State(app): State<Arc<App>>, form: Form) -> Result<Response, DashboardError> {
    app.storage.store.end_session(&form.who.secret).await?;
    signed_out(&app)
}

/// To the sign-in page, without a session.
pub(super) fn signed_out(app: &App) -> Result<Response, DashboardError> {
    let cookie = [(header::SET_COOKIE, session::cookie(app, None)?)];
    Ok((cookie, Redirect::to(&format!("{ROOT}/sign-in"))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for ours in ["/dashboard", "/dashboard/tasks?tool=x", "/dashboard?x"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "",
            "/",
            "https://evil.example",
            "//evil.example",
            "/dashboards",
            "/dashboard\\@evil",
            "dashboard",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
