//! Reads TOML so that every mistake is found in one pass and knows its key and line.
//!
//! A getter that finds something wrong reports it and answers with an empty value, so that reading goes on. What
//! was read counts only if nothing was reported: [`Report::finish`] decides.

use std::cell::RefCell;
use std::fmt;

use serde_json::Number;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Scalar;

/// One mistake in a catalogue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// Where: `parameters[3].default`, counted from 0. Empty for the file as a whole.
    pub key: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.message),
            key => write!(f, "line {}: {key}: {}", self.line, self.message),
        }
    }
}

impl std::error::Error for FileError {}

/// The mistakes found so far in a text.
pub(super) struct Report<'r> {
    text: &'r str,
    mistakes: RefCell<Vec<FileError>>,
}

impl<'r> Report<'r> {
    pub(super) fn new(text: &'r str) -> Self {
        Self { text, mistakes: RefCell::default() }
    }

    pub(super) fn add(&self, at: usize, key: &str, message: impl Into<String>) {
        let before = self.text.as_bytes().iter().take(at);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        self.mistakes.borrow_mut().push(FileError { key: key.to_owned(), line, message: message.into() });
    }

    /// The value if nothing was reported, else all mistakes in the order of the text.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FileError>> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| mistake.line);
        value.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }
}

/// A table, with the keys that were asked for: any others in it are mistakes.
pub(super) struct Table<'r> {
    report: &'r Report<'r>,
    entries: &'r DeTable<'r>,
    key: String,
    at: usize,
    asked: RefCell<Vec<&'static str>>,
}

impl<'r> Table<'r> {
    pub(super) fn new(report: &'r Report<'r>, entries: &'r DeTable<'r>, key: String, at: usize) -> Self {
        Self { report, entries, key, at, asked: RefCell::default() }
    }

    pub(super) fn mistake(&self, message: impl Into<String>) {
        self.report.add(self.at, &self.key, message);
    }

    pub(super) fn get(&self, key: &'static str) -> Option<Item<'r>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key).map(|value| self.item(key, value))
    }

    pub(super) fn require(&self, key: &'static str) -> Option<Item<'r>> {
        let item = self.get(key);
        if item.is_none() {
            self.mistake(format!("`{key}` is missing"));
        }
        item
    }

    /// A text that must be there and say something.
    pub(super) fn text(&self, key: &'static str) -> String {
        let Some(item) = self.require(key) else { return String::new() };
        match item.text() {
            Some(text) if text.trim().is_empty() => {
                item.mistake("must not be empty");
                text
            }
            text => text.unwrap_or_default(),
        }
    }

    pub(super) fn texts(&self, key: &'static str) -> Vec<String> {
        self.get(key).map(|item| item.texts()).unwrap_or_default()
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.get(key).and_then(|item| item.flag()).unwrap_or_default()
    }

    /// The items of a list; a list that is absent has none.
    pub(super) fn items(&self, key: &'static str) -> Vec<Item<'r>> {
        self.get(key).map(|item| item.items()).unwrap_or_default()
    }

    /// Every entry that was not asked for, for tables whose keys are names.
    pub(super) fn rest(&self) -> Vec<(&'r str, Item<'r>)> {
        let asked = self.asked.borrow();
        let entries = self.entries.iter().map(|(key, value)| (key.get_ref().as_ref(), value));
        let unasked = entries.filter(|(key, _)| !asked.contains(key));
        unasked.map(|(key, value)| (key, self.item(key, value))).collect()
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        for (_, item) in self.rest() {
            item.mistake(format!("unknown key; known here: {}", self.asked.borrow().join(", ")));
        }
    }

    fn item(&self, key: &str, value: &'r Spanned<DeValue<'r>>) -> Item<'r> {
        let key = if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) };
        Item { report: self.report, value: value.get_ref(), key, at: value.span().start }
    }
}

