//! 3x3 convolution by Winograd's minimal filtering: tiles of the picture and the kernels are transformed so that a tile
//! takes one product a number and pair of channels, in place of nine for each result.
//!
//! The products of all tiles and channels are, for each place in a tile, one product of matrices. Some rows of tiles are
//! done at a time, in three phases that are parallel over channels, places and channels again; the scratch between them
//! stays in the last-level cache. Tiles lie along the vectors, so the picture keeps its layout.

mod tiles;

use std::cell::RefCell;

use rayon::prelude::*;

use self::tiles::{F2, F4, Tile};
use super::Picture;
use crate::ops::product::{add_products, zeros};
use crate::ops::simd::{Kernel, Level, Simd};

/// Output channels of a register tile.
const DOWN: usize = 6;
/// Input channels that are transformed together.
const SEGMENT: usize = 16;
/// Segments whose products are summed before they are added to the result: they stay in the first-level cache, and the
/// shorter sums make the error of large tiles half of what it was.
const SUMMED: usize = 6;
/// Tiles done at a time, about.
const TILES: usize = 256;

/// How large a tile's result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// 2x2.
    Two,
    /// 4x4.
    Four,
}

/// What is convolved.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) numbers: &'a [f32],
    /// Each number stands for a square of 2x2.
    pub(super) doubled: bool,
    /// The result is added to this.
    pub(super) onto: Option<&'a [f32]>,
}

/// The kernels of a layer, transformed: place in the tile, block of `DOWN` outputs, input, output in the block.
pub(super) struct Winograd {
    kernels: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
    side: Side,
}

