//! Electricity over the body: arcs, a glow around the outline, flickers in which the bones show.

use std::f32::consts::TAU;

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, curve, ellipse, line};
use crate::effects::frame::{Frame, hex};
use crate::effects::motion::{Dice, shake};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Plane, blur, distance_to, inside_distance};

/// Arcs between places on the outline.
pub(super) struct Electrify {
    seed: u64,
    /// Places on the person's outline, in clip pixels.
    rim: Vec<Vec2>,
    /// Small pixels to the figure, smoothed.
    away: Plane,
    /// Small pixels from within the figure to its outline, smoothed.
    deep: Plane,
}

impl Electrify {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let mask = &cast.person.figure.mask;
        let mut rim = Vec::new();
        for y in 1..mask.height - 1 {
            for x in 1..mask.width - 1 {
                let edge = mask.at(x, y)
                    && !(mask.at(x - 1, y) && mask.at(x + 1, y) && mask.at(x, y - 1) && mask.at(x, y + 1));
                if edge {
                    rim.push(cast.frame.to_full(vec2(x as f32, y as f32)));
                }
            }
        }
        rim.push(cast.face.middle());
        let deep = blur(&inside_distance(mask), 1.0);
        Self { seed, rim, away: blur(&distance_to(mask), 1.0), deep }
    }

    /// The arcs of one moment; they jump 12 times a second.
    fn arcs(&self, sheet: &mut Sheet, cast: &Cast, time: f32, power: f32) {
        let step = (time * 12.0) as u64;
        let mut dice = Dice::new(self.seed, 1000 + step);
        let unit = cast.unit();
        let wide = (cast.width().min(cast.height()) * 0.0032).max(1.2);
        let count = (3.0 + 8.0 * power) as usize;
        for i in 0..count {
            let from = self.rim[(dice.unit() * self.rim.len() as f32) as usize % self.rim.len()];
            let to = if i % 4 == 3 {
                from + dice.direction(0.7 * unit, 1.9 * unit)
            } else {
                // Near enough to crawl over the body.
                let near = |p: &&Vec2| {
                    let far = (**p - from).length();
                    far > 0.5 * unit && far < 2.3 * unit
                };
                let others: Vec<&Vec2> = self.rim.iter().step_by(7).filter(near).collect();
                if others.is_empty() {
                    continue;
                }
                *others[(dice.unit() * others.len() as f32) as usize % others.len()]
            };
            let path = bolt(from, to, 0.26, &mut dice);
            let bright = dice.range(0.6, 1.0) * power.clamp(0.0, 1.0);
            sheet.stroke(&line(&path), wide * 1.9, Ink(0x4a_8cff, 0.75 * bright));
            sheet.stroke(&line(&path), wide * 0.75, Ink(0xf0_faff, bright));
            if i % 2 == 0 {
                let fork = path[path.len() / 2];
                let end = fork + dice.direction(0.3 * unit, 0.8 * unit);
                sheet.stroke(
                    &line(&bolt(fork, end, 0.3, &mut dice)),
                    wide * 0.6,
                    Ink(0xc0_e0ff, 0.8 * bright),
                );
            }
        }
        // From the upper border down into the head.
        if step % 3 != 1 && power > 0.25 {
            for _ in 0..2 {
                let from = vec2(dice.range(0.1, 0.9) * cast.width(), -4.0);
                let to =
                    vec2(cast.face.middle().x + dice.range(-0.3, 0.3) * unit, cast.face.top + 0.06 * unit);
                let path = bolt(from, to, 0.2, &mut dice);
                sheet.stroke(&line(&path), wide * 3.2, Ink(0x5a_9aff, 0.7 * power));
                sheet.stroke(&line(&path), wide * 1.3, Ink(0xff_ffff, power));
            }
        }
    }
}

/// A jagged way between two places (midpoint displacement); `rough` of its length it strays.
fn bolt(from: Vec2, to: Vec2, rough: f32, dice: &mut Dice) -> Vec<Vec2> {
    let mut points = vec![from, to];
    let mut stray = (to - from).length() * rough;
    while points.len() < 24 {
        let mut next = vec![points[0]];
        for pair in points.windows(2) {
            let across = (pair[1] - pair[0]).unit().turned();
            next.push(pair[0].lerp(pair[1], dice.range(0.4, 0.6)) + across * dice.range(-stray, stray));
            next.push(pair[1]);
        }
        points = next;
        stray *= 0.55;
    }
    points
}

