//! A model's folder while somebody changes it: nobody else does, nothing is written outside, and the disk does not fill.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::{FilePath, Model};

const LOCK: &str = ".atelier-lock";
/// Endings of files that are not finished: the file, and what the server called this version of it.
pub(crate) const UNFINISHED: [&str; 2] = [".part", ".part.etag"];
/// Room that is left for others.
const SPARE: u64 = 64 << 20;

/// Why nothing can be installed. The operator must act.
#[derive(Debug, Error)]
pub enum InstallError {
    /// Two at the same time would spoil each other's files.
    #[error("another pull or import is at work in {}", .0.display())]
    Busy(PathBuf),
    /// Where it leads, files may belong to somebody else.
    #[error("{} is not a folder of its own but a link or a file; remove it first", .0.display())]
    NotAFolder(PathBuf),
    /// The disk.
    #[error("{} cannot be written or read", .path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Too little room.
    #[error("{needed} bytes are to be written to {}, and its disk has room for {free}", .folder.display())]
    Space {
        /// Where.
        folder: PathBuf,
        /// Bytes that are missing.
        needed: u64,
        /// Bytes that fit.
        free: u64,
    },
    /// The manifest is none.
    #[error("{} is damaged; remove it and pull or import again", .path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// The right to change a model's folder, until it is dropped.
pub(crate) struct Install {
    folder: PathBuf,
    _lock: File,
}

impl Install {
    /// Makes the folder of a model below that of all models, if need be, and takes it.
    pub(crate) fn claim(model: &Model, models: &Path) -> Result<Self, InstallError> {
        std::fs::create_dir_all(models).map_err(io_error(models))?;
        let folder = models.join(model.name);
        make(&folder)?;
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(io_error(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(InstallError::Busy(folder)),
            Err(TryLockError::Error(source)) => Err(InstallError::Io { path, source }),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file goes. The folders on the way are made; none of them may be a link.
    pub(crate) fn place(&self, file: &FilePath) -> Result<PathBuf, InstallError> {
        let mut path = self.folder.clone();
        let mut parts = file.parts().peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            if parts.peek().is_some() {
                make(&path)?;
            }
        }
        Ok(path)
    }

    /// Whether so many more bytes fit on the disk.
    pub(crate) fn fits(&self, needed: u64) -> Result<(), InstallError> {
        match free(&self.folder) {
            Some(free) if needed > 0 && needed.saturating_add(SPARE) > free => {
                Err(InstallError::Space { folder: self.folder.clone(), needed, free })
            }
            _ => Ok(()),
        }
    }

    /// Removes what earlier attempts left behind, now that nobody will take it up again.
    pub(crate) fn sweep(&self, model: &Model) {
        let folders = model.folders().map(|name| self.folder.join(name)).chain([self.folder.clone()]);
        for entry in folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten() {
            let name = entry.file_name();
            if UNFINISHED.iter().any(|ending| name.as_encoded_bytes().ends_with(ending.as_bytes())) {
                // It only takes room; the next time will do.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Makes a folder that is one: through a link, files would land elsewhere.
fn make(folder: &Path) -> Result<(), InstallError> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(io_error(folder)(error)),
        _ if std::fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir()) => Ok(()),
        _ => Err(InstallError::NotAFolder(folder.to_owned())),
    }
}

/// Gives a finished file its name, so that it is whole there or not at all, even after the power fails.
pub(crate) fn adopt(unfinished: &Path, place: &Path) -> io::Result<()> {
    std::fs::rename(unfinished, place)?;
    match place.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |source| InstallError::Io { path, source }
}

/// Bytes that the disk has left for us, where the system says so.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}
