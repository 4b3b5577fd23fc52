//! A tool as the rest of the system sees it. Made only by [`super::parse_tool`], which has checked everything:
//! names are unique, defaults are among their options, the job's parameters exist and hold what the job needs.

use crate::vocabulary::vocabulary;
use crate::{InputFile, JobKind, ToolSlug, Value};

use super::Price;

/// One product of the catalogue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tool {
    /// A number that never changes and is never given again, as text.
    pub id: String,
    /// The name in addresses, for example `wiro/virtual-try-on`.
    pub slug: ToolSlug,
    /// The name for people, for example `wiro/Virtual Try-On`. It finds the tool as well.
    pub title: String,
    /// What it does, in a sentence or two.
    pub description: String,
    /// File name of the cover picture.
    pub cover: String,
    /// What it is listed under.
    pub categories: Vec<String>,
    /// More words to find it by.
    pub tags: Vec<String>,
    /// What it takes, in the order of its page.
    pub parameters: Vec<Parameter>,
    /// Sets of inputs to try it with.
    pub inspires: Vec<Inspire>,
    /// The job it makes.
    pub job: JobRecipe,
    /// Prices that apply under conditions, most specific first.
    pub(super) special_prices: Vec<Price>,
    /// The price that applies when no special one does.
    pub(super) price: Price,
}

impl Tool {
    /// The parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Owner and project as the title spells them: `wiro` and `Virtual Try-On`.
    pub fn raw_names(&self) -> (&str, &str) {
        self.title.split_once('/').unwrap_or((&self.slug.owner, &self.title))
    }
}

/// One input of a tool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name in requests.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// A sentence of help; may be empty.
    pub help: String,
    /// How a form asks for it.
    pub kind: ParameterKind,
    /// What its values are.
    pub holds: Holds,
    /// Whether it is an error not to send it, unless a default stands in.
    pub required: bool,
    /// What stands in for it when it is not given.
    pub default: Option<Value>,
    /// What the example request on the tool's page sends for it.
    pub sample: serde_json::Value,
}

impl Parameter {
    /// The default as a page writes it: `5.0`, `a.jpg,b.jpg`, or nothing.
    pub fn default_text(&self) -> String {
        self.default.as_ref().map(text_of).unwrap_or_default()
    }

    /// The options of a choice; none for any other parameter.
    pub fn options(&self) -> &[Choice] {
        match &self.holds {
            Holds::Choice { options, .. } => options,
            _ => &[],
        }
    }

    /// Whether it takes pictures.
    pub fn holds_pictures(&self) -> bool {
        matches!(self.holds, Holds::Pictures { .. })
    }

    /// The limits of a number, where it has any.
    pub fn limits(&self) -> Option<Limits> {
        match self.holds {
            Holds::Integer { limits, .. } | Holds::Number { limits } => limits,
            _ => None,
        }
    }
}

/// A value as pages and price conditions write it. Samples are written by their names.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Files(files) => files.iter().filter_map(sample_name).collect::<Vec<_>>().join(","),
    }
}

fn sample_name(file: &InputFile) -> Option<&str> {
    match file {
        InputFile::Sample(name) => Some(name),
        InputFile::Stored(_) | InputFile::Url(_) => None,
    }
}

/// What the values of a parameter are, with the rules that they are checked by.
#[derive(Debug, Clone, PartialEq)]
pub enum Holds {
    /// Free text.
    Text {
        /// Characters allowed.
        max_length: usize,
    },
    /// One of some options.
    Choice {
        /// The options, in the order of the page; a value may stand there twice.
        options: Vec<Choice>,
        /// Whether other values are allowed too.
        open: bool,
    },
    /// A whole number.
    Integer {
        /// Its limits; without any it lies in 0..=2^63-1.
        limits: Option<Limits>,
        /// Whether 0 asks for the default: some forms send it for a field that was left alone.
        zero_means_default: bool,
    },
    /// A finite number.
    Number {
        /// Its limits, if any.
        limits: Option<Limits>,
    },
    /// Pictures.
    Pictures {
        /// How many are used; more are ignored.
        most: usize,
        /// The samples that stand in when it is sent empty; empty itself where the default does.
        empty_means: Vec<InputFile>,
    },
}

/// The limits of a number, both allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The smallest number.
    pub min: f64,
    /// The largest number.
    pub max: f64,
    /// The step that a form offers. Numbers between steps are allowed.
    pub step: Option<f64>,
}

impl Limits {
    pub(super) fn contain(self, number: f64) -> bool {
        (self.min..=self.max).contains(&number)
    }
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What requests send.
    pub value: String,
    /// Its name for people.
    pub label: String,
    /// The job's word for it, where that is not the value itself.
    pub means: Option<String>,
    /// What the page tells about it further, where it does.
    pub details: Option<ChoiceDetails>,
}

impl Choice {
    /// The job's word for it.
    pub fn meaning(&self) -> &str {
        self.means.as_deref().unwrap_or(&self.value)
    }
}

/// What a page tells about an option that is a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceDetails {
    /// A sentence about it.
    pub description: String,
    /// Words that its prompts need.
    pub trigger_words: Vec<String>,
    /// Settings it works best with.
    pub generate_settings: Vec<String>,
}

/// A set of inputs to try a tool with: parameter names and values in page order. Pictures are names of samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspire(pub Vec<(String, Vec<String>)>);

/// The job that a tool makes, and which parameter feeds which of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecipe {
    /// The kind of job.
    pub kind: JobKind,
    /// Field of the job to name of the parameter, in the order of the fields.
    pub feeds: Vec<(String, String)>,
    /// The parameter that holds the seed, if the tool has one.
    pub seed: Option<String>,
}

impl JobRecipe {
    /// The parameter that feeds a field.
    pub(super) fn feed(&self, field: &str) -> Option<&str> {
        let feed = self.feeds.iter().find(|(name, _)| name == field);
        feed.map(|(_, parameter)| parameter.as_str())
    }
}

vocabulary!(
    /// How a form asks for a parameter. Catalogue files and pages use the words that integrators know.
    ParameterKind {
        /// One line of text.
        Text = "text",
        /// Several lines of text.
        LongText = "textarea",
        /// A list to choose from.
        Choice = "select",
        /// A whole number.
        Integer = "number",
        /// A number with decimals.
        Number = "float",
        /// A slider.
        Slider = "range",
        /// One picture.
        Picture = "fileinput",
        /// Several pictures.
        Pictures = "multifileinput",
        /// One or several pictures, uploaded or by address.
        PicturesOrAddresses = "combinefileinput",
    }
);
