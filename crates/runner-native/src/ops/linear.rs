//! Products with a weight matrix, over the last dimension.

use candle_core::{D, Device, Result, Tensor};

use crate::weights::{Weights, WeightsError};

/// `y = x Wᵀ + b`.
pub(crate) struct Linear {
    /// Outputs x inputs, as stored.
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// Without a bias.
    pub(crate) fn new(
        weights: &Weights<'_>,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self { weight: weights.get("weight", (outputs, inputs))?, bias: None })
    }

    /// With a bias.
    pub(crate) fn biased(
        weights: &Weights<'_>,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, WeightsError> {
        let bias = Some(weights.get("bias", outputs)?);
        Ok(Self { weight: weights.get("weight", (outputs, inputs))?, bias })
    }

    /// Where it lies.
    pub(crate) fn device(&self) -> &Device {
        self.weight.device()
    }

    /// From (..., inputs) to (..., outputs).
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        plain(x, &self.weight, self.bias.as_ref())
    }
}

fn plain(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    // One large product; candle would do one for each of the leading dimensions.
    let mut shape = x.dims().to_vec();
    let rows = x.elem_count() / x.dim(D::Minus1)?;
    let y = x.reshape((rows, ()))?.matmul(&weight.t()?)?;
    let y = match bias {
        Some(bias) => y.broadcast_add(bias)?,
        None => y,
    };
    if let Some(last) = shape.last_mut() {
        *last = weight.dim(0)?;
    }
    y.reshape(shape)
}
