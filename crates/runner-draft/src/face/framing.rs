//! The frame laid over a picture: where each pixel of the result comes from.

use std::ops::Range;

use atelier_domain::Picture;

use crate::colour::Rgb;
use crate::geometry::{Vec2, vec2};
use crate::raster::{Frame, Grid};

/// A turned and scaled window onto a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framing {
    /// The full pixel in the middle of the frame.
    pub(crate) centre: Vec2,
    /// Full pixels per pixel of the frame.
    pub(crate) scale: f32,
    /// Radians by which the frame is turned; the same as the head's roll makes the head upright.
    pub(crate) roll: f32,
    /// Sine and cosine of the roll.
    turn: [f32; 2],
    /// Width and height in pixels of the frame.
    pub(crate) size: [usize; 2],
}

impl Framing {
    /// A window of `size` pixels, each as large as `scale` full pixels, around `centre`, turned by `roll` radians.
    pub(crate) fn new(centre: Vec2, scale: f32, roll: f32, size: [usize; 2]) -> Self {
        let (sin, cos) = roll.sin_cos();
        Self { centre, scale, roll, turn: [sin, cos], size }
    }

    fn middle(&self) -> Vec2 {
        vec2((self.size[0] as f32 - 1.0) / 2.0, (self.size[1] as f32 - 1.0) / 2.0)
    }

    /// The place in the picture under a place of the frame.
    pub(crate) fn to_full(self, point: Vec2) -> Vec2 {
        let off = (point - self.middle()) * self.scale;
        let [sin, cos] = self.turn;
        self.centre + vec2(off.x * cos - off.y * sin, off.x * sin + off.y * cos)
    }

    /// The place in the frame over a place of the picture.
    pub(crate) fn to_frame(self, full: Vec2) -> Vec2 {
        let off = (full - self.centre) * (1.0 / self.scale);
        let [sin, cos] = self.turn;
        self.middle() + vec2(off.x * cos + off.y * sin, off.y * cos - off.x * sin)
    }

    /// The same window on a grid `factor` times coarser.
    pub(crate) fn coarser(self, factor: usize) -> Self {
        let size = self.size.map(|side| side.div_ceil(factor));
        // Both grids begin at the same corner.
        let middle = vec2((size[0] * factor) as f32 / 2.0 - 0.5, (size[1] * factor) as f32 / 2.0 - 0.5);
        Self { centre: self.to_full(middle), scale: self.scale * factor as f32, size, ..self }
    }

    /// The picture in this frame as sRGB in `0..=1` on white; beyond the picture its border goes on.
    pub(crate) fn take(self, picture: &Picture) -> Grid<Rgb> {
        let source = Source::new(picture, self.scale, self.bounds());
        self.taken(&source, |full| (full, [1.0; 3]))
    }

    /// The same with every place of the picture replaced by another, and its sRGB values multiplied by factors.
    pub(crate) fn take_with(self, picture: &Picture, from: impl Fn(Vec2) -> (Vec2, Rgb) + Sync) -> Grid<Rgb> {
        self.taken(&self.source(picture), from)
    }

    fn taken(self, source: &Source<'_>, from: impl Fn(Vec2) -> (Vec2, Rgb) + Sync) -> Grid<Rgb> {
        Grid::par_from_fn(self.size[0], self.size[1], |x, y| {
            let (full, shade) = from(self.to_full(vec2(x as f32, y as f32)));
            source.on_white(full, shade)
        })
    }

    /// A picture as it is sampled at this scale.
    pub(crate) fn source(self, picture: &Picture) -> Source<'_> {
        Source::new(picture, self.scale, [vec2(f32::MIN, f32::MIN), vec2(f32::MAX, f32::MAX)])
    }

    /// The corners of what it shows, in full pixels.
    fn bounds(self) -> [Vec2; 2] {
        let [width, height] = self.size.map(|side| side as f32 - 1.0);
        let corners = [[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]];
        let [first, rest @ ..] = corners.map(|[x, y]| self.to_full(vec2(x, y)));
        rest.into_iter().fold([first; 2], |[low, high], at| {
            [vec2(low.x.min(at.x), low.y.min(at.y)), vec2(high.x.max(at.x), high.y.max(at.y))]
        })
    }

    /// The picture's own transparency in this frame, if it has any.
    pub(crate) fn take_alpha(self, picture: &Picture) -> Option<Grid<f32>> {
        let transparent = picture.rgba().chunks_exact(4).any(|pixel| pixel[3] < 255);
        transparent.then(|| {
            let source = self.source(picture);
            Grid::par_from_fn(self.size[0], self.size[1], |x, y| {
                source.at(self.to_full(vec2(x as f32, y as f32)))[3].clamp(0.0, 1.0)
            })
        })
    }

    /// A value of the eyes' small grid under every pixel of this frame.
    pub(crate) fn of_small<T: crate::raster::Blend>(self, small: &Grid<T>, frame: Frame) -> Grid<T> {
        Grid::par_from_fn(self.size[0], self.size[1], |x, y| {
            let full = self.to_full(vec2(x as f32, y as f32));
            let (sx, sy) = frame.to_small(full.x, full.y);
            small.sample(sx, sy)
        })
    }
}

/// A picture to sample.
pub(crate) struct Source<'a> {
    texels: Texels<'a>,
    width: usize,
    height: usize,
    /// Full pixels per texel.
    step: f32,
    /// The first texel, in texels.
    from: [usize; 2],
}

