//! Sets that a person can be stood in: a studio sweep, a room, a street or a park.
//!
//! Decided here: a set is a small world in metres, seen by a camera that the person's own size and feet fix, so that floor,
//! horizon and person agree. Each pixel of a coarse grid is one ray into it; depth decides how far it is out of focus.
//! What hangs from the seed is colours, sides and furniture, never the geometry that the person depends on.

mod camera;
mod indoor;
mod light;
mod outdoor;
mod studio;

use atelier_domain::Style;
use rayon::prelude::*;

pub(crate) use self::camera::Camera;
pub(crate) use self::light::{Cutout, stand};
use crate::backdrop::{Chance, defocus};
use crate::colour::Rgb;
use crate::geometry::{mix, smoothstep};
use crate::raster::Grid;

/// What a ray meets.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Linear light.
    colour: Rgb,
    /// Metres behind the person; negative before.
    depth: f32,
}

/// How a set is lit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    /// Colour of what falls on the person, around 1.
    pub(crate) colour: Rgb,
    /// Colour of the light from behind that wraps around edges.
    pub(crate) wrap: f32,
    /// Where the main light comes from: -1 left, 1 right.
    pub(crate) side: f32,
    /// How far across and back a shadow falls on the floor, per metre of height.
    pub(crate) cast: [f32; 2],
    /// How dark it is, `0..=1`.
    pub(crate) strength: f32,
    /// How soft, in metres at one metre's height.
    pub(crate) softness: f32,
}

/// A set as the camera sees it, without the person.
pub(crate) struct Set {
    /// Linear light, `factor` result pixels a pixel.
    pub(crate) backdrop: Grid<Rgb>,
    pub(crate) factor: usize,
    pub(crate) camera: Camera,
    pub(crate) light: Light,
}

impl Set {
    /// Builds the set of a style; nothing for the scene of the picture.
    pub(crate) fn build(style: Style, seed: u64, camera: Camera, size: [usize; 2]) -> Option<Self> {
        let mut chance = Chance::new(seed ^ 0x5E75);
        // Close up everything behind is soft, and a coarser grid shows it as well.
        let factor = if camera.metre > 1100.0 { 4 } else { 2 };
        let grid = size.map(|side| side.div_ceil(factor).max(2));
        let render = |see: &(dyn Fn(f32, f32) -> Seen + Sync)| {
            let at = |x: usize, y: usize| {
                let place = |v: usize| (v as f32 + 0.5) * factor as f32 - 0.5;
                see(place(x), place(y))
            };
            focused(&Grid::par_from_fn(grid[0], grid[1], at), &camera, factor)
        };
        let (backdrop, light) = match style {
            Style::KeepScene => return None,
            Style::Studio => {
                let sweep = studio::Sweep::new(&mut chance);
                (render(&|x, y| sweep.see(&camera, x, y)), sweep.light())
            }
            Style::Indoor => {
                let room = indoor::Room::new(&mut chance);
                (render(&|x, y| room.see(&camera, x, y)), room.light())
            }
            Style::Outdoor => {
                let place = outdoor::Outdoors::new(&mut chance);
                (render(&|x, y| place.see(&camera, x, y)), place.light())
            }
        };
        Some(Self { backdrop, factor, camera, light })
    }

    /// Linear light behind a pixel of the result.
    pub(crate) fn at(&self, x: f32, y: f32) -> Rgb {
        let place = |v: f32| (v + 0.5) / self.factor as f32 - 0.5;
        self.backdrop.sample(place(x), place(y))
    }
}

/// Puts what lies behind or before the person out of focus.
fn focused(seen: &Grid<Seen>, camera: &Camera, factor: usize) -> Grid<Rgb> {
    let sharp = seen.map(|seen| seen.colour);
    let radius = seen.map(|seen| (camera.circle(seen.depth) / factor as f32).min(26.0));
    let most = radius.data.iter().copied().fold(0.0, f32::max);
    if most < 0.6 {
        return sharp;
    }
    let levels: Vec<(f32, Grid<Rgb>)> = [most * 0.33, most]
        .into_par_iter()
        .map(|radius| (radius, defocus(&sharp, radius.max(0.7))))
        .collect();
    Grid::from_fn(sharp.width, sharp.height, |x, y| {
        let r = radius.at(x, y);
        let (low, high) = (&levels[0], &levels[1]);
        let to_low = smoothstep(0.0, low.0, r);
        let to_high = smoothstep(low.0, high.0, r);
        let (a, b, c) = (sharp.at(x, y), low.1.at(x, y), high.1.at(x, y));
        std::array::from_fn(|i| mix(mix(a[i], b[i], to_low), c[i], to_high))
    })
}

fn blend(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|c| mix(a[c], b[c], t))
}

fn scaled(a: Rgb, by: f32) -> Rgb {
    a.map(|c| c * by)
}

fn times(a: Rgb, b: Rgb) -> Rgb {
    std::array::from_fn(|c| a[c] * b[c])
}
