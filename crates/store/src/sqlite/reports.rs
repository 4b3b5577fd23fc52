//! Lists and statistics. They read without a transaction: a page and its total may be a moment apart.

use atelier_domain::{AccountId, Task, TaskId, TaskState, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::query::Query;
use super::rows;
use crate::{LedgerEntry, Page, Slice, TaskCount, TaskQuery, ToolStat};

/// Milliseconds in a day of UTC, which knows no leap seconds.
pub(super) const DAY: i64 = 86_400_000;

pub(super) async fn tasks(db: &SqlitePool, wanted: &TaskQuery) -> Query<Page<Task>> {
    let tool = wanted.tool.as_deref().unwrap_or_default();
    let account = wanted.account.to_string();
    let sql = "SELECT count(*) AS total FROM task WHERE account = ? AND instr(tool, ?) > 0";
    let total = total(&sqlx::query(sql).bind(&account).bind(tool).fetch_one(db).await?)?;
    let sql = if wanted.slice.oldest_first {
        "SELECT * FROM task WHERE account = ? AND instr(tool, ?) > 0 ORDER BY created, id LIMIT ? OFFSET ?"
    } else {
        "SELECT * FROM task WHERE account = ? AND instr(tool, ?) > 0 ORDER BY created DESC, id DESC LIMIT ? OFFSET ?"
    };
    let found = sqlx::query(sql)
        .bind(&account)
        .bind(tool)
        .bind(wanted.slice.limit)
        .bind(offset(&wanted.slice))
        .fetch_all(db)
        .await?;
    let mut entries = found.iter().map(rows::task).collect::<Result<Vec<_>, _>>()?;
    add_outputs(db, &mut entries).await?;
    Ok(Page { entries, total })
}

pub(super) async fn add_outputs(db: &SqlitePool, tasks: &mut [Task]) -> Query<()> {
    let succeeded: Vec<TaskId> =
        tasks.iter().filter(|task| task.state == TaskState::Succeeded).map(|task| task.id).collect();
    let sql = "SELECT * FROM output JOIN file ON file.id = output.file
               WHERE output.task IN (SELECT value FROM json_each(?)) ORDER BY output.task, position";
    let found = sqlx::query(sql).bind(rows::json("task", &succeeded)?).fetch_all(db).await?;
    for row in &found {
        let owner = TaskId(row.try_get("task")?);
        if let Some(task) = tasks.iter_mut().find(|task| task.id == owner) {
            task.outputs.push(rows::output(row)?);
        }
    }
    Ok(())
}

pub(super) async fn task_counts(
    db: &SqlitePool,
    account: AccountId,
    since: Timestamp,
) -> Query<Vec<TaskCount>> {
    let sql = "SELECT project, created - created % ?1 AS day, state, count(*) AS tasks, sum(cost) AS cost
               FROM task WHERE account = ?2 AND created >= ?3
               GROUP BY project, day, state ORDER BY day, project";
    let found = sqlx::query(sql).bind(DAY).bind(account.to_string()).bind(since.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::task_count).collect::<Result<_, _>>()?)
}

pub(super) async fn tool_stats(db: &SqlitePool) -> Query<Vec<ToolStat>> {
    let found = sqlx::query("SELECT * FROM tool_stat").fetch_all(db).await?;
    Ok(found.iter().map(rows::tool_stat).collect::<Result<_, _>>()?)
}

pub(super) async fn ledger(db: &SqlitePool, account: AccountId, slice: &Slice) -> Query<Page<LedgerEntry>> {
    let account = account.to_string();
    let sql = "SELECT count(*) AS total FROM ledger WHERE account = ?";
    let total = total(&sqlx::query(sql).bind(&account).fetch_one(db).await?)?;
    let sql = if slice.oldest_first {
        "SELECT * FROM ledger WHERE account = ? ORDER BY id LIMIT ? OFFSET ?"
    } else {
        "SELECT * FROM ledger WHERE account = ? ORDER BY id DESC LIMIT ? OFFSET ?"
    };
    let found = sqlx::query(sql).bind(&account).bind(slice.limit).bind(offset(slice)).fetch_all(db).await?;
    let entries = found.iter().map(rows::ledger_entry).collect::<Result<_, _>>()?;
    Ok(Page { entries, total })
}

pub(super) fn total(row: &SqliteRow) -> Query<u64> {
    Ok(row.try_get::<i64, _>("total")?.unsigned_abs())
}

pub(super) fn offset(slice: &Slice) -> i64 {
    i64::try_from(slice.start).unwrap_or(i64::MAX)
}
