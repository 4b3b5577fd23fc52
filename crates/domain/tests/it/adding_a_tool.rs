//! The document about adding a tool, kept true.

use std::collections::BTreeSet;

use atelier_domain::catalogue::parse_tool;
use atelier_domain::{Catalogue, InputRole, Job, Style, ToolSlug};

use crate::{files, text};

const DOCUMENT: &str = include_str!("../../../../docs/adding-a-tool.md");

fn first_block(language: &str) -> &'static str {
    let (_, from) = DOCUMENT.split_once(&format!("```{language}\n")).unwrap();
    from.split("```").next().unwrap()
}

#[test]
fn the_example_is_a_tool_that_joins_the_catalogue_and_makes_a_try_on() {
    let mut catalogue = Catalogue::builtin().unwrap();
    catalogue.add_file("dress-me.toml", first_block("toml")).unwrap_or_else(|error| panic!("{error}"));
    let tool = catalogue.find(&ToolSlug::parse("acme/Dress Me").unwrap()).unwrap();

    let mut given = files(&[("me", &["me.jpg"]), ("outfit", &["coat.jpg"])]);
    given.scalars.insert("place".to_owned(), text("street"));
    given.scalars.insert("luck".to_owned(), text("7"));
    let values = tool.check(&given).unwrap();
    assert_eq!(tool.seed(&values), 7);
    assert_eq!(tool.parameter_of(InputRole::Garment(0)), "outfit");
    let Job::TryOn(job) = tool.plan(&values).unwrap() else { panic!("not a try-on") };
    assert_eq!((job.garments.len(), job.style), (1, Style::Outdoor));
}

#[test]
fn the_mistakes_it_shows_are_those_of_the_example_when_misspelt() {
    let misspelt = first_block("toml").replace("\"me\"\ngarments", "\"myself\"\ngarments");
    let misspelt = misspelt.replace("default = \"here\"", "default = \"home\"");
    let mistakes = parse_tool(&misspelt).unwrap_err();
    let shown: Vec<_> = first_block("text").lines().collect();
    assert_eq!(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(), shown);
}

/// Every key that a table of a catalogue file knows is a row of the document. The reader itself says which it
/// knows, when it meets one that it does not.
#[test]
fn every_key_is_explained() {
    let strange =
        "strange = 1\n[job]\nkind = \"try-on\"\nstrange = 1\n[[prices]]\nmethod = \"cps\"\nstrange = 1\n";
    let kinds = ["text", "textarea", "select", "number", "float", "range", "fileinput", "combinefileinput"];
    let parameter = |kind| format!("[[parameters]]\nname = \"{kind}\"\nkind = \"{kind}\"\nstrange = 1\n");
    let option = "[[parameters]]\nname = \"o\"\nkind = \"select\"\n[[parameters.options]]\ndescription = \"\"\nstrange = 1\n";
    let file = format!("{strange}{}{option}", kinds.map(parameter).concat());

    let mistakes = parse_tool(&file).unwrap_err();
    let known =
        mistakes.iter().filter_map(|mistake| mistake.message.strip_prefix("unknown key; known here: "));
    let known: BTreeSet<_> = known.flat_map(|keys| keys.split(", ")).collect();
    assert!(known.len() > 35, "{known:?}");
    for key in known {
        assert!(DOCUMENT.contains(&format!("| `{key}` |")), "`{key}` is not explained");
    }
}
