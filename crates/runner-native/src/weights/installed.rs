//! Whether a model lies on the disk, by the names of its files: asked before every task, so nothing large is read.

use std::path::Path;

use serde::Deserialize;

use super::Checkpoint;
use crate::config::read_json;

/// What a pull or an import notes beside the files. Files that were put there by hand have none.
const MANIFEST: &str = "atelier-manifest.json";

#[derive(Deserialize)]
struct Manifest {
    complete: bool,
}

/// Whether every file of a model lies in its folder: configs, and the weights of each component. What is in them is
/// looked at when they are loaded. A model that is still being pulled is not installed, though all names may be there.
pub(crate) fn installed(folder: &Path, configs: &[&str], components: &[&str]) -> bool {
    let whole = |component: &&str| {
        let files = Checkpoint::files(&folder.join(component)).unwrap_or_default();
        !files.is_empty() && files.iter().all(|file| file.exists())
    };
    let manifest = folder.join(MANIFEST);
    let complete = !manifest.exists() || read_json::<Manifest>(&manifest).is_ok_and(|found| found.complete);
    complete && configs.iter().all(|file| folder.join(file).exists()) && components.iter().all(whole)
}