/// The bones that the landmarks tell of, as they show through in a flash.
fn skeleton(sheet: &mut Sheet, cast: &Cast) {
    let (body, face, unit) = (&cast.body, &cast.face, cast.unit());
    let bone = Ink(0xe8_f6ff, 1.0);
    let dark = Ink(0x06_1228, 1.0);
    let mut limb = |from: Vec2, to: Vec2, wide: f32| {
        sheet.stroke(&line(&[from, to]), wide * unit, bone);
        for end in [from, to] {
            let across = (to - from).unit().turned() * (0.4 * wide * unit);
            for knob in [end + across, end - across] {
                sheet.fill(&ellipse(knob, vec2(0.55, 0.55) * (wide * unit), 0.0), bone);
            }
        }
    };
    for arm in &body.arms {
        limb(arm.shoulder, arm.elbow, 0.1);
        limb(arm.elbow, arm.wrist, 0.085);
        limb(arm.wrist, arm.wrist.lerp(arm.hand, 0.6), 0.12);
    }
    for leg in &body.legs {
        limb(leg.hip, leg.knee, 0.13);
        limb(leg.knee, leg.ankle, 0.11);
    }
    let (neck, hip) = (face.at(0.0, 2.1), vec2(body.spine(body.crotch), body.crotch - 0.35 * unit));
    for i in 0..16 {
        let t = i as f32 / 15.0;
        sheet.fill(&ellipse(neck.lerp(hip, t), vec2(0.1, 0.055) * unit, 0.0), bone);
        if (2..9).contains(&i) {
            let reach = (0.62 + 0.16 * (t * 6.0).sin()) * unit;
            for s in [-1.0, 1.0] {
                let at = neck.lerp(hip, t);
                let rib = [
                    at,
                    at + vec2(s * reach, -0.02 * unit),
                    at + vec2(s * reach * 0.9, 0.22 * unit),
                    at + vec2(s * 0.25 * unit, 0.26 * unit),
                ];
                sheet.stroke(&curve(&rib), 0.055 * unit, bone);
            }
        }
    }
    sheet.stroke(&ellipse(hip, vec2(0.42, 0.22) * unit, 0.0), 0.13 * unit, bone);
    let e = face.between();
    sheet.fill(&ellipse(face.at(0.0, -0.2), vec2(1.12, 1.2) * e, face.roll()), bone);
    sheet.fill(&ellipse(face.at(0.0, 1.1), vec2(0.62, 0.68) * e, face.roll()), bone);
    for s in [-0.5, 0.5] {
        sheet.fill(&ellipse(face.at(s, 0.05), vec2(0.36, 0.38) * e, 0.0), dark);
    }
    let nose = [face.at(0.0, 0.42), face.at(-0.15, 0.74), face.at(0.15, 0.74)];
    sheet.fill(&crate::effects::draw::polygon(&nose), dark);
    for i in -4..=4 {
        let x = i as f32 * 0.11;
        sheet.stroke(&line(&[face.at(x, 1.0), face.at(x, 1.32)]), 0.03 * e, dark);
    }
    sheet.stroke(&curve(&[face.at(-0.48, 1.16), face.at(0.0, 1.2), face.at(0.48, 1.16)]), 0.035 * e, dark);
}

/// Moments in which the bones show, and for how long, in seconds.
const FLASHES: [(f32, f32); 4] = [(0.95, 0.13), (1.5, 0.1), (1.85, 0.16), (2.4, 0.13)];

impl Act for Electrify {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let power = smoothstep(0.15, 1.3, time) * smoothstep(3.4, 2.8, time).max(0.5);
        let mut dice = Dice::new(self.seed, (time * 24.0) as u64);
        let flicker = dice.range(0.55, 1.0) * power;
        let camera =
            Camera { shift: shake(time, 22.0, 0.006 * cast.width() * power), ..Camera::at(cast.middle()) };
        let (unit, blue) = (cast.unit(), hex(0x6a_a8ff));
        let small = cast.frame.factor[0];
        let night = mix(1.0, 0.22, power.min(1.0));
        frame.each(|p, _| {
            let q = camera.back(p);
            let plate = cast.plate_at(q);
            let halo = (-cast.small(&self.away, q) * small / (0.35 * unit)).exp() * flicker;
            std::array::from_fn(|c| {
                plate[c] * night * mix(1.0, blue[c] * 1.4, 0.5 * power) + blue[c] * halo * 0.9
            })
        });
        let shown = FLASHES.iter().any(|(at, long)| time >= *at && time < at + long);
        let crown = cast.face.at(0.0, -0.5);
        frame.lay(|p| {
            let q = camera.back(p);
            // Hair stands on end: what is above the brow is drawn out upwards.
            let up = smoothstep(crown.y, crown.y - 0.6 * unit, q.y) * power;
            let comb = 0.7 + 0.5 * (q.x / unit * 46.0 + (q.x / unit * 19.0).sin() * 2.0).sin();
            let q = vec2(q.x, q.y + up * comb * (crown.y - q.y).max(0.0) * 0.34);
            let own = cast.figure_at(q);
            if own[3] <= 0.0 {
                return own;
            }
            let lum = luminance([own[0], own[1], own[2]]);
            // Fading inwards: a band with an edge would be a second outline.
            let rim = (-cast.small(&self.deep, q) * small / (0.03 * unit)).exp();
            let lit: Rgb = std::array::from_fn(|c| {
                let dim = mix(own[c], own[c] * 0.45 + lum * blue[c] * 0.45, power);
                let xray = hex(0x0a_2a66)[c] * (0.5 + lum) * own[3];
                let base = if shown { xray } else { dim };
                base + own[3] * rim * flicker * blue[c] * 0.8
            });
            [lit[0], lit[1], lit[2], own[3]]
        });
        if shown {
            let mut bones = Sheet::new(cast.size);
            skeleton(&mut bones, cast);
            frame.shine(&bones, 0.75, 30.0, 0.35);
        }
        let mut sheet = Sheet::new(cast.size);
        self.arcs(&mut sheet, cast, time, power);
        frame.shine(&sheet, 1.1, 24.0, 1.5 * power);
        let flash =
            FLASHES.iter().map(|(at, _)| crate::effects::motion::hit(time, *at, 0.16)).fold(0.0, f32::max);
        frame.each(|_, rgb| std::array::from_fn(|c| rgb[c] + 0.30 * flash * blue[c] * (TAU * 0.16)));
    }
}
