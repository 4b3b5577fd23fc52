//! Whether an account may run one more task, and at which price.
//!
//! Looked at in the change that accepts the task: however many submits come at once, each sees the reservations
//! of those before it.

use atelier_domain::AccountId;
use atelier_domain::catalogue::Price;
use sqlx::sqlite::SqliteConnection;

use super::query::Query;
use super::{audit, rows};
use crate::{Account, Act, Billing, StoreError};

/// The price that a task of this account is settled by; none if nothing is asked for it.
pub(super) async fn admit<'b>(
    db: &mut SqliteConnection,
    account: AccountId,
    billing: Option<&'b Billing>,
) -> Query<Option<&'b Price>> {
    let found = sqlx::query("SELECT * FROM account WHERE id = ?").bind(account.to_string());
    let found = found.fetch_optional(db).await?.ok_or(StoreError::NotFound("account"))?;
    let account = rows::account(&found)?;
    let Some(billing) = billing.filter(|_| !account.unlimited) else { return Ok(None) };
    check(&account, billing)?;
    Ok(Some(&billing.price))
}

fn check(account: &Account, billing: &Billing) -> Result<(), StoreError> {
    let owned = account.balance + account.reserved;
    if owned < billing.rules.minimum_balance || account.balance < billing.price.reserve() {
        return Err(StoreError::InsufficientBalance { balance: account.balance });
    }
    match billing.rules.tasks_at_once(owned) {
        Some(limit) if account.unfinished >= limit => Err(StoreError::TooManyTasks { balance: owned, limit }),
        _ => Ok(()),
    }
}

/// Lets an account run anything for nothing, or ends that. Tasks that were submitted before keep their price.
pub(super) async fn set_unlimited(
    db: &mut SqliteConnection,
    account: AccountId,
    unlimited: bool,
    act: &Act,
) -> Query<Account> {
    let changed = sqlx::query("UPDATE account SET unlimited = ? WHERE id = ? RETURNING *")
        .bind(unlimited)
        .bind(account.to_string())
        .fetch_optional(&mut *db)
        .await?;
    let changed = rows::account(&changed.ok_or(StoreError::NotFound("account"))?)?;
    let subject = if unlimited { "pays nothing" } else { "pays" };
    audit::record(db, account, "account.unlimited", subject, act).await?;
    Ok(changed)
}
