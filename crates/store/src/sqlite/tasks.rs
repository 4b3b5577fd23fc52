//! Tasks as their owners see them: submit, look, stop, follow.

use atelier_domain::catalogue::Price;
use atelier_domain::{
    Event, Failure, Finding, Money, Progress, Task, TaskId, TaskState, Timestamp, Transition,
};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor, SqlitePool};
use uuid::Uuid;

use super::query::{Query, QueryError};
use super::{accounts, billing, files, idempotency, rows, webhooks};
use crate::{LedgerKind, NewTask, QueueDepth, StoreError, TaskRef};

pub(super) async fn submit(db: &mut SqliteConnection, new: NewTask, now: Timestamp) -> Query<Task> {
    if let Some(asked) = &new.idempotency
        && let Some(earlier) = idempotency::earlier(db, asked, now).await?
    {
        let task = load(db, earlier).await?;
        return with_outputs(&mut *db, task).await;
    }
    let tariff = billing::admit(db, new.account, new.billing.as_ref()).await?;
    let task = insert(db, &new, tariff, now).await?;
    record_state(db, task.id, task.state, now).await?;
    accounts::record(db, new.account, LedgerKind::Reserve, Some(task.id), -task.price, "", now).await?;
    files::add_uploads(db, task.id, &new.uploads).await?;
    files::link_uploads(db, &task).await?;
    if let Some(asked) = &new.idempotency {
        idempotency::record(db, asked, task.id, now).await?;
    }
    Ok(task)
}

async fn insert(
    db: &mut SqliteConnection,
    new: &NewTask,
    tariff: Option<&Price>,
    now: Timestamp,
) -> Query<Task> {
    let sql = "INSERT INTO task (uuid, token, account, project, tool, shown_parameters, checked_values,
                                 callback_url, bearer_key, external_id, dialect, tariff, price, created)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let row = sqlx::query(sql)
        .bind(Uuid::new_v4().to_string())
        .bind(new.token.as_str())
        .bind(new.account.to_string())
        .bind(new.project.0)
        .bind(new.tool.to_string())
        .bind(rows::json("task", &new.shown_parameters)?)
        .bind(rows::json("task", &new.values)?)
        .bind(&new.callback_url)
        .bind(new.bearer_key.map(|key| key.0))
        .bind(&new.external_id)
        .bind(&new.dialect)
        .bind(tariff.map(|price| rows::json("task", price)).transpose()?)
        .bind(tariff.map_or(0, |price| price.reserve().0))
        .bind(now.0)
        .fetch_one(db)
        .await
        .map_err(|error| QueryError::constraint(error, "task", "project"))?;
    Ok(rows::task(&row)?)
}

pub(super) async fn find(db: &SqlitePool, task: &TaskRef) -> Query<Option<Task>> {
    let query = match task {
        TaskRef::Id(id) => sqlx::query("SELECT * FROM task WHERE id = ?").bind(id.0),
        TaskRef::Token(token) => sqlx::query("SELECT * FROM task WHERE token = ?").bind(token.as_str()),
        TaskRef::Uuid(uuid) => sqlx::query("SELECT * FROM task WHERE uuid = ?").bind(uuid.to_string()),
    };
    let Some(row) = query.fetch_optional(db).await? else { return Ok(None) };
    with_outputs(db, rows::task(&row)?).await.map(Some)
}

/// Outputs come with success, in one transaction, and never change: this second query needs no snapshot.
async fn with_outputs(db: impl SqliteExecutor<'_>, mut task: Task) -> Query<Task> {
    if task.state == TaskState::Succeeded {
        task.outputs = files::outputs(db, task.id).await?;
    }
    Ok(task)
}

/// A task inside a change, without outputs.
pub(super) async fn load(db: &mut SqliteConnection, task: TaskId) -> Query<Task> {
    let row = sqlx::query("SELECT * FROM task WHERE id = ?").bind(task.0).fetch_optional(db).await?;
    Ok(rows::task(&row.ok_or(StoreError::NotFound("task"))?)?)
}

