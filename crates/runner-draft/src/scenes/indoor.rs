//! A living room: a wall with a window, curtains and a picture, a wooden floor with a rug, a sofa and a plant.

use super::camera::Ray;
use super::{Camera, Light, Seen, blend, scaled, times};
use crate::backdrop::{Chance, at_pixel, clouds};
use crate::colour::{Rgb, linear_from_srgb};
use crate::geometry::{mix, smoothstep};

/// The wall behind the person, the side walls and the ceiling, in metres.
const BACK: f32 = 2.5;
const SIDE: f32 = 3.1;
const CEILING: f32 = 2.75;

const WALLS: [Rgb; 5] =
    [[0.89, 0.86, 0.81], [0.80, 0.83, 0.77], [0.86, 0.80, 0.74], [0.79, 0.82, 0.85], [0.90, 0.85, 0.76]];
const FLOORS: [Rgb; 3] = [[0.66, 0.50, 0.36], [0.53, 0.38, 0.27], [0.74, 0.62, 0.48]];
const SOFAS: [Rgb; 4] = [[0.45, 0.50, 0.52], [0.66, 0.58, 0.50], [0.35, 0.43, 0.40], [0.70, 0.46, 0.34]];
const ACCENTS: [Rgb; 4] = [[0.83, 0.55, 0.32], [0.30, 0.45, 0.55], [0.80, 0.70, 0.42], [0.62, 0.36, 0.34]];

pub(super) struct Room {
    wall: Rgb,
    floor: Rgb,
    sofa: Rgb,
    accent: Rgb,
    /// The window's side: -1 left, 1 right. Sofa and plant stand on the other.
    side: f32,
    /// The window's nearer edge, metres from the middle.
    window: f32,
    /// Leaves of the plant: middle, half length, half width, lean, tone.
    leaves: Vec<[f32; 6]>,
    plant: f32,
    warm: f32,
}

