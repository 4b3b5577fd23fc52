//! An office out of focus: window with blinds, shelves, desk, screen, plant, lamps.
//!
//! Decided here: the room is a box seen in one-point perspective from the height of the person's eyes; things are flat
//! shapes in it, drawn far to near. The lens then turns it into discs of light, as a portrait lens wide open would.

use super::{Backdrop, Chance, clouds, coarse, lens::defocus};
use crate::colour::Rgb;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

/// Where the camera looks: pixels of the coarse grid per metre at the back wall, and where its axis meets it.
struct Room {
    light: Grid<Rgb>,
    axis: Vec2,
    /// Pixels a metre at a distance of one metre.
    focal: f32,
}

/// Metres: to the right of the axis, above the eyes, and away from the camera.
type Point = [f32; 3];

impl Room {
    fn project(&self, [x, y, z]: Point) -> Vec2 {
        self.axis + vec2(x, -y) * (self.focal / z.max(0.3))
    }

    /// Paints a convex quadrilateral; `paint` gets coordinates `0..=1` along its first and last edge.
    fn quad(&mut self, corners: [Point; 4], paint: impl Fn(f32, f32) -> Option<Rgb> + Sync) {
        let [a, b, c, d] = corners.map(|corner| self.project(corner));
        let low = |f: fn(Vec2) -> f32| [a, b, c, d].map(f).into_iter().fold(f32::MAX, f32::min);
        let high = |f: fn(Vec2) -> f32| [a, b, c, d].map(f).into_iter().fold(f32::MIN, f32::max);
        let from = |v: f32| v.max(0.0) as usize;
        let (x0, x1) = (from(low(|p| p.x)), from(high(|p| p.x) + 1.0).min(self.light.width));
        let (y0, y1) = (from(low(|p| p.y)), from(high(|p| p.y) + 1.0).min(self.light.height));
        for y in y0..y1 {
            for x in x0..x1 {
                let p = vec2(x as f32 + 0.5, y as f32 + 0.5);
                if let Some((u, v)) = inverse_bilinear(p, [a, b, c, d])
                    && let Some(colour) = paint(u, v)
                {
                    self.light.set(x, y, colour);
                }
            }
        }
    }

    /// An upright rectangle facing the camera at distance `z`.
    fn panel(
        &mut self,
        [x0, x1]: [f32; 2],
        [y0, y1]: [f32; 2],
        z: f32,
        paint: impl Fn(f32, f32) -> Option<Rgb> + Sync,
    ) {
        self.quad([[x0, y1, z], [x1, y1, z], [x1, y0, z], [x0, y0, z]], paint);
    }

    /// A disc of light facing the camera.
    fn glow(&mut self, at: Point, radius: f32, colour: Rgb) {
        let centre = self.project(at);
        let reach = radius * self.focal / at[2];
        let from = |v: f32| v.max(0.0) as usize;
        for y in from(centre.y - reach)..from(centre.y + reach + 1.0).min(self.light.height) {
            for x in from(centre.x - reach)..from(centre.x + reach + 1.0).min(self.light.width) {
                let off = (vec2(x as f32, y as f32) - centre).length() / reach.max(0.5);
                if off < 1.0 {
                    self.light.set(x, y, colour);
                }
            }
        }
    }
}

/// Where in a quadrilateral a point lies (Quilez); none outside.
fn inverse_bilinear(p: Vec2, [a, b, c, d]: [Vec2; 4]) -> Option<(f32, f32)> {
    let cross = |m: Vec2, n: Vec2| m.x * n.y - m.y * n.x;
    let (e, f, g, h) = (b - a, d - a, a - b + c - d, p - a);
    let k2 = cross(g, f);
    let k1 = cross(e, f) + cross(h, g);
    let k0 = cross(h, e);
    let v = if k2.abs() < 1e-3 {
        -k0 / k1
    } else {
        let under = k1 * k1 - 4.0 * k0 * k2;
        if under < 0.0 {
            return None;
        }
        let root = under.sqrt();
        let near = (-k1 - root) / (2.0 * k2);
        if (0.0..=1.0).contains(&near) { near } else { (-k1 + root) / (2.0 * k2) }
    };
    let (dx, dy) = (e.x + g.x * v, e.y + g.y * v);
    let u = if dx.abs() > dy.abs() { (h.x - f.x * v) / dx } else { (h.y - f.y * v) / dy };
    ((0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v)).then_some((u, v))
}

