//! Which way lines run in a picture: the smoothed structure tensor.

use rayon::prelude::*;

use crate::geometry::{Vec2, vec2};
use crate::raster::{Grid, Plane, blur};

/// Directions along edges, on a grid `step` times coarser than the picture.
pub(super) struct Flow {
    grid: Grid<[f32; 2]>,
    step: usize,
}

impl Flow {
    /// Of a plane that was shrunk by `step`; `sigma` in its pixels is how far directions are carried.
    pub(super) fn of(plane: &Plane, step: usize, sigma: f32) -> Self {
        let at = |x: usize, y: usize| plane.at(x.min(plane.width - 1), y.min(plane.height - 1));
        let gradient = Grid::par_from_fn(plane.width, plane.height, |x, y| {
            [
                (at(x + 1, y) - at(x.saturating_sub(1), y)) * 0.5,
                (at(x, y + 1) - at(x, y.saturating_sub(1))) * 0.5,
            ]
        });
        let products: Vec<Plane> = [(0, 0), (0, 1), (1, 1)]
            .into_par_iter()
            .map(|(i, j)| blur(&gradient.map(|g| g[i] * g[j]), sigma))
            .collect();
        let grid = Grid::par_from_fn(plane.width, plane.height, |x, y| {
            let [xx, xy, yy] = [0, 1, 2].map(|i| products[i].at(x, y));
            // The doubled angle of the strongest gradient; lines run across it. Kept doubled: it can be interpolated.
            let (cos, sin) = (xx - yy, 2.0 * xy);
            let length = cos.hypot(sin).max(1e-9);
            [cos / length, sin / length]
        });
        Self { grid, step }
    }

    /// The unit direction along the lines at a pixel of the picture; its sign means nothing.
    pub(super) fn at(&self, point: Vec2) -> Vec2 {
        let place = |v: f32| (v + 0.5) / self.step as f32 - 0.5;
        let [cos, sin] = self.grid.sample(place(point.x), place(point.y));
        let across = 0.5 * sin.atan2(cos);
        vec2(-across.sin(), across.cos())
    }
}
