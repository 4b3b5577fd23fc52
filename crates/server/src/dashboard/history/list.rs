//! The list of tasks.

use std::sync::Arc;

use atelier_domain::Task;
use atelier_store::{Part, Place, Project};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};

use super::filter::{Filter, Status};
use super::{thumbnail, words};
use crate::app::App;
use crate::dashboard::ROOT;
use crate::dashboard::error::DashboardError;
use crate::dashboard::layout::{self, Page, Section};
use crate::dashboard::session::SignedIn;

/// Tasks of one page.
const LIMIT: u32 = 24;

/// `GET /dashboard/tasks`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    who: SignedIn,
    query: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, DashboardError> {
    let Query(filter) = query.map_err(|_| DashboardError::Invalid("The address cannot be read.".into()))?;
    let (wanted, place) = filter.read(who.account())?;
    let store = &app.storage.store;
    let found = store.task_history(&wanted, place, LIMIT).await?;
    let mut projects = store.projects().await?;
    projects.retain(|project| project.account == who.account());
    let content = html! {
        (form(&app, &filter, &projects))
        @if found.entries.is_empty() {
            (nothing(&filter))
        } @else {
            ul.runs { @for task in &found.entries { li { (card(&app, task)) } } }
            (turn(&filter, &found))
        }
    };
    Ok(Page {
        title: "History",
        section: Section::History,
        who: &who,
        modules: &[],
        styles: &["history.css"],
    }
    .show(&content))
}

fn form(app: &App, filter: &Filter, projects: &[Project]) -> Markup {
    html! {
        form.filter method="get" action={ (ROOT) "/tasks" } role="search" aria-label="Which tasks" {
            label { "Tool"
                select name="tool" {
                    option value="" { "Every tool" }
                    @for tool in app.catalogue.tools() {
                        @let slug = tool.slug.to_string();
                        option value=(slug) selected[slug == filter.tool] { (tool.raw_names().1) }
                    }
                } }
            label { "Status"
                select name="status" {
                    option value="" { "Any" }
                    @for status in Status::ALL {
                        option value=(status.word()) selected[status.word() == filter.status] { (status.label()) }
                    }
                } }
            @if projects.len() > 1 || !filter.project.is_empty() {
                label { "Project"
                    select name="project" {
                        option value="" { "Every project" }
                        @for project in projects {
                            @let id = project.id.to_string();
                            option value=(id) selected[id == filter.project] { (project.name) }
                        }
                    } }
            }
            label { "From" input type="date" name="from" value=(filter.from); }
            label { "To" input type="date" name="to" value=(filter.to); }
            div.row {
                button { "Show" }
                @if !filter.is_any() { a href={ (ROOT) "/tasks" } { "Show all" } }
            }
        }
    }
}

fn nothing(filter: &Filter) -> Markup {
    html! {
        section.card.empty {
            @if filter.is_any() {
                h2 { "Nothing has been run yet" }
                p { "What you and your programs run is kept here, with its pictures, its cost and how long it took." }
                p { a.button href=(ROOT) { "Run something" } }
            } @else {
                h2 { "No task is like this" }
                p { "Widen the dates, or leave out a filter." }
                p { a.button.second href={ (ROOT) "/tasks" } { "Show all" } }
            }
        }
    }
}

fn card(app: &App, task: &Task) -> Markup {
    html! {
        a.run href={ (ROOT) "/tasks/" (task.id) } {
            (cover(task))
            span.what { (words::tool(app, &task.tool)) }
            span.row.spread { (words::state(task.state)) span.faint.number { "#" (task.id) } }
            span.faint { (layout::time(task.timeline.created)) }
            span.row.spread.faint {
                span.number { @if let Some(took) = words::duration(task) { (words::span(took)) } }
                @if task.cost != atelier_domain::Money::ZERO { (layout::money(task.cost)) }
            }
        }
    }
}

/// The first thing a task made, small; a clip shows its first frame.
fn cover(task: &Task) -> Markup {
    html! {
        span.cover {
            @if let Some(output) = task.outputs.first() {
                @if output.content_type.starts_with("image/") {
                    img src=(thumbnail::address(task.id, 0)) alt="" loading="lazy" decoding="async";
                } @else {
                    video src={ (crate::files::output_path(output)) "#t=0.1" } preload="metadata" muted playsinline
                        tabindex="-1" aria-hidden="true" {}
                    span.play aria-hidden="true" { "▶" }
                }
                @if task.outputs.len() > 1 { span.count { (task.outputs.len()) " files" } }
            } @else if !task.error.is_empty() {
                span.why { (task.error) }
            }
        }
    }
}

fn turn(filter: &Filter, found: &Part<Task>) -> Markup {
    let link = |place| format!("{ROOT}/tasks{}", filter.at(place));
    html! {
        nav.turn aria-label="Pages" {
            @if found.newer && let Some(first) = found.entries.first() {
                a.button.second href=(link(Place::Newest)) { "Newest" }
                a.button.second rel="prev" href=(link(Place::After(first.id.0))) { "Newer" }
            }
            @if found.older && let Some(last) = found.entries.last() {
                a.button.second rel="next" href=(link(Place::Before(last.id.0))) { "Older" }
            }
        }
    }
}