impl Room {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let side = chance.pick(&[-1.0, 1.0]);
        let plant = side * chance.within(0.78, 0.98);
        let leaves = (0..26)
            .map(|i| {
                let turn = i as f32 * 2.4 + chance.within(-0.4, 0.4);
                let reach = chance.within(0.12, 0.42);
                let rise = chance.within(0.75, 1.55);
                let x = plant + turn.cos() * reach * (0.6 + 0.5 * (rise - 0.7));
                [
                    x,
                    rise,
                    chance.within(0.13, 0.2),
                    chance.within(0.04, 0.075),
                    turn.cos() * 1.1,
                    chance.within(0.6, 1.25),
                ]
            })
            .collect();
        Self {
            wall: chance.pick(&WALLS).map(linear_from_srgb),
            floor: chance.pick(&FLOORS).map(linear_from_srgb),
            sofa: chance.pick(&SOFAS).map(linear_from_srgb),
            accent: chance.pick(&ACCENTS).map(linear_from_srgb),
            side,
            window: chance.within(0.4, 0.6),
            leaves,
            plant,
            warm: chance.within(0.0, 1.0),
        }
    }

    /// Daylight through the window.
    fn daylight(&self) -> Rgb {
        blend([0.96, 1.0, 1.06], [1.12, 1.0, 0.84], self.warm)
    }

    pub(super) fn light(&self) -> Light {
        Light {
            key: blend([1.0; 3], self.daylight(), 0.9).map(|c| c * 1.24),
            fill: times(blend([1.0; 3], scaled(self.wall, 1.4), 0.3), [0.72, 0.69, 0.65]),
            wrap: 0.1,
            rim: 0.18,
            side: self.side,
            cast: [-0.5 * self.side, 0.5],
            strength: 0.42,
            softness: 0.28,
        }
    }

    pub(super) fn see(&self, camera: &Camera, x: f32, y: f32) -> Seen {
        let ray = camera.ray(x, y);
        if let Some(seen) = self.furniture(ray) {
            return seen;
        }
        let [wx, wy] = ray.wall(BACK);
        if wx.abs() < SIDE && (0.0..CEILING).contains(&wy) {
            return Seen { colour: self.back_wall(wx, wy), depth: BACK };
        }
        if let Some([z, height]) = ray.side(SIDE * wx.signum())
            && z < BACK
            && (0.0..CEILING).contains(&height)
        {
            let lit = if wx * self.side > 0.0 { 0.5 } else { 0.86 };
            let corner = smoothstep(0.0, 0.8, BACK - z);
            return Seen { colour: scaled(self.wall, lit * mix(0.8, 1.0, corner)), depth: z };
        }
        match ray.level(0.0) {
            Some([fx, z]) => Seen { colour: self.ground(ray, fx, z), depth: z },
            None => Seen {
                colour: scaled([0.9, 0.89, 0.87], 0.72),
                depth: ray.level(CEILING).map_or(BACK, |at| at[1]),
            },
        }
    }

    /// How bright the back wall is.
    fn wash(&self, x: f32, y: f32) -> f32 {
        let away = (x * self.side - self.window - 0.6) / 2.6;
        let fall = (-away * away).exp();
        let corners = smoothstep(0.0, 0.5, SIDE - x.abs())
            * smoothstep(0.0, 0.25, CEILING - y)
            * smoothstep(-0.3, 0.35, y);
        (0.42 + 0.36 * fall) * mix(0.8, 1.0, corners)
    }

    fn back_wall(&self, x: f32, y: f32) -> Rgb {
        let across = x * self.side;
        let (from, to) = (self.window, self.window + 1.15);
        if (from..to).contains(&across) && (0.75..2.35).contains(&y) {
            return self.pane((across - from) / (to - from), (y - 0.75) / 1.6);
        }
        let lit = self.wash(x, y);
        let rim = (from - 0.07..to + 0.07).contains(&across) && (0.66..2.42).contains(&y);
        if rim {
            return scaled([0.93, 0.92, 0.9], lit * 1.15);
        }
        let curtain = [(from - 0.52, from - 0.02), (to + 0.02, to + 0.52)]
            .into_iter()
            .find(|(a, b)| (*a..*b).contains(&across) && (0.04..2.55).contains(&y));
        if let Some((a, b)) = curtain {
            let t = (across - a) / (b - a);
            let folds = 0.72 + 0.2 * (t * 31.0 + (y * 1.3).sin() * 0.4).sin() + 0.1 * (t * 13.0).sin();
            let through = 0.25 + 0.5 * smoothstep(0.55, 0.0, (across - f32::midpoint(from, to)).abs() - 0.5);
            return scaled(times([0.93, 0.9, 0.84], self.daylight()), folds * (lit + through * 0.45));
        }
        if y < 0.11 {
            return scaled([0.9, 0.89, 0.87], lit * if y > 0.1 { 1.2 } else { 0.95 });
        }
        if let Some(colour) = self.picture(-across, y) {
            return scaled(colour, lit * 1.25);
        }
        scaled(self.wall, lit * (1.0 + 0.015 * clouds(x * 5.0, y * 5.0, 2)))
    }

    /// What is seen through the window: sky over trees, brighter than anything inside.
    fn pane(&self, u: f32, v: f32) -> Rgb {
        let bar = (u - 0.5).abs() < 0.022
            || (v - 0.62).abs() < 0.016
            || !(0.03..0.97).contains(&u)
            || !(0.02..0.98).contains(&v);
        if bar {
            return [0.62, 0.61, 0.6];
        }
        let trees = 0.42 + 0.16 * clouds(u * 3.0 + self.window * 9.0, 1.0, 3);
        let leaves = 0.7 + 0.5 * clouds(u * 9.0, v * 9.0, 3);
        let green = scaled([0.42, 0.62, 0.28], leaves);
        let sky = blend([1.5, 1.6, 1.7], [1.25, 1.45, 1.75], v);
        scaled(times(blend(green, sky, smoothstep(trees - 0.07, trees + 0.07, v)), self.daylight()), 1.15)
    }

    /// A framed print on the other side of the wall.
    fn picture(&self, across: f32, y: f32) -> Option<Rgb> {
        let (u, v) = ((across - 0.52) / 0.62, (y - 1.32) / 0.82);
        if !(0.0..1.0).contains(&u) || !(0.0..1.0).contains(&v) {
            return None;
        }
        let edge = u.min(1.0 - u).min((v.min(1.0 - v)) * 1.3);
        Some(if edge < 0.035 {
            [0.09, 0.07, 0.06]
        } else if edge < 0.17 {
            [0.82, 0.8, 0.76]
        } else if (u - 0.42).hypot((v - 0.62) * 1.3) < 0.17 {
            self.accent
        } else if v < 0.42 + 0.07 * (u * 7.0).sin() {
            blend(self.sofa, [0.3, 0.32, 0.3], 0.4)
        } else {
            [0.72, 0.66, 0.56]
        })
    }

    fn ground(&self, ray: Ray, x: f32, z: f32) -> Rgb {
        // Planks run away from the camera, with joints at different places.
        let row = (x / 0.15).floor();
        let start = at_pixel((row + 500.0) as usize, 7) * 1.6;
        let plank = ((z + 20.0 + start) / 1.6).floor();
        let tone = 0.86 + 0.28 * at_pixel((row + 500.0) as usize, (plank + 50.0) as usize);
        let grain = 1.0 + 0.13 * clouds(x * 46.0 + tone * 31.0, z * 2.6, 3);
        let gap = |value: f32, size: f32, width: f32| {
            let off = (value / size - (value / size).round()).abs() * size;
            smoothstep(0.0, width, off)
        };
        let joints = mix(0.62, 1.0, gap(x, 0.15, 0.004)) * mix(0.7, 1.0, gap(z + 20.0 + start, 1.6, 0.004));
        let wood = scaled(self.floor, tone * grain * joints);
        let fall = (-((x * self.side - self.window - 0.2) / 2.2).powi(2)).exp();
        let lit = (0.46 + 0.42 * fall) * mix(0.6, 1.0, smoothstep(0.0, 0.7, BACK - z));
        // Varnish shows the wall behind, more so at a glance.
        let glance = (1.0 + ray.slope[1] * 2.2).clamp(0.05, 1.0);
        let [mx, my] = [ray.slope[0] * (BACK - z) + x, -ray.slope[1] * (BACK - z)];
        let mirrored = if my < CEILING {
            self.back_wall(mx + 0.02 * clouds(x * 20.0, z * 4.0, 2), my)
        } else {
            [0.5; 3]
        };
        let mut colour = blend(scaled(wood, lit), mirrored, 0.16 * glance * glance);
        let (u, v) = ((x + 0.25 * self.side) / 1.7, (z - 0.72) / 1.15);
        if u.abs() < 1.0 && v.abs() < 1.0 {
            let border = u.abs() > 0.93 || v.abs() > 0.9;
            let weave = 0.9 + 0.1 * clouds(x * 60.0, z * 60.0, 2);
            let rug = if border { self.accent } else { blend(self.sofa, [0.75, 0.72, 0.66], 0.72) };
            colour = scaled(rug, lit * weave);
        }
        colour
    }

    /// Things that stand before the back wall.
    fn furniture(&self, ray: Ray) -> Option<Seen> {
        let depth = BACK - 0.55;
        let [x, y] = ray.wall(depth);
        let fall = mix(0.55, 0.95, smoothstep(2.4, -1.2, (x - self.side * 1.2).abs() - 1.0));
        if let Some(colour) = self.foliage(x, y, fall) {
            return Some(Seen { colour, depth });
        }
        let along = -x * self.side;
        let (from, to) = (0.28, 2.9);
        if !(from..to).contains(&along) {
            return None;
        }
        let arm = along < from + 0.2;
        let top = if arm { 0.6 } else { 0.82 - 0.02 * ((along - from) * 7.0).cos().powi(2) };
        if !(0.09..top).contains(&y) {
            return None;
        }
        let (cu, cv) = ((along - 0.86) / 0.27, (y - 0.62) / 0.21);
        let plump = cu.powi(4) + cv.powi(4);
        let cushion = plump < 1.0;
        let seams = ((along - 0.48) / 0.8 - ((along - 0.48) / 0.8).round()).abs() * 0.8;
        let seat = if y < 0.44 { 0.78 + 0.35 * smoothstep(0.40, 0.44, y) } else { 0.94 };
        let shade =
            seat * mix(0.75, 1.0, smoothstep(0.0, 0.04, seams)) * mix(0.55, 1.0, smoothstep(0.05, 0.3, y));
        let round = if arm { 1.0 - 2.2 * (along - from - 0.08).abs() } else { 1.0 };
        let colour = if cushion { self.accent } else { self.sofa };
        let shade = if cushion { 1.02 - 0.35 * plump + 0.1 * cv } else { shade * round };
        let weave = 1.0 + 0.08 * clouds(x * 30.0, y * 30.0, 2);
        Some(Seen { colour: scaled(colour, fall * shade * weave * 0.95), depth })
    }

    fn foliage(&self, x: f32, y: f32, lit: f32) -> Option<Rgb> {
        if (x - self.plant).abs() > 1.0 || y > 2.0 {
            return None;
        }
        for [lx, ly, long, wide, lean, tone] in self.leaves.iter().rev() {
            let (dx, dy) = (x - lx, y - ly);
            if dx.abs().max(dy.abs()) > *long {
                continue;
            }
            let (sin, cos) = lean.sin_cos();
            let (u, v) = (dx * cos - dy * sin, dx * sin + dy * cos);
            let inside = (u / wide).powi(2) + (v / long).powi(2);
            if inside < 1.0 {
                let side = if u * self.side > 0.0 { 1.25 } else { 0.8 };
                let vein = mix(1.3, 1.0, smoothstep(0.0, 0.12, (u / wide).abs()));
                return Some(scaled([0.07, 0.17, 0.05], tone * side * vein * lit * 1.35));
            }
        }
        let stem = (x - self.plant).abs() < 0.018 && (0.45..1.2).contains(&y);
        if stem {
            return Some(scaled([0.09, 0.07, 0.04], lit));
        }
        let half = mix(0.15, 0.2, ((y - 0.02) / 0.45).clamp(0.0, 1.0));
        let off = (x - self.plant) / half;
        ((0.0..0.47).contains(&y) && off.abs() < 1.0).then(|| {
            let round = (1.0 - off * off).sqrt() * 0.6 + 0.35 + 0.15 * off * self.side;
            scaled(blend([0.72, 0.68, 0.62], self.accent, 0.25), round * lit)
        })
    }
}
