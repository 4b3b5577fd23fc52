//! What the operator of an installation looks at, over all accounts.

use std::time::Duration;

use async_trait::async_trait;
use atelier_domain::{AccountId, Task, Timestamp};

use crate::{Act, Page, Slice, StoreError};

/// A worker process, as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCard {
    /// The name that its leases have.
    pub name: String,
    /// The machine it runs on.
    pub host: String,
    /// The number of its process there.
    pub process: u32,
    /// The version of the program.
    pub version: String,
    /// What it runs on which device, in words.
    pub runners: String,
}

/// A worker that has begun and not stopped in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerState {
    /// Who it is.
    pub card: WorkerCard,
    /// When it began.
    pub started: Timestamp,
    /// Its last heartbeat.
    pub seen: Timestamp,
    /// How many tasks it holds.
    pub tasks: u64,
}

impl WorkerState {
    /// How often a worker says that it is there.
    pub const HEARTBEAT: Duration = Duration::from_secs(5);
    /// How long it may say nothing before it counts as silent.
    pub const PATIENCE: Duration = Duration::from_secs(20);
    /// How long a silent one is remembered.
    pub const KEPT: Duration = Duration::from_hours(7 * 24);

    /// Whether it is heard no more.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        now.since(self.seen) > Self::PATIENCE
    }
}

/// A failed task and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedTask {
    /// The task, without its values, which may be what it failed for.
    pub task: Task,
    /// The address of its account.
    pub account: String,
}

/// How much is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StorageUse {
    /// Files in the object store.
    pub files: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// Bytes of the database, without its write-ahead log.
    pub database: u64,
}

/// What concerns the whole installation. Part of [`crate::Store`].
#[async_trait]
pub trait Operations: Send + Sync {
    /// Notes that a worker is there; its first call is when it began. Forgets those that have been silent for
    /// [`WorkerState::KEPT`].
    async fn heartbeat(&self, worker: &WorkerCard, now: Timestamp) -> Result<(), StoreError>;
    /// Forgets a worker that stops in order.
    async fn worker_left(&self, name: &str) -> Result<(), StoreError>;
    /// The workers, the one that began first at the head; silent ones too.
    async fn workers(&self) -> Result<Vec<WorkerState>, StoreError>;
    /// When the task that waits longest was submitted, if one waits.
    async fn oldest_waiting(&self) -> Result<Option<Timestamp>, StoreError>;
    /// The failed tasks of all accounts.
    async fn failed_tasks(&self, slice: &Slice) -> Result<Page<FailedTask>, StoreError>;
    /// How much is stored. Cheap, however much it is.
    async fn storage_use(&self) -> Result<StorageUse, StoreError>;
    /// Writes into an account's audit log what was done through another call, as a run in the account's name.
    async fn note(
        &self,
        account: AccountId,
        action: &str,
        subject: &str,
        act: &Act,
    ) -> Result<(), StoreError>;
}
