//! The page of one task: what went in, what came out, how long each stage took, what it cost and who was told.

use std::sync::Arc;

use atelier_domain::{Event, EventKind, Output, Role, Task, TaskState};
use atelier_store::{LedgerEntry, LedgerKind};
use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::inputs::Input;
use super::{deliveries, inputs, own_task, timeline, words};
use crate::app::App;
use crate::dashboard::ROOT;
use crate::dashboard::error::DashboardError;
use crate::dashboard::layout::{self, Page, Section};
use crate::dashboard::session::SignedIn;
use crate::files;

/// `GET /dashboard/tasks/{id}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, DashboardError> {
    let task = own_task(&app, &who, &id).await?;
    let store = &app.storage.store;
    let inputs = inputs::of(&app, &task).await?;
    let events = store.events(task.id, 0).await?;
    let ledger = store.ledger_of_task(task.id).await?;
    let owed = store.deliveries(task.id).await?;
    let project = store.projects().await?.into_iter().find(|project| project.id == task.project);
    let title = format!("{} #{}", words::tool(&app, &task.tool), task.id);
    let content = html! {
        (head(&who, &task))
        @if !task.error.is_empty() {
            section.notice.bad aria-label="Why it failed" {
                p { (task.error) }
                @if let Some(failure) = task.failure { p.faint { (words::remedy(failure)) } }
            }
        }
        (outputs(&task))
        (inputs::show(&inputs))
        (timeline::show(&task))
        (facts(&task, project.as_ref().map_or("", |project| &project.name)))
        (parameters(&task, &inputs))
        (files_of(&task, &inputs))
        (money(&ledger))
        (said(&task))
        (deliveries::show(&who, &task, &owed))
        (happened(&events))
    };
    Ok(Page { title: &title, section: Section::History, who: &who, modules: &[], styles: &["history.css"] }
        .show(&content))
}

/// Where it stands, and what can be done about it.
fn head(who: &SignedIn, task: &Task) -> Markup {
    let at = |action: &str| format!("{ROOT}/tasks/{}/{action}", task.id);
    let ended = task.state.is_terminal();
    let button = |action: &str, question: &str, label: &str| {
        html! {
            form method="post" action=(at(action)) data-confirm=(question) {
                (layout::token(who))
                button.danger { (label) }
            }
        }
    };
    html! {
        div.row.spread.actions {
            div.row {
                (words::state(task.state))
                span.faint { (layout::time(task.timeline.created)) }
                @if let Some(took) = words::duration(task) { span.number { (words::span(took)) } }
                (layout::money(task.cost))
            }
            div.row {
                a.button.second href={ (ROOT) "/tools/" (task.tool) "?task=" (task.id) } { "Open in the studio" }
                @if who.may(Role::Member) {
                    @if task.state == TaskState::Queued {
                        (button("cancel", "Take this task back?", "Take it back"))
                    } @else if !ended {
                        (button("kill", "Stop this task? What it has done so far is lost.", "Stop it"))
                    } @else {
                        (button("delete-files", "Delete the pictures and clips of this task, what went in and what came out? \
                            Its record stays.", "Delete its files"))
                    }
                }
            }
        }
        @if !ended { (layout::notice("warn", "It has not ended. This page shows how it stood when you opened it.")) }
    }
}

fn outputs(task: &Task) -> Markup {
    html! {
        @if !task.outputs.is_empty() {
            section aria-label="What came out" {
                h2 { "What came out" }
                div.pictures.large { @for (output, number) in task.outputs.iter().zip(1..) { (output_shown(output, number)) } }
            }
        } @else if task.state == TaskState::Succeeded {
            (layout::notice("", "Its files were deleted."))
        }
    }
}

fn output_shown(output: &Output, number: u32) -> Markup {
    let path = files::output_path(output);
    html! {
        figure {
            @if output.content_type.starts_with("video/") {
                video src=(path) controls loop playsinline preload="metadata" width=(output.width) height=(output.height)
                    aria-label={ "Result " (number) } {}
            } @else {
                a href=(path) {
                    img src=(path) width=(output.width) height=(output.height) alt={ "Result " (number) } decoding="async";
                }
            }
            figcaption.row.spread {
                span.faint { (output.width) " × " (output.height) }
                a href=(path) download=(output.name) { "Download" }
            }
        }
    }
}

