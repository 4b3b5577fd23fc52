//! Tensors from files in the upstream layout to models, with nothing missing and nothing left over.
//!
//! A model is described once, by its constructor, which takes tensors by name and shape from [`Weights`]. [`load`] runs
//! it twice: first over an [`Inventory`], which only notes what it takes and costs no memory, so that every complaint
//! about the files comes before the first byte is read; then over the tensors, read in parallel.

mod checkpoint;
mod error;
mod installed;
mod inventory;

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Mutex;

use atelier_domain::CancelToken;
use candle_core::{Shape, Tensor};
use rayon::prelude::*;

use crate::Placement;

pub use checkpoint::Checkpoint;
pub use error::WeightsError;
pub(crate) use installed::installed;
pub use inventory::Inventory;

/// Where a constructor gets its tensors, at one place in the tree of their names.
#[derive(Clone)]
pub struct Weights<'a> {
    source: &'a dyn Source,
    path: String,
}

/// What stands behind [`Weights`].
trait Source: Sync {
    fn take(&self, name: String, shape: Shape) -> Result<Tensor, WeightsError>;
    fn pass_over(&self, prefix: String);
}

impl<'a> Weights<'a> {
    fn root(source: &'a dyn Source) -> Self {
        Self { source, path: String::new() }
    }

    /// The same, one level deeper in the names.
    #[must_use]
    pub fn at(&self, part: impl Display) -> Self {
        Self { source: self.source, path: self.name(part) }
    }

    /// The tensor of this name at this place; its shape is the constructor's promise of what it will do with it.
    pub fn get(&self, part: impl Display, shape: impl Into<Shape>) -> Result<Tensor, WeightsError> {
        self.source.take(self.name(part), shape.into())
    }

    /// Says that the tensors below this name may lie in the files and are not needed.
    pub fn pass_over(&self, part: impl Display) {
        self.source.pass_over(self.name(part));
    }

    fn name(&self, part: impl Display) -> String {
        if self.path.is_empty() { part.to_string() } else { format!("{}.{part}", self.path) }
    }
}

/// Builds a model from files. `progress` gets bytes read and bytes in all.
pub fn load<M>(
    files: &Checkpoint,
    placement: &Placement,
    cancel: &CancelToken,
    progress: &(dyn Fn(u64, u64) + Sync),
    build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>,
) -> Result<M, WeightsError> {
    let inventory = Inventory::of(&build)?;
    files.check(&inventory)?;
    let tensors = read(files, &inventory, placement, cancel, progress)?;
    build(&Weights::root(&Loaded(Mutex::new(tensors))))
}

fn read(
    files: &Checkpoint,
    inventory: &Inventory,
    placement: &Placement,
    cancel: &CancelToken,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<HashMap<String, Tensor>, WeightsError> {
    let total = placement.bytes(inventory.elements());
    let done = Mutex::new(0);
    let one = |(name, shape): &(String, Shape)| {
        if cancel.is_cancelled() {
            return Err(WeightsError::Cancelled);
        }
        let tensor = files.read(name, placement)?;
        if let Ok(mut done) = done.lock() {
            *done += placement.bytes(shape.elem_count());
            progress(*done, total);
        }
        Ok((name.clone(), tensor))
    };
    inventory.tensors().par_iter().map(one).collect()
}

/// Tensors in memory; each is handed out once, so that the model alone holds it.
struct Loaded(Mutex<HashMap<String, Tensor>>);

impl Source for Loaded {
    fn take(&self, name: String, _shape: Shape) -> Result<Tensor, WeightsError> {
        let taken = self.0.lock().ok().and_then(|mut tensors| tensors.remove(&name));
        taken.ok_or(WeightsError::TakenTwice { tensor: name })
    }

    fn pass_over(&self, _prefix: String) {}
}