/// The office behind a head of `unit` pixels at `head`.
pub(crate) fn office(size: [usize; 2], head: Vec2, unit: f32, seed: u64) -> Backdrop {
    let mut chance = Chance::new(seed ^ 0x000F_F1CE);
    let [width, height] = coarse(size);
    let scale = width as f32 / size[0] as f32;
    // A head is 0.23 m; the person stands 1.6 m away.
    let focal = unit * scale / 0.23 * 1.6;
    let mirror = chance.within(0.0, 1.0) < 0.5;
    // The window is on the left; where it is to be on the right, the whole room is turned over in the end.
    let middle = if mirror { width as f32 - head.x * scale } else { head.x * scale };
    let axis = vec2(middle + chance.within(-0.35, 0.1) * unit * scale, head.y * scale);
    let mut room = Room { light: Grid::new(width, height, [0.2; 3]), axis, focal };
    walls(&mut room);
    windows(&mut room, &mut chance);
    shelves(&mut room, &mut chance);
    furniture(&mut room, &mut chance);
    lamps(&mut room, &mut chance);
    let mut light = room.light;
    if mirror {
        light.data.chunks_exact_mut(width).for_each(<[Rgb]>::reverse);
    }
    let blurred = defocus(&light, unit * scale * 0.062);
    let blurred = defocus(&blurred, unit * scale * 0.022);
    // Lamps stay bright, but nothing is whiter than paper.
    let light = blurred.map(|rgb| rgb.map(|c| 1.05 * (1.0 - (-c * 1.1).exp())));
    Backdrop { light }
}

/// The back wall; with a portrait lens a frame of the usual shape shows about two metres of it.
const BACK: f32 = 8.0;
const LEFT: f32 = -3.4;
const RIGHT: f32 = 3.2;
const FLOOR: f32 = -1.55;
const CEILING: f32 = 1.15;

fn walls(room: &mut Room) {
    let wall = [0.44, 0.42, 0.39];
    room.panel([-30.0, 30.0], [-20.0, 20.0], 60.0, |_, _| Some([0.3, 0.28, 0.26]));
    room.panel([LEFT, RIGHT], [FLOOR, CEILING], BACK, |u, v| {
        let shade = mix(1.1, 0.62, u) * mix(1.05, 0.8, v);
        Some(wall.map(|c| c * shade))
    });
    for (x, shade) in [(LEFT, 0.75), (RIGHT, 0.62)] {
        let corners = [[x, CEILING, BACK], [x, CEILING, 0.9], [x, FLOOR, 0.9], [x, FLOOR, BACK]];
        room.quad(corners, |_, v| Some(wall.map(|c| c * shade * mix(1.0, 0.8, v))));
    }
    let level = |y: f32| [[LEFT, y, BACK], [RIGHT, y, BACK], [RIGHT, y, 0.9], [LEFT, y, 0.9]];
    room.quad(level(CEILING), |_, v| Some([0.62, 0.6, 0.57].map(|c| c * mix(1.0, 0.8, v))));
    room.quad(level(FLOOR), |u, v| {
        let shine = 0.35 * smoothstep(0.5, 0.1, u) * (1.0 - v);
        Some([0.2 + shine, 0.16 + shine, 0.125 + shine].map(|c| c * mix(1.1, 0.7, v)))
    });
}

