//! Secrets at rest: one master key per installation, kept beside the database and never in it.
//!
//! API and bearer keys are only ever compared, so their SHA-256 is stored (they have 165 random bits and more: a slow
//! hash would add nothing). An API secret is needed in plain text to check signatures, so it is sealed with
//! XChaCha20-Poly1305, whose nonces are long enough to be random, and bound to the hash of its key: a sealed
//! secret that is copied to another project does not open.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::disk;

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;

/// What is stored of an API key or a bearer key: its SHA-256 in hexadecimal.
pub(crate) fn hash_key(key: &str) -> String {
    format!("{:x}", Sha256::digest(key))
}

/// Seals and opens the secrets of one installation. Whoever has the file has the secrets.
#[derive(Clone)]
pub struct MasterKey {
    cipher: XChaCha20Poly1305,
    derivation: Hmac<Sha256>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// Reads the key file, or makes one that its owner alone may read. Of several processes that make it at
    /// once, one wins and all use its key.
    pub fn load_or_create(path: &Path) -> Result<Self, VaultError> {
        match Self::load(path) {
            Err(VaultError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(|source| VaultError::File {
                    doing: "make",
                    path: path.into(),
                    source,
                })?;
                Self::load(path)
            }
            loaded => loaded,
        }
    }

    fn load(path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::File { doing: "read", path: path.into(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = permissions(&file).map_err(failed)?;
        if mode & 0o077 != 0 {
            return Err(VaultError::Exposed { path: path.into(), mode });
        }
        let mut bytes = Vec::with_capacity(KEY_LENGTH + 1);
        // One byte more than right is enough to see that a file is too long.
        file.take(KEY_LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        let not_a_key = || VaultError::NotAKey { path: path.into() };
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| not_a_key())?;
        let derivation = <Hmac<Sha256> as Mac>::new_from_slice(&bytes).map_err(|_| not_a_key())?;
        Ok(Self { cipher, derivation })
    }

    /// A key for another purpose, the same whenever it is asked for. It tells nothing about this key or those for
    /// other purposes.
    pub fn derive(&self, purpose: &str) -> [u8; KEY_LENGTH] {
        self.derivation.clone().chain_update(purpose).finalize().into_bytes().into()
    }

    /// Encrypts `secret`; [`MasterKey::open`] wants the same `context`.
    pub fn seal(&self, secret: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LENGTH];
        OsRng.try_fill_bytes(&mut nonce).map_err(|_| VaultError::Seal)?;
        let payload = Payload { msg: secret, aad: context };
        let sealed =
            self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| VaultError::Seal)?;
        Ok([&nonce, sealed.as_slice()].concat())
    }

    /// Decrypts what [`MasterKey::seal`] made; refuses anything else.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LENGTH).ok_or(VaultError::Open)?;
        let payload = Payload { msg: sealed, aad: context };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| VaultError::Open)
    }
}

/// Writes a new key under another name and links it to its own: it appears complete or not at all, and never
/// in place of one that exists.
fn create(path: &Path) -> io::Result<()> {
    let mut key = [0; KEY_LENGTH];
    OsRng.try_fill_bytes(&mut key).map_err(io::Error::other)?;
    let draft = path.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
    let made = write_privately(&draft, &key).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    made.and(removed)?;
    disk::sync_name(path)
}

fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The permission bits of a file; none where the system has no such thing.
fn permissions(file: &File) -> io::Result<u32> {
    let metadata = file.metadata()?;
    #[cfg(unix)]
    return Ok(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777);
    #[cfg(not(unix))]
    Ok(metadata).map(|_| 0)
}

/// Why the master key cannot be used.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The key file cannot be read or made. The operator must act.
    #[error("cannot {doing} the master key {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may use the key file. The operator must act, and consider the secrets known.
    #[error("the master key {path} is open to others (mode {mode:o}); make it private: chmod 600 {path}")]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file is not one.
    #[error("the master key {path} is not {KEY_LENGTH} bytes long; restore it from a backup")]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
    /// The system gave no random numbers.
    #[error("a secret cannot be sealed")]
    Seal,
    /// It was sealed with another master key or for another use, or it is damaged.
    #[error("a sealed secret does not open with this master key")]
    Open,
}
