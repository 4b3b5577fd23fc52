//! `POST /v1/Task/...`: looking at tasks and stopping them.

use std::sync::Arc;

use atelier_domain::{Task, TaskId, TaskToken, Transition};
use atelier_store::TaskRef;
use axum::extract::{Request, State};
use serde_json::{Map, Value, json};

use super::auth::caller;
use super::body::Fields;
use super::envelope::{Reply, WiroError};
use super::render;
use super::schema::{DoneAnswer, StoppedAnswer, TaskName, TasksAnswer};
use crate::app::App;

/// `POST /v1/Task/Detail`
#[utoipa::path(
    post,
    path = "/v1/Task/Detail",
    tag = "Tasks",
    request_body = TaskName,
    responses((status = 200, description = "Done or refused", body = TasksAnswer))
)]
pub(crate) async fn detail(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let task = named_task(&app, request).await?;
    Ok(detail_reply(render::task(&app, &task)))
}

/// The reply of `Task/Detail` for a rendered task, which is also what a webhook carries.
pub(super) fn detail_reply(task: Value) -> Reply {
    let mut reply = Map::new();
    reply.insert("total".into(), json!("1"));
    reply.insert("tasklist".into(), Value::Array(vec![task]));
    Reply(reply)
}

/// `POST /v1/Task/Cancel`: takes back a task that waits. Repeating it on a cancelled task succeeds.
#[utoipa::path(
    post,
    path = "/v1/Task/Cancel",
    tag = "Tasks",
    request_body = TaskName,
    responses((status = 200, description = "Done or refused", body = StoppedAnswer))
)]
pub(crate) async fn cancel(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    stop(&app, request, Transition::Cancel).await
}

/// `POST /v1/Task/Kill`: stops a task in any state before its end. Repeating it on a cancelled task succeeds.
#[utoipa::path(
    post,
    path = "/v1/Task/Kill",
    tag = "Tasks",
    request_body = TaskName,
    responses((status = 200, description = "Done or refused", body = StoppedAnswer))
)]
pub(crate) async fn kill(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    stop(&app, request, Transition::Kill).await
}

/// `POST /v1/Task/InputOutputDelete`: deletes what an ended task made and what was uploaded for it. The task stays.
/// Repeating it succeeds.
#[utoipa::path(
    post,
    path = "/v1/Task/InputOutputDelete",
    tag = "Tasks",
    request_body = TaskName,
    responses((status = 200, description = "Done or refused", body = DoneAnswer))
)]
pub(crate) async fn delete_files(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let task = named_task(&app, request).await.map_err(|error| match error {
        WiroError::UnknownTask => WiroError::NoTaskForFiles,
        other => other,
    })?;
    app.delete_files_of(task.id).await.map_err(WiroError::from_store)?;
    Ok(Reply(Map::new()))
}

async fn stop(app: &App, request: Request, how: Transition) -> Result<Reply, WiroError> {
    let task = named_task(app, request).await?;
    let stopped = app.stop_task(task.id, how).await.map_err(WiroError::from_store)?;
    let mut reply = Map::new();
    reply.insert("tasklist".into(), json!([render::task(app, &stopped)]));
    Ok(Reply(reply))
}

/// The task that a request names, if its project's account owns it.
async fn named_task(app: &App, request: Request) -> Result<Task, WiroError> {
    let (project, fields) = caller(app, request).await?;
    let mut found: Option<Task> = None;
    for reference in references(&fields)? {
        let task = app.storage.store.task(&reference).await.map_err(WiroError::from_store)?;
        let task = task.ok_or(WiroError::UnknownTask)?;
        // Two names must mean the same task.
        if found.as_ref().is_some_and(|other| other.id != task.id) {
            return Err(WiroError::UnknownTask);
        }
        found = Some(task);
    }
    let task = found.ok_or(WiroError::NoTaskNamed)?;
    if task.account == project.account { Ok(task) } else { Err(WiroError::NotYours) }
}

/// Every name of a task that a request gives. Ids and tokens are accepted under each other's field name.
fn references(fields: &Fields) -> Result<Vec<TaskRef>, WiroError> {
    let mut references = Vec::new();
    for name in ["taskid", "tasktoken", "socketaccesstoken"] {
        let Some(text) = fields.text(name) else { continue };
        let by_id = text.parse().ok().map(|number| TaskRef::Id(TaskId(number)));
        let reference = by_id.or_else(|| TaskToken::parse(&text).map(TaskRef::Token));
        references.push(reference.ok_or(WiroError::UnknownTask)?);
    }
    Ok(references)
}
