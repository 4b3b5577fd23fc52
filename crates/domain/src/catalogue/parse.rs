//! stub
use std::fmt;
use super::tool::Tool;

/// One mistake in a catalogue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// Where: `parameters[3].default`. Empty for the file as a whole.
    pub key: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
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

/// Reads a catalogue file. All mistakes are reported at once.
pub fn parse_tool(_text: &str) -> Result<Tool, Vec<FileError>> {
    Err(vec![])
}
