//! What went into a task, as far as it is a file: found again by its address, gone if it was deleted.

use atelier_domain::Task;
use maud::{Markup, html};
use serde_json::Value;

use crate::app::App;
use crate::dashboard::error::DashboardError;
use crate::{files, samples, uploads};

/// One file that a parameter names.
pub(super) struct Input {
    /// The parameter.
    pub(super) parameter: String,
    /// The file's own name.
    pub(super) name: String,
    /// Where it is: a path of ours, or somebody else's address.
    pub(super) address: String,
    /// What it is, if it is still here.
    kind: Option<String>,
    /// Its bytes, if it is stored here.
    pub(super) size: Option<u64>,
}

/// The files that went into a task, in the order of its parameters.
pub(super) async fn of(app: &App, task: &Task) -> Result<Vec<Input>, DashboardError> {
    let mut inputs = Vec::new();
    for (parameter, value) in &task.shown_parameters {
        let texts = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            single => Vec::from_iter(single.as_str()),
        };
        for text in texts {
            inputs.extend(input(app, parameter, text).await?);
        }
    }
    Ok(inputs)
}

async fn input(app: &App, parameter: &str, text: &str) -> Result<Option<Input>, DashboardError> {
    let address = if text.starts_with('/') { format!("{}{text}", app.base) } else { text.to_owned() };
    if !(address.starts_with("http://") || address.starts_with("https://")) {
        return Ok(None);
    }
    let name = address.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let mut input = Input {
        parameter: parameter.to_owned(),
        name: name.to_owned(),
        kind: None,
        size: None,
        address: address.clone(),
    };
    let Some(path) = files::own_path(&app.base, &address) else { return Ok(Some(input)) };
    if let Some(file) = files::find(app, &address).await? {
        (input.kind, input.size, input.name) = (Some(file.content_type), Some(file.size), file.name);
    } else if path.starts_with(samples::PATH) && samples::exists(name) {
        let kind = name.rsplit_once('.').and_then(|(_, extension)| uploads::media_type(extension));
        input.kind = kind.map(str::to_owned);
    }
    input.address = path;
    Ok(Some(input))
}

/// The files as pictures and players.
pub(super) fn show(inputs: &[Input]) -> Markup {
    html! {
        @if !inputs.is_empty() {
            section aria-label="What went in" {
                h2 { "What went in" }
                div.pictures { @for input in inputs { figure {
                    (shown(input))
                    figcaption { span.mono { (input.parameter) } }
                } } }
            }
        }
    }
}

fn shown(input: &Input) -> Markup {
    let is = |kind: &str| input.kind.as_deref().is_some_and(|it| it.starts_with(kind));
    html! {
        @if is("image/") {
            a href=(input.address) { img src=(input.address) alt=(input.parameter) loading="lazy" decoding="async"; }
        } @else if is("video/") {
            video src=(input.address) controls preload="metadata" aria-label=(input.parameter) {}
        } @else if input.kind.is_some() {
            a.other href=(input.address) { (input.name) }
        } @else if input.address.starts_with('/') {
            span.other { "Deleted" }
        } @else {
            a.other href=(input.address) rel="noreferrer" { (input.address) }
        }
    }
}
