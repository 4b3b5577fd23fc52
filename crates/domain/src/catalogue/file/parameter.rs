//! The `[[parameters]]` tables.

use serde_json::json;

use crate::{InputFile, Scalar, Value};

use crate::catalogue::check::text;
use crate::catalogue::tool::{Choice, ChoiceDetails, Holds, Limits, Parameter, ParameterKind, text_of};

use super::reader::{Item, Table};

/// Characters allowed where a file sets no `max_length`.
const LINE: u32 = 2_000;
const LONG_TEXT: u32 = 10_000;

/// The parameters of a file.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) read: Vec<Parameter>,
    /// Names of parameters that have mistakes: using such a name is not one more.
    unread: Vec<String>,
}

impl Parameters {
    /// The parameter of a name and its place on the page. Reports a name that the file does not have.
    pub(super) fn find(&self, item: &Item<'_>, name: &str) -> Option<(usize, &Parameter)> {
        let found = self.read.iter().enumerate().find(|(_, parameter)| parameter.name == name);
        if found.is_none() && !self.unread.iter().any(|unread| unread == name) {
            item.mistake(format!("no parameter is called `{name}`"));
        }
        found
    }
}

pub(super) fn read_all(root: &Table<'_>) -> Parameters {
    let mut parameters = Parameters::default();
    for item in root.items("parameters") {
        let Some(table) = item.table() else { continue };
        let name = read_name(&table);
        let mut others = parameters.read.iter().map(|other| &other.name).chain(&parameters.unread);
        if others.any(|other| *other == name) {
            item.mistake(format!("`{name}` is the name of two parameters"));
        }
        match read(table, name.clone()) {
            Some(parameter) => parameters.read.push(parameter),
            None => parameters.unread.push(name),
        }
    }
    parameters
}

fn read(table: Table<'_>, name: String) -> Option<Parameter> {
    let label = table.text("label");
    let help = table.get("help").and_then(|item| item.text()).unwrap_or_default();
    let required = table.flag("required");
    let kind = table.require("kind");
    let kind = kind.and_then(|item| item.word(ParameterKind::WORDS, ParameterKind::from_word))?;
    let holds = read_holds(&table, kind);
    let default = table.get("default");
    let sample = table.get("sample");
    table.finish();
    let mut parameter =
        Parameter { name, label, help, kind, holds, required, default: None, sample: json!("") };
    if let Some(default) = default {
        parameter.default = read_default(&default, &parameter);
    }
    parameter.sample = match sample {
        Some(item) => read_sample(&item),
        None => example(&parameter),
    };
    Some(parameter)
}

fn read_name(table: &Table<'_>) -> String {
    let Some(item) = table.require("name") else { return String::new() };
    let name = item.text().unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        item.mistake("must be a name of letters, digits and `_`");
    }
    name
}

/// Only the keys that belong to what the parameter holds are asked for, so that all others are mistakes.
fn read_holds(table: &Table<'_>, kind: ParameterKind) -> Holds {
    let picture = |most| Holds::Pictures {
        most,
        empty_means: table.get("empty_means").map(|item| samples(&item, most)).unwrap_or_default(),
    };
    match kind {
        ParameterKind::Text => {
            let words = ["text", "integer", "picture"];
            let known = |word: &str| words.into_iter().find(|known| *known == word);
            match table.get("holds").and_then(|item| item.word(&words, known)) {
                Some("integer") => read_integer(table),
                Some("picture") => picture(1),
                _ => read_text(table, LINE),
            }
        }
        ParameterKind::LongText => read_text(table, LONG_TEXT),
        ParameterKind::Choice => Holds::Choice { options: read_options(table), open: table.flag("open") },
        ParameterKind::Integer => read_integer(table),
        ParameterKind::Number => Holds::Number { limits: read_limits(table) },
        ParameterKind::Slider => {
            let limits = read_limits(table);
            if limits.is_none() {
                table.mistake("a range needs `min` and `max`");
            }
            Holds::Number { limits }
        }
        ParameterKind::Picture => picture(1),
        ParameterKind::Pictures | ParameterKind::PicturesOrAddresses => {
            let most = table.require("max_files").and_then(|item| item.count());
            picture(most.map_or(1, |most| most as usize))
        }
    }
}

