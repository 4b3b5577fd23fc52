//! What place alone says of a figure: somebody stands there, and perhaps a face was seen.

use super::silhouette::Standing;
use super::visage::Visage;
use crate::colour::Rgb;
use crate::face::Eyes;
use crate::raster::{Grid, Plane};

/// What place alone says of the figure.
pub(super) struct Place {
    visage: Option<Visage>,
    /// Log odds of being figure, of somebody standing there.
    pub(super) odds: Plane,
}

impl Place {
    /// Of somebody on a grid like `coarse`, and eyes on one twice as fine.
    pub(super) fn of(standing: Standing, eyes: Option<Eyes>, coarse: &Grid<Rgb>) -> Self {
        let visage = eyes.map(|eyes| Visage::new(eyes.at).scaled(0.5));
        Self { odds: standing.odds(coarse.width, coarse.height), visage }
    }

    /// Log odds of being figure; somebody standing there counts by the first weight inside the figure, by the other outside.
    pub(super) fn at(&self, x: usize, y: usize, [inside, outside]: [f32; 2]) -> f32 {
        let odds = self.odds.at(x, y);
        odds * if odds < 0.0 { outside } else { inside }
    }

    /// The same of a pixel of the grid twice as fine with what a face says of it; somebody standing there counts little.
    pub(super) fn finer(&self, x: usize, y: usize) -> f32 {
        let [x, y] = [x, y].map(|v| v as f32 / 2.0 - 0.25);
        0.3 * self.odds.sample(x, y) + self.visage.map_or(0.0, |visage| visage.odds([x, y]))
    }

    /// Log odds with what a face says of each.
    pub(super) fn with_face(&self, odds: &Plane) -> Plane {
        let Some(visage) = self.visage else { return odds.clone() };
        Plane::from_fn(odds.width, odds.height, |x, y| odds.at(x, y) + visage.odds([x as f32, y as f32]))
    }

    /// Whether a pixel is beside or above a head that is known: hair, a hat, or what stands behind.
    pub(super) fn beside_head(&self, [x, y]: [usize; 2]) -> bool {
        self.visage.is_some_and(|visage| visage.beside([x as f32, y as f32]))
    }

    /// Whether it is within the outline of such a head.
    pub(super) fn in_head(&self, [x, y]: [usize; 2]) -> bool {
        self.visage.is_some_and(|visage| visage.holds([x as f32, y as f32]))
    }
}
