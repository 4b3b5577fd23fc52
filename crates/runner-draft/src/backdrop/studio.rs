//! Studio backdrops: paper and painted canvas with a light on them.

use super::{Backdrop, Chance, clouds, coarse};
use crate::colour::Rgb;
use crate::geometry::{Vec2, smoothstep};
use crate::raster::Grid;

/// A backdrop of one colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep {
    /// Linear light where the lamp points.
    pub(crate) bright: Rgb,
    /// Linear light in the corners.
    pub(crate) dark: Rgb,
    /// How far the lamp's pool reaches, 1 being the corner furthest away.
    pub(crate) pool: f32,
    /// How mottled the canvas is, `0..=1`.
    pub(crate) mottled: f32,
}

/// A sweep behind a head of `unit` pixels at `head`, lit as the seed has it.
pub(crate) fn studio(sweep: Sweep, size: [usize; 2], head: Vec2, unit: f32, seed: u64) -> Backdrop {
    let mut chance = Chance::new(seed ^ 0x5EED);
    let [width, height] = coarse(size);
    let scale = size[0] as f32 / width as f32;
    let centre =
        head + crate::geometry::vec2(chance.within(-0.35, 0.35) * unit, chance.within(0.1, 0.55) * unit);
    let [wide, tall] = size.map(|side| side as f32);
    let reach = centre.x.max(wide - centre.x).hypot(centre.y.max(tall - centre.y));
    let turn = chance.within(0.0, 100.0);
    // Towards one side the light falls off a little faster.
    let tilt = chance.within(-0.12, 0.12);
    let light = Grid::par_from_fn(width, height, |x, y| {
        let (px, py) = ((x as f32 + 0.5) * scale, (y as f32 + 0.5) * scale);
        let (dx, dy) = ((px - centre.x) / reach, (py - centre.y) / reach);
        let distance = dx.hypot(dy * 0.85);
        let fall = smoothstep(0.05, sweep.pool, distance + tilt * dx);
        let canvas = clouds(px / unit * 1.1 + turn, py / unit * 0.8 - turn, 4) * 0.8
            + clouds(px / unit * 5.0 - turn, py / unit * 6.0, 3) * 0.25;
        let mottle = 1.0 + sweep.mottled * 0.42 * canvas;
        std::array::from_fn(|c| (sweep.bright[c] + (sweep.dark[c] - sweep.bright[c]) * fall) * mottle)
    });
    Backdrop { light }
}
