//! Scaled dot-product attention.

mod fused;

use candle_core::{CpuStorage, CustomOp3, DType, Device, Layout, Result, Shape, Tensor};
use candle_nn::ops::softmax_last_dim;

use self::fused::{Rows, Sizes, attend};
use super::cpu;
use super::simd::Level;

/// Scores that the plain form holds at once: 256 MB. Sixteen thousand tokens would otherwise take 24 GB.
const SCORES: usize = 64 << 20;

/// Which keys a query sees.
#[derive(Clone, Copy)]
pub(crate) enum Mask {
    /// All.
    None,
    /// Those up to its own place, and of these the first so many only: the rest is padding.
    CausalUpTo(usize),
}

/// From queries (batch, heads, tokens, numbers), and keys and values with as many heads or a divisor of it, to
/// (batch, tokens, heads x numbers).
pub(crate) fn attention(q: &Tensor, k: &Tensor, v: &Tensor, mask: Mask) -> Result<Tensor> {
    match cpu::level(q) {
        Some(level) if k.elem_count() > 0 => fused(level, q, k, v, mask),
        _ => plain(q, k, v, mask, SCORES)?.transpose(1, 2)?.flatten_from(2),
    }
}

fn fused(level: Level, q: &Tensor, k: &Tensor, v: &Tensor, mask: Mask) -> Result<Tensor> {
    cpu::rows(q)?.apply_op3_no_bwd(&cpu::rows(k)?, &cpu::rows(v)?, &Fused { level, mask })
}

struct Fused {
    level: Level,
    mask: Mask,
}

impl CustomOp3 for Fused {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (batch, heads, queries, numbers) = q_layout.shape().dims4()?;
        let (_, shared, keys, _) = k_layout.shape().dims4()?;
        let fits = k_layout.dims() == v_layout.dims()
            && k_layout.dims() == [batch, shared, keys, numbers]
            && heads.is_multiple_of(shared);
        if !fits {
            candle_core::bail!("attention of {:?} to {:?}", q_layout.dims(), k_layout.dims());
        }
        let rows = |storage, layout: &Layout| {
            let stride = layout.stride();
            let data = cpu::strided(storage, layout)?;
            Ok::<_, candle_core::Error>(Rows { data, strides: [stride[0], stride[1], stride[2]] })
        };
        let qkv = [rows(q, q_layout)?, rows(k, k_layout)?, rows(v, v_layout)?];
        let sizes = Sizes { batch, heads, shared, queries, keys, numbers };
        let out = attend(self.level, qkv, sizes, self.mask);
        Ok((CpuStorage::F32(out), (batch, queries, heads * numbers).into()))
    }
}

/// Holds `scores` scores at once.
fn plain(q: &Tensor, k: &Tensor, v: &Tensor, mask: Mask, scores: usize) -> Result<Tensor> {
    let (batch, heads, queries, numbers) = q.dims4()?;
    let keys = k.dim(2)?;
    let (k, v) = (repeated(k, heads)?.t()?, repeated(v, heads)?);
    let q = (q * (numbers as f64).powf(-0.5))?;
    let rows = (scores / (batch * heads * keys)).clamp(1, queries);
    let part = |from: usize| {
        let rows = rows.min(queries - from);
        let scores = q.narrow(2, from, rows)?.contiguous()?.matmul(&k)?.to_dtype(DType::F32)?;
        let scores = match mask {
            Mask::None => scores,
            Mask::CausalUpTo(length) => {
                scores.broadcast_add(&causal(from, rows, keys, length, q.device())?)?
            }
        };
        softmax_last_dim(&scores)?.to_dtype(v.dtype())?.matmul(&v)
    };
    let parts: Vec<_> = (0..queries).step_by(rows).map(part).collect::<Result<_>>()?;
    Tensor::cat(&parts, 2)
}

/// Every head of keys or values as often as queries share it.
fn repeated(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, own, tokens, numbers) = x.dims4()?;
    if own == heads {
        return x.contiguous();
    }
    let shape = (batch, own, heads / own, tokens, numbers);
    x.unsqueeze(2)?.broadcast_as(shape)?.reshape((batch, heads, tokens, numbers))
}

/// Zero where a query sees a key, minus infinity elsewhere: rows x keys.
fn causal(from: usize, rows: usize, keys: usize, length: usize, device: &Device) -> Result<Tensor> {
    let seen = |row: usize, key: usize| key <= from + row && key < length;
    let value = |i: usize| if seen(i / keys, i % keys) { 0.0 } else { f32::NEG_INFINITY };
    Tensor::from_vec((0..rows * keys).map(value).collect::<Vec<f32>>(), (rows, keys), device)
}

#[cfg(test)]
mod tests;
