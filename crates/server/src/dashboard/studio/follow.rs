//! How a run is doing, for the script of the page it was started from: its place in the queue, and its result.
//! Progress comes over the socket; these are asked while a task waits and when it has ended.

use std::sync::Arc;

use atelier_domain::{Output, Task, TaskId, TaskState, Tool};
use atelier_store::TaskRef;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use maud::{Markup, html};
use serde_json::json as object;

use super::super::ROOT;
use super::super::error::DashboardError;
use super::super::layout::{self, dollars};
use super::super::session::SignedIn;
use super::example::echoed;
use super::json;
use crate::app::App;
use crate::{files, samples};

/// A task of the account.
async fn find(app: &App, who: &SignedIn, id: i64) -> Result<Task, DashboardError> {
    let task = app.storage.store.task(&TaskRef::Id(TaskId(id))).await?;
    task.filter(|task| task.account == who.account()).ok_or(DashboardError::NotFound)
}

/// `GET /dashboard/runs/{task}`: whether it has ended, and how many tasks wait before it.
pub(super) async fn state(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    who: SignedIn,
) -> Result<Response, DashboardError> {
    let task = find(&app, &who, id).await?;
    let before = app.storage.store.place_in_queue(task.id).await?;
    let balance = app.storage.store.account(who.account()).await?.balance;
    Ok(json(&object!({
        "ended": task.state.is_terminal(),
        "waiting": task.state == TaskState::Queued,
        "before": before,
        "balance": dollars(balance),
    })))
}

/// `GET /dashboard/runs/{task}/result`: what came of it, as a piece of a page.
pub(super) async fn result(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    who: SignedIn,
) -> Result<Html<String>, DashboardError> {
    let task = find(&app, &who, id).await?;
    let tool = app.catalogue.find(&task.tool);
    let piece = html! {
        @match task.state {
            TaskState::Succeeded => (outputs(&app, &task, tool)),
            TaskState::Failed => {
                p.notice.bad { "It failed: " (task.error) }
                p.faint { "A failed run costs nothing." }
            }
            TaskState::Cancelled => p.notice { "It was stopped, and costs nothing." },
            _ => p.faint { "It has not ended yet." },
        }
        (facts(&task))
        @if !task.log.is_empty() {
            details { summary { "Log" } pre tabindex="0" aria-label="Log" { (task.log) } }
        }
        @if task.state.is_terminal() {
            p.row {
                @if tool.is_some_and(|tool| tool.job.seed.is_some()) {
                    button.second type="button" data-again="seed" { "Run again with another seed" }
                } @else {
                    button.second type="button" data-again="same" { "Run again" }
                }
                a href={ (ROOT) "/tasks/" (task.id) } { "Everything about it" }
            }
        }
    };
    Ok(Html(piece.into_string()))
}

fn facts(task: &Task) -> Markup {
    let timeline = &task.timeline;
    let took = timeline.accepted.zip(timeline.finished).map(|(start, end)| end.since(start));
    html! {
        dl.run-facts {
            dt { "Cost" } dd { (layout::money(task.cost)) }
            @if let Some(took) = took { dt { "Took" } dd { (format!("{:.1} s", took.as_secs_f64())) } }
            @if let Some(runner) = &task.runner {
                dt { "Made by" } dd { (runner) @if runner == "draft" { ", a draft by classical imaging" } }
            }
        }
    }
}

/// The pictures and clips. The first picture lies over the one that was sent.
fn outputs(app: &App, task: &Task, tool: Option<&Tool>) -> Markup {
    let before = tool.and_then(|tool| before(app, task, tool));
    html! {
        @if task.outputs.is_empty() { p.faint { "Its files were deleted." } }
        @for (index, output) in task.outputs.iter().enumerate() {
            @let path = files::output_path(output);
            figure.output {
                @if output.content_type.starts_with("video/") {
                    video controls loop muted playsinline autoplay src=(path) width=(output.width) height=(output.height)
                        aria-label="Result" {}
                } @else {
                    (picture(output, &path, before.as_deref().filter(|_| index == 0)))
                }
                figcaption.row {
                    a.button.second href=(path) download={ (task.tool.model) "-" (task.id) "-" (output.name) } { "Download" }
                    span.faint { (output.width) " × " (output.height) ", " (output.size.div_ceil(1024)) " kB" }
                }
            }
        }
    }
}

fn picture(output: &Output, path: &str, before: Option<&str>) -> Markup {
    html! {
        @if let Some(before) = before {
            div.compare {
                img.after src=(path) width=(output.width) height=(output.height) alt="Result";
                img.before src=(before) alt="Before";
                input type="range" min="0" max="100" value="50" aria-label="How much of the picture before is shown, in percent";
            }
        } @else {
            img.after src=(path) width=(output.width) height=(output.height) alt="Result";
        }
    }
}

/// The address of the person's picture, where it is ours to show.
fn before(app: &App, task: &Task, tool: &Tool) -> Option<String> {
    let parameter = tool.parameter_of(atelier_domain::InputRole::Person);
    let echo = task.shown_parameters.get(parameter)?;
    let address = echoed(echo, &app.base).into_iter().next()?;
    let path = address.strip_prefix(&app.base)?;
    (path.starts_with("/v1/File/") || path.starts_with(samples::PATH)).then(|| path.to_owned())
}
