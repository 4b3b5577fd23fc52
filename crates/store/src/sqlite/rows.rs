//! Rows to records and back. A row that does not parse is named with its column, never skipped.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use atelier_domain::{
    AccountId, DeliveryId, Email, Event, EventKind, Failure, FileId, KeyId, KeyKind, KeyName, Money, Output,
    PersonId, ProjectId, Role, Task, TaskId, TaskState, Timeline, Timestamp, ToolSlug, Values,
};
use serde::Serialize;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row as _, Type};
use uuid::Uuid;

use crate::{
    Account, AuditEntry, AuthMode, Delivery, DeliveryAttempt, DeliveryClaim, DeliveryFailure, DeliveryState,
    Folder, Key, LedgerEntry, LedgerKind, Link, LinkPurpose, Person, Project, Session, StorageUse,
    StoreError, StoredFile, TaskCount, ToolStat, Usage, WorkerCard, WorkerState,
};

type Parsed<T> = Result<T, StoreError>;

/// One row with the name of what it should be.
struct Columns<'r> {
    what: &'static str,
    row: &'r SqliteRow,
}

impl<'r> Columns<'r> {
    fn bad(&self, column: &str, reason: impl Display) -> StoreError {
        StoreError::Corrupt { what: self.what, reason: format!("{column}: {reason}") }
    }

    fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(&self, column: &str) -> Parsed<T> {
        self.row.try_get(column).map_err(|error| self.bad(column, error))
    }

    fn parse<T>(&self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Parsed<T> {
        parse(self.get(column)?).ok_or_else(|| self.bad(column, "has the wrong shape"))
    }

    fn parse_if_any<T>(&self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Parsed<Option<T>> {
        let text = self.get::<Option<&str>>(column)?;
        text.map(|text| parse(text).ok_or_else(|| self.bad(column, "has the wrong shape"))).transpose()
    }

    fn unsigned<T: TryFrom<i64>>(&self, column: &str) -> Parsed<T>
    where
        T::Error: Display,
    {
        T::try_from(self.get(column)?).map_err(|error| self.bad(column, error))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Parsed<T> {
        serde_json::from_str(self.get(column)?).map_err(|error| self.bad(column, error))
    }

    fn json_if_any<T: DeserializeOwned>(&self, column: &str) -> Parsed<Option<T>> {
        let text = self.get::<Option<&str>>(column)?;
        text.map(serde_json::from_str).transpose().map_err(|error| self.bad(column, error))
    }

    fn account(&self, column: &str) -> Parsed<AccountId> {
        self.parse(column, |text| Uuid::parse_str(text).ok()).map(AccountId)
    }

    fn time(&self, column: &str) -> Parsed<Timestamp> {
        self.get(column).map(Timestamp)
    }

    fn time_if_any(&self, column: &str) -> Parsed<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp))
    }
}

/// The word under which a state is stored.
pub(super) fn state_word(state: TaskState) -> Parsed<String> {
    match serde_json::to_value(state) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Corrupt { what: "task", reason: format!("{state:?} has no word") }),
    }
}

/// The state that a stored word means.
fn state_of(word: &str) -> Option<TaskState> {
    let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
    serde::Deserialize::deserialize(word).ok()
}

/// A value as it is stored in a JSON column.
pub(super) fn json(what: &'static str, value: &impl Serialize) -> Parsed<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt { what, reason: error.to_string() })
}

/// The word under which a way of signing is stored.
pub(super) fn auth_word(auth: AuthMode) -> &'static str {
    match auth {
        AuthMode::Signature => "signature",
        AuthMode::Key => "key",
    }
}

/// The word under which a kind of bearer key is stored.
pub(super) fn key_kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Tryon => "tryon",
    }
}

/// The word under which a kind of movement is stored.
pub(super) fn ledger_word(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Grant => "grant",
        LedgerKind::Reserve => "reserve",
        LedgerKind::Release => "release",
        LedgerKind::Charge => "charge",
    }
}

pub(super) fn account(row: &SqliteRow) -> Parsed<Account> {
    let row = Columns { what: "account", row };
    Ok(Account {
        id: row.account("id")?,
        email: row.get("email")?,
        balance: row.get("balance").map(Money)?,
        reserved: row.get("reserved").map(Money)?,
        unfinished: row.unsigned("unfinished")?,
        unlimited: row.get("unlimited")?,
        created: row.time("created")?,
    })
}

