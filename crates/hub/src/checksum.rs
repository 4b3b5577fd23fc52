//! What a file must hash to. A hub publishes SHA-256 for large files and, for those that lie in its git, their blob id.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A hash, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Checksum {
    /// SHA-256 of the content.
    Sha256(String),
    /// SHA-1 of git's header and the content.
    GitBlob(String),
}

/// Text that is not `sha256:` or `git:` with a hash of the right length.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is not a checksum")]
pub struct InvalidChecksum(pub String);

impl Checksum {
    const SHA256: &str = "sha256:";
    const GIT_BLOB: &str = "git:";

    /// Reads `sha256:...` or `git:...`.
    pub fn parse(text: &str) -> Result<Self, InvalidChecksum> {
        let hash = |prefix: &str, digits: usize| {
            let hash = text.strip_prefix(prefix)?;
            let valid = hash.len() == digits && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            valid.then(|| hash.to_ascii_lowercase())
        };
        hash(Self::SHA256, 64)
            .map(Self::Sha256)
            .or_else(|| hash(Self::GIT_BLOB, 40).map(Self::GitBlob))
            .ok_or_else(|| InvalidChecksum(text.to_owned()))
    }

    /// The hash alone.
    pub(crate) fn hash(&self) -> &str {
        match self {
            Self::Sha256(hash) | Self::GitBlob(hash) => hash,
        }
    }

    /// Begins to compute a hash of the same kind over a file of this size.
    pub(crate) fn hasher(&self, size: u64) -> Hasher {
        match self {
            Self::Sha256(_) => Hasher::Sha256(Sha256::new()),
            Self::GitBlob(_) => Hasher::GitBlob(Sha1::new_with_prefix(format!("blob {size}\0"))),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self, Self::Sha256(_)) { Self::SHA256 } else { Self::GIT_BLOB };
        write!(f, "{kind}{}", self.hash())
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

impl TryFrom<String> for Checksum {
    type Error = InvalidChecksum;

    fn try_from(text: String) -> Result<Self, InvalidChecksum> {
        Self::parse(&text)
    }
}

/// A hash that is being computed.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    GitBlob(Sha1),
}

impl Hasher {
    /// For files whose publisher says nothing.
    pub(crate) fn sha256() -> Self {
        Self::Sha256(Sha256::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::GitBlob(hasher) => hasher.update(bytes),
        }
    }

    /// Adds what is left of `file`. `seen` is told the bytes that were added so far.
    pub(crate) fn update_from(&mut self, file: &mut File, seen: &dyn Fn(u64)) -> io::Result<u64> {
        let (mut buffer, mut total) = (vec![0; 1 << 20], 0);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(total),
                count => {
                    self.update(buffer.get(..count).unwrap_or_default());
                    total += count as u64;
                    seen(total);
                }
            }
        }
    }

    pub(crate) fn finish(self) -> Checksum {
        match self {
            Self::Sha256(hasher) => Checksum::Sha256(hex(&hasher.finalize())),
            Self::GitBlob(hasher) => Checksum::GitBlob(hex(&hasher.finalize())),
        }
    }
}

/// The hash of a file, of the same kind as `like`, and its size.
pub(crate) fn of_file(path: &Path, like: &Checksum, seen: &dyn Fn(u64)) -> io::Result<Checksum> {
    let mut file = File::open(path)?;
    let mut hasher = like.hasher(file.metadata()?.len());
    hasher.update_from(&mut file, seen)?;
    Ok(hasher.finish())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_sha256sum_and_git_hash_object() {
        let of = |checksum: &str| {
            let mut hasher = Checksum::parse(checksum).unwrap().hasher(6);
            hasher.update(b"hel");
            hasher.update(b"lo\n");
            hasher.finish().to_string()
        };
        let sha256 = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(of(sha256), sha256);
        let git = "git:ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(of(git), git);
    }

    #[test]
    fn a_checksum_that_is_none_is_refused() {
        for text in ["", "sha256:", "sha256:00", "md5:d41d8cd98f00b204e9800998ecf8427e", &"git:g".repeat(10)]
        {
            assert!(Checksum::parse(text).is_err(), "{text}");
        }
    }
}
