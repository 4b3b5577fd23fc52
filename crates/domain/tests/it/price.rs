//! Which price applies, and what is reserved for it.

use atelier_domain::catalogue::{PriceMethod, parse_tool};
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
fn a_price_by_pixels_reserves_further_tiers_and_inputs_at_their_own_prices() {
    let tool = with_prices(
        "[[prices]]\nmethod = \"cp-pixel\"\namount = \"0.03\"\nextra = \"0.01\"\ninput = \"0.002\"\nreserve = 4",
    );
    assert_eq!(tool.prices().next().unwrap().reserve(), usd("0.068"));
}

#[test]
fn a_reservation_beyond_all_money_saturates() {
    let tool = with_prices("[[prices]]\nmethod = \"cps\"\namount = \"9223372\"\nreserve = 4294967295");
    assert_eq!(tool.prices().next().unwrap().reserve(), Money(i64::MAX));
}
