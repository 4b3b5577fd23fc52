//! Attention that never holds all scores: keys are taken in blocks, and what was summed for earlier blocks is scaled down
//! when a later one has a larger score (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
//!
//! Queries lie along the vectors: a vector of scores belongs to as many queries and one key, so that the softmax needs no
//! sums within a vector. A task is some queries of one head, transposed once; a block of keys and values is used for all
//! of them while it is in the cache.

use rayon::prelude::*;

use super::Mask;
use crate::ops::product::{add_products, add_products_by_columns, zeros};
use crate::ops::simd::{Kernel, Level, Simd, exp2};

/// Keys in a block; a multiple of every tile's height.
const KEYS: usize = 64;
/// Queries in a task; a multiple of every tile's width.
const QUERIES: usize = 384;

/// One of queries, keys and values: (batch, heads, tokens, numbers), of which only the numbers must lie together.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) strides: [usize; 3],
}

impl<'a> Rows<'a> {
    fn head(self, batch: usize, head: usize) -> Head<'a> {
        let [batches, heads, stride] = self.strides;
        Head { data: &self.data[batch * batches + head * heads..], stride }
    }
}

/// The tokens of one head.
#[derive(Clone, Copy)]
struct Head<'a> {
    data: &'a [f32],
    stride: usize,
}

impl<'a> Head<'a> {
    #[inline(always)]
    fn from(self, token: usize) -> &'a [f32] {
        &self.data[token * self.stride..]
    }
}

/// How many of everything; none is zero.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) heads: usize,
    /// Heads of the keys and values: a divisor of `heads`.
    pub(super) shared: usize,
    pub(super) queries: usize,
    pub(super) keys: usize,
    pub(super) numbers: usize,
}

/// To (batch, queries, heads x numbers).
pub(super) fn attend(level: Level, qkv: [Rows<'_>; 3], sizes: Sizes, mask: Mask) -> Vec<f32> {
    let Sizes { batch, heads, shared, queries, numbers, .. } = sizes;
    let width = heads * numbers;
    let mut out = vec![0.0; batch * queries * width];
    let of_batch = |(batch, out): (usize, &mut [f32])| {
        out.par_chunks_mut(QUERIES * width).enumerate().for_each(|(part, out)| {
            let mut rows: Vec<_> = (0..heads).map(|_| Vec::with_capacity(QUERIES)).collect();
            for token in out.chunks_mut(width) {
                for (rows, row) in rows.iter_mut().zip(token.chunks_mut(numbers)) {
                    rows.push(row);
                }
            }
            rows.into_par_iter().enumerate().with_max_len(1).for_each(|(head, out)| {
                let [q, k, v] = qkv;
                let of_keys = head / (heads / shared);
                let (q, k, v) = (q.head(batch, head), k.head(batch, of_keys), v.head(batch, of_keys));
                let task = Task { q, k, v, first: part * QUERIES, sizes, mask, out };
                match level {
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512(simd) => simd.run(Attend::<_, 3, 8> { simd, task }),
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2(simd) => simd.run(Attend::<_, 2, 4> { simd, task }),
                }
            });
        });
    };
    out.par_chunks_mut(queries * width).enumerate().for_each(of_batch);
    out
}

/// Some queries of one head.
struct Task<'a> {
    q: Head<'a>,
    k: Head<'a>,
    v: Head<'a>,
    /// The first query.
    first: usize,
    sizes: Sizes,
    mask: Mask,
    /// A row for each query.
    out: Vec<&'a mut [f32]>,
}

struct Attend<'a, S, const ACROSS: usize, const DOWN: usize> {
    simd: S,
    task: Task<'a>,
}

/// As many queries as a tile is wide, and what is known of them so far. All lie with the queries along the vectors.
struct Group {
    /// Numbers of the queries, scaled so that scores are logarithms to base 2.
    q: Vec<f32>,
    /// Sums of the values, each weighted with 2^(score - largest).
    sums: Vec<f32>,
    largest: Vec<f32>,
    /// Sums of the weights.
    weights: Vec<f32>,
    /// The last query's place.
    last: usize,
}

impl<S: Simd, const ACROSS: usize, const DOWN: usize> Kernel for Attend<'_, S, ACROSS, DOWN> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        let width = ACROSS * S::LANES;
        let mut groups: Vec<_> =
            (0..self.task.out.len()).step_by(width).map(|first| self.group(first)).collect();
        let keys = match self.task.mask {
            Mask::None => self.task.sizes.keys,
            Mask::CausalUpTo(length) => {
                length.min(self.task.sizes.keys).min(self.task.first + self.task.out.len())
            }
        };
        let mut scores = vec![0.0; KEYS * width];
        for first in (0..keys).step_by(KEYS) {
            let keys = KEYS.min(keys - first);
            for group in &mut groups {
                let causal = matches!(self.task.mask, Mask::CausalUpTo(_));
                if causal && first > group.last {
                    continue;
                }
                self.score(&group.q, first, keys, &mut scores);
                let scores = &mut scores[..keys * width];
                if causal && first + keys > group.last + 1 - width {
                    hide(scores, width, first, group.last + 1 - width);
                }
                let factor = self.soften(group, scores);
                self.accumulate(group, factor, scores, first);
            }
        }
        self.finish(&groups);
    }
}

/// Minus infinity for keys after the query.
fn hide(scores: &mut [f32], width: usize, first_key: usize, first_query: usize) {
    for (key, scores) in (first_key..).zip(scores.chunks_mut(width)) {
        for (query, score) in (first_query..).zip(scores) {
            if key > query {
                *score = f32::NEG_INFINITY;
            }
        }
    }
}

