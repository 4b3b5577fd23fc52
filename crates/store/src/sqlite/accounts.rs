//! Accounts and their credit.

use atelier_domain::{AccountId, Money, TaskId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::query::{Query, QueryError};
use super::{audit, rows};
use crate::{Account, Act, LedgerEntry, LedgerKind, StoreError};

pub(super) async fn create(db: &mut SqliteConnection, email: String, now: Timestamp) -> Query<Account> {
    let made = sqlx::query("INSERT INTO account (id, email, created) VALUES (?, ?, ?) RETURNING *")
        .bind(AccountId::random().to_string())
        .bind(email)
        .bind(now.0)
        .fetch_one(db)
        .await
        .map_err(|error| QueryError::constraint(error, "account", "account"))?;
    Ok(rows::account(&made)?)
}

pub(super) async fn all(db: &SqlitePool) -> Query<Vec<Account>> {
    let found = sqlx::query("SELECT * FROM account ORDER BY number").fetch_all(db).await?;
    Ok(found.iter().map(rows::account).collect::<Result<_, _>>()?)
}

pub(super) async fn by_id(db: &SqlitePool, id: AccountId) -> Query<Account> {
    let found =
        sqlx::query("SELECT * FROM account WHERE id = ?").bind(id.to_string()).fetch_optional(db).await?;
    Ok(rows::account(&found.ok_or(StoreError::NotFound("account"))?)?)
}

pub(super) async fn by_email(db: &SqlitePool, email: &str) -> Query<Account> {
    let found = sqlx::query("SELECT * FROM account WHERE email = ?").bind(email).fetch_optional(db).await?;
    Ok(rows::account(&found.ok_or(StoreError::NotFound("account"))?)?)
}

/// What the account has now.
async fn balance(db: &mut SqliteConnection, account: AccountId) -> Query<Money> {
    let found = sqlx::query("SELECT balance FROM account WHERE id = ?")
        .bind(account.to_string())
        .fetch_optional(db)
        .await?;
    Ok(Money(found.ok_or(StoreError::NotFound("account"))?.try_get("balance")?))
}

pub(super) async fn grant(
    db: &mut SqliteConnection,
    account: AccountId,
    amount: Money,
    note: String,
    act: Act,
) -> Query<Money> {
    let found = sqlx::query("SELECT granted FROM account WHERE id = ?")
        .bind(account.to_string())
        .fetch_optional(&mut *db)
        .await?;
    let granted: i64 = found.ok_or(StoreError::NotFound("account"))?.try_get("granted")?;
    if amount <= Money::ZERO || granted.checked_add(amount.0).is_none() {
        return Err(StoreError::BadAmount(amount).into());
    }
    record(db, account, LedgerKind::Grant, None, amount, &note, act.at).await?;
    audit::record(db, account, "credit.grant", &format!("{} US dollar {note}", amount.trimmed()), &act)
        .await?;
    balance(db, account).await
}

/// Writes one movement of credit; a trigger moves the balance with it.
pub(super) async fn record(
    db: &mut SqliteConnection,
    account: AccountId,
    kind: LedgerKind,
    task: Option<TaskId>,
    amount: Money,
    note: &str,
    now: Timestamp,
) -> Query<()> {
    sqlx::query("INSERT INTO ledger (account, task, kind, amount, note, at) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(account.to_string())
        .bind(task.map(|task| task.0))
        .bind(rows::ledger_word(kind))
        .bind(amount.0)
        .bind(note)
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn ledger(db: &SqlitePool, account: AccountId) -> Query<Vec<LedgerEntry>> {
    let found = sqlx::query("SELECT * FROM ledger WHERE account = ? ORDER BY id")
        .bind(account.to_string())
        .fetch_all(db)
        .await?;
    Ok(found.iter().map(rows::ledger_entry).collect::<Result<_, _>>()?)
}
