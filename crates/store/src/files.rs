//! The bytes of uploads and outputs, in an object store: a folder on this machine, later a bucket.
//!
//! Callers name objects by the id of a file and never by a path. What was written is durable and complete when
//! the call returns, and is not visible before: neither a crash nor a caller who goes away leaves half a file.

use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atelier_domain::{FileId, Timestamp};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, WriteMultipart, path};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::disk;

/// How many parts of an upload may be on their way at once; bounds its memory.
const PARTS_UNDER_WAY: usize = 2;

/// The name of an object. Made from a file's id only: no text of a caller ever becomes part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKey(FileId);

impl ObjectKey {
    /// The object that holds the bytes of a file.
    pub fn of(file: &FileId) -> Self {
        Self(file.clone())
    }

    /// Spread over 256 folders, so that none becomes slow to list.
    fn path(&self) -> path::Path {
        let id = self.0.as_str();
        path::Path::from_iter([&id[..2], id])
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why bytes could not be stored or read.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The object is not there.
    #[error("there is no object {0}")]
    Missing(ObjectKey),
    /// The object store could not do it. The operator must look, the caller may retry.
    #[error("cannot {doing} object {key}")]
    Object {
        /// What was tried: `read`, `write`, `delete`.
        doing: &'static str,
        /// Which object.
        key: ObjectKey,
        /// The object store's words.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The objects cannot be listed. The operator must look, the caller may retry.
    #[error("cannot list objects")]
    List(#[source] Box<dyn Error + Send + Sync>),
    /// The folder of the object store cannot be used. The operator must act.
    #[error("cannot use {folder} for objects")]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// The system's words.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl FilesError {
    /// Whether the cause is a full disk or an exhausted quota.
    pub fn is_full(&self) -> bool {
        let mut cause = Some(self as &(dyn Error + 'static));
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            }
            cause = error.source();
        }
        false
    }

    fn object(doing: &'static str, key: &ObjectKey) -> impl FnOnce(object_store::Error) -> Self {
        move |error| match error {
            object_store::Error::NotFound { .. } => Self::Missing(key.clone()),
            error => Self::Object { doing, key: key.clone(), source: Box::new(error) },
        }
    }
}

/// An object that lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The file whose bytes it holds.
    pub file: FileId,
    /// When it was written.
    pub changed: Timestamp,
}

/// The object store.
#[derive(Debug, Clone)]
pub struct Files {
    objects: Arc<dyn ObjectStore>,
}

impl Files {
    /// Objects as files under `folder`, which is made if it is missing.
    pub fn on_disk(folder: &Path) -> Result<Self, FilesError> {
        let failed =
            |source: Box<dyn Error + Send + Sync>| FilesError::Folder { folder: folder.into(), source };
        disk::make_folder(folder).map_err(|error| failed(error.into()))?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.into()))?;
        Ok(Self { objects: Arc::new(objects.with_fsync(true)) })
    }

    /// Stores an object, in place of any that has the key.
    pub async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), FilesError> {
        self.objects.put(&key.path(), bytes.into()).await.map_err(FilesError::object("write", key))?;
        Ok(())
    }

    /// Reads an object.
    pub async fn get(&self, key: &ObjectKey) -> Result<Bytes, FilesError> {
        let found = self.objects.get(&key.path()).await.map_err(FilesError::object("read", key))?;
        found.bytes().await.map_err(FilesError::object("read", key))
    }

    /// How many bytes an object has.
    pub async fn size(&self, key: &ObjectKey) -> Result<u64, FilesError> {
        let found = self.objects.head(&key.path()).await.map_err(FilesError::object("read", key))?;
        Ok(found.size)
    }

    /// Reads an object, or the part of it that lies in `range`, as it comes from the disk.
    pub async fn stream(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, Result<Bytes, FilesError>>, FilesError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.objects.get_opts(&key.path(), options).await;
        let bytes = found.map_err(FilesError::object("read", key))?.into_stream();
        let key = key.clone();
        Ok(bytes.map_err(move |error| FilesError::object("read", &key)(error)).boxed())
    }

    /// The objects in one of the 256 folders over which they are spread.
    pub async fn list(&self, folder: u8) -> Result<Vec<StoredObject>, FilesError> {
        let prefix = path::Path::from(format!("{folder:02x}"));
        let failed = |error: object_store::Error| FilesError::List(Box::new(error));
        let found: Vec<_> = self.objects.list(Some(&prefix)).try_collect().await.map_err(failed)?;
        let object = |meta: object_store::ObjectMeta| {
            // What has another name was not put there by us, and is not ours to judge.
            let file = FileId::parse(meta.location.filename()?)?;
            Some(StoredObject { file, changed: Timestamp(meta.last_modified.timestamp_millis()) })
        };
        Ok(found.into_iter().filter_map(object).collect())
    }

    /// Deletes an object; one that is not there is as good as deleted.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), FilesError> {
        match self.objects.delete(&key.path()).await.map_err(FilesError::object("delete", key)) {
            Err(FilesError::Missing(_)) => Ok(()),
            result => result,
        }
    }

    /// Begins to store an object whose bytes come one after the other. Nothing is stored unless
    /// [`Upload::finish`] is called.
    pub async fn upload(&self, key: &ObjectKey) -> Result<Upload, FilesError> {
        let parts =
            self.objects.put_multipart(&key.path()).await.map_err(FilesError::object("write", key))?;
        Ok(Upload { key: key.clone(), parts: WriteMultipart::new(parts), size: 0, hash: Sha256::new() })
    }
}

/// An object on its way. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Upload {
    key: ObjectKey,
    parts: WriteMultipart,
    size: u64,
    hash: Sha256,
}

impl Upload {
    /// Takes the next bytes; waits when the disk is slower than the caller.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), FilesError> {
        self.size += bytes.len() as u64;
        self.hash.update(&bytes);
        self.parts
            .wait_for_capacity(PARTS_UNDER_WAY)
            .await
            .map_err(FilesError::object("write", &self.key))?;
        self.parts.put(bytes);
        Ok(())
    }

    /// Makes the object durable and visible. Returns its size and its SHA-256 in hexadecimal.
    pub async fn finish(self) -> Result<(u64, String), FilesError> {
        self.parts.finish().await.map_err(FilesError::object("write", &self.key))?;
        Ok((self.size, format!("{:x}", self.hash.finalize())))
    }
}
