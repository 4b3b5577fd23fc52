//! What each tool is served by and why: the runners of this program, the settings, and the weights that are there.

use std::sync::Arc;

use atelier_domain::{JobKind, Method, Runner, Support};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::bytes;
use crate::app::{App, Weights, WeightsState};

/// Runners, tools and weights.
pub(super) async fn sections(app: &Arc<App>) -> Result<Markup, DashboardError> {
    // Runners look for their weights on the disk.
    let looked = app.clone();
    let look = tokio::task::spawn_blocking(move || (tools(&looked), weights(&looked.runners.weights()())));
    let (tools, weights) = look.await.map_err(|_| DashboardError::Internal)?;
    Ok(html! { (runners(app)) (tools) (weights) })
}

fn runners(app: &App) -> Markup {
    html! {
        section.card {
            h2 { "Runners" }
            div.scroll tabindex="0" { table {
                caption.faint { "Those of this program, the preferred one first." }
                thead { tr { th scope="col" { "Runner" } th scope="col" { "Device" }
                    th scope="col" { "Makes pictures" } } }
                tbody { @for runner in app.runners.all() { tr {
                    th scope="row" { (runner.name()) }
                    td { (runner.device()) }
                    td { @match runner.method() {
                        Method::Draft => "by classical imaging, as drafts",
                        Method::Generative => "with a trained model",
                    } }
                } } }
            } }
        }
    }
}

fn tools(app: &App) -> Markup {
    html! {
        section.card {
            h2 { "What serves the tools" }
            div.scroll tabindex="0" { table {
                thead { tr { th scope="col" { "Tool" } th scope="col" { "Served by" }
                    th scope="col" { "Why" } } }
                tbody { @for tool in app.catalogue.tools() {
                    @let served = Served::of(app, tool.job.kind);
                    tr {
                        th scope="row" { a href={ "/docs/tools/" (tool.slug) } { (tool.title) } }
                        td { @match &served.by { Some(name) => span.tag.good { (name) }, None =>
                            span.tag.bad { "nothing" } } }
                        td { (served.why) }
                    }
                } }
            } }
        }
    }
}

/// What works on a kind of job, and for what reason.
struct Served {
    by: Option<String>,
    why: String,
}

impl Served {
    fn of(app: &App, kind: JobKind) -> Self {
        let runner = match app.runner(kind) {
            Ok(runner) => runner,
            Err(reason) => return Self { by: None, why: format!("{reason}.") },
        };
        let by = Some(format!("{} on {}", runner.name(), runner.device()));
        if app.config.worker.runner.is_some() {
            return Self { by, why: "The setting worker.runner asks for it.".into() };
        }
        let passed_over = app.runners.all().iter().take_while(|other| other.name() != runner.name());
        let reason = |other: &Arc<dyn Runner>| match other.supports(kind) {
            Support::NeedsWeights(weights) => format!("{} needs the weights {weights}", other.name()),
            _ => format!("{} makes no {}", other.name(), kind.name()),
        };
        let reasons: Vec<_> = passed_over.map(reason).collect();
        let why = if reasons.is_empty() {
            "It is the preferred one.".to_owned()
        } else {
            format!("{}.", reasons.join("; "))
        };
        Self { by, why }
    }
}

fn weights(all: &[Weights]) -> Markup {
    html! {
        section.card {
            h2 { "Weights of open models" }
            @if all.is_empty() { p.faint { "This program knows of none." } } @else { div.scroll tabindex="0" { table {
                caption.faint { "Installed with " code { "atelier models pull NAME" } "." }
                thead { tr {
                    th scope="col" { "Model" } th scope="col" { "State" } th.number scope="col" { "Size" }
                    th scope="col" { "Licence" } th scope="col" { "For" }
                } }
                tbody { @for model in all { tr {
                    th scope="row" { (model.title) " " code { (model.name) } }
                    td { (state(model.state)) }
                    td.number { (size(model)) }
                    td { (model.licence) @if model.limits_use { " " span.tag.warn { "limits use" } } }
                    td { (model.jobs.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")) }
                } } }
            } } }
        }
    }
}

fn state(state: WeightsState) -> Markup {
    let (kind, word) = match state {
        WeightsState::Missing => ("", "missing"),
        WeightsState::Partial => ("warn", "partial"),
        WeightsState::Installed => ("good", "installed"),
        WeightsState::Unreadable => ("bad", "unreadable, see the log"),
    };
    html! { span class={ "tag " (kind) } { (word) } }
}

fn size(model: &Weights) -> String {
    match model.state {
        WeightsState::Installed => bytes(model.installed),
        WeightsState::Partial => format!("{} of about {}", bytes(model.installed), bytes(model.bytes)),
        WeightsState::Missing | WeightsState::Unreadable => format!("about {}", bytes(model.bytes)),
    }
}
