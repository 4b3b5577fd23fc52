//! Two-dimensional convolution with a bias.

mod im2col;
mod winograd;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};

use self::im2col::convolve;
use self::winograd::{Input, Side, Winograd};
use super::cpu;
use super::linear::blocked::Matrix;
use super::simd::Level;
use crate::weights::{Weights, WeightsError};

/// Fewer channels do not pay for transforming tiles.
const TILED: usize = 16;
/// With more inputs tiles have 2x2 results: larger ones would lose precision, and take four times the weights' memory.
const LARGE_TILED: usize = 1024;

/// See the module.
pub(crate) struct Conv2d {
    form: Form,
    kind: Kind,
}

enum Form {
    /// Outputs x inputs x kernel x kernel, and outputs.
    Weights { weight: Tensor, bias: Tensor },
    /// Transformed when the model was loaded, in place of the weights.
    Tiles { level: Level, kernels: Winograd },
}

/// Ways to compute a 3x3 convolution, for their comparison.
#[cfg(feature = "bench")]
#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConvForm {
    Tiles2,
    Tiles4,
    Columns,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The picture keeps its size.
    Same,
    /// The picture is halved, with zeros added below and to the right only.
    Halving,
}

impl Kind {
    /// Height and width of the result.
    fn results(self, Picture { height, width, .. }: Picture) -> (usize, usize) {
        match self {
            Self::Same => (height, width),
            Self::Halving => (height / 2, width / 2),
        }
    }

    /// How far apart the results lie, and how many zeros lie above and left of the picture.
    fn stride_and_border(self, kernel: usize) -> (usize, usize) {
        match self {
            Self::Same => (1, kernel / 2),
            Self::Halving => (2, 0),
        }
    }
}

/// Sizes of an input.
#[derive(Clone, Copy)]
struct Picture {
    batch: usize,
    height: usize,
    width: usize,
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
        Ok(Self::new(weight, weights.get("bias", outputs)?, Kind::Same)?)
    }

    /// Halves the picture, with a 3x3 kernel.
    pub(crate) fn halving(weights: &Weights<'_>, channels: usize) -> std::result::Result<Self, WeightsError> {
        let weight = weights.get("weight", (channels, channels, 3, 3))?;
        Ok(Self::new(weight, weights.get("bias", channels)?, Kind::Halving)?)
    }

    /// A 3x3 convolution that is computed in this way.
    #[cfg(feature = "bench")]
    pub(crate) fn in_form(weight: Tensor, bias: Tensor, form: ConvForm) -> Result<Self> {
        let side = match form {
            ConvForm::Tiles2 => Side::Two,
            ConvForm::Tiles4 => Side::Four,
            ConvForm::Columns => return Ok(Self { form: Form::Weights { weight, bias }, kind: Kind::Same }),
        };
        let Some(level) = cpu::level(&weight) else { candle_core::bail!("this processor has no kernels") };
        let (weight, bias) = (weight.flatten_all()?.to_vec1()?, bias.to_vec1()?);
        let kernels = Winograd::new(&weight, &bias, side);
        Ok(Self { form: Form::Tiles { level, kernels }, kind: Kind::Same })
    }

    fn new(weight: Tensor, bias: Tensor, kind: Kind) -> Result<Self> {
        let (outputs, inputs, kernel, _) = weight.dims4()?;
        let tiled = kind == Kind::Same && kernel == 3 && inputs >= TILED && outputs >= TILED;
        // Stand-ins for weights that are not read yet are not contiguous.
        let level = cpu::level(&weight).filter(|_| tiled && weight.is_contiguous());
        let form = match level {
            Some(level) => {
                let side = if inputs > LARGE_TILED { Side::Two } else { Side::Four };
                let (weight, bias) = (weight.flatten_all()?.to_vec1()?, bias.to_vec1()?);
                Form::Tiles { level, kernels: Winograd::new(&weight, &bias, side) }
            }
            None => Form::Weights { weight, bias },
        };
        Ok(Self { form, kind })
    }

    /// From (batch, inputs, height, width) to (batch, outputs, height, width) or half of that.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match (&self.form, cpu::level(x)) {
            (Form::Tiles { level, kernels }, _) => {
                x.contiguous()?.apply_op1_no_bwd(&Tiles { level: *level, kernels, doubled: false })
            }
            (Form::Weights { weight, bias }, Some(level)) => {
                x.contiguous()?.apply_op3_no_bwd(weight, bias, &Columns { level, kind: self.kind })
            }
            (Form::Weights { weight, bias }, None) => plain(x, weight, bias, self.kind),
        }
    }

    /// [`Conv2d::forward`] of a picture that is first made twice as high and wide, each number a square.
    pub(crate) fn forward_doubled(&self, x: &Tensor) -> Result<Tensor> {
        match &self.form {
            Form::Tiles { level, kernels } => {
                x.contiguous()?.apply_op1_no_bwd(&Tiles { level: *level, kernels, doubled: true })
            }
            Form::Weights { .. } => {
                let (_, _, height, width) = x.dims4()?;
                self.forward(&x.upsample_nearest2d(2 * height, 2 * width)?)
            }
        }
    }

    /// The sum of a picture and [`Conv2d::forward`].
    pub(crate) fn forward_onto(&self, onto: &Tensor, x: &Tensor) -> Result<Tensor> {
        match &self.form {
            Form::Tiles { level, kernels } => {
                let op = Tiles { level: *level, kernels, doubled: false };
                x.contiguous()?.apply_op2_no_bwd(&onto.contiguous()?, &op)
            }
            Form::Weights { .. } => onto + self.forward(x)?,
        }
    }
}

