//! The `[[prices]]` tables.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::Money;

use crate::catalogue::price::{Price, PriceMethod, QUANTITY};
use crate::catalogue::tool::Holds;

use super::parameter::Parameters;
use super::reader::{Item, Table};

/// The prices of a tool, sorted by how they apply.
pub(super) struct Prices {
    /// Under conditions, most specific first.
    pub(super) special: Vec<Price>,
    /// Otherwise.
    pub(super) always: Option<Price>,
}

pub(super) fn read_all(root: &Table<'_>, parameters: &Parameters) -> Prices {
    let mut prices = Prices { special: Vec::new(), always: None };
    let mut broken = false;
    for item in root.items("prices") {
        match item.table().and_then(|table| read(table, parameters)) {
            Some(price) if !price.inputs.is_empty() => prices.special.push(price),
            Some(_) if prices.always.is_some() => item.mistake("a price without `inputs` is there already"),
            Some(price) => prices.always = Some(price),
            None => broken = true,
        }
    }
    if prices.always.is_none() && !broken {
        root.mistake("one of `prices` must have no `inputs`, so that it always applies");
    }
    prices.special.sort_by_key(|price| Reverse(price.inputs.len()));
    prices
}

fn read(table: Table<'_>, parameters: &Parameters) -> Option<Price> {
    let method = table.require("method");
    let method = method.and_then(|item| item.word(PriceMethod::WORDS, PriceMethod::from_word));
    let amount = table.require("amount").and_then(|item| money(&item));
    let [extra, input] = ["extra", "input"].map(|key| {
        let item = table.get(key)?;
        if method.is_some_and(|method| method != PriceMethod::PixelTier) {
            item.mistake("only a price by pixels has it");
        }
        money(&item)
    });
    let reserve_units = match method {
        Some(PriceMethod::Request) => Some(1),
        _ => table.require("reserve").and_then(|item| item.count()),
    };
    let inputs = table.get("inputs").and_then(|item| item.table());
    let inputs = inputs.map(|table| conditions(&table, parameters)).unwrap_or_default();
    table.finish();
    Some(Price { inputs, method: method?, amount: amount?, extra, input, reserve_units: reserve_units? })
}

fn money(item: &Item<'_>) -> Option<Money> {
    let amount = Money::parse_usd(&item.text()?);
    if amount.is_none() {
        item.mistake("must be dollars as a decimal text such as \"0.09\", with 12 decimals at most");
    }
    amount
}

fn conditions(table: &Table<'_>, parameters: &Parameters) -> BTreeMap<String, String> {
    let mut conditions = BTreeMap::new();
    for (name, item) in table.rest() {
        let Some(value) = item.text() else { continue };
        let Some((_, parameter)) = parameters.find(&item, name) else { continue };
        match &parameter.holds {
            Holds::Choice { options, open: false } if options.iter().all(|option| option.value != value) => {
                item.mistake(format!("`{value}` is none of the options of `{name}`"));
            }
            Holds::Pictures { .. } if quantity(&value).is_none() => {
                item.mistake(format!("must be a number of pictures such as \"{QUANTITY}2\""));
            }
            _ => {
                conditions.insert(name.to_owned(), value);
            }
        }
    }
    conditions
}

fn quantity(condition: &str) -> Option<usize> {
    condition.strip_prefix(QUANTITY)?.parse().ok()
}
