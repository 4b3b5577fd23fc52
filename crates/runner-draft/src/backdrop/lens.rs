//! A lens out of focus: every point becomes a disc.

use rayon::prelude::*;

use crate::colour::Rgb;
use crate::raster::Grid;

/// Blurs by a disc of `radius` pixels, by adding up runs of each row; edges go on outside.
pub(crate) fn defocus(light: &Grid<Rgb>, radius: f32) -> Grid<Rgb> {
    let (width, height) = (light.width, light.height);
    // Running sums of each row, so that a row of the disc is one difference.
    let sums: Vec<Vec<[f64; 3]>> = (0..height)
        .into_par_iter()
        .map(|y| {
            let mut sum = [0.0; 3];
            let mut row = vec![sum];
            for colour in light.row(y) {
                sum = std::array::from_fn(|c| sum[c] + f64::from(colour[c]));
                row.push(sum);
            }
            row
        })
        .collect();
    let reach = radius.ceil() as isize;
    let halves: Vec<isize> = (-reach..=reach)
        .map(|dy| {
            let left = radius * radius - (dy * dy) as f32;
            if left < 0.0 { -1 } else { left.sqrt() as isize }
        })
        .collect();
    Grid::par_from_fn(width, height, |x, y| {
        let mut total = [0.0; 3];
        let mut count = 0.0;
        for (dy, &half) in (-reach..=reach).zip(&halves) {
            if half < 0 {
                continue;
            }
            let row = (y as isize + dy).clamp(0, height as isize - 1) as usize;
            let from = (x as isize - half).max(0) as usize;
            let to = ((x as isize + half + 1) as usize).min(width);
            let (a, b) = (sums[row][from], sums[row][to]);
            for c in 0..3 {
                total[c] += b[c] - a[c];
            }
            count += (to - from) as f64;
        }
        total.map(|sum| (sum / count) as f32)
    })
}
