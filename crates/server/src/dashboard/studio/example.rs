//! What a form holds before anybody has typed: a tool's defaults, one of its sample sets, or the values of an earlier
//! task. Pictures are named as the API takes them, by sample name or address.

use std::collections::BTreeMap;

use atelier_domain::catalogue::{Holds, Parameter};
use atelier_domain::{InputFile, Task, Tool, Value};

use crate::samples;

/// Texts by parameter name; several for pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown(pub(super) BTreeMap<String, Vec<String>>);

impl Shown {
    /// The text for a parameter that has one.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// Every text for a parameter.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The defaults of a tool, pictures included.
    pub(super) fn defaults(tool: &Tool) -> Self {
        let mut shown = Self::default();
        for parameter in &tool.parameters {
            let texts = match parameter.holds {
                Holds::Pictures { .. } => pictures(parameter),
                _ => vec![parameter.default_text()],
            };
            shown.0.insert(parameter.name.clone(), texts);
        }
        shown
    }

    /// These values with those of a set in their places.
    pub(super) fn with(mut self, set: &[(String, Vec<String>)]) -> Self {
        self.0.extend(set.iter().cloned());
        self
    }

    /// The values that a task ran with, on a server with the public address `base`. Files that its account has deleted
    /// since are refused when they are sent.
    pub(super) fn of_task(tool: &Tool, task: &Task, base: &str) -> Self {
        let mut shown = Self::defaults(tool);
        for (name, value) in &task.values.0 {
            let texts = match value {
                Value::Text(text) => vec![text.clone()],
                Value::Integer(number) => vec![number.to_string()],
                Value::Float(number) => vec![number.to_string()],
                // The echo has the addresses of stored files, which need their names.
                Value::Files(_) => match task.shown_parameters.get(name) {
                    Some(echo) => echoed(echo, base),
                    None => continue,
                },
            };
            shown.0.insert(name.clone(), texts);
        }
        shown
    }
}

/// The addresses in the echo of a picture parameter, in full.
pub(super) fn echoed(echo: &serde_json::Value, base: &str) -> Vec<String> {
    let full = |path: &str| if path.starts_with('/') { format!("{base}{path}") } else { path.to_owned() };
    match echo {
        serde_json::Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(full)).collect(),
        serde_json::Value::String(single) => vec![full(single)],
        _ => Vec::new(),
    }
}

/// The samples that a form begins with: the default, or what the tool's page sends in its example.
fn pictures(parameter: &Parameter) -> Vec<String> {
    let default = parameter.default_text();
    let listed: Vec<String> = match &parameter.sample {
        _ if !default.is_empty() => default.split(',').map(str::to_owned).collect(),
        serde_json::Value::Array(items) => {
            items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
        }
        serde_json::Value::String(name) => vec![name.clone()],
        _ => Vec::new(),
    };
    let mut listed: Vec<_> = listed.into_iter().filter(|name| samples::exists(name)).collect();
    if let (true, Holds::Pictures { empty_means, .. }) = (listed.is_empty(), &parameter.holds) {
        listed = empty_means.iter().filter_map(sample).collect();
    }
    listed
}

fn sample(file: &InputFile) -> Option<String> {
    if let InputFile::Sample(name) = file { Some(name.clone()) } else { None }
}

/// The sets of inputs to try a tool with; its defaults alone where its page has none.
pub(super) fn sets(tool: &Tool) -> Vec<Vec<(String, Vec<String>)>> {
    if !tool.inspires.is_empty() {
        return tool.inspires.iter().map(|set| set.0.clone()).collect();
    }
    let of = |parameter: &Parameter| (parameter.name.clone(), pictures(parameter));
    let set: Vec<_> = tool.parameters.iter().filter(|parameter| parameter.holds_pictures()).map(of).collect();
    if set.iter().all(|(_, names)| names.is_empty()) { Vec::new() } else { vec![set] }
}

#[cfg(test)]
mod tests {
    use atelier_domain::Catalogue;

    use super::*;

    #[test]
    fn every_tool_begins_with_pictures_and_passes_its_own_check_otherwise() {
        for tool in Catalogue::builtin().unwrap().tools() {
            let (shown, sets) = (Shown::defaults(tool), sets(tool));
            assert!(!sets.is_empty(), "{}", tool.slug);
            for parameter in tool.parameters.iter().filter(|parameter| parameter.holds_pictures()) {
                assert!(!shown.all(&parameter.name).is_empty(), "{} {}", tool.slug, parameter.name);
            }
        }
    }

    #[test]
    fn a_set_takes_the_place_of_what_it_names_alone() {
        let shown = Shown(BTreeMap::from([("a".into(), vec!["1".into()]), ("b".into(), vec!["2".into()])]));
        let shown = shown.with(&[("b".into(), vec!["3".into(), "4".into()])]);
        assert_eq!((shown.text("a"), shown.all("b").len(), shown.text("c")), ("1", 2, ""));
    }
}
