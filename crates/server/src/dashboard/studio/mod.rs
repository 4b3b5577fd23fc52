//! The studio: the tools of the catalogue as cards, and for each a page to run it from.
//!
//! A tool's page is made from the catalogue alone, so that a tool added by its operator has one too. What the page
//! sends goes through the same code as the public API ([`crate::wiro::run::accept`]). With scripts the page stays, follows
//! the task over the socket and shows the result; without them the form leads to the task's own page.

mod cards;
mod example;
mod field;
mod follow;
mod page;
mod preview;
mod price;
mod refusal;
mod run;

use std::sync::Arc;

use atelier_domain::{Tool, ToolSlug};
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::Value;

use super::error::DashboardError;
use crate::app::App;

/// The paths of the studio.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(cards::page))
        .route("/tools/{owner}/{model}", get(page::page))
        .route("/tools/{owner}/{model}/preview", post(preview::preview))
        .route("/tools/{owner}/{model}/run", post(run::run))
        .route("/runs/{task}", get(follow::state))
        .route("/runs/{task}/result", get(follow::result))
}

/// The tool of a path.
fn tool<'a>(app: &'a App, (owner, model): &(String, String)) -> Result<&'a Tool, DashboardError> {
    app.catalogue.find(&ToolSlug::new(owner, model)).ok_or(DashboardError::NotFound)
}

/// What serves a tool, or why nothing does.
fn served_by(app: &App, tool: &Tool) -> Result<String, String> {
    match app.runner(tool.job.kind) {
        Ok(runner) => Ok(runner.name().to_owned()),
        Err(reason) => Err(reason.to_string()),
    }
}

/// An answer to a script.
fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
