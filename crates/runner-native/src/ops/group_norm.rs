//! Normalisation over groups of channels, alone or followed by SiLU.

mod fused;

use candle_core::{CpuStorage, CustomOp3, D, DType, Layout, Result, Shape, Tensor};

use self::fused::{Affine, normalise};
use super::cpu;
use super::simd::Level;
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
        match cpu::level(x) {
            Some(level) => self.fused(x, level, false),
            None => plain(x, &self.weight, &self.bias, self.groups),
        }
    }

    /// The same, then SiLU.
    pub(crate) fn forward_silu(&self, x: &Tensor) -> Result<Tensor> {
        match cpu::level(x) {
            Some(level) => self.fused(x, level, true),
            None => plain(x, &self.weight, &self.bias, self.groups)?.silu(),
        }
    }

    fn fused(&self, x: &Tensor, level: Level, silu: bool) -> Result<Tensor> {
        let op = Normalise { level, groups: self.groups, silu };
        x.contiguous()?.apply_op3_no_bwd(&self.weight, &self.bias, &op)
    }
}

struct Normalise {
    level: Level,
    groups: usize,
    silu: bool,
}

impl CustomOp3 for Normalise {
    fn name(&self) -> &'static str {
        "group norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, channels, height, width) = x_layout.shape().dims4()?;
        let (weight, bias) = (cpu::contiguous(weight, weight_layout)?, cpu::contiguous(bias, bias_layout)?);
        if weight.len() != channels || bias.len() != channels || !channels.is_multiple_of(self.groups) {
            candle_core::bail!("{channels} channels in {} groups meet {} weights", self.groups, weight.len());
        }
        let affine = Affine { weight, bias, groups: self.groups, epsilon: EPSILON, silu: self.silu };
        let y = normalise(self.level, cpu::contiguous(x, x_layout)?, affine, height * width);
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
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

#[cfg(test)]
mod tests;
