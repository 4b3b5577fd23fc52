//! Everything durable: accounts, keys, ledger and tasks in a database, pictures in an object store.
//!
//! [`Store`] is the interface; `sqlite` implements it for one machine and another database can implement it
//! for a fleet. No SQL exists outside this crate. Three promises hold for every implementation, and
//! `tests/it/behaviour` checks them:
//!
//! - A call that returned `Ok` for a submit, a cancel, a finish or an administrative change survives a power
//!   loss. Steps in between may be lost by a power loss (not by a killed process): the task then simply is
//!   one step earlier and is taken up again.
//! - Task, event, ledger and lease rows change in one transaction.
//! - A worker whose lease was lost can change nothing: every worker call carries the fencing token.

mod disk;
mod files;
mod history;
mod keys;
mod operations;
mod people;
mod projects;
mod records;
mod reports;
pub mod sqlite;
mod vault;
mod webhooks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use atelier_domain::{
    AccessKey, AccountId, DeliveryId, Event, FileId, Money, Progress, ProjectId, PublicPath, Task, TaskId,
    Timestamp, Transition, WebhookSecret,
};

pub use files::{Files, FilesError, ObjectKey, StoredObject, Upload};
pub use history::{DaySpans, History, Part, Place, Spread, TaskFilter, Usage};
pub use keys::{Key, KeyState, NewKey};
pub use operations::{FailedTask, Operations, StorageUse, WorkerCard, WorkerState};
pub use people::{
    Act, Actor, AuditEntry, Link, LinkPurpose, NewLink, NewSession, PasswordHash, People, Person, Session,
};
pub use projects::{AuthMode, Credential, NewProject, Project, Projects, RetiredCredential};
pub use records::{
    Account, Billing, Claim, Folder, Idempotency, Lease, LedgerEntry, LedgerKind, NewTask, Outcome,
    QueueDepth, Reaped, StoredFile, TaskRef,
};
pub use reports::{Page, Slice, TaskCount, TaskQuery, ToolStat};
pub use vault::{MasterKey, VaultError};
pub use webhooks::{Delivery, DeliveryAttempt, DeliveryClaim, DeliveryFailure, DeliveryState, NextDelivery};

use thiserror::Error;

