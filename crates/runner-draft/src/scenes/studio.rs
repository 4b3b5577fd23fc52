//! A studio: seamless paper that runs from the wall onto the floor, with a pool of light behind the person.

use super::{Camera, Light, Seen, blend, scaled, times};
use crate::backdrop::{Chance, clouds};
use crate::colour::{Rgb, linear_from_srgb};
use crate::geometry::smoothstep;

/// Paper in sRGB: warm grey, cool grey, sand, sage, blush, slate.
const PAPERS: [Rgb; 6] = [
    [0.80, 0.78, 0.75],
    [0.76, 0.78, 0.81],
    [0.84, 0.78, 0.70],
    [0.72, 0.77, 0.71],
    [0.85, 0.75, 0.73],
    [0.50, 0.53, 0.58],
];
/// Metres behind the person at which the paper turns up, and over how many.
const BEND: [f32; 2] = [0.9, 1.3];

pub(super) struct Sweep {
    paper: Rgb,
    side: f32,
    /// Where the pool of light lies on the paper, metres.
    pool: [f32; 2],
}

impl Sweep {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let paper = chance.pick(&PAPERS).map(linear_from_srgb);
        let side = chance.pick(&[-1.0, 1.0]);
        Self { paper, side, pool: [-side * chance.within(0.1, 0.5), chance.within(1.1, 1.5)] }
    }

    pub(super) fn light(&self) -> Light {
        Light {
            key: times(blend([1.0; 3], scaled(self.paper, 1.6), 0.08), [1.22, 1.19, 1.15]),
            fill: times(blend([1.0; 3], scaled(self.paper, 1.6), 0.16), [0.76, 0.78, 0.81]),
            wrap: 0.1,
            rim: 0.1,
            side: self.side,
            cast: [-0.38 * self.side, 0.6],
            strength: 0.3,
            softness: 0.22,
        }
    }

    pub(super) fn see(&self, camera: &Camera, x: f32, y: f32) -> Seen {
        let ray = camera.ray(x, y);
        let wall = BEND[0] + BEND[1];
        let [wx, wy] = ray.wall(wall);
        let floor = ray.level(0.0);
        // On the bend the paper is neither: the two meet smoothly.
        let up = floor.map_or(1.0, |[_, z]| smoothstep(BEND[0] - 0.9, wall + 0.9, z));
        let pool = (-((wx - self.pool[0]) / 1.5).powi(2) - ((wy - self.pool[1]) / 1.25).powi(2)).exp();
        let on_wall = 0.62 + 0.52 * pool + 0.05 * (wx * self.side).clamp(-2.0, 2.0);
        let (on_floor, depth) = floor.map_or((0.8, wall), |[fx, z]| {
            let near = (-(fx / 1.5).powi(2) - ((z - 0.1) / 1.3).powi(2)).exp();
            (0.74 + 0.28 * near + 0.04 * fx * self.side, z.min(wall))
        });
        let bright = on_floor + (on_wall - on_floor) * up;
        let uneven = 1.0 + 0.012 * clouds(wx * 1.3 + 7.0, wy * 1.3, 3);
        Seen { colour: scaled(self.paper, bright * uneven), depth }
    }
}