/// A value and where it stands.
pub(super) struct Item<'r> {
    report: &'r Report<'r>,
    value: &'r DeValue<'r>,
    key: String,
    at: usize,
}

impl<'r> Item<'r> {
    pub(super) fn mistake(&self, message: impl Into<String>) {
        self.report.add(self.at, &self.key, message);
    }

    fn unlike<T>(&self, expected: &str) -> Option<T> {
        self.mistake(format!("must be {expected}, not {}", name_of(self.value)));
        None
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    pub(super) fn text(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => self.unlike("a text in quotes"),
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.unlike("true or false"),
        }
    }

    pub(super) fn count(&self) -> Option<u32> {
        match self.scalar() {
            Some(Scalar::Number(number)) => {
                let count = number.as_u64().and_then(|count| u32::try_from(count).ok());
                count.filter(|count| *count > 0).or_else(|| self.unlike("a whole number from 1"))
            }
            _ => self.unlike("a whole number from 1"),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self.scalar() {
            Some(Scalar::Number(number)) => number.as_f64(),
            _ => self.unlike("a number"),
        }
    }

    /// A text, a finite number or a boolean. Reports nothing.
    pub(super) fn scalar(&self) -> Option<Scalar> {
        match self.value {
            DeValue::String(text) => Some(Scalar::Text(text.clone().into_owned())),
            DeValue::Boolean(flag) => Some(Scalar::Bool(*flag)),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
                Some(Scalar::Number(number.into()))
            }
            DeValue::Float(number) => Number::from_f64(number.as_str().parse().ok()?).map(Scalar::Number),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
        }
    }

    pub(super) fn items(&self) -> Vec<Item<'r>> {
        let DeValue::Array(values) = self.value else {
            return self.unlike("a list").unwrap_or_default();
        };
        let place = |(index, value): (usize, &'r Spanned<DeValue<'r>>)| Item {
            report: self.report,
            value: value.get_ref(),
            key: format!("{}[{index}]", self.key),
            at: value.span().start,
        };
        values.iter().enumerate().map(place).collect()
    }

    /// A list of texts; a single text is a list of one, and the empty text an empty list.
    pub(super) fn texts(&self) -> Vec<String> {
        match self.value {
            DeValue::String(text) if text.is_empty() => Vec::new(),
            DeValue::String(text) => vec![text.clone().into_owned()],
            DeValue::Array(_) => self.items().iter().filter_map(Item::text).collect(),
            _ => self.unlike("a text in quotes or a list of texts").unwrap_or_default(),
        }
    }

    /// The name of one file, without folders.
    pub(super) fn file_name(&self) -> Option<String> {
        let name = self.text()?;
        let plain = is_file_name(&name);
        if !plain {
            self.mistake(NOT_A_FILE_NAME);
        }
        plain.then_some(name)
    }

    /// Names of sample pictures: one text or a list of texts.
    pub(super) fn sample_names(&self) -> Vec<String> {
        let (names, others): (Vec<_>, Vec<_>) = self.texts().into_iter().partition(|name| is_file_name(name));
        if !others.is_empty() {
            self.mistake(NOT_A_FILE_NAME);
        }
        names
    }

    pub(super) fn table(&self) -> Option<Table<'r>> {
        match self.value {
            DeValue::Table(entries) => Some(Table::new(self.report, entries, self.key.clone(), self.at)),
            _ => self.unlike("a table"),
        }
    }

    /// The meaning of a word, which must be one of a vocabulary.
    pub(super) fn word<T>(&self, words: &[&str], from_word: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text()?;
        let meaning = from_word(&text);
        if meaning.is_none() {
            self.mistake(format!("`{text}` is none of: {}", words.join(", ")));
        }
        meaning
    }
}

const NOT_A_FILE_NAME: &str = "must be a file name of letters, digits, `.`, `-` and `_`";

/// Names are joined by commas and put into addresses as they are.
fn is_file_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
}

fn name_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "this whole number",
        DeValue::Float(_) => "this number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