/// A project without its secret.
pub(super) fn project(row: &SqliteRow) -> Parsed<Project> {
    let row = Columns { what: "project", row };
    Ok(Project {
        id: row.get("id").map(ProjectId)?,
        account: row.account("account")?,
        name: row.get("name")?,
        auth: row.parse("auth", |word| {
            [AuthMode::Signature, AuthMode::Key].into_iter().find(|a| auth_word(*a) == word)
        })?,
        key_hint: row.get("key_hint")?,
        allowed_networks: row.parse("allowed_networks", |text| text.parse().ok())?,
        secret: None,
        created: row.time("created")?,
    })
}

/// Somebody who may sign in.
pub(super) fn person(row: &SqliteRow) -> Parsed<Person> {
    let row = Columns { what: "person", row };
    Ok(Person {
        id: row.get("id").map(PersonId)?,
        account: row.account("account")?,
        email: row.parse("email", Email::parse)?,
        role: row.parse("role", Role::parse)?,
        operator: row.get("operator")?,
        created: row.time("created")?,
    })
}

/// A link without its secret, which is not known.
pub(super) fn link(row: &SqliteRow) -> Parsed<Link> {
    let row = Columns { what: "link", row };
    let account = || row.get::<Option<&str>>("account")?.map(|_| row.account("account")).transpose();
    let purpose = match row.get("purpose")? {
        "first_run" => LinkPurpose::FirstRun { unlimited: row.get("unlimited")? },
        "invite" => LinkPurpose::Invite { account: account()?, role: row.parse("role", Role::parse)? },
        "reset" => LinkPurpose::Reset(PersonId(row.get("person")?)),
        other => return Err(row.bad("purpose", format_args!("is {other:?}"))),
    };
    Ok(Link {
        id: row.get("id")?,
        purpose,
        note: row.get("note")?,
        created: row.time("created")?,
        expires: row.time("expires")?,
    })
}

/// A session without its secret, which is not known.
pub(super) fn session(row: &SqliteRow) -> Parsed<Session> {
    let row = Columns { what: "session", row };
    Ok(Session {
        id: row.get("id")?,
        agent: row.get("agent")?,
        started: row.time("started")?,
        expires: row.time("expires")?,
    })
}

/// A line of the audit log with the address of its person.
pub(super) fn audit_entry(row: &SqliteRow) -> Parsed<AuditEntry> {
    let row = Columns { what: "audit entry", row };
    Ok(AuditEntry {
        person: row.parse_if_any("email", Email::parse)?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        at: row.time("at")?,
    })
}

/// A worker with the number of its leases.
pub(super) fn worker(row: &SqliteRow) -> Parsed<WorkerState> {
    let row = Columns { what: "worker", row };
    let card = WorkerCard {
        name: row.get("name")?,
        host: row.get("host")?,
        process: row.unsigned("process")?,
        version: row.get("version")?,
        runners: row.get("runners")?,
    };
    Ok(WorkerState {
        card,
        started: row.time("started")?,
        seen: row.time("seen")?,
        tasks: row.unsigned("tasks")?,
    })
}

pub(super) fn storage_use(row: &SqliteRow) -> Parsed<StorageUse> {
    let row = Columns { what: "use of storage", row };
    Ok(StorageUse {
        files: row.unsigned("files")?,
        bytes: row.unsigned("bytes")?,
        database: row.unsigned("database")?,
    })
}

/// A bearer key with the account of its project.
pub(super) fn key(row: &SqliteRow) -> Parsed<Key> {
    let row = Columns { what: "key", row };
    Ok(Key {
        id: row.get("id").map(KeyId)?,
        project: row.get("project").map(ProjectId)?,
        account: row.account("account")?,
        kind: row
            .parse("kind", |word| [KeyKind::Tryon].into_iter().find(|kind| key_kind_word(*kind) == word))?,
        name: row.parse("name", KeyName::parse)?,
        hint: row.get("hint")?,
        allowed_networks: row.parse("allowed_networks", |text| text.parse().ok())?,
        created: row.time("created")?,
        expires: row.time_if_any("expires")?,
        last_used: row.time_if_any("last_used")?,
        revoked: row.time_if_any("revoked")?,
    })
}

pub(super) fn ledger_entry(row: &SqliteRow) -> Parsed<LedgerEntry> {
    use LedgerKind as K;
    let row = Columns { what: "ledger entry", row };
    let kinds = [K::Grant, K::Reserve, K::Release, K::Charge];
    Ok(LedgerEntry {
        id: row.get("id")?,
        kind: row.parse("kind", |word| kinds.into_iter().find(|kind| ledger_word(*kind) == word))?,
        task: row.get::<Option<i64>>("task")?.map(TaskId),
        amount: row.get("amount").map(Money)?,
        note: row.get("note")?,
        at: row.time("at")?,
    })
}

