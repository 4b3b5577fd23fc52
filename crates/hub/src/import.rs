//! Files that are on this machine already, for one without a network.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::checksum::{self, Hasher};
use crate::install::{self, Install, InstallError};
use crate::manifest::{Entry, Manifest};
use crate::{Checksum, ContentError, Event, Fault, FilePath, Model, Problem, Watcher, content, layout};

/// How files get into the models' folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// As copies of their own.
    Copy,
    /// As a second name of the same file, which takes no room. Whoever writes into one writes into both.
    HardLink,
}

/// Why files were not taken.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The folder.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A folder is not the model.
    #[error("{} is not a folder with the model", .0.display())]
    Source(PathBuf, #[source] Problem),
    /// It is the place where it would go.
    #[error("{} is where the model is installed already", .0.display())]
    Itself(PathBuf),
    /// A file is not what its name says.
    #[error("{} is not taken", .path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ContentError,
    },
    /// A file has no place in the model.
    #[error("{model} has no file {path}")]
    Unwanted {
        /// The model.
        model: &'static str,
        /// Where the file should have gone.
        path: FilePath,
    },
    /// A file is another one than the publisher's.
    #[error("{} is not taken", .path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// What the manifest of the model says of it.
        source: Fault,
    },
    /// A file cannot be copied or linked.
    #[error("{} cannot be {means} to {}", .from.display(), .to.display())]
    Transfer {
        /// The file.
        from: PathBuf,
        /// Its place.
        to: PathBuf,
        /// "copied" or "linked".
        means: &'static str,
        /// Why; a hard link cannot lead to another disk.
        source: io::Error,
    },
}

/// Installs a model from a folder in the upstream layout; gives the installed folder.
pub fn import(
    model: &Model,
    source: &Path,
    models: &Path,
    means: Means,
    watch: Watcher<'_>,
) -> Result<PathBuf, ImportError> {
    if let Some(problem) = layout::problems(model, source).into_iter().next() {
        return Err(ImportError::Source(source.to_owned(), problem));
    }
    let install = Install::claim(model, models)?;
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(source, install.folder()) {
        return Err(ImportError::Itself(source.to_owned()));
    }
    let files = layout::files(model, source);
    if means == Means::Copy {
        install.fits(files.iter().map(|(_, size)| size).sum())?;
    }
    let origin = format!("imported from {}", source.display());
    let licence = model.licence.name.to_owned();
    let mut manifest = Manifest { origin, licence, complete: false, files: vec![] };
    for (path, size) in files {
        let place = install.place(&path)?;
        let checksum = transfer(&path.below(source), &place, means, &|at| watch(&path, size, Event::At(at)))?;
        watch(&path, size, Event::Done);
        manifest.files.push(Entry { path, size, checksum });
    }
    complete(manifest, model, &install)?;
    install.sweep(model);
    Ok(install.folder().to_owned())
}

/// Puts one file at its place in a model, as a shard that was fetched with a browser.
pub fn import_file(
    model: &Model,
    source: &Path,
    path: FilePath,
    models: &Path,
    means: Means,
    watch: Watcher<'_>,
) -> Result<PathBuf, ImportError> {
    if !model.wants(&path) {
        return Err(ImportError::Unwanted { model: model.name, path });
    }
    content::check(source, &path.extension())
        .map_err(|error| ImportError::Content { path: source.to_owned(), source: error })?;
    let install = Install::claim(model, models)?;
    let mut manifest = Manifest::read(install.folder())?.unwrap_or_else(|| Manifest {
        origin: "imported file by file".to_owned(),
        licence: model.licence.name.to_owned(),
        complete: false,
        files: vec![],
    });
    let size = source.metadata().map_err(install::io_error(source))?.len();
    let differs = |fault| ImportError::Differs { path: source.to_owned(), source: fault };
    let known = manifest.files.iter().find(|entry| entry.path == path).cloned();
    if let Some(entry) = &known {
        if entry.size != size {
            return Err(differs(Fault::Size { expected: entry.size, found: size }));
        }
        let found = checksum::of_file(source, &entry.checksum, &|at| watch(&path, size, Event::At(at)))
            .map_err(install::io_error(source))?;
        if found != entry.checksum {
            return Err(differs(Fault::Checksum { expected: entry.checksum.clone(), found }));
        }
    }
    if means == Means::Copy {
        install.fits(size)?;
    }
    let place = install.place(&path)?;
    let checksum = transfer(source, &place, means, &|at| watch(&path, size, Event::At(at)))?;
    watch(&path, size, Event::Done);
    if known.is_none() {
        manifest.files.push(Entry { path, size, checksum });
    }
    complete(manifest, model, &install)?;
    Ok(place)
}

/// Writes the manifest, with a note if everything is there.
fn complete(mut manifest: Manifest, model: &Model, install: &Install) -> Result<(), InstallError> {
    let there = |entry: &Entry| {
        entry.path.below(install.folder()).metadata().is_ok_and(|found| found.len() == entry.size)
    };
    manifest.complete =
        manifest.files.iter().all(there) && layout::problems(model, install.folder()).is_empty();
    manifest.write(install.folder())
}

/// Copies or links a file by way of another name, and says what it hashes to.
fn transfer(from: &Path, place: &Path, means: Means, seen: &dyn Fn(u64)) -> Result<Checksum, ImportError> {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".import.part");
    let unfinished = place.with_file_name(name);
    let moved = || {
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A file in a download folder is often a link itself.
        let source = from.canonicalize()?;
        let checksum = match means {
            Means::Copy => copy(&source, &unfinished, seen)?,
            Means::HardLink => {
                fs::hard_link(&source, &unfinished)?;
                checksum::of_file(&unfinished, &Hasher::sha256().finish(), seen)?
            }
        };
        install::adopt(&unfinished, place)?;
        Ok(checksum)
    };
    let means = if means == Means::Copy { "copied" } else { "linked" };
    let failed =
        |source| ImportError::Transfer { from: from.to_owned(), to: place.to_owned(), means, source };
    moved().map_err(failed)
}

fn copy(from: &Path, to: &Path, seen: &dyn Fn(u64)) -> io::Result<Checksum> {
    let (mut source, mut target) = (File::open(from)?, File::create_new(to)?);
    let (mut buffer, mut hasher, mut total) = (vec![0; 1 << 20], Hasher::sha256(), 0);
    loop {
        let count = source.read(&mut buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            target.sync_all()?;
            return Ok(hasher.finish());
        }
        target.write_all(bytes)?;
        hasher.update(bytes);
        total += count as u64;
        seen(total);
    }
}