fn facts(task: &Task, project: &str) -> Markup {
    html! {
        section.card {
            h2 { "About it" }
            dl {
                dt { "Tool" } dd { a href={ (ROOT) "/tools/" (task.tool) } { (task.tool) } }
                dt { "Project" } dd { (project) }
                dt { "Runner" } dd { (task.runner.as_deref().unwrap_or("none yet")) }
                dt { "Submitted through" } dd { (if task.dialect.is_empty() { "the API" } else { &task.dialect }) }
                dt { "Attempts" } dd.number { (task.attempt) }
                @if !task.external_id.is_empty() { dt { "Your name for it" } dd.mono { (task.external_id) } }
                dt { "Id" } dd.mono { (task.uuid) }
                @for finding in &task.findings {
                    dt { "Found in " (finding.role) }
                    dd { (finding.what) " " span.faint.number { "(" (format!("{:.0}", finding.confidence * 100.0)) " % sure)" } }
                }
            }
        }
    }
}

fn parameters(task: &Task, inputs: &[Input]) -> Markup {
    let is_input = |name: &str| inputs.iter().any(|input| input.parameter == name);
    let plain: Vec<_> = task.shown_parameters.iter().filter(|(name, _)| !is_input(name)).collect();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    html! {
        @if !plain.is_empty() {
            section.card {
                h2 { "Parameters" }
                dl { @for (name, value) in plain { dt.mono { (name) } dd { (text(value)) } } }
            }
        }
    }
}

fn files_of(task: &Task, inputs: &[Input]) -> Markup {
    let stored = inputs.iter().filter_map(|input| input.size.map(|size| (input, size)));
    let rows = stored.map(|(input, size)| ("in", &input.name, &input.address, size)).collect::<Vec<_>>();
    html! {
        @if !rows.is_empty() || !task.outputs.is_empty() {
            section.card {
                h2 { "Files" }
                div.scroll { table {
                    caption.hidden { "Files of this task" }
                    thead { tr { th scope="col" { "" } th scope="col" { "File" } th.number scope="col" { "Size" } th scope="col" { "" } } }
                    tbody {
                        @for output in &task.outputs {
                            (file_row("out", &output.name, &files::output_path(output), output.size))
                        }
                        @for (way, name, address, size) in rows { (file_row(way, name, address, size)) }
                    }
                } }
            }
        }
    }
}

fn file_row(way: &str, name: &str, address: &str, size: u64) -> Markup {
    html! {
        tr {
            td.faint { (way) }
            td { (name) }
            td.number { (words::bytes(size)) }
            td { a href=(address) download=(name) aria-label={ "Download " (name) } { "Download" } }
        }
    }
}

fn money(ledger: &[LedgerEntry]) -> Markup {
    html! {
        section.card {
            h2 { "Cost" }
            @if ledger.iter().all(|entry| entry.amount == atelier_domain::Money::ZERO) {
                p { "This task was free." }
            } @else {
                table {
                    caption.hidden { "Movements of credit for this task" }
                    thead { tr { th scope="col" { "What" } th scope="col" { "When" } th.number scope="col" { "Amount" } } }
                    tbody { @for entry in ledger {
                        tr {
                            td { (movement(entry.kind)) }
                            td { (layout::time(entry.at)) }
                            td.number { (layout::money(entry.amount)) }
                        }
                    } }
                }
            }
        }
    }
}

/// What a movement of credit is called.
pub(in crate::dashboard) fn movement(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Grant => "Granted",
        LedgerKind::Reserve => "Set aside",
        LedgerKind::Release => "Given back",
        LedgerKind::Charge => "Charged",
    }
}

fn said(task: &Task) -> Markup {
    html! {
        @if !task.log.is_empty() {
            section.card { h2 { "Log" } pre tabindex="0" { (task.log) } }
        }
    }
}

fn happened(events: &[Event]) -> Markup {
    let what = |event: &Event| match &event.kind {
        EventKind::Entered(state) => format!("{state:?}").to_lowercase(),
        EventKind::Progress(progress) => {
            format!("{}, step {} of {}", progress.stage, progress.step, progress.steps)
        }
    };
    html! {
        details.card {
            summary { "Events (" (events.len()) ")" }
            div.scroll { table {
                caption.hidden { "Events of this task" }
                thead { tr { th.number scope="col" { "No." } th scope="col" { "When" } th scope="col" { "What" } } }
                tbody { @for event in events {
                    tr { td.number { (event.sequence) } td { (layout::time(event.at)) } td { (what(event)) } }
                } }
            } }
        }
    }
}