/// A task without its outputs.
pub(super) fn task(row: &SqliteRow) -> Parsed<Task> {
    let task = task_without_values(row)?;
    match (Columns { what: "task", row }).json("checked_values") {
        Ok(values) => Ok(Task { values, ..task }),
        // It failed for them, and shall be seen to have failed.
        Err(_) if task.failure == Some(Failure::Parameters) => Ok(task),
        Err(error) => Err(error),
    }
}

/// A task without its outputs and its parameters, which are not looked at.
pub(super) fn task_without_values(row: &SqliteRow) -> Parsed<Task> {
    let timeline = timeline(row)?;
    let row = Columns { what: "task", row };
    Ok(Task {
        id: row.get("id").map(TaskId)?,
        uuid: row.parse("uuid", |text| Uuid::parse_str(text).ok())?,
        token: row.parse("token", atelier_domain::TaskToken::parse)?,
        account: row.account("account")?,
        project: row.get("project").map(ProjectId)?,
        tool: row.parse("tool", ToolSlug::parse)?,
        state: row.parse("state", state_of)?,
        attempt: row.unsigned("attempt")?,
        shown_parameters: row.json("shown_parameters")?,
        values: Values::default(),
        callback_url: row.get("callback_url")?,
        external_id: row.get("external_id")?,
        dialect: row.get("dialect")?,
        timeline,
        log: row.get("log")?,
        error: row.get("error")?,
        failure: row.json_if_any("failure")?,
        findings: row.json("findings")?,
        runner: row.get("runner")?,
        tariff: row.json_if_any("tariff")?,
        price: row.get("price").map(Money)?,
        cost: row.get("cost").map(Money)?,
        outputs: Vec::new(),
    })
}

fn timeline(row: &SqliteRow) -> Parsed<Timeline> {
    let row = Columns { what: "task", row };
    Ok(Timeline {
        created: row.time("created")?,
        accepted: row.time_if_any("accepted")?,
        preprocessing: row.time_if_any("preprocessing")?,
        preprocessed: row.time_if_any("preprocessed")?,
        assigned: row.time_if_any("assigned")?,
        running: row.time_if_any("running")?,
        ended: row.time_if_any("ended")?,
        postprocessing: row.time_if_any("postprocessing")?,
        finished: row.time_if_any("finished")?,
        cancelled: row.time_if_any("cancelled")?,
    })
}

pub(super) fn event(row: &SqliteRow) -> Parsed<Event> {
    let row = Columns { what: "event", row };
    let kind = if row.get::<Option<&str>>("state")?.is_some() {
        EventKind::Entered(row.parse("state", state_of)?)
    } else {
        EventKind::Progress(row.json("progress")?)
    };
    Ok(Event {
        task: row.get("task").map(TaskId)?,
        sequence: row.unsigned("sequence")?,
        at: row.time("at")?,
        kind,
    })
}

pub(super) fn file_id(row: &SqliteRow, column: &str) -> Parsed<FileId> {
    Columns { what: "file", row }.parse(column, FileId::parse)
}

pub(super) fn file(row: &SqliteRow) -> Parsed<StoredFile> {
    let row = Columns { what: "file", row };
    Ok(StoredFile {
        id: row.parse("id", FileId::parse)?,
        account: row.account("account")?,
        name: row.get("name")?,
        content_type: row.get("content_type")?,
        size: row.unsigned("size")?,
        sha256: row.get("sha256")?,
        access_key: row.parse("access_key", atelier_domain::AccessKey::parse)?,
        public_path: row.parse_if_any("public_path", atelier_domain::PublicPath::parse)?,
        parent: row.parse_if_any("parent", FileId::parse)?,
        added: row.time("added")?,
    })
}

pub(super) fn folder(row: &SqliteRow) -> Parsed<Folder> {
    let row = Columns { what: "folder", row };
    Ok(Folder {
        id: row.parse("id", FileId::parse)?,
        account: row.account("account")?,
        name: row.get("name")?,
        parent: row.parse_if_any("parent", FileId::parse)?,
        added: row.time("added")?,
    })
}

