//! What a run costs. Which entry applies depends on the checked parameters; what it comes to, on what was used.
//!
//! Amounts are exact: a rate times a span is worked out in whole nanoseconds and rounded once, to the nearest
//! 1e-12 dollar, halves up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;
use crate::{Money, Tool, Value, Values};

use super::tool::text_of;

/// A condition of this form holds when the parameter has that many pictures.
pub(super) const QUANTITY: &str = "QUANTITY:";

/// Pixels of one tier.
const TIER: u64 = 1 << 20;

/// One price of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a run used, as it was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// From the moment a worker took the task to the end of its run: waiting costs nothing.
    pub elapsed: Duration,
    /// What it made.
    pub outputs: Vec<OutputUsage>,
    /// Width and height of every input picture.
    pub inputs: Vec<(u32, u32)>,
}

/// One output, as far as prices count it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputUsage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How long it plays; nothing for a picture.
    pub length: Duration,
}

impl Price {
    /// A price for each request, under no condition.
    pub fn per_request(amount: Money) -> Self {
        let (inputs, method) = (BTreeMap::new(), PriceMethod::Request);
        Self { inputs, method, amount, extra: None, input: None, reserve_units: 1 }
    }

    /// What is held back when a task is submitted: as much as `reserve_units` units can cost, however they are
    /// spread over inputs and outputs. A run that needs more units is not charged for them.
    pub fn reserve(&self) -> Money {
        let further = self.extra.unwrap_or(self.amount).max(self.amount);
        let inputs = self.input.unwrap_or(Money::ZERO);
        self.amount + times(further, self.reserve_units.saturating_sub(1)) + times(inputs, self.reserve_units)
    }

    /// What a run that succeeded comes to, before the reservation caps it.
    pub fn cost(&self, usage: &Usage) -> Money {
        match self.method {
            PriceMethod::Request => self.amount,
            PriceMethod::Second => for_span(self.amount, usage.elapsed),
            PriceMethod::Output => times(self.amount, count(usage.outputs.len().max(1))),
            PriceMethod::PixelTier => self.for_pixels(usage),
            PriceMethod::VideoSecond => {
                for_span(self.amount, usage.outputs.iter().map(|output| output.length).sum())
            }
        }
    }

    /// The first tier of each output at one price, its further ones at another, every tier of an input at a third.
    fn for_pixels(&self, usage: &Usage) -> Money {
        let further = self.extra.unwrap_or(self.amount);
        let output = |output: &OutputUsage| {
            self.amount + times(further, tiers(output.width, output.height).saturating_sub(1))
        };
        let input =
            |(width, height): &(u32, u32)| times(self.input.unwrap_or(Money::ZERO), tiers(*width, *height));
        usage.outputs.iter().map(output).chain(usage.inputs.iter().map(input)).sum()
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

/// A rate per second over a span.
fn for_span(rate: Money, span: Duration) -> Money {
    const NANOSECONDS: i128 = 1_000_000_000;
    let product = i128::from(rate.0).saturating_mul(i128::try_from(span.as_nanos()).unwrap_or(i128::MAX));
    let rounded = product.saturating_add(NANOSECONDS / 2).div_euclid(NANOSECONDS);
    Money(i64::try_from(rounded).unwrap_or(i64::MAX))
}

fn tiers(width: u32, height: u32) -> u32 {
    let tiers = (u64::from(width) * u64::from(height)).div_ceil(TIER);
    u32::try_from(tiers).unwrap_or(u32::MAX)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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

vocabulary!(
    /// What a price counts. Catalogue files use the codes that integrators know.
    PriceMethod {
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
);