/// What an operation on the database can answer besides success.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database could not do it now: locked, full, gone. The operator must look, the caller may retry.
    #[error("the database failed while it should {doing}")]
    Database {
        /// What was being done, as `claim a task`.
        doing: &'static str,
        /// The database's own words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row does not parse: written by a newer version or damaged.
    #[error("a stored {what} cannot be read: {reason}")]
    Corrupt {
        /// Which kind of row.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing has that name or id.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It exists already.
    #[error("this {0} exists already")]
    Exists(&'static str),
    /// The account's balance does not cover the reservation, or lies under the minimum.
    #[error("the balance of {balance} US dollar does not cover it")]
    InsufficientBalance {
        /// What the account has.
        balance: Money,
    },
    /// The account has as many unfinished tasks as its balance allows.
    #[error("with {balance} US dollar, {limit} tasks may be unfinished at a time")]
    TooManyTasks {
        /// What the account owns, reservations included.
        balance: Money,
        /// How many tasks that allows.
        limit: u32,
    },
    /// The idempotency key stands for another request already.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A grant must be positive, and all grants of an account together within the range of [`Money`].
    #[error("an amount of {0} US dollar cannot be granted")]
    BadAmount(Money),
    /// An account whose people have an owner keeps one.
    #[error("an account needs an owner")]
    LastOwner,
    /// The state of the task does not allow it.
    #[error(transparent)]
    Illegal(#[from] atelier_domain::IllegalTransition),
    /// The task has not ended, and only then it could be done.
    #[error("task {0} has not ended")]
    Unfinished(TaskId),
    /// The task has ended, or the lease expired and the reaper took it back.
    #[error("the lease on task {0} is lost")]
    LeaseLost(TaskId),
}

/// The durable state of one installation: what is here, its [`Projects`] and [`People`], their [`History`], and its
/// [`Operations`].
#[async_trait]
pub trait Store: Projects + People + History + Operations {
    /// Makes an account without credit. [`StoreError::Exists`] if the address is taken (compared lower-case).
    async fn create_account(&self, email: &str, now: Timestamp) -> Result<Account, StoreError>;
    /// All accounts with their balances, oldest first.
    async fn accounts(&self) -> Result<Vec<Account>, StoreError>;
    /// One account by its id.
    async fn account(&self, id: AccountId) -> Result<Account, StoreError>;
    /// One account by its address.
    async fn account_by_email(&self, email: &str) -> Result<Account, StoreError>;
    /// Makes the tasks that an account submits from now on free and unlimited in number, or ends that.
    async fn set_unlimited(
        &self,
        account: AccountId,
        unlimited: bool,
        act: &Act,
    ) -> Result<Account, StoreError>;
    /// Adds credit and returns the new balance. The sum of all grants stays within the range of [`Money`].
    async fn grant(
        &self,
        account: AccountId,
        amount: Money,
        note: &str,
        act: &Act,
    ) -> Result<Money, StoreError>;
    /// Every movement of an account, oldest first.
    async fn ledger(&self, account: AccountId) -> Result<Vec<LedgerEntry>, StoreError>;

    /// Accepts a task: the row, its first event and the reservation of its price, durable before this returns.
    /// [`StoreError::InsufficientBalance`] and [`StoreError::TooManyTasks`] leave no trace.
    ///
    /// A request that was answered under the same [`Idempotency`] key is not done again: the task of then is
    /// returned, which has another token than `new`, or [`StoreError::KeyReused`] if it was another request.
    async fn submit(&self, new: NewTask, now: Timestamp) -> Result<Task, StoreError>;
    /// One task. `None` if there is none.
    async fn task(&self, task: &TaskRef) -> Result<Option<Task>, StoreError>;
    /// Cancels or kills (`transition`) and releases the reservation; the worker's lease is lost with it.
    /// A task that is already cancelled is returned unchanged.
    async fn stop(&self, task: TaskId, transition: Transition, now: Timestamp) -> Result<Task, StoreError>;
    /// What happened to a task after event number `after`, in order.
    async fn events(&self, task: TaskId, after: u32) -> Result<Vec<Event>, StoreError>;
    /// What happened to each of several tasks after the event number beside it, in order within a task. One look
    /// for everybody who follows tasks, however many they follow.
    async fn news(&self, after: &[(TaskId, u32)]) -> Result<Vec<Event>, StoreError>;

    /// Gives the oldest waiting task to a worker until `now + lease`, with the next attempt number and a new
    /// fencing token; its state becomes `Accepted`. `None` when nothing waits.
    async fn claim(&self, worker: &str, lease: Duration, now: Timestamp)
    -> Result<Option<Claim>, StoreError>;
    /// Extends leases that are still held to `now + lease` and returns the tasks whose lease is lost. Written
    /// to the database at most once per call; `extend = false` only looks.
    async fn renew(
        &self,
        leases: &[Lease],
        lease: Duration,
        extend: bool,
        now: Timestamp,
    ) -> Result<Vec<TaskId>, StoreError>;
    /// Applies one step of a run and records its event.
    async fn advance(&self, lease: &Lease, transition: Transition, now: Timestamp) -> Result<(), StoreError>;
    /// Records progress of a running task as an event.
    async fn progress(&self, lease: &Lease, progress: &Progress, now: Timestamp) -> Result<(), StoreError>;
    /// Ends a run: terminal state, outputs, settlement and last event in one transaction.
    async fn finish(&self, lease: &Lease, outcome: Outcome, now: Timestamp) -> Result<(), StoreError>;
    /// Hands tasks whose lease ran out back to the queue, or fails them after `max_attempts` attempts.
    async fn reap(&self, max_attempts: u32, now: Timestamp) -> Result<Reaped, StoreError>;
    /// How many tasks wait and run.
    async fn queue_depth(&self) -> Result<QueueDepth, StoreError>;
    /// How many tasks wait before one that waits itself; `None` if it does not wait.
    async fn place_in_queue(&self, task: TaskId) -> Result<Option<u64>, StoreError>;

    /// Records uploads whose bytes already lie in the object store, all or none. Their folder must be the
    /// account's own.
    async fn add_files(&self, files: &[StoredFile]) -> Result<(), StoreError>;
    /// Makes a folder, in one of the account's own or in its root.
    async fn add_folder(&self, folder: &Folder) -> Result<(), StoreError>;
    /// A folder of an account. [`StoreError::NotFound`] also if it is another account's.
    async fn folder(&self, account: AccountId, id: &FileId) -> Result<Folder, StoreError>;
    /// A file by the secret of its address; outputs and uploads alike.
    async fn file_by_key(&self, key: &AccessKey) -> Result<Option<StoredFile>, StoreError>;
    /// A file by its public address.
    async fn file_by_path(&self, path: &PublicPath, name: &str) -> Result<Option<StoredFile>, StoreError>;
    /// Forgets the outputs of a task and the uploads of its account that it used, unless another task that has
    /// not ended uses them too. Returns what was forgotten: its bytes are for the caller to delete. The task
    /// itself stays. [`StoreError::Unfinished`] before its end.
    async fn forget_files_of(&self, task: TaskId) -> Result<Vec<FileId>, StoreError>;
    /// Forgets at most `limit` files that were stored before `than`, the oldest first, except those that a task
    /// which has not ended uses. Returns them like [`Store::forget_files_of`].
    async fn forget_files_older(&self, than: Timestamp, limit: u32) -> Result<Vec<FileId>, StoreError>;
    /// Those of `files` that the store knows nothing about.
    async fn unknown_files(&self, files: &[FileId]) -> Result<Vec<FileId>, StoreError>;

    /// Tasks of an account, newest first unless asked otherwise.
    async fn tasks(&self, wanted: &TaskQuery) -> Result<Page<Task>, StoreError>;
    /// How many tasks of an account that were submitted since a moment are in which state, by project and day;
    /// the oldest day first.
    async fn task_counts(&self, account: AccountId, since: Timestamp) -> Result<Vec<TaskCount>, StoreError>;
    /// How every tool that was ever used has done, over all accounts. Cheap, however many tasks there are.
    async fn tool_stats(&self) -> Result<Vec<ToolStat>, StoreError>;
    /// A part of [`Store::ledger`].
    async fn ledger_page(&self, account: AccountId, slice: &Slice) -> Result<Page<LedgerEntry>, StoreError>;

    /// What signs the webhooks of a project; made and kept, sealed, when it is first asked for.
    async fn webhook_secret(&self, project: ProjectId) -> Result<WebhookSecret, StoreError>;
    /// Gives the delivery that has been due longest to a deliverer, which must end its attempt before
    /// `now + lease`: then it is due again. Hosts in `busy_hosts` are passed over.
    async fn claim_delivery(
        &self,
        lease: Duration,
        busy_hosts: &[String],
        now: Timestamp,
    ) -> Result<NextDelivery, StoreError>;
    /// Records how an attempt went and what follows from it; only the former if the delivery was claimed or
    /// replayed meanwhile.
    async fn record_delivery(
        &self,
        claim: &DeliveryClaim,
        attempt: DeliveryAttempt,
        then: DeliveryState,
    ) -> Result<(), StoreError>;
    /// What is and was owed to the callback of a task. A task owes one delivery once it has ended, if it has a
    /// callback and was not taken back while it waited.
    async fn deliveries(&self, task: TaskId) -> Result<Vec<Delivery>, StoreError>;
    /// Makes a delivery due again, whatever became of it, with all its tries.
    async fn replay_delivery(&self, id: &DeliveryId, now: Timestamp) -> Result<(), StoreError>;
}

/// A database and an object store that belong together.
#[derive(Clone)]
pub struct Storage {
    /// Accounts, keys, ledger, tasks.
    pub store: Arc<dyn Store>,
    /// Pictures.
    pub files: Files,
    /// What seals secrets and from which other keys are derived.
    pub master: MasterKey,
}

impl Storage {
    /// Opens (and on the first start makes) a data folder on this machine: `atelier.db`, `objects/` and the
    /// master key `secret.key`, readable by its owner only. Several processes may have it open.
    pub async fn open(folder: &Path) -> Result<Self, OpenError> {
        let fail =
            |doing: &'static str| move |source| OpenError::Folder { doing, folder: folder.into(), source };
        disk::make_folder(folder).map_err(fail("make"))?;
        let master = MasterKey::load_or_create(&folder.join("secret.key"))?;
        let files = Files::on_disk(&folder.join("objects"))?;
        let store = sqlite::SqliteStore::open(&folder.join("atelier.db"), master.clone()).await?;
        Ok(Self { store: Arc::new(store), files, master })
    }
}

/// Why a data folder cannot be opened. The operator must act.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder itself.
    #[error("cannot {doing} the data folder {folder}")]
    Folder {
        /// What was tried.
        doing: &'static str,
        /// Which folder.
        folder: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The master key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The object store.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
