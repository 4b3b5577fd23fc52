//! What a run costs. Amounts are exact; which entry applies depends on the checked parameters.

use std::collections::BTreeMap;

use crate::{Money, Tool, Value, Values};

use super::tool::text_of;

/// A condition of this form holds when the parameter has that many pictures.
pub(super) const QUANTITY: &str = "QUANTITY:";

/// One price of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Price {
    /// Parameter values under which it applies; none: always.
    pub inputs: BTreeMap<String, String>,
    /// What is counted.
    pub method: PriceMethod,
    /// The price of one unit.
    pub amount: Money,
    /// The price of every unit after the first, where it differs.
    pub extra: Option<Money>,
    /// The price of one unit of input.
    pub input: Option<Money>,
    /// How many units a run is expected to need at most: what is reserved for it.
    pub reserve_units: u32,
}

impl Price {
    /// What is held back when a task is submitted. Settling may charge less.
    pub fn reserve(&self) -> Money {
        let further = self.extra.unwrap_or(self.amount);
        let inputs = self.input.unwrap_or(Money::ZERO);
        self.amount + times(further, self.reserve_units.saturating_sub(1)) + times(inputs, self.reserve_units)
    }

    fn applies(&self, values: &Values) -> bool {
        self.inputs.iter().all(|(name, wanted)| match (values.0.get(name), wanted.strip_prefix(QUANTITY)) {
            (Some(Value::Files(files)), Some(count)) => count.parse() == Ok(files.len()),
            (Some(value), _) => text_of(value) == *wanted,
            (None, _) => false,
        })
    }
}

/// Saturates like all sums of money: a reservation that large is refused for lack of credit.
fn times(amount: Money, count: u32) -> Money {
    amount.times(count).unwrap_or(Money(i64::MAX))
}

impl Tool {
    /// The price of a run with these values: the entry with the most conditions among those that apply.
    pub fn price(&self, values: &Values) -> &Price {
        self.special_prices.iter().find(|price| price.applies(values)).unwrap_or(&self.price)
    }

    /// All prices, most specific first; the last applies always.
    pub fn prices(&self) -> impl Iterator<Item = &Price> {
        self.special_prices.iter().chain(std::iter::once(&self.price))
    }
}

macro_rules! price_methods {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)?) => {
        /// What a price counts. Catalogue files use the codes that integrators know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum PriceMethod { $($(#[$doc])* $variant),* }

        impl PriceMethod {
            /// Every code.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The method of a code.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// Its code.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

price_methods! {
    /// Requests: one.
    Request = "cpr",
    /// Seconds of running.
    Second = "cps",
    /// Outputs, at least one.
    Output = "cpo",
    /// Tiers of 1,048,576 pixels in each output.
    PixelTier = "cp-pixel",
    /// Seconds of video in all outputs.
    VideoSecond = "cp-outputVideoLength",
}
