//! Outdoors on a bright day: a paved street between houses, or a path through a park.

use super::camera::Ray;
use super::{Camera, Light, Seen, blend, scaled, times};
use crate::backdrop::{Chance, at_pixel, clouds};
use crate::colour::{Rgb, linear_from_srgb};
use crate::geometry::{mix, smoothstep};

/// Houses in sRGB.
const HOUSES: [Rgb; 6] = [
    [0.80, 0.72, 0.62],
    [0.70, 0.52, 0.42],
    [0.83, 0.79, 0.72],
    [0.62, 0.60, 0.58],
    [0.78, 0.63, 0.50],
    [0.58, 0.62, 0.63],
];
const AWNINGS: [Rgb; 4] = [[0.62, 0.20, 0.17], [0.16, 0.33, 0.27], [0.20, 0.27, 0.42], [0.80, 0.58, 0.25]];

pub(super) struct Outdoors {
    street: bool,
    /// The sun's side.
    side: f32,
    /// How low and warm the sun stands, `0..=1`.
    warm: f32,
    /// Shifts every pattern.
    turn: f32,
    trees: Vec<Tree>,
}

struct Tree {
    x: f32,
    z: f32,
    tall: f32,
    wide: f32,
    tone: f32,
}

impl Outdoors {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let street = chance.bits().is_multiple_of(2);
        let tree = |chance: &mut Chance, i: usize| {
            let side = if i.is_multiple_of(2) { -1.0 } else { 1.0 };
            let z = 5.0 + 3.2 * (i / 2) as f32 + chance.within(-0.8, 0.8);
            let x = side * if street { chance.within(2.6, 3.0) } else { chance.within(2.4, 4.0) };
            Tree {
                x,
                z,
                tall: chance.within(4.5, 6.5),
                wide: chance.within(1.2, 1.9),
                tone: chance.within(0.75, 1.25),
            }
        };
        let mut trees: Vec<Tree> = (0..if street { 6 } else { 12 }).map(|i| tree(chance, i)).collect();
        trees.sort_by(|a, b| a.z.total_cmp(&b.z));
        Self {
            street,
            side: chance.pick(&[-1.0, 1.0]),
            warm: chance.within(0.0, 1.0),
            turn: chance.within(3.0, 60.0),
            trees,
        }
    }

    fn sun(&self) -> Rgb {
        blend([1.12, 1.04, 0.94], [1.32, 1.03, 0.74], self.warm)
    }

    pub(super) fn light(&self) -> Light {
        Light {
            colour: blend([1.0; 3], self.sun(), 0.5),
            wrap: 0.2,
            side: self.side,
            cast: [-0.5 * self.side, mix(0.5, 0.7, self.warm)],
            strength: 0.52,
            softness: 0.1,
        }
    }

    pub(super) fn see(&self, camera: &Camera, x: f32, y: f32) -> Seen {
        let ray = camera.ray(x, y);
        if let Some(seen) = self.tree(ray) {
            return seen;
        }
        if let Some(seen) = self.ground(ray) {
            return seen;
        }
        if self.street { self.houses(ray) } else { self.wood(ray) }
    }

    fn sky(&self, ray: Ray) -> Rgb {
        let up = (ray.slope[1] * 1.6 + 0.08).clamp(0.0, 1.0);
        let pale = blend([1.05, 1.08, 1.12], times([1.15, 1.02, 0.88], self.sun()), 0.5 * self.warm);
        let cloud = smoothstep(0.05, 0.5, clouds(ray.slope[0] * 4.0 + self.turn, ray.slope[1] * 9.0, 4));
        blend(blend(pale, [0.42, 0.62, 0.95], up), pale, 0.7 * cloud)
    }

    fn ground(&self, ray: Ray) -> Option<Seen> {
        let [x, z] = ray.level(0.0)?;
        if z > 60.0 {
            return None;
        }
        let colour = if self.street { self.paving(x, z) } else { self.path(x, z) };
        // Leaves between sun and ground.
        let open = smoothstep(-0.25, 0.3, clouds(x * 0.8 + self.turn, z * 0.45 - self.turn, 3));
        let dapple = if self.street { mix(0.8, 1.0, open) } else { mix(0.5, 1.0, open) };
        let haze = smoothstep(14.0, 60.0, z) * 0.25;
        Some(Seen {
            colour: blend(scaled(times(colour, self.sun()), dapple), [0.8, 0.84, 0.86], haze),
            depth: z,
        })
    }

    fn paving(&self, x: f32, z: f32) -> Rgb {
        let kerb = 2.35;
        if x.abs() > kerb && x.abs() < kerb + 0.14 {
            return [0.5, 0.49, 0.47];
        }
        let row = ((z + 40.0) / 0.5).floor();
        let shift = if row as i32 % 2 == 0 { 0.0 } else { 0.4 };
        let column = ((x + 40.0 + shift) / 0.8).floor();
        let tone = 0.9 + 0.18 * at_pixel(column as usize, row as usize);
        let near = |v: f32, size: f32| (v / size - (v / size).round()).abs() * size;
        let joint = near(z + 40.0, 0.5).min(near(x + 40.0 + shift, 0.8));
        let rough =
            1.0 + 0.07 * clouds(x * 34.0, z * 34.0, 3) + 0.08 * clouds(x * 1.6 + self.turn, z * 1.6, 3);
        scaled([0.43, 0.41, 0.385], tone * rough * mix(0.66, 1.0, smoothstep(0.002, 0.012, joint)))
    }

    fn path(&self, x: f32, z: f32) -> Rgb {
        let bend = 0.9 * ((z - 0.5) * 0.11 + self.turn).sin() - 0.9 * (self.turn - 0.055).sin();
        let edge = (x - bend).abs() - 1.55 + 0.12 * clouds(z * 1.7, self.turn, 3);
        let stones =
            1.0 + 0.22 * clouds(x * 52.0, z * 40.0, 3) + 0.1 * clouds(x * 2.3, z * 1.1 + self.turn, 3);
        let gravel = scaled([0.44, 0.385, 0.32], stones);
        let blades =
            0.85 + 0.4 * clouds(x * 26.0, z * 9.0, 3) + 0.22 * clouds(x * 1.3, z * 0.7 + self.turn, 2);
        let grass = scaled([0.155, 0.26, 0.06], blades.max(0.2));
        blend(gravel, grass, smoothstep(-0.06, 0.06, edge))
    }

    fn tree(&self, ray: Ray) -> Option<Seen> {
        for tree in &self.trees {
            let [x, y] = ray.wall(tree.z);
            let off = x - tree.x;
            let crown = tree.tall - tree.wide;
            let round = (off / tree.wide).powi(2) + ((y - crown) / (tree.wide * 1.15)).powi(2);
            let ragged = round + 0.55 * clouds(x * 1.9 + self.turn, y * 1.9 + tree.z, 4);
            if ragged < 1.0 && y > 1.9 {
                return Some(Seen { colour: self.leaf(x, y, tree.tone, off / tree.wide), depth: tree.z });
            }
            let half = 0.11 + 0.02 * clouds(y * 3.0, tree.z, 2);
            if off.abs() < half && (0.0..crown).contains(&y) {
                let lit = 0.7 + 0.6 * (off / half * self.side).clamp(-1.0, 1.0);
                return Some(Seen { colour: scaled([0.12, 0.095, 0.075], lit), depth: tree.z });
            }
        }
        None
    }

    /// Foliage with sunlit and shaded clumps, and gaps through which the sky sparkles.
    fn leaf(&self, x: f32, y: f32, tone: f32, off: f32) -> Rgb {
        let clump = clouds(x * 3.2 + self.turn, y * 3.2, 4);
        let lit = 0.55 + 0.35 * (off * self.side).clamp(-1.0, 1.0) + 0.75 * clump.max(-0.5);
        let sparkle = smoothstep(0.42, 0.6, clouds(x * 7.0, y * 7.0 + self.turn, 2));
        let green = blend([0.13, 0.25, 0.05], [0.30, 0.32, 0.06], 0.6 * self.warm * (0.5 + 0.5 * clump));
        blend(times(scaled(green, tone * lit.max(0.12)), self.sun()), [1.3, 1.3, 1.15], 0.55 * sparkle)
    }

    /// The far side of the park.
    fn wood(&self, ray: Ray) -> Seen {
        let z = 38.0;
        let [x, y] = ray.wall(z);
        let tops = 6.0 + 2.6 * clouds(x * 0.16 + self.turn, 2.0, 4);
        if y > tops {
            return Seen { colour: self.sky(ray), depth: 90.0 };
        }
        let clump = clouds(x * 0.8, y * 0.8 + self.turn, 4);
        let green = scaled([0.16, 0.28, 0.06], 0.65 + 0.9 * clump + 0.06 * y);
        let sparkle = smoothstep(0.45, 0.6, clouds(x * 2.1, y * 2.1, 2));
        let leaves = blend(times(green, self.sun()), [1.2, 1.2, 1.05], 0.5 * sparkle);
        Seen { colour: blend(leaves, [0.74, 0.84, 0.88], 0.12), depth: z }
    }

    /// Two rows of houses along the street, and what closes it at its end.
    fn houses(&self, ray: Ray) -> Seen {
        let front = 4.3 * ray.slope[0].signum();
        if let Some([z, y]) = ray.side(front)
            && z < 55.0
        {
            let house = ((z + 30.0 + self.turn) / 7.0).floor();
            let key = at_pixel((house + 10.0) as usize, usize::from(front > 0.0));
            let tall = 7.5 + 4.0 * key;
            if (0.0..tall).contains(&y) {
                let lit = if front * self.side > 0.0 { 0.5 } else { 0.95 };
                let colour = times(scaled(self.facade(z, y, key, tall), lit), self.sun());
                return Seen {
                    colour: blend(colour, [0.8, 0.84, 0.88], smoothstep(12.0, 70.0, z) * 0.28),
                    depth: z,
                };
            }
            if y < 0.0 {
                return Seen { colour: [0.3; 3], depth: z };
            }
        }
        let [x, y] = ray.wall(58.0);
        let tops = 6.0 + 2.5 * clouds(x * 0.3 + self.turn, 5.0, 3);
        if y < tops {
            let clump = clouds(x * 0.55, y * 0.55 + self.turn, 4);
            let green = times(scaled([0.17, 0.27, 0.08], 0.75 + 0.9 * clump + 0.05 * y), self.sun());
            return Seen { colour: blend(green, [0.76, 0.84, 0.9], 0.16), depth: 58.0 };
        }
        Seen { colour: self.sky(ray), depth: 90.0 }
    }

    fn facade(&self, z: f32, y: f32, key: f32, tall: f32) -> Rgb {
        let plaster = HOUSES[(key * 5.99) as usize].map(linear_from_srgb);
        let along = (z + 30.0 + self.turn) % 7.0;
        if y < 3.1 {
            let awning = AWNINGS[(key * 37.0) as usize % 4].map(linear_from_srgb);
            let stripe = if ((along * 2.2) as i32) % 2 == 0 { 1.0 } else { 1.9 };
            return if y > 2.55 {
                scaled(awning, stripe)
            } else if y < 0.5 || !(0.5..6.5).contains(&along) || (along % 2.0) < 0.16 {
                scaled(plaster, 0.55)
            } else {
                // Lamps and wares behind glass.
                let inside = clouds(along * 3.0, y * 3.0 + key * 40.0, 3);
                let lamp = smoothstep(0.35, 0.5, clouds(along * 2.1 + key * 9.0, y * 2.1, 2));
                blend(scaled([0.16, 0.14, 0.12], 1.0 + inside), [2.4, 1.7, 0.9], 0.7 * lamp)
            };
        }
        let (u, v) = ((along % 1.75) / 1.75, ((y - 3.1) % 2.9) / 2.9);
        let window = (0.28..0.74).contains(&u) && (0.18..0.78).contains(&v) && tall - y > 0.8;
        let frame = (0.23..0.79).contains(&u) && (0.13..0.83).contains(&v) && tall - y > 0.8;
        if window {
            let mirrored = 0.28 + 0.22 * clouds(along + key * 30.0, y * 0.7, 2);
            scaled([0.75, 0.9, 1.05], mirrored * if (u - 0.51).abs() < 0.02 { 2.0 } else { 1.0 })
        } else if frame {
            scaled([0.8, 0.78, 0.74], 0.9)
        } else {
            let cornice = if tall - y < 0.35 || (y - 3.1).abs() < 0.18 { 1.2 } else { 1.0 };
            scaled(plaster, cornice * (1.0 + 0.07 * clouds(z * 2.0, y * 2.0, 3)))
        }
    }
}
