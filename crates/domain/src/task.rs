//! A task: one accepted run of a tool, and at the same time the queue entry. Its states and what may follow what.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::catalogue::Price;
use crate::{
    AccessKey, AccountId, Failure, FileId, Finding, Money, Progress, ProjectId, PublicPath, TaskId,
    TaskToken, Timestamp, ToolSlug, Values,
};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for a worker.
    Queued,
    /// A worker has taken it.
    Accepted,
    /// Its inputs are fetched and decoded.
    Preprocessing,
    /// Its inputs lie ready.
    Preprocessed,
    /// A device is bound to it.
    Assigned,
    /// The runner works on it.
    Running,
    /// The runner has returned.
    Ended,
    /// Its outputs are encoded and stored.
    Postprocessing,
    /// Finished with outputs. Terminal.
    Succeeded,
    /// Finished without outputs. Terminal.
    Failed,
    /// Stopped on request. Terminal.
    Cancelled,
}

/// What can happen to a task's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    /// A worker takes it.
    Accept,
    /// Staging begins.
    BeginPreprocessing,
    /// Staging is done.
    FinishPreprocessing,
    /// A device is bound.
    Assign,
    /// The runner starts.
    Start,
    /// The runner has returned.
    End,
    /// Storing of outputs begins.
    BeginPostprocessing,
    /// Outputs are stored and read back.
    Succeed,
    /// It cannot be finished.
    Fail,
    /// Its owner takes it back while it waits.
    Cancel,
    /// Its owner stops it wherever it is.
    Kill,
    /// Its worker was lost; another may take it.
    Requeue,
}

/// The state does not allow what was asked.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("{transition:?} is not possible in state {state:?}")]
pub struct IllegalTransition {
    /// Where the task stood.
    pub state: TaskState,
    /// What was asked.
    pub transition: Transition,
}

impl TaskState {
    /// Every state, in the order of a successful run.
    pub const ALL: [Self; 11] = [
        Self::Queued,
        Self::Accepted,
        Self::Preprocessing,
        Self::Preprocessed,
        Self::Assigned,
        Self::Running,
        Self::Ended,
        Self::Postprocessing,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Whether nothing can happen to it any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The state that follows, or a refusal. The only place that decides it.
    pub fn apply(self, transition: Transition) -> Result<Self, IllegalTransition> {
        use Transition as T;
        let next = match (self, transition) {
            (Self::Queued, T::Accept) => Self::Accepted,
            (Self::Accepted, T::BeginPreprocessing) => Self::Preprocessing,
            (Self::Preprocessing, T::FinishPreprocessing) => Self::Preprocessed,
            (Self::Preprocessed, T::Assign) => Self::Assigned,
            (Self::Assigned, T::Start) => Self::Running,
            (Self::Running, T::End) => Self::Ended,
            (Self::Ended, T::BeginPostprocessing) => Self::Postprocessing,
            (Self::Postprocessing, T::Succeed) => Self::Succeeded,
            (Self::Queued, T::Cancel) => Self::Cancelled,
            (state, T::Kill) if !state.is_terminal() => Self::Cancelled,
            (state, T::Fail) if !state.is_terminal() => Self::Failed,
            (state, T::Requeue) if !state.is_terminal() && state != Self::Queued => Self::Queued,
            (state, transition) => return Err(IllegalTransition { state, transition }),
        };
        Ok(next)
    }
}

/// When a task entered each state last; `None` where it has not been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the moment the state of the same name was entered")]
pub struct Timeline {
    pub created: Timestamp,
    pub accepted: Option<Timestamp>,
    pub preprocessing: Option<Timestamp>,
    pub preprocessed: Option<Timestamp>,
    pub assigned: Option<Timestamp>,
    pub running: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub postprocessing: Option<Timestamp>,
    /// Succeeded or failed.
    pub finished: Option<Timestamp>,
    pub cancelled: Option<Timestamp>,
}

/// The durable record of a task, as every surface renders it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// Its id where a number would tell too much.
    pub uuid: Uuid,
    /// The secret to follow it by.
    pub token: TaskToken,
    /// Who pays.
    pub account: AccountId,
    /// What it was submitted under.
    pub project: ProjectId,
    /// What it runs.
    pub tool: ToolSlug,
    /// Where it stands.
    pub state: TaskState,
    /// How often a worker has taken it.
    pub attempt: u32,
    /// The parameters as they are shown back to the caller.
    pub shown_parameters: serde_json::Map<String, serde_json::Value>,
    /// The checked parameters.
    pub values: Values,
    /// Where the caller wants to be told; empty if nowhere.
    pub callback_url: String,
    /// The caller's own name for it; empty if it has none.
    pub external_id: String,
    /// In which dialect it was submitted, in the server's word: its caller is told of its end in the same.
    pub dialect: String,
    /// When it entered which state.
    pub timeline: Timeline,
    /// What the run said.
    pub log: String,
    /// Why it failed, in words for its caller; empty unless it did.
    pub error: String,
    /// The kind of its failure; none unless it failed, nor if it failed before kinds were kept.
    pub failure: Option<Failure>,
    /// What the run recognised in its inputs; empty unless it succeeded.
    pub findings: Vec<Finding>,
    /// Which runner served it.
    pub runner: Option<String>,
    /// What it is settled by, as agreed at submit; none if it is free.
    pub tariff: Option<Price>,
    /// What was reserved at submit: the most it can cost.
    pub price: Money,
    /// What was charged; zero unless it succeeded.
    pub cost: Money,
    /// What it made; empty unless it succeeded.
    pub outputs: Vec<Output>,
}

