//! What was installed, kept beside the files, so that they can be checked without a network.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Checksum, FilePath, InstallError};

const NAME: &str = "atelier-manifest.json";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Where the files come from, for people.
    pub(crate) origin: String,
    /// The licence under which they were offered.
    pub(crate) licence: String,
    /// Whether all of them were there and in order once.
    pub(crate) complete: bool,
    pub(crate) files: Vec<Entry>,
}

/// One file as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) path: FilePath,
    pub(crate) size: u64,
    pub(crate) checksum: Checksum,
}

impl Manifest {
    /// The manifest of a folder, if it has one.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, InstallError> {
        let path = folder.join(NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(InstallError::Io { path, source }),
        };
        let invalid = |source| InstallError::Manifest { path, source };
        serde_json::from_slice(&text).map(Some).map_err(invalid)
    }

    /// Replaces the folder's manifest in one step.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), InstallError> {
        let (path, unfinished) = (folder.join(NAME), folder.join(format!("{NAME}.part")));
        let failed = |path: &PathBuf| {
            let path = path.clone();
            move |source| InstallError::Io { path, source }
        };
        let invalid = |source| InstallError::Manifest { path: path.clone(), source };
        let text = serde_json::to_vec_pretty(self).map_err(invalid)?;
        let put = || {
            let mut file = File::create(&unfinished)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        put().map_err(failed(&unfinished))?;
        std::fs::rename(&unfinished, &path).map_err(failed(&path))
    }
}
