//! Outdoors on a bright day: a path through a park, a street in a town, or a promenade by the sea.
//!
//! Decided here: one sun and one sky for all of them, so that light and shadow on the person are the same everywhere.

mod park;
mod shore;
mod street;

use self::park::Park;
use self::shore::Shore;
use self::street::Street;
use super::camera::Ray;
use super::{Camera, Light, Seen, blend, scaled, times};
use crate::backdrop::{Chance, clouds};
use crate::colour::Rgb;
use crate::geometry::{mix, smoothstep};

/// The sun and the sky that it lights.
#[derive(Debug, Clone, Copy)]
struct Sky {
    /// The sun's side: -1 left, 1 right.
    side: f32,
    /// How low and warm the sun stands, `0..=1`.
    warm: f32,
    /// Shifts every pattern.
    turn: f32,
}

enum Place {
    Park(Park),
    Street(Street),
    Shore(Shore),
}

pub(super) struct Outdoors {
    sky: Sky,
    place: Place,
}

impl Outdoors {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let kind = chance.bits() % 5;
        let sky = Sky {
            side: chance.pick(&[-1.0, 1.0]),
            warm: chance.within(0.0, 1.0),
            turn: chance.within(3.0, 60.0),
        };
        let place = match kind {
            0 | 1 => Place::Street(Street::new(sky, chance)),
            2 | 3 => Place::Park(Park::new(sky, chance)),
            _ => Place::Shore(Shore::new(sky, chance)),
        };
        Self { sky, place }
    }

    pub(super) fn light(&self) -> Light {
        let warm = self.sky.warm;
        Light {
            key: times(blend([1.0; 3], self.sky.sun(), 0.65), [1.26; 3]),
            fill: blend([0.70, 0.75, 0.84], [0.62, 0.70, 0.86], warm),
            wrap: 0.1,
            rim: 0.3,
            side: self.sky.side,
            cast: [-0.5 * self.sky.side, mix(0.5, 0.7, warm)],
            strength: 0.52,
            softness: 0.1,
        }
    }

    pub(super) fn see(&self, camera: &Camera, x: f32, y: f32) -> Seen {
        let ray = camera.ray(x, y);
        match &self.place {
            Place::Park(park) => park.see(ray),
            Place::Street(street) => street.see(ray),
            Place::Shore(shore) => shore.see(ray),
        }
    }
}

impl Sky {
    fn sun(self) -> Rgb {
        blend([1.12, 1.04, 0.94], [1.32, 1.03, 0.74], self.warm)
    }

    /// What is seen where nothing stands.
    fn above(self, ray: Ray) -> Seen {
        let up = (ray.slope[1] * 2.6 + 0.05).clamp(0.0, 1.0);
        let pale = blend([0.82, 0.89, 0.97], times([0.92, 0.84, 0.74], self.sun()), 0.6 * self.warm);
        let cloud = smoothstep(0.05, 0.5, clouds(ray.slope[0] * 4.0 + self.turn, ray.slope[1] * 9.0, 4));
        let blue = blend([0.22, 0.44, 0.84], [0.34, 0.50, 0.80], self.warm);
        Seen { colour: blend(blend(pale, blue, up), pale, 0.7 * cloud), depth: 90.0 }
    }

    /// Air between here and something `z` metres behind the person.
    fn haze(self, colour: Rgb, z: f32, most: f32) -> Rgb {
        let air = blend([0.76, 0.83, 0.90], [0.95, 0.86, 0.74], 0.6 * self.warm);
        blend(colour, air, smoothstep(12.0, 70.0, z) * most)
    }

    /// A distant wood up to the height `tops`, or the sky over it.
    fn wood(self, ray: Ray, z: f32, tops: f32) -> Seen {
        let [x, y] = ray.wall(z);
        if y > tops + 2.6 * clouds(x * 0.16 + self.turn, 2.0, 4) {
            return self.above(ray);
        }
        let clump = clouds(x * 0.8, y * 0.8 + self.turn, 4);
        let green = scaled([0.16, 0.28, 0.06], 0.65 + 0.9 * clump + 0.06 * y);
        let sparkle = smoothstep(0.45, 0.6, clouds(x * 2.1, y * 2.1, 2));
        let leaves = blend(times(green, self.sun()), [1.2, 1.2, 1.05], 0.5 * sparkle);
        Seen { colour: self.haze(leaves, z, 0.2), depth: z }
    }
}

/// A tree beside the way.
struct Tree {
    x: f32,
    z: f32,
    tall: f32,
    wide: f32,
    tone: f32,
}

impl Tree {
    /// A row on each side, alternately, from near to far; `beside` metres from the middle.
    fn rows(count: usize, beside: [f32; 2], chance: &mut Chance) -> Vec<Self> {
        let mut trees: Vec<Self> = (0..count)
            .map(|i| Self {
                z: 5.0 + 3.2 * (i / 2) as f32 + chance.within(-0.8, 0.8),
                x: if i.is_multiple_of(2) { -1.0 } else { 1.0 } * chance.within(beside[0], beside[1]),
                tall: chance.within(4.5, 6.5),
                wide: chance.within(1.2, 1.9),
                tone: chance.within(0.75, 1.25),
            })
            .collect();
        trees.sort_by(|a, b| a.z.total_cmp(&b.z));
        trees
    }

    /// This tree, where a ray meets it.
    fn see(&self, sky: Sky, ray: Ray) -> Option<Seen> {
        let [x, y] = ray.wall(self.z);
        let off = x - self.x;
        let crown = self.tall - self.wide;
        let round = (off / self.wide).powi(2) + ((y - crown) / (self.wide * 1.15)).powi(2);
        if y > 1.9 && round < 1.6 && round + 0.55 * clouds(x * 1.9 + sky.turn, y * 1.9 + self.z, 4) < 1.0 {
            return Some(Seen { colour: self.leaf(sky, x, y, off / self.wide), depth: self.z });
        }
        if off.abs() > 0.2 || !(0.0..crown).contains(&y) {
            return None;
        }
        let half = 0.11 + 0.02 * clouds(y * 3.0, self.z, 2);
        (off.abs() < half).then(|| {
            let lit = 0.7 + 0.6 * (off / half * sky.side).clamp(-1.0, 1.0);
            Seen { colour: scaled([0.12, 0.095, 0.075], lit), depth: self.z }
        })
    }

    /// Foliage with sunlit and shaded clumps, and gaps through which the sky sparkles.
    fn leaf(&self, sky: Sky, x: f32, y: f32, off: f32) -> Rgb {
        let clump = clouds(x * 3.2 + sky.turn, y * 3.2, 4);
        let lit = 0.55 + 0.35 * (off * sky.side).clamp(-1.0, 1.0) + 0.75 * clump.max(-0.5);
        let sparkle = smoothstep(0.42, 0.6, clouds(x * 7.0, y * 7.0 + sky.turn, 2));
        let green = blend([0.13, 0.25, 0.05], [0.30, 0.32, 0.06], 0.6 * sky.warm * (0.5 + 0.5 * clump));
        blend(times(scaled(green, self.tone * lit.max(0.12)), sky.sun()), [1.3, 1.3, 1.15], 0.55 * sparkle)
    }
}
