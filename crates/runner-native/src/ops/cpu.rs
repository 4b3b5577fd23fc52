//! What the kernels for the CPU share: when they run, and how they reach a tensor's numbers.

use candle_core::{CpuStorage, DType, Layout, Result, Tensor};

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
