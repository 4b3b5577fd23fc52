//! Prices in words for people.

use atelier_domain::Tool;
use atelier_domain::catalogue::{Price, PriceMethod};

use crate::dashboard::layout::dollars;

/// What a run usually costs, for a card: the price that applies without conditions.
pub(super) fn of_tool(tool: &Tool) -> String {
    let Some(price) = tool.prices().last() else { return "free".to_owned() };
    let from = if tool.prices().count() > 1 { "from " } else { "" };
    let least = tool.prices().map(|price| price.amount).min().unwrap_or(price.amount);
    format!("{from}{} {}", dollars(least), unit(price.method))
}

/// The most that a run at this price can cost.
pub(super) fn at_most(price: &Price) -> String {
    match price.method {
        PriceMethod::Request => dollars(price.amount),
        method => format!("{} {}, at most {}", dollars(price.amount), unit(method), dollars(price.reserve())),
    }
}

fn unit(method: PriceMethod) -> &'static str {
    match method {
        PriceMethod::Request => "a run",
        PriceMethod::Second => "a second",
        PriceMethod::Output => "a picture",
        PriceMethod::PixelTier => "a megapixel",
        PriceMethod::VideoSecond => "a second of video",
    }
}

#[cfg(test)]
mod tests {
    use atelier_domain::Catalogue;

    use super::*;

    #[test]
    fn every_tool_says_what_is_paid_for() {
        let catalogue = Catalogue::builtin().unwrap();
        let prices: Vec<_> = catalogue.tools().iter().map(of_tool).collect();
        assert_eq!(prices[..3], ["$0.09 a run", "$0.04 a run", "$0.000585 a second"]);
        let identity = catalogue.tools()[2].prices().last().unwrap();
        assert_eq!(at_most(identity), "$0.000585 a second, at most $0.0702");
    }
}
