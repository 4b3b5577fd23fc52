//! The catalogue: which tools there are, what they take, cost and make.
//!
//! A tool is one TOML file; `docs/adding-a-tool.md` describes it. [`parse_tool`] reads it and reports every
//! mistake with its key and line; [`Tool::check`] holds a caller's parameters against it; [`Tool::plan`] turns
//! checked parameters into the job that a runner gets; [`Tool::price`] says what that costs.

mod check;
mod file;
mod plan;
mod price;
mod tool;

use include_dir::{Dir, include_dir};
use thiserror::Error;

pub use file::{FileError, parse_tool};
pub use plan::PlanError;
pub use price::{OutputUsage, Price, PriceMethod, Usage};
pub use tool::{Choice, ChoiceDetails, Holds, Inspire, JobRecipe, Limits, Parameter, ParameterKind, Tool};

use crate::ToolSlug;

// A tool is built in by lying in this folder: there is no list to extend. Cargo does not watch a folder for new
// files, though, so after adding one touch this file; a test says so when it has been forgotten.
static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../catalog");

/// All tools of one server, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tools: Vec<Tool>,
}

/// Why a tool cannot join the catalogue.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum CatalogueError {
    /// The file has mistakes.
    #[error("catalogue file {file} has mistakes:{}", lines(.mistakes))]
    Mistakes {
        /// The file as it was named to [`Catalogue::add_file`].
        file: String,
        /// All of them, in the order of the file.
        mistakes: Vec<FileError>,
    },
    /// The file is right, but its tool is there already.
    #[error("catalogue file {file}: {duplicate}")]
    Duplicate {
        /// The file.
        file: String,
        /// What is there already.
        duplicate: DuplicateTool,
    },
}

fn lines(mistakes: &[FileError]) -> String {
    mistakes.iter().flat_map(|mistake| ["\n  ".to_owned(), mistake.to_string()]).collect()
}

/// The slug, title or id belongs to another tool.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{taken} belongs to another tool, {by}")]
pub struct DuplicateTool {
    /// The slug or id in question.
    pub taken: String,
    /// The tool that has it.
    pub by: ToolSlug,
}

impl Catalogue {
    /// The tools that come with Atelier, oldest first. An error is a mistake in a file of this build.
    pub fn builtin() -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        for file in BUILTIN.files().filter(|file| file.path().extension().is_some_and(|kind| kind == "toml"))
        {
            let name = file.path().display().to_string();
            catalogue.add_file(&name, file.contents_utf8().unwrap_or_default())?;
        }
        // Ids are counted up, but files are found in the order of their names.
        catalogue.tools.sort_by_key(|tool| tool.id.parse::<u64>().ok());
        Ok(catalogue)
    }

    /// Adds the tool that a file describes. `file` names it in errors.
    pub fn add_file(&mut self, file: &str, text: &str) -> Result<(), CatalogueError> {
        let tool = parse_tool(text)
            .map_err(|mistakes| CatalogueError::Mistakes { file: file.to_owned(), mistakes })?;
        self.add(tool).map_err(|duplicate| CatalogueError::Duplicate { file: file.to_owned(), duplicate })
    }

    /// Adds a tool, unless its slug, title or id is taken.
    pub fn add(&mut self, tool: Tool) -> Result<(), DuplicateTool> {
        let names = std::iter::once(tool.slug.clone()).chain(ToolSlug::parse(&tool.title));
        let by_name = names.map(|name| (self.find(&name), name.to_string()));
        let by_id = (self.tools.iter().find(|other| other.id == tool.id), format!("id {}", tool.id));
        for (other, taken) in by_name.chain(std::iter::once(by_id)) {
            if let Some(other) = other {
                return Err(DuplicateTool { taken, by: other.slug.clone() });
            }
        }
        self.tools.push(tool);
        Ok(())
    }

    /// The tool of a name: its slug, or its title in any spelling.
    pub fn find(&self, name: &ToolSlug) -> Option<&Tool> {
        self.tools
            .iter()
            .find(|tool| tool.slug == *name || ToolSlug::parse(&tool.title).as_ref() == Some(name))
    }

    /// All tools.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_tool_that_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "toml")).count();
        let catalogue = Catalogue::builtin().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            catalogue.tools().len(),
            files,
            "a file was added: touch crates/domain/src/catalogue/mod.rs"
        );
        assert_eq!(catalogue.tools()[0].slug.to_string(), "wiro/virtual-try-on", "the oldest comes first");
    }
}
