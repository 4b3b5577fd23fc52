//! Delivery: artifacts become stored files that have been read back.

use std::time::Duration;

use atelier_domain::{AccessKey, Artifact, Content, FileId, Output, PublicPath, Timestamp};
use atelier_store::ObjectKey;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::media;

/// Encodes and stores every artifact. The error is worded for the caller; details go to the log.
pub(super) async fn deliver(app: &App, artifacts: Vec<Artifact>) -> Result<Vec<Output>, String> {
    if artifacts.is_empty() {
        return Err("the computation gave no result".into());
    }
    let folder = FileId::random();
    let mut outputs = Vec::new();
    for (index, artifact) in artifacts.into_iter().enumerate() {
        let output = store_one(app, index, &folder, artifact).await.map_err(|error| {
            tracing::error!(error, "an output cannot be stored");
            "the result could not be stored".to_owned()
        })?;
        outputs.push(output);
    }
    Ok(outputs)
}

async fn store_one(
    app: &App,
    index: usize,
    folder: &FileId,
    artifact: Artifact,
) -> Result<Output, Box<dyn std::error::Error + Send + Sync>> {
    let (width, height, length) = match &artifact.content {
        Content::Picture { picture, .. } => (picture.width(), picture.height(), Duration::ZERO),
        Content::Clip(clip) => (clip.width, clip.height, clip.length),
    };
    let encoded = tokio::task::spawn_blocking(move || media::encode(artifact.content)).await??;
    let output = Output {
        id: FileId::random(),
        folder: folder.clone(),
        name: format!("{index}.{}", encoded.extension),
        content_type: encoded.content_type.to_owned(),
        size: encoded.bytes.len() as u64,
        width,
        height,
        length,
        sha256: format!("{:x}", Sha256::digest(&encoded.bytes)),
        added: Timestamp::now(),
        access_key: AccessKey::random(),
        public_path: PublicPath::random(),
    };
    let object = ObjectKey::of(&output.id);
    app.storage.files.put(&object, encoded.bytes.into()).await?;
    // A task may only succeed with bytes that can be read.
    let stored = app.storage.files.get(&object).await?;
    if format!("{:x}", Sha256::digest(&stored)) != output.sha256 {
        return Err("the stored bytes differ from what was written".into());
    }
    Ok(output)
}
