//! A file that is being downloaded: the bytes so far, on the disk under another name, and their hash.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use crate::checksum::Hasher;
use crate::install::UNFINISHED;
use crate::{Checksum, RemoteFile};

/// See the module. Its name has the beginning of the hash, so that the bytes of one version are never taken for those
/// of another.
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    hasher: Hasher,
    remote: RemoteFile,
    /// What the server called the version that the bytes are of.
    etag: Option<HeaderValue>,
}

impl Part {
    /// Takes up what an earlier attempt left behind for this place, or begins.
    pub(crate) async fn open(place: &Path, remote: &RemoteFile) -> io::Result<Self> {
        let path = Self::path(place, &remote.checksum);
        let (opened, hasher, size) = (path.clone(), remote.checksum.hasher(remote.size), remote.size);
        let (file, length, hasher) = tokio::task::spawn_blocking(move || take_up(&opened, hasher, size))
            .await
            .map_err(io::Error::other)??;
        let etag = std::fs::read(etag_path(&path)).ok().and_then(|text| HeaderValue::from_bytes(&text).ok());
        let etag = etag.filter(|_| length > 0);
        let mut part =
            Self { path, file: File::from_std(file), length, hasher, remote: remote.clone(), etag };
        if part.length > remote.size {
            part.restart().await?;
        }
        Ok(part)
    }

    /// Bytes that an earlier attempt left behind.
    pub(crate) fn left(place: &Path, checksum: &Checksum) -> u64 {
        Self::path(place, checksum).metadata().map_or(0, |found| found.len())
    }

    fn path(place: &Path, checksum: &Checksum) -> PathBuf {
        let version: String = checksum.hash().chars().take(12).collect();
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{version}{}", UNFINISHED[0]));
        place.with_file_name(name)
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn etag(&self) -> Option<&HeaderValue> {
        self.etag.as_ref()
    }

    pub(crate) fn on_disk(&self) -> &Path {
        &self.path
    }

    /// Keeps what the server calls this version, if it means the same bytes by it.
    pub(crate) fn remember(&mut self, etag: Option<&HeaderValue>) {
        self.etag = etag.filter(|etag| !etag.as_bytes().starts_with(b"W/")).cloned();
        let path = etag_path(&self.path);
        // Without it, an attempt after the next start begins again only if the server insists.
        let _ = match &self.etag {
            Some(etag) => std::fs::write(path, etag.as_bytes()),
            None => std::fs::remove_file(path),
        };
    }

    pub(crate) async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Hands what was appended to the system.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    /// Throws everything away and begins again.
    pub(crate) async fn restart(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.set_len(0).await?;
        self.file.rewind().await?;
        self.length = 0;
        self.hasher = self.remote.checksum.hasher(self.remote.size);
        self.remember(None);
        Ok(())
    }

    /// Puts everything on the disk, and says what it hashes to.
    pub(crate) async fn seal(&mut self) -> io::Result<Checksum> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(self.hasher.clone().finish())
    }

    /// Forgets the server's name for it: it is finished.
    pub(crate) fn forget(&mut self) {
        self.remember(None);
    }
}

/// Opens an unfinished file and hashes what is in it.
fn take_up(path: &Path, mut hasher: Hasher, size: u64) -> io::Result<(std::fs::File, u64, Hasher)> {
    if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        // Not ours, and writing through a link would change a file elsewhere.
        std::fs::remove_file(path)?;
    }
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    let found = file.metadata()?.len();
    let length = if found > size { found } else { hasher.update_from(&mut file, &|_| ())? };
    Ok((file, length, hasher))
}

fn etag_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".etag");
    path.with_file_name(name)
}
