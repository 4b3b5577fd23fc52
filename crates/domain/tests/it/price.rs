//! Which price applies, what is reserved for it and what a run comes to.

use std::time::Duration;

use atelier_domain::catalogue::{OutputUsage, Price, PriceMethod, Usage, parse_tool};
use atelier_domain::{Money, Tool};

use crate::{builtin, files, text};

const TRY_ON: &str = include_str!("../../../../catalog/virtual-try-on.toml");

fn with_prices(prices: &str) -> Tool {
    let file = TRY_ON.split("[[prices]]").next().unwrap();
    parse_tool(&format!("{file}{prices}")).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn usd(text: &str) -> Money {
    Money::parse_usd(text).unwrap()
}

#[test]
fn the_price_with_the_most_conditions_that_hold_applies() {
    let tool = with_prices(
        r#"
[[prices]]
method = "cpr"
amount = "0.09"

[[prices]]
method = "cpr"
amount = "0.12"
inputs = { inputImageClothes = "QUANTITY:2" }

[[prices]]
method = "cpr"
amount = "0.15"
inputs = { style = "studio", inputImageClothes = "QUANTITY:2" }
"#,
    );
    let price = |clothes: &[&str], style: &str| {
        let mut given = files(&[("inputImageHuman", &["a.jpg"]), ("inputImageClothes", clothes)]);
        given.scalars.insert("style".to_owned(), text(style));
        tool.price(&tool.check(&given).unwrap()).amount
    };
    assert_eq!(price(&["b.jpg"], "studio"), usd("0.09"));
    assert_eq!(price(&["b.jpg", "c.jpg"], ""), usd("0.12"));
    assert_eq!(price(&["b.jpg", "c.jpg"], "studio"), usd("0.15"));
    let amounts: Vec<_> = tool.prices().map(|price| price.amount).collect();
    assert_eq!(amounts, [usd("0.15"), usd("0.12"), usd("0.09")]);
}

#[test]
fn a_request_reserves_its_price() {
    let tool = builtin("wiro/virtual-try-on");
    let price = tool.prices().next().unwrap();
    assert_eq!((price.method, price.reserve()), (PriceMethod::Request, usd("0.09")));
}

#[test]
fn counted_prices_reserve_as_many_units_as_the_file_says() {
    let reserve = |slug: &str| builtin(slug).prices().next().unwrap().reserve();
    assert_eq!(reserve("wiro/instant-id"), usd("0.0702"));
    assert_eq!(reserve("wiro/wan2-2-effects-extra"), usd("0.30"));
}

#[test]
fn a_price_by_pixels_reserves_for_the_dearest_spread_of_its_tiers() {
    for (extra, reserve) in [("0.05", "0.188"), ("0.01", "0.128")] {
        let price =
            one_price("cp-pixel", "0.03", &format!("extra = \"{extra}\"\ninput = \"0.002\"\nreserve = 4"));
        assert_eq!(price.reserve(), usd(reserve));
    }
}

fn one_price(method: &str, amount: &str, more: &str) -> Price {
    let tool = with_prices(&format!("[[prices]]\nmethod = \"{method}\"\namount = \"{amount}\"\n{more}"));
    tool.prices().next().unwrap().clone()
}

fn picture(width: u32, height: u32) -> OutputUsage {
    OutputUsage { width, height, length: Duration::ZERO }
}

fn video(milliseconds: u64) -> OutputUsage {
    OutputUsage { width: 832, height: 480, length: Duration::from_millis(milliseconds) }
}

#[test]
fn seconds_are_charged_as_measured_and_rounded_once() {
    for (amount, milliseconds, cost) in [
        ("0.000585", 6000, "0.003510000000"),
        ("0.000585", 6001, "0.003510585000"),
        ("0.000585", 0, "0.000000000000"),
        // Half a unit is rounded up, less is dropped.
        ("0.000000000001", 500, "0.000000000001"),
        ("0.000000000001", 499, "0.000000000000"),
        ("0.000000000001", 1499, "0.000000000001"),
    ] {
        let usage = Usage { elapsed: Duration::from_millis(milliseconds), ..Usage::default() };
        let price = one_price("cps", amount, "reserve = 120");
        assert_eq!(price.cost(&usage).to_string(), cost, "{milliseconds} ms at {amount}");
    }
}

#[test]
fn requests_cost_the_same_whatever_they_use() {
    let usage =
        Usage { elapsed: Duration::from_mins(15), outputs: vec![picture(9000, 9000); 3], ..Usage::default() };
    assert_eq!(one_price("cpr", "0.09", "").cost(&usage), usd("0.09"));
}

#[test]
fn outputs_are_counted_and_one_is_charged_at_least() {
    let price = one_price("cpo", "0.02", "reserve = 4");
    for (outputs, cost) in [(0, "0.02"), (1, "0.02"), (4, "0.08")] {
        let usage = Usage { outputs: vec![picture(8, 8); outputs], ..Usage::default() };
        assert_eq!(price.cost(&usage), usd(cost), "{outputs}");
    }
}

#[test]
fn pixels_are_counted_in_tiers_of_each_picture() {
    let both = "extra = \"0.01\"\ninput = \"0.002\"\nreserve = 4";
    for (more, outputs, inputs, cost) in [
        (both, vec![picture(1024, 1024)], vec![], "0.03"),
        (both, vec![picture(1024, 1025)], vec![], "0.04"),
        (both, vec![picture(2048, 2048), picture(1, 1)], vec![], "0.09"),
        (both, vec![picture(512, 512)], vec![(1024, 1024), (2000, 1000)], "0.036"),
        ("reserve = 4", vec![picture(2048, 2048)], vec![(4000, 4000)], "0.12"),
        (both, vec![], vec![], "0"),
    ] {
        let usage = Usage { outputs: outputs.clone(), inputs, ..Usage::default() };
        assert_eq!(one_price("cp-pixel", "0.03", more).cost(&usage), usd(cost), "{outputs:?}");
    }
}

#[test]
fn seconds_of_video_are_summed_over_the_outputs() {
    let price = one_price("cp-outputVideoLength", "0.05", "reserve = 6");
    // 81 frames at 16 a second.
    let one = Usage { outputs: vec![video(5062), picture(8, 8)], ..Usage::default() };
    let two = Usage { outputs: vec![video(5000), video(500)], ..Usage::default() };
    assert_eq!((price.cost(&one), price.cost(&two)), (usd("0.2531"), usd("0.275")));
}

#[test]
fn a_cost_beyond_all_money_saturates() {
    let usage = Usage { elapsed: Duration::MAX, ..Usage::default() };
    assert_eq!(one_price("cps", "9223372", "reserve = 1").cost(&usage), Money(i64::MAX));
}

#[test]
fn a_price_is_kept_as_json_and_read_back() {
    let price = one_price("cp-pixel", "0.03", "extra = \"0.01\"\nreserve = 4");
    let text = serde_json::to_string(&price).unwrap();
    assert!(text.contains("\"cp-pixel\""), "{text}");
    assert_eq!(serde_json::from_str::<Price>(&text).unwrap(), price);
}

#[test]
fn a_reservation_beyond_all_money_saturates() {
    let tool = with_prices("[[prices]]\nmethod = \"cps\"\namount = \"9223372\"\nreserve = 4294967295");
    assert_eq!(tool.prices().next().unwrap().reserve(), Money(i64::MAX));
}
