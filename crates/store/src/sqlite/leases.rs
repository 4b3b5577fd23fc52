//! The queue as workers see it: claim, hold, advance, finish; and the reaper of lost workers.
//!
//! Every write of a worker looks for its lease first, in the same transaction. Only the reaper and the end of
//! a task take a lease away: a worker that comes late but before the reaper still has it, so a clock that
//! jumps ahead costs nothing as long as workers renew before anybody reaps.

use std::time::Duration;

use atelier_domain::{Failure, IllegalTransition, Progress, Task, TaskId, TaskState, Timestamp, Transition};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor};

use super::files;
use super::query::{Query, QueryError};
use super::tasks::{self, Entry};
use crate::{Claim, Lease, Outcome, Reaped, StoreError};

pub(super) async fn claim(
    db: &mut SqliteConnection,
    worker: String,
    lease: Duration,
    now: Timestamp,
) -> Query<Option<Claim>> {
    let sql = "SELECT id FROM task INDEXED BY task_queue WHERE state = 'queued' ORDER BY id LIMIT 1";
    loop {
        let Some(oldest) = sqlx::query(sql).fetch_optional(&mut *db).await? else { return Ok(None) };
        let task = TaskId(oldest.try_get("id")?);
        let state = TaskState::Queued.apply(Transition::Accept)?;
        let lease = give(db, task, &worker, now.after(lease)).await?;
        tasks::enter(db, task, &Entry::new(state, now)).await?;
        match tasks::load(db, task).await {
            // It would stop the queue for ever: nobody can do anything with it.
            Err(QueryError::Refused(StoreError::Corrupt { .. })) => fail_unreadable(db, task, now).await?,
            loaded => return Ok(Some(Claim { lease, task: loaded? })),
        }
    }
}

/// Fails a task whose parameters do not parse; one that is damaged elsewhere is an error.
async fn fail_unreadable(db: &mut SqliteConnection, task: TaskId, now: Timestamp) -> Query<()> {
    let task = tasks::load_without_values(db, task).await?;
    let state = task.state.apply(Transition::Fail)?;
    let (error, failure) = ("the stored parameters cannot be read", Some(Failure::Parameters));
    tasks::end(db, &task, &Entry { error, failure, ..Entry::new(state, now) }).await
}

async fn give(db: &mut SqliteConnection, task: TaskId, worker: &str, until: Timestamp) -> Query<Lease> {
    let made = sqlx::query("INSERT INTO lease (task, worker, held_until) VALUES (?, ?, ?) RETURNING fence")
        .bind(task.0)
        .bind(worker)
        .bind(until.0)
        .fetch_one(db)
        .await?;
    Ok(Lease { task, fence: made.try_get("fence")? })
}

/// Those of `leases` that are lost. Looks only.
pub(super) async fn lost(db: impl SqliteExecutor<'_>, leases: &[Lease]) -> Query<Vec<TaskId>> {
    let sql = "SELECT task, fence FROM lease WHERE fence IN (SELECT value FROM json_each(?))";
    missing(leases, &sqlx::query(sql).bind(fences(leases)).fetch_all(db).await?)
}

/// Extends those of `leases` that are held; the others are lost.
pub(super) async fn extend(
    db: &mut SqliteConnection,
    leases: &[Lease],
    until: Timestamp,
) -> Query<Vec<TaskId>> {
    let sql = "UPDATE lease SET held_until = ?1 WHERE fence IN (SELECT value FROM json_each(?2))
               RETURNING task, fence";
    missing(leases, &sqlx::query(sql).bind(until.0).bind(fences(leases)).fetch_all(db).await?)
}

fn fences(leases: &[Lease]) -> String {
    leases.iter().map(|lease| lease.fence).collect::<serde_json::Value>().to_string()
}

fn missing(leases: &[Lease], held: &[sqlx::sqlite::SqliteRow]) -> Query<Vec<TaskId>> {
    let held = held
        .iter()
        .map(|row| Ok(Lease { task: TaskId(row.try_get("task")?), fence: row.try_get("fence")? }))
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(leases.iter().filter(|lease| !held.contains(lease)).map(|lease| lease.task).collect())
}

