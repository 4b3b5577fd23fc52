//! A caller's parameters against a tool: coerced to the declared types, limited, completed with defaults.

use crate::{Given, InputFile, ParameterError, Scalar, Tool, Value, Values};

use super::tool::{Holds, Limits, Parameter};

/// Whole numbers above this are not exact in a float, so a float that large cannot stand for one.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Characters in a value of an open choice that is none of its options.
const LONGEST_OPEN_VALUE: usize = 200;

impl Tool {
    /// The complete, typed values for one run, or the first parameter that is wrong, in page order.
    /// Parameters that the tool does not have are ignored.
    pub fn check(&self, given: &Given) -> Result<Values, ParameterError> {
        let mut values = Values::default();
        for parameter in &self.parameters {
            let value = match &parameter.holds {
                Holds::Pictures { most, empty_means } => {
                    parameter.check_pictures(given.files.get(&parameter.name), *most, empty_means)?
                }
                _ => parameter.check_scalar(given.scalars.get(&parameter.name))?,
            };
            if let Some(value) = value {
                values.0.insert(parameter.name.clone(), value);
            }
        }
        Ok(values)
    }
}

impl Parameter {
    /// Not sent and sent empty differ: many clients send every field, and an empty one asks for the sample.
    fn check_pictures(
        &self,
        given: Option<&Vec<InputFile>>,
        most: usize,
        empty_means: &[InputFile],
    ) -> Result<Option<Value>, ParameterError> {
        match given {
            Some(files) if !files.is_empty() => {
                Ok(Some(Value::Files(files.iter().take(most).cloned().collect())))
            }
            Some(_) if !empty_means.is_empty() => Ok(Some(Value::Files(empty_means.to_vec()))),
            _ if self.required && (given.is_none() || self.default.is_none()) => {
                Err(ParameterError::FileRequired { name: self.name.clone() })
            }
            _ => Ok(self.default.clone()),
        }
    }

    fn check_scalar(&self, given: Option<&Scalar>) -> Result<Option<Value>, ParameterError> {
        match given.map(text) {
            Some(text) if !text.trim().is_empty() => self.check_text(&text),
            _ => self.standing_in(),
        }
    }

    /// What stands in for a value that was not given.
    fn standing_in(&self) -> Result<Option<Value>, ParameterError> {
        match &self.default {
            None if self.required => Err(ParameterError::Required { name: self.name.clone() }),
            default => Ok(default.clone()),
        }
    }

    /// The value of a text that is not empty.
    pub(super) fn check_text(&self, text: &str) -> Result<Option<Value>, ParameterError> {
        let name = || self.name.clone();
        match &self.holds {
            Holds::Text { max_length } if text.chars().count() > *max_length => {
                Err(ParameterError::TooLong { name: name(), max: *max_length })
            }
            Holds::Text { .. } => Ok(Some(Value::Text(text.to_owned()))),
            Holds::Choice { options, open } => {
                let value = text.trim();
                let known = options.iter().any(|option| option.value == value);
                let allowed = known || *open && value.chars().count() <= LONGEST_OPEN_VALUE;
                let chosen = allowed.then(|| Some(Value::Text(value.to_owned())));
                chosen.ok_or_else(|| ParameterError::NotAnOption { name: name() })
            }
            Holds::Integer { limits, zero_means_default } => match self.whole(text)? {
                Some(0) if *zero_means_default => self.standing_in(),
                number => Ok(Some(Value::Integer(self.inside(number, *limits)?))),
            },
            Holds::Number { limits } => Ok(Some(Value::Float(self.number(text, *limits)?))),
            Holds::Pictures { .. } => Ok(None),
        }
    }
}

impl Parameter {
    /// A whole number; `None` for one too large to be held exactly.
    fn whole(&self, text: &str) -> Result<Option<i64>, ParameterError> {
        if let Ok(number) = text.trim().parse() {
            return Ok(Some(number));
        }
        match self.float(text.trim())? {
            number if number.fract() != 0.0 => Err(self.not_a_number()),
            number => Ok((number.abs() <= LARGEST_EXACT).then_some(number as i64)),
        }
    }

    fn inside(&self, number: Option<i64>, limits: Option<Limits>) -> Result<i64, ParameterError> {
        let inside = number.filter(|number| match limits {
            Some(limits) => limits.contain(*number as f64),
            None => *number >= 0,
        });
        inside.ok_or_else(|| match limits {
            Some(limits) => self.out_of_range(limits),
            None => ParameterError::OutOfRange {
                name: self.name.clone(),
                min: "0".to_owned(),
                max: i64::MAX.to_string(),
            },
        })
    }

    fn number(&self, text: &str, limits: Option<Limits>) -> Result<f64, ParameterError> {
        let number = self.float(text.trim())?;
        match limits {
            Some(limits) if !limits.contain(number) => Err(self.out_of_range(limits)),
            _ => Ok(number),
        }
    }

    /// Finite: `NaN`, `inf` and `1e400` are no numbers.
    fn float(&self, text: &str) -> Result<f64, ParameterError> {
        text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| self.not_a_number())
    }

    fn not_a_number(&self) -> ParameterError {
        ParameterError::NotANumber { name: self.name.clone() }
    }

    fn out_of_range(&self, limits: Limits) -> ParameterError {
        ParameterError::OutOfRange {
            name: self.name.clone(),
            min: limits.min.to_string(),
            max: limits.max.to_string(),
        }
    }
}

/// A scalar as text, a whole number always without decimals: the same value comes as `2`, `2.0` or `"2"`.
/// Without NUL, which PostgreSQL cannot store in text.
pub(super) fn text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.replace('\0', ""),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= LARGEST_EXACT => {
                (float as i64).to_string()
            }
            _ => number.to_string(),
        },
    }
}
