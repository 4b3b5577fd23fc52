//! Products with a weight matrix, over the last dimension.

pub(super) mod blocked;

use candle_core::{CpuStorage, CustomOp2, D, Device, Layout, Result, Shape, Tensor};

use self::blocked::{Matrix, multiply};
use super::cpu;
use super::simd::Level;
use crate::weights::{Weights, WeightsError};

/// The kernel fills vectors with rows; with fewer than this candle's product is faster.
const ROWS: usize = 32;

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
        match cpu::level(x) {
            Some(level) if x.elem_count() >= ROWS * x.dim(D::Minus1)? => {
                let op = Multiply { level, bias: self.bias.as_ref() };
                x.contiguous()?.apply_op2_no_bwd(&self.weight, &op)
            }
            _ => plain(x, &self.weight, self.bias.as_ref()),
        }
    }
}

struct Multiply<'a> {
    level: Level,
    bias: Option<&'a Tensor>,
}

impl CustomOp2 for Multiply<'_> {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (outputs, inputs) = weight_layout.shape().dims2()?;
        let mut shape = x_layout.dims().to_vec();
        if shape.last() != Some(&inputs) {
            candle_core::bail!("{shape:?} meets a weight of {outputs} x {inputs}");
        }
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        let bias = self.bias.map_or(Ok(Vec::new()), Tensor::to_vec1)?;
        let weight = cpu::contiguous(weight, weight_layout)?;
        let weight = Matrix { rows: weight, bias: &bias, inputs, outputs };
        let y = multiply(self.level, cpu::contiguous(x, x_layout)?, weight);
        Ok((CpuStorage::F32(y), shape.into()))
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

#[cfg(test)]
mod tests;
