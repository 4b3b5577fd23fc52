//! Grids of numbers and what is done to them: sampling, blurring, shapes, scaling.

mod filter;
mod scale;
mod shape;

pub(crate) use filter::{Followed, Guide, blur, box_blur, spread};
pub(crate) use scale::{Frame, shrink};
pub(crate) use shape::{
    components, distance_to, fill_holes, grow, inside_distance, largest, touching_border,
};

use rayon::prelude::*;

use crate::geometry::Vec2;

/// `width * height` values, row by row from the top left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid<T> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<T>,
}

/// One number a pixel.
pub(crate) type Plane = Grid<f32>;
/// In or out, a pixel.
pub(crate) type Mask = Grid<bool>;

/// What can be interpolated.
pub(crate) trait Blend: Copy + Send + Sync {
    /// `self` at 0, `other` at 1.
    fn blend(self, other: Self, t: f32) -> Self;
}

impl Blend for f32 {
    #[inline]
    fn blend(self, other: Self, t: f32) -> Self {
        self + (other - self) * t
    }
}

impl<const N: usize> Blend for [f32; N] {
    #[inline]
    fn blend(self, other: Self, t: f32) -> Self {
        std::array::from_fn(|i| self[i] + (other[i] - self[i]) * t)
    }
}

impl<T: Copy> Grid<T> {
    pub(crate) fn new(width: usize, height: usize, value: T) -> Self {
        Self { width, height, data: vec![value; width * height] }
    }

    pub(crate) fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            data.extend((0..width).map(|x| value(x, y)));
        }
        Self { width, height, data }
    }

    /// As [`Grid::from_fn`], rows in parallel.
    pub(crate) fn par_from_fn(width: usize, height: usize, value: impl Fn(usize, usize) -> T + Sync) -> Self
    where
        T: Send,
    {
        if width == 0 || height == 0 {
            return Self { width, height, data: Vec::new() };
        }
        let mut data = vec![value(0, 0); width * height];
        data.par_chunks_exact_mut(width).enumerate().for_each(|(y, row)| {
            row.iter_mut().enumerate().for_each(|(x, pixel)| *pixel = value(x, y));
        });
        Self { width, height, data }
    }

    /// As [`Grid::map`], in parallel.
    pub(crate) fn par_map<U: Send>(&self, value: impl Fn(T) -> U + Sync) -> Grid<U>
    where
        T: Sync,
    {
        let data = self.data.par_iter().with_min_len(4096).map(|pixel| value(*pixel)).collect();
        Grid { width: self.width, height: self.height, data }
    }

    pub(crate) fn map<U>(&self, value: impl FnMut(T) -> U) -> Grid<U> {
        Grid { width: self.width, height: self.height, data: self.data.iter().copied().map(value).collect() }
    }

    /// Joins two grids of the same size.
    pub(crate) fn zip<U: Copy, V>(&self, other: &Grid<U>, mut value: impl FnMut(T, U) -> V) -> Grid<V> {
        let data = self.data.iter().zip(&other.data).map(|(&a, &b)| value(a, b)).collect();
        Grid { width: self.width, height: self.height, data }
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> T {
        self.data[y * self.width + x]
    }

    pub(crate) fn set(&mut self, x: usize, y: usize, value: T) {
        self.data[y * self.width + x] = value;
    }

    /// The pixel that a point falls in, if it falls in one.
    pub(crate) fn get(&self, point: Vec2) -> Option<T> {
        let (x, y) = (point.x + 0.5, point.y + 0.5);
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
        inside.then(|| self.at(x as usize, y as usize))
    }

    pub(crate) fn row(&self, y: usize) -> &[T] {
        &self.data[y * self.width..(y + 1) * self.width]
    }
}

impl<T: Blend> Grid<T> {
    /// Bilinear, with pixel centres at whole numbers; the edge goes on outside.
    #[inline]
    pub(crate) fn sample(&self, x: f32, y: f32) -> T {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (tx, ty) = (x - x0 as f32, y - y0 as f32);
        let at = y0 * self.width + x0;
        let right = usize::from(x0 + 1 < self.width);
        let below = at + if y0 + 1 < self.height { self.width } else { 0 };
        let top = self.data[at].blend(self.data[at + right], tx);
        let bottom = self.data[below].blend(self.data[below + right], tx);
        top.blend(bottom, ty)
    }
}

impl Mask {
    pub(crate) fn count(&self) -> usize {
        self.data.iter().filter(|&&inside| inside).count()
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a && b)
    }

    pub(crate) fn without(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a && !b)
    }

    pub(crate) fn plane(&self) -> Plane {
        self.map(|inside| if inside { 1.0 } else { 0.0 })
    }

    /// Whether a point lies on a set pixel.
    pub(crate) fn holds(&self, point: Vec2) -> bool {
        self.get(point).unwrap_or(false)
    }

    /// Runs `[from, to)` of set pixels in a row.
    pub(crate) fn runs(&self, y: usize) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        let mut start = None;
        for (x, &inside) in self.row(y).iter().chain(std::iter::once(&false)).enumerate() {
            match (inside, start) {
                (true, None) => start = Some(x),
                (false, Some(from)) => {
                    runs.push((from, x));
                    start = None;
                }
                _ => {}
            }
        }
        runs
    }

    /// Smallest box `[x0, y0, x1, y1)` around all set pixels.
    pub(crate) fn bounds(&self) -> Option<[usize; 4]> {
        let mut bounds: Option<[usize; 4]> = None;
        for y in 0..self.height {
            let row = self.row(y);
            let (Some(first), Some(last)) = (row.iter().position(|&i| i), row.iter().rposition(|&i| i))
            else {
                continue;
            };
            let b = bounds.get_or_insert([first, y, last + 1, y + 1]);
            *b = [b[0].min(first), b[1], b[2].max(last + 1), y + 1];
        }
        bounds
    }
}
