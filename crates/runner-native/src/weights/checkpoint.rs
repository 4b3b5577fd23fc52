//! Safetensors files as upstream lays them out: one file, or several with an index that says which tensor lies where.
//! Files are mapped into memory and never executed; pickles are not read at all.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Shape, Tensor};
use memmap2::Mmap;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Deserialize;

use super::{Inventory, WeightsError};
use crate::Placement;

/// A header longer than this is no header.
const LONGEST_HEADER: u64 = 100 << 20;

/// The open files of one component of a model.
pub struct Checkpoint {
    folder: PathBuf,
    files: Vec<TensorFile>,
    /// Which file holds a tensor.
    places: HashMap<String, usize>,
}

/// One mapped file and what its header says.
struct TensorFile {
    path: PathBuf,
    map: Mmap,
    /// Where the header ends and the data begin.
    data: usize,
    tensors: HashMap<String, TensorInfo>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl Checkpoint {
    /// The names that libraries give to the tensors of a component.
    const STEMS: [&str; 2] = ["diffusion_pytorch_model", "model"];

    /// The files that a component in this folder consists of; empty if there is none, and those that an index names
    /// whether they exist or not.
    pub fn files(folder: &Path) -> Result<Vec<PathBuf>, WeightsError> {
        for stem in Self::STEMS {
            let index = folder.join(format!("{stem}.safetensors.index.json"));
            if index.exists() {
                let index: Index = crate::config::read_json(&index)?;
                let mut files: Vec<_> =
                    index.weight_map.into_values().map(|file| folder.join(file)).collect();
                files.sort();
                files.dedup();
                return Ok(files);
            }
            let single = folder.join(format!("{stem}.safetensors"));
            if single.exists() {
                return Ok(vec![single]);
            }
        }
        Ok(vec![])
    }

    /// Opens the files of a component and reads their headers.
    pub fn open(folder: &Path) -> Result<Self, WeightsError> {
        let files: Vec<_> =
            Self::files(folder)?.into_iter().map(TensorFile::open).collect::<Result<_, _>>()?;
        let names = |(index, file): (usize, &TensorFile)| {
            file.tensors.keys().map(move |name| (name.clone(), index)).collect::<Vec<_>>()
        };
        let places = files.iter().enumerate().flat_map(names).collect();
        Ok(Self { folder: folder.to_owned(), files, places })
    }

    /// Whether the files hold exactly what the model takes, whole.
    pub fn check(&self, inventory: &Inventory) -> Result<(), WeightsError> {
        for (name, shape) in inventory.tensors() {
            let (file, info) = self.find(name)?;
            file.check(name, info, shape)?;
        }
        let known: HashSet<_> = inventory.tensors().iter().map(|(name, _)| name).collect();
        let mut unused: Vec<_> =
            self.places.keys().filter(|name| !known.contains(name) && !inventory.passes_over(name)).collect();
        unused.sort();
        match unused.first() {
            None => Ok(()),
            Some(name) => {
                Err(WeightsError::Unused { tensor: (*name).clone(), file: self.find(name)?.0.path.clone() })
            }
        }
    }

    /// One tensor on the device, in the device's precision.
    pub(super) fn read(&self, name: &str, placement: &Placement) -> Result<Tensor, WeightsError> {
        let (file, info) = self.find(name)?;
        let dtype = file.dtype(name, info)?;
        let bytes = file.bytes(name, info)?;
        // Converted before it travels: f32 files would take twice the way and the room on a GPU.
        let stored = Tensor::from_raw_buffer(bytes, dtype, &info.shape, &Device::Cpu)?;
        Ok(stored.to_dtype(placement.dtype)?.to_device(&placement.device)?)
    }

    fn find(&self, name: &str) -> Result<(&TensorFile, &TensorInfo), WeightsError> {
        let place = self.places.get(name).and_then(|&index| self.files.get(index));
        place
            .and_then(|file| Some((file, file.tensors.get(name)?)))
            .ok_or_else(|| WeightsError::Missing { tensor: name.to_owned(), folder: self.folder.clone() })
    }
}

impl TensorFile {
    fn open(path: PathBuf) -> Result<Self, WeightsError> {
        let unreadable = |source| WeightsError::File { path: path.clone(), source };
        let file = File::open(&path).map_err(unreadable)?;
        #[expect(unsafe_code, reason = "mapping 16 GB is what makes loading quick")]
        // SAFETY: the bytes are only read, and any bytes are valid here. Whoever shortens a weights file under a
        // running server stops it (SIGBUS); `models pull` therefore replaces files and never rewrites them.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let invalid = |reason: &str| WeightsError::Format { path: path.clone(), reason: reason.to_owned() };
        let (length, rest) = map.split_first_chunk::<8>().ok_or_else(|| invalid("it has no header"))?;
        let length = u64::from_le_bytes(*length);
        if length > LONGEST_HEADER {
            return Err(invalid("its header is too long"));
        }
        let header = rest.get(..length as usize).ok_or_else(|| invalid("it ends within its header"))?;
        let metadata: Metadata =
            serde_json::from_slice(header).map_err(|error| invalid(&error.to_string()))?;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok(Self { path, map, data: 8 + length as usize, tensors })
    }

    fn check(&self, name: &str, info: &TensorInfo, shape: &Shape) -> Result<(), WeightsError> {
        let found = Shape::from(info.shape.as_slice());
        if found != *shape {
            return Err(WeightsError::Shape {
                tensor: name.to_owned(),
                file: self.path.clone(),
                expected: shape.clone(),
                found,
            });
        }
        self.dtype(name, info)?;
        self.bytes(name, info).map(drop)
    }

    fn dtype(&self, name: &str, info: &TensorInfo) -> Result<DType, WeightsError> {
        match info.dtype {
            Dtype::F32 => Ok(DType::F32),
            Dtype::F16 => Ok(DType::F16),
            Dtype::BF16 => Ok(DType::BF16),
            other => Err(WeightsError::Dtype {
                tensor: name.to_owned(),
                file: self.path.clone(),
                dtype: format!("{other:?}"),
            }),
        }
    }

    fn bytes(&self, name: &str, info: &TensorInfo) -> Result<&[u8], WeightsError> {
        let (from, to) = info.data_offsets;
        let elements = info.shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let size =
            elements.and_then(|elements| elements.checked_mul(info.dtype.bitsize())).map(|bits| bits / 8);
        if size.is_none() || to.checked_sub(from) != size {
            let reason = format!("the tensor {name} takes other bytes than its shape says");
            return Err(WeightsError::Format { path: self.path.clone(), reason });
        }
        let data = self.map.get(self.data..).unwrap_or_default();
        data.get(from..to).ok_or_else(|| WeightsError::Truncated {
            tensor: name.to_owned(),
            file: self.path.clone(),
            expected: to.saturating_add(self.data) as u64,
            found: self.map.len() as u64,
        })
    }
}
