//! Products with a weight matrix as it is stored. Rows of `x` are transposed in panels, so that tokens lie along the
//! vectors and the weights are read as single numbers in the order of their rows: nothing is packed or kept twice.

use rayon::prelude::*;

use crate::ops::product::{Tile, add_products_by_columns, zeros};
use crate::ops::simd::{Kernel, Level, Simd};

/// Outputs of a register tile.
const DOWN: usize = 6;
/// Outputs of a task; a multiple of `DOWN`.
const OUTPUTS: usize = 96;
/// Rows of a task, a multiple of every panel: their sums fit the second-level cache.
const ROWS: usize = 768;
/// Inputs whose products are summed before they are added to the result: a panel of so many fits the first-level cache.
const DEPTH: usize = 112;

/// A weight of `outputs` rows, each of `inputs`, and a bias of nothing or outputs.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

impl<'a> Matrix<'a> {
    /// Some rows, and what is left of each from this input.
    #[inline(always)]
    fn columns<const DOWN: usize>(self, output: usize, input: usize, depth: usize) -> [&'a [f32]; DOWN] {
        let mut columns: [&[f32]; DOWN] = [&[]; DOWN];
        for down in 0..DOWN {
            // Rows beyond the last are computed like it, and not used.
            let row = (output + down).min(self.outputs - 1);
            columns[down] = &self.rows[row * self.inputs + input..][..depth];
        }
        columns
    }
}

/// `x Wᵀ + b`, from rows x inputs to rows x outputs.
pub(crate) fn multiply(level: Level, x: &[f32], weight: Matrix<'_>) -> Vec<f32> {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(simd) => multiply_with::<_, 4>(simd, x, weight),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(simd) => multiply_with::<_, 2>(simd, x, weight),
    }
}

fn multiply_with<S: Simd, const ACROSS: usize>(simd: S, x: &[f32], weight: Matrix<'_>) -> Vec<f32> {
    let panel = ACROSS * S::LANES;
    let rows = x.len() / weight.inputs;
    let mut panels = vec![0.0; rows.next_multiple_of(panel) * weight.inputs];
    let rows_of_panels = x.par_chunks(panel * weight.inputs);
    panels
        .par_chunks_mut(panel * weight.inputs)
        .zip(rows_of_panels)
        .for_each(|(to, from)| transpose(from, weight.inputs, to, panel));
    let mut y = vec![0.0; rows * weight.outputs];
    let groups = y.par_chunks_mut(ROWS * weight.outputs).zip(panels.par_chunks(ROWS * weight.inputs));
    groups.for_each(|(y, panels)| {
        let mut tasks: Vec<_> =
            (0..weight.outputs.div_ceil(OUTPUTS)).map(|_| Vec::with_capacity(ROWS)).collect();
        for row in y.chunks_mut(weight.outputs) {
            for (task, part) in tasks.iter_mut().zip(row.chunks_mut(OUTPUTS)) {
                task.push(part);
            }
        }
        tasks.into_par_iter().enumerate().with_max_len(1).for_each(|(task, y)| {
            simd.run(Multiply::<_, ACROSS> { simd, panels, weight, first: task * OUTPUTS, y });
        });
    });
    y
}

/// Rows of `x` to columns of `panel` numbers; what is left of the last columns is not touched.
fn transpose(x: &[f32], inputs: usize, to: &mut [f32], panel: usize) {
    const BLOCK: usize = 64;
    for first in (0..inputs).step_by(BLOCK) {
        for (lane, row) in x.chunks_exact(inputs).enumerate() {
            let block = &row[first..inputs.min(first + BLOCK)];
            for (value, column) in block.iter().zip(to[first * panel..].chunks_exact_mut(panel)) {
                column[lane] = *value;
            }
        }
    }
}

/// Some rows with some of the outputs.
struct Multiply<'a, S, const ACROSS: usize> {
    simd: S,
    panels: &'a [f32],
    weight: Matrix<'a>,
    /// The first output.
    first: usize,
    /// For each row the place of these outputs.
    y: Vec<&'a mut [f32]>,
}

impl<S: Simd, const ACROSS: usize> Kernel for Multiply<'_, S, ACROSS> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        let (s, weight, panel) = (self.simd, self.weight, ACROSS * S::LANES);
        let outputs = OUTPUTS.min(weight.outputs - self.first);
        let of_panel = outputs.next_multiple_of(DOWN) * panel;
        let mut sums = vec![0.0; self.y.len().div_ceil(panel) * of_panel];
        for input in (0..weight.inputs).step_by(DEPTH) {
            let depth = DEPTH.min(weight.inputs - input);
            let panels = self.panels.chunks_exact(panel * weight.inputs);
            for (x, sums) in panels.zip(sums.chunks_exact_mut(of_panel)) {
                let x = &x[input * panel..][..depth * panel];
                add_rows::<S, ACROSS>(s, x, weight, [self.first, input, depth], sums);
            }
        }
        for (y, sums) in self.y.chunks_mut(panel).zip(sums.chunks_exact(of_panel)) {
            for (lane, y) in y.iter_mut().enumerate() {
                for (y, sums) in y.iter_mut().zip(sums.chunks_exact(panel)) {
                    *y = sums[lane];
                }
            }
        }
        if !weight.bias.is_empty() {
            for y in &mut self.y {
                for (y, bias) in y.iter_mut().zip(&weight.bias[self.first..]) {
                    *y += bias;
                }
            }
        }
    }
}

/// Adds the products of a panel with the weights of the outputs from `first`, as many as `sums` has room for, at `depth`
/// inputs from `input`.
#[inline(always)]
pub(crate) fn add_rows<S: Simd, const ACROSS: usize>(
    s: S,
    panel: &[f32],
    weight: Matrix<'_>,
    [first, input, depth]: [usize; 3],
    sums: &mut [f32],
) {
    let width = ACROSS * S::LANES;
    for (block, sums) in sums.chunks_exact_mut(DOWN * width).enumerate() {
        let columns = weight.columns::<DOWN>(first + block * DOWN, input, depth);
        let mut tile: Tile<S, ACROSS, DOWN> = zeros::<S, ACROSS, DOWN>(s);
        add_products_by_columns(s, &mut tile, panel, columns);
        for down in 0..DOWN {
            for across in 0..ACROSS {
                let to = &mut sums[(down * ACROSS + across) * S::LANES..];
                s.store(s.add(s.load(to), tile[down][across]), to);
            }
        }
    }
}
