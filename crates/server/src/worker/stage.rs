//! Staging: from a planned job to one whose pictures lie decoded in memory.

use std::fmt::Display;

use atelier_domain::{Failure, InputFile, InputRole, Job, Picture};
use atelier_store::{ObjectKey, StoreError, StoredFile};
use futures_util::future::join_all;

use super::attempt::{Failed, Halt};
use super::slots::Slot;
use crate::app::App;
use crate::{files, media, samples};

/// Why one input cannot be staged.
enum Refusal {
    /// What is wrong with it, worded to follow the parameter's name.
    Input(String),
    /// The object store does not give it; the details are in the log.
    Unreadable,
    Store(StoreError),
}

/// Fetches and decodes every input of a job. `name` gives the caller's name of an input.
pub(super) async fn stage(
    app: &App,
    job: Job<InputFile>,
    slot: &mut Slot,
    name: impl Fn(InputRole) -> String,
) -> Result<Job<Picture>, Halt> {
    let inputs = job.inputs();
    let all = join_all(inputs.iter().map(|(_, file)| fetch(app, file)));
    let far = inputs.iter().any(|(_, file)| matches!(file, InputFile::Url(_)));
    let fetched = if far { slot.lend(all).await } else { all.await };
    let mut pictures = Vec::new();
    for ((role, _), bytes) in inputs.into_iter().zip(fetched) {
        let picture = match bytes {
            Ok(bytes) => decode(app, bytes).await,
            Err(refusal) => Err(refusal),
        };
        pictures.push(picture.map_err(|refusal| halt(refusal, role, &name(role)))?);
    }
    // `inputs` and `try_map` visit the pictures in the same order.
    let mut pictures = pictures.into_iter();
    let lost = || Failed::new(Failure::Internal, "an input was lost while staging".into());
    job.try_map(|_| pictures.next().ok_or_else(|| lost().into()))
}

fn halt(refusal: Refusal, role: InputRole, name: &str) -> Halt {
    let (failure, problem) = match refusal {
        Refusal::Input(reason) => (Failure::Input { role, confidence: None }, reason),
        Refusal::Unreadable => (Failure::InputStorage, "could not be read from the file store".to_owned()),
        Refusal::Store(error) => return error.into(),
    };
    Failed::new(failure, format!("{name} {problem}")).into()
}

async fn decode(app: &App, bytes: Vec<u8>) -> Result<Picture, Refusal> {
    let limits = app.config.limits.clone();
    let decoded = tokio::task::spawn_blocking(move || media::decode(&bytes, &limits)).await;
    let decoded = decoded.map_err(|_| refused("is damaged and cannot be decoded"))?;
    decoded.map_err(refused)
}

async fn fetch(app: &App, file: &InputFile) -> Result<Vec<u8>, Refusal> {
    match file {
        InputFile::Sample(name) => match samples::sample(name) {
            Some(bytes) => Ok(bytes.into_owned()),
            None => Err(refused("names a sample input that does not exist any more")),
        },
        // The output of one task is often the input of the next; a server on this machine may not be fetched from.
        InputFile::Url(address) => match files::find(app, address).await.map_err(Refusal::Store)? {
            Some(file) => read(app, &file).await,
            None => app.fetch.get(address, app.config.limits.file_bytes).await.map_err(refused),
        },
        InputFile::Stored(key) => {
            let file = app.storage.store.file_by_key(key).await.map_err(Refusal::Store)?;
            read(app, &file.ok_or_else(|| refused("names a file that does not exist"))?).await
        }
    }
}

async fn read(app: &App, file: &StoredFile) -> Result<Vec<u8>, Refusal> {
    let bytes = app.storage.files.get(&ObjectKey::of(&file.id)).await;
    bytes.map(Into::into).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a stored input cannot be read");
        Refusal::Unreadable
    })
}

fn refused(reason: impl Display) -> Refusal {
    Refusal::Input(reason.to_string())
}
