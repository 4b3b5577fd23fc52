//! The outbox of webhooks, and the secrets that sign them.
//!
//! What is owed is written by the end of the task itself ([`owe`]). A claim moves the due time behind the longest
//! attempt and counts; only the attempt with the latest number decides what follows, so that a deliverer that
//! was lost and comes back changes nothing but the log.

use std::time::Duration;

use atelier_domain::{DeliveryId, ProjectId, Task, TaskId, TaskState, Timestamp, WebhookSecret};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use url::Url;

use super::query::Query;
use super::rows;
use crate::{
    Delivery, DeliveryAttempt, DeliveryClaim, DeliveryState, MasterKey, NextDelivery, StoreError, VaultError,
};

/// Records that the caller of a task is to be told of its end, if it is.
pub(super) async fn owe(db: &mut SqliteConnection, task: &Task, end: TaskState, now: Timestamp) -> Query<()> {
    if !task.owes_webhook(end) {
        return Ok(());
    }
    sqlx::query("INSERT INTO delivery (id, task, host, due, created) VALUES (?1, ?2, ?3, ?4, ?4)")
        .bind(DeliveryId::random().as_str())
        .bind(task.id.0)
        .bind(host(&task.callback_url))
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

/// The host as its spelling means it. An address without one shares an empty host; calling it fails by itself.
fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

pub(super) async fn claim(
    db: &mut SqliteConnection,
    lease: Duration,
    busy_hosts: Vec<String>,
    now: Timestamp,
) -> Query<NextDelivery> {
    let sql = "SELECT id, due FROM delivery
               WHERE due IS NOT NULL AND host NOT IN (SELECT value FROM json_each(?)) ORDER BY due LIMIT 1";
    let busy_hosts = rows::json("delivery", &busy_hosts)?;
    let Some(next) = sqlx::query(sql).bind(busy_hosts).fetch_optional(&mut *db).await? else {
        return Ok(NextDelivery::Nothing);
    };
    let due = Timestamp(next.try_get("due")?);
    if due > now {
        return Ok(NextDelivery::NotBefore(due));
    }
    let sql = "UPDATE delivery SET due = ?2, attempts = attempts + 1, tries = tries + 1 WHERE id = ?1
               RETURNING id, task, host, attempts, tries";
    let claimed =
        sqlx::query(sql).bind(next.try_get::<&str, _>("id")?).bind(now.after(lease).0).fetch_one(db).await?;
    Ok(NextDelivery::Now(rows::delivery_claim(&claimed)?))
}

pub(super) async fn record(
    db: &mut SqliteConnection,
    claim: DeliveryClaim,
    attempt: DeliveryAttempt,
    then: DeliveryState,
) -> Query<()> {
    let sql = "INSERT INTO delivery_attempt (delivery, number, at, duration, status, failure)
               VALUES (?, ?, ?, ?, ?, ?)";
    sqlx::query(sql)
        .bind(claim.id.as_str())
        .bind(claim.number)
        .bind(attempt.at.0)
        .bind(i64::try_from(attempt.duration.as_millis()).unwrap_or(i64::MAX))
        .bind(attempt.answer.ok())
        .bind(attempt.answer.err().map(rows::delivery_failure_word))
        .execute(&mut *db)
        .await?;
    let due = if let DeliveryState::Pending { due } = then { Some(due.0) } else { None };
    sqlx::query("UPDATE delivery SET state = ?3, due = ?4 WHERE id = ?1 AND attempts = ?2")
        .bind(claim.id.as_str())
        .bind(claim.number)
        .bind(rows::delivery_state_word(then))
        .bind(due)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn replay(db: &mut SqliteConnection, id: DeliveryId, now: Timestamp) -> Query<()> {
    // An attempt that is under way has the last number no more, and cannot undo this.
    let sql = "UPDATE delivery SET state = 'pending', due = ?2, tries = 0, attempts = attempts + 1
               WHERE id = ?1";
    let replayed = sqlx::query(sql).bind(id.as_str()).bind(now.0).execute(db).await?;
    if replayed.rows_affected() == 0 { Err(StoreError::NotFound("delivery").into()) } else { Ok(()) }
}

pub(super) async fn of_task(db: &SqlitePool, task: TaskId) -> Query<Vec<Delivery>> {
    let sql = "SELECT delivery.*, callback_url FROM delivery JOIN task ON task.id = delivery.task
               WHERE task = ? ORDER BY delivery.created";
    let found = sqlx::query(sql).bind(task.0).fetch_all(db).await?;
    let mut deliveries = found.iter().map(rows::delivery).collect::<Result<Vec<_>, _>>()?;
    for delivery in &mut deliveries {
        let sql = "SELECT * FROM delivery_attempt WHERE delivery = ? ORDER BY number";
        let attempts = sqlx::query(sql).bind(delivery.id.as_str()).fetch_all(db).await?;
        delivery.attempts = attempts.iter().map(rows::delivery_attempt).collect::<Result<_, _>>()?;
    }
    Ok(deliveries)
}

/// The secret of a project as it lies in the database; `None` if it has none yet.
pub(super) async fn sealed_secret(db: &SqlitePool, project: ProjectId) -> Query<Option<Vec<u8>>> {
    let found = sqlx::query("SELECT webhook_secret FROM project WHERE id = ?")
        .bind(project.0)
        .fetch_optional(db)
        .await?;
    Ok(found.ok_or(StoreError::NotFound("project"))?.try_get("webhook_secret")?)
}

/// Gives a project this secret unless it has one, and returns the one it has.
pub(super) async fn keep_secret(
    db: &mut SqliteConnection,
    project: ProjectId,
    sealed: Vec<u8>,
) -> Query<Vec<u8>> {
    let sql = "UPDATE project SET webhook_secret = coalesce(webhook_secret, ?2) WHERE id = ?1
               RETURNING webhook_secret";
    let kept = sqlx::query(sql).bind(project.0).bind(sealed).fetch_optional(db).await?;
    Ok(kept.ok_or(StoreError::NotFound("project"))?.try_get("webhook_secret")?)
}

/// What a secret is bound to: one that is copied to another project, or into another column, does not open.
fn context(project: ProjectId) -> Vec<u8> {
    format!("webhook secret of project {project}").into_bytes()
}

pub(super) fn seal(
    master: &MasterKey,
    project: ProjectId,
    secret: &WebhookSecret,
) -> Result<Vec<u8>, VaultError> {
    master.seal(secret.expose().as_bytes(), &context(project))
}

pub(super) fn open(master: &MasterKey, project: ProjectId, sealed: &[u8]) -> Query<WebhookSecret> {
    let unreadable = |reason: String| StoreError::Corrupt { what: "webhook secret", reason };
    let secret = master.open(sealed, &context(project)).map_err(|error| unreadable(error.to_string()))?;
    let secret = String::from_utf8(secret).map_err(|error| unreadable(error.to_string()))?;
    Ok(WebhookSecret::from_issued(secret))
}
