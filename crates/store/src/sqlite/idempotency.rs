//! Requests that were answered with a task, so that a repeated one gets the same answer.
//!
//! All of this happens inside the change that accepts the task: of any number of equal requests the first makes
//! the task, and a process that dies leaves both behind or neither.

use atelier_domain::{TaskId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::query::Query;
use crate::{Idempotency, StoreError};

/// How many expired keys a new one sweeps away: more than come, so that they do not pile up, and few enough not
/// to be felt.
const SWEEP: u32 = 100;

/// The task that an equal request was answered with.
pub(super) async fn earlier(
    db: &mut SqliteConnection,
    asked: &Idempotency,
    now: Timestamp,
) -> Query<Option<TaskId>> {
    let found = sqlx::query("SELECT request, task FROM idempotency WHERE project = ? AND key = ? AND at > ?")
        .bind(asked.caller.0)
        .bind(asked.key.as_str())
        .bind(oldest(now))
        .fetch_optional(db)
        .await?;
    let Some(found) = found else { return Ok(None) };
    if found.try_get::<&str, _>("request")? != asked.request {
        return Err(StoreError::KeyReused.into());
    }
    Ok(Some(TaskId(found.try_get("task")?)))
}

/// Keeps the answer to a request.
pub(super) async fn record(
    db: &mut SqliteConnection,
    asked: &Idempotency,
    task: TaskId,
    now: Timestamp,
) -> Query<()> {
    let sweep = "DELETE FROM idempotency WHERE (project, key) IN
                 (SELECT project, key FROM idempotency WHERE at <= ? ORDER BY at LIMIT ?)";
    sqlx::query(sweep).bind(oldest(now)).bind(SWEEP).execute(&mut *db).await?;
    sqlx::query(
        "INSERT OR REPLACE INTO idempotency (project, key, request, task, at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(asked.caller.0)
    .bind(asked.key.as_str())
    .bind(&asked.request)
    .bind(task.0)
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}

fn oldest(now: Timestamp) -> i64 {
    now.0.saturating_sub(Idempotency::KEPT.as_millis() as i64)
}
