//! Delivery: artifacts become files that say where they come from, and that have been stored and read back.

use std::time::Duration;

use atelier_domain::{AccessKey, Artifact, Content, Failure, FileId, Output, PublicPath, Timestamp};
use atelier_provenance::{MarkError, Marker, Origin};
use atelier_store::{FilesError, ObjectKey};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::attempt::Failed;
use crate::app::App;
use crate::media::{self, Encoded, MediaError};

/// How long to wait before a result is stored once more: what took minutes to make is not given up for a hiccup.
const RETRIES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Why an artifact is not delivered.
#[derive(Debug, Error)]
enum DeliveryError {
    /// The engine: it has no encoding.
    #[error(transparent)]
    Encode(#[from] MediaError),
    /// The engine: encoding it panicked.
    #[error("an artifact cannot be encoded")]
    Panic(#[from] tokio::task::JoinError),
    /// The operator: the certificate no longer signs.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// The operator: the object store does not take it.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The operator: the object store took something else.
    #[error("the stored bytes differ from what was written")]
    Altered,
}

/// What is written into the outputs of a run, and by whom it is signed.
#[derive(Clone)]
pub(super) struct Mark {
    pub(super) marker: Marker,
    pub(super) origin: Origin,
}

/// Encodes, marks and stores every artifact. The error is worded for the caller; details go to the log.
pub(super) async fn deliver(
    app: &App,
    artifacts: Vec<Artifact>,
    mark: Option<Mark>,
) -> Result<Vec<Output>, Failed> {
    if artifacts.is_empty() {
        return Err(Failed::new(Failure::Computation, "the computation gave no result".into()));
    }
    let folder = FileId::random();
    let mut outputs = Vec::new();
    for (index, artifact) in artifacts.into_iter().enumerate() {
        outputs.push(
            store_one(app, index, &folder, artifact, mark.clone()).await.map_err(|error| failed(&error))?,
        );
    }
    Ok(outputs)
}

fn failed(error: &DeliveryError) -> Failed {
    tracing::error!(error = error as &dyn std::error::Error, "an output cannot be delivered");
    match error {
        DeliveryError::Encode(_) | DeliveryError::Panic(_) => {
            Failed::new(Failure::Computation, "the result could not be encoded".into())
        }
        DeliveryError::Mark(_) => Failed::new(
            Failure::OutputStorage,
            "the result could not be given its content credentials".into(),
        ),
        DeliveryError::Files(_) | DeliveryError::Altered => {
            Failed::new(Failure::OutputStorage, "the result could not be stored".into())
        }
    }
}

async fn store_one(
    app: &App,
    index: usize,
    folder: &FileId,
    artifact: Artifact,
    mark: Option<Mark>,
) -> Result<Output, DeliveryError> {
    let (width, height, length) = match &artifact.content {
        Content::Picture { picture, .. } => (picture.width(), picture.height(), Duration::ZERO),
        Content::Clip(clip) => (clip.width, clip.height, clip.length),
    };
    let Encoded { bytes, content_type, extension } =
        tokio::task::spawn_blocking(move || finished(artifact.content, mark)).await??;
    let output = Output {
        id: FileId::random(),
        folder: folder.clone(),
        name: format!("{index}.{extension}"),
        content_type: content_type.to_owned(),
        size: bytes.len() as u64,
        width,
        height,
        length,
        sha256: format!("{:x}", Sha256::digest(&bytes)),
        added: Timestamp::now(),
        access_key: AccessKey::random(),
        public_path: PublicPath::random(),
    };
    let bytes = Bytes::from(bytes);
    let mut pauses = RETRIES.into_iter();
    loop {
        let stored = write(app, &output, bytes.clone()).await;
        match (stored, pauses.next()) {
            (Ok(()), _) => return Ok(output),
            (Err(error), None) => return Err(error),
            (Err(error), Some(pause)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an output could not be stored; it is tried again"
                );
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// The file as it is handed out. Blocks.
fn finished(content: Content, mark: Option<Mark>) -> Result<Encoded, DeliveryError> {
    let mut file = media::encode(content)?;
    if let Some(Mark { marker, origin }) = mark {
        file.bytes = marker.mark(&file.bytes, file.content_type, &origin)?;
    }
    Ok(file)
}

/// Writes an output, and reads it back: a task may only succeed with bytes that can be read.
async fn write(app: &App, output: &Output, bytes: Bytes) -> Result<(), DeliveryError> {
    let object = ObjectKey::of(&output.id);
    app.storage.files.put(&object, bytes).await?;
    let stored = app.storage.files.get(&object).await?;
    let same = format!("{:x}", Sha256::digest(&stored)) == output.sha256;
    if same { Ok(()) } else { Err(DeliveryError::Altered) }
}
