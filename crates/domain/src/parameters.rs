//! Parameters: what a caller gave, checked against a tool, becomes typed [`Values`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::AccessKey;

/// Where the bytes of an input picture come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFile {
    /// A file that this server stores: an upload.
    Stored(AccessKey),
    /// A sample input, by its file name.
    Sample(String),
    /// An address to fetch it from, http or https.
    Url(String),
}

/// A single value as a caller wrote it, before its parameter's type is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text, also of numbers and booleans sent as text.
    Text(String),
    /// A number, in its own decimal notation.
    Number(serde_json::Number),
    /// A boolean.
    Bool(bool),
}

/// Everything a caller gave for one run, by canonical parameter name, with the dialect's spellings resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// Single values by parameter name. Absent, empty and blank all mean the default.
    pub scalars: BTreeMap<String, Scalar>,
    /// Pictures by parameter name, in the order in which they were sent. An empty list says that the parameter
    /// was sent empty, which asks for its sample; an absent one that it was not sent, which may be an error.
    pub files: BTreeMap<String, Vec<InputFile>>,
}

/// A checked value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Free text or a chosen option.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number. Always finite.
    Float(f64),
    /// Pictures.
    Files(Vec<InputFile>),
}

/// The checked parameters of one run, complete: every parameter of the tool that has a value or a default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(pub BTreeMap<String, Value>);

impl Values {
    /// The stored files among the pictures.
    pub fn stored_files(&self) -> impl Iterator<Item = &AccessKey> {
        let files = self
            .0
            .values()
            .filter_map(|value| if let Value::Files(files) = value { Some(files) } else { None });
        files.flatten().filter_map(|file| if let InputFile::Stored(key) = file { Some(key) } else { None })
    }
}

/// Why a parameter is refused. Each surface words it in its own dialect.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum ParameterError {
    /// A value must be given.
    #[error("parameter {name} is required")]
    Required {
        /// The parameter.
        name: String,
    },
    /// At least one picture must be given.
    #[error("parameter {name} needs a picture")]
    FileRequired {
        /// The parameter.
        name: String,
    },
    /// It must be a number.
    #[error("parameter {name} must be a number")]
    NotANumber {
        /// The parameter.
        name: String,
    },
    /// It lies outside its limits.
    #[error("parameter {name} must be between {min} and {max}")]
    OutOfRange {
        /// The parameter.
        name: String,
        /// The smallest number allowed, in decimal: bounds of 64-bit integers do not fit a float.
        min: String,
        /// The largest number allowed, in decimal.
        max: String,
    },
    /// It is not one of the options.
    #[error("parameter {name} must be one of its options")]
    NotAnOption {
        /// The parameter.
        name: String,
    },
    /// The text is longer than allowed.
    #[error("parameter {name} must have at most {max} characters")]
    TooLong {
        /// The parameter.
        name: String,
        /// The limit.
        max: usize,
    },
}
