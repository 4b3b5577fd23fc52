//! A task as the status of a job: one of three words, and what belongs to it.

use std::time::{Duration, UNIX_EPOCH};

use atelier_domain::{Event, EventKind, Failure, Output, Task, TaskState, Timestamp};
use atelier_store::{FilesError, ObjectKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::address::result_url;
use super::error::TryonError;
use super::failure;
use crate::app::App;

/// The status of a job. `completed` is said only of a picture that can be read now.
pub(crate) async fn status(app: &App, task: &Task) -> Result<Value, TryonError> {
    let (word, updated, members) = match task.state {
        TaskState::Succeeded => match finished(app, task).await? {
            Some(members) => ("completed", task.timeline.finished, members),
            None => ("failed", task.timeline.finished, unavailable()),
        },
        TaskState::Failed => ("failed", task.timeline.finished, failed(app, task)),
        TaskState::Cancelled => ("failed", task.timeline.cancelled, failed(app, task)),
        _ => {
            let events = app.storage.store.events(task.id, 0).await.map_err(TryonError::from_store)?;
            let message = json!(message(task.state, &events));
            let updated = events.last().map(|event| event.at);
            ("processing", updated, Map::from_iter([("message".to_owned(), message)]))
        }
    };
    let mut status = Map::new();
    status.insert("jobId".into(), json!(task.uuid));
    status.insert("status".into(), json!(word));
    status.extend(members);
    status.insert("createdAt".into(), json!(rfc3339(task.timeline.created)));
    status.insert("updatedAt".into(), json!(rfc3339(updated.unwrap_or(task.timeline.created))));
    Ok(Value::Object(status))
}

/// In UTC, to the millisecond.
fn rfc3339(at: Timestamp) -> String {
    let since = Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

/// What a person is told who waits.
fn message(state: TaskState, events: &[Event]) -> String {
    let latest = events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Progress(progress) => Some(progress),
        EventKind::Entered(_) => None,
    });
    // The run takes most of the time; the steps around it are given a little each.
    let (stage, percent) = match (state, latest) {
        (TaskState::Queued, _) => ("waiting in the queue", 0),
        (TaskState::Accepted | TaskState::Preprocessing, _) => ("reading the pictures", 5),
        (TaskState::Running, Some(progress)) => {
            let done = u64::from(progress.step.saturating_sub(1)) * 80 / u64::from(progress.steps.max(1));
            (progress.stage.as_str(), 10 + done.min(80))
        }
        (TaskState::Ended | TaskState::Postprocessing, _) => ("storing the result", 95),
        _ => ("starting", 10),
    };
    format!("Job is still processing: {stage}, {percent} %.")
}

/// The members of a completed job; none if its picture is gone.
async fn finished(app: &App, task: &Task) -> Result<Option<Map<String, Value>>, TryonError> {
    let Some(output) = task.outputs.first() else { return Ok(None) };
    let url = result_url(app, task, output, Timestamp::now());
    let mut members = Map::new();
    if app.config.tryon.image_base64 || url.is_none() {
        let Some(bytes) = present(app.storage.files.get(&ObjectKey::of(&output.id)).await)? else {
            return Ok(None);
        };
        members.insert("imageBase64".into(), json!(STANDARD.encode(bytes)));
    } else if present(app.storage.files.size(&ObjectKey::of(&output.id)).await)? != Some(output.size) {
        return Ok(None);
    }
    if let Some(url) = url {
        // The reference names the first, the published programs read the second.
        members.insert("imageUrl".into(), json!(url));
        members.insert("resultImageUrl".into(), json!(url));
    }
    members.insert("result".into(), made(app, task, output));
    Ok(Some(members))
}

/// What the object store has; none if it has nothing.
fn present<T>(found: Result<T, FilesError>) -> Result<Option<T>, TryonError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(FilesError::Missing(_)) => Ok(None),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a result cannot be read");
            Err(TryonError::Internal)
        }
    }
}

fn made(app: &App, task: &Task, output: &Output) -> Value {
    let timeline = &task.timeline;
    let elapsed = timeline.accepted.zip(timeline.ended).map(|(start, end)| end.since(start));
    let findings = task.findings.iter().map(|finding| {
        json!({
            "image": super::part_of(finding.role),
            "what": finding.what,
            "confidence": confidence(finding.confidence),
        })
    });
    json!({
        "objectKey": output.id,
        "contentType": output.content_type,
        "width": output.width,
        "height": output.height,
        "sha256": output.sha256,
        "runner": task.runner,
        "seed": app.catalogue.find(&task.tool).map_or(0, |tool| tool.seed(&task.values)),
        "elapsedSeconds": elapsed.unwrap_or_default().as_secs_f64(),
        "findings": findings.collect::<Value>(),
        "notes": task.log.lines().collect::<Value>(),
    })
}

fn failed(app: &App, task: &Task) -> Map<String, Value> {
    let error = failure::message(task, app.catalogue.find(&task.tool));
    let mut result = json!({"step": failure::step(task)});
    if let Some(Failure::Input { role, confidence: sure }) = task.failure {
        result["image"] = json!(super::part_of(role));
        if let Some(sure) = sure {
            result["confidence"] = confidence(sure);
        }
    }
    failure_members(&error, failure::code(task), result)
}

fn unavailable() -> Map<String, Value> {
    let error = "The job was done, but its result is not there any more.";
    failure_members(error, "RESULT_UNAVAILABLE", json!({"step": "store"}))
}

/// The page wants the reason twice.
fn failure_members(error: &str, code: &str, mut result: Value) -> Map<String, Value> {
    result["error"] = json!(error);
    result["errorCode"] = json!(code);
    let members = [("error", json!(error)), ("errorCode", json!(code)), ("result", result)];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// To three decimals, as which a 32-bit float prints its own.
fn confidence(sure: f32) -> Value {
    json!((f64::from(sure) * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use atelier_domain::{Progress, TaskId};

    use super::*;

    #[test]
    fn moments_are_written_in_utc_to_the_millisecond() {
        assert_eq!(rfc3339(Timestamp(1_763_650_000_007)), "2025-11-20T14:46:40.007Z");
    }

    #[test]
    fn the_message_tells_the_stage_and_how_far_it_is() {
        let progress = |step| Event {
            task: TaskId(1),
            sequence: 1,
            at: Timestamp(0),
            kind: EventKind::Progress(Progress { stage: "warp".into(), step, steps: 5 }),
        };
        for (state, events, told) in [
            (TaskState::Queued, vec![], "waiting in the queue, 0 %"),
            (TaskState::Preprocessing, vec![], "reading the pictures, 5 %"),
            (TaskState::Running, vec![], "starting, 10 %"),
            (TaskState::Running, vec![progress(1)], "warp, 10 %"),
            (TaskState::Running, vec![progress(3)], "warp, 42 %"),
            (TaskState::Postprocessing, vec![progress(5)], "storing the result, 95 %"),
        ] {
            assert_eq!(message(state, &events), format!("Job is still processing: {told}."));
        }
    }
}
