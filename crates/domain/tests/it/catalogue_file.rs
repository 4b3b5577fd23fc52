//! Reading catalogue files: everything wrong is found at once, with key and line.

use atelier_domain::catalogue::{CatalogueError, parse_tool};
use atelier_domain::{Catalogue, ToolSlug};
use proptest::prelude::*;

const TRY_ON: &str = include_str!("../../../../catalog/virtual-try-on.toml");

/// The mistakes after one replacement in the file of the try-on, whose `from` must be there.
fn mistakes_after(from: &str, to: &str) -> Vec<String> {
    assert!(TRY_ON.contains(from), "{from} is not in the file");
    let mistakes = parse_tool(&TRY_ON.replacen(from, to, 1)).expect_err(to);
    mistakes.iter().map(ToString::to_string).collect()
}

fn line_of(text: &str) -> usize {
    1 + TRY_ON[..TRY_ON.find(text).unwrap()].matches('\n').count()
}

const EVERYTHING_WRONG: &str = r#"id = "0x10"
slug = "wiro/--"
title = "wiro/Everything Wrong"
cover = "../cover.png"
categories = [1, "tool"]
colour = "red"

[job]
kind = "try-on"
person = "photo"
garments = "missing"
style = "style"

[[parameters]]
name = "photo"
label = "Photo"
kind = "combinefileinput"
max_files = 3

[[parameters]]
name = "style"
label = ""
kind = "select"
default = "winter"
options = [
    "studio",
    { value = "beach", lable = "At the beach" },
]

[[parameters]]
name = "style"
label = "Style"
kind = "dropdown"

[[parameters]]
name = "steps"
label = "Steps"
kind = "number"
default = "many"
min = 9
max = 1

[[inspires]]
phto = "a.jpg"

[[prices]]
method = "cps"
amount = "0,09"
"#;

/// How its mistakes begin.
const ITS_MISTAKES: [&str; 21] = [
    r#"line 1: id: must be a number in quotes, such as "1700""#,
    "line 1: `description` is missing",
    "line 2: slug: must have the form owner/name, with a letter or digit in both",
    "line 4: cover: must be a file name of letters, digits, `.`, `-` and `_`",
    "line 5: categories[0]: must be a text in quotes, not this whole number",
    "line 6: colour: unknown key; known here: ",
    "line 10: job.person: the job takes 1 of them, but parameter `photo` takes 3",
    "line 10: job.person: parameter `photo` must be required or have a default",
    "line 11: job.garments: no parameter is called `missing`",
    "line 12: job.style: option `beach` of `style` means `beach`, which is none of: keep-scene",
    "line 22: parameters[1].label: must not be empty",
    "line 24: parameters[1].default: parameter style must be one of its options",
    "line 27: parameters[1].options[1]: `label` is missing",
    "line 27: parameters[1].options[1].lable: unknown key; known here: value, label, means, description",
    "line 30: parameters[2]: `style` is the name of two parameters",
    "line 33: parameters[2].kind: `dropdown` is none of: text, textarea, select",
    "line 39: parameters[3].default: parameter steps must be a number",
    "line 40: parameters[3].min: must not be above `max`, which is 1",
    "line 44: inspires[0].phto: no parameter is called `phto`",
    "line 46: prices[0]: `reserve` is missing",
    r#"line 48: prices[0].amount: must be dollars as a decimal text such as "0.09""#,
];

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let mistakes = parse_tool(EVERYTHING_WRONG).unwrap_err();
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    for (line, expected) in lines.iter().zip(ITS_MISTAKES) {
        assert!(line.starts_with(expected), "{expected}\n{line}\nall: {lines:#?}");
    }
    assert_eq!(lines.len(), ITS_MISTAKES.len(), "{lines:#?}");
}

#[test]
fn broken_toml_is_reported_with_its_lines_and_nothing_is_made_of_the_rest() {
    let mistakes = parse_tool("id = \"1\"\nslug = \ntitle = wiro\n").unwrap_err();
    let lines: Vec<_> = mistakes.iter().map(|mistake| (mistake.key.as_str(), mistake.line)).collect();
    assert_eq!(lines, [("", 2), ("", 3)], "{mistakes:#?}");
}

#[test]
fn a_job_is_fed_only_by_parameters_that_hold_what_it_needs() {
    let line = line_of("garments = ");
    let wrong_kind = mistakes_after("garments = \"inputImageClothes\"", "garments = \"pose\"");
    assert_eq!(wrong_kind, [format!("line {line}: job.garments: parameter `pose` must hold pictures")]);

    let three = mistakes_after("max_files = 2", "max_files = 3");
    assert!(
        three[0].ends_with("the job takes 2 of them, but parameter `inputImageClothes` takes 3"),
        "{three:?}"
    );

    let word = mistakes_after("means = \"keep-scene\"", "means = \"keep\"");
    assert!(word[0].contains("option `virtual-try-on` of `style` means `keep`"), "{word:?}");

    let seed = mistakes_after("shot = \"plan\"", "shot = \"plan\"\nseed = \"pose\"");
    assert!(seed[0].ends_with("parameter `pose` must hold whole numbers from 0"), "{seed:?}");

    let field = mistakes_after("shot = \"plan\"", "shots = \"plan\"");
    assert!(field[0].contains("job.shots: unknown key; known here: kind, seed, person"), "{field:?}");
}

