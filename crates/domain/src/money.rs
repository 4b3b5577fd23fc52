//! Money: integers in units of 1e-12 US dollar, so that no sum is ever rounded.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// An amount in 1e-12 US dollar. The range is about plus or minus 9.2 million dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money(pub i64);

/// Units in one dollar.
const UNITS: i64 = 1_000_000_000_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads a decimal amount of dollars such as `0.09` or `25`, exactly.
    /// Refuses more than 12 decimals, signs, exponents and amounts out of range.
    pub fn parse_usd(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 12 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let fraction: i64 = format!("{fraction:0<12}").parse().ok()?;
        whole.checked_mul(UNITS)?.checked_add(fraction).map(Self)
    }

    /// This amount times a count; `None` when it leaves the range.
    pub fn times(self, count: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(count)).map(Self)
    }

    /// Dollars with two decimals, as people read them: `50.00`. Rounded down, so that it never shows more than
    /// there is.
    pub fn cents(self) -> String {
        let cents = self.0.div_euclid(UNITS / 100);
        let sign = if cents < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
    }
}

impl Money {
    /// The same as its display, without zeros at the end: `5`, `0.00012`.
    pub fn trimmed(self) -> String {
        let text = self.to_string();
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

impl fmt::Display for Money {
    /// Dollars with all 12 decimals: `0.090000000000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:012}", units / UNITS.unsigned_abs(), units % UNITS.unsigned_abs())
    }
}

// Saturating: sums of ledger rows are bounded by the grants, which are checked against the range when made.
impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_written_exactly() {
        assert_eq!(Money::parse_usd("0.09"), Some(Money(90_000_000_000)));
        assert_eq!(Money::parse_usd("25").unwrap().to_string(), "25.000000000000");
        assert_eq!(Money::parse_usd("0.000000000001"), Some(Money(1)));
        assert_eq!((-Money(1)).to_string(), "-0.000000000001");
    }

    #[test]
    fn a_trimmed_amount_has_no_zeros_at_its_end() {
        for text in ["0", "5", "100", "0.00012", "-12.5"] {
            let amount = text
                .strip_prefix('-')
                .map_or_else(|| Money::parse_usd(text).unwrap(), |text| -Money::parse_usd(text).unwrap());
            assert_eq!(amount.trimmed(), text);
        }
    }

    #[test]
    fn cents_never_show_more_than_there_is() {
        for (usd, cents) in [("50", "50.00"), ("49.999999999999", "49.99"), ("0.5", "0.50"), ("0", "0.00")] {
            assert_eq!(Money::parse_usd(usd).unwrap().cents(), cents);
        }
        assert_eq!((-Money(1)).cents(), "-0.01");
    }

    #[test]
    fn amounts_that_cannot_be_exact_are_refused() {
        for text in ["", ".5", "-1", "1e3", "0.0000000000001", "9223373", "1.x", "NaN"] {
            assert_eq!(Money::parse_usd(text), None, "{text}");
        }
    }
}
