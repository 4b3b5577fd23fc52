//! What a person sees: pages rendered here, with small modules of JavaScript where a page lives.
//!
//! Every page is a `GET` that changes nothing and every change a `POST` of a form, so that all of it but the playground
//! works without JavaScript. Who is signed in is known by a cookie ([`session`]); a change is taken only from our own
//! pages ([`origin`]) and with the token that they carry ([`form`]). Pages load nothing from any other host.

mod assets;
mod credit;
mod error;
mod example;
mod form;
mod history;
mod join;
mod layout;
mod me;
mod operations;
mod origin;
mod password;
mod people;
mod projects;
mod session;
mod sign_in;
mod snippets;
mod studio;

use std::sync::Arc;

use atelier_domain::{LinkSecret, Timestamp, Tool};
use atelier_store::{Act, AuthMode, LinkPurpose, NewLink, StoreError};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, get, post};

use crate::app::App;
use error::DashboardError;
pub(crate) use history::Thumbnails;
pub(crate) use layout::dollars;

/// Where everything of it lies.
pub(crate) const ROOT: &str = "/dashboard";

/// Every path of the dashboard.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let pages = Router::new()
        .merge(studio::routes())
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/join/{secret}", get(join::page).post(join::join))
        .route("/me", get(me::page))
        .route("/me/password", post(me::password))
        .route("/me/sign-out-everywhere", post(me::sign_out_everywhere))
        .merge(history::routes())
        .merge(credit::routes())
        .merge(projects::routes())
        .merge(people::routes())
        .merge(operations::routes())
        .route("/assets/{name}", get(assets::serve))
        // A fallback would leave what has two parts to the addresses of outputs.
        .route("/{*rest}", any(|| async { DashboardError::NotFound }))
        .method_not_allowed_fallback(|| async { DashboardError::NotFound })
        .layer(from_fn_with_state(app.clone(), origin::only_ours))
        .layer(from_fn_with_state(app.clone(), limit_address))
        .layer(axum::middleware::from_fn(guard));
    Router::new().nest(ROOT, pages).route(&format!("{ROOT}/"), get(|| async { Redirect::permanent(ROOT) }))
}

/// What `GET /` answers to a browser; sockets have been taken care of.
pub(crate) fn home() -> Response {
    Redirect::to(ROOT).into_response()
}

/// A call of a tool as code, by language, for its documentation: keys are to be filled in.
pub(crate) fn example(base: &str, tool: &Tool) -> Vec<(&'static str, String)> {
    let credential = snippets::Credential::placeholder(AuthMode::Key);
    let programs = example::programs(base, tool, credential).into_iter();
    programs.map(|snippet| (snippet.language.name(), snippet.code)).collect()
}

/// The address of a link that makes whoever opens it the operator of an installation without people; none if it has
/// some. Such an account pays nothing on a machine of one's own.
pub async fn first_run_link(app: &App, unlimited: bool) -> Result<Option<String>, StoreError> {
    let (secret, now) = (LinkSecret::random(), Timestamp::now());
    let purpose = LinkPurpose::FirstRun { unlimited };
    let expires = now.after(app.config.dashboard.link);
    let new = NewLink { purpose, secret: secret.clone(), note: String::new(), expires };
    match app.storage.store.make_link(new, &Act::operator(now)).await {
        Ok(_) => Ok(Some(join_address(&app.base, &secret))),
        Err(StoreError::Exists(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The address of a link on a server with the public address `base`.
pub fn join_address(base: &str, secret: &LinkSecret) -> String {
    format!("{base}{ROOT}/join/{}", secret.expose())
}

/// Counts requests by address.
async fn limit_address(
    app: axum::extract::State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, DashboardError> {
    Ok(crate::callers::limit_address(app, request, next).await?)
}

/// What pages may load (ourselves alone), and that nobody may frame them. Only our assets may be kept.
async fn guard(request: Request, next: Next) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                          media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                          base-uri 'none'";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
