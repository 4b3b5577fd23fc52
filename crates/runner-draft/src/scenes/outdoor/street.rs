//! A street: paving between kerbs, two rows of houses with shops, and what closes it at its end.

use super::super::camera::Ray;
use super::super::{Seen, blend, scaled, times};
use super::{Sky, Tree};
use crate::backdrop::{Chance, at_pixel, clouds};
use crate::colour::{Rgb, linear_from_srgb};
use crate::geometry::{mix, smoothstep};

/// House fronts in sRGB: a northern, a southern, a brick-built and a white town.
const TOWNS: [[Rgb; 4]; 4] = [
    [[0.80, 0.72, 0.62], [0.62, 0.60, 0.58], [0.58, 0.62, 0.63], [0.83, 0.79, 0.72]],
    [[0.86, 0.64, 0.44], [0.88, 0.76, 0.54], [0.80, 0.52, 0.42], [0.90, 0.82, 0.70]],
    [[0.58, 0.34, 0.27], [0.66, 0.44, 0.35], [0.50, 0.32, 0.28], [0.72, 0.62, 0.54]],
    [[0.93, 0.91, 0.87], [0.88, 0.88, 0.87], [0.90, 0.86, 0.78], [0.80, 0.86, 0.90]],
];
const AWNINGS: [Rgb; 5] =
    [[0.62, 0.20, 0.17], [0.16, 0.33, 0.27], [0.20, 0.27, 0.42], [0.80, 0.58, 0.25], [0.85, 0.82, 0.76]];

#[derive(Clone, Copy)]
enum Paving {
    Slabs,
    Setts,
    Asphalt,
}

pub(super) struct Street {
    sky: Sky,
    trees: Vec<Tree>,
    town: [Rgb; 4],
    paving: Paving,
    /// Metres from the middle to the house fronts.
    front: f32,
    /// Of a house front, and of a storey.
    plot: f32,
    storey: f32,
    /// Whether houses close the street, else trees do.
    closed: bool,
    /// Sets one street's houses apart from another's.
    key: usize,
}

impl Street {
    pub(super) fn new(sky: Sky, chance: &mut Chance) -> Self {
        let front = chance.within(3.4, 5.2);
        let planted = chance.pick(&[0, 0, 4, 6]);
        Self {
            sky,
            trees: Tree::rows(planted, [front - 1.5, front - 1.1], chance),
            town: chance.pick(&TOWNS).map(|house| house.map(linear_from_srgb)),
            paving: chance.pick(&[Paving::Slabs, Paving::Setts, Paving::Asphalt]),
            front,
            plot: chance.within(5.5, 8.5),
            storey: chance.within(2.7, 3.2),
            closed: chance.pick(&[true, false]),
            key: (chance.bits() % 4096) as usize,
        }
    }

    pub(super) fn see(&self, ray: Ray) -> Seen {
        let tree = self.trees.iter().find_map(|tree| tree.see(self.sky, ray));
        let seen = tree.or_else(|| self.ground(ray)).or_else(|| self.row(ray));
        seen.unwrap_or_else(|| self.end(ray))
    }

    fn ground(&self, ray: Ray) -> Option<Seen> {
        let [x, z] = ray.level(0.0).filter(|at| at[1] < 60.0)?;
        let turn = self.sky.turn;
        // One side lies in the shade of its houses, up to a line that their roofs draw.
        let roofs = 0.5 * clouds(z * 0.35 + turn, 7.0, 2);
        let edge = self.front - 2.1 + roofs;
        let shade = smoothstep(edge + 0.12, edge - 0.12, x * self.sky.side);
        let open = smoothstep(-0.25, 0.3, clouds(x * 0.8 + turn, z * 0.45 - turn, 3));
        let lit = mix(0.42, mix(0.85, 1.0, open), shade);
        let colour = scaled(times(self.paved(x, z), self.sky.sun()), lit);
        Some(Seen { colour: self.sky.haze(colour, z, 0.25), depth: z })
    }

    fn paved(&self, x: f32, z: f32) -> Rgb {
        let kerb = self.front - 1.9;
        let near = |v: f32| (v - v.round()).abs();
        let rough =
            1.0 + 0.07 * clouds(x * 34.0, z * 34.0, 3) + 0.08 * clouds(x * 1.6 + self.sky.turn, z * 1.6, 3);
        if (kerb..kerb + 0.14).contains(&x.abs()) {
            return [0.5, 0.49, 0.47];
        }
        // Pavements are always slabs.
        let paving = if x.abs() > kerb { Paving::Slabs } else { self.paving };
        let stones = |long: f32, wide: f32, tone: f32, gap: f32| {
            let row = ((z + 40.0) / long).floor();
            let shift = if row as i32 % 2 == 0 { 0.0 } else { 0.5 };
            let (u, v) = ((x + 40.0) / wide + shift, (z + 40.0) / long);
            let each = 1.0 - tone + 2.0 * tone * at_pixel(u as usize, row as usize);
            each * mix(0.66, 1.0, smoothstep(0.15 * gap, gap, (near(u) * wide).min(near(v) * long)))
        };
        match paving {
            Paving::Slabs => scaled([0.43, 0.41, 0.385], rough * stones(0.5, 0.8, 0.09, 0.012)),
            Paving::Setts => scaled([0.36, 0.34, 0.325], rough * stones(0.11, 0.17, 0.2, 0.02)),
            Paving::Asphalt => {
                scaled([0.20, 0.20, 0.21], rough * (1.0 + 0.12 * clouds(x * 70.0, z * 70.0, 2)))
            }
        }
    }

