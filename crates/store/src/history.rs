//! What people look back on: the tasks and the ledger of an account in parts, and its use by day.

use std::time::Duration;

use async_trait::async_trait;
use atelier_domain::{AccountId, Money, ProjectId, Task, TaskId, TaskState, Timestamp, ToolSlug};

use crate::{LedgerEntry, StoreError};

/// Where a part of a list begins: beside one of its entries, so that it is found quickly however long the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the newest entry.
    Newest,
    /// At the next older one than this number.
    Before(i64),
    /// The part that ends with the next newer one than this number.
    After(i64),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T> {
    /// Its entries, newest first.
    pub entries: Vec<T>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
}

/// Which tasks of an account are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFilter {
    /// Whose.
    pub account: AccountId,
    /// Only of this tool.
    pub tool: Option<ToolSlug>,
    /// Only in one of these states; in any if there are none.
    pub states: Vec<TaskState>,
    /// Only of this project.
    pub project: Option<ProjectId>,
    /// Only those submitted from this moment on.
    pub from: Option<Timestamp>,
    /// Only those submitted before this moment.
    pub until: Option<Timestamp>,
}

/// What became of the tasks of one tool that were submitted under one project on one day (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The first moment of the day.
    pub day: Timestamp,
    /// The project.
    pub project: ProjectId,
    /// The tool.
    pub tool: ToolSlug,
    /// Tasks that were submitted.
    pub runs: u64,
    /// Those of them that succeeded.
    pub succeeded: u64,
    /// That failed.
    pub failed: u64,
    /// That were stopped.
    pub cancelled: u64,
    /// What they cost together.
    pub cost: Money,
}

/// How long the tasks of one day that succeeded took, to two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpans {
    /// The first moment of the day.
    pub day: Timestamp,
    /// From submit until a worker took them.
    pub wait: Spread,
    /// From then to the end of the run.
    pub run: Spread,
}

/// Two percentiles of some durations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Half of them were not longer.
    pub p50: Duration,
    /// All but one in twenty were not longer.
    pub p95: Duration,
}

/// What people look back on. Part of [`crate::Store`]; every look is quick at any number of tasks.
#[async_trait]
pub trait History: Send + Sync {
    /// At most `limit` tasks, with their outputs and without their checked parameters.
    async fn task_history(
        &self,
        filter: &TaskFilter,
        place: Place,
        limit: u32,
    ) -> Result<Part<Task>, StoreError>;
    /// At most `limit` movements of an account, by their numbers; grants alone if asked.
    async fn ledger_history(
        &self,
        account: AccountId,
        grants_only: bool,
        place: Place,
        limit: u32,
    ) -> Result<Part<LedgerEntry>, StoreError>;
    /// The movements for one task, oldest first.
    async fn ledger_of_task(&self, task: TaskId) -> Result<Vec<LedgerEntry>, StoreError>;
    /// How an account was used since a day, the oldest day first.
    async fn usage(&self, account: AccountId, since: Timestamp) -> Result<Vec<Usage>, StoreError>;
    /// How long the tasks of an account took since a day, the oldest first; days on which none succeeded are left out.
    async fn spans(&self, account: AccountId, since: Timestamp) -> Result<Vec<DaySpans>, StoreError>;
}
