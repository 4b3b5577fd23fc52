//! Accounts, their credit, and the projects whose keys spend it.

use atelier_domain::{AccountId, ApiKey, ApiSecret, Money, ProjectId, TaskId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::query::{Query, QueryError};
use super::rows;
use crate::vault::hash_key;
use crate::{Account, AuthMode, LedgerEntry, LedgerKind, MasterKey, NewProject, Project, StoreError};

/// How many characters of a key are kept to recognise it by.
const HINT: usize = 6;

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
    now: Timestamp,
) -> Query<Money> {
    let found = sqlx::query("SELECT granted FROM account WHERE id = ?")
        .bind(account.to_string())
        .fetch_optional(&mut *db)
        .await?;
    let granted: i64 = found.ok_or(StoreError::NotFound("account"))?.try_get("granted")?;
    if amount <= Money::ZERO || granted.checked_add(amount.0).is_none() {
        return Err(StoreError::BadAmount(amount).into());
    }
    record(db, account, LedgerKind::Grant, None, amount, &note, now).await?;
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
    let found = sqlx::query("SELECT kind, task, amount, note, at FROM ledger WHERE account = ? ORDER BY id")
        .bind(account.to_string())
        .fetch_all(db)
        .await?;
    Ok(found.iter().map(rows::ledger_entry).collect::<Result<_, _>>()?)
}

pub(super) async fn create_project(
    db: &mut SqliteConnection,
    new: NewProject,
    sealed_secret: Vec<u8>,
    now: Timestamp,
) -> Query<Project> {
    let key_hint: String = new.key.as_str().chars().take(HINT).collect();
    let sql =
        "INSERT INTO project (account, name, auth, key_hash, key_hint, allowed_networks, secret, created)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let made = sqlx::query(sql)
        .bind(new.account.to_string())
        .bind(&new.name)
        .bind(rows::auth_word(new.auth))
        .bind(hash_key(new.key.as_str()))
        .bind(key_hint)
        .bind(new.allowed_networks.to_string())
        .bind(sealed_secret)
        .bind(now.0)
        .fetch_one(db)
        .await
        .map_err(|error| QueryError::constraint(error, "project", "account"))?;
    Ok(rows::project(&made)?)
}

pub(super) async fn projects(db: &SqlitePool) -> Query<Vec<Project>> {
    let found = sqlx::query("SELECT * FROM project ORDER BY id").fetch_all(db).await?;
    Ok(found.iter().map(rows::project).collect::<Result<_, _>>()?)
}

pub(super) async fn project(db: &SqlitePool, id: ProjectId) -> Query<Option<Project>> {
    let found = sqlx::query("SELECT * FROM project WHERE id = ?").bind(id.0).fetch_optional(db).await?;
    Ok(found.as_ref().map(rows::project).transpose()?)
}

pub(super) async fn project_by_key(
    db: &SqlitePool,
    key: &ApiKey,
    master: &MasterKey,
) -> Query<Option<Project>> {
    let hash = hash_key(key.as_str());
    let sql = "SELECT * FROM project WHERE key_hash = ?";
    let Some(found) = sqlx::query(sql).bind(&hash).fetch_optional(db).await? else { return Ok(None) };
    let mut project = rows::project(&found)?;
    if project.auth == AuthMode::Signature {
        let unreadable = |reason: String| StoreError::Corrupt { what: "secret", reason };
        let secret = master.open(found.try_get("secret")?, hash.as_bytes());
        let secret = String::from_utf8(secret.map_err(|error| unreadable(error.to_string()))?);
        let secret = secret.map_err(|error| unreadable(error.to_string()))?;
        project.secret = Some(ApiSecret::from_issued(secret));
    }
    Ok(Some(project))
}