thread_local! {
    /// Transformed tiles and their products. Fresh memory for each layer would cost as much as the transforms.
    static SCRATCH: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

impl Winograd {
    /// From kernels of outputs x inputs x 3 x 3.
    pub(super) fn new(kernels: &[f32], bias: &[f32], side: Side) -> Self {
        let (outputs, inputs) = (bias.len(), kernels.len() / 9 / bias.len());
        let kernels = match side {
            Side::Two => transformed(F2, kernels, inputs, outputs),
            Side::Four => transformed(F4, kernels, inputs, outputs),
        };
        Self { kernels, bias: bias.to_vec(), inputs, outputs, side }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// From (batch, inputs, height, width) to (batch, outputs, height, width), the sizes of the result.
    pub(super) fn forward(&self, level: Level, x: Input<'_>, picture: Picture) -> Vec<f32> {
        let Picture { batch, height, width } = picture;
        let of_result = self.outputs * height * width;
        let mut out = vec![0.0; batch * of_result];
        for (index, out) in out.chunks_mut(of_result).enumerate() {
            let of_input = x.numbers.len() / batch;
            let x = Input {
                numbers: &x.numbers[index * of_input..][..of_input],
                onto: x.onto.map(|onto| &onto[index * of_result..][..of_result]),
                ..x
            };
            match (level, self.side) {
                #[cfg(target_arch = "x86_64")]
                (Level::Avx512(s), Side::Two) => self.one::<_, _, 4, 2, 4>(s, F2, x, out, picture),
                #[cfg(target_arch = "x86_64")]
                (Level::Avx512(s), Side::Four) => self.one::<_, _, 6, 4, 4>(s, F4, x, out, picture),
                #[cfg(target_arch = "x86_64")]
                (Level::Avx2(s), Side::Two) => self.one::<_, _, 4, 2, 2>(s, F2, x, out, picture),
                #[cfg(target_arch = "x86_64")]
                (Level::Avx2(s), Side::Four) => self.one::<_, _, 6, 4, 2>(s, F4, x, out, picture),
            }
        }
        out
    }

    fn one<S: Simd, T: Tile<IN, OUT>, const IN: usize, const OUT: usize, const ACROSS: usize>(
        &self,
        simd: S,
        tile: T,
        x: Input<'_>,
        out: &mut [f32],
        Picture { height, width, .. }: Picture,
    ) {
        let panel = ACROSS * S::LANES;
        let tiles = width.div_ceil(OUT);
        let (rows, step) = (height.div_ceil(OUT), (TILES / tiles).max(1));
        let segments = self.inputs.div_ceil(SEGMENT);
        let outputs = self.outputs.next_multiple_of(DOWN);
        // Taken, and not borrowed: a thread that waits for others may begin another convolution meanwhile.
        let [mut spread, mut sums] = SCRATCH.take();
        for first in (0..rows).step_by(step) {
            let rows = step.min(rows - first);
            let panels = (rows * tiles).div_ceil(panel);
            let part = Part { height, width, doubled: x.doubled, first, rows, tiles, panels, panel };
            let of_segment = IN * IN * panels * SEGMENT * panel;
            let spread = sized(&mut spread, segments * of_segment);
            let sums = sized(&mut sums, IN * IN * panels * outputs * panel);
            let channels = x.numbers.par_chunks(SEGMENT * part.source().area());
            spread.par_chunks_mut(of_segment).zip(channels).for_each(|(to, x)| {
                simd.run(Spread::<_, _, IN, OUT> { simd, tile, part, x, to });
            });
            sums.par_chunks_mut(outputs * panel).enumerate().for_each(|(index, to)| {
                let kernels = self.kernels_at(index / panels, IN * IN);
                let from = (spread as &[f32], of_segment, index * SEGMENT * panel);
                simd.run(Multiply::<_, ACROSS> { simd, from, kernels, to });
            });
            let products = Products { sums, outputs, bias: &self.bias, onto: x.onto };
            out.par_chunks_mut(height * width).enumerate().for_each(|(output, to)| {
                simd.run(Gather::<_, _, IN, OUT> { simd, tile, part, products, output, to });
            });
        }
        SCRATCH.set([spread, sums]);
    }

    /// The kernels that meet one place of the tiles.
    fn kernels_at(&self, place: usize, places: usize) -> &[f32] {
        let length = self.kernels.len() / places;
        &self.kernels[place * length..][..length]
    }
}

/// So many numbers of a scratch, finite ones.
fn sized(scratch: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if scratch.len() < length {
        scratch.resize(length, 0.0);
    }
    &mut scratch[..length]
}

fn transformed<T: Tile<IN, OUT>, const IN: usize, const OUT: usize>(
    _: T,
    kernels: &[f32],
    inputs: usize,
    outputs: usize,
) -> Vec<f32> {
    let depth = inputs.next_multiple_of(SEGMENT);
    let of_place = outputs.next_multiple_of(DOWN) * depth;
    let mut all = vec![0.0; IN * IN * of_place];
    // By place, so that threads write apart; each repeats the little arithmetic for its row of the tile.
    all.par_chunks_mut(IN * of_place).enumerate().for_each(|(row, to)| {
        for (index, kernel) in kernels.chunks_exact(9).enumerate() {
            let (output, input) = (index / inputs, index % inputs);
            let tap = |x: usize| T::taps([kernel[x], kernel[3 + x], kernel[6 + x]])[row];
            let at = (output / DOWN * depth + input) * DOWN + output % DOWN;
            for (column, factor) in T::taps([tap(0), tap(1), tap(2)]).into_iter().enumerate() {
                to[column * of_place + at] = factor;
            }
        }
    });
    all
}

/// Rows of tiles that are done together.
#[derive(Clone, Copy)]
struct Part {
    height: usize,
    width: usize,
    doubled: bool,
    /// The first row of tiles.
    first: usize,
    rows: usize,
    /// Tiles in a row.
    tiles: usize,
    /// Tiles of all rows one after another, in panels of so many.
    panels: usize,
    panel: usize,
}

/// A channel as it comes.
struct Source {
    height: usize,
    width: usize,
}

impl Source {
    fn area(&self) -> usize {
        self.height * self.width
    }
}

impl Part {
    fn source(self) -> Source {
        let scale = if self.doubled { 2 } else { 1 };
        Source { height: self.height / scale, width: self.width / scale }
    }

    /// Where a tile lies: its panel, and its place there.
    #[inline(always)]
    fn at(self, tile: usize) -> (usize, usize) {
        (tile / self.panel, tile % self.panel)
    }
}

/// Transforms the tiles of up to `SEGMENT` channels: place in the tile, panel, channel, tile.
struct Spread<'a, S, T, const IN: usize, const OUT: usize> {
    simd: S,
    tile: T,
    part: Part,
    /// The channels.
    x: &'a [f32],
    to: &'a mut [f32],
}

impl<S: Simd, T: Tile<IN, OUT>, const IN: usize, const OUT: usize> Kernel for Spread<'_, S, T, IN, OUT> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        let (s, part) = (self.simd, self.part);
        // A row of tiles and the vector after it, whose beginnings the last tiles need.
        let stride = part.tiles.next_multiple_of(S::LANES) + S::LANES;
        let pitch = stride * OUT;
        let mut plane = vec![0.0; (part.rows * OUT + 2) * pitch];
        let mut columns = vec![0.0; IN * pitch];
        let mut phases = vec![0.0; pitch];
        if self.x.len() < SEGMENT * part.source().area() {
            // Channels that there are not meet kernels of zero, but zero times no number is none.
            self.to.fill(0.0);
        }
        for (channel, x) in self.x.chunks(part.source().area()).enumerate() {
            bordered(x, part, OUT, &mut plane, pitch);
            for row in 0..part.rows {
                for x in (0..pitch).step_by(S::LANES) {
                    let mut numbers = [s.splat(0.0); IN];
                    for y in 0..IN {
                        numbers[y] = s.load(&plane[(row * OUT + y) * pitch + x..]);
                    }
                    let numbers = T::numbers(s, numbers);
                    for y in 0..IN {
                        s.store(numbers[y], &mut columns[y * pitch + x..]);
                    }
                }
                for (y, line) in columns.chunks_exact(pitch).enumerate() {
                    split_line::<S, T, IN, OUT>(s, line, &mut phases, stride);
                    for tile in (0..part.tiles).step_by(S::LANES) {
                        let mut numbers = [s.splat(0.0); IN];
                        for x in 0..IN {
                            numbers[x] = s.load(&phases[x % OUT * stride + tile + x / OUT..]);
                        }
                        let numbers = T::numbers(s, numbers);
                        for x in 0..IN {
                            self.put(y * IN + x, channel, row * part.tiles + tile, numbers[x]);
                        }
                    }
                }
            }
        }
        let _ = self.tile;
    }
}

