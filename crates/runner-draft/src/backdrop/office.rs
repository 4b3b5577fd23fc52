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
    let mut chance = Chance::new(seed ^ 0x0FF1CE);
    let [width, height] = coarse(size);
    let scale = width as f32 / size[0] as f32;
    // A head is 0.23 m; the person stands 1.6 m away.
    let focal = unit * scale / 0.23 * 1.6;
    let mirror = chance.within(0.0, 1.0) < 0.5;
    let axis = vec2(head.x * scale + chance.within(-0.2, 0.2) * unit * scale, head.y * scale);
    let mut room = Room { light: Grid::new(width, height, [0.2; 3]), axis, focal };
    walls(&mut room);
    window(&mut room, &mut chance);
    shelves(&mut room, &mut chance);
    furniture(&mut room, &mut chance);
    lamps(&mut room, &mut chance);
    let mut light = room.light;
    if mirror {
        light.data.chunks_exact_mut(width).for_each(<[Rgb]>::reverse);
    }
    let blurred = defocus(&light, unit * scale * 0.085);
    let blurred = defocus(&blurred, unit * scale * 0.03);
    // Lamps stay bright, but nothing is whiter than paper.
    let light = blurred.map(|rgb| rgb.map(|c| 1.05 * (1.0 - (-c * 1.0).exp())));
    Backdrop { light }
}

const BACK: f32 = 6.4;
const LEFT: f32 = -2.4;
const RIGHT: f32 = 2.9;
const FLOOR: f32 = -1.55;
const CEILING: f32 = 1.15;

fn walls(room: &mut Room) {
    let wall = [0.46, 0.43, 0.39];
    room.panel([-30.0, 30.0], [-20.0, 20.0], 60.0, |_, _| Some([0.3, 0.28, 0.26]));
    room.panel([LEFT, RIGHT], [FLOOR, CEILING], BACK, |u, v| {
        let shade = mix(1.15, 0.6, u) * mix(1.05, 0.85, v);
        Some(wall.map(|c| c * shade))
    });
    let side = |room: &mut Room, x: f32, shade: f32| {
        room.quad([[x, CEILING, BACK], [x, CEILING, 0.9], [x, FLOOR, 0.9], [x, FLOOR, BACK]], |_, v| {
            Some(wall.map(|c| c * shade * mix(1.0, 0.8, v)))
        });
    };
    side(room, LEFT, 0.75);
    side(room, RIGHT, 0.62);
    room.quad(
        [[LEFT, CEILING, BACK], [RIGHT, CEILING, BACK], [RIGHT, CEILING, 0.9], [LEFT, CEILING, 0.9]],
        |_, v| Some([0.6, 0.58, 0.55].map(|c| c * mix(1.0, 0.75, v))),
    );
    room.quad(
        [[LEFT, FLOOR, BACK], [RIGHT, FLOOR, BACK], [RIGHT, FLOOR, 0.9], [LEFT, FLOOR, 0.9]],
        |_, v| Some([0.2, 0.15, 0.11].map(|c| c * mix(1.1, 0.7, v))),
    );
}

fn window(room: &mut Room, chance: &mut Chance) {
    let day: Rgb = [2.3, 2.6, 3.0];
    let slant = chance.within(0.35, 0.55);
    // In the left wall, running away from the camera.
    let glass = |room: &mut Room, near: f32, far: f32| {
        let corners = [[LEFT, 0.95, far], [LEFT, 0.95, near], [LEFT, -0.75, near], [LEFT, -0.75, far]];
        room.quad(corners, move |u, v| {
            let slat = (v * 22.0).fract();
            let frame = !(0.035..0.965).contains(&u) || !(0.03..0.97).contains(&v);
            let outside = mix(1.15, 0.75, smoothstep(0.3, 0.9, v));
            let green = smoothstep(0.55, 0.8, v + 0.15 * clouds(u * 5.0, v * 5.0, 3));
            let sky: Rgb = std::array::from_fn(|c| mix(day[c], [0.5, 0.75, 0.4][c], green * 0.8) * outside);
            if frame {
                Some([0.62, 0.61, 0.6])
            } else if slat < slant {
                Some(sky.map(|c| c * 0.3 + 0.22))
            } else {
                Some(sky)
            }
        });
    };
    glass(room, 1.1, 3.4);
    glass(room, 3.6, 5.9);
    // Daylight on the wall beside it.
    let start = chance.within(-1.9, -1.6);
    room.panel([start, start + 0.95], [-0.55, 0.75], BACK, |u, v| {
        let slat = (v * 13.0).fract() < 0.5;
        let soft = smoothstep(0.0, 0.15, u) * smoothstep(1.0, 0.8, u);
        let add = if slat { 0.34 } else { 0.08 } * soft;
        Some([0.50 + add, 0.47 + add * 0.95, 0.43 + add * 0.85])
    });
}

