//! Takes in files that people upload: what they are, under which name, without what they must not tell.
//!
//! Pictures are decoded and encoded anew, archives unpacked, ISO media files freed of their metadata, and
//! everything else is kept as it came. Bytes go to the object store first; a file exists once it is recorded.

mod kind;
mod metadata;
mod name;
mod unzip;

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use atelier_domain::{AccessKey, AccountId, FileId, Timestamp};
use atelier_store::{Files, FilesError, ObjectKey, StoreError, StoredFile};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::io::AsyncReadExt as _;

use crate::app::App;
use crate::config::Limits;
use crate::media::{self, MediaError};
use kind::Kind;
pub(crate) use kind::{media_type, shown_in_place};
use unzip::UnzipError;

/// How much of a file is on its way to the object store at once.
const PART: usize = 1 << 20;

/// A received file under the name its sender gave it.
pub(crate) struct Incoming {
    pub(crate) name: String,
    pub(crate) file: File,
}

/// Why a file is not taken in.
#[derive(Debug, Error)]
pub(crate) enum UploadError {
    /// The file is not acceptable. Worded to follow a parameter's name.
    #[error("{0}")]
    Refused(String),
    /// The file is a picture that is not read. Worded in the same way.
    #[error("{0}")]
    Unsuitable(String),
    /// It cannot be stored now. The operator must look, the caller may retry.
    #[error("an upload cannot be stored")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store refuses or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FilesError> for UploadError {
    fn from(error: FilesError) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl From<MediaError> for UploadError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Encode(_) => Self::Storage(Box::new(error)),
            MediaError::Animated => Self::Unsuitable(error.to_string()),
            refusal => Self::Refused(refusal.to_string()),
        }
    }
}

impl From<UnzipError> for UploadError {
    fn from(error: UnzipError) -> Self {
        match error {
            UnzipError::Temporary(_) => Self::Storage(Box::new(error)),
            refusal => Self::Refused(refusal.to_string()),
        }
    }
}

/// Stores and records files of an account, all or none. An archive becomes the files in it.
pub(crate) async fn take_in(
    app: &App,
    account: AccountId,
    parent: Option<FileId>,
    incoming: Vec<Incoming>,
) -> Result<Vec<StoredFile>, UploadError> {
    let mut stored = Vec::new();
    let result = match store_all(app, account, parent, incoming, &mut stored).await {
        Ok(()) => app.storage.store.add_files(&stored).await.map_err(UploadError::from),
        refused => refused,
    };
    if result.is_err() {
        let ids: Vec<FileId> = stored.iter().map(|file| file.id.clone()).collect();
        delete_objects(&app.storage.files, &ids).await;
    }
    result.map(|()| stored)
}

async fn store_all(
    app: &App,
    account: AccountId,
    parent: Option<FileId>,
    incoming: Vec<Incoming>,
    stored: &mut Vec<StoredFile>,
) -> Result<(), UploadError> {
    for file in incoming {
        for file in blocking(app, move |limits| unpack(file, limits)).await? {
            // Each in a slot of its own, and stored before the next: an archive of large pictures neither
            // keeps others waiting until its end nor fills the memory.
            let prepared = blocking(app, move |limits| clean(file, limits)).await?;
            let file = store(app, account, AccessKey::random(), prepared).await?;
            stored.push(StoredFile { parent: parent.clone(), ..file });
        }
    }
    Ok(())
}

/// A picture that comes with a task, under the key that the task will know it by.
pub(crate) struct TaskPicture<R> {
    /// Its name, without an extension.
    pub(crate) stem: String,
    pub(crate) key: AccessKey,
    /// Reads its bytes; may block.
    pub(crate) read: R,
}

/// Stores a picture that comes with a task. It is recorded with its task, or deleted with [`delete_objects`].
pub(crate) async fn take_in_picture<R>(
    app: &App,
    account: AccountId,
    picture: TaskPicture<R>,
) -> Result<StoredFile, UploadError>
where
    R: FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
{
    let TaskPicture { stem, key, read } = picture;
    let encoded = blocking(app, move |limits| Ok(media::normalise(&read()?, limits)?)).await?;
    let name = format!("{stem}.{}", encoded.extension);
    let prepared = Prepared { name, media_type: encoded.content_type, bytes: Bytes::Memory(encoded.bytes) };
    store(app, account, key, prepared).await
}