/// Copies the rows that a part needs, with zeros around the picture.
fn bordered(x: &[f32], part: Part, out: usize, plane: &mut [f32], pitch: usize) {
    let width = part.source().width;
    for (row, line) in (part.first * out..).zip(plane.chunks_exact_mut(pitch)) {
        let line = &mut line[1..=part.width];
        // Row 0 of the plane lies above the picture.
        match row.checked_sub(1).filter(|&row| row < part.height) {
            Some(row) if part.doubled => {
                let from = &x[row / 2 * width..][..width];
                line.chunks_exact_mut(2).zip(from).for_each(|(to, &from)| to.fill(from));
            }
            Some(row) => line.copy_from_slice(&x[row * width..][..width]),
            None => line.fill(0.0),
        }
    }
}

/// Every `OUT`th number of a line together.
#[inline(always)]
fn split_line<S: Simd, T: Tile<IN, OUT>, const IN: usize, const OUT: usize>(
    s: S,
    line: &[f32],
    phases: &mut [f32],
    stride: usize,
) {
    for (group, line) in line.chunks_exact(OUT * S::LANES).enumerate() {
        let mut vectors = [s.splat(0.0); OUT];
        for index in 0..OUT {
            vectors[index] = s.load(&line[index * S::LANES..]);
        }
        let vectors = T::split(s, vectors);
        for index in 0..OUT {
            s.store(vectors[index], &mut phases[index * stride + group * S::LANES..]);
        }
    }
}

impl<S: Simd, T: Tile<IN, OUT>, const IN: usize, const OUT: usize> Spread<'_, S, T, IN, OUT> {
    /// Writes a vector of tiles. What it has beyond its row of tiles is written over by the next row.
    #[inline(always)]
    fn put(&mut self, place: usize, channel: usize, tile: usize, x: S::V) {
        let (s, part) = (self.simd, self.part);
        let (panel, at) = part.at(tile);
        let block = SEGMENT * part.panel;
        let from = (place * part.panels + panel) * block + channel * part.panel + at;
        let room = part.panel - at;
        if room >= S::LANES {
            s.store(x, &mut self.to[from..]);
            return;
        }
        s.store_part(x, &mut self.to[from..from + room]);
        if panel + 1 < part.panels {
            let mut lanes = [0.0; 16];
            s.store(x, &mut lanes);
            let next = from - at + block;
            self.to[next..next + S::LANES - room].copy_from_slice(&lanes[room..S::LANES]);
        }
    }
}

/// Products of one panel at one place with all kernels: output, tile.
struct Multiply<'a, S, const ACROSS: usize> {
    simd: S,
    /// All tiles, the length of a segment's, and where in each this panel lies.
    from: (&'a [f32], usize, usize),
    kernels: &'a [f32],
    to: &'a mut [f32],
}