/// A task inside a change, without outputs and whatever its stored parameters are.
pub(super) async fn load_without_values(db: &mut SqliteConnection, task: TaskId) -> Query<Task> {
    let row = sqlx::query("SELECT * FROM task WHERE id = ?").bind(task.0).fetch_optional(db).await?;
    Ok(rows::task_without_values(&row.ok_or(StoreError::NotFound("task"))?)?)
}

/// A task whose end is known.
pub(super) async fn load_ended(db: &mut SqliteConnection, task: TaskId) -> Query<Task> {
    let found = load(db, task).await?;
    if found.state.is_terminal() { Ok(found) } else { Err(StoreError::Unfinished(task).into()) }
}

pub(super) async fn stop(
    db: &mut SqliteConnection,
    task: TaskId,
    how: Transition,
    now: Timestamp,
) -> Query<Task> {
    let found = load(db, task).await?;
    if found.state == TaskState::Cancelled {
        return Ok(found);
    }
    let state = found.state.apply(how)?;
    if state != TaskState::Cancelled {
        return Err(atelier_domain::IllegalTransition { state: found.state, transition: how }.into());
    }
    end(db, &found, &Entry::new(state, now)).await?;
    load(db, task).await
}

/// A state to be entered, with what becomes known on entering it.
pub(super) struct Entry<'a> {
    pub(super) state: TaskState,
    pub(super) at: Timestamp,
    pub(super) cost: Money,
    pub(super) log: &'a str,
    pub(super) error: &'a str,
    pub(super) failure: Option<Failure>,
    pub(super) findings: &'a [Finding],
    pub(super) runner: Option<&'a str>,
}

impl Entry<'_> {
    /// Nothing becomes known.
    pub(super) fn new(state: TaskState, at: Timestamp) -> Self {
        Self { state, at, cost: Money::ZERO, log: "", error: "", failure: None, findings: &[], runner: None }
    }
}

/// Ends a task: takes the lease back, writes the terminal state, settles and owes its caller the webhook.
pub(super) async fn end(db: &mut SqliteConnection, task: &Task, entry: &Entry<'_>) -> Query<()> {
    sqlx::query("DELETE FROM lease WHERE task = ?").bind(task.id.0).execute(&mut *db).await?;
    enter(db, task.id, entry).await?;
    accounts::record(db, task.account, LedgerKind::Release, Some(task.id), task.price, "", entry.at).await?;
    if entry.state == TaskState::Succeeded {
        accounts::record(db, task.account, LedgerKind::Charge, Some(task.id), -entry.cost, "", entry.at)
            .await?;
    }
    webhooks::owe(db, task, entry.state, entry.at).await
}

/// Writes a state, the moment it was entered, and the event. Which state may follow is decided before.
/// Back in the queue, a task has been nowhere yet: the moments of the lost attempt are cleared.
pub(super) async fn enter(db: &mut SqliteConnection, task: TaskId, entry: &Entry<'_>) -> Query<()> {
    let sql = "UPDATE task SET state = ?2, cost = ?4, log = ?5, error = ?6, runner = ?7,
        failure = ?8, findings = ?9,
        accepted = CASE ?2 WHEN 'queued' THEN NULL WHEN 'accepted' THEN ?3 ELSE accepted END,
        preprocessing = CASE ?2 WHEN 'queued' THEN NULL WHEN 'preprocessing' THEN ?3 ELSE preprocessing END,
        preprocessed = CASE ?2 WHEN 'queued' THEN NULL WHEN 'preprocessed' THEN ?3 ELSE preprocessed END,
        assigned = CASE ?2 WHEN 'queued' THEN NULL WHEN 'assigned' THEN ?3 ELSE assigned END,
        running = CASE ?2 WHEN 'queued' THEN NULL WHEN 'running' THEN ?3 ELSE running END,
        ended = CASE ?2 WHEN 'queued' THEN NULL WHEN 'ended' THEN ?3 ELSE ended END,
        postprocessing = CASE ?2 WHEN 'queued' THEN NULL WHEN 'postprocessing' THEN ?3 ELSE postprocessing END,
        finished = iif(?2 IN ('succeeded', 'failed'), ?3, NULL),
        cancelled = iif(?2 = 'cancelled', ?3, NULL),
        attempt = attempt + iif(?2 = 'accepted', 1, 0)
        WHERE id = ?1";
    sqlx::query(sql)
        .bind(task.0)
        .bind(rows::state_word(entry.state)?)
        .bind(entry.at.0)
        .bind(entry.cost.0)
        .bind(entry.log)
        .bind(entry.error)
        .bind(entry.runner)
        .bind(entry.failure.map(|failure| rows::json("failure", &failure)).transpose()?)
        .bind(rows::json("findings", &entry.findings)?)
        .execute(&mut *db)
        .await?;
    record_state(db, task, entry.state, entry.at).await
}

