//! Effects that bend the whole body: melting away, and dancing from the chest.

use std::f32::consts::{PI, TAU};

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, ellipse, polygon};
use crate::effects::frame::{Frame, Light, hex, solid};
use crate::effects::motion::{Dice, Particle, cloudy, hit, noise};
use crate::eyes::body::{SIDES, level, sign};
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// The person runs down like wax.
pub(super) struct Melting {
    drops: Vec<Particle>,
    /// Middle, top and bottom of the person.
    middle: f32,
    top: f32,
    base: f32,
}

impl Melting {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let body = &cast.body;
        let (unit, base) = (cast.unit(), body.sole.min(cast.height()));
        let top = cast.face.top.min(body.head.top);
        let mut dice = Dice::new(seed, 11);
        let drop = |_| Particle {
            born: dice.range(0.7, 2.8),
            life: 0.8,
            from: vec2(body.head.x + dice.range(-1.2, 1.2) * unit, mix(top, base, dice.range(0.3, 0.75))),
            speed: vec2(0.0, 0.3 * unit),
            pull: vec2(0.0, 6.0 * unit),
            drag: 0.0,
            size: dice.range(0.02, 0.04) * unit,
            turn: [0.0; 2],
            kind: dice.unit(),
        };
        Self { drops: (0..22).map(drop).collect(), middle: body.head.x, top, base }
    }

    /// How far column `x` has run ahead of the rest, `0..=1`.
    fn run(x: f32, unit: f32) -> f32 {
        let wide = noise(x / (0.55 * unit), 4.0);
        let fine = noise(x / (0.19 * unit), 9.0);
        smoothstep(0.25, 0.95, 0.4 * wide + 0.6 * fine)
    }

    /// Where what is at `p` now was in the picture.
    fn from(&self, p: Vec2, melted: f32, time: f32, unit: f32) -> Vec2 {
        let tall = self.base - self.top;
        let high = (self.base - p.y) / tall;
        // The top softens first; what stands low is fed from above.
        let lead = melted * (0.35 + 0.65 * smoothstep(0.0, 0.6, high));
        let ran = Self::run(p.x, unit) * lead * 0.85 * unit;
        let squash = 1.0 - 0.66 * melted;
        let y = self.base - (self.base - (p.y - ran)) / squash;
        let wide = 1.0 + 1.5 * melted * (-4.0 * high / squash).exp() + 0.12 * melted;
        let sway = (high * 9.0 + time * 2.4).sin() * 0.05 * unit * melted * smoothstep(0.0, 0.5, high);
        vec2(self.middle + (p.x - self.middle - sway) / wide, y)
    }
}

impl Act for Melting {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let unit = cast.unit();
        let melted = smoothstep(0.15, 3.3, time).powf(1.15);
        frame.each(|p, _| cast.plate_at(p));
        let puddle = vec2(self.middle, self.base - 0.05 * unit);
        let wide = unit * 2.6 * smoothstep(0.25, 1.0, melted);
        let strip = |x: f32| -> Light {
            // What lies in the puddle came from all over the body.
            // Mixed, but not quite.
            let at = |i: f32| {
                cast.figure_at(vec2(
                    self.middle + x * 0.3 * unit,
                    mix(self.base, self.top, 0.15 + 0.14 * i + 0.1 * noise(x * 3.0, i)),
                ))
            };
            let all = [0.0, 1.0, 2.0, 3.0, 4.0].map(at);
            std::array::from_fn(|c| all.iter().map(|light| light[c]).sum::<f32>() / 5.0)
        };
        frame.lay(|p| {
            let off = vec2((p.x - puddle.x) / wide.max(1.0), (p.y - puddle.y) / (0.17 * wide).max(1.0));
            let edge = 1.0 + 0.22 * (noise(off.y.atan2(off.x) * 2.2 + 9.0, 1.0) - 0.5) - off.length();
            let share = smoothstep(0.0, 0.04, edge) * smoothstep(0.1, 0.3, melted);
            if share <= 0.0 || cast.portrait() {
                return [0.0; 4];
            }
            let colour = strip(off.x + 0.35 * off.y);
            let shine = 0.35 * smoothstep(0.72, 0.9, noise(off.x * 4.0 + 0.3 * time, off.y * 3.0));
            let colour: Rgb = std::array::from_fn(|c| colour[c] / colour[3].max(0.05) * 0.85 + shine);
            solid(colour, share * smoothstep(0.02, 0.3, strip(off.x + 0.35 * off.y)[3]))
        });
        frame.lay(|p| {
            let light = cast.figure_at(self.from(p, melted, time, unit));
            if light[3] <= 0.0 {
                return light;
            }
            let slope = Self::run(p.x + 1.5, unit) - Self::run(p.x - 1.5, unit);
            let wet = melted.min(0.5) * 2.0;
            let round = (slope * unit * 0.10 * wet).clamp(-0.2, 0.2);
            let gloss = 0.16
                * wet
                * smoothstep(0.82, 0.97, noise(p.x / (0.07 * unit), (p.y / unit - time * 0.5) * 2.2));
            let mut lit: Light = std::array::from_fn(|c| light[c] * (1.0 - round) + gloss * light[3]);
            lit[3] = light[3];
            lit
        });
        let mut sheet = Sheet::new(cast.size);
        for drop in &self.drops {
            let Some(seen) = drop.seen(time) else { continue };
            let own = cast.figure_at(drop.from);
            if own[3] < 0.5 || seen.at.y > self.base {
                continue;
            }
            let ink = Ink(packed([own[0], own[1], own[2]]), smoothstep(0.0, 0.1, seen.age));
            sheet.fill(&ellipse(seen.at, vec2(drop.size, drop.size * (1.3 + seen.age)), 0.0), ink);
            sheet.fill(
                &ellipse(seen.at - vec2(0.3, 0.3) * drop.size, vec2(0.2, 0.3) * drop.size, 0.0),
                Ink(0xff_ffff, 0.6),
            );
        }
        frame.over(&sheet);
    }
}

