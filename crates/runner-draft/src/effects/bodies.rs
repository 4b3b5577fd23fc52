//! Effects that bend the whole body: melting away, and dancing from the chest.

use std::f32::consts::{PI, TAU};

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, ellipse, polygon};
use crate::effects::frame::{Frame, Haze, Light, hex, solid};
use crate::effects::motion::{Dice, Particle, cloudy, hit, noise};
use crate::effects::puppet::{Puppet, Reach};
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

    /// How far what is at a place has run ahead of the rest: here and there a long tongue.
    fn run(p: Vec2, unit: f32) -> f32 {
        // Tongues stray a little as they go down.
        let x = p.x / unit + 0.10 * noise(p.y / (0.7 * unit), 2.0);
        0.45 * smoothstep(0.2, 0.9, noise(x / 0.62, 4.0)) + 0.75 * noise(x / 0.24, 9.0).powi(3)
    }

    /// Where what is at `p` now was in the picture.
    fn from(&self, p: Vec2, time: f32, unit: f32) -> Vec2 {
        let melted = melted(time);
        let tall = self.base - self.top;
        let high = (self.base - p.y) / tall;
        // The top softens first; what stands low is fed from above.
        let lead = melted * (0.35 + 0.65 * smoothstep(0.0, 0.6, high));
        let ran = Self::run(p, unit) * lead * 0.85 * unit;
        let squash = 1.0 - 0.74 * melted;
        let y = self.base - (self.base - (p.y - ran)) / squash;
        let wide = 1.0 + 1.5 * melted * (-4.0 * high / squash).exp() + 0.12 * melted;
        let sway = (high * 9.0 + time * 2.4).sin() * 0.05 * unit * melted * smoothstep(0.0, 0.5, high);
        vec2(self.middle + (p.x - self.middle - sway) / wide, y)
    }

    /// Light of a wet surface that creeps down: how much brighter a place is, and how much it shines.
    fn wax(p: Vec2, time: f32, unit: f32) -> [f32; 2] {
        let height = |p: Vec2| {
            let (x, y) = (p.x / unit, p.y / unit - 0.45 * time);
            noise(x / 0.21 + 1.6 * noise(y / 0.35, 3.0), y / 0.55)
        };
        let step = 0.035 * unit;
        let here = height(p);
        let slope = vec2(here - height(p + vec2(step, 0.0)), here - height(p + vec2(0.0, step)));
        let towards = 0.8 * slope.x + 0.6 * slope.y;
        [(0.9 * towards).clamp(-0.2, 0.2), smoothstep(0.15, 0.32, -towards)]
    }

    /// Drops that come off the figure.
    fn drip(&self, sheet: &mut Sheet, cast: &Cast, time: f32) {
        for drop in &self.drops {
            let Some(seen) = drop.seen(time) else { continue };
            let own = cast.figure_at(self.from(drop.from, drop.born, cast.unit()));
            if own[3] < 0.5 || seen.at.y > self.base {
                continue;
            }
            let ink = Ink(packed([own[0], own[1], own[2]]), smoothstep(0.0, 0.1, seen.age));
            sheet.fill(&ellipse(seen.at, vec2(drop.size, drop.size * (1.3 + seen.age)), 0.0), ink);
            let gleam = ellipse(seen.at - vec2(0.3, 0.3) * drop.size, vec2(0.2, 0.3) * drop.size, 0.0);
            sheet.fill(&gleam, Ink(0xff_ffff, 0.6));
        }
    }

    /// What lies on the ground.
    fn puddle(&self, frame: &mut Frame, cast: &Cast, time: f32) {
        let (unit, melted) = (cast.unit(), melted(time));
        let puddle = vec2(self.middle, self.base - 0.05 * unit);
        let wide = unit * 2.6 * smoothstep(0.25, 1.0, melted);
        let strip = |x: f32| -> Light {
            // What lies in the puddle came from all over the body: mixed, but not quite.
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
            if off.length() > 1.2 {
                return [0.0; 4];
            }
            let edge = 1.0 + 0.22 * (noise(off.y.atan2(off.x) * 2.2 + 9.0, 1.0) - 0.5) - off.length();
            let share = smoothstep(0.0, 0.04, edge) * smoothstep(0.1, 0.3, melted);
            if share <= 0.0 {
                return [0.0; 4];
            }
            let colour = strip(off.x + 0.35 * off.y);
            let shine = 0.3 * smoothstep(0.78, 0.92, noise(off.x * 4.0 + 0.3 * time, off.y * 3.0));
            let rim = 1.0 - 0.3 * smoothstep(0.10, 0.0, edge);
            let light: Rgb = std::array::from_fn(|c| colour[c] / colour[3].max(0.05) * 0.85 * rim + shine);
            solid(light, share * smoothstep(0.02, 0.3, colour[3]))
        });
    }
}

/// How much of the person has melted, `0..1`.
fn melted(time: f32) -> f32 {
    smoothstep(0.15, 3.3, time).powf(1.15)
}

