//! A promenade with a railing, behind which lie a beach, the sea and a headland.

use super::super::camera::Ray;
use super::super::{Seen, blend, scaled, times};
use super::Sky;
use crate::backdrop::{Chance, at_pixel, clouds};
use crate::colour::Rgb;
use crate::geometry::{mix, smoothstep};

/// Metres behind the person at which the promenade ends.
const RAILING: f32 = 2.6;
/// Metres between the promenade and the beach below.
const DROP: f32 = -1.4;
/// Where the water begins, metres behind the person.
const WATER: f32 = 15.0;

pub(super) struct Shore {
    sky: Sky,
    /// Planks, else slabs.
    planks: bool,
    rail: Rgb,
    /// On which side the land goes on, and how high.
    land: f32,
    tall: f32,
}

impl Shore {
    pub(super) fn new(sky: Sky, chance: &mut Chance) -> Self {
        Self {
            sky,
            planks: chance.pick(&[true, false]),
            rail: chance.pick(&[[0.72, 0.74, 0.75], [0.10, 0.16, 0.20], [0.32, 0.22, 0.14]]),
            land: chance.pick(&[-1.0, 1.0]),
            tall: chance.within(9.0, 16.0),
        }
    }

    pub(super) fn see(&self, ray: Ray) -> Seen {
        if let Some(seen) = self.railing(ray) {
            return seen;
        }
        if let Some([x, z]) = ray.level(0.0).filter(|at| at[1] < RAILING + 0.1) {
            let colour =
                times(if self.planks { Self::deck(x, z) } else { Self::slabs(x, z) }, self.sky.sun());
            return Seen { colour, depth: z };
        }
        self.headland(ray).or_else(|| self.below(ray)).unwrap_or_else(|| self.sky.above(ray))
    }

    /// Posts and three rails.
    fn railing(&self, ray: Ray) -> Option<Seen> {
        let [x, y] = ray.wall(RAILING);
        if !(0.0..1.08).contains(&y) {
            return None;
        }
        let post = ((x + 0.7) / 1.5 - ((x + 0.7) / 1.5).round()).abs() * 1.5;
        let bar = |at: f32, half: f32| (y - at).abs() < half;
        let rail = bar(1.04, 0.035) || bar(0.7, 0.015) || bar(0.38, 0.015);
        let lit = if rail { 1.0 + 0.4 * smoothstep(1.02, 1.07, y) } else { 0.85 };
        (rail || post < 0.03).then(|| Seen { colour: scaled(self.rail, lit), depth: RAILING })
    }

    fn deck(x: f32, z: f32) -> Rgb {
        let plank = ((z + 40.0) / 0.14).floor();
        let tone = 0.85 + 0.3 * at_pixel(plank as usize, 3);
        let gap = ((z + 40.0) / 0.14 - ((z + 40.0) / 0.14).round()).abs() * 0.14;
        let grain = 1.0 + 0.14 * clouds(x * 3.0 + 9.0 * tone, z * 46.0, 3);
        scaled([0.43, 0.36, 0.29], tone * grain * mix(0.5, 1.0, smoothstep(0.003, 0.009, gap)))
    }

    fn slabs(x: f32, z: f32) -> Rgb {
        let near = |v: f32| (v - v.round()).abs();
        let (u, v) = ((x + 40.3) / 0.6, (z + 40.0) / 0.6);
        let tone = 0.92 + 0.16 * at_pixel(u as usize, v as usize);
        let rough = 1.0 + 0.06 * clouds(x * 30.0, z * 30.0, 3) + 0.07 * clouds(x * 1.5, z * 1.5, 2);
        let joint = smoothstep(0.004, 0.02, near(u).min(near(v)));
        scaled([0.52, 0.49, 0.45], tone * rough * mix(0.7, 1.0, joint))
    }

    /// Sand and water, one as bright as the other is deep.
    fn below(&self, ray: Ray) -> Option<Seen> {
        let [x, z] = ray.level(DROP)?;
        let turn = self.sky.turn;
        let edge = WATER + 1.6 * clouds(x * 0.25 + turn, 3.0, 3);
        let sand = scaled([0.62, 0.53, 0.40], 1.0 + 0.12 * clouds(x * 3.0, z * 2.0 + turn, 3));
        let sand = blend(sand, scaled(sand, 0.62), smoothstep(edge - 2.2, edge, z));
        let far = smoothstep(20.0, 400.0, z);
        let swell = clouds(x * 0.3 + turn, (z + 30.0).ln() * 16.0, 3);
        let water = blend([0.10, 0.30, 0.34], [0.16, 0.33, 0.50], far);
        let water = scaled(water, 1.0 + 0.35 * swell * (1.0 - far));
        // Where it breaks, and where the sun glitters.
        let foam =
            smoothstep(0.25, 0.45, clouds(x * 0.5, z * 0.7 + turn, 3)) * smoothstep(edge + 7.0, edge, z);
        let glitter =
            smoothstep(0.35, 0.6, swell) * smoothstep(0.5, 0.1, (ray.slope[0] - 0.25 * self.sky.side).abs());
        let water = blend(blend(water, [1.0, 1.03, 1.03], foam), [1.3, 1.25, 1.1], 0.6 * glitter);
        let colour = blend(times(sand, self.sky.sun()), water, smoothstep(edge, edge + 0.5, z));
        Some(Seen { colour: self.sky.haze(colour, 0.25 * z, 0.35), depth: z.min(90.0) })
    }

    /// Hills that come out into the sea on one side.
    fn headland(&self, ray: Ray) -> Option<Seen> {
        let z = 160.0;
        let [x, y] = ray.wall(z);
        let along = x * self.land;
        let tops = self.tall
            * smoothstep(-6.0, 60.0, along)
            * (1.0 + 0.35 * clouds(x * 0.05 + self.sky.turn, 1.0, 4));
        (along > -6.0 && (DROP..tops).contains(&y)).then(|| {
            let clump = clouds(x * 0.13, y * 0.3 + self.sky.turn, 3);
            let green = times(scaled([0.20, 0.26, 0.12], 0.8 + 0.6 * clump), self.sky.sun());
            Seen { colour: self.sky.haze(green, 90.0, 0.5), depth: 90.0 }
        })
    }
}
