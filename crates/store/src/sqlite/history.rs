//! [`History`]: parts of lists found by their neighbours, and counts that triggers keep.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use atelier_domain::{AccountId, Task, TaskId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::SqlitePool;

use super::query::Query;
use super::{SqliteStore, While as _, reports, rows};
use crate::{DaySpans, History, LedgerEntry, Part, Place, Spread, StoreError, TaskFilter, Usage};

#[async_trait]
impl History for SqliteStore {
    async fn task_history(
        &self,
        filter: &TaskFilter,
        place: Place,
        limit: u32,
    ) -> Result<Part<Task>, StoreError> {
        tasks(&self.readers, filter, place, limit).await.while_it_should("list tasks")
    }

    async fn ledger_history(
        &self,
        account: AccountId,
        grants_only: bool,
        place: Place,
        limit: u32,
    ) -> Result<Part<LedgerEntry>, StoreError> {
        ledger(&self.readers, account, grants_only, place, limit).await.while_it_should("list the ledger")
    }

    async fn ledger_of_task(&self, task: TaskId) -> Result<Vec<LedgerEntry>, StoreError> {
        ledger_of_task(&self.readers, task).await.while_it_should("list the ledger of a task")
    }

    async fn usage(&self, account: AccountId, since: Timestamp) -> Result<Vec<Usage>, StoreError> {
        usage(&self.readers, account, since).await.while_it_should("read the use of an account")
    }

    async fn spans(&self, account: AccountId, since: Timestamp) -> Result<Vec<DaySpans>, StoreError> {
        spans(&self.readers, account, since).await.while_it_should("read how long tasks took")
    }
}

/// Puts what was found beside a place into order. One more than `limit` was looked for, which tells whether the list
/// goes on.
fn part<T>(mut found: Vec<T>, place: Place, limit: u32) -> Part<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = found.len() > limit;
    found.truncate(limit);
    let rising = matches!(place, Place::After(_));
    if rising {
        found.reverse();
    }
    Part {
        entries: found,
        newer: if rising { goes_on } else { place != Place::Newest },
        older: rising || goes_on,
    }
}

async fn tasks(db: &SqlitePool, filter: &TaskFilter, place: Place, limit: u32) -> Query<Part<Task>> {
    let ids = part(task_ids(db, filter, place, limit).await?, place, limit);
    let sql =
        "SELECT * FROM task WHERE id IN (SELECT value FROM json_each(?)) ORDER BY created DESC, id DESC";
    let found = sqlx::query(sql).bind(rows::json("task", &ids.entries)?).fetch_all(db).await?;
    let mut entries = found.iter().map(rows::task_without_values).collect::<Result<Vec<_>, _>>()?;
    reports::add_outputs(db, &mut entries).await?;
    Ok(Part { entries, newer: ids.newer, older: ids.older })
}

/// The numbers of the tasks beside a place, from the index alone.
async fn task_ids(db: &SqlitePool, filter: &TaskFilter, place: Place, limit: u32) -> Query<Vec<TaskId>> {
    let (sql, neighbour) = match place {
        Place::Newest | Place::Before(_) => (
            "SELECT id FROM task INDEXED BY task_history
             WHERE account = ?1 AND created BETWEEN ?2 AND ?3 AND (?4 = '' OR tool = ?4) AND (?5 = 0 OR project = ?5)
               AND (?6 = '[]' OR state IN (SELECT value FROM json_each(?6))) AND (created, id) < (?7, ?8)
             ORDER BY created DESC, id DESC LIMIT ?9",
            if let Place::Before(id) = place { Some(id) } else { None },
        ),
        Place::After(id) => (
            "SELECT id FROM task INDEXED BY task_history
             WHERE account = ?1 AND created BETWEEN ?2 AND ?3 AND (?4 = '' OR tool = ?4) AND (?5 = 0 OR project = ?5)
               AND (?6 = '[]' OR state IN (SELECT value FROM json_each(?6))) AND (created, id) > (?7, ?8)
             ORDER BY created, id LIMIT ?9",
            Some(id),
        ),
    };
    let account = filter.account.to_string();
    let (created, id) = match neighbour {
        None => (i64::MAX, i64::MAX),
        Some(id) => {
            let sql = "SELECT created FROM task WHERE id = ? AND account = ?";
            let found = sqlx::query(sql).bind(id).bind(&account).fetch_optional(db).await?;
            (found.ok_or(StoreError::NotFound("task"))?.try_get("created")?, id)
        }
    };
    let words = filter.states.iter().map(|state| rows::state_word(*state)).collect::<Result<Vec<_>, _>>()?;
    let (mut from, mut until) =
        (filter.from.map_or(0, |from| from.0), filter.until.map_or(i64::MAX, |at| at.0 - 1));
    if matches!(place, Place::After(_)) {
        from = from.max(created);
    } else {
        until = until.min(created);
    }
    let Some((first, last)) = days(db, filter, &account).await? else { return Ok(Vec::new()) };
    let found = sqlx::query(sql)
        .bind(&account)
        .bind(from.max(first))
        .bind(until.min(last))
        .bind(filter.tool.as_ref().map_or_else(String::new, ToString::to_string))
        .bind(filter.project.map_or(0, |project| project.0))
        .bind(rows::json("task", &words)?)
        .bind(created)
        .bind(id)
        .bind(i64::from(limit) + 1)
        .fetch_all(db)
        .await?;
    found.iter().map(|row| Ok(TaskId(row.try_get("id")?))).collect()
}

