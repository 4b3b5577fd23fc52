//! When an account is about to run out of credit: said above every page.

use atelier_domain::{AccountId, Money};
use atelier_store::{Place, StoreError, TaskFilter};

use crate::app::App;
use crate::dashboard::layout::dollars;

/// With less credit than for so many runs, an account is warned.
const RUNS: u32 = 10;

/// What an account is told if its credit is low; nothing if it pays nothing. Two short looks into the store.
pub(in crate::dashboard) async fn warning(
    app: &App,
    account: AccountId,
) -> Result<Option<String>, StoreError> {
    let Some(rules) = &app.config.billing.rules else { return Ok(None) };
    let store = &app.storage.store;
    let account = store.account(account).await?;
    if account.unlimited {
        return Ok(None);
    }
    if account.balance + account.reserved < rules.minimum_balance || account.balance == Money::ZERO {
        let least = dollars(rules.minimum_balance);
        return Ok(Some(format!(
            "Credit is {}: nothing can be run below {least}.",
            dollars(account.balance)
        )));
    }
    let any = TaskFilter {
        account: account.id,
        tool: None,
        states: Vec::new(),
        project: None,
        from: None,
        until: None,
    };
    let last = store.task_history(&any, Place::Newest, 1).await?.entries.pop();
    // What it runs is what it ran last.
    Ok(last.and_then(|task| {
        let name = app.catalogue.find(&task.tool).map(|tool| tool.raw_names().1)?;
        let left = runs_left(account.balance, task.price)?;
        Some(format!("Credit is low: {} is enough for {left} more of {name}.", dollars(account.balance)))
    }))
}

/// For how many runs a balance is enough, if for fewer than [`RUNS`].
fn runs_left(balance: Money, price: Money) -> Option<i64> {
    let few = price > Money::ZERO && price.times(RUNS).is_none_or(|enough| balance < enough);
    few.then(|| balance.0 / price.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_ten_runs_it_is_low() {
        for (balance, price, left) in [
            (100, 10, None),
            (99, 10, Some(9)),
            (5, 10, Some(0)),
            (0, 0, None),
            (i64::MAX, i64::MAX, Some(1)),
        ] {
            assert_eq!(runs_left(Money(balance), Money(price)), left, "{balance} at {price}");
        }
    }
}