/// Removes stored bytes that nothing refers to. What stays behind is found by the sweeper.
pub(crate) async fn delete_objects(files: &Files, ids: &[FileId]) {
    for id in ids {
        if let Err(error) = files.delete(&ObjectKey::of(id)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "an unused file stays behind");
        }
    }
}

/// A file ready to be stored.
struct Prepared {
    name: String,
    media_type: &'static str,
    bytes: Bytes,
}

enum Bytes {
    Memory(Vec<u8>),
    File(File),
}

/// Decodes on a thread that may block. Few at a time: decoded pictures are large. Those who wait are served in
/// their order, so nobody waits for more than one piece of work of each who came before.
async fn blocking<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Limits) -> Result<T, UploadError> + Send + 'static,
) -> Result<T, UploadError> {
    let limits = app.config.limits.clone();
    let slot = app.intake.clone().acquire_owned().await;
    let slot = slot.map_err(|error| UploadError::Storage(Box::new(error)))?;
    let done = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, which goes on when its request is dropped.
        let _slot = slot;
        work(&limits)
    });
    let done = done.await;
    done.map_err(|error| UploadError::Storage(Box::new(error)))?
}

/// A file, or those in it if it is an archive.
fn unpack(incoming: Incoming, limits: &Limits) -> Result<Vec<Incoming>, UploadError> {
    let (file, head) = unzip::peek(incoming.file)?;
    if Kind::of(&head, &incoming.name) != Kind::Archive {
        return Ok(vec![Incoming { file, ..incoming }]);
    }
    Ok(unzip::unzip(file, limits)?)
}

fn clean(incoming: Incoming, limits: &Limits) -> Result<Prepared, UploadError> {
    let name = name::plain_name(&incoming.name);
    let (mut file, head) = unzip::peek(incoming.file)?;
    let (media_type, bytes) = match Kind::of(&head, &name) {
        Kind::Picture => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let encoded = media::normalise(&bytes, limits)?;
            let name = name::with_extension(&name, encoded.extension);
            let bytes = Bytes::Memory(encoded.bytes);
            return Ok(Prepared { name, media_type: encoded.content_type, bytes });
        }
        Kind::Unreadable | Kind::Archive => return Err(MediaError::NotAPicture.into()),
        Kind::Media(media_type) => {
            metadata::scrub(&mut file).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                    UploadError::Refused("is damaged".into())
                }
                _ => error.into(),
            })?;
            (media_type, Bytes::File(file))
        }
        Kind::Other(media_type) => (media_type, Bytes::File(file)),
    };
    Ok(Prepared { name, media_type, bytes })
}

async fn store(
    app: &App,
    account: AccountId,
    access_key: AccessKey,
    prepared: Prepared,
) -> Result<StoredFile, UploadError> {
    let id = FileId::random();
    let (size, sha256) = store_bytes(&app.storage.files, &ObjectKey::of(&id), prepared.bytes).await?;
    Ok(StoredFile {
        id,
        account,
        name: prepared.name,
        content_type: prepared.media_type.to_owned(),
        size,
        sha256,
        access_key,
        public_path: None,
        parent: None,
        added: Timestamp::now(),
    })
}

/// Stores bytes; gives their number and their SHA-256 in hexadecimal.
async fn store_bytes(files: &Files, key: &ObjectKey, bytes: Bytes) -> Result<(u64, String), UploadError> {
    let mut file = match bytes {
        Bytes::Memory(bytes) => {
            let (size, sha256) = (bytes.len() as u64, format!("{:x}", Sha256::digest(&bytes)));
            files.put(key, bytes.into()).await?;
            return Ok((size, sha256));
        }
        Bytes::File(mut file) => {
            file.rewind()?;
            tokio::fs::File::from_std(file)
        }
    };
    let mut upload = files.upload(key).await?;
    loop {
        let mut part = bytes::BytesMut::with_capacity(PART);
        if file.read_buf(&mut part).await? == 0 {
            return Ok(upload.finish().await?);
        }
        upload.write(part.freeze()).await?;
    }
}
