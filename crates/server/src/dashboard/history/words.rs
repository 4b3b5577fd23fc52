//! How tasks are spoken of.

use std::time::Duration;

use atelier_domain::{Failure, Task, TaskState, ToolSlug};
use maud::{Markup, html};

use crate::app::App;

/// The state as a tag.
pub(super) fn state(state: TaskState) -> Markup {
    let (word, class) = match state {
        TaskState::Queued => ("waiting", ""),
        TaskState::Accepted | TaskState::Preprocessing | TaskState::Preprocessed => ("preparing", "warn"),
        TaskState::Assigned | TaskState::Running => ("running", "warn"),
        TaskState::Ended | TaskState::Postprocessing => ("storing", "warn"),
        TaskState::Succeeded => ("succeeded", "good"),
        TaskState::Failed => ("failed", "bad"),
        TaskState::Cancelled => ("cancelled", ""),
    };
    html! { span class={ "tag " (class) } { (word) } }
}

/// A tool by its title, or by its slug if the catalogue has it no more.
pub(super) fn tool(app: &App, slug: &ToolSlug) -> String {
    app.catalogue.find(slug).map_or_else(|| slug.to_string(), |tool| tool.raw_names().1.to_owned())
}

/// From the moment a worker took it to its end, if it has ended.
pub(super) fn duration(task: &Task) -> Option<Duration> {
    let timeline = &task.timeline;
    let end = timeline.ended.or(timeline.finished).or(timeline.cancelled)?;
    timeline.accepted.map(|start| end.since(start))
}

/// A span as short as it can be said.
pub(in crate::dashboard) fn span(span: Duration) -> String {
    let (seconds, millis) = (span.as_secs(), span.as_millis());
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{}.{} s", seconds, millis % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A number of bytes.
pub(super) fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{} kB", size.div_ceil(1_000)),
        _ => format!("{}.{} MB", size / 1_000_000, size % 1_000_000 / 100_000),
    }
}

/// Who must act after a failure.
pub(super) fn remedy(failure: Failure) -> &'static str {
    match failure {
        Failure::Input { .. } | Failure::Inputs => "Other pictures will help.",
        Failure::Unsafe => "The safety check did not let the result pass.",
        Failure::InputStorage | Failure::OutputStorage => "The operator must look at the storage.",
        Failure::Parameters | Failure::UnknownRunner | Failure::RunnerSetup => {
            "The operator must look at the settings."
        }
        Failure::RemoteService => "The remote service could not do it; trying again may help.",
        Failure::WorkersLost => "Its workers were lost; the operator finds why in the log.",
        Failure::Computation | Failure::Internal => {
            "This is a fault of the program; the operator finds more in the log."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_are_short() {
        let said = [0, 420, 3_260, 59_999, 125_000, 3_720_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(said, ["0 ms", "420 ms", "3.2 s", "59.9 s", "2 min 5 s", "1 h 2 min"]);
        assert_eq!([12, 1_001, 2_350_000].map(bytes), ["12 B", "2 kB", "2.3 MB"]);
    }
}
