//! One frame while it is drawn: linear light, layers laid over each other from back to front, rows in parallel.

use rayon::prelude::*;

use crate::colour::{Rgb, linear, linear_at, srgb};
use crate::effects::draw::Sheet;
use crate::geometry::{Vec2, vec2};
use crate::raster::{Blend, Grid, Plane, blur};

/// Linear light, premultiplied by the coverage in the fourth place.
pub(crate) type Light = [f32; 4];

/// Linear light of an sRGB colour written as `0xrrggbb`.
pub(crate) fn hex(colour: u32) -> Rgb {
    [16, 8, 0].map(|shift| linear((colour >> shift & 255) as u8))
}

/// `colour` where `share` is 1.
pub(crate) fn solid(colour: Rgb, share: f32) -> Light {
    [colour[0] * share, colour[1] * share, colour[2] * share, share]
}

/// `top` over `under`.
pub(crate) fn over(under: Light, top: Light) -> Light {
    std::array::from_fn(|c| top[c] + under[c] * (1.0 - top[3]))
}

/// A buffer for one frame.
pub(crate) struct Frame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    light: Vec<Rgb>,
}

impl Frame {
    pub(crate) fn new([width, height]: [usize; 2]) -> Self {
        Self { width, height, light: vec![[0.0; 3]; width * height] }
    }

    /// Sets or changes every pixel.
    pub(crate) fn each(&mut self, paint: impl Fn(Vec2, Rgb) -> Rgb + Sync) {
        let width = self.width;
        self.light.par_chunks_mut(width * 8).enumerate().for_each(|(band, rows)| {
            for (i, row) in rows.chunks_exact_mut(width).enumerate() {
                let y = (band * 8 + i) as f32;
                for (x, pixel) in row.iter_mut().enumerate() {
                    *pixel = paint(vec2(x as f32, y), *pixel);
                }
            }
        });
    }

    /// Begins with a picture of the frame's size, `light` times as bright.
    pub(crate) fn show(&mut self, picture: &Grid<Rgb>, light: f32) {
        let rows = self.light.par_chunks_mut(self.width * 8).zip(picture.data.par_chunks(self.width * 8));
        rows.for_each(|(to, from)| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from.map(|c| c * light));
        });
    }

    /// Darkens towards the corners, by `depth` in them.
    pub(crate) fn vignette(&mut self, depth: f32) {
        let middle = vec2(self.width as f32, self.height as f32) * 0.5;
        let corner = middle.length();
        self.each(|p, rgb| {
            let edge = 1.0 - depth * ((p - middle).length() / corner).powi(2);
            rgb.map(|c| c * edge)
        });
    }

    /// Lays something over everything so far.
    pub(crate) fn lay(&mut self, top: impl Fn(Vec2) -> Light + Sync) {
        self.each(|point, under| {
            let top = top(point);
            std::array::from_fn(|c| top[c] + under[c] * (1.0 - top[3]))
        });
    }

    /// Lays drawn shapes over everything so far.
    pub(crate) fn over(&mut self, sheet: &Sheet) {
        let width = self.width;
        let rows = self.light.par_chunks_mut(width * 8).zip(sheet.bytes().par_chunks(width * 32));
        rows.for_each(|(light, bytes)| {
            for (pixel, top) in light.iter_mut().zip(bytes.chunks_exact(4)) {
                if top[3] > 0 {
                    let top = decode(top);
                    *pixel = std::array::from_fn(|c| top[c] + pixel[c] * (1.0 - top[3]));
                }
            }
        });
    }

    /// Adds drawn shapes as light, `gain` times, and a halo of theirs around them with a reach of `sigma` pixels.
    pub(crate) fn shine(&mut self, sheet: &Sheet, gain: f32, sigma: f32, halo: f32) {
        let width = self.width;
        let wide = (halo > 0.0).then(|| halo_of(sheet, [self.width, self.height], sigma));
        let rows = self.light.par_chunks_mut(width).zip(sheet.bytes().par_chunks(width * 4)).enumerate();
        rows.for_each(|(y, (light, bytes))| {
            for (pixel, top) in light.iter_mut().zip(bytes.chunks_exact(4)) {
                if top[3] > 0 {
                    let top = decode(top);
                    (0..3).for_each(|c| pixel[c] += gain * top[c]);
                }
            }
            if let Some(wide) = &wide {
                let across = (0..wide.width).map(|x| wide.sample(x as f32, (y as f32 - 3.5) / 8.0));
                let row = Grid { width: wide.width, height: 1, data: across.collect() };
                for (x, pixel) in light.iter_mut().enumerate() {
                    let add = row.sample((x as f32 - 3.5) / 8.0, 0.0);
                    (0..3).for_each(|c| pixel[c] += halo * add[c]);
                }
            }
        });
    }

    /// The finished pixels, sRGB, opaque.
    pub(crate) fn write(&self, rgba: &mut [u8]) {
        rgba.par_chunks_mut(self.width * 32).zip(self.light.par_chunks(self.width * 8)).for_each(
            |(rgba, light)| {
                for (pixel, light) in rgba.chunks_exact_mut(4).zip(light) {
                    (0..3).for_each(|c| pixel[c] = srgb(light[c]));
                    pixel[3] = 255;
                }
            },
        );
    }
}

