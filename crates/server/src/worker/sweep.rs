//! The sweeper: deletes files that are older than the operator keeps them, and bytes that no file refers to, as a
//! crash between storing and recording leaves them behind. It runs beside the worker, a little at a time.

use std::time::Duration;

use atelier_domain::Timestamp;
use atelier_store::{FilesError, StoreError};
use thiserror::Error;

use crate::app::App;
use crate::uploads::delete_objects;

/// The folders of the object store are swept one after the other, all within an hour.
const FOLDERS: u32 = 256;
const PACE: Duration = Duration::from_secs(3600 / FOLDERS as u64);

/// Bytes younger than this may belong to a request or a run that has not recorded them yet.
const GRACE: Duration = Duration::from_hours(1);

/// Old files deleted at once.
const BATCH: u32 = 500;

/// Why a sweep was not finished. The operator must look; the next one tries again.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The database could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store could not do it.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// Sweeps for ever.
pub(super) async fn sweep(app: &App) {
    loop {
        let now = Timestamp::now();
        // By the clock, so that workers that are often restarted reach every folder, and several share the work.
        let folder = (now.seconds().div_euclid(PACE.as_secs() as i64)).rem_euclid(i64::from(FOLDERS)) as u8;
        for swept in [old_files(app, now).await, orphans(app, folder, now).await] {
            match swept {
                Ok(0) => {}
                Ok(files) => tracing::info!(files, "deleted"),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "files cannot be swept");
                }
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Deletes outputs and uploads that are older than the retention time, a bounded number of them, and says how
/// many. What an unfinished task uses stays.
pub async fn old_files(app: &App, now: Timestamp) -> Result<usize, SweepError> {
    let Some(retention) = app.config.retention else { return Ok(0) };
    let than = Timestamp(now.0.saturating_sub(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX)));
    let forgotten = app.storage.store.forget_files_older(than, BATCH).await?;
    delete_objects(&app.storage.files, &forgotten).await;
    Ok(forgotten.len())
}

/// Deletes bytes in one folder of the object store that no file refers to, and says how many.
pub async fn orphans(app: &App, folder: u8, now: Timestamp) -> Result<usize, SweepError> {
    let objects = app.storage.files.list(folder).await?;
    let old = objects.into_iter().filter(|object| now.since(object.changed) > GRACE);
    let old: Vec<_> = old.map(|object| object.file).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let unknown = app.storage.store.unknown_files(&old).await?;
    delete_objects(&app.storage.files, &unknown).await;
    Ok(unknown.len())
}