impl Task {
    /// Whether its caller is told by webhook that it ended in this state: of every result, and of a stop once
    /// a worker had taken it. Whoever takes back a waiting task was told in the reply.
    pub fn owes_webhook(&self, end: TaskState) -> bool {
        !self.callback_url.is_empty() && (end != TaskState::Cancelled || self.attempt > 0)
    }
}

/// One finished file of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its id.
    pub id: FileId,
    /// The folder that holds all outputs of the task.
    pub folder: FileId,
    /// `<index>.<extension>`, counted from 0.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How long it plays, in whole milliseconds; zero for a picture.
    pub length: Duration,
    /// SHA-256 of the bytes in hexadecimal.
    pub sha256: String,
    /// When it was stored.
    pub added: Timestamp,
    /// The secret of its file address.
    pub access_key: AccessKey,
    /// The folder of its public address.
    pub public_path: PublicPath,
}

/// Something that happened to a task, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which task.
    pub task: TaskId,
    /// Counted from 1 within the task.
    pub sequence: u32,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It entered a state.
    Entered(TaskState),
    /// The run reported progress.
    Progress(Progress),
}

#[cfg(test)]
mod tests {
    use super::*;
    use Transition as T;

    #[test]
    fn a_run_walks_through_every_state_in_order() {
        let path = [
            T::Accept,
            T::BeginPreprocessing,
            T::FinishPreprocessing,
            T::Assign,
            T::Start,
            T::End,
            T::BeginPostprocessing,
            T::Succeed,
        ];
        let mut state = TaskState::Queued;
        for (transition, expected) in path.into_iter().zip(&TaskState::ALL[1..]) {
            state = state.apply(transition).unwrap();
            assert_eq!(state, *expected);
        }
    }

    #[test]
    fn nothing_leaves_a_terminal_state() {
        let all = [T::Accept, T::Start, T::End, T::Succeed, T::Fail, T::Cancel, T::Kill, T::Requeue];
        for state in TaskState::ALL.into_iter().filter(|state| state.is_terminal()) {
            for transition in all {
                assert_eq!(state.apply(transition), Err(IllegalTransition { state, transition }));
            }
        }
    }

    #[test]
    fn cancel_takes_back_a_waiting_task_only_and_kill_any_unfinished_one() {
        for state in TaskState::ALL {
            assert_eq!(state.apply(T::Cancel).is_ok(), state == TaskState::Queued, "{state:?}");
            assert_eq!(state.apply(T::Kill).is_ok(), !state.is_terminal(), "{state:?}");
        }
    }
}
