//! What happens to a task, as frames of the socket: one JSON object each.
//!
//! From `task_end` on, frames are held back until the result is stored, and then come together. Some clients
//! take `task_end` for the end, close, and read the task once: its outputs must be there by then; and the
//! whole log, which has to come before `task_end`, is not known earlier. It also lets every finished task end
//! in the same way, including one that failed before it ran.

use atelier_domain::{Event, EventKind, Progress, Task, TaskId, TaskState, TaskToken, Timestamp};
use serde_json::{Value, json};

use super::render;
use crate::app::App;
use crate::feed::History;
use crate::socket::MAX_OUT;

/// Bytes of a log that are sent: JSON may take six for one of them, and the frame has other members.
const MAX_LOG: usize = MAX_OUT / 8;

/// The task that frames are about.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) id: TaskId,
    pub(crate) token: TaskToken,
}

impl Subject {
    fn frame(&self, kind: &str, message: &Value, result: bool) -> Value {
        json!({
            "type": kind,
            "id": self.id.to_string(),
            "tasktoken": self.token,
            "message": message,
            "result": result,
        })
    }
}

/// The frames of everything after event number `seen`.
pub(crate) fn frames(app: &App, subject: &Subject, history: &History, seen: u32) -> Vec<String> {
    let mut frames = Vec::new();
    for event in history.after(seen) {
        match &event.kind {
            EventKind::Progress(progress) => {
                let message = progress_message(progress, event.at, started(history, event));
                frames.push(subject.frame("task_output", &message, true));
            }
            // Part of the closing frames.
            EventKind::Entered(TaskState::Ended | TaskState::Postprocessing) => {}
            EventKind::Entered(TaskState::Succeeded | TaskState::Failed) => {
                frames.extend(history.ended().into_iter().flat_map(|task| closing(app, subject, task)));
            }
            EventKind::Entered(state) => {
                let go_on = *state != TaskState::Cancelled;
                frames.push(subject.frame(render::status(*state), &Value::Null, go_on));
            }
        }
    }
    frames.iter().map(Value::to_string).collect()
}

/// The frames that end a finished task.
fn closing(app: &App, subject: &Subject, task: &Task) -> Vec<Value> {
    let mut frames = Vec::new();
    if task.timeline.running.is_some() {
        frames.push(subject.frame("task_output_full", &json!({"raw": tail(&task.log)}), true));
    }
    if !task.error.is_empty() {
        frames.push(subject.frame("task_error_full", &json!({"raw": tail(&task.error)}), true));
    }
    for state in [TaskState::Ended, TaskState::Postprocessing] {
        frames.push(subject.frame(render::status(state), &Value::Null, true));
    }
    let mut last = subject.frame(render::status(task.state), &render::outputs(app, task), true);
    last["pexit"] = json!(render::exit_code(task));
    frames.push(last);
    frames
}

/// The end of a log, where the reason of a failure is.
fn tail(log: &str) -> &str {
    &log[log.ceil_char_boundary(log.len().saturating_sub(MAX_LOG))..]
}

/// When the run began that reported this progress.
fn started(history: &History, progress: &Event) -> Timestamp {
    let before = history.events().iter().rev().skip_while(|event| event.sequence >= progress.sequence);
    let mut starts = before.filter(|event| event.kind == EventKind::Entered(TaskState::Running));
    starts.next().map_or(progress.at, |event| event.at)
}

/// The progress object. Every member is a string, as published; `stage` is ours.
fn progress_message(progress: &Progress, at: Timestamp, started: Timestamp) -> Value {
    let (step, steps) = (progress.step.min(progress.steps), progress.steps);
    let elapsed = at.since(started).as_secs_f64();
    let speed = if elapsed > 0.0 { f64::from(step) / elapsed } else { 0.0 };
    let remaining = if speed > 0.0 { f64::from(steps - step) / speed } else { 0.0 };
    json!({
        "type": "progressGenerate",
        "task": "Generate",
        "stage": progress.stage,
        "percentage": (u64::from(step) * 100 / u64::from(steps.max(1))).to_string(),
        "stepCurrent": step.to_string(),
        "stepTotal": steps.to_string(),
        "speed": format!("{speed:.1}"),
        "speedType": "it/s",
        "elapsedTime": format!("{elapsed:.0}s"),
        "remainingTime": format!("{remaining:.0}s"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_plain_strings() {
        let progress = |step, steps| Progress { stage: "denoise".into(), step, steps };
        let at = |ms: i64| progress_message(&progress(6, 10), Timestamp(1000 + ms), Timestamp(1000));
        let message = at(5000);
        let published = json!({
            "type": "progressGenerate", "task": "Generate", "stage": "denoise", "percentage": "60",
            "stepCurrent": "6", "stepTotal": "10", "speed": "1.2", "speedType": "it/s",
            "elapsedTime": "5s", "remainingTime": "3s",
        });
        assert_eq!(message, published);
        // A clock that went backwards, and a runner that cannot count.
        assert_eq!(at(-7)["speed"], "0.0");
        assert_eq!(progress_message(&progress(3, 0), Timestamp(0), Timestamp(0))["percentage"], "0");
        assert_eq!(progress_message(&progress(9, 3), Timestamp(0), Timestamp(0))["percentage"], "100");
        let huge = progress_message(&progress(u32::MAX, u32::MAX), Timestamp(i64::MAX), Timestamp(i64::MIN));
        assert_eq!(huge["percentage"], "100");
    }

    #[test]
    fn of_a_log_without_end_the_end_is_sent() {
        assert_eq!(tail("short"), "short");
        let log = "\u{1}é".repeat(MAX_LOG);
        let sent = tail(&log);
        assert!(log.ends_with(sent) && sent.len() <= MAX_LOG && sent.len() > MAX_LOG - 4);
        assert!(json!({ "raw": tail(&"\u{1}".repeat(MAX_OUT)) }).to_string().len() < MAX_OUT * 7 / 8);
    }
}
