//! What was run: the account's tasks, each with a page of its own, and what can still be done about them.

mod act;
mod deliveries;
mod detail;
mod filter;
mod inputs;
mod list;
mod thumbnail;
mod timeline;
mod words;

use std::sync::Arc;

use atelier_domain::{Task, TaskId};
use atelier_store::TaskRef;
use axum::Router;
use axum::routing::{get, post};

use super::error::DashboardError;
use super::session::SignedIn;
use crate::app::App;

pub(super) use detail::movement;
pub(super) use filter::if_given;
pub(crate) use thumbnail::Thumbnails;
pub(super) use words::span;

/// The paths below `/dashboard`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/tasks", get(list::page))
        .route("/tasks/{id}", get(detail::page))
        .route("/tasks/{id}/outputs/{position}/thumbnail", get(thumbnail::show))
        .route("/tasks/{id}/cancel", post(act::cancel))
        .route("/tasks/{id}/kill", post(act::kill))
        .route("/tasks/{id}/delete-files", post(act::delete_files))
        .route("/tasks/{id}/deliveries/{delivery}/replay", post(act::replay))
}

/// A task of the account somebody works for, by its number as it stands in the address.
async fn own_task(app: &App, who: &SignedIn, number: &str) -> Result<Task, DashboardError> {
    let id = number.parse().map(TaskId).map_err(|_| DashboardError::NotFound)?;
    let task = app.storage.store.task(&TaskRef::Id(id)).await?;
    task.filter(|task| task.account == who.account()).ok_or(DashboardError::NotFound)
}
