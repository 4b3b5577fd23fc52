//! Whether a folder holds a whole model in the upstream layout, by the files' own words.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::content::{self, ContentError};
use crate::{Checksum, FilePath, Model};

/// A file, or a folder of weights, that is not as it should be.
#[derive(Debug, Error)]
#[error("{path}")]
pub struct Problem {
    /// Which, below the model's folder.
    pub path: FilePath,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a file. Pulling or importing it again mends most of it.
#[derive(Debug, Error)]
pub enum Fault {
    /// There is none.
    #[error("it is missing")]
    Missing,
    /// A folder of weights has none that can be read.
    #[error("there are no weights as safetensors{}", if *.pickle { ", only as a pickle, which is never loaded" } else { "" })]
    NoWeights {
        /// Whether there are some in a form that is not read.
        pickle: bool,
    },
    /// It is longer or shorter than its publisher says.
    #[error("it has {found} bytes instead of {expected}")]
    Size {
        /// By the manifest.
        expected: u64,
        /// On the disk.
        found: u64,
    },
    /// Its bytes are others.
    #[error("its checksum is {found} instead of {expected}")]
    Checksum {
        /// By the manifest.
        expected: Checksum,
        /// On the disk.
        found: Checksum,
    },
    /// It is not what its name says.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// An index of shards cannot be used.
    #[error("it is not an index of shards: {0}")]
    Index(String),
    /// An index names a tensor that its shard does not have.
    #[error("it says that the tensor {tensor} lies in {shard}, and it does not")]
    Tensor {
        /// The tensor.
        tensor: String,
        /// The shard.
        shard: FilePath,
    },
}

impl Fault {
    /// It, or what it is about, cannot be read.
    pub(crate) fn io(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Content(error.into()),
        }
    }
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The wanted files that are there, with their sizes.
pub(crate) fn files(model: &Model, folder: &Path) -> Vec<(FilePath, u64)> {
    let folders: BTreeSet<_> = model.folders().collect();
    let below = folders.into_iter().flat_map(|name| names(folder, name));
    let paths = model.extras.iter().filter_map(|name| FilePath::parse(name).ok()).chain(below);
    let sized = |path: FilePath| {
        let size = path.below(folder).metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        Some((path, size))
    };
    paths.filter(|path| model.wants(path)).filter_map(sized).collect()
}

/// Everything that is wrong with the files themselves and with how they fit together.
pub(crate) fn problems(model: &Model, folder: &Path) -> Vec<Problem> {
    let missing = |path: &&str| !folder.join(path).is_file();
    let configs = model.configs.iter().copied().filter(missing);
    let mut problems: Vec<_> = configs.filter_map(|path| problem(path, Fault::Missing)).collect();
    for (path, _) in files(model, folder) {
        if let Err(error) = content::check(&path.below(folder), &path.extension()) {
            problems.push(Problem { path, fault: error.into() });
        }
    }
    for name in model.weights {
        weights(folder, name, &mut problems);
    }
    problems
}

/// Whether a folder of weights has them all.
fn weights(folder: &Path, name: &'static str, problems: &mut Vec<Problem>) {
    let files: Vec<_> = names(folder, name).collect();
    let indexes: Vec<_> =
        files.iter().filter(|path| path.as_str().ends_with(".safetensors.index.json")).collect();
    if indexes.is_empty() && !files.iter().any(|path| path.extension() == "safetensors") {
        let pickle =
            files.iter().any(|path| matches!(path.extension().as_str(), "bin" | "pt" | "pth" | "ckpt"));
        problems.extend(problem(name, Fault::NoWeights { pickle }));
    }
    for index in indexes {
        let faults = shards(folder, name, index);
        problems.extend(faults.into_iter().map(|(path, fault)| Problem { path, fault }));
    }
}

/// What is wrong with the shards that an index names.
fn shards(folder: &Path, name: &str, index: &FilePath) -> Vec<(FilePath, Fault)> {
    let of_index = |fault| vec![(index.clone(), fault)];
    let text = match std::fs::read(index.below(folder)) {
        Ok(text) => text,
        Err(error) => return of_index(Fault::io(error)),
    };
    let map = match serde_json::from_slice::<Index>(&text) {
        Ok(index) => index.weight_map,
        Err(error) => return of_index(Fault::Index(error.to_string())),
    };
    let mut shards: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (tensor, shard) in &map {
        shards.entry(shard).or_default().push(tensor);
    }
    let mut faults = Vec::new();
    for (shard, tensors) in shards {
        let path = FilePath::parse(&format!("{name}/{shard}"));
        let Some(path) = path.ok().filter(|_| !shard.contains('/')) else {
            faults.extend(of_index(Fault::Index(format!("{shard:?} is not the name of a file beside it"))));
            continue;
        };
        if !path.below(folder).is_file() {
            faults.push((path, Fault::Missing));
            continue;
        }
        // A shard that cannot be read has been reported as a file already.
        let held = content::tensors(&path.below(folder)).ok();
        let lost = |held: &BTreeSet<String>| tensors.iter().find(|tensor| !held.contains(**tensor)).copied();
        if let Some(tensor) = held.as_ref().and_then(lost) {
            faults.extend(of_index(Fault::Tensor { tensor: tensor.to_owned(), shard: path }));
        }
    }
    faults
}

/// The files in one folder of the model, in order. A folder that is not there has none.
fn names(folder: &Path, name: &'static str) -> impl Iterator<Item = FilePath> + use<> {
    let entries = std::fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
    let path =
        |entry: std::fs::DirEntry| FilePath::parse(&format!("{name}/{}", entry.file_name().to_str()?)).ok();
    entries.filter_map(path).collect::<BTreeSet<_>>().into_iter()
}

fn problem(path: &str, fault: Fault) -> Option<Problem> {
    Some(Problem { path: FilePath::parse(path).ok()?, fault })
}
