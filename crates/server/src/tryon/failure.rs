//! Why a job failed: the code of the page for each kind of failure, and its words for a caller of this dialect.

use atelier_domain::{Failure, InputRole, Task, TaskState, Tool};

/// The code for a failed task.
pub(super) fn code(task: &Task) -> &'static str {
    match task.failure {
        Some(Failure::Input { role: InputRole::Person, .. }) => "INVALID_PERSON_IMAGE",
        Some(Failure::Input { role: InputRole::Garment(_), .. }) => "INVALID_GARMENT_IMAGE",
        Some(Failure::Inputs) => "VALIDATION_FAILED",
        Some(Failure::InputStorage) => "R2_FETCH_FAILED",
        Some(Failure::Parameters) => "QUEUE_INVALID_INPUT_DATA",
        Some(Failure::UnknownRunner) => "INVALID_SERVICE_PROVIDER",
        Some(Failure::RunnerSetup) => "CONSUMER_CONFIG_ERROR",
        Some(Failure::Computation | Failure::Unsafe) => "GENERATION_FAILED",
        Some(Failure::RemoteService) => "SERVICE_SPECIFIC_ERROR",
        Some(Failure::OutputStorage) => "STORAGE_FAILED",
        Some(Failure::WorkersLost) => "QUEUE_PROCESSING_FAILED",
        // Also what was stopped through another surface: the page has no word for it.
        Some(Failure::Internal) | None => "INTERNAL_ERROR",
    }
}

/// Why it failed. The tool calls its pictures by other names than the parts they came in.
pub(super) fn message(task: &Task, tool: Option<&Tool>) -> String {
    if task.state == TaskState::Cancelled {
        return "The job was cancelled.".into();
    }
    let renamed = tool.and_then(|tool| {
        let mut roles = [InputRole::Person, InputRole::Garment(0)].into_iter();
        roles.find_map(|role| {
            let rest = task.error.strip_prefix(tool.parameter_of(role))?;
            Some(format!("{}{rest}", super::part_of(role)))
        })
    });
    renamed.unwrap_or_else(|| task.error.clone())
}

/// How far it had come.
pub(super) fn step(task: &Task) -> &'static str {
    let line = &task.timeline;
    let reached = [(line.postprocessing, "store"), (line.running, "run"), (line.accepted, "prepare")];
    reached.into_iter().find(|(at, _)| at.is_some()).map_or("queue", |(_, step)| step)
}
