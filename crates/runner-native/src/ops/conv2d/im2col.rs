//! Convolution as products with a matrix: for a panel of results, the numbers under the kernel are gathered in the order of
//! the weights as they are stored. For kernels and strides that tiles do not serve.

use rayon::prelude::*;

use super::{Kind, Picture};
use crate::ops::linear::blocked::{Matrix, add_rows};
use crate::ops::simd::{Kernel, Level, Simd};

/// Inputs gathered at a time: a panel of them fits the first-level cache.
const DEPTH: usize = 112;
/// Output channels of a register tile.
const DOWN: usize = 6;

/// From (batch, inputs, height, width) to (batch, outputs, height, width) or half of that. The weight's inputs are those of
/// the picture times `kernel` twice.
pub(super) fn convolve(
    level: Level,
    x: &[f32],
    weight: Matrix<'_>,
    kernel: usize,
    kind: Kind,
    picture: Picture,
) -> Vec<f32> {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(simd) => convolve_with::<_, 4>(simd, x, weight, kernel, kind, picture),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(simd) => convolve_with::<_, 2>(simd, x, weight, kernel, kind, picture),
    }
}

fn convolve_with<S: Simd, const ACROSS: usize>(
    simd: S,
    x: &[f32],
    weight: Matrix<'_>,
    kernel: usize,
    kind: Kind,
    picture: Picture,
) -> Vec<f32> {
    let panel = ACROSS * S::LANES;
    let (height, width) = kind.results(picture);
    let mut out = vec![0.0; picture.batch * weight.outputs * height * width];
    let of_picture = weight.inputs / (kernel * kernel) * picture.height * picture.width;
    for (x, out) in x.chunks(of_picture).zip(out.chunks_mut(weight.outputs * height * width)) {
        let mut tasks: Vec<_> =
            (0..(height * width).div_ceil(panel)).map(|_| Vec::with_capacity(weight.outputs)).collect();
        for channel in out.chunks_mut(height * width) {
            for (task, part) in tasks.iter_mut().zip(channel.chunks_mut(panel)) {
                task.push(part);
            }
        }
        let window = Window { x, kernel, kind, picture, width };
        tasks.into_par_iter().enumerate().for_each(|(task, out)| {
            simd.run(Convolve::<_, ACROSS> { simd, window, weight, first: task * panel, out });
        });
    }
    out
}

/// What lies under the kernel.
#[derive(Clone, Copy)]
struct Window<'a> {
    x: &'a [f32],
    kernel: usize,
    kind: Kind,
    picture: Picture,
    /// Of the result.
    width: usize,
}

impl Window<'_> {
    /// The numbers that one weight meets, for the results from `first`.
    fn gather(&self, weight: usize, first: usize, to: &mut [f32]) {
        let Picture { height, width, .. } = self.picture;
        let taps = self.kernel * self.kernel;
        let (channel, down, right) = (weight / taps, weight % taps / self.kernel, weight % self.kernel);
        let plane = &self.x[channel * height * width..][..height * width];
        if self.kernel == 1 {
            to.copy_from_slice(&plane[first..][..to.len()]);
            return;
        }
        let (stride, border) = self.kind.stride_and_border(self.kernel);
        let (mut y, mut x, mut to) = (first / self.width, first % self.width, to);
        while !to.is_empty() {
            let (line, rest) = to.split_at_mut(to.len().min(self.width - x));
            line.fill(0.0);
            let row = y * stride + down;
            if (border..height + border).contains(&row) {
                let row = &plane[(row - border) * width..][..width];
                // Results at the left whose numbers lie beside the picture.
                let beside = border.saturating_sub(x * stride + right).div_ceil(stride);
                let from = ((x + beside) * stride + right - border).min(width);
                let numbers = row[from..].iter().step_by(stride);
                line.iter_mut().skip(beside).zip(numbers).for_each(|(to, from)| *to = *from);
            }
            (y, x, to) = (y + 1, 0, rest);
        }
    }
}

/// A panel of results.
struct Convolve<'a, S, const ACROSS: usize> {
    simd: S,
    window: Window<'a>,
    weight: Matrix<'a>,
    first: usize,
    /// For each channel the place of these results.
    out: Vec<&'a mut [f32]>,
}

impl<S: Simd, const ACROSS: usize> Kernel for Convolve<'_, S, ACROSS> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        let (weight, panel) = (self.weight, ACROSS * S::LANES);
        let results = self.out.first().map_or(0, |out| out.len());
        let mut sums = vec![0.0; weight.outputs.next_multiple_of(DOWN) * panel];
        let mut gathered = vec![0.0; DEPTH * panel];
        for input in (0..weight.inputs).step_by(DEPTH) {
            let depth = DEPTH.min(weight.inputs - input);
            for (index, to) in (input..input + depth).zip(gathered.chunks_exact_mut(panel)) {
                self.window.gather(index, self.first, &mut to[..results]);
            }
            let gathered = &gathered[..depth * panel];
            add_rows::<S, ACROSS>(self.simd, gathered, weight, [0, input, depth], &mut sums);
        }
        for (output, (out, sums)) in self.out.iter_mut().zip(sums.chunks_exact(panel)).enumerate() {
            let bias = weight.bias.get(output).copied().unwrap_or(0.0);
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = sum + bias;
            }
        }
    }
}