/// The task that a lease holds, or the refusal that every write of a lost worker gets.
async fn held(db: &mut SqliteConnection, lease: &Lease) -> Query<Task> {
    let found = sqlx::query("SELECT 1 FROM lease WHERE fence = ? AND task = ?")
        .bind(lease.fence)
        .bind(lease.task.0)
        .fetch_optional(&mut *db)
        .await?;
    found.ok_or(StoreError::LeaseLost(lease.task))?;
    tasks::load(db, lease.task).await
}

pub(super) async fn advance(
    db: &mut SqliteConnection,
    lease: Lease,
    step: Transition,
    now: Timestamp,
) -> Query<()> {
    let task = held(db, &lease).await?;
    let state = task.state.apply(step)?;
    if state.is_terminal() {
        // An end has outputs or a reason, and a settlement: `finish` and `stop` write them.
        return Err(IllegalTransition { state: task.state, transition: step }.into());
    }
    if state == TaskState::Queued {
        take_back(db, task.id).await?;
    }
    tasks::enter(db, task.id, &Entry::new(state, now)).await
}

async fn take_back(db: &mut SqliteConnection, task: TaskId) -> Query<()> {
    sqlx::query("DELETE FROM lease WHERE task = ?").bind(task.0).execute(db).await?;
    Ok(())
}

pub(super) async fn progress(
    db: &mut SqliteConnection,
    lease: Lease,
    progress: Progress,
    now: Timestamp,
) -> Query<()> {
    let task = held(db, &lease).await?;
    // A report that was under way while the run ended is old news.
    if task.state == TaskState::Running {
        tasks::record_progress(db, task.id, &progress, now).await?;
    }
    Ok(())
}

pub(super) async fn finish(
    db: &mut SqliteConnection,
    lease: Lease,
    outcome: Outcome,
    now: Timestamp,
) -> Query<()> {
    let task = held(db, &lease).await?;
    match &outcome {
        Outcome::Succeeded { outputs, cost, runner, log, findings } => {
            let illegal = IllegalTransition { state: task.state, transition: Transition::Succeed };
            let state = task.state.apply(Transition::Succeed)?;
            if outputs.is_empty() {
                return Err(illegal.into());
            }
            files::add_outputs(db, &task, outputs).await?;
            let cost = (*cost).clamp(atelier_domain::Money::ZERO, task.price);
            let entry = Entry { cost, log, findings, runner: Some(runner), ..Entry::new(state, now) };
            tasks::end(db, &task, &entry).await
        }
        Outcome::Failed { error, failure, runner, log } => {
            let state = task.state.apply(Transition::Fail)?;
            let (failure, runner) = (Some(*failure), runner.as_deref());
            let entry = Entry { log, error, failure, runner, ..Entry::new(state, now) };
            tasks::end(db, &task, &entry).await
        }
    }
}

pub(super) async fn reap(db: &mut SqliteConnection, max_attempts: u32, now: Timestamp) -> Query<Reaped> {
    let mut reaped = Reaped::default();
    for task in expired(db, now).await? {
        let task = tasks::load_without_values(db, task).await?;
        if task.attempt < max_attempts {
            let state = task.state.apply(Transition::Requeue)?;
            take_back(db, task.id).await?;
            tasks::enter(db, task.id, &Entry::new(state, now)).await?;
            reaped.requeued.push(task.id);
        } else {
            let state = task.state.apply(Transition::Fail)?;
            let error = format!("the worker was lost {} times", task.attempt);
            let failure = Some(Failure::WorkersLost);
            tasks::end(db, &task, &Entry { error: &error, failure, ..Entry::new(state, now) }).await?;
            reaped.failed.push(task.id);
        }
    }
    Ok(reaped)
}

async fn expired(db: &mut SqliteConnection, now: Timestamp) -> Query<Vec<TaskId>> {
    let found = sqlx::query("SELECT task FROM lease WHERE held_until <= ? ORDER BY task")
        .bind(now.0)
        .fetch_all(db)
        .await?;
    Ok(found.iter().map(|row| row.try_get("task").map(TaskId)).collect::<Result<_, _>>()?)
}
