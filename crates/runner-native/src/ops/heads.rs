//! Queries and keys on their way to the attention: split into heads, each normalised and turned by its token's place.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::cpu::{self, Tokens};
use super::norm::RmsNorm;
use super::rotary::{Pairs, Rotary, rotate};
use super::simd::{Kernel, Level, Simd, with_level};

/// From (batch, tokens, heads x numbers) to (batch, tokens, heads, numbers).
pub(crate) fn turned_heads(x: &Tensor, norm: &RmsNorm, rotary: &Rotary, pairs: Pairs) -> Result<Tensor> {
    match cpu::level(x) {
        Some(level) => fused(level, x, norm, rotary, pairs),
        None => plain(x, norm, rotary, pairs),
    }
}

fn plain(x: &Tensor, norm: &RmsNorm, rotary: &Rotary, pairs: Pairs) -> Result<Tensor> {
    let (batch, tokens, width) = x.dims3()?;
    let numbers = norm.weight().elem_count();
    let heads = norm.forward(&x.reshape((batch, tokens, width / numbers, numbers))?)?;
    rotate(&heads.transpose(1, 2)?, rotary, pairs)?.transpose(1, 2)
}

fn fused(level: Level, x: &Tensor, norm: &RmsNorm, rotary: &Rotary, pairs: Pairs) -> Result<Tensor> {
    let op = Turn { level, norm: norm.weight().to_vec1()?, epsilon: norm.epsilon(), pairs };
    cpu::rows(x)?.apply_op3_no_bwd(&rotary.cos, &rotary.sin, &op)
}

struct Turn {
    level: Level,
    /// The norm's weight for each number of a head.
    norm: Vec<f32>,
    epsilon: f32,
    pairs: Pairs,
}

impl CustomOp3 for Turn {
    fn name(&self) -> &'static str {
        "turned heads"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        cos: &CpuStorage,
        cos_layout: &Layout,
        sin: &CpuStorage,
        sin_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let rows = Tokens::of(x, x_layout)?;
        let ([batch, tokens], numbers) = (rows.batch_and_tokens(), self.norm.len());
        let half = numbers / 2;
        let fits = rows.width().is_multiple_of(numbers)
            && cos_layout.dims() == [tokens, half]
            && sin_layout.dims() == [tokens, half];
        if !fits {
            candle_core::bail!("{tokens} tokens of {} meet angles {:?}", rows.width(), cos_layout.dims());
        }
        let (cos, sin) = (cpu::contiguous(cos, cos_layout)?, cpu::contiguous(sin, sin_layout)?);
        let (norm, epsilon, pairs) = (&self.norm, self.epsilon, self.pairs);
        let out = rows.map(|index, x, to| {
            let place = index % tokens * half;
            let (cos, sin) = (&cos[place..][..half], &sin[place..][..half]);
            with_level!(self.level, simd => simd.run(Token { simd, x, norm, epsilon, cos, sin, pairs, to }));
        });
        Ok((CpuStorage::F32(out), (batch, tokens, rows.width() / numbers, numbers).into()))
    }
}

/// One token, all heads.
struct Token<'a, S> {
    simd: S,
    x: &'a [f32],
    norm: &'a [f32],
    epsilon: f32,
    cos: &'a [f32],
    sin: &'a [f32],
    pairs: Pairs,
    to: &'a mut [f32],
}

impl<S: Simd> Kernel for Token<'_, S> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        let (s, numbers) = (self.simd, self.norm.len());
        let to = std::mem::take(&mut self.to);
        for (x, to) in self.x.chunks_exact(numbers).zip(to.chunks_exact_mut(numbers)) {
            let mut squares = s.splat(0.0);
            for x in x.chunks(S::LANES) {
                let x = s.load_part(x);
                squares = s.mul_add(x, x, squares);
            }
            let scale = 1.0 / (s.sum(squares) / numbers as f32 + self.epsilon).sqrt();
            self.turn(x, s.splat(scale), to);
        }
    }
}

impl<S: Simd> Token<'_, S> {
    #[inline(always)]
    fn turn(&self, x: &[f32], scale: S::V, to: &mut [f32]) {
        let (s, numbers) = (self.simd, x.len());
        for pair in (0..numbers / 2).step_by(S::LANES) {
            // Where two vectors begin and end that hold these pairs.
            let [first, second] = match self.pairs {
                Pairs::Neighbours => {
                    let middle = (2 * pair + S::LANES).min(numbers);
                    [2 * pair..middle, middle..(middle + S::LANES).min(numbers)]
                }
                Pairs::Halves => {
                    let end = (pair + S::LANES).min(numbers / 2);
                    [pair..end, numbers / 2 + pair..numbers / 2 + end]
                }
            };
            let mut a = s.mul(s.load_part(&x[first.clone()]), s.load_part(&self.norm[first.clone()]));
            let mut b = s.mul(s.load_part(&x[second.clone()]), s.load_part(&self.norm[second.clone()]));
            if matches!(self.pairs, Pairs::Neighbours) {
                [a, b] = s.deinterleave(a, b);
            }
            (a, b) = (s.mul(a, scale), s.mul(b, scale));
            let (cos, sin) = (s.load_part(&self.cos[pair..]), s.load_part(&self.sin[pair..]));
            let mut turned = [s.sub(s.mul(a, cos), s.mul(b, sin)), s.mul_add(a, sin, s.mul(b, cos))];
            if matches!(self.pairs, Pairs::Neighbours) {
                turned = s.interleave(turned[0], turned[1]);
            }
            s.store_part(turned[0], &mut to[first]);
            s.store_part(turned[1], &mut to[second]);
        }
    }
}

#[cfg(test)]
mod tests;
