//! `GET /api/v1/tryon/status/{jobId}`: how far a job is.

use std::sync::Arc;

use atelier_store::TaskRef;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use uuid::Uuid;

use super::auth::Caller;
use super::error::{TryonError, json_response};
use super::prefer::Wait;
use super::render;
use super::schema::{JobStatus, Refusal};
use crate::app::App;

/// `GET /api/v1/tryon/status/{jobId}`: how far a job is, and its result. Poll it every 2 to 5 seconds until `status` is
/// no longer `processing`.
#[utoipa::path(
    get,
    path = "/api/v1/tryon/status/{jobId}",
    tag = super::TAG,
    security(("bearer" = [])),
    params(
        ("jobId" = Uuid, Path, description = "As the submit returned it"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: answer when the job has ended, or after N seconds, 60 at most"),
    ),
    responses(
        (status = 200, description = "The status of the job", body = JobStatus),
        (status = 401, description = "The key is missing or not good", body = Refusal),
        (status = 403, description = "The job belongs to another account", body = Refusal),
        (status = 404, description = "There is no such job", body = Refusal),
        (status = 500, description = "The server cannot do it now; `Retry-After` says when to come back", body = Refusal),
    )
)]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    caller: Caller,
    job: Result<Path<Uuid>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, TryonError> {
    let Path(job) = job.map_err(|_| TryonError::UnknownJob)?;
    let find = async || {
        let task = app.storage.store.task(&TaskRef::Uuid(job)).await.map_err(TryonError::from_store)?;
        task.ok_or(TryonError::UnknownJob)
    };
    let mut task = find().await?;
    if task.account != caller.account {
        return Err(TryonError::NotYours);
    }
    let wait = Wait::of(&headers);
    if let Some(wait) = wait.filter(|_| !task.state.is_terminal()) {
        wait.for_end(&app, task.id).await;
        task = find().await?;
    }
    let response = json_response(StatusCode::OK, &render::status(&app, &task).await?);
    Ok(match wait {
        Some(wait) => wait.applied(response),
        None => response,
    })
}
