//! What an account must have to run tasks, and how many at once.

use crate::Money;

/// The rules that hold for every account that pays. A balance here is what an account owns: what it can spend and
/// what is reserved for its unfinished tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillingRules {
    /// With less than this nothing can be submitted.
    pub minimum_balance: Money,
    /// So much balance allows one more task at a time; the first is always allowed. None: any number of tasks.
    pub balance_per_task: Option<Money>,
    /// With more than this any number of tasks is allowed.
    pub unlimited_above: Money,
}

impl BillingRules {
    /// How many tasks may be unfinished at a time; `None`: any number.
    pub fn tasks_at_once(&self, balance: Money) -> Option<u32> {
        let step = self.balance_per_task.filter(|step| *step > Money::ZERO)?;
        if balance > self.unlimited_above {
            return None;
        }
        let tasks = (balance.0 / step.0).clamp(1, i64::from(u32::MAX));
        Some(u32::try_from(tasks).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse_usd(text).unwrap()
    }

    const RULES: BillingRules = BillingRules {
        minimum_balance: Money(500_000_000_000),
        balance_per_task: Some(Money(10_000_000_000_000)),
        unlimited_above: Money(250_000_000_000_000),
    };

    #[test]
    fn a_tenth_of_the_balance_runs_at_once_and_above_250_dollars_anything() {
        for (balance, limit) in [
            ("0", Some(1)),
            ("0.5", Some(1)),
            ("10", Some(1)),
            ("19.999999999999", Some(1)),
            ("20", Some(2)),
            ("50", Some(5)),
            ("150", Some(15)),
            ("250", Some(25)),
            ("250.000000000001", None),
            ("251", None),
        ] {
            assert_eq!(RULES.tasks_at_once(usd(balance)), limit, "{balance}");
        }
    }

    #[test]
    fn without_a_step_there_is_no_limit() {
        for step in [None, Some(Money::ZERO)] {
            let rules = BillingRules { balance_per_task: step, ..RULES };
            assert_eq!(rules.tasks_at_once(Money::ZERO), None);
        }
    }
}
