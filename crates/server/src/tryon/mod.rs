//! The TryonAPI dialect and nothing else: two pictures in, a job id out, and a status until there is a result.
//!
//! A job is a task of the tool that the settings name; queue, ledger, worker and files are those of every task.

mod address;
mod auth;
mod error;
mod failure;
mod prefer;
mod render;
mod schema;
mod status;
mod submit;

pub(crate) use render::status as status_of;
pub(crate) use submit::can_serve;

use std::sync::Arc;

use atelier_domain::InputRole;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{any, get};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::callers;
use error::TryonError;

/// What its tasks are marked with.
pub(crate) const DIALECT: &str = "tryon";

/// Its part of the document.
pub(crate) const TAG: &str = "TryonAPI";

/// The call that clients repeat for every job they wait for.
pub(crate) const STATUS: &str = "/api/v1/tryon/status/{jobId}";

/// Every path of the dialect.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(submit::submit))
        .routes(routes!(status::status))
        .route("/api/v1/tryon/result/{job}/{name}", get(address::result))
        .route("/api/{*path}", any(async || TryonError::UnknownPath))
}

/// The answer to a method that one of these paths does not take.
pub(crate) async fn wrong_method() -> TryonError {
    TryonError::WrongMethod
}

/// Adds to the document what the handlers do not say of themselves.
pub(crate) fn describe(document: &mut Value) {
    let text = "Two pictures in, one out: a second, smaller way to run a try-on";
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.push(json!({"name": TAG, "description": text}));
    }
    let key = "A key that was made in the dashboard, or with `atelier key create --kind tryon`.";
    document["components"]["securitySchemes"]["bearer"] =
        json!({"type": "http", "scheme": "bearer", "description": key});
}

/// Counts requests by address, except polls.
pub(crate) async fn limit_address(
    app: State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, TryonError> {
    Ok(callers::limit_address(app, request, next).await?)
}

/// The parts of a submit that hold the pictures.
const PERSON: &str = "person_images";
const GARMENT: &str = "garment_images";

/// The part that a picture came in.
fn part_of(role: InputRole) -> &'static str {
    match role {
        InputRole::Person => PERSON,
        InputRole::Garment(_) => GARMENT,
    }
}

/// The picture that a part holds.
fn role_of(part: &str) -> Option<InputRole> {
    match part {
        PERSON => Some(InputRole::Person),
        GARMENT => Some(InputRole::Garment(0)),
        _ => None,
    }
}
