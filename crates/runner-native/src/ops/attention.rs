//! Scaled dot-product attention.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;

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
/// (batch, heads, tokens, numbers).
pub(crate) fn attention(q: &Tensor, k: &Tensor, v: &Tensor, mask: Mask) -> Result<Tensor> {
    plain(q, k, v, mask, SCORES)
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
