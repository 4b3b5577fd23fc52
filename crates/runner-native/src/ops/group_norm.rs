//! Normalisation over groups of channels, alone or followed by SiLU.

use candle_core::{D, DType, Result, Tensor};

use crate::weights::{Weights, WeightsError};

/// Keeps the variance above zero; all models here use this one.
const EPSILON: f64 = 1e-6;

/// See the module.
pub(crate) struct GroupNorm {
    weight: Tensor,
    bias: Tensor,
    groups: usize,
}

impl GroupNorm {
    /// Takes a weight and a bias for each channel.
    pub(crate) fn new(
        weights: &Weights<'_>,
        channels: usize,
        groups: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self { weight: weights.get("weight", channels)?, bias: weights.get("bias", channels)?, groups })
    }

    /// Over (batch, channels, height, width).
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        plain(x, &self.weight, &self.bias, self.groups)
    }

    /// The same, then SiLU.
    pub(crate) fn forward_silu(&self, x: &Tensor) -> Result<Tensor> {
        plain(x, &self.weight, &self.bias, self.groups)?.silu()
    }
}

fn plain(x: &Tensor, weight: &Tensor, bias: &Tensor, groups: usize) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    // Half precision cannot hold the sums.
    let grouped = x.reshape((batch, groups, ()))?.to_dtype(DType::F32)?;
    let centred = grouped.broadcast_sub(&grouped.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let normal = centred.broadcast_div(&(variance + EPSILON)?.sqrt()?)?;
    let normal = normal.to_dtype(x.dtype())?.reshape((batch, channels, height, width))?;
    let over_channels = |tensor: &Tensor| tensor.reshape((1, (), 1, 1));
    normal.broadcast_mul(&over_channels(weight)?)?.broadcast_add(&over_channels(bias)?)
}