async fn record_state(db: &mut SqliteConnection, task: TaskId, state: TaskState, at: Timestamp) -> Query<()> {
    let sql = "INSERT INTO event (task, sequence, at, state)
               SELECT ?1, coalesce(max(sequence), 0) + 1, ?2, ?3 FROM event WHERE task = ?1";
    sqlx::query(sql).bind(task.0).bind(at.0).bind(rows::state_word(state)?).execute(db).await?;
    Ok(())
}

/// Records progress in place of the last report, under a new number: whoever follows sees the latest, and a
/// chatty run does not fill the disk.
pub(super) async fn record_progress(
    db: &mut SqliteConnection,
    task: TaskId,
    progress: &Progress,
    at: Timestamp,
) -> Query<()> {
    let sql = "INSERT INTO event (task, sequence, at, progress)
               SELECT ?1, coalesce(max(sequence), 0) + 1, ?2, ?3 FROM event WHERE task = ?1
               ON CONFLICT (task) WHERE progress IS NOT NULL
               DO UPDATE SET sequence = excluded.sequence, at = excluded.at, progress = excluded.progress";
    sqlx::query(sql).bind(task.0).bind(at.0).bind(rows::json("progress", progress)?).execute(db).await?;
    Ok(())
}

pub(super) async fn events(db: &SqlitePool, task: TaskId, after: u32) -> Query<Vec<Event>> {
    let sql = "SELECT task, sequence, at, state, progress FROM event WHERE task = ? AND sequence > ? ORDER BY sequence";
    let found = sqlx::query(sql).bind(task.0).bind(after).fetch_all(db).await?;
    Ok(found.iter().map(rows::event).collect::<Result<_, _>>()?)
}

/// What came after the given event number of each task.
pub(super) async fn news(db: &SqlitePool, after: &[(TaskId, u32)]) -> Query<Vec<Event>> {
    // CROSS JOIN keeps the order of the tables: one look into the key of `event` for each task that is asked for.
    let sql = "SELECT event.task, sequence, at, state, progress
               FROM json_each(?) AS known CROSS JOIN event
               ON event.task = json_extract(known.value, '$[0]')
                  AND event.sequence > json_extract(known.value, '$[1]')
               ORDER BY event.task, sequence";
    let found = sqlx::query(sql).bind(rows::json("event", &after)?).fetch_all(db).await?;
    Ok(found.iter().map(rows::event).collect::<Result<_, _>>()?)
}

pub(super) async fn queue_depth(db: &SqlitePool) -> Query<QueueDepth> {
    let sql = "SELECT (SELECT count(*) FROM task WHERE state = 'queued') AS waiting,
                      (SELECT count(*) FROM lease) AS running";
    let row = sqlx::query(sql).fetch_one(db).await?;
    let count = |column: &str| row.try_get::<i64, _>(column).map(|count| count as u64);
    Ok(QueueDepth { waiting: count("waiting")?, running: count("running")? })
}

/// How many wait before a task, counted in the index of those that wait.
pub(super) async fn place_in_queue(db: &SqlitePool, task: TaskId) -> Query<Option<u64>> {
    let sql = "SELECT (SELECT count(*) FROM task AS earlier INDEXED BY task_queue
                       WHERE earlier.state = 'queued' AND earlier.id < task.id) AS before
               FROM task WHERE id = ? AND state = 'queued'";
    let found = sqlx::query(sql).bind(task.0).fetch_optional(db).await?;
    Ok(found.map(|row| row.try_get::<i64, _>("before").map(|count| count as u64)).transpose()?)
}