/// A row of `output` joined with its `file`.
pub(super) fn output(row: &SqliteRow) -> Parsed<Output> {
    let row = Columns { what: "output", row };
    Ok(Output {
        id: row.parse("id", FileId::parse)?,
        folder: row.parse("folder", FileId::parse)?,
        name: row.get("name")?,
        content_type: row.get("content_type")?,
        size: row.unsigned("size")?,
        width: row.unsigned("width")?,
        height: row.unsigned("height")?,
        length: Duration::from_millis(row.unsigned("length_ms")?),
        sha256: row.get("sha256")?,
        added: row.time("added")?,
        access_key: row.parse("access_key", atelier_domain::AccessKey::parse)?,
        public_path: row.parse("public_path", atelier_domain::PublicPath::parse)?,
    })
}

/// A row of the statistics query.
pub(super) fn task_count(row: &SqliteRow) -> Parsed<TaskCount> {
    let row = Columns { what: "task count", row };
    Ok(TaskCount {
        project: row.get("project").map(ProjectId)?,
        day: row.time("day")?,
        state: row.parse("state", state_of)?,
        tasks: row.unsigned("tasks")?,
        cost: row.get("cost").map(Money)?,
    })
}

pub(super) fn usage(row: &SqliteRow) -> Parsed<Usage> {
    let row = Columns { what: "use of an account", row };
    Ok(Usage {
        day: row.time("day")?,
        project: row.get("project").map(ProjectId)?,
        tool: row.parse("tool", ToolSlug::parse)?,
        runs: row.unsigned("runs")?,
        succeeded: row.unsigned("succeeded")?,
        failed: row.unsigned("failed")?,
        cancelled: row.unsigned("cancelled")?,
        cost: row.get("cost").map(Money)?,
    })
}

pub(super) fn tool_stat(row: &SqliteRow) -> Parsed<ToolStat> {
    let row = Columns { what: "tool statistic", row };
    Ok(ToolStat {
        tool: row.parse("tool", ToolSlug::parse)?,
        runs: row.unsigned("runs")?,
        succeeded: row.unsigned("succeeded")?,
        failed: row.unsigned("failed")?,
        busy: Duration::from_millis(row.unsigned("busy")?),
        last_run: row.time("last_run")?,
    })
}

/// How many tasks took how many milliseconds.
pub(super) fn histogram(row: &SqliteRow) -> Parsed<BTreeMap<u64, u64>> {
    (Columns { what: "histogram", row }).json("histogram")
}

/// The word under which what became of a delivery is stored.
pub(super) fn delivery_state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending { .. } => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Gone => "gone",
        DeliveryState::Abandoned => "abandoned",
    }
}

/// The word under which the reason for a missing answer is stored.
pub(super) fn delivery_failure_word(failure: DeliveryFailure) -> &'static str {
    match failure {
        DeliveryFailure::Forbidden => "forbidden",
        DeliveryFailure::Connection => "connection",
        DeliveryFailure::Tls => "tls",
        DeliveryFailure::Timeout => "timeout",
    }
}

pub(super) fn delivery_claim(row: &SqliteRow) -> Parsed<DeliveryClaim> {
    let row = Columns { what: "delivery", row };
    Ok(DeliveryClaim {
        id: row.parse("id", DeliveryId::parse)?,
        task: row.get("task").map(TaskId)?,
        host: row.get("host")?,
        number: row.unsigned("attempts")?,
        try_number: row.unsigned("tries")?,
    })
}

/// A row of `delivery` joined with its `task`, without its attempts.
pub(super) fn delivery(row: &SqliteRow) -> Parsed<Delivery> {
    let row = Columns { what: "delivery", row };
    let state = match row.time_if_any("due")? {
        Some(due) => DeliveryState::Pending { due },
        None => row.parse("state", |word| {
            let ends = [DeliveryState::Delivered, DeliveryState::Gone, DeliveryState::Abandoned];
            ends.into_iter().find(|end| delivery_state_word(*end) == word)
        })?,
    };
    Ok(Delivery {
        id: row.parse("id", DeliveryId::parse)?,
        task: row.get("task").map(TaskId)?,
        url: row.get("callback_url")?,
        state,
        created: row.time("created")?,
        attempts: Vec::new(),
    })
}

pub(super) fn delivery_attempt(row: &SqliteRow) -> Parsed<DeliveryAttempt> {
    use DeliveryFailure as F;
    let row = Columns { what: "delivery attempt", row };
    let failures = [F::Forbidden, F::Connection, F::Tls, F::Timeout];
    let failure = row.parse_if_any("failure", |word| {
        failures.into_iter().find(|failure| delivery_failure_word(*failure) == word)
    })?;
    Ok(DeliveryAttempt {
        at: row.time("at")?,
        duration: Duration::from_millis(row.unsigned("duration")?),
        answer: match failure {
            Some(failure) => Err(failure),
            None => Ok(row.unsigned("status")?),
        },
    })
}
