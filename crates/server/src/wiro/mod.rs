//! The Wiro dialect and nothing else: envelope, names, numbers as strings, bodies as clients really send them.

mod auth;
pub(crate) mod body;
mod envelope;
mod frames;
pub(crate) mod page;
pub(crate) mod parameters;
mod render;
mod run;
mod socket;
mod task;
pub(crate) mod webhook;

use std::sync::Arc;

use atelier_domain::ToolSlug;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;
use envelope::WiroError;

/// Every path of the dialect.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(socket::open))
        .route("/v1", get(socket::open))
        .route("/v1/", get(socket::open))
        .route("/v1/Run/{owner}/{model}", post(run::run))
        .route("/v1/Task/Detail", post(task::detail))
        .route("/v1/Task/Cancel", post(task::cancel))
        .route("/v1/Task/Kill", post(task::kill))
        .route("/models/{owner}/{model}/llms.txt", get(tool_page))
}

/// The answer to a path or a method that nothing serves.
pub(crate) async fn unknown_path() -> WiroError {
    WiroError::UnknownPath
}

/// `GET /models/{owner}/{model}/llms.txt`: the product page as text.
async fn tool_page(State(app): State<Arc<App>>, Path((owner, model)): Path<(String, String)>) -> Response {
    match app.catalogue.find(&ToolSlug::new(&owner, &model)) {
        Some(tool) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page::page(tool, &app.base))
            .into_response(),
        None => WiroError::UnknownPath.into_response(),
    }
}
