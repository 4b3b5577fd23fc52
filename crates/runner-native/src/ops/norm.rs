//! Normalisation of single tokens. candle's kernels are fused on every device.

use candle_core::{Result, Tensor};
use candle_nn::ops;

use crate::weights::{Weights, WeightsError};

/// Scales a vector to a root mean square of one, then by a learned weight.
pub(crate) struct RmsNorm {
    weight: Tensor,
    epsilon: f32,
}

impl RmsNorm {
    /// Over vectors of this size.
    pub(crate) fn new(
        weights: &Weights<'_>,
        size: usize,
        epsilon: f64,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self { weight: weights.get("weight", size)?, epsilon: epsilon as f32 })
    }

    /// With this weight.
    #[cfg(test)]
    pub(super) fn of(weight: Tensor, epsilon: f32) -> Self {
        Self { weight, epsilon }
    }

    pub(super) fn weight(&self) -> &Tensor {
        &self.weight
    }

    pub(super) fn epsilon(&self) -> f32 {
        self.epsilon
    }

    /// Over the last dimension.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::rms_norm(&x.contiguous()?, &self.weight, self.epsilon)
    }
}

/// Moves a vector to a mean of zero and a variance of one, then by a learned weight and bias.
pub(crate) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl LayerNorm {
    /// Over vectors of this size.
    pub(crate) fn new(
        weights: &Weights<'_>,
        size: usize,
        epsilon: f64,
    ) -> std::result::Result<Self, WeightsError> {
        let (weight, bias) = (weights.get("weight", size)?, weights.get("bias", size)?);
        Ok(Self { weight, bias, epsilon: epsilon as f32 })
    }

    /// Over the last dimension.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::layer_norm(&x.contiguous()?, &self.weight, &self.bias, self.epsilon)
    }
}

/// Layer norm without weights of its own, then `(1 + scale) x + shift`: scale and shift have the size of a token and
/// hold for all tokens of a picture.
pub(crate) fn modulated_norm(x: &Tensor, scale: &Tensor, shift: &Tensor, epsilon: f64) -> Result<Tensor> {
    let scale = (scale.flatten_all()? + 1.0)?;
    ops::layer_norm(&x.contiguous()?, &scale, &shift.flatten_all()?.contiguous()?, epsilon as f32)
}
