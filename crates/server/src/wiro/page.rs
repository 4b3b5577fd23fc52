//! The page that documents one tool in plain text, made for people and for language models (`llms.txt`).
//!
//! Its words are part of the dialect: integrators and their generators read them, so that the page of a tool
//! must say exactly what the published one says, odd defaults included. `page.txt` holds what all pages share;
//! only white space is ours.

use std::fmt::Write as _;

use atelier_domain::Tool;
use atelier_domain::catalogue::{Choice, Holds, Parameter};

const TEMPLATE: &str = include_str!("page.txt");

/// Renders the page of a tool on a server whose public address is `base`, without a slash at its end.
pub(crate) fn page(tool: &Tool, base: &str) -> String {
    // Split once instead of replaced one by one: what is filled in may itself look like a placeholder.
    let mut pieces = TEMPLATE.split("<<");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, text) = piece.split_once(">>").unwrap_or_default();
        page += &fill(name, tool, base);
        page += text;
    }
    page
}

fn fill(name: &str, tool: &Tool, base: &str) -> String {
    match name {
        "base" => base.to_owned(),
        "title" => tool.title.clone(),
        "slug" => tool.slug.to_string(),
        "description" => tool.description.clone(),
        "cover" => tool.cover.clone(),
        "categories" => list(&tool.categories),
        "tags" if tool.tags.is_empty() => String::new(),
        "tags" => format!("\nModel tags:\n{}", list(&tool.tags).trim_end()),
        "inputs" => tool.parameters.iter().map(input).collect(),
        "inspires" if tool.inspires.is_empty() => String::new(),
        "inspires" => format!("\n\n## Model Parameter Inspires:\n\n{}", inspires(tool, base)),
        "body" => tool.parameters.iter().map(member).collect(),
        // The tests see an unfilled placeholder as a difference.
        _ => format!("<<{name}>>"),
    }
}

fn list(words: &[String]) -> String {
    words.iter().flat_map(|word| ["  - ", word, "\n"]).collect()
}

fn input(parameter: &Parameter) -> String {
    let Parameter { name, label, help, kind, .. } = parameter;
    let default = match parameter.holds {
        // Only choices that allow other values show theirs in quotes.
        Holds::Choice { open: true, .. } => format!("{:?}", parameter.default_text()),
        _ => parameter.default_text(),
    };
    let kind = kind.word();
    let mut text = format!(
        "  - name: {name}\n    label: {label}\n    help: {help}\n    type: {kind}\n    default: {default}\n"
    );
    if let Holds::Choice { options, .. } = &parameter.holds {
        text += "    options:\n";
        text += &options.iter().map(option).collect::<Vec<_>>().join("\n");
    }
    text + "\n"
}

fn option(option: &Choice) -> String {
    let mut text = format!("      - value: \"{}\"\n        label: {}\n", option.value, option.label);
    if let Some(details) = &option.details {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "        description: {}\n        triggerwords: {}\n        generatesettings: {}\n",
            details.description,
            serde_json::json!(details.trigger_words),
            serde_json::json!(details.generate_settings),
        );
    }
    text
}

fn inspires(tool: &Tool, base: &str) -> String {
    let line = |(name, values): &(String, Vec<String>)| {
        let pictures = tool.parameter(name).is_some_and(Parameter::holds_pictures);
        let folder = if pictures { format!("{base}/uploads/sampleinputs/") } else { String::new() };
        let values: Vec<_> = values.iter().map(|value| format!("{folder}{value}")).collect();
        format!("  - {name}: {}\n", values.join(","))
    };
    let sets = tool.inspires.iter().map(|set| set.0.iter().map(line).collect::<String>());
    sets.flat_map(|set| [set, "\n".to_owned()]).collect()
}

/// A line of the example request.
fn member(parameter: &Parameter) -> String {
    let sample = format!("{:#}", parameter.sample).replace('\n', "\n  ");
    format!("  \"{}\": {sample},\n", parameter.name)
}

#[cfg(test)]
mod tests {
    use atelier_domain::{Catalogue, ToolSlug};

    use super::*;

    /// The published pages, with the host replaced and lines broken at words.
    const PUBLISHED: [(&str, &str); 4] = [
        ("wiro/virtual-try-on", include_str!("../../tests/fixtures/pages/virtual-try-on.txt")),
        ("wiro/professional-headshot", include_str!("../../tests/fixtures/pages/professional-headshot.txt")),
        ("wiro/instant-id", include_str!("../../tests/fixtures/pages/instant-id.txt")),
        ("wiro/wan2-2-effects-extra", include_str!("../../tests/fixtures/pages/wan2-2-effects-extra.txt")),
    ];

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn every_page_says_what_the_published_one_says() {
        let catalogue = Catalogue::builtin().unwrap();
        for (slug, published) in PUBLISHED {
            let tool = catalogue.find(&ToolSlug::parse(slug).unwrap()).unwrap();
            let page = page(tool, "http://atelier.test");
            let (ours, theirs) = (words(&page), words(published));
            let same = ours.iter().zip(&theirs).take_while(|(our, their)| our == their).count();
            assert_eq!(ours.get(same..same + 5), theirs.get(same..same + 5), "{slug}, after {same} words");
            assert!(ours == theirs, "{slug}: one page goes on after the other has ended");
        }
    }

    #[test]
    fn a_text_of_the_catalogue_that_looks_like_a_placeholder_stays_as_it_is() {
        let mut tool = Catalogue::builtin().unwrap().tools()[0].clone();
        tool.description = "about <<base>>".to_owned();
        assert!(page(&tool, "http://atelier.test").contains("Model description: about <<base>>\n"));
    }
}
