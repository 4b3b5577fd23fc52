//! The Wiro dialect and nothing else: envelope, names, numbers as strings, bodies as clients really send them.

mod auth;
pub(crate) mod body;
pub(crate) mod envelope;
mod file;
mod frames;
mod model;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod parameters;
mod render;
mod report;
pub(crate) mod run;
mod schema;
mod socket;
mod task;
mod tool;
pub(crate) mod webhook;

use std::sync::Arc;

use atelier_domain::ToolSlug;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::callers;
use envelope::WiroError;

/// What its tasks are marked with.
const DIALECT: &str = "wiro";

/// The call that clients repeat for every task they wait for.
pub(crate) const DETAIL: &str = "/v1/Task/Detail";

/// Every path of the dialect.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(run::run))
        .routes(routes!(task::detail))
        .routes(routes!(task::cancel))
        .routes(routes!(task::kill))
        .routes(routes!(task::delete_files))
        .routes(routes!(report::tasks))
        .routes(routes!(report::statistics))
        .routes(routes!(report::usage))
        .routes(routes!(report::wallets))
        .routes(routes!(report::transactions))
        .routes(routes!(tool::list))
        .routes(routes!(tool::detail))
        .routes(routes!(tool::explore))
        .routes(routes!(file::create_folder))
        .routes(routes!(file::upload))
        .route("/", get(socket::open_or_home))
        .route("/v1", get(socket::open))
        .route("/v1/", get(socket::open))
        .route("/models/{owner}/{model}/llms.txt", get(tool_page))
}

/// Counts requests by address, except polls.
pub(crate) async fn limit_address(
    app: State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, WiroError> {
    Ok(callers::limit_address(app, request, next).await?)
}

/// The answer to a path or a method that nothing serves.
pub(crate) async fn unknown_path() -> WiroError {
    WiroError::UnknownPath
}

/// `GET /models/{owner}/{model}/llms.txt`: the product page as text.
async fn tool_page(
    State(app): State<Arc<App>>,
    slug: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, WiroError> {
    let Path((owner, model)) = slug?;
    let tool = app.catalogue.find(&ToolSlug::new(&owner, &model)).ok_or(WiroError::UnknownPath)?;
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((plain, page::page(tool, &app.base)).into_response())
}
