//! What goes into the store and comes out of it, besides [`atelier_domain::Task`].

use std::time::Duration;

use atelier_domain::catalogue::Price;
use atelier_domain::{
    AccessKey, AccountId, BillingRules, Failure, FileId, Finding, IdempotencyKey, KeyId, Money, Output,
    ProjectId, PublicPath, Task, TaskId, TaskToken, Timestamp, ToolSlug, Values,
};
use uuid::Uuid;

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its address, lower-case.
    pub email: String,
    /// What it can spend: grants less reservations and charges. Never negative.
    pub balance: Money,
    /// What is set aside for its unfinished tasks.
    pub reserved: Money,
    /// How many of its tasks wait or run.
    pub unfinished: u32,
    /// Whether its tasks are free and unlimited in number.
    pub unlimited: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// A task to be accepted.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its secret; made by the caller, so that files can be named after it before it exists.
    pub token: TaskToken,
    /// Under which project.
    pub project: ProjectId,
    /// Who pays.
    pub account: AccountId,
    /// What it runs.
    pub tool: ToolSlug,
    /// The parameters as they are shown back.
    pub shown_parameters: serde_json::Map<String, serde_json::Value>,
    /// The checked parameters.
    pub values: Values,
    /// Where to tell; empty if nowhere.
    pub callback_url: String,
    /// The bearer key it is submitted with, if with one.
    pub bearer_key: Option<KeyId>,
    /// The caller's own name for it; empty if it has none.
    pub external_id: String,
    /// In which dialect it was submitted; see [`Task::dialect`].
    pub dialect: String,
    /// What is asked for it; none: it is free, and no limit holds.
    pub billing: Option<Billing>,
    /// How the request can be repeated without being done twice, if it can.
    pub idempotency: Option<Idempotency>,
    /// Uploads that came with it; their bytes lie in the object store already.
    pub uploads: Vec<StoredFile>,
}

/// What is asked of an account for one task. Accounts without limits are asked nothing.
#[derive(Debug, Clone)]
pub struct Billing {
    /// What the task is settled by; its reservation is taken at submit.
    pub price: Price,
    /// What the account must have besides.
    pub rules: BillingRules,
}

/// A request under a name of its caller's own.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// Whose names these are: the project whose credential was used.
    pub caller: ProjectId,
    /// The name.
    pub key: IdempotencyKey,
    /// A hash of all that was asked for: the same name must mean the same request.
    pub request: String,
}

impl Idempotency {
    /// How long a request is remembered.
    pub const KEPT: Duration = Duration::from_hours(24);
}

/// One way to name a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskRef {
    /// By number.
    Id(TaskId),
    /// By its secret.
    Token(TaskToken),
    /// By its UUID.
    Uuid(Uuid),
}

/// The right to work on a task, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// On which task.
    pub task: TaskId,
    /// Grows with every claim of any task; a write with an older one is refused.
    pub fence: i64,
}

/// A task given to a worker.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The right to change it.
    pub lease: Lease,
    /// The task, in state `Accepted`.
    pub task: Task,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With outputs, which lie in the object store already.
    Succeeded {
        /// At least one.
        outputs: Vec<Output>,
        /// What it costs; capped at what was reserved.
        cost: Money,
        /// Which runner served it.
        runner: String,
        /// What the run said.
        log: String,
        /// What it recognised in its inputs.
        findings: Vec<Finding>,
    },
    /// Without.
    Failed {
        /// Why, in words for the caller.
        error: String,
        /// The kind of it.
        failure: Failure,
        /// Which runner served it, if one did.
        runner: Option<String>,
        /// What the run said.
        log: String,
    },
}

/// What the reaper did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Tasks handed back to the queue.
    pub requeued: Vec<TaskId>,
    /// Tasks that used up their attempts.
    pub failed: Vec<TaskId>,
}

/// How busy the installation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Tasks in state `Queued`.
    pub waiting: u64,
    /// Tasks that a worker holds.
    pub running: u64,
}

/// What a movement of credit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKind {
    /// Credit given by the operator: positive.
    Grant,
    /// Set aside at submit: negative.
    Reserve,
    /// A reservation given back at the end of its task, whatever the end: positive.
    Release,
    /// The cost of a task that succeeded: negative.
    Charge,
}

/// One movement of credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its number; later movements have higher ones.
    pub id: i64,
    /// What for.
    pub kind: LedgerKind,
    /// For which task; none for a grant.
    pub task: Option<TaskId>,
    /// How much, signed.
    pub amount: Money,
    /// Words about it.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A file that lies in the object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id, which names its object.
    pub id: FileId,
    /// Whose it is.
    pub account: AccountId,
    /// The name in its address.
    pub name: String,
    /// Media type, decided by its content.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes in hexadecimal.
    pub sha256: String,
    /// The secret of its address.
    pub access_key: AccessKey,
    /// The folder of its public address; uploads have none.
    pub public_path: Option<PublicPath>,
    /// The folder that its owner put it in; none for the account's root and for outputs.
    pub parent: Option<FileId>,
    /// When it was stored.
    pub added: Timestamp,
}

/// A folder that an account keeps uploads in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it. Two folders may have the same name.
    pub name: String,
    /// The folder around it; none for the account's root.
    pub parent: Option<FileId>,
    /// When it was made.
    pub added: Timestamp,
}
