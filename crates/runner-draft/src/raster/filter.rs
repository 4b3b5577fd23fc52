//! Smoothing: box and near-Gaussian blur, known pixels spread over unknown ones, and the guided filter.

use rayon::prelude::*;

use super::{Frame, Grid, Mask, Plane};
use crate::colour::Rgb;

/// Rows that are gone through side by side: each sum waits for the one before it.
const ROWS: usize = 4;

/// Mean over `2 * radius + 1` pixels along rows, with the window cut at the border.
fn box_rows(plane: &[f32], width: usize, radius: usize, out: &mut [f32]) {
    let whole = plane.chunks_exact(ROWS * width);
    let rest = whole.remainder();
    let mut targets = out.chunks_exact_mut(ROWS * width);
    for (rows, targets) in whole.zip(&mut targets) {
        box_some::<ROWS>(rows, targets, radius);
    }
    let targets = targets.into_remainder();
    for (row, target) in rest.chunks_exact(width).zip(targets.chunks_exact_mut(width)) {
        box_some::<1>(row, target, radius);
    }
}

/// The same of `N` rows.
fn box_some<const N: usize>(rows: &[f32], targets: &mut [f32], radius: usize) {
    let width = rows.len() / N;
    let row: [&[f32]; N] = std::array::from_fn(|i| &rows[i * width..(i + 1) * width]);
    let mut targets = targets.chunks_exact_mut(width);
    let target: [&mut [f32]; N] = std::array::from_fn(|_| targets.next().unwrap_or_default());
    let mut sum: [f32; N] = std::array::from_fn(|i| row[i][..radius.min(width)].iter().sum());
    let scale = 1.0 / (2 * radius + 1) as f32;
    for x in 0..width {
        let cut = radius.saturating_sub(x) + (x + radius + 1).saturating_sub(width);
        let scale = if cut == 0 { scale } else { 1.0 / (2 * radius + 1 - cut) as f32 };
        for i in 0..N {
            if x + radius < width {
                sum[i] += row[i][x + radius];
            }
            if x > radius {
                sum[i] -= row[i][x - radius - 1];
            }
            target[i][x] = sum[i] * scale;
        }
    }
}

/// The same along columns, a row at a time so that memory is read in order.
fn box_columns(plane: &[f32], width: usize, radius: usize, out: &mut [f32]) {
    let height = plane.len() / width;
    let row = |y: usize| &plane[y * width..(y + 1) * width];
    let mut sum = vec![0.0_f32; width];
    for y in 0..radius.min(height) {
        sum.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum += value);
    }
    for (y, target) in out.chunks_exact_mut(width).enumerate() {
        if y + radius < height {
            sum.iter_mut().zip(row(y + radius)).for_each(|(sum, value)| *sum += value);
        }
        if y > radius {
            sum.iter_mut().zip(row(y - radius - 1)).for_each(|(sum, value)| *sum -= value);
        }
        let scale = 1.0 / ((y + radius + 1).min(height) - y.saturating_sub(radius)) as f32;
        target.iter_mut().zip(&sum).for_each(|(target, sum)| *target = sum * scale);
    }
}

/// Mean over a square of `2 * radius + 1` pixels, cut at the border.
pub(crate) fn box_blur(plane: &Plane, radius: usize) -> Plane {
    boxes(plane, radius, 1)
}

/// The same for four numbers a pixel.
fn box_blur_four(grid: &Grid<[f32; 4]>, radius: usize) -> Grid<[f32; 4]> {
    let (width, height) = (grid.width, grid.height);
    let [mut across, mut both] = [(); 2].map(|()| vec![[0.0; 4]; grid.data.len()]);
    if width > 0 {
        let rows = grid.data.chunks_exact(width).zip(across.chunks_exact_mut(width));
        rows.for_each(|(row, target)| box_row_four(row, target, radius));
        box_columns(across.as_flattened(), 4 * width, radius, both.as_flattened_mut());
    }
    Grid { width, height, data: both }
}

/// Means of four numbers along a row.
fn box_row_four(row: &[[f32; 4]], target: &mut [[f32; 4]], radius: usize) {
    let add = |sum: [f32; 4], value: [f32; 4], sign: f32| std::array::from_fn(|c| sum[c] + sign * value[c]);
    let first = &row[..radius.min(row.len())];
    let mut sum = first.iter().fold([0.0; 4], |sum, value| add(sum, *value, 1.0));
    for (x, target) in target.iter_mut().enumerate() {
        if let Some(value) = row.get(x + radius) {
            sum = add(sum, *value, 1.0);
        }
        if x > radius {
            sum = add(sum, row[x - radius - 1], -1.0);
        }
        let scale = 1.0 / ((x + radius + 1).min(row.len()) - x.saturating_sub(radius)) as f32;
        *target = sum.map(|sum| sum * scale);
    }
}