impl<S: Simd, const ACROSS: usize> Kernel for Multiply<'_, S, ACROSS> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (s, panel) = (self.simd, ACROSS * S::LANES);
        let (all, of_segment, at) = self.from;
        let segments = all.len() / of_segment;
        for first in (0..segments).step_by(SUMMED) {
            let blocks = self.kernels.chunks_exact(segments * SEGMENT * DOWN);
            for (to, kernels) in self.to.chunks_exact_mut(DOWN * panel).zip(blocks) {
                let mut tile = zeros::<S, ACROSS, DOWN>(s);
                for segment in first..segments.min(first + SUMMED) {
                    let tiles = &all[segment * of_segment + at..][..SEGMENT * panel];
                    let kernels = &kernels[segment * SEGMENT * DOWN..][..SEGMENT * DOWN];
                    add_products(s, &mut tile, tiles, kernels, DOWN);
                }
                for down in 0..DOWN {
                    for across in 0..ACROSS {
                        let to = &mut to[(down * ACROSS + across) * S::LANES..];
                        let sum = tile[down][across];
                        let sum = if first == 0 { sum } else { s.add(sum, s.load(to)) };
                        s.store(sum, to);
                    }
                }
            }
        }
    }
}

/// What becomes of all channels' products.
#[derive(Clone, Copy)]
struct Products<'a> {
    /// Place in the tile, panel, output, tile.
    sums: &'a [f32],
    outputs: usize,
    bias: &'a [f32],
    /// Results are added to this.
    onto: Option<&'a [f32]>,
}

/// Products to one channel's rows of the result.
struct Gather<'a, S, T, const IN: usize, const OUT: usize> {
    simd: S,
    tile: T,
    part: Part,
    products: Products<'a>,
    output: usize,
    /// The whole channel.
    to: &'a mut [f32],
}

impl<S: Simd, T: Tile<IN, OUT>, const IN: usize, const OUT: usize> Kernel for Gather<'_, S, T, IN, OUT> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        let (s, part) = (self.simd, self.part);
        let bias = s.splat(self.products.bias[self.output]);
        for row in 0..part.rows {
            for tile in (0..part.tiles).step_by(S::LANES) {
                let mut rows = [[s.splat(0.0); OUT]; IN];
                for y in 0..IN {
                    let mut products = [s.splat(0.0); IN];
                    for x in 0..IN {
                        products[x] = self.get(y * IN + x, row * part.tiles + tile);
                    }
                    rows[y] = T::results(s, products);
                }
                let mut results = [[s.splat(0.0); OUT]; OUT];
                for x in 0..OUT {
                    let mut column = [s.splat(0.0); IN];
                    for y in 0..IN {
                        column[y] = rows[y][x];
                    }
                    let column = T::results(s, column);
                    for y in 0..OUT {
                        results[y][x] = s.add(column[y], bias);
                    }
                }
                for (y, results) in ((part.first + row) * OUT..part.height).zip(results) {
                    self.write(y, tile * OUT, T::join(s, results));
                }
            }
        }
        let _ = self.tile;
    }
}

impl<S: Simd, T: Tile<IN, OUT>, const IN: usize, const OUT: usize> Gather<'_, S, T, IN, OUT> {
    /// Results of a line from `x`, as far as the line goes.
    #[inline(always)]
    fn write(&mut self, y: usize, x: usize, results: [S::V; OUT]) {
        let (s, width) = (self.simd, self.part.width);
        for (result, x) in results.into_iter().zip((x..width).step_by(S::LANES)) {
            let place = y * width + x..(y + 1) * width;
            let channel = self.output * self.part.height * width;
            let result = match self.products.onto {
                Some(onto) => s.add(result, s.load_part(&onto[channel + place.start..channel + place.end])),
                None => result,
            };
            s.store_part(result, &mut self.to[place]);
        }
    }

    /// A vector of tiles; beyond the last panel any.
    #[inline(always)]
    fn get(&self, place: usize, tile: usize) -> S::V {
        let (s, part) = (self.simd, self.part);
        let (panel, at) = part.at(tile);
        let block = self.products.outputs * part.panel;
        let from = (place * part.panels + panel) * block + self.output * part.panel + at;
        let room = part.panel - at;
        if room >= S::LANES {
            return s.load(&self.products.sums[from..]);
        }
        let mut lanes = [0.0; 16];
        lanes[..room].copy_from_slice(&self.products.sums[from..from + room]);
        if panel + 1 < part.panels {
            let next = from - at + block;
            lanes[room..S::LANES].copy_from_slice(&self.products.sums[next..next + S::LANES - room]);
        }
        s.load(&lanes)
    }
}
