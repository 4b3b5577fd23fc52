//! What a model takes, found out without reading or allocating anything.

use std::sync::Mutex;

use candle_core::{DType, Device, Shape, Tensor};

use super::{Source, Weights, WeightsError};

/// The tensors of a model by name and shape, and the names it knows and does not need.
#[derive(Debug, Default)]
pub struct Inventory {
    tensors: Vec<(String, Shape)>,
    passed_over: Vec<String>,
}

impl Inventory {
    /// Runs a constructor for its demands only.
    pub fn of<M>(build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>) -> Result<Self, WeightsError> {
        let recorder = Recorder {
            nothing: Tensor::zeros((), DType::F32, &Device::Cpu)?,
            noted: Mutex::new(Self::default()),
        };
        build(&Weights::root(&recorder))?;
        Ok(recorder.noted.into_inner().unwrap_or_default())
    }

    /// Every tensor taken, in the order of taking.
    pub fn tensors(&self) -> &[(String, Shape)] {
        &self.tensors
    }

    /// Numbers in all tensors together.
    pub fn elements(&self) -> usize {
        self.tensors.iter().map(|(_, shape)| shape.elem_count()).sum()
    }

    /// Whether the model knows a tensor of this name and does not need it.
    pub fn passes_over(&self, name: &str) -> bool {
        let below = |prefix: &str| {
            name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.passed_over.iter().any(|prefix| below(prefix))
    }
}

struct Recorder {
    nothing: Tensor,
    noted: Mutex<Inventory>,
}

impl Source for Recorder {
    fn take(&self, name: String, shape: Shape) -> Result<Tensor, WeightsError> {
        // One number, seen as any shape through strides of zero.
        let stand_in = self.nothing.broadcast_as(&shape)?;
        if let Ok(mut noted) = self.noted.lock() {
            noted.tensors.push((name, shape));
        }
        Ok(stand_in)
    }

    fn pass_over(&self, prefix: String) {
        if let Ok(mut noted) = self.noted.lock() {
            noted.passed_over.push(prefix);
        }
    }
}