enum Texels<'a> {
    /// sRGB bytes as they are.
    Opaque(&'a [u8]),
    /// The same with transparency.
    Through(&'a [u8]),
    /// Premultiplied, in `0..=1`: shrunk by whole steps, as the frame is much coarser than the picture.
    Shrunk(Grid<[f32; 4]>),
}

impl<'a> Source<'a> {
    /// To be sampled every `scale` full pixels, between two corners only.
    fn new(picture: &'a Picture, scale: f32, corners: [Vec2; 2]) -> Self {
        let step = (scale + 0.25).floor().max(1.0) as usize;
        let rgba = picture.rgba();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let span = |from: f32, to: f32, side: usize| {
            // Two neighbours more, for Catmull-Rom.
            let texel = |v: f32, off: f32| (v / step as f32 + off).max(0.0) as usize;
            let last = (side / step).max(1) - 1;
            texel(from, -3.0).min(last)..texel(to, 4.0).min(last) + 1
        };
        let [low, high] = corners;
        let (columns, rows) = (span(low.x, high.x, width), span(low.y, high.y, height));
        if step > 1 {
            let from = [columns.start, rows.start];
            let grid = box_shrink(picture, step, columns, rows);
            let (width, height) = (grid.width, grid.height);
            return Self { texels: Texels::Shrunk(grid), width, height, step: step as f32, from };
        }
        let seen = &rgba[rows.start * width * 4..rows.end * width * 4];
        let opaque = seen.chunks_exact(4).all(|pixel| pixel[3] == 255);
        let texels = if opaque { Texels::Opaque(rgba) } else { Texels::Through(rgba) };
        Self { texels, width, height, step: 1.0, from: [0; 2] }
    }

    /// sRGB in `0..=1` on white at a full pixel, times factors; beyond the picture its border goes on.
    pub(crate) fn on_white(&self, full: Vec2, shade: Rgb) -> Rgb {
        let [r, g, b, a] = self.at(full);
        let own = [r, g, b];
        std::array::from_fn(|c| ((own[c] + 1.0 - a) * shade[c]).clamp(0.0, 1.0))
    }

    /// Premultiplied sRGB and alpha by Catmull-Rom; the border goes on outside.
    fn at(&self, full: Vec2) -> [f32; 4] {
        match &self.texels {
            Texels::Opaque(bytes) => {
                let sum = self.weighted(full, |at| texel(bytes, at).map(f32::from));
                sum.map(|value| value * (1.0 / 255.0))
            }
            Texels::Through(bytes) => self.weighted(full, |at| premultiplied(texel(bytes, at))),
            Texels::Shrunk(grid) => self.weighted(full, |at| grid.data[at]),
        }
    }

    #[inline]
    fn weighted(&self, full: Vec2, texel: impl Fn(usize) -> [f32; 4]) -> [f32; 4] {
        let place = |v: f32, from: usize| (v + 0.5) / self.step - 0.5 - from as f32;
        let (x, y) = (place(full.x, self.from[0]), place(full.y, self.from[1]));
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f32), y.clamp(0.0, (self.height - 1) as f32));
        let (x0, y0) = (x as usize, y as usize);
        let (wx, wy) = (catmull_rom(x - x0 as f32), catmull_rom(y - y0 as f32));
        // Away from the border the sixteen neighbours need no looking up.
        let inside = x0 >= 1 && y0 >= 1 && x0 + 2 < self.width && y0 + 2 < self.height;
        let place = |v: usize, i: usize, side: usize| (v + i).saturating_sub(1).min(side - 1);
        let mut sum = [0.0; 4];
        for (j, wy) in wy.iter().enumerate() {
            let mut row = [0.0; 4];
            if inside {
                let first = (y0 + j - 1) * self.width + x0 - 1;
                wx.iter().enumerate().for_each(|(i, wx)| add(&mut row, texel(first + i), *wx));
            } else {
                let first = place(y0, j, self.height) * self.width;
                let column = |i: usize| place(x0, i, self.width);
                wx.iter().enumerate().for_each(|(i, wx)| add(&mut row, texel(first + column(i)), *wx));
            }
            add(&mut sum, row, *wy);
        }
        sum
    }
}

/// Adds a value by its weight.
#[inline]
fn add(sum: &mut [f32; 4], value: [f32; 4], weight: f32) {
    for c in 0..4 {
        sum[c] += value[c] * weight;
    }
}

/// The four bytes of a pixel.
#[inline]
fn texel(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at * 4..].first_chunk().copied().unwrap_or_default()
}

fn premultiplied(pixel: [u8; 4]) -> [f32; 4] {
    let alpha = f32::from(pixel[3]) / 255.0;
    let colour = |c: usize| f32::from(pixel[c]) / 255.0 * alpha;
    [colour(0), colour(1), colour(2), alpha]
}

/// Means over squares of `step` pixels, of some columns and rows of them.
fn box_shrink(picture: &Picture, step: usize, across: Range<usize>, down: Range<usize>) -> Grid<[f32; 4]> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let rgba = picture.rgba();
    Grid::par_from_fn(across.len(), down.len(), |x, y| {
        let (x, y) = (x + across.start, y + down.start);
        let (rows, columns) = (y * step..((y + 1) * step).min(height), x * step..((x + 1) * step).min(width));
        let mut sum = [0_u64; 4];
        for row in rows.clone() {
            for at in row * width + columns.start..row * width + columns.end {
                let [r, g, b, alpha] = texel(rgba, at).map(u64::from);
                sum = [sum[0] + r * alpha, sum[1] + g * alpha, sum[2] + b * alpha, sum[3] + 255 * alpha];
            }
        }
        let count = 255.0 * 255.0 * (rows.len() * columns.len()) as f32;
        sum.map(|value| value as f32 / count)
    })
}

/// Weights of four neighbours at `t` between the middle two (Catmull and Rom 1974).
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
}
