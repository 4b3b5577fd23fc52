//! The queue, what is stored, and who works.

use atelier_domain::Timestamp;
use atelier_store::WorkerState;
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::layout;
use super::{bytes, span};
use crate::app::App;

/// The queue and what is stored, in figures.
pub(super) async fn figures(app: &App) -> Result<Markup, DashboardError> {
    let store = &app.storage.store;
    let (depth, oldest) = (store.queue_depth().await?, store.oldest_waiting().await?);
    let stored = store.storage_use().await?;
    let now = Timestamp::now();
    Ok(html! {
        section.card {
            h2 { "Now" }
            dl.figures {
                div { dt { "Waiting" } dd.number { (depth.waiting) } }
                div { dt { "Running" } dd.number { (depth.running) } }
                div { dt { "Oldest waits" }
                    dd { @match oldest { Some(at) => (span(now.since(at))), None => "–" } } }
                div { dt { "Files" } dd.number { (stored.files) } }
                div { dt { "Their size" } dd.number { (bytes(stored.bytes)) } }
                div { dt { "Database" } dd.number { (bytes(stored.database)) } }
            }
        }
    })
}

/// Every worker, those that fell silent too.
pub(super) async fn workers(app: &App) -> Result<Markup, DashboardError> {
    let (workers, now) = (app.storage.store.workers().await?, Timestamp::now());
    Ok(html! {
        section.card {
            h2 { "Workers" }
            @if workers.is_empty() || workers.iter().all(|worker| worker.is_silent(now)) {
                (layout::notice("bad", "Nobody works: tasks wait until a worker starts."))
            }
            @if !workers.is_empty() { div.scroll tabindex="0" { table {
                caption.faint { "A worker says every " (span(WorkerState::HEARTBEAT)) " that it is there. One that "
                    "stops in order is gone from here; "
                    "one that was killed is silent, and is shown for " (span(WorkerState::KEPT)) "." }
                thead { tr {
                    th scope="col" { "Host" } th scope="col" { "Process" } th scope="col" { "State" }
                        th scope="col" { "Last heard" }
                    th.number scope="col" { "Tasks" } th scope="col" { "Runners" } th scope="col" { "Version" }
                    th scope="col" { "Since" }
                } }
                tbody { @for worker in &workers { tr {
                    th scope="row" { (worker.card.host) }
                    td { (worker.card.process) }
                    td { @if worker.is_silent(now) { span.tag.bad { "silent" } } @else {
                        span.tag.good { "working" } } }
                    td { (span(now.since(worker.seen))) " ago" }
                    td.number { (worker.tasks) }
                    td { (worker.card.runners) }
                    td { (worker.card.version) }
                    td { (layout::time(worker.started)) }
                } } }
            } } }
        }
    })
}