/// An sRGB word of linear light.
pub(super) fn packed(light: Rgb) -> u32 {
    light.into_iter().fold(0, |word, c| word << 8 | u32::from(crate::colour::srgb(c)))
}

impl std::ops::Mul<f32> for Ink {
    type Output = Self;
    fn mul(self, share: f32) -> Self {
        self.times(share)
    }
}

/// Two beats a second: the chest bounces, hips sway, lights sweep.
pub(super) struct ChestBouncingDance {
    confetti: Vec<Particle>,
}

/// Beats a second.
const BEAT: f32 = 2.0;
const LAMPS: [u32; 4] = [0xff_2f8f, 0x2f_7dff, 0x36_ffb0, 0xff_b12f];

impl ChestBouncingDance {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let mut dice = Dice::new(seed, 12);
        let (width, height) = (cast.width(), cast.height());
        let piece = |_| Particle {
            born: dice.range(0.2, 2.2),
            life: 3.0,
            from: vec2(dice.range(-0.1, 1.1) * width, -0.05 * height),
            speed: vec2(dice.range(-0.1, 0.1) * width, dice.range(0.3, 0.6) * height),
            pull: vec2(0.0, 0.0),
            drag: 0.0,
            size: dice.range(0.006, 0.012) * height,
            turn: [dice.range(0.0, TAU), dice.range(-7.0, 7.0)],
            kind: dice.unit(),
        };
        Self { confetti: (0..90).map(piece).collect() }
    }

    /// Confetti.
    fn rain(&self, sheet: &mut Sheet, time: f32) {
        for piece in &self.confetti {
            let Some(seen) = piece.seen(time) else { continue };
            let (sin, cos) = seen.angle.sin_cos();
            let across = vec2(cos, sin) * piece.size;
            let down = vec2(-sin, cos) * (piece.size * (0.2 + 0.5 * (seen.angle * 1.7).sin().abs()));
            let corners = [
                seen.at + across + down,
                seen.at - across + down,
                seen.at - across - down,
                seen.at + across - down,
            ];
            sheet.fill(&polygon(&corners), Ink(LAMPS[(piece.kind * 4.0) as usize % 4], 0.95));
        }
    }
}

/// The push of a beat: down at once, then up and swinging out.
fn bounce(time: f32) -> f32 {
    let phase = (time * BEAT).fract();
    -(TAU * 1.5 * phase).sin() * (-2.6 * phase).exp() * 1.5
}

