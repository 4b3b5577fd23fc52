//! [`Store`] in one `SQLite` file: for one machine, any number of processes.
//!
//! Decided here: write-ahead log, so that readers never wait for the writer; one writing connection per
//! process that commits in batches (`writer`); a few reading ones that cannot write. The rules about money,
//! ends and leases are in the schema (`migrations/sqlite`); the modules named after nouns only give each query
//! a name.

mod accounts;
mod audit;
mod billing;
mod files;
mod history;
mod idempotency;
mod keys;
mod leases;
mod operations;
mod people;
mod projects;
mod query;
mod reports;
mod rows;
mod tasks;
mod webhooks;
mod writer;

use std::path::Path;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use atelier_domain::{
    AccessKey, AccountId, DeliveryId, Event, FileId, Money, Progress, ProjectId, PublicPath, Task, TaskId,
    Timestamp, Transition, WebhookSecret,
};
use futures_util::FutureExt as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
};
use sqlx::{ConnectOptions as _, Connection as _, SqlSafeStr as _};

use self::query::QueryError;
use self::writer::{PATIENCE, Survives, Writer};
use crate::{
    Account, Act, Claim, Delivery, DeliveryAttempt, DeliveryClaim, DeliveryState, Folder, Lease, LedgerEntry,
    MasterKey, NewTask, NextDelivery, Outcome, Page, QueueDepth, Reaped, Slice, Store, StoreError,
    StoredFile, TaskCount, TaskQuery, TaskRef, ToolStat,
};

/// Reading connections per process. Reads are short, and each connection is a thread.
const READERS: u32 = 4;

/// How soon an opening is tried again.
const RETRY: Duration = Duration::from_millis(10);

/// One open database.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    master: MasterKey,
    key_uses: keys::Uses,
}

impl SqliteStore {
    /// Opens the database, makes it if there is none, and brings its schema up to date. Must be called on a
    /// tokio runtime, which then carries the writing task.
    pub async fn open(path: &Path, master: MasterKey) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            // Where fsync does not reach the disk (macOS), ask for what does.
            .pragma("fullfsync", "ON");
        let fail = |error| StoreError::Database { doing: "open", source: Box::new(error) };
        let mut connection = connect(&options).await.map_err(fail)?;
        migrate(&mut connection)
            .await
            .map_err(|error| error.while_it_should("bring the schema up to date"))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options.clone().pragma("query_only", "ON"));
        Ok(Self {
            writer: Writer::start(connection, options),
            readers,
            master,
            key_uses: keys::Uses::default(),
        })
    }
}

/// Connects, patiently: `SQLite` does not wait for the lock under which a new database is switched to its
/// write-ahead log, so of several processes that open one at once all but the first must try again.
async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match options.connect().await {
            Err(error) if is_busy(&error) && Instant::now() < give_up => tokio::time::sleep(RETRY).await,
            connected => return connected,
        }
    }
}

/// Whether another connection has the lock: `SQLITE_BUSY`, in the low byte of the extended code.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Every change of the schema, in order. What has been released is never edited again.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("../../migrations/sqlite/0001_initial.sql")),
    (3, "files and reports", include_str!("../../migrations/sqlite/0003_files_and_reports.sql")),
    (4, "webhooks", include_str!("../../migrations/sqlite/0004_webhooks.sql")),
    (5, "billing", include_str!("../../migrations/sqlite/0005_billing.sql")),
    (6, "keys", include_str!("../../migrations/sqlite/0006_keys.sql")),
    (7, "failures", include_str!("../../migrations/sqlite/0007_failures.sql")),
    (8, "clips", include_str!("../../migrations/sqlite/0008_clips.sql")),
    (9, "people", include_str!("../../migrations/sqlite/0009_people.sql")),
    (10, "history", include_str!("../../migrations/sqlite/0010_history.sql")),
    (11, "operations", include_str!("../../migrations/sqlite/0011_operations.sql")),
];

