//! The catalogue: which tools there are, what they take, cost and make.
//!
//! A tool is one TOML file. `parse` reads it and reports every mistake with its key and line; `check` holds a
//! caller's parameters against it; `plan` turns checked parameters into the job that a runner gets.

mod check;
mod parse;
mod plan;
mod tool;

pub use parse::{FileError, parse_tool};
pub use plan::PlanError;
pub use tool::{Choice, Cover, Inspire, JobRecipe, Parameter, ParameterKind, Price, PriceMethod, Tool};

use crate::ToolSlug;

/// All tools of one server, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tools: Vec<Tool>,
}
