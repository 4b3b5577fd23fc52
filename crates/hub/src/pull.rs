//! A whole model from a hub, several files at a time.

use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use thiserror::Error;

use crate::download::{DownloadError, download};
use crate::install::{Install, InstallError, io_error};
use crate::manifest::{Entry, Manifest};
use crate::part::Part;
use crate::{Event, FilePath, Hub, Model, Offer, Problem, RemoteFile, Watcher, checksum, layout};

/// Files that are downloaded at the same time.
const PARALLEL: usize = 4;

/// Why a model is not installed.
#[derive(Debug, Error)]
pub enum PullError {
    /// The folder.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A file.
    #[error("{file} was not downloaded")]
    Download {
        /// Which.
        file: FilePath,
        /// Why.
        source: DownloadError,
    },
    /// Everything came, and it is no model. Whoever publishes it must act.
    #[error("the files are as the hub lists them, and do not make a model")]
    Files(#[source] Problem),
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Where.
    pub folder: PathBuf,
    /// Bytes that were missing before.
    pub fetched: u64,
}

/// Installs what a hub offers below the folder of all models. Files that are there already and have the right hash
/// stay; whoever asked has agreed to the licence.
pub async fn pull(
    hub: &Hub,
    model: &Model,
    offer: &Offer,
    models: &Path,
    watch: Watcher<'_>,
) -> Result<Pulled, PullError> {
    let install = Install::claim(model, models)?;
    let places: Vec<_> =
        offer.files.iter().map(|file| install.place(&file.path)).collect::<Result<_, _>>()?;
    install.fits(offer.files.iter().zip(&places).map(|(file, place)| missing(file, place)).sum())?;
    let mut manifest = manifest(offer);
    manifest.write(install.folder())?;

    let mut files: Vec<_> = offer.files.iter().zip(&places).collect();
    // Small ones first: what is wrong shows before the long wait.
    files.sort_by_key(|(file, _)| file.size);
    let fetched = stream::iter(files).map(|(file, place)| async move {
        if is_there(file, place).await? {
            watch(&file.path, file.size, Event::Done);
            return Ok(0);
        }
        let missing = missing(file, place);
        let failed = |source| PullError::Download { file: file.path.clone(), source };
        let url = hub.address(model, offer, &file.path);
        download(hub, &url, file, place, watch).await.map_err(failed)?;
        watch(&file.path, file.size, Event::Done);
        Ok::<u64, PullError>(missing)
    });
    let fetched = fetched.buffer_unordered(PARALLEL).try_fold(0, async |sum, more| Ok(sum + more)).await?;

    if let Some(problem) = layout::problems(model, install.folder()).into_iter().next() {
        return Err(PullError::Files(problem));
    }
    manifest.complete = true;
    manifest.write(install.folder())?;
    install.sweep(model);
    Ok(Pulled { folder: install.folder().to_owned(), fetched })
}

/// Bytes of a file that have to be fetched, by its size alone.
fn missing(file: &RemoteFile, place: &Path) -> u64 {
    match place.metadata() {
        Ok(found) if found.len() == file.size => 0,
        _ => file.size.saturating_sub(Part::left(place, &file.checksum)),
    }
}

/// Whether the file is there already, as the hub has it.
async fn is_there(file: &RemoteFile, place: &Path) -> Result<bool, InstallError> {
    if !place.metadata().is_ok_and(|found| found.is_file() && found.len() == file.size) {
        return Ok(false);
    }
    let (path, expected) = (place.to_owned(), file.checksum.clone());
    let found = tokio::task::spawn_blocking(move || checksum::of_file(&path, &expected, &|_| ())).await;
    let found = found.map_err(std::io::Error::other).flatten().map_err(io_error(place))?;
    Ok(found == file.checksum)
}

fn manifest(offer: &Offer) -> Manifest {
    let entry = |file: &RemoteFile| Entry {
        path: file.path.clone(),
        size: file.size,
        checksum: file.checksum.clone(),
    };
    Manifest {
        origin: format!("{} at {}", offer.url, offer.commit),
        licence: offer.licence.clone(),
        complete: false,
        files: offer.files.iter().map(entry).collect(),
    }
}