#[test]
fn a_kind_of_job_that_does_not_exist_is_named_with_those_that_do() {
    let mistakes = mistakes_after("kind = \"try-on\"", "kind = \"tryon\"");
    let known = "try-on, headshot, identity-portrait, video-effect";
    assert_eq!(
        mistakes,
        [format!("line {}: job.kind: `tryon` is none of: {known}", line_of("kind = \"try-on\""))]
    );
}

#[test]
fn prices_are_exact_and_one_of_them_always_applies() {
    for amount in ["-0.09", "9e-2", "0.0000000000001", "free"] {
        let mistakes = mistakes_after("amount = \"0.09\"", &format!("amount = \"{amount}\""));
        assert!(mistakes[0].contains("prices[0].amount: must be dollars"), "{mistakes:?}");
    }
    let number = mistakes_after("amount = \"0.09\"", "amount = 0.09");
    assert!(number[0].ends_with("must be a text in quotes, not this number"), "{number:?}");

    let conditional = "amount = \"0.09\"\ninputs = { style = \"studio\" }";
    let mistakes = mistakes_after("amount = \"0.09\"", conditional);
    assert_eq!(mistakes, ["line 1: one of `prices` must have no `inputs`, so that it always applies"]);

    let unknown = "amount = \"0.09\"\ninputs = { style = \"beach\", inputImageClothes = \"2\" }";
    let mistakes = mistakes_after("amount = \"0.09\"", unknown);
    assert!(mistakes.iter().any(|line| line.ends_with("`beach` is none of the options of `style`")));
    assert!(mistakes.iter().any(|line| line.ends_with("such as \"QUANTITY:2\"")), "{mistakes:?}");
}

#[test]
fn an_option_may_stand_twice_and_an_open_choice_may_default_to_none_of_its_options() {
    let instant_id = crate::builtin("wiro/instant-id");
    let schedulers = instant_id.parameter("scheduler").unwrap().options();
    assert_eq!(schedulers.iter().filter(|option| option.value == "EulerDiscreteScheduler").count(), 2);
    assert_eq!(instant_id.parameter("selectedModel").unwrap().default_text(), "79");
}

#[test]
fn a_tool_is_found_by_address_and_by_title_and_by_nothing_else() {
    let catalogue = Catalogue::builtin().unwrap();
    for name in ["wiro/Virtual Try-On", "wiro/virtual-try-on", "WIRO/ virtual_try_on"] {
        assert_eq!(catalogue.find(&ToolSlug::parse(name).unwrap()).unwrap().id, "1611", "{name}");
    }
    for name in ["wiro/wan2.2-effects-extra", "wiro/wan2-2-effects-extra"] {
        assert!(catalogue.find(&ToolSlug::parse(name).unwrap()).is_some(), "{name}");
    }
    assert_eq!(catalogue.find(&ToolSlug::parse("acme/virtual-try-on").unwrap()), None);
}

#[test]
fn names_and_ids_belong_to_one_tool() {
    let mut catalogue = Catalogue::builtin().unwrap();
    for (file, taken) in [
        (TRY_ON.to_owned(), "wiro/virtual-try-on"),
        (TRY_ON.replace("wiro/", "acme/"), "id 1611"),
        (TRY_ON.replace("1611", "9999").replace("wiro/virtual-try-on", "wiro/other"), "wiro/virtual-try-on"),
    ] {
        match catalogue.add_file("copy.toml", &file) {
            Err(CatalogueError::Duplicate { duplicate, .. }) => assert_eq!(duplicate.taken, taken),
            other => panic!("{other:?}"),
        }
    }
    let copy = TRY_ON.replace("1611", "9999").replace("wiro/", "acme/");
    assert_eq!(catalogue.add_file("copy.toml", &copy), Ok(()));
}

#[test]
fn an_error_about_a_file_names_it_and_lists_its_mistakes() {
    let error = Catalogue::default().add_file("bad.toml", "id = 1\nslug = 2\n").unwrap_err().to_string();
    assert!(error.starts_with("catalogue file bad.toml has mistakes:\n  line 1: "), "{error}");
    assert!(error.contains("\n  line 2: slug: must be a text in quotes"), "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = parse_tool(&text);
    }

    /// Half a file, or a file with a piece of another value in it, is where readers break.
    #[test]
    fn no_damage_to_a_good_file_makes_the_reader_panic(
        at in 0..TRY_ON.len(),
        skipped in 0..40_usize,
        put in "[\\[\\]{}\"=.,0-9a-z\n-]{0,8}",
    ) {
        let before = TRY_ON.get(..at).unwrap_or_default();
        let after = TRY_ON.get(at + skipped..).unwrap_or_default();
        if let Err(mistakes) = parse_tool(&format!("{before}{put}{after}")) {
            prop_assert!(!mistakes.is_empty());
        }
    }
}