/// That, some times in turn.
fn boxes(plane: &Plane, radius: usize, times: usize) -> Plane {
    let (width, height) = (plane.width, plane.height);
    let [mut across, mut both] = [(); 2].map(|()| vec![0.0; plane.data.len()]);
    if width > 0 {
        for time in 0..times {
            box_rows(if time == 0 { &plane.data } else { &both }, width, radius, &mut across);
            box_columns(&across, width, radius, &mut both);
        }
    }
    Grid { width, height, data: both }
}

/// Close to a Gaussian of the given standard deviation in pixels: three box blurs.
pub(crate) fn blur(plane: &Plane, sigma: f32) -> Plane {
    // Three boxes of width w have variance (w * w - 1) / 4.
    let radius = (((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
    if radius == 0 { plane.clone() } else { boxes(plane, radius, 3) }
}

/// Support of a colour below which there is none.
const NONE: f32 = 1e-4;

/// Colours where `known` is set, first smoothed by `sigma` among themselves, then spread over the rest: each pixel takes
/// the finest level of a pyramid on which something is known near it (push-pull, Gortler and others 1996).
pub(crate) fn spread(colours: &Grid<Rgb>, known: &Mask, sigma: f32) -> Grid<Rgb> {
    let weight = known.plane();
    let support = blur(&weight, sigma);
    let channel = |c: usize| blur(&colours.zip(&weight, |colour, weight| colour[c] * weight), sigma);
    let channels: Vec<Plane> = (0..3).into_par_iter().map(channel).collect();
    let finest = Grid::par_from_fn(colours.width, colours.height, |x, y| {
        let support = support.at(x, y);
        // Blurred by running sums, nothing may come out a little below 0: weights that small would grow without bounds.
        let share = if support > NONE { (support / 0.1).min(1.0) } else { 0.0 };
        let scale = share / support.max(NONE);
        [channels[0].at(x, y) * scale, channels[1].at(x, y) * scale, channels[2].at(x, y) * scale, share]
    });
    pull_and_push(&finest).map(|[r, g, b, w]| [r, g, b].map(|c| c / w.max(1e-6)))
}

/// Fills what is missing of colours premultiplied by their weight (the fourth value) from coarser levels.
fn pull_and_push(level: &Grid<[f32; 4]>) -> Grid<[f32; 4]> {
    let (width, height) = (level.width.div_ceil(2), level.height.div_ceil(2));
    if level.width.max(level.height) <= 1 {
        return level.clone();
    }
    let coarse = Grid::par_from_fn(width, height, |x, y| {
        let mut sum = [0.0; 4];
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (x, y) = ((2 * x + dx).min(level.width - 1), (2 * y + dy).min(level.height - 1));
            sum.iter_mut().zip(level.at(x, y)).for_each(|(sum, value)| *sum += value);
        }
        // A weight above 1 would drown finer levels; below it, what little is known still counts fully further up.
        let scale = 1.0 / sum[3].max(1.0);
        sum.map(|value| value * scale)
    });
    let coarse = pull_and_push(&coarse);
    Grid::par_from_fn(level.width, level.height, |x, y| {
        let own = level.at(x, y);
        let below = coarse.sample(x as f32 / 2.0 - 0.25, y as f32 / 2.0 - 0.25);
        let missing = (1.0 - own[3]).max(0.0) / below[3].max(1e-6);
        std::array::from_fn(|c| own[c] + missing * below[c])
    })
}

/// The guided filter with a colour guide (He, Sun, Tang 2013): a mask made to follow the edges of a picture.
/// What depends on the picture alone is computed once for all masks.
pub(crate) struct Guide<'a> {
    picture: &'a Grid<Rgb>,
    radius: usize,
    mean: [Plane; 3],
    /// Inverse of the regularised 3x3 covariance of colours in each window: xx, xy, xz, yy, yz, zz.
    inverse: Vec<[f32; 6]>,
}

/// A mask as a local linear function of colour: `a . colour + b`, a pixel of the small grid each.
pub(crate) struct Followed(Grid<[f32; 4]>);

impl<'a> Guide<'a> {
    /// `epsilon` is the colour variance (sRGB in `0..=1`) below which a window counts as flat.
    pub(crate) fn new(picture: &'a Grid<Rgb>, radius: usize, epsilon: f32) -> Self {
        let mean = [0, 1, 2].map(|c| box_blur(&picture.map(|rgb| rgb[c]), radius));
        let product = |(i, j): (usize, usize)| {
            let mut plane = box_blur(&picture.map(|rgb| rgb[i] * rgb[j]), radius);
            for (k, value) in plane.data.iter_mut().enumerate() {
                *value -= mean[i].data[k] * mean[j].data[k];
            }
            plane.data
        };
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
        let products: Vec<Vec<f32>> = pairs.into_par_iter().map(product).collect();
        let inverse = (0..picture.data.len()).into_par_iter().with_min_len(4096).map(|k| {
            let [xx, xy, xz, yy, yz, zz] = std::array::from_fn(|i| products[i][k]);
            let (a, b, c) = (xx + epsilon, xy, xz);
            let (d, e, f) = (yy + epsilon, yz, zz + epsilon);
            let minors =
                [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b];
            let determinant = (a * minors[0] + b * minors[1] + c * minors[2]).max(1e-12);
            minors.map(|minor| minor / determinant)
        });
        let inverse = inverse.collect();
        Self { picture, radius, mean, inverse }
    }

    /// Fits `mask` (`0..=1`) to the picture.
    pub(crate) fn follow(&self, mask: &Plane) -> Followed {
        let with = self.picture.zip(mask, |[r, g, b], mask| [r * mask, g * mask, b * mask, mask]);
        let mut fitted = box_blur_four(&with, self.radius);
        for (k, value) in fitted.data.iter_mut().enumerate() {
            let own: Rgb = std::array::from_fn(|c| self.mean[c].data[k]);
            let cov: Rgb = std::array::from_fn(|c| value[c] - own[c] * value[3]);
            let [xx, xy, xz, yy, yz, zz] = self.inverse[k];
            let a = [
                xx * cov[0] + xy * cov[1] + xz * cov[2],
                xy * cov[0] + yy * cov[1] + yz * cov[2],
                xz * cov[0] + yz * cov[1] + zz * cov[2],
            ];
            let b = value[3] - (0..3).map(|c| a[c] * own[c]).sum::<f32>();
            *value = [a[0], a[1], a[2], b];
        }
        Followed(box_blur_four(&fitted, self.radius))
    }
}

impl Followed {
    /// The mask at a full-size pixel of colour `rgb` (sRGB in `0..=1`), `0..=1`: the coefficients are small and
    /// smooth, the colour brings the detail (fast guided filter, He and Sun 2015).
    pub(crate) fn full(&self, frame: Frame, x: usize, y: usize, rgb: Rgb) -> f32 {
        let (sx, sy) = frame.to_small(x as f32, y as f32);
        self.at(sx, sy, rgb)
    }

    /// The same at a place of the small grid, fractions allowed.
    pub(crate) fn at(&self, sx: f32, sy: f32, rgb: Rgb) -> f32 {
        let [a, b, c, d] = self.0.sample(sx, sy);
        (a * rgb[0] + b * rgb[1] + c * rgb[2] + d).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_blur_is_the_mean_of_the_square_around_as_far_as_there_is_one() {
        for (width, height, radius) in [(7, 6, 2), (3, 9, 4), (16, 1, 3), (1, 5, 1)] {
            let plane = Plane::from_fn(width, height, |x, y| ((x * 7 + y * 13) % 11) as f32);
            let blurred = box_blur(&plane, radius);
            let four = box_blur_four(&plane.map(|v| [v, -v, 2.0 * v, 0.0]), radius);
            for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                let near = |v: usize, side: usize| v.saturating_sub(radius)..(v + radius + 1).min(side);
                let (rows, columns) = (near(y, height), near(x, width));
                let count = (rows.len() * columns.len()) as f32;
                let sum: f32 = rows.flat_map(|y| plane.row(y)[columns.clone()].to_vec()).sum();
                assert!(
                    (blurred.at(x, y) - sum / count).abs() < 1e-4,
                    "{width}x{height}, {radius} at {x}, {y}"
                );
                let one = blurred.at(x, y);
                let off =
                    four.at(x, y).into_iter().zip([one, -one, 2.0 * one, 0.0]).map(|(a, b)| (a - b).abs());
                assert!(off.fold(0.0, f32::max) < 1e-4, "four: {width}x{height}, {radius} at {x}, {y}");
            }
        }
    }

    #[test]
    fn what_is_spread_stays_within_what_is_known() {
        // Far from what is known, sums that run along rows end a little above nothing or below it.
        let mut state = 1_u32;
        let mut random = |most: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % most
        };
        for round in 0..400 {
            let (width, height) = (64 + random(64), 64 + random(64));
            let discs: [[usize; 3]; 3] =
                std::array::from_fn(|_| [random(width), random(height), 1 + random(12)]);
            let known = Mask::from_fn(width, height, |x, y| {
                discs.iter().any(|[cx, cy, r]| x.abs_diff(*cx).pow(2) + y.abs_diff(*cy).pow(2) <= r * r)
            });
            let colours = Grid::from_fn(width, height, |_, _| [0.1, 0.5, 0.9]);
            for sigma in [0.8, 1.5, 6.0] {
                let spread = spread(&colours, &known, sigma);
                let off = spread.data.iter().flatten().find(|value| !(0.05..0.95).contains(*value));
                assert_eq!(off, None, "round {round}, sigma {sigma}");
            }
        }
    }
}
