//! The path of a file below a model's folder, from somebody who may mean harm.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest name of a file or folder; what file systems take, less the ending of an unfinished file.
const LONGEST_NAME: usize = 200;

/// Names of files and folders, separated by `/`, that stay below wherever they are put.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct FilePath(String);

/// A path that could lead out of the model's folder, or means different files on different systems.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the file name {0:?} is not a plain relative path")]
pub struct UnsafePath(pub String);

impl FilePath {
    /// Takes `folder/name` and refuses `..`, absolute paths, drives, control characters and the like.
    pub fn parse(text: &str) -> Result<Self, UnsafePath> {
        let plain = |name: &str| {
            !matches!(name, "" | "." | "..")
                && name.len() <= LONGEST_NAME
                && !name.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'))
        };
        if text.split('/').all(plain) { Ok(Self(text.to_owned())) } else { Err(UnsafePath(text.to_owned())) }
    }

    /// The path with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Folders and file name.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// What follows the last dot of the file's name, in lower case.
    pub fn extension(&self) -> String {
        Path::new(&self.0).extension().and_then(|text| text.to_str()).unwrap_or_default().to_ascii_lowercase()
    }

    /// Where the file lies below a folder.
    pub fn below(&self, folder: &Path) -> PathBuf {
        self.parts().fold(folder.to_owned(), |path, part| path.join(part))
    }
}

impl TryFrom<String> for FilePath {
    type Error = UnsafePath;

    fn try_from(text: String) -> Result<Self, UnsafePath> {
        Self::parse(&text)
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_are_taken() {
        for text in [
            "",
            ".",
            "..",
            "../x.json",
            "vae/../../x.json",
            "vae/..",
            "/etc/passwd",
            "vae//x.json",
            "vae/",
            "vae\\x.json",
            "C:/x.json",
            "vae/x.json:stream",
            "vae/\0.json",
            "vae/\n.json",
            &"x".repeat(201),
        ] {
            assert_eq!(FilePath::parse(text), Err(UnsafePath(text.to_owned())), "{text:?}");
        }
        let path = FilePath::parse("vae/Größe.Safetensors").unwrap();
        assert_eq!(path.extension(), "safetensors");
        assert_eq!(path.below(Path::new("/models")), Path::new("/models/vae/Größe.Safetensors"));
    }
}