struct Tiles<'a> {
    level: Level,
    kernels: &'a Winograd,
    doubled: bool,
}

impl Tiles<'_> {
    fn compute(&self, x: &CpuStorage, layout: &Layout, onto: Option<&[f32]>) -> Result<(CpuStorage, Shape)> {
        let (batch, inputs, height, width) = layout.shape().dims4()?;
        let scale = if self.doubled { 2 } else { 1 };
        let picture = Picture { batch, height: height * scale, width: width * scale };
        let shape = Shape::from((batch, self.kernels.outputs(), picture.height, picture.width));
        if inputs != self.kernels.inputs() || onto.is_some_and(|onto| onto.len() != shape.elem_count()) {
            candle_core::bail!("{inputs} channels meet kernels for {}", self.kernels.inputs());
        }
        let x = Input { numbers: cpu::contiguous(x, layout)?, doubled: self.doubled, onto };
        Ok((CpuStorage::F32(self.kernels.forward(self.level, x, picture)), shape))
    }
}

impl CustomOp1 for Tiles<'_> {
    fn name(&self) -> &'static str {
        "convolution by tiles"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.compute(x, layout, None)
    }
}

impl CustomOp2 for Tiles<'_> {
    fn name(&self) -> &'static str {
        "convolution by tiles onto a picture"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        onto: &CpuStorage,
        onto_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.compute(x, layout, Some(cpu::contiguous(onto, onto_layout)?))
    }
}

struct Columns {
    level: Level,
    kind: Kind,
}

impl CustomOp3 for Columns {
    fn name(&self) -> &'static str {
        "convolution by columns"
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
        let (batch, channels, height, width) = x_layout.shape().dims4()?;
        let (outputs, inputs, kernel, _) = weight_layout.shape().dims4()?;
        if inputs != channels {
            candle_core::bail!("{channels} channels meet kernels for {inputs}");
        }
        let (weight, bias) = (cpu::contiguous(weight, weight_layout)?, cpu::contiguous(bias, bias_layout)?);
        let weight = Matrix { rows: weight, bias, inputs: inputs * kernel * kernel, outputs };
        let picture = Picture { batch, height, width };
        let y = convolve(self.level, cpu::contiguous(x, x_layout)?, weight, kernel, self.kind, picture);
        let (height, width) = self.kind.results(picture);
        Ok((CpuStorage::F32(y), (batch, outputs, height, width).into()))
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

#[cfg(test)]
mod tests;
