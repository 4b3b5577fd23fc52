//! The failed tasks of all accounts, and running one again.

use std::sync::Arc;

use atelier_domain::{Task, TaskId, TaskState, TaskToken, Timestamp};
use atelier_store::{Act, FailedTask, NewTask, Slice, StoreError, TaskRef};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::form::Form;
use super::super::layout;
use super::super::session::SignedIn;
use super::ROOT;
use crate::app::App;
use crate::submit;

/// Tasks on a page.
const LINES: u32 = 20;

/// One page of the failed tasks, counted from 1.
pub(super) async fn section(app: &App, who: &SignedIn, number: u64) -> Result<Markup, DashboardError> {
    let start = number.saturating_sub(1).saturating_mul(u64::from(LINES));
    let failed = app.storage.store.failed_tasks(&Slice { start, limit: LINES, oldest_first: false }).await?;
    let address = |page| format!("{ROOT}/operations?page={page}#failed");
    Ok(html! {
        section.card {
            h2 #failed { "Failed tasks" }
            @if failed.entries.is_empty() { p.faint { "There is none." } } @else { div.scroll tabindex="0" { table {
                caption.faint { "Of all accounts, the newest first. To run one again is a new task, for which its account pays." }
                thead { tr {
                    th scope="col" { "Task" } th scope="col" { "Failed" } th scope="col" { "Account" }
                        th scope="col" { "Tool" }
                    th scope="col" { "Error" } th scope="col" { "Action" }
                } }
                tbody { @for one in &failed.entries { (row(who, one)) } }
            } } }
            (layout::pages("Pages of failed tasks", number, failed.total, LINES, &address))
        }
    })
}

fn row(who: &SignedIn, FailedTask { task, account }: &FailedTask) -> Markup {
    html! { tr {
        th.number scope="row" { (task.id) }
        td { (layout::time(task.timeline.finished.unwrap_or(task.timeline.created))) }
        td { (account) }
        td { (task.tool) }
        td { (task.error) @if let Some(runner) = &task.runner {
            span.hint { "by " (runner) ", attempt " (task.attempt) } } }
        td { form method="post" action={ (ROOT) "/operations/tasks/" (task.id) "/retry" }
            data-confirm={ "Run task " (task.id) " again? " (account) " pays for it as for any task." } {
            (layout::token(who))
            button.second.small aria-label={ "Run task " (task.id) " again" } { "Run again" }
        } }
    } }
}

/// `POST /dashboard/operations/tasks/{id}/retry`
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, .. }: Form,
) -> Result<Response, DashboardError> {
    who.need_operator()?;
    let store = &app.storage.store;
    let failed = store.task(&TaskRef::Id(TaskId(id))).await?.ok_or(DashboardError::NotFound)?;
    let new = again(&app, &failed).await?;
    let task = submit::submit(&app, new).await.map_err(|error| match error {
        StoreError::InsufficientBalance { .. } | StoreError::TooManyTasks { .. } => {
            DashboardError::Invalid(format!("The account cannot run it: {error}."))
        }
        other => other.into(),
    })?;
    let act = Act::person(who.person.id, Timestamp::now());
    store.note(task.account, "task.retry", &format!("task {} as task {}", failed.id, task.id), &act).await?;
    Ok(Redirect::to(&format!("{ROOT}/operations?retried={}#failed", task.id)).into_response())
}

/// The same once more, if it still can be: its tool, its parameters and its pictures are there.
async fn again(app: &App, failed: &Task) -> Result<NewTask, DashboardError> {
    let impossible = |words: &str| DashboardError::Invalid(words.to_owned());
    if failed.state != TaskState::Failed {
        return Err(impossible("Only a task that failed can be run again."));
    }
    let tool =
        app.catalogue.find(&failed.tool).ok_or_else(|| impossible("Its tool is no longer offered."))?;
    if failed.values.0.is_empty() {
        return Err(impossible("Its parameters cannot be read."));
    }
    for key in failed.values.stored_files() {
        if app.storage.store.file_by_key(key).await?.is_none() {
            return Err(impossible(
                "A picture that it was made with has been deleted, so it cannot be run again.",
            ));
        }
    }
    Ok(NewTask {
        token: TaskToken::random(),
        project: failed.project,
        account: failed.account,
        tool: tool.slug.clone(),
        shown_parameters: failed.shown_parameters.clone(),
        billing: submit::billing(app, tool, &failed.values),
        values: failed.values.clone(),
        callback_url: failed.callback_url.clone(),
        bearer_key: None,
        external_id: failed.external_id.clone(),
        dialect: failed.dialect.clone(),
        idempotency: None,
        uploads: Vec::new(),
    })
}
