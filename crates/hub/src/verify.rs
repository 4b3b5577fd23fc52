//! What is installed, and whether it is whole.

use std::path::{Path, PathBuf};

use crate::layout::{self, Fault, Problem};
use crate::manifest::{Entry, Manifest};
use crate::{Event, InstallError, Model, Watcher, checksum};

/// What can be said of a model at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing of it is there.
    Missing,
    /// Some of it is, so many bytes.
    Partial(u64),
    /// All of it is, so many bytes.
    Installed(u64),
}

impl State {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Partial(_) => "partial",
            Self::Installed(_) => "installed",
        }
    }

    /// Bytes that are there.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Missing => 0,
            Self::Partial(bytes) | Self::Installed(bytes) => bytes,
        }
    }
}

/// What a check found.
#[derive(Debug)]
pub struct Report {
    /// The model's folder.
    pub folder: PathBuf,
    /// Where the files come from; nothing if there is no manifest, and then sizes and hashes are not known.
    pub origin: Option<String>,
    /// Files that were looked at.
    pub files: usize,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// Looks at names, sizes and headers.
pub fn state(model: &Model, models: &Path) -> Result<State, InstallError> {
    let folder = models.join(model.name);
    let bytes = layout::files(model, &folder).iter().map(|(_, size)| size).sum();
    let manifest = Manifest::read(&folder)?;
    let begun = manifest.is_some() || bytes > 0;
    let whole = match &manifest {
        Some(manifest) => {
            manifest.complete && manifest.files.iter().all(|entry| sized(entry, &folder).is_none())
        }
        None => begun && layout::problems(model, &folder).is_empty(),
    };
    Ok(match (begun, whole) {
        (false, _) => State::Missing,
        (true, false) => State::Partial(bytes),
        (true, true) => State::Installed(bytes),
    })
}

/// Checks everything but the hashes, and with `deep` those too.
pub fn verify(model: &Model, models: &Path, deep: bool, watch: Watcher<'_>) -> Result<Report, InstallError> {
    let folder = models.join(model.name);
    let mut problems = layout::problems(model, &folder);
    let manifest = Manifest::read(&folder)?;
    let entries = manifest.as_ref().map(|manifest| manifest.files.as_slice()).unwrap_or_default();
    for entry in entries {
        let wrong = sized(entry, &folder).or_else(|| if deep { hashed(entry, &folder, watch) } else { None });
        watch(&entry.path, entry.size, Event::Done);
        if let Some(fault) = wrong {
            // Where the manifest and the file itself complain, the manifest knows better.
            problems.retain(|problem| problem.path != entry.path);
            problems.push(Problem { path: entry.path.clone(), fault });
        }
    }
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    let files = layout::files(model, &folder).len();
    Ok(Report { folder, origin: manifest.map(|manifest| manifest.origin), files, problems })
}

fn sized(entry: &Entry, folder: &Path) -> Option<Fault> {
    match entry.path.below(folder).metadata() {
        Ok(found) if found.len() == entry.size => None,
        Ok(found) => Some(Fault::Size { expected: entry.size, found: found.len() }),
        Err(error) => Some(Fault::io(error)),
    }
}

fn hashed(entry: &Entry, folder: &Path, watch: Watcher<'_>) -> Option<Fault> {
    let seen = |at| watch(&entry.path, entry.size, Event::At(at));
    match checksum::of_file(&entry.path.below(folder), &entry.checksum, &seen) {
        Ok(found) if found == entry.checksum => None,
        Ok(found) => Some(Fault::Checksum { expected: entry.checksum.clone(), found }),
        Err(error) => Some(Fault::io(error)),
    }
}