/// What changes slowly over a frame: known for one pixel in 16, and between them by interpolation.
pub(crate) struct Haze<T>(Grid<T>);

const STEP: f32 = 4.0;

impl<T: Blend> Haze<T> {
    /// `value` takes places in shares of the frame.
    pub(crate) fn new(size: [usize; 2], value: impl Fn(Vec2) -> T + Sync) -> Self {
        let [width, height] = size.map(|side| side.div_ceil(STEP as usize) + 1);
        Self(Grid::par_from_fn(width, height, |x, y| {
            value(vec2(x as f32 * STEP / size[0] as f32, y as f32 * STEP / size[1] as f32))
        }))
    }

    /// At a pixel.
    pub(crate) fn at(&self, p: Vec2) -> T {
        self.0.sample(p.x / STEP, p.y / STEP)
    }
}

/// Linear light of a drawn pixel.
pub(super) fn decode(bytes: &[u8]) -> Light {
    if bytes[3] == 255 {
        return [linear(bytes[0]), linear(bytes[1]), linear(bytes[2]), 1.0];
    }
    let alpha = f32::from(bytes[3]) / 255.0;
    if alpha == 0.0 {
        return [0.0; 4];
    }
    let straight = |byte: u8| linear_at(f32::from(byte) / 255.0 / alpha) * alpha;
    [straight(bytes[0]), straight(bytes[1]), straight(bytes[2]), alpha]
}

/// The sheet's light, smeared, on a grid 8 times coarser.
fn halo_of(sheet: &Sheet, [width, height]: [usize; 2], sigma: f32) -> Grid<Rgb> {
    let bytes = sheet.bytes();
    let small = Grid::par_from_fn(width.div_ceil(8), height.div_ceil(8), |x, y| {
        let mut sum = [0.0; 3];
        for row in (y * 8..(y * 8 + 8).min(height)).step_by(2) {
            for column in (x * 8..(x * 8 + 8).min(width)).step_by(2) {
                let at = (row * width + column) * 4;
                if bytes[at + 3] > 0 {
                    let light = decode(&bytes[at..at + 4]);
                    (0..3).for_each(|c| sum[c] += light[c] / 16.0);
                }
            }
        }
        sum
    });
    let planes: Vec<Plane> =
        (0..3_usize).into_par_iter().map(|c| blur(&small.map(|v| v[c]), sigma / 8.0)).collect();
    Grid::from_fn(small.width, small.height, |x, y| std::array::from_fn(|c| planes[c].at(x, y)))
}
