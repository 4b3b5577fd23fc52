//! Checking a caller's parameters: types, limits, options, defaults, pictures.

use std::collections::BTreeSet;

use atelier_domain::{Catalogue, Given, InputFile, ParameterError, Scalar, Tool, Value, Values};
use proptest::prelude::*;

use crate::{builtin, files, number, sample, scalar, text, with_parameters};

fn checked(tool: &Tool, name: &str, value: Scalar) -> Result<Value, ParameterError> {
    tool.check(&scalar(name, value)).map(|values| values.0[name].clone())
}

fn not_a_number(name: &str) -> ParameterError {
    ParameterError::NotANumber { name: name.to_owned() }
}

const STEPS: &str = r#"
[[parameters]]
name = "steps"
label = "Steps"
kind = "number"
default = 20
min = 1
max = 100
zero_means_default = true
"#;

const SCALE: &str = r#"
[[parameters]]
name = "scale"
label = "Scale"
kind = "float"
default = 5.0
"#;

#[test]
fn a_whole_number_may_come_as_text_or_number_with_or_without_decimals() {
    let tool = with_parameters(STEPS);
    for value in [text("30"), text(" 30 "), text("30.0"), number("30"), number("30.0"), number("3e1")] {
        assert_eq!(checked(&tool, "steps", value.clone()), Ok(Value::Integer(30)), "{value:?}");
    }
    for value in [text("30.5"), text("many"), text("NaN"), text("inf"), text("1e400"), Scalar::Bool(true)] {
        assert_eq!(checked(&tool, "steps", value.clone()), Err(not_a_number("steps")), "{value:?}");
    }
}

#[test]
fn a_number_outside_its_limits_is_refused_however_large() {
    let tool = with_parameters(STEPS);
    for value in
        [text("101"), text("-1"), text("1e300"), text("99999999999999999999"), number("18446744073709551615")]
    {
        let refused = checked(&tool, "steps", value.clone()).unwrap_err();
        assert_eq!(refused.to_string(), "parameter steps must be between 1 and 100", "{value:?}");
    }
}

#[test]
fn a_decimal_is_any_finite_number_unless_it_has_limits() {
    let tool = with_parameters(SCALE);
    assert_eq!(checked(&tool, "scale", text("5.0")), Ok(Value::Float(5.0)));
    assert_eq!(checked(&tool, "scale", number("7")), Ok(Value::Float(7.0)));
    assert_eq!(checked(&tool, "scale", number("0")), Ok(Value::Float(0.0)), "zero is a scale");
    for value in ["1e400", "-inf", "nan", "0x10", "5,0"] {
        assert_eq!(checked(&tool, "scale", text(value)), Err(not_a_number("scale")), "{value}");
    }
}

#[test]
fn empty_blank_and_absent_mean_the_default_and_so_does_zero_where_the_file_says_so() {
    let tool = with_parameters(STEPS);
    for value in [text(""), text("  "), number("0"), text("0"), number("0.0")] {
        assert_eq!(checked(&tool, "steps", value.clone()), Ok(Value::Integer(20)), "{value:?}");
    }
    assert_eq!(tool.check(&Given::default()).unwrap().0["steps"], Value::Integer(20));
}

#[test]
fn a_required_scalar_without_a_default_must_be_given() {
    let tool = with_parameters(
        "[[parameters]]\nname = \"prompt\"\nlabel = \"Prompt\"\nkind = \"textarea\"\nrequired = true",
    );
    let required = ParameterError::Required { name: "prompt".to_owned() };
    assert_eq!(tool.check(&Given::default()), Err(required.clone()));
    assert_eq!(checked(&tool, "prompt", text("")), Err(required));
    assert_eq!(checked(&tool, "prompt", number("7")), Ok(Value::Text("7".to_owned())));
}

#[test]
fn a_seed_is_a_text_that_holds_any_integer_from_zero() {
    let tool = builtin("wiro/wan2-2-effects-extra");
    let check = |value: Scalar| {
        let mut given = files(&[("inputImage", &["a.jpg"])]);
        given.scalars.insert("seed".to_owned(), value);
        tool.check(&given).map(|values| (values.0["seed"].clone(), tool.seed(&values)))
    };
    assert_eq!(check(text("3572004920")), Ok((Value::Integer(3_572_004_920), 3_572_004_920)));
    assert_eq!(check(text("")), Ok((Value::Integer(42), 42)));
    assert_eq!(check(number("9223372036854775807")).unwrap().1, i64::MAX.unsigned_abs());
    for value in ["9223372036854775808", "-1"] {
        let message = check(text(value)).unwrap_err().to_string();
        assert_eq!(message, "parameter seed must be between 0 and 9223372036854775807");
    }
    assert_eq!(check(text("lucky")), Err(not_a_number("seed")));
}

#[test]
fn options_are_compared_as_text() {
    let tool = builtin("wiro/professional-headshot");
    let check = |value| {
        let mut given = files(&[("inputImageUrl", &["a.jpg"])]);
        given.scalars.insert("safetyTolerance".to_owned(), value);
        tool.check(&given).map(|values| values.0["safetyTolerance"].clone())
    };
    for value in [text("2"), text(" 2"), number("2"), number("2.0")] {
        assert_eq!(check(value), Ok(Value::Text("2".to_owned())));
    }
    for value in [text("3"), number("2.5"), Scalar::Bool(false)] {
        assert_eq!(check(value), Err(ParameterError::NotAnOption { name: "safetyTolerance".to_owned() }));
    }
}