impl Act for Melting {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let unit = cast.unit();
        frame.show(&cast.plate, 1.0);
        if !cast.portrait() {
            self.puddle(frame, cast, time);
        }
        let wet = melted(time).min(0.5) * 2.0;
        frame.lay(|p| {
            let light = cast.figure_at(self.from(p, time, unit));
            if light[3] <= 0.0 {
                return light;
            }
            let [round, gloss] = Self::wax(p, time, unit);
            let lit = |c: usize| light[c] * (1.0 - round * wet) + 0.22 * gloss * wet * light[3];
            [lit(0), lit(1), lit(2), light[3]]
        });
        let mut sheet = Sheet::new(cast.size);
        self.drip(&mut sheet, cast, time);
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

/// Two beats a second: the chest bounces, hips sway, arms pump, lights sweep.
pub(super) struct ChestBouncingDance {
    confetti: Vec<Particle>,
    puppet: Option<Puppet>,
}

/// How far a dance moves anything, in heads.
const FURTHEST: f32 = 0.8;
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
        Self { confetti: (0..90).map(piece).collect(), puppet: Puppet::new(cast) }
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

/// How far a dancer's arm is up at a moment; the other one is down then.
fn pump(side: usize, time: f32) -> f32 {
    0.5 + 0.5 * sign(side) * (time * PI * BEAT).sin()
}

/// A dancer's body at a moment: where what is at a place now was in the picture.
struct Moves<'a> {
    cast: &'a Cast,
    /// How far the dance has begun, the beat's push, and the same a little later.
    begin: f32,
    beats: [f32; 2],
    /// -1 where the hips are on the left, 1 on the right.
    sway: f32,
    base: f32,
    chest: f32,
    hips: f32,
    lobes: [Vec2; 2],
}

impl<'a> Moves<'a> {
    fn new(cast: &'a Cast, time: f32, begin: f32) -> Self {
        let (body, unit) = (&cast.body, cast.unit());
        let chest = body.level(level::ARMPIT) + 0.1 * unit;
        Self {
            cast,
            begin,
            beats: [time, (time - 0.03).max(0.0)].map(|time| bounce(time) * begin),
            sway: (time * PI * BEAT).sin() * begin,
            base: body.sole.min(cast.height()),
            chest,
            hips: body.level(level::HIP),
            lobes: SIDES.map(|side| vec2(body.spine(chest) + sign(side) * 0.36 * unit, chest)),
        }
    }

    fn from(&self, p: Vec2) -> Vec2 {
        let (body, unit) = (&self.cast.body, self.cast.unit());
        let (sway, beat) = (self.sway, self.beats[0]);
        let high = ((self.base - p.y) / (self.base - body.head.top)).clamp(0.0, 1.3);
        let mut q = p;
        if self.cast.portrait() {
            // Head and shoulders lean to the beat about the lower border.
            let lean = 0.075 * sway * smoothstep(0.0, 0.5, high);
            q.x -= lean * (self.base - p.y);
            q.y -= (0.10 * beat.abs() + 0.03 * self.begin) * unit * smoothstep(0.02, 0.4, high);
        } else {
            // Hips go one way, shoulders and head the other; the feet stay, the knees give.
            let bend = smoothstep(0.0, 0.5, high) - 1.55 * smoothstep(0.5, 0.95, high);
            q.x -= sway * bend * 0.40 * unit;
            q.y -= (0.10 * beat.abs() + 0.04 * self.begin) * unit * smoothstep(0.02, 0.5, high);
        }
        let shoulder = ((q.x - body.head.x) / (1.2 * unit)).clamp(-1.0, 1.0)
            * smoothstep(self.hips, self.chest, q.y.min(self.hips));
        q.y -= shoulder * sway * 0.10 * unit * smoothstep(body.chin - 0.2 * unit, body.shoulder(), q.y);
        for (lobe, lag) in self.lobes.iter().zip(self.beats) {
            let off = (q - *lobe) * (1.0 / (0.62 * unit));
            let share = (1.0 - off.dot(off)).max(0.0).powi(2);
            q.y -= lag * 0.17 * unit * share;
            q.x -= (q.x - lobe.x) * 0.10 * lag.abs() * share;
        }
        q
    }
}

impl Act for ChestBouncingDance {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.0, 0.5, time);
        let (body, unit) = (&cast.body, cast.unit());
        let flash = hit((time * BEAT).fract(), 0.0, 0.5) * begin;
        frame.show(&cast.plate, 1.0 - 0.86 * begin);
        let mut sheet = Sheet::new(cast.size);
        lamps(&mut sheet, cast, time, begin * (0.55 + 0.45 * flash));
        frame.shine(&sheet, 0.55, 40.0, 0.25);
        let moves = Moves::new(cast, time, begin);
        let moved = Haze::new(cast.size, |at| {
            let p = vec2(at.x * cast.width(), at.y * cast.height());
            let off = moves.from(p) - p;
            [off.x, off.y]
        });
        let posed = self.puppet.as_ref().filter(|_| time > 0.0).map(|puppet| {
            let raised = smoothstep(0.0, 0.7, time);
            let reach = |side: usize| {
                let up = pump(side, time);
                let pumped = Reach { upper: 0.55 + 0.55 * up, fore: 1.55 + 1.05 * up };
                puppet.rest(side).lerp(pumped, raised)
            };
            puppet.posed(SIDES.map(reach), 1.0 - 0.12 * raised, 1.0)
        });
        // Coloured light from both sides, changing with the beat.
        let turn = (time * BEAT) as usize;
        let [a, b] = [turn, turn + 1].map(|i| hex(LAMPS[i % 4]));
        frame.lay(|p| {
            // Nothing moves further than that.
            let arm = || posed.as_ref().is_some_and(|posed| posed.arm_within(p, FURTHEST * unit));
            if !cast.within(p, FURTHEST) && !arm() {
                return [0.0; 4];
            }
            let [x, y] = moved.at(p);
            let q = p + vec2(x, y);
            let light = posed.as_ref().map_or_else(|| cast.figure_at(q), |posed| posed.at(q));
            if light[3] <= 0.0 {
                return light;
            }
            let side = smoothstep(-1.3, 1.3, (p.x - body.head.x) / unit);
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
