//! A gravel path between trees.

use super::super::camera::Ray;
use super::super::{Seen, blend, scaled, times};
use super::{Sky, Tree};
use crate::backdrop::{Chance, clouds};
use crate::colour::Rgb;
use crate::geometry::{mix, smoothstep};

pub(super) struct Park {
    sky: Sky,
    trees: Vec<Tree>,
    /// How far the path swings, metres, and how wide it is from the middle to its edge.
    swing: f32,
    half: f32,
    gravel: Rgb,
}

impl Park {
    pub(super) fn new(sky: Sky, chance: &mut Chance) -> Self {
        Self {
            sky,
            trees: Tree::rows(12, [2.4, 4.0], chance),
            swing: chance.within(-1.1, 1.1),
            half: chance.within(1.3, 1.9),
            gravel: chance.pick(&[[0.44, 0.385, 0.32], [0.40, 0.37, 0.34], [0.50, 0.40, 0.29]]),
        }
    }

    pub(super) fn see(&self, ray: Ray) -> Seen {
        let tree = self.trees.iter().find_map(|tree| tree.see(self.sky, ray));
        let seen = tree.or_else(|| self.ground(ray));
        seen.unwrap_or_else(|| self.sky.wood(ray, 38.0, 6.0))
    }

    fn ground(&self, ray: Ray) -> Option<Seen> {
        let [x, z] = ray.level(0.0).filter(|at| at[1] < 60.0)?;
        // Leaves between sun and ground.
        let turn = self.sky.turn;
        let open = smoothstep(-0.25, 0.3, clouds(x * 0.8 + turn, z * 0.45 - turn, 3));
        let colour = scaled(times(self.path(x, z), self.sky.sun()), mix(0.5, 1.0, open));
        Some(Seen { colour: self.sky.haze(colour, z, 0.25), depth: z })
    }

    fn path(&self, x: f32, z: f32) -> Rgb {
        let turn = self.sky.turn;
        let bend = self.swing * (((z - 0.5) * 0.11 + turn).sin() - (turn - 0.055).sin());
        let edge = (x - bend).abs() - self.half + 0.12 * clouds(z * 1.7, turn, 3);
        let stones = 1.0 + 0.22 * clouds(x * 52.0, z * 40.0, 3) + 0.1 * clouds(x * 2.3, z * 1.1 + turn, 3);
        if edge < -0.06 {
            return scaled(self.gravel, stones);
        }
        let blades = 0.85 + 0.4 * clouds(x * 26.0, z * 9.0, 3) + 0.22 * clouds(x * 1.3, z * 0.7 + turn, 2);
        let grass = scaled([0.155, 0.26, 0.06], blades.max(0.2));
        blend(scaled(self.gravel, stones), grass, smoothstep(-0.06, 0.06, edge))
    }
}