impl<S: Simd, const ACROSS: usize, const DOWN: usize> Attend<'_, S, ACROSS, DOWN> {
    /// The queries from this one of the task.
    fn group(&self, first: usize) -> Group {
        let (width, numbers) = (ACROSS * S::LANES, self.task.sizes.numbers);
        let scale = std::f32::consts::LOG2_E / (numbers as f32).sqrt();
        let mut q = vec![0.0; numbers * width];
        let place = self.task.first + first;
        for lane in 0..width.min(self.task.out.len() - first) {
            let row = self.task.q.from(place + lane);
            for (number, value) in row[..numbers].iter().enumerate() {
                q[number * width + lane] = value * scale;
            }
        }
        Group {
            q,
            sums: vec![0.0; numbers * width],
            // Finite, so that a block of scores that are all minus infinity leaves zeros and not what is no number.
            largest: vec![f32::MIN; width],
            weights: vec![0.0; width],
            last: place + width - 1,
        }
    }

    /// Scores of the keys from `first`: keys x queries. Rows up to the next multiple of the tile's height are scribbled on.
    #[inline(always)]
    fn score(&self, q: &[f32], first: usize, keys: usize, scores: &mut [f32]) {
        let s = self.simd;
        let rows = scores.chunks_exact_mut(ACROSS * S::LANES * DOWN);
        for (key, rows) in (0..keys).step_by(DOWN).zip(rows) {
            let mut columns: [&[f32]; DOWN] = [&[]; DOWN];
            for down in 0..DOWN {
                columns[down] = self.task.k.from(first + (key + down).min(keys - 1));
            }
            let mut tile = zeros::<S, ACROSS, DOWN>(s);
            add_products_by_columns(s, &mut tile, q, columns);
            for down in 0..DOWN {
                for across in 0..ACROSS {
                    s.store(tile[down][across], &mut rows[(down * ACROSS + across) * S::LANES..]);
                }
            }
        }
    }

    /// Scores to weights. Returns what earlier sums shrink by.
    #[inline(always)]
    fn soften(&self, group: &mut Group, scores: &mut [f32]) -> [S::V; ACROSS] {
        let (s, width) = (self.simd, ACROSS * S::LANES);
        let mut before = [s.splat(0.0); ACROSS];
        for across in 0..ACROSS {
            before[across] = s.load(&group.largest[across * S::LANES..]);
        }
        let mut largest = before;
        for row in scores.chunks_exact(width) {
            for across in 0..ACROSS {
                largest[across] = s.max(s.load(&row[across * S::LANES..]), largest[across]);
            }
        }
        let mut weights = [s.splat(0.0); ACROSS];
        for row in scores.chunks_exact_mut(width) {
            for across in 0..ACROSS {
                let place = &mut row[across * S::LANES..];
                let weight = exp2(s, s.sub(s.load(place), largest[across]));
                weights[across] = s.add(weights[across], weight);
                s.store(weight, place);
            }
        }
        let mut factor = before;
        for across in 0..ACROSS {
            factor[across] = exp2(s, s.sub(before[across], largest[across]));
            s.store(largest[across], &mut group.largest[across * S::LANES..]);
            let all = &mut group.weights[across * S::LANES..];
            s.store(s.mul_add(s.load(all), factor[across], weights[across]), all);
        }
        factor
    }

    /// Adds the values from `first`, weighted.
    #[inline(always)]
    fn accumulate(&self, group: &mut Group, factor: [S::V; ACROSS], weights: &[f32], first: usize) {
        let (s, width) = (self.simd, ACROSS * S::LANES);
        let mut values = self.task.v.from(first);
        let mut tiles = group.sums.chunks_exact_mut(DOWN * width);
        for sums in &mut tiles {
            add_to::<S, ACROSS, DOWN>(s, sums, factor, weights, values, self.task.v.stride);
            values = &values[DOWN.min(values.len())..];
        }
        for sums in tiles.into_remainder().chunks_exact_mut(width) {
            add_to::<S, ACROSS, 1>(s, sums, factor, weights, values, self.task.v.stride);
            values = &values[1.min(values.len())..];
        }
    }

    fn finish(&mut self, groups: &[Group]) {
        let width = ACROSS * S::LANES;
        for (rows, group) in self.task.out.chunks_mut(width).zip(groups) {
            for (lane, row) in rows.iter_mut().enumerate() {
                let scale = 1.0 / group.weights[lane];
                for (value, sums) in row.iter_mut().zip(group.sums.chunks_exact(width)) {
                    *value = sums[lane] * scale;
                }
            }
        }
    }
}

/// `sums = factor sums + weights x values`, for as many numbers of the values as a tile is high.
#[inline(always)]
fn add_to<S: Simd, const ACROSS: usize, const DOWN: usize>(
    s: S,
    sums: &mut [f32],
    factor: [S::V; ACROSS],
    weights: &[f32],
    values: &[f32],
    stride: usize,
) {
    let mut tile = zeros::<S, ACROSS, DOWN>(s);
    for down in 0..DOWN {
        for across in 0..ACROSS {
            let sum = s.load(&sums[(down * ACROSS + across) * S::LANES..]);
            tile[down][across] = s.mul(sum, factor[across]);
        }
    }
    add_products(s, &mut tile, weights, values, stride);
    for down in 0..DOWN {
        for across in 0..ACROSS {
            s.store(tile[down][across], &mut sums[(down * ACROSS + across) * S::LANES..]);
        }
    }
}
