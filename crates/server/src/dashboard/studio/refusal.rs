//! Refusals of a run in words for people, each at the field that caused it.

use atelier_domain::ParameterError;
use serde::Serialize;

use super::super::error::DashboardError;
use crate::wiro::envelope::WiroError;

/// Why a run was not accepted. Nothing was charged or lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Refusal {
    /// The parameter that caused it; none if it is about the whole run.
    pub(super) field: Option<String>,
    /// What is wrong, as a sentence.
    pub(super) text: String,
}

impl Refusal {
    fn at(field: &str, text: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), text: text.into() }
    }

    /// One that is about the whole run.
    pub(super) fn whole(text: impl Into<String>) -> Self {
        Self { field: None, text: text.into() }
    }
}

impl From<&ParameterError> for Refusal {
    fn from(error: &ParameterError) -> Self {
        match error {
            ParameterError::Required { name } => Self::at(name, "Fill this in."),
            ParameterError::FileRequired { name } => Self::at(name, "Choose a picture."),
            ParameterError::NotANumber { name } => Self::at(name, "This is not a number."),
            ParameterError::OutOfRange { name, min, max } => {
                Self::at(name, format!("This must be between {min} and {max}."))
            }
            ParameterError::NotAnOption { name } => Self::at(name, "This must be one of the options."),
            ParameterError::TooLong { name, max } => {
                Self::at(name, format!("This must have at most {max} characters."))
            }
        }
    }
}

/// The refusal for the public API's error; those that are not about this run stay errors of the page.
pub(super) fn of(error: WiroError) -> Result<Refusal, DashboardError> {
    Ok(match error {
        WiroError::Parameter(error) => Refusal::from(&error),
        WiroError::File(name, rest) => {
            Refusal::at(&name, format!("The picture {}.", rest.trim_end_matches('.')))
        }
        WiroError::Balance => Refusal::whole("The credit of this account does not cover the run."),
        WiroError::TooManyTasks(balance, limit) => Refusal::whole(format!(
            "With a balance of ${}, {limit} {} may be unfinished at a time. Wait for one to end, or add credit.",
            balance.cents(),
            if limit == 1 { "task" } else { "tasks" }
        )),
        WiroError::TooManyRequests(wait) => {
            Refusal::whole(format!("Too many runs at once. Try again in {} s.", wait.whole_seconds()))
        }
        WiroError::BadBody => return Err(DashboardError::BadForm),
        WiroError::ToolNotAccessible => Refusal::whole("Nothing on this server runs this tool now."),
        WiroError::UnknownTool | WiroError::NotYours => return Err(DashboardError::NotFound),
        _ => return Err(DashboardError::Internal),
    })
}