/// Applies the migrations that are missing, all or none; a second process waits and then finds them applied.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), QueryError> {
    let migrations = MIGRATIONS.iter().map(|&(number, name, sql)| {
        Migration::new(number, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let migrations = migrations.collect();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Not `run`: its future cannot be sent between threads.
    Migrator::with_migrations(migrations)
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(sqlx::Error::from)?;
    Ok(transaction.commit().await?)
}

/// Names what a reading query was for.
trait While<T> {
    fn while_it_should(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> While<T> for query::Query<T> {
    fn while_it_should(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| error.while_it_should(doing))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_account(&self, email: &str, now: Timestamp) -> Result<Account, StoreError> {
        let email = email.to_lowercase();
        self.writer
            .apply(Survives::PowerLoss, "create an account", move |db| {
                accounts::create(db, email, now).boxed()
            })
            .await
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        accounts::all(&self.readers).await.while_it_should("list accounts")
    }

    async fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        accounts::by_id(&self.readers, id).await.while_it_should("find an account")
    }

    async fn account_by_email(&self, email: &str) -> Result<Account, StoreError> {
        accounts::by_email(&self.readers, &email.to_lowercase()).await.while_it_should("find an account")
    }

    async fn set_unlimited(
        &self,
        account: AccountId,
        unlimited: bool,
        act: &Act,
    ) -> Result<Account, StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "change an account", move |db| {
                async move { billing::set_unlimited(db, account, unlimited, &act).await }.boxed()
            })
            .await
    }

    async fn grant(
        &self,
        account: AccountId,
        amount: Money,
        note: &str,
        act: &Act,
    ) -> Result<Money, StoreError> {
        let (note, act) = (note.to_owned(), *act);
        self.writer
            .apply(Survives::PowerLoss, "grant credit", move |db| {
                accounts::grant(db, account, amount, note, act).boxed()
            })
            .await
    }

    async fn ledger(&self, account: AccountId) -> Result<Vec<LedgerEntry>, StoreError> {
        accounts::ledger(&self.readers, account).await.while_it_should("list the ledger")
    }

    async fn submit(&self, new: NewTask, now: Timestamp) -> Result<Task, StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "accept a task", move |db| tasks::submit(db, new, now).boxed())
            .await
    }

    async fn task(&self, task: &TaskRef) -> Result<Option<Task>, StoreError> {
        tasks::find(&self.readers, task).await.while_it_should("find a task")
    }

    async fn stop(&self, task: TaskId, transition: Transition, now: Timestamp) -> Result<Task, StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "stop a task", move |db| {
                tasks::stop(db, task, transition, now).boxed()
            })
            .await
    }

    async fn events(&self, task: TaskId, after: u32) -> Result<Vec<Event>, StoreError> {
        tasks::events(&self.readers, task, after).await.while_it_should("list events")
    }

    async fn news(&self, after: &[(TaskId, u32)]) -> Result<Vec<Event>, StoreError> {
        tasks::news(&self.readers, after).await.while_it_should("look for news")
    }

    async fn claim(
        &self,
        worker: &str,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let worker = worker.to_owned();
        self.writer
            .apply(Survives::Kill, "claim a task", move |db| leases::claim(db, worker, lease, now).boxed())
            .await
    }

    async fn renew(
        &self,
        leases: &[Lease],
        lease: Duration,
        extend: bool,
        now: Timestamp,
    ) -> Result<Vec<TaskId>, StoreError> {
        if !extend {
            return leases::lost(&self.readers, leases).await.while_it_should("look at leases");
        }
        let leases = leases.to_owned();
        self.writer
            .apply(Survives::Kill, "renew leases", move |db| {
                async move { leases::extend(db, &leases, now.after(lease)).await }.boxed()
            })
            .await
    }

    async fn advance(&self, lease: &Lease, transition: Transition, now: Timestamp) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.writer
            .apply(Survives::Kill, "advance a task", move |db| {
                leases::advance(db, lease, transition, now).boxed()
            })
            .await
    }

    async fn progress(&self, lease: &Lease, progress: &Progress, now: Timestamp) -> Result<(), StoreError> {
        let (lease, progress) = (lease.clone(), progress.clone());
        self.writer
            .apply(Survives::Kill, "record progress", move |db| {
                leases::progress(db, lease, progress, now).boxed()
            })
            .await
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.writer
            .apply(Survives::PowerLoss, "finish a task", move |db| {
                leases::finish(db, lease, outcome, now).boxed()
            })
            .await
    }

    async fn reap(&self, max_attempts: u32, now: Timestamp) -> Result<Reaped, StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "reap lost tasks", move |db| {
                leases::reap(db, max_attempts, now).boxed()
            })
            .await
    }

    async fn queue_depth(&self) -> Result<QueueDepth, StoreError> {
        tasks::queue_depth(&self.readers).await.while_it_should("measure the queue")
    }

    async fn place_in_queue(&self, task: TaskId) -> Result<Option<u64>, StoreError> {
        tasks::place_in_queue(&self.readers, task).await.while_it_should("look into the queue")
    }

    async fn add_files(&self, files: &[StoredFile]) -> Result<(), StoreError> {
        let files = files.to_owned();
        self.writer
            .apply(Survives::PowerLoss, "record files", move |db| {
                async move { files::add_all(db, &files).await }.boxed()
            })
            .await
    }

    async fn add_folder(&self, folder: &Folder) -> Result<(), StoreError> {
        let folder = folder.clone();
        self.writer
            .apply(Survives::PowerLoss, "record a folder", move |db| {
                async move { files::add_folder(db, &folder).await }.boxed()
            })
            .await
    }

    async fn folder(&self, account: AccountId, id: &FileId) -> Result<Folder, StoreError> {
        files::folder(&self.readers, account, id).await.while_it_should("find a folder")
    }

    async fn forget_files_of(&self, task: TaskId) -> Result<Vec<FileId>, StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "forget the files of a task", move |db| {
                async move {
                    tasks::load_ended(db, task).await?;
                    files::forget_of_task(db, task).await
                }
                .boxed()
            })
            .await
    }

    async fn forget_files_older(&self, than: Timestamp, limit: u32) -> Result<Vec<FileId>, StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "forget old files", move |db| {
                files::forget_older(db, than, limit).boxed()
            })
            .await
    }

    async fn unknown_files(&self, files: &[FileId]) -> Result<Vec<FileId>, StoreError> {
        files::unknown(&self.readers, files).await.while_it_should("look for unknown files")
    }

    async fn file_by_key(&self, key: &AccessKey) -> Result<Option<StoredFile>, StoreError> {
        files::by_key(&self.readers, key).await.while_it_should("find a file")
    }

    async fn file_by_path(&self, path: &PublicPath, name: &str) -> Result<Option<StoredFile>, StoreError> {
        files::by_path(&self.readers, path, name).await.while_it_should("find a file")
    }

    async fn tasks(&self, wanted: &TaskQuery) -> Result<Page<Task>, StoreError> {
        reports::tasks(&self.readers, wanted).await.while_it_should("list tasks")
    }

    async fn task_counts(&self, account: AccountId, since: Timestamp) -> Result<Vec<TaskCount>, StoreError> {
        reports::task_counts(&self.readers, account, since).await.while_it_should("count tasks")
    }

    async fn tool_stats(&self) -> Result<Vec<ToolStat>, StoreError> {
        reports::tool_stats(&self.readers).await.while_it_should("read the statistics of tools")
    }

    async fn ledger_page(&self, account: AccountId, slice: &Slice) -> Result<Page<LedgerEntry>, StoreError> {
        reports::ledger(&self.readers, account, slice).await.while_it_should("list the ledger")
    }

    async fn webhook_secret(&self, project: ProjectId) -> Result<WebhookSecret, StoreError> {
        let doing = "find a webhook secret";
        if let Some(kept) = webhooks::sealed_secret(&self.readers, project).await.while_it_should(doing)? {
            return webhooks::open(&self.master, project, &kept).while_it_should(doing);
        }
        let fresh = webhooks::seal(&self.master, project, &WebhookSecret::random());
        let fresh = fresh.map_err(|error| StoreError::Database { doing, source: error.into() })?;
        let kept = self
            .writer
            .apply(Survives::PowerLoss, "keep a webhook secret", move |db| {
                webhooks::keep_secret(db, project, fresh).boxed()
            })
            .await?;
        webhooks::open(&self.master, project, &kept).while_it_should(doing)
    }

    async fn claim_delivery(
        &self,
        lease: Duration,
        busy_hosts: &[String],
        now: Timestamp,
    ) -> Result<NextDelivery, StoreError> {
        let busy_hosts = busy_hosts.to_owned();
        self.writer
            .apply(Survives::Kill, "claim a delivery", move |db| {
                webhooks::claim(db, lease, busy_hosts, now).boxed()
            })
            .await
    }

    async fn record_delivery(
        &self,
        claim: &DeliveryClaim,
        attempt: DeliveryAttempt,
        then: DeliveryState,
    ) -> Result<(), StoreError> {
        let claim = claim.clone();
        self.writer
            .apply(Survives::Kill, "record a delivery", move |db| {
                webhooks::record(db, claim, attempt, then).boxed()
            })
            .await
    }

    async fn deliveries(&self, task: TaskId) -> Result<Vec<Delivery>, StoreError> {
        webhooks::of_task(&self.readers, task).await.while_it_should("list deliveries")
    }

    async fn replay_delivery(&self, id: &DeliveryId, now: Timestamp) -> Result<(), StoreError> {
        let id = id.clone();
        self.writer
            .apply(Survives::PowerLoss, "replay a delivery", move |db| webhooks::replay(db, id, now).boxed())
            .await
    }
}
