//! Settings of `[billing]`.

use atelier_domain::{BillingRules, Money};
use serde::Deserialize;

use super::ConfigError;

/// Who pays for what, and where work may be free.
#[derive(Debug, Clone)]
pub struct BillingConfig {
    /// What is asked of every account without a privilege; none: nothing is reserved, charged or limited.
    pub rules: Option<BillingRules>,
    /// Whether a server that other machines can reach may work for nothing.
    pub free_on_public_address: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBilling {
    enabled: bool,
    minimum_balance_usd: f64,
    balance_per_task_usd: f64,
    unlimited_above_usd: f64,
    free_on_public_address: bool,
}

impl RawBilling {
    pub(super) fn check(self) -> Result<BillingConfig, ConfigError> {
        let step = dollars("billing.balance_per_task_usd", self.balance_per_task_usd)?;
        let rules = BillingRules {
            minimum_balance: dollars("billing.minimum_balance_usd", self.minimum_balance_usd)?,
            balance_per_task: Some(step).filter(|step| *step > Money::ZERO),
            unlimited_above: dollars("billing.unlimited_above_usd", self.unlimited_above_usd)?,
        };
        let rules = self.enabled.then_some(rules);
        Ok(BillingConfig { rules, free_on_public_address: self.free_on_public_address })
    }
}

/// The amount as it was written: a float prints as the shortest decimal that means it.
fn dollars(name: &'static str, value: f64) -> Result<Money, ConfigError> {
    let problem = || "must be an amount of dollars, 0 or more, with 12 decimals at most".to_owned();
    Money::parse_usd(&value.to_string()).ok_or_else(|| ConfigError::Value { name, problem: problem() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_and_bad_ones_refused() {
        assert_eq!(dollars("x", 0.1).unwrap(), Money::parse_usd("0.1").unwrap());
        assert_eq!(dollars("x", 250.0).unwrap(), Money::parse_usd("250").unwrap());
        for bad in [-1.0, 1e-13, 1e18, f64::NAN, f64::INFINITY] {
            assert!(dollars("x", bad).is_err(), "{bad}");
        }
    }
}
