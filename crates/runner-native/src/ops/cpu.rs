//! What the kernels for the CPU share: when they run, and how they reach a tensor's numbers.

use candle_core::{CpuStorage, DType, Layout, Result, Tensor};
use rayon::prelude::*;

use super::simd::Level;

/// The instructions that a kernel may use for this tensor; none on other devices, in other precisions, on processors
/// without them, and where there is nothing to compute.
pub(super) fn level(x: &Tensor) -> Option<Level> {
    let fits = x.device().is_cpu() && x.dtype() == DType::F32 && x.elem_count() > 0;
    fits.then(Level::best).flatten()
}

/// The numbers of a contiguous tensor.
pub(super) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((from, to)) = layout.contiguous_offsets() else {
        candle_core::bail!("a kernel needs contiguous numbers")
    };
    Ok(&storage.as_slice::<f32>()?[from..to])
}

/// The numbers of a tensor from its first.
pub(super) fn strided<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    Ok(&storage.as_slice::<f32>()?[layout.start_offset()..])
}

/// The same tensor with its last dimension in a row.
pub(super) fn rows(x: &Tensor) -> Result<Tensor> {
    if x.stride().last() == Some(&1) { Ok(x.clone()) } else { x.contiguous() }
}

/// The tokens of (batch, tokens, width), whose numbers alone must lie together.
pub(super) struct Tokens<'a> {
    data: &'a [f32],
    strides: [usize; 2],
    batch: usize,
    count: usize,
    width: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let (batch, count, width) = layout.shape().dims3()?;
        let strides = [layout.stride()[0], layout.stride()[1]];
        Ok(Self { data: strided(storage, layout)?, strides, batch, count, width })
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn batch_and_tokens(&self) -> [usize; 2] {
        [self.batch, self.count]
    }

    /// A token by its number, counted over all of the batch.
    pub(super) fn row(&self, index: usize) -> &'a [f32] {
        let (batch, token) = (index / self.count, index % self.count);
        &self.data[batch * self.strides[0] + token * self.strides[1]..][..self.width]
    }

    /// Refuses two tensors of different shapes.
    pub(super) fn check(&self, other: &Self) -> Result<()> {
        let sizes = |tokens: &Self| [tokens.batch, tokens.count, tokens.width];
        if sizes(self) != sizes(other) {
            candle_core::bail!("{:?} meets {:?}", sizes(self), sizes(other));
        }
        Ok(())
    }

    /// A contiguous tensor of the same shape: `f` gets each token's number, the token, and where its result goes.
    pub(super) fn map(&self, f: impl Fn(usize, &[f32], &mut [f32]) + Sync) -> Vec<f32> {
        let mut out = vec![0.0; self.batch * self.count * self.width];
        let rows = out.par_chunks_mut(self.width).enumerate();
        rows.for_each(|(index, to)| f(index, self.row(index), to));
        out
    }
}