/// Two tall windows in the back wall, with blinds.
fn windows(room: &mut Room, chance: &mut Chance) {
    let day: Rgb = [2.5, 2.8, 3.2];
    let slant = chance.within(0.3, 0.5);
    let gathered = chance.within(0.25, 0.6);
    let glass = |room: &mut Room, from: f32, to: f32, turn: f32| {
        room.panel([from, to], [-0.75, 1.0], BACK - 0.02, |u, v| {
            let frame = !(0.05..0.95).contains(&u) || !(0.03..0.97).contains(&v) || (u - 0.5).abs() < 0.02;
            let houses = clouds(u * 3.0 + turn, 0.5, 2) * 0.14 + 0.72;
            let sky: Rgb = std::array::from_fn(|c| day[c] * mix(1.1, 0.8, v));
            let outside = if v > houses {
                let tint = 0.5 + 0.3 * clouds(u * 9.0 + turn, v * 14.0, 2);
                [0.8 * tint, 0.95 * tint, 0.85 * tint]
            } else {
                sky
            };
            let blind = v < gathered && (v * 24.0).fract() < slant;
            Some(if frame {
                [0.55, 0.54, 0.53]
            } else if blind {
                outside.map(|c| c * 0.25 + 0.18)
            } else {
                outside
            })
        });
    };
    let start = chance.within(-1.15, -0.98);
    glass(room, start, start + 0.82, 0.0);
    glass(room, start - 1.05, start - 0.2, 7.0);
    glass(room, start - 2.1, start - 1.25, 13.0);
    room.panel([start - 2.15, start + 0.86], [-0.8, -0.75], BACK - 0.1, |_, _| Some([0.6, 0.58, 0.55]));
}

fn shelves(room: &mut Room, chance: &mut Chance) {
    let left = chance.within(0.3, 0.42);
    let (right, depth) = (left + 2.6, BACK - 0.3);
    room.panel([left, right], [FLOOR, 0.98], depth, |_, _| Some([0.15, 0.10, 0.065]));
    for row in 0..6 {
        let base = 0.60 - row as f32 * 0.40;
        let lit = mix(1.0, 0.6, row as f32 / 5.0);
        room.panel([left + 0.04, right - 0.04], [base + 0.02, base + 0.37], depth - 0.02, |u, _| {
            Some([0.115, 0.085, 0.06].map(|c| c * lit * mix(1.2, 0.7, u)))
        });
        books(room, chance, [left + 0.05, right - 0.1], base + 0.03, lit);
        room.panel([left, right], [base - 0.01, base + 0.03], depth - 0.1, |_, _| Some([0.30, 0.2, 0.13]));
    }
}

/// One row of books, with gaps and a vase or two.
fn books(room: &mut Room, chance: &mut Chance, [mut x, end]: [f32; 2], base: f32, lit: f32) {
    let spines: [Rgb; 10] = [
        [0.34, 0.07, 0.06],
        [0.07, 0.15, 0.30],
        [0.50, 0.43, 0.31],
        [0.09, 0.23, 0.18],
        [0.62, 0.59, 0.53],
        [0.42, 0.24, 0.07],
        [0.05, 0.05, 0.06],
        [0.22, 0.30, 0.40],
        [0.7, 0.36, 0.12],
        [0.66, 0.64, 0.60],
    ];
    let depth = BACK - 0.35;
    while x < end {
        let what = chance.within(0.0, 1.0);
        if what < 0.12 {
            x += chance.within(0.08, 0.25);
        } else if what < 0.18 {
            let pot = chance.pick(&spines).map(|c| c * 1.4 * lit);
            let tall = chance.within(0.14, 0.22);
            room.panel([x, x + 0.16], [base, base + tall], depth, |u, v| {
                let belly = 0.5 - 0.25 * (1.0 - v);
                ((u - 0.5).abs() < belly).then_some(pot.map(|c| c * mix(1.3, 0.5, u)))
            });
            x += 0.22;
        } else {
            let (wide, tall) = (chance.within(0.03, 0.075), chance.within(0.2, 0.33));
            let tint = chance.within(0.7, 1.3) * lit;
            let colour = chance.pick(&spines).map(|c| c * tint);
            let label = chance.within(0.2, 0.7);
            room.panel([x, x + wide], [base, base + tall], depth, |_, v| {
                let band = (v - label).abs() < 0.06;
                Some(if band { [0.5, 0.45, 0.35].map(|c| c * lit) } else { colour })
            });
            x += wide + 0.004;
        }
    }
}

