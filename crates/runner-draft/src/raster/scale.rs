//! Between the full picture and the small copy that the eyes work on.

use atelier_domain::Picture;
use rayon::prelude::*;

use super::Grid;
use crate::geometry::{Vec2, vec2};

/// How full and small grids of one picture lie over each other. Pixel centres are at whole numbers in both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Full pixels per small pixel, across and down.
    pub(crate) factor: [f32; 2],
}

impl Frame {
    pub(crate) fn to_small(self, x: f32, y: f32) -> (f32, f32) {
        ((x + 0.5) / self.factor[0] - 0.5, (y + 0.5) / self.factor[1] - 0.5)
    }

    pub(crate) fn to_full(self, point: Vec2) -> Vec2 {
        vec2((point.x + 0.5) * self.factor[0] - 0.5, (point.y + 0.5) * self.factor[1] - 0.5)
    }
}

/// A copy with at most `side` pixels on the long side, as sRGB and alpha in `0..=1`: each pixel is the mean of the
/// box it stands for, colours weighted by alpha.
pub(crate) fn shrink(picture: &Picture, side: usize) -> (Grid<[f32; 4]>, Frame) {
    let (full_w, full_h) = (picture.width() as usize, picture.height() as usize);
    let ratio = (side as f32 / full_w.max(full_h) as f32).min(1.0);
    let width = ((full_w as f32 * ratio).round() as usize).max(1);
    let height = ((full_h as f32 * ratio).round() as usize).max(1);
    let rgba = picture.rgba();
    let span = |i: usize, full: usize, small: usize| (i * full / small, ((i + 1) * full).div_ceil(small));
    let mean = |x: usize, y: usize| {
        let (x0, x1) = span(x, full_w, width);
        let (y0, y1) = span(y, full_h, height);
        let mut sum = [0_u64; 4];
        for row in y0..y1 {
            for pixel in rgba[(row * full_w + x0) * 4..(row * full_w + x1) * 4].chunks_exact(4) {
                let alpha = u64::from(pixel[3]);
                for c in 0..3 {
                    sum[c] += u64::from(pixel[c]) * alpha;
                }
                sum[3] += alpha;
            }
        }
        let weight = (sum[3] as f32 * 255.0).max(1.0);
        let alpha = sum[3] as f32 / (((x1 - x0) * (y1 - y0)) as f32 * 255.0);
        [sum[0] as f32 / weight, sum[1] as f32 / weight, sum[2] as f32 / weight, alpha]
    };
    let data = (0..height)
        .into_par_iter()
        .flat_map_iter(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| mean(x, y));
    let grid = Grid { width, height, data: data.collect() };
    (grid, Frame { factor: [full_w as f32 / width as f32, full_h as f32 / height as f32] })
}