    /// The houses on the side that a ray goes to.
    fn row(&self, ray: Ray) -> Option<Seen> {
        let front = self.front * ray.slope[0].signum();
        let [z, y] = ray.side(front).filter(|at| at[0] < 55.0)?;
        let along = z + 30.0 + self.sky.turn;
        let house = (along / self.plot).floor();
        let key = at_pixel(house as usize + self.key, usize::from(front > 0.0) + self.key);
        let tall = self.storey * (2.4 + (key * 2.99).floor()) + 0.6;
        if !(0.0..tall).contains(&y) {
            return (y < 0.0).then_some(Seen { colour: [0.3; 3], depth: z });
        }
        let lit = if front * self.sky.side > 0.0 { 0.5 } else { 0.95 };
        let along = along - house * self.plot;
        let colour = times(scaled(self.facade([along, y], key, tall), lit), self.sky.sun());
        Some(Seen { colour: self.sky.haze(colour, z, 0.28), depth: z })
    }

    /// The end of the street.
    fn end(&self, ray: Ray) -> Seen {
        let [x, y] = ray.wall(56.0);
        let key = at_pixel(((x + 90.0) / 9.0) as usize + self.key, 5);
        let tall = 8.0 + 5.0 * key;
        if self.closed && (0.0..tall).contains(&y) {
            let colour = self.facade([(x + 90.0) % 9.0 * self.plot / 9.0, y], key, tall);
            return Seen {
                colour: self.sky.haze(times(scaled(colour, 0.8), self.sky.sun()), 56.0, 0.45),
                depth: 56.0,
            };
        }
        self.sky.wood(ray, 58.0, 6.0)
    }

    /// A house front at a place of it: metres along and up.
    fn facade(&self, [along, y]: [f32; 2], key: f32, tall: f32) -> Rgb {
        let wall = self.town[(key * 3.99) as usize];
        let brick = 1.0 + 0.07 * clouds(along * 2.0 + 40.0 * key, y * 3.0, 3);
        let left = tall - y;
        if y < 3.1 {
            return self.shop([along, y], key, wall);
        }
        if left < 0.55 {
            // Eaves and gutter.
            return scaled(wall, if left < 0.16 { 0.35 } else { 1.15 });
        }
        let bays = (self.plot / 1.75).floor();
        let (u, v) = ((along / self.plot * bays) % 1.0, ((y - 3.1) % self.storey) / self.storey);
        let (across, up) = ((u - 0.5).abs(), (v - 0.48).abs());
        if across < 0.23 && up < 0.3 {
            let mirrored = 0.28 + 0.22 * clouds(along + key * 30.0, y * 0.7, 2);
            let bar = if across < 0.02 { 2.0 } else { 1.0 };
            return scaled([0.75, 0.9, 1.05], mirrored * bar);
        }
        // Shutters on some houses, stone frames on the others.
        if key > 0.55 && (0.25..0.36).contains(&across) && up < 0.31 {
            return scaled(AWNINGS[(key * 53.0) as usize % 4].map(linear_from_srgb), 0.8);
        }
        if across < 0.28 && up < 0.35 {
            return scaled([0.8, 0.78, 0.74], 0.9);
        }
        scaled(wall, brick * if (y - 3.1).abs() < 0.18 { 1.2 } else { 1.0 })
    }

    /// The ground floor: a shop window under an awning, or a door.
    fn shop(&self, [along, y]: [f32; 2], key: f32, wall: Rgb) -> Rgb {
        let sheltered = key * 7.0 % 1.0 > 0.35;
        let awning = AWNINGS[(key * 37.0) as usize % AWNINGS.len()].map(linear_from_srgb);
        if y > 2.55 {
            let stripe = if sheltered && ((along * 2.2) as i32) % 2 == 0 { 1.0 } else { 1.6 };
            return if sheltered { scaled(awning, stripe) } else { scaled(wall, 0.9) };
        }
        let inside = (0.5..self.plot - 0.5).contains(&along);
        if y < 0.5 || !inside || (along % 2.0) < 0.16 {
            return scaled(wall, 0.55);
        }
        // Lamps and wares behind glass.
        let wares = clouds(along * 3.0, y * 3.0 + key * 40.0, 3);
        let lamp = smoothstep(0.35, 0.5, clouds(along * 2.1 + key * 9.0, y * 2.1, 2));
        blend(scaled([0.16, 0.14, 0.12], 1.0 + wares), [2.4, 1.7, 0.9], 0.5 * lamp)
    }
}