impl Act for ChestBouncingDance {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.0, 0.5, time);
        let (body, unit) = (&cast.body, cast.unit());
        let beat = bounce(time) * begin;
        let sway = (time * PI * BEAT).sin() * begin;
        let base = body.sole.min(cast.height());
        let chest = body.level(level::ARMPIT) + 0.1 * unit;
        let lobes = SIDES.map(|side| vec2(body.spine(chest) + sign(side) * 0.36 * unit, chest));
        let hips = body.level(level::HIP);
        let flash = hit((time * BEAT).fract(), 0.0, 0.5) * begin;
        let dark = 1.0 - 0.86 * begin;
        frame.each(|p, _| cast.plate_at(p).map(|c| c * dark));
        let mut sheet = Sheet::new(cast.size);
        lamps(&mut sheet, cast, time, begin * (0.55 + 0.45 * flash));
        frame.shine(&sheet, 0.55, 40.0, 0.25);
        let from = |p: Vec2| {
            let high = ((base - p.y) / (base - body.head.top)).clamp(0.0, 1.3);
            // Hips go one way, shoulders and head the other; the feet stay.
            let bend = smoothstep(0.0, 0.5, high) - 1.55 * smoothstep(0.5, 0.95, high);
            let stay = if cast.portrait() { smoothstep(0.0, 0.6, high) * -0.35 } else { bend };
            let mut q = p - vec2(sway * stay * 0.34 * unit, 0.0);
            q.y -= (0.05 * beat.abs() + 0.02 * begin) * unit * smoothstep(0.02, 0.5, high);
            let shoulder = ((q.x - body.head.x) / (1.2 * unit)).clamp(-1.0, 1.0)
                * smoothstep(hips, chest, q.y.min(hips));
            q.y -= shoulder * sway * 0.09 * unit * smoothstep(body.chin - 0.2 * unit, body.shoulder(), q.y);
            for (i, lobe) in lobes.iter().enumerate() {
                let off = (q - *lobe) * (1.0 / (0.62 * unit));
                let share = (1.0 - off.dot(off)).max(0.0).powi(2);
                let lag = bounce((time - 0.03 * i as f32).max(0.0)) * begin;
                q.y -= lag * 0.17 * unit * share;
                q.x -= (q.x - lobe.x) * 0.10 * lag.abs() * share;
            }
            q
        };
        let colours = LAMPS.map(hex);
        frame.lay(|p| {
            let light = cast.figure_at(from(p));
            if light[3] <= 0.0 {
                return light;
            }
            // Coloured light from both sides, changing with the beat.
            let turn = (time * BEAT).floor() as usize;
            let side = smoothstep(-1.3, 1.3, (p.x - body.head.x) / unit);
            let (a, b) = (colours[turn % 4], colours[(turn + 1) % 4]);
            let stage: Rgb = std::array::from_fn(|c| mix(a[c], b[c], side));
            let lum = luminance([light[0], light[1], light[2]]);
            let lit = |c: usize| light[c] * (0.62 + 0.5 * stage[c]) + lum * stage[c] * (0.25 + 0.55 * flash);
            let lit: Rgb = std::array::from_fn(|c| mix(light[c], lit(c), begin));
            [lit[0], lit[1], lit[2], light[3]]
        });
        let mut sheet = Sheet::new(cast.size);
        self.rain(&mut sheet, time);
        frame.over(&sheet);
    }
}

/// Beams from above that sweep over the room, spots of a mirror ball, and bars that jump with the beat.
fn lamps(sheet: &mut Sheet, cast: &Cast, time: f32, share: f32) {
    let (w, h) = (cast.width(), cast.height());
    for (i, colour) in LAMPS.iter().enumerate() {
        let i = i as f32;
        let from = vec2(w * (0.1 + 0.27 * i), -0.04 * h);
        let angle = (time * (1.7 + 0.3 * i) + i * 1.9).sin() * 0.6;
        let to = from + Vec2::hanging(angle) * (1.15 * h);
        let across = vec2(0.14 * w, 0.0);
        let beam = polygon(&[from - across * 0.08, from + across * 0.08, to + across, to - across]);
        sheet.blend(&beam, (from, Ink(*colour, 0.85 * share)), (to, Ink(*colour, 0.02)));
    }
    for i in 0..46 {
        let i = i as f32;
        let x = (cloudy(i * 7.3, 1.0) * 1.9 - 0.45 + time * 0.12).rem_euclid(1.0);
        let y = (noise(i * 3.1, 5.0) * 1.4 - 0.2).clamp(0.0, 1.0);
        let twinkle = 0.4 + 0.6 * (time * 5.0 + i).sin().abs();
        let ink = Ink(LAMPS[i as usize % 4], 0.75 * share * twinkle);
        sheet.spot(vec2(x * w, y * h), 0.018 * w, ink);
    }
    let bars = 17;
    for i in 0..bars {
        let jump = noise(i as f32 * 1.7, time * 7.0) * (0.45 + 0.55 * hit((time * BEAT).fract(), 0.0, 0.6));
        let (x, wide) = ((i as f32 + 0.5) / bars as f32 * w, 0.32 * w / bars as f32);
        let top = h * (1.0 - 0.30 * jump);
        let bar = polygon(&[vec2(x - wide, h), vec2(x - wide, top), vec2(x + wide, top), vec2(x + wide, h)]);
        let ink = Ink(LAMPS[i % 4], 0.8 * share);
        sheet.blend(&bar, (vec2(x, top), ink), (vec2(x, h), ink * 0.25));
    }
}