/// Between which moments tasks of this tool and project were submitted, by the counts of days: a filter that matches
/// little or nothing need not walk the whole history.
async fn days(db: &SqlitePool, filter: &TaskFilter, account: &str) -> Query<Option<(i64, i64)>> {
    let sql = "SELECT min(day) AS first, max(day) AS last FROM usage
               WHERE account = ?1 AND (?2 = '' OR tool = ?2) AND (?3 = 0 OR project = ?3)";
    let found = sqlx::query(sql)
        .bind(account)
        .bind(filter.tool.as_ref().map_or_else(String::new, ToString::to_string))
        .bind(filter.project.map_or(0, |project| project.0))
        .fetch_one(db)
        .await?;
    let (first, last): (Option<i64>, Option<i64>) = (found.try_get("first")?, found.try_get("last")?);
    Ok(first.zip(last.map(|day| day.saturating_add(reports::DAY - 1))))
}

async fn ledger(
    db: &SqlitePool,
    account: AccountId,
    grants_only: bool,
    place: Place,
    limit: u32,
) -> Query<Part<LedgerEntry>> {
    let (sql, neighbour) = match (place, grants_only) {
        (Place::After(id), false) => {
            ("SELECT * FROM ledger WHERE account = ? AND id > ? ORDER BY id LIMIT ?", id)
        }
        (Place::After(id), true) => {
            ("SELECT * FROM ledger WHERE account = ? AND id > ? AND kind = 'grant' ORDER BY id LIMIT ?", id)
        }
        (Place::Newest, false) => {
            ("SELECT * FROM ledger WHERE account = ? AND id <= ? ORDER BY id DESC LIMIT ?", i64::MAX)
        }
        (Place::Before(id), false) => {
            ("SELECT * FROM ledger WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?", id)
        }
        (Place::Newest, true) => (
            "SELECT * FROM ledger WHERE account = ? AND id <= ? AND kind = 'grant' ORDER BY id DESC LIMIT ?",
            i64::MAX,
        ),
        (Place::Before(id), true) => (
            "SELECT * FROM ledger WHERE account = ? AND id < ? AND kind = 'grant' ORDER BY id DESC LIMIT ?",
            id,
        ),
    };
    let found = sqlx::query(sql).bind(account.to_string()).bind(neighbour).bind(i64::from(limit) + 1);
    let found = found.fetch_all(db).await?;
    Ok(part(found.iter().map(rows::ledger_entry).collect::<Result<_, _>>()?, place, limit))
}

async fn ledger_of_task(db: &SqlitePool, task: TaskId) -> Query<Vec<LedgerEntry>> {
    let found =
        sqlx::query("SELECT * FROM ledger WHERE task = ? ORDER BY id").bind(task.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::ledger_entry).collect::<Result<_, _>>()?)
}

async fn usage(db: &SqlitePool, account: AccountId, since: Timestamp) -> Query<Vec<Usage>> {
    let sql = "SELECT * FROM usage WHERE account = ? AND day >= ? ORDER BY day, project, tool";
    let found = sqlx::query(sql).bind(account.to_string()).bind(since.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::usage).collect::<Result<_, _>>()?)
}

async fn spans(db: &SqlitePool, account: AccountId, since: Timestamp) -> Query<Vec<DaySpans>> {
    let sql = "SELECT day, kind, histogram FROM task_span WHERE account = ? AND day >= ? ORDER BY day";
    let found = sqlx::query(sql).bind(account.to_string()).bind(since.0).fetch_all(db).await?;
    let mut days: Vec<DaySpans> = Vec::new();
    for row in &found {
        let day = Timestamp(row.try_get("day")?);
        if days.last().is_none_or(|last| last.day != day) {
            days.push(DaySpans { day, wait: Spread::default(), run: Spread::default() });
        }
        let Some(last) = days.last_mut() else { continue };
        let spread = spread(&rows::histogram(row)?);
        if row.try_get::<&str, _>("kind")? == "wait" { last.wait = spread } else { last.run = spread }
    }
    Ok(days)
}

/// Percentiles by nearest rank: the least duration that so many tasks in a hundred do not exceed.
fn spread(histogram: &BTreeMap<u64, u64>) -> Spread {
    let total: u64 = histogram.values().sum();
    let rank = |percent: u64| {
        let mut counted = 0;
        let reached = histogram.iter().find(|(_, tasks)| {
            counted += **tasks;
            counted * 100 >= total * percent
        });
        Duration::from_millis(reached.map_or(0, |(duration, _)| *duration))
    };
    Spread { p50: rank(50), p95: rank(95) }
}
