//! Group norm, and SiLU in the same pass over the result. A group is a task. Mean and variance of blocks that fit the
//! first-level cache are joined (Chan and others, "Updating formulae and a pairwise algorithm for computing sample
//! variances", 1979), so that a group of any size is read from memory twice only, and nothing is lost where the mean is
//! large.

use rayon::prelude::*;

use crate::ops::simd::{Kernel, Level, Simd, silu, with_level};

/// Numbers in a block.
const BLOCK: usize = 2048;

/// Weight and bias of each channel, and what keeps the variance above zero.
#[derive(Clone, Copy)]
pub(super) struct Affine<'a> {
    pub(super) weight: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) groups: usize,
    pub(super) epsilon: f64,
    /// Whether SiLU follows.
    pub(super) silu: bool,
}

/// Over (batch, channels, `area`).
pub(super) fn normalise(level: Level, x: &[f32], affine: Affine<'_>, area: usize) -> Vec<f32> {
    let channels = affine.weight.len() / affine.groups;
    let mut out = vec![0.0; x.len()];
    let groups = out.par_chunks_mut(channels * area).zip(x.par_chunks(channels * area));
    groups.enumerate().for_each(|(group, (to, x))| {
        let first = group % affine.groups * channels;
        with_level!(level, simd => simd.run(Group { simd, x, to, affine, first, area }));
    });
    out
}

struct Group<'a, S> {
    simd: S,
    x: &'a [f32],
    to: &'a mut [f32],
    affine: Affine<'a>,
    /// The first channel.
    first: usize,
    area: usize,
}

impl<S: Simd> Kernel for Group<'_, S> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (s, affine) = (self.simd, self.affine);
        let (mean, variance) = moments(s, self.x);
        let deviation = (variance + affine.epsilon).sqrt();
        let channels = self.x.chunks_exact(self.area).zip(self.to.chunks_exact_mut(self.area));
        for (channel, (x, to)) in (self.first..).zip(channels) {
            let scale = f64::from(affine.weight[channel]) / deviation;
            let scale = s.splat(scale as f32);
            let (mean, bias) = (s.splat(mean as f32), s.splat(affine.bias[channel]));
            for (x, to) in x.chunks(S::LANES).zip(to.chunks_mut(S::LANES)) {
                let y = s.mul_add(s.sub(s.load_part(x), mean), scale, bias);
                s.store_part(if affine.silu { silu(s, y) } else { y }, to);
            }
        }
    }
}

/// Mean and variance.
#[inline(always)]
fn moments<S: Simd>(s: S, x: &[f32]) -> (f64, f64) {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for block in x.chunks(BLOCK) {
        let length = block.len() as f64;
        let own = f64::from(sum_of::<S, false>(s, block, 0.0)) / length;
        // The mean is rounded, which shifts the sum of squares by no more than its own rounding.
        let own_squares = f64::from(sum_of::<S, true>(s, block, own as f32));
        let difference = own - mean;
        let all = count + length;
        squares += own_squares + difference * difference * count * length / all;
        mean += difference * length / all;
        count = all;
    }
    (mean, squares / count)
}

/// The sum of `x - shift`, or of its squares.
#[inline(always)]
fn sum_of<S: Simd, const SQUARED: bool>(s: S, x: &[f32], shift: f32) -> f32 {
    // Four sums, since one would wait for each addition.
    let mut sums = [s.splat(0.0); 4];
    let minus = s.splat(shift);
    let mut blocks = x.chunks_exact(4 * S::LANES);
    for block in &mut blocks {
        for index in 0..4 {
            let x = s.sub(s.load(&block[index * S::LANES..]), minus);
            sums[index] = if SQUARED { s.mul_add(x, x, sums[index]) } else { s.add(sums[index], x) };
        }
    }
    let sums = s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3]));
    let rest = blocks.remainder().iter().map(|x| x - shift);
    s.sum(sums) + rest.map(|x| if SQUARED { x * x } else { x }).sum::<f32>()
}
