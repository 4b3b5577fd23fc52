//! What stands behind a portrait: backdrops made of nothing but arithmetic, in linear light.
//!
//! Decided here: backdrops are soft or out of focus, so they are made on a grid four times coarser than the result, with
//! true brightness (lamps are far above 1 until the end), and get their grain when they are laid down.

mod lens;
mod noise;
mod office;
mod places;
mod studio;

pub(crate) use lens::defocus;
pub(crate) use noise::{Chance, at_pixel, clouds};
pub(crate) use office::office;
pub(crate) use places::{Hour, Place, place};
pub(crate) use studio::{Sweep, studio};

use crate::colour::Rgb;
use crate::raster::Grid;

/// Result pixels per pixel of a backdrop.
const COARSE: usize = 4;

/// A backdrop, ready to be laid behind somebody.
pub(crate) struct Backdrop {
    /// Linear light.
    light: Grid<Rgb>,
}

/// Width and height of the grid behind a result of a size.
fn coarse(size: [usize; 2]) -> [usize; 2] {
    size.map(|side| side.div_ceil(COARSE).max(2))
}

impl Backdrop {
    /// Linear light behind a pixel of the result, with a grain too fine to see that keeps ramps from banding.
    pub(crate) fn at(&self, x: usize, y: usize) -> Rgb {
        let place = |v: usize| (v as f32 + 0.5) / COARSE as f32 - 0.5;
        let grain = 1.0 + (at_pixel(x, y) - 0.5) * 0.022;
        self.light.sample(place(x), place(y)).map(|c| c * grain)
    }
}