fn read_text(table: &Table<'_>, usual: u32) -> Holds {
    let max_length = table.get("max_length").and_then(|item| item.count());
    Holds::Text { max_length: max_length.unwrap_or(usual) as usize }
}

fn read_integer(table: &Table<'_>) -> Holds {
    let limits = read_limits(table);
    if limits.is_some_and(|limits| limits.min.fract() != 0.0 || limits.max.fract() != 0.0) {
        table.mistake("the limits of a whole number must be whole");
    }
    Holds::Integer { limits, zero_means_default: table.flag("zero_means_default") }
}

fn read_limits(table: &Table<'_>) -> Option<Limits> {
    let [min, max, step] = ["min", "max", "step"].map(|key| table.get(key));
    let step = step.and_then(|item| {
        let step = item.number()?;
        if step <= 0.0 {
            item.mistake("must be more than 0");
        }
        Some(step)
    });
    match (min, max) {
        (Some(min), Some(max)) => {
            let limits = Limits { min: min.number()?, max: max.number()?, step };
            if limits.min > limits.max {
                min.mistake(format!("must not be above `max`, which is {}", limits.max));
            }
            Some(limits)
        }
        (None, None) => None,
        _ => {
            table.mistake("`min` and `max` must be given together");
            None
        }
    }
}

fn read_options(table: &Table<'_>) -> Vec<Choice> {
    let options = table.require("options").map(|item| item.items()).unwrap_or_default();
    options.iter().filter_map(read_option).collect()
}

/// A table, or a text that is value and label at once. Two options may have the same value.
fn read_option(item: &Item<'_>) -> Option<Choice> {
    if item.is_text() {
        let value = item.text()?;
        return Some(Choice { label: value.clone(), value, means: None, details: None });
    }
    let table = item.table()?;
    let value = table.require("value").and_then(|item| item.text());
    let label = table.text("label");
    let means = table.get("means").and_then(|item| item.text());
    let details = table.get("description").and_then(|item| item.text()).map(|description| ChoiceDetails {
        description,
        trigger_words: table.texts("triggerwords"),
        generate_settings: table.texts("generatesettings"),
    });
    table.finish();
    Some(Choice { value: value?, label, means, details })
}

/// A default must be what a caller could send.
fn read_default(item: &Item<'_>, parameter: &Parameter) -> Option<Value> {
    let checked = match &parameter.holds {
        Holds::Pictures { most, .. } => {
            let files = samples(item, *most);
            return (!files.is_empty()).then_some(Value::Files(files));
        }
        Holds::Text { .. } | Holds::Choice { .. } => parameter.check_text(&item.text()?),
        Holds::Integer { .. } | Holds::Number { .. } => {
            parameter.check_text(&item.scalar().map(|scalar| text(&scalar)).unwrap_or_default())
        }
    };
    match checked {
        Ok(Some(value)) => return Some(value),
        Ok(None) => item.mistake("must not be 0, which asks for the default"),
        Err(error) => item.mistake(error.to_string()),
    }
    // Any value: a wrong default is not a missing one, which would be a second mistake.
    Some(Value::Text(String::new()))
}

fn samples(item: &Item<'_>, most: usize) -> Vec<InputFile> {
    let names = item.sample_names();
    if names.len() > most {
        item.mistake(format!("must be {most} at most"));
    }
    names.into_iter().map(InputFile::Sample).collect()
}

fn read_sample(item: &Item<'_>) -> serde_json::Value {
    match item.scalar() {
        Some(Scalar::Text(text)) => text.into(),
        Some(Scalar::Number(number)) => number.into(),
        Some(Scalar::Bool(flag)) => flag.into(),
        None => item.texts().into(),
    }
}

/// What the example request sends where the file does not say: the default, with the JSON types that the
/// published examples use. Whole numbers are numbers there, but decimals are texts.
fn example(parameter: &Parameter) -> serde_json::Value {
    match (&parameter.holds, &parameter.default) {
        (Holds::Pictures { most, .. }, Some(Value::Files(files))) if *most > 1 => {
            let names = files.iter().map(|file| Value::Files(vec![file.clone()]));
            names.map(|file| text_of(&file)).collect()
        }
        (_, Some(Value::Integer(number))) if parameter.kind == ParameterKind::Integer => json!(number),
        _ => json!(parameter.default_text()),
    }
}
