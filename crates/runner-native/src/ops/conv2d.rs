//! Two-dimensional convolution with a bias.

use candle_core::{Result, Tensor};

use crate::weights::{Weights, WeightsError};

/// See the module.
pub(crate) struct Conv2d {
    /// Outputs x inputs x kernel x kernel.
    weight: Tensor,
    bias: Tensor,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// The picture keeps its size.
    Same,
    /// The picture is halved, with zeros added below and to the right only.
    Halving,
}

impl Conv2d {
    /// Keeps the size of the picture. The kernel is odd.
    pub(crate) fn same(
        weights: &Weights<'_>,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> std::result::Result<Self, WeightsError> {
        let weight = weights.get("weight", (outputs, inputs, kernel, kernel))?;
        Ok(Self { weight, bias: weights.get("bias", outputs)?, kind: Kind::Same })
    }

    /// Halves the picture, with a 3x3 kernel.
    pub(crate) fn halving(weights: &Weights<'_>, channels: usize) -> std::result::Result<Self, WeightsError> {
        let weight = weights.get("weight", (channels, channels, 3, 3))?;
        Ok(Self { weight, bias: weights.get("bias", channels)?, kind: Kind::Halving })
    }

    /// From (batch, inputs, height, width) to (batch, outputs, height, width) or half of that.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        plain(x, &self.weight, &self.bias, self.kind)
    }
}

fn plain(x: &Tensor, weight: &Tensor, bias: &Tensor, kind: Kind) -> Result<Tensor> {
    let y = match kind {
        Kind::Same => x.conv2d(weight, weight.dim(2)? / 2, 1, 1, 1)?,
        Kind::Halving => {
            let x = x.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?;
            x.conv2d(weight, 0, 2, 1, 1)?
        }
    };
    y.broadcast_add(&bias.reshape((1, (), 1, 1))?)
}
