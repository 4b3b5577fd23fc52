//! What lists and statistics ask for and get.

use std::time::Duration;

use atelier_domain::{AccountId, Money, ProjectId, TaskState, Timestamp, ToolSlug};

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// How many entries lie before it.
    pub start: u64,
    /// How many it has at most.
    pub limit: u32,
    /// Whether the list begins with its oldest entry.
    pub oldest_first: bool,
}

/// The entries of a [`Slice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the order of the list.
    pub entries: Vec<T>,
    /// How many the whole list has.
    pub total: u64,
}

/// Which tasks to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskQuery {
    /// Whose.
    pub account: AccountId,
    /// Only tasks of tools whose `owner/model` contains this.
    pub tool: Option<String>,
    /// Which of them.
    pub slice: Slice,
}

/// How many tasks of one project that were submitted on one day (UTC) are in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskCount {
    /// The project.
    pub project: ProjectId,
    /// The first moment of the day.
    pub day: Timestamp,
    /// The state.
    pub state: TaskState,
    /// How many.
    pub tasks: u64,
    /// What they cost together.
    pub cost: Money,
}

/// How a tool has done so far, over all accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolStat {
    /// The tool.
    pub tool: ToolSlug,
    /// Tasks that were submitted.
    pub runs: u64,
    /// Tasks that succeeded.
    pub succeeded: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// How long those that succeeded took from acceptance to the end of their run, together.
    pub busy: Duration,
    /// When the last one was submitted.
    pub last_run: Timestamp,
}

impl ToolStat {
    /// How long a run takes, if one has succeeded.
    pub fn average(&self) -> Option<Duration> {
        let succeeded = u32::try_from(self.succeeded).ok()?;
        self.busy.checked_div(succeeded)
    }
}