#[test]
fn an_open_choice_takes_other_values_too_but_no_essays() {
    let tool = builtin("wiro/instant-id");
    let check = |value: &str| {
        let mut given = files(&[("inputImageUrl", &["a.jpg"])]);
        given.scalars.insert("selectedModel".to_owned(), text(value));
        tool.check(&given).map(|values| values.0["selectedModel"].clone())
    };
    for (sent, meant) in [("", "79"), ("79", "79"), ("900", "900"), ("12345", "12345")] {
        assert_eq!(check(sent), Ok(Value::Text(meant.to_owned())));
    }
    assert_eq!(
        check(&"9".repeat(201)),
        Err(ParameterError::NotAnOption { name: "selectedModel".to_owned() })
    );
}

#[test]
fn text_is_limited_in_characters_and_loses_only_its_nuls() {
    let tool = with_parameters(
        "[[parameters]]\nname = \"a\"\nlabel = \"A\"\nkind = \"text\"\n\n\
         [[parameters]]\nname = \"b\"\nlabel = \"B\"\nkind = \"textarea\"\nmax_length = 3",
    );
    assert_eq!(checked(&tool, "a", text(&"é".repeat(2_000))), Ok(Value::Text("é".repeat(2_000))));
    let too_long = |name: &str, max| Err(ParameterError::TooLong { name: name.to_owned(), max });
    assert_eq!(checked(&tool, "a", text(&"é".repeat(2_001))), too_long("a", 2_000));
    assert_eq!(checked(&tool, "b", text("four")), too_long("b", 3));
    assert_eq!(checked(&tool, "b", text(" \0ü")), Ok(Value::Text(" ü".to_owned())));
}

#[test]
fn a_picture_sent_empty_is_the_sample_but_one_not_sent_is_missing() {
    let tool = builtin("wiro/virtual-try-on");
    let values = tool.check(&files(&[("inputImageHuman", &[]), ("inputImageClothes", &[])])).unwrap();
    assert_eq!(values.0["inputImageHuman"], Value::Files(vec![sample("wiro-virtual-try-on-input-1-1.jpg")]));
    assert_eq!(
        tool.check(&files(&[("inputImageHuman", &[])])),
        Err(ParameterError::FileRequired { name: "inputImageClothes".to_owned() })
    );
}

#[test]
fn the_published_example_of_the_video_effects_sends_no_picture_and_gets_the_portrait() {
    let tool = builtin("wiro/wan2-2-effects-extra");
    let values = tool.check(&files(&[("inputImage", &[])])).unwrap();
    assert_eq!(values.0["inputImage"], Value::Files(vec![sample("input-portrait-2.jpg")]));
    let missing = ParameterError::FileRequired { name: "inputImage".to_owned() };
    assert_eq!(tool.check(&Given::default()), Err(missing));
}

#[test]
fn a_required_picture_without_any_sample_cannot_be_empty() {
    let tool = builtin("wiro/professional-headshot");
    let missing = ParameterError::FileRequired { name: "inputImageUrl".to_owned() };
    assert_eq!(tool.check(&files(&[("inputImageUrl", &[])])), Err(missing.clone()));
    assert_eq!(tool.check(&scalar("inputImageUrl", text("a.jpg"))), Err(missing), "pictures come as files");
}

#[test]
fn of_too_many_pictures_the_first_ones_are_used() {
    let tool = builtin("wiro/virtual-try-on");
    let given = files(&[("inputImageHuman", &["a", "b"]), ("inputImageClothes", &["c", "d", "e"])]);
    let values = tool.check(&given).unwrap();
    assert_eq!(values.0["inputImageHuman"], Value::Files(vec![sample("a")]));
    assert_eq!(values.0["inputImageClothes"], Value::Files(vec![sample("c"), sample("d")]));
}

#[test]
fn parameters_that_the_tool_does_not_have_are_ignored() {
    let tool = with_parameters("");
    let values = tool.check(&scalar("outputType", text("png"))).unwrap();
    assert_eq!(values, Values([("photo".to_owned(), Value::Files(vec![sample("photo.jpg")]))].into()));
}

fn any_scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        any::<String>().prop_map(Scalar::Text),
        "[-+0-9.eE]{0,24}".prop_map(Scalar::Text),
        any::<i64>().prop_map(|number| Scalar::Number(number.into())),
        any::<f64>().prop_filter_map("finite", serde_json::Number::from_f64).prop_map(Scalar::Number),
        any::<bool>().prop_map(Scalar::Bool),
    ]
}

fn any_given(tool: &Tool) -> impl Strategy<Value = Given> + use<> {
    let names: Vec<_> = tool.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    let name = proptest::sample::select(names);
    let file = "\\PC*".prop_map(InputFile::Url);
    let scalars = proptest::collection::btree_map(name.clone(), any_scalar(), 0..12);
    let files = proptest::collection::btree_map(name, proptest::collection::vec(file, 0..4), 0..4);
    (scalars, files).prop_map(|(scalars, files)| Given { scalars, files })
}

fn any_request() -> impl Strategy<Value = (Tool, Given)> {
    let tools = Catalogue::builtin().unwrap().tools().to_vec();
    proptest::sample::select(tools).prop_flat_map(|tool| {
        let given = any_given(&tool);
        (Just(tool), given)
    })
}

proptest! {
    /// Whatever is sent, the answer is an error or values that are complete, typed and survive the database.
    #[test]
    fn every_request_is_refused_or_complete((tool, given) in any_request()) {
        if let Ok(values) = tool.check(&given) {
            let names: BTreeSet<_> = tool.parameters.iter().map(|parameter| &parameter.name).collect();
            prop_assert!(values.0.keys().eq(names));
            let stored = serde_json::to_string(&values).unwrap();
            prop_assert!(!stored.contains("\\u0000"));
            prop_assert!(serde_json::from_str::<Values>(&stored).is_ok());
            let _ = (tool.seed(&values), tool.price(&values).reserve(), tool.plan(&values));
        }
    }
}
