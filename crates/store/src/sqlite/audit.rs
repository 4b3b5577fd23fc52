//! The audit log: one row for each change of keys, credit and people, in the transaction of the change.

use atelier_domain::AccountId;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::query::Query;
use super::{reports, rows};
use crate::{Act, Actor, AuditEntry, Page, Slice};

pub(super) async fn record(
    db: &mut SqliteConnection,
    account: AccountId,
    action: &str,
    subject: &str,
    act: &Act,
) -> Query<()> {
    let person = match act.by {
        Actor::Operator => None,
        Actor::Person(person) => Some(person.0),
    };
    sqlx::query("INSERT INTO audit (account, person, action, subject, at) VALUES (?, ?, ?, ?, ?)")
        .bind(account.to_string())
        .bind(person)
        .bind(action)
        .bind(subject)
        .bind(act.at.0)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn page(db: &SqlitePool, account: AccountId, slice: &Slice) -> Query<Page<AuditEntry>> {
    let account = account.to_string();
    let sql = "SELECT count(*) AS total FROM audit WHERE account = ?";
    let total = reports::total(&sqlx::query(sql).bind(&account).fetch_one(db).await?)?;
    // Two texts, so that both walk the index.
    let sql = if slice.oldest_first {
        "SELECT audit.*, person.email FROM audit LEFT JOIN person ON person.id = audit.person
         WHERE audit.account = ? ORDER BY audit.id LIMIT ? OFFSET ?"
    } else {
        "SELECT audit.*, person.email FROM audit LEFT JOIN person ON person.id = audit.person
         WHERE audit.account = ? ORDER BY audit.id DESC LIMIT ? OFFSET ?"
    };
    let found = sqlx::query(sql).bind(&account).bind(slice.limit).bind(reports::offset(slice));
    let found = found.fetch_all(db).await?;
    Ok(Page { entries: found.iter().map(rows::audit_entry).collect::<Result<_, _>>()?, total })
}
