//! Sets that a person can be stood in: a studio sweep, a room, a street or a park.
//!
//! Decided here: a set is a small world in metres, seen by a camera that the person's own size and feet fix, so that floor,
//! horizon and person agree. Each pixel of a coarse grid is one ray into it; depth decides how far it is out of focus. Only
//! the floor around the feet is sharp, and only it is seen on a finer grid.
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
use crate::raster::{Blend as _, Grid};

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
    /// Colour of what falls on the side turned to the main light.
    pub(crate) key: Rgb,
    /// Colour of what falls on the side turned away from it; where the body faces the camera, it is the mean of both.
    pub(crate) fill: Rgb,
    /// How much of what is behind shines around edges.
    pub(crate) wrap: f32,
    /// How much the main light, which stands a little behind, catches the edge on its side.
    pub(crate) rim: f32,
    /// Where the main light comes from: -1 left, 1 right.
    pub(crate) side: f32,
    /// How far across and back a shadow falls on the floor, per metre of height.
    pub(crate) cast: [f32; 2],
    /// How dark it is, `0..=1`.
    pub(crate) strength: f32,
    /// How soft, in metres at one metre's height.
    pub(crate) softness: f32,
}

/// Metres behind the person up to which the floor is seen on the finer grid.
const NEAR: f32 = 0.8;
/// Result pixels a pixel of the finer grid.
const FINE: usize = 2;

/// A set as the camera sees it, without the person.
pub(crate) struct Set {
    /// All of it, linear light, `factor` result pixels a pixel.
    far: Grid<Rgb>,
    factor: usize,
    /// The rows from `begin` (of the result) on, `FINE` result pixels a pixel.
    near: Grid<Rgb>,
    begin: usize,
    pub(crate) camera: Camera,
    pub(crate) light: Light,
}

impl Set {
    /// Builds the set of a style; nothing for the scene of the picture.
    pub(crate) fn build(style: Style, seed: u64, camera: Camera, size: [usize; 2]) -> Option<Self> {
        let mut chance = Chance::new(seed ^ 0x5E75);
        let set = |light: Light, sharp: bool, see: &(dyn Fn(f32, f32) -> Seen + Sync)| {
            Some(Self::seen(camera, size, light, sharp, see))
        };
        match style {
            Style::KeepScene => None,
            Style::Studio => {
                let sweep = studio::Sweep::new(&mut chance);
                set(sweep.light(), false, &|x, y| sweep.see(&camera, x, y))
            }
            Style::Indoor => {
                let room = indoor::Room::new(&mut chance);
                set(room.light(), true, &|x, y| room.see(&camera, x, y))
            }
            Style::Outdoor => {
                let place = outdoor::Outdoors::new(&mut chance);
                set(place.light(), true, &|x, y| place.see(&camera, x, y))
            }
        }
    }

    /// Looks at every pixel; `sharp` says whether the floor has detail.
    fn seen(
        camera: Camera,
        size: [usize; 2],
        light: Light,
        sharp: bool,
        see: &(dyn Fn(f32, f32) -> Seen + Sync),
    ) -> Self {
        let place = |v: usize, factor: usize| (v as f32 + 0.5) * factor as f32 - 0.5;
        // Close up everything behind is softer, and a coarser grid shows it as well.
        let factor = ((camera.metre / 185.0) as usize).clamp(3, 8);
        let grid = size.map(|side| side.div_ceil(factor).max(2));
        let coarse = Grid::par_from_fn(grid[0], grid[1], |x, y| see(place(x, factor), place(y, factor)));
        let far = focused(&coarse, &camera, factor);
        let row = camera.row(NEAR).max(0.0) as usize;
        let begin = if sharp { row.min(size[1]) } else { size[1] };
        let fine = [size[0].div_ceil(FINE).max(2), (size[1] - begin).div_ceil(FINE)];
        let near = Grid::par_from_fn(fine[0], fine[1], |x, y| {
            see(place(x, FINE), begin as f32 + place(y, FINE)).colour
        });
        Self { far, factor, near, begin, camera, light }
    }

    /// Linear light behind a pixel of the result.
    pub(crate) fn at(&self, x: f32, y: f32) -> Rgb {
        let place = |v: f32, factor: usize| (v + 0.5) / factor as f32 - 0.5;
        let far = || self.far.sample(place(x, self.factor), place(y, self.factor));
        let down = y - self.begin as f32;
        if down <= 0.0 || self.near.height < 2 {
            return far();
        }
        let near = self.near.sample(place(x, FINE), place(down, FINE));
        // Half of it is where one grid goes over into the other.
        let share = smoothstep(0.0, 0.5, self.camera.share(y, NEAR));
        if share < 1.0 { far().blend(near, share) } else { near }
    }
}

/// Puts what lies behind or before the person out of focus.
fn focused(seen: &Grid<Seen>, camera: &Camera, factor: usize) -> Grid<Rgb> {
    let sharp = seen.map(|seen| seen.colour);
    let radius = seen.map(|seen| (camera.circle(seen.depth) / factor as f32).min(16.0));
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