fn shelves(room: &mut Room, chance: &mut Chance) {
    let (left, right) = (0.75, 2.65);
    let depth = BACK - 0.3;
    room.panel([left, right], [FLOOR, 0.85], depth, |_, _| Some([0.13, 0.085, 0.055]));
    let spines: [Rgb; 9] = [
        [0.32, 0.07, 0.06],
        [0.07, 0.14, 0.27],
        [0.46, 0.40, 0.29],
        [0.09, 0.21, 0.16],
        [0.55, 0.53, 0.48],
        [0.36, 0.21, 0.07],
        [0.05, 0.05, 0.06],
        [0.20, 0.27, 0.36],
        [0.6, 0.32, 0.12],
    ];
    for row in 0..5 {
        let base = 0.42 - row as f32 * 0.42;
        room.panel([left + 0.04, right - 0.04], [base + 0.02, base + 0.38], depth - 0.02, |_, _| {
            Some([0.07, 0.05, 0.038])
        });
        let mut x = left + 0.05;
        while x < right - 0.12 {
            if chance.within(0.0, 1.0) < 0.1 {
                x += chance.within(0.1, 0.28);
                continue;
            }
            let (wide, tall) = (chance.within(0.035, 0.085), chance.within(0.22, 0.34));
            let tint = chance.within(0.7, 1.25);
            let colour = chance.pick(&spines).map(|c| c * tint);
            let label = chance.within(0.2, 0.7);
            room.panel([x, x + wide], [base + 0.03, base + 0.03 + tall], depth - 0.05, move |_, v| {
                let band = (v - label).abs() < 0.06;
                Some(if band { [0.5, 0.45, 0.35] } else { colour })
            });
            x += wide + 0.004;
        }
        room.panel([left, right], [base - 0.005, base + 0.03], depth - 0.1, |_, _| Some([0.24, 0.16, 0.10]));
    }
}

fn furniture(room: &mut Room, chance: &mut Chance) {
    // A picture on the wall.
    let x = chance.within(-0.55, -0.25);
    room.panel([x, x + 0.75], [0.05, 0.7], BACK - 0.05, |u, v| {
        let inner = (0.06..0.94).contains(&u) && (0.08..0.92).contains(&v);
        let hill = v > 0.55 + 0.2 * (u * 5.0).sin();
        Some(if !inner {
            [0.06, 0.05, 0.05]
        } else if hill {
            [0.13, 0.25, 0.30]
        } else {
            [0.62, 0.55, 0.42]
        })
    });
    // The desk and what stands on it.
    let (near, far, top) = (3.2, 4.3, -0.78);
    room.quad([[-1.7, top, far], [1.6, top, far], [1.6, top, near], [-1.7, top, near]], |u, v| {
        let shine = 0.25 * smoothstep(0.5, 0.0, u) * (1.0 - v);
        Some([0.30 + shine, 0.20 + shine, 0.13 + shine])
    });
    room.panel([-1.7, 1.6], [top - 0.06, top], near, |_, _| Some([0.17, 0.11, 0.07]));
    room.panel([-1.6, 1.5], [FLOOR, top - 0.06], near + 0.05, |_, _| Some([0.09, 0.06, 0.045]));
    let screen = chance.within(0.15, 0.5);
    room.panel([screen, screen + 0.75], [top + 0.16, top + 0.62], 3.8, |u, v| {
        let glass = (0.025..0.975).contains(&u) && (0.04..0.95).contains(&v);
        let lines = v > 0.2 && (v * 14.0).fract() < 0.45 && u > 0.1 && u < 0.35 + 0.5 * (v * 9.0).sin().abs();
        Some(if !glass {
            [0.03; 3]
        } else if lines {
            [0.95, 1.1, 1.3]
        } else {
            [0.22, 0.42, 0.75]
        })
    });
    room.panel([screen + 0.33, screen + 0.42], [top, top + 0.17], 3.82, |_, _| Some([0.05; 3]));
    plant(room, chance);
}

fn plant(room: &mut Room, chance: &mut Chance) {
    let (x, z) = (chance.within(-1.55, -1.25), 4.6);
    room.panel([x - 0.16, x + 0.16], [FLOOR + 0.4, -0.78], z, |u, _| {
        Some([0.55, 0.5, 0.45].map(|c| c * mix(1.1, 0.5, u)))
    });
    for _ in 0..46 {
        let angle = chance.within(-1.35, 1.35);
        let long = chance.within(0.25, 0.85);
        let (dx, dy) = (angle.sin() * long * 0.75, angle.cos() * long);
        let (fx, fy) = (x + dx * 0.3, -0.72 + dy * 0.25);
        let (tx, ty) = (x + dx, -0.72 + dy);
        let wide = chance.within(0.03, 0.065);
        let green = chance.within(0.35, 1.5);
        let lit = mix(1.5, 0.6, (dx + 0.5).clamp(0.0, 1.0));
        let colour = [0.07, 0.17, 0.055].map(|c| c * green * lit);
        let normal = vec2(-dy, dx).unit() * wide;
        let middle = vec2(mix(fx, tx, 0.55), mix(fy, ty, 0.55));
        room.quad(
            [
                [fx, fy, z],
                [middle.x + normal.x, middle.y + normal.y, z],
                [tx, ty, z],
                [middle.x - normal.x, middle.y - normal.y, z],
            ],
            |_, _| Some(colour),
        );
    }
}

fn lamps(room: &mut Room, chance: &mut Chance) {
    for (x, z) in [(-0.9, 2.6), (0.9, 2.6), (-0.9, 4.2), (0.9, 4.2), (-0.9, 5.8), (0.9, 5.8)] {
        let x = x + chance.within(-0.1, 0.1);
        room.glow([x, CEILING - 0.02, z], 0.085, [9.0, 8.0, 6.4]);
    }
    // A standard lamp beside the shelves.
    let x = chance.within(0.45, 0.6);
    room.panel([x - 0.02, x + 0.02], [FLOOR, 0.1], 5.6, |_, _| Some([0.06; 3]));
    room.panel([x - 0.2, x + 0.2], [0.05, 0.38], 5.6, |u, v| {
        let inside = (u - 0.5).abs() < mix(0.32, 0.5, v);
        inside.then_some([3.4, 2.3, 1.25].map(|c: f32| c * mix(0.8, 1.1, v)))
    });
}