fn furniture(room: &mut Room, chance: &mut Chance) {
    // The desk and what stands on it.
    let (near, far, top) = (5.6, 6.6, -0.52);
    room.quad([[-1.3, top, far], [1.1, top, far], [1.1, top, near], [-1.3, top, near]], |u, v| {
        let shine = 0.5 * smoothstep(0.6, 0.1, u) * (1.0 - 0.6 * v);
        Some([0.32 + shine, 0.23 + shine, 0.16 + shine])
    });
    room.panel([-1.3, 1.1], [top - 0.05, top], near, |_, _| Some([0.2, 0.14, 0.09]));
    room.panel([-1.2, 1.0], [FLOOR, top - 0.05], near + 0.1, |u, _| {
        Some([0.13, 0.10, 0.08].map(|c| c * mix(1.3, 0.7, u)))
    });
    let screen = chance.within(0.24, 0.38);
    room.panel([screen, screen + 0.62], [top + 0.14, top + 0.5], 6.1, |u, v| {
        let glass = (0.03..0.97).contains(&u) && (0.05..0.93).contains(&v);
        let width = 0.35 + 0.5 * (v * 9.0).sin().abs();
        let lines = v > 0.2 && (v * 12.0).fract() < 0.45 && u > 0.1 && u < width;
        Some(if !glass {
            [0.03; 3]
        } else if lines {
            [0.95, 1.1, 1.3]
        } else {
            [0.16, 0.34, 0.62]
        })
    });
    room.panel([screen + 0.27, screen + 0.35], [top, top + 0.15], 6.12, |_, _| Some([0.05; 3]));
    plant(room, chance, top);
}

fn plant(room: &mut Room, chance: &mut Chance, table: f32) {
    let (x, z) = (chance.within(-0.72, -0.6), 5.9);
    room.panel([x - 0.09, x + 0.09], [table, table + 0.16], z, |u, _| {
        Some([0.6, 0.57, 0.53].map(|c| c * mix(1.2, 0.5, u)))
    });
    let foot = table + 0.14;
    for _ in 0..60 {
        let angle = chance.within(-1.45, 1.45);
        let long = chance.within(0.15, 0.52);
        let (dx, dy) = (angle.sin() * long * 0.8, angle.cos() * long);
        let (from, tip) = ([x + dx * 0.25, foot + dy * 0.2], [x + dx, foot + dy]);
        let side = vec2(-dy, dx).unit() * chance.within(0.025, 0.05);
        let middle = [mix(from[0], tip[0], 0.55), mix(from[1], tip[1], 0.55)];
        // Leaves towards the window are lit through.
        let lit = chance.within(0.4, 1.5) * mix(1.8, 0.6, (dx * 1.5 + 0.5).clamp(0.0, 1.0));
        let colour = [0.10, 0.23, 0.06].map(|c| c * lit);
        let corners = [
            [from[0], from[1], z],
            [middle[0] + side.x, middle[1] + side.y, z],
            [tip[0], tip[1], z],
            [middle[0] - side.x, middle[1] - side.y, z],
        ];
        room.quad(corners, |_, _| Some(colour));
    }
}

fn lamps(room: &mut Room, chance: &mut Chance) {
    for z in [3.2, 4.6, 6.0, 7.4] {
        for x in [-1.2, -0.4, 0.4, 1.2] {
            room.glow([x + chance.within(-0.06, 0.06), CEILING - 0.03, z], 0.075, [9.0, 8.2, 6.8]);
        }
    }
    // Pendants over the desk.
    let height = chance.within(0.62, 0.72);
    for x in [-0.95, 0.2, 0.95] {
        room.panel([x - 0.006, x + 0.006], [height, CEILING], 6.4, |_, _| Some([0.1; 3]));
        room.glow([x, height, 6.4], 0.055, [7.0, 5.2, 3.0]);
    }
}
