//! What concerns the whole installation.

use async_trait::async_trait;
use atelier_domain::{AccountId, Timestamp};
use futures_util::FutureExt as _;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use super::query::Query;
use super::writer::Survives;
use super::{SqliteStore, While as _, audit, reports, rows};
use crate::{Act, FailedTask, Operations, Page, Slice, StorageUse, StoreError, WorkerCard, WorkerState};

#[async_trait]
impl Operations for SqliteStore {
    async fn heartbeat(&self, worker: &WorkerCard, now: Timestamp) -> Result<(), StoreError> {
        let worker = worker.clone();
        self.writer
            .apply(Survives::Kill, "note a heartbeat", move |db| heartbeat(db, worker, now).boxed())
            .await
    }

    async fn worker_left(&self, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.writer.apply(Survives::Kill, "forget a worker", move |db| left(db, name).boxed()).await
    }

    async fn workers(&self) -> Result<Vec<WorkerState>, StoreError> {
        workers(&self.readers).await.while_it_should("list workers")
    }

    async fn oldest_waiting(&self) -> Result<Option<Timestamp>, StoreError> {
        oldest_waiting(&self.readers).await.while_it_should("look at the queue")
    }

    async fn failed_tasks(&self, slice: &Slice) -> Result<Page<FailedTask>, StoreError> {
        failed(&self.readers, slice).await.while_it_should("list failed tasks")
    }

    async fn storage_use(&self) -> Result<StorageUse, StoreError> {
        storage_use(&self.readers).await.while_it_should("measure what is stored")
    }

    async fn note(
        &self,
        account: AccountId,
        action: &str,
        subject: &str,
        act: &Act,
    ) -> Result<(), StoreError> {
        let (action, subject, act) = (action.to_owned(), subject.to_owned(), *act);
        self.writer
            .apply(Survives::PowerLoss, "write the audit log", move |db| {
                async move { audit::record(db, account, &action, &subject, &act).await }.boxed()
            })
            .await
    }
}

async fn heartbeat(db: &mut SqliteConnection, worker: WorkerCard, now: Timestamp) -> Query<()> {
    let kept = i64::try_from(WorkerState::KEPT.as_millis()).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM worker WHERE seen < ?")
        .bind(now.0.saturating_sub(kept))
        .execute(&mut *db)
        .await?;
    let sql = "INSERT INTO worker (name, host, process, version, runners, started, seen)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (name) DO UPDATE SET seen = excluded.seen";
    sqlx::query(sql)
        .bind(worker.name)
        .bind(worker.host)
        .bind(worker.process)
        .bind(worker.version)
        .bind(worker.runners)
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

async fn left(db: &mut SqliteConnection, name: String) -> Query<()> {
    sqlx::query("DELETE FROM worker WHERE name = ?").bind(name).execute(db).await?;
    Ok(())
}

async fn workers(db: &SqlitePool) -> Query<Vec<WorkerState>> {
    let sql = "SELECT worker.*, (SELECT count(*) FROM lease WHERE lease.worker = worker.name) AS tasks
               FROM worker ORDER BY started, name";
    let found = sqlx::query(sql).fetch_all(db).await?;
    Ok(found.iter().map(rows::worker).collect::<Result<_, _>>()?)
}

async fn oldest_waiting(db: &SqlitePool) -> Query<Option<Timestamp>> {
    // In the order of the queue's index. A task that was handed back keeps its number.
    let sql = "SELECT created FROM task WHERE state = 'queued' ORDER BY id LIMIT 1";
    let found = sqlx::query(sql).fetch_optional(db).await?;
    Ok(found.map(|row| row.try_get("created")).transpose()?.map(Timestamp))
}

async fn failed(db: &SqlitePool, slice: &Slice) -> Query<Page<FailedTask>> {
    let sql = "SELECT count(*) AS total FROM task INDEXED BY task_failed WHERE state = 'failed'";
    let total = reports::total(&sqlx::query(sql).fetch_one(db).await?)?;
    // Two texts, so that both walk the index.
    let sql = if slice.oldest_first {
        "SELECT task.*, account.email FROM task INDEXED BY task_failed JOIN account ON account.id = task.account
         WHERE task.state = 'failed' ORDER BY task.id LIMIT ? OFFSET ?"
    } else {
        "SELECT task.*, account.email FROM task INDEXED BY task_failed JOIN account ON account.id = task.account
         WHERE task.state = 'failed' ORDER BY task.id DESC LIMIT ? OFFSET ?"
    };
    let found = sqlx::query(sql).bind(slice.limit).bind(reports::offset(slice)).fetch_all(db).await?;
    let one = |row: &SqliteRow| {
        Ok(FailedTask { task: rows::task_without_values(row)?, account: row.try_get("email")? })
    };
    Ok(Page { entries: found.iter().map(one).collect::<Query<_>>()?, total })
}

async fn storage_use(db: &SqlitePool) -> Query<StorageUse> {
    let sql = "SELECT files, bytes, pages.page_count * sizes.page_size AS database
               FROM storage_use, pragma_page_count AS pages, pragma_page_size AS sizes";
    let found = sqlx::query(sql).fetch_one(db).await?;
    Ok(rows::storage_use(&found)?)
}
