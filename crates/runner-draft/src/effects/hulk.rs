//! Turning into a green giant: shoulders and arms swell, skin goes green, the shirt tears, the ground shakes.

use std::f32::consts::TAU;

use crate::colour::luminance;
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::costume::{Part, Tailor};
use crate::effects::draw::{Ink, Sheet, polygon};
use crate::effects::bodies::packed;
use crate::effects::expression::{Expression, Seen, measure};
use crate::effects::frame::{Frame, Light, hex};
use crate::effects::motion::{Dice, Particle, cloudy, hit, noise, shake};
use crate::eyes::body::{level, sign};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

/// The green body under everything, and what flies off it.
pub(super) struct Hulk {
    green: Grid<Light>,
    /// How soon the shirt tears at a place, `0..=1`; above 1 it stays.
    tears: Grid<f32>,
    scraps: Vec<Particle>,
    dust: Vec<Particle>,
    shirt: u32,
}

/// Seconds at which it swells by another push.
const PUSHES: [f32; 3] = [0.55, 1.15, 1.75];

fn grown(time: f32) -> f32 {
    PUSHES.iter().map(|at| smoothstep(*at, at + 0.32, time) + 0.10 * hit(time, at + 0.25, 0.25)).sum::<f32>() / 3.0
}

impl Hulk {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let unit = cast.unit();
        let tailor = Tailor::new(cast);
        let hair = cast.sharpened(&cast.person.hair);
        let skin = hex(0x3c_8a28);
        let green = tailor.paint(|spot| {
            let own = cast.picture.sample(spot.at.x, spot.at.y);
            let lum = luminance(own);
            let bare = cast.small(&cast.person.skin.likely, spot.at);
            let hair = hair.sample(spot.at.x, spot.at.y);
            // Muscles where the shirt was: the trunk's own relief.
            let bump = |x: f32, y: f32, rx: f32, ry: f32| {
                let off = ((spot.across.abs() - x) / rx).powi(2) + ((spot.down - y) / ry).powi(2);
                (1.0 - off).max(0.0).sqrt()
            };
            let chest = bump(0.42, 2.05, 0.46, 0.36);
            let belly = if spot.down > 2.45 { bump(0.17, 2.45 + 0.3 * ((spot.down - 2.45) / 0.3).floor() + 0.15, 0.19, 0.15) } else { 0.0 };
            let muscle = if spot.part == Part::Trunk { mix(0.45, 1.1, chest.max(belly * 0.85)) } else { 1.0 };
            let arm = if spot.part == Part::Arm { mix(0.7, 1.15, (spot.along * TAU * 1.5).sin().abs()) } else { 1.0 };
            let painted = skin.map(|c| c * spot.shade * muscle * arm * 1.15);
            let dyed = skin.map(|c| c * (lum * 2.3 + 0.03));
            let seen = bare.max(if spot.part == Part::Head { 1.0 } else { 0.0 });
            let dark = own.map(|c| c * 0.5);
            (std::array::from_fn(|c| mix(mix(painted[c], dyed[c], seen), dark[c] * [0.7, 1.0, 0.6][c], hair)), 1.0)
        });
        let upper = cast.sharpened(&cast.person.clothes.upper);
        let lower = cast.sharpened(&cast.person.clothes.lower);
        let tears = Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
            let spot = tailor.spot(vec2(x as f32, y as f32));
            let cloth = upper.at(x, y).max(0.0);
            if lower.at(x, y) > 0.5 || spot.part == Part::Leg && spot.along < 0.62 {
                // Trousers stay to the knee, ragged.
                return if spot.along > 0.52 + 0.10 * noise(spot.across * 5.0, 3.0) { 0.75 } else { 9.0 };
            }
            if cloth < 0.4 {
                return 0.05;
            }
            let ragged = cloudy(spot.at.x / unit * 5.0, spot.at.y / unit * 5.0) + 0.25 * noise(spot.at.x / unit * 17.0, spot.at.y / unit * 17.0);
            // First down the middle, then shoulders and sleeves.
            let middle = (spot.across.abs() - 0.1).max(0.0) * 0.5;
            0.22 + 0.55 * ragged.min(1.0) * 0.8 + 0.35 * middle.min(0.6)
        });
        let mut dice = Dice::new(seed, 91);
        let chest = vec2(cast.body.head.x, (cast.body.level(level::ARMPIT)).min(0.9 * cast.height()));
        let scrap = |i: usize| {
            let away = dice.direction(0.2, 1.0);
            Particle {
                born: PUSHES[i % 3] + dice.range(0.05, 0.3),
                life: 1.6,
                from: chest + vec2(away.x * 0.9, away.y * 0.8) * unit,
                speed: vec2(away.x * 4.2, away.y * 2.0 - 2.2) * unit,
                pull: vec2(0.0, 7.0 * unit),
                drag: 0.9,
                size: dice.range(0.05, 0.16) * unit,
                turn: [dice.range(0.0, TAU), dice.range(-9.0, 9.0)],
                kind: dice.unit(),
            }
        };
        let scraps = (0..54).map(scrap).collect();
        let base = cast.body.sole.min(cast.height());
        let puff = |i: usize| Particle {
            born: PUSHES[i % 3] + 0.15 + dice.range(0.0, 0.1),
            life: dice.range(0.8, 1.3),
            from: vec2(cast.body.head.x + dice.range(-1.0, 1.0) * unit, base),
            speed: vec2(dice.range(-3.4, 3.4), dice.range(-1.3, -0.2)) * unit,
            pull: vec2(0.0, -0.3 * unit),
            drag: 2.2,
            size: dice.range(0.22, 0.5) * unit,
            turn: [0.0; 2],
            kind: dice.unit(),
        };
        let dust = (0..48).map(puff).collect();
        let at = |i: usize| cast.picture.sample(chest.x + (i as f32 - 4.0) * 0.12 * unit, chest.y.min(cast.height() - 2.0));
        let mean = std::array::from_fn(|c| (0..9).map(|i| at(i)[c]).sum::<f32>() / 9.0);
        Self { green, tears, scraps, dust, shirt: packed(mean) }
    }

    /// Where what is at `p` of the giant was in the picture.
    fn from(cast: &Cast, p: Vec2, grown: f32) -> Vec2 {
        let (body, unit) = (&cast.body, cast.unit());
        let base = body.sole.min(cast.height() * 1.05);
        let tall = 1.0 + if cast.portrait() { 0.10 } else { 0.09 } * grown;
        let y = base - (base - p.y) / tall;
        // Shoulders most, hips and head least.
        let neck = body.shoulder() - 0.12 * unit;
        let chest = body.level(level::ARMPIT);
        let waist = body.level(level::WAIST);
        let shoulders = smoothstep(neck - 0.28 * unit, chest - 0.1 * unit, y);
        let wide = 1.0 + grown * (0.10 + 0.48 * shoulders * mix(1.0, 0.34, smoothstep(chest, waist + 0.3 * unit, y)));
        let x = body.head.x + (p.x - body.head.x) / wide;
        let mut q = vec2(x, y);
        // Arms swell around their bones.
        for (side, arm) in body.arms.iter().enumerate() {
            for (from, to, gain) in [(arm.shoulder, arm.elbow, 0.34), (arm.elbow, arm.wrist, 0.26)] {
                let (distance, t) = crate::geometry::to_segment(q, from, to);
                let reach = 0.42 * unit;
                if distance < reach && sign(side) * (q.x - body.head.x) > 0.5 * unit {
                    let near = from.lerp(to, t);
                    let share = (1.0 - (distance / reach).powi(2)).powi(2) * grown * gain;
                    q = q + (near - q) * share;
                }
            }
        }
        q
    }
}

impl Act for Hulk {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let grown = grown(time);
        let unit = cast.unit();
        let jolt = PUSHES.iter().map(|at| hit(time, at + 0.1, 0.45)).fold(0.0, f32::max);
        let camera = Camera {
            zoom: 1.0 - 0.05 * smoothstep(0.4, 2.2, time),
            shift: shake(time, 20.0, 0.016 * cast.width() * (jolt + 0.35 * hit(time, 2.3, 0.6))),
            ..Camera::at(vec2(cast.body.head.x, cast.body.sole.min(cast.height())))
        };
        let middle = cast.middle();
        let dim = 1.0 - 0.5 * smoothstep(0.2, 1.2, time);
        let glow = hex(0x5a_d030);
        frame.each(|p, _| {
            let plate = cast.plate_at(camera.depth(0.6).back(p));
            let near = (-((p - middle).length() / (0.6 * middle.length())).powi(2)).exp() * grown;
            std::array::from_fn(|c| plate[c] * dim + glow[c] * 0.12 * near)
        });
        let roar = smoothstep(2.0, 2.3, time);
        let bent = Expression {
            smile: -0.4 * smoothstep(0.4, 1.0, time),
            open: smoothstep(0.4, 0.9, time) * 0.16 + roar * (0.42 + 0.04 * (time * 50.0).sin()),
            teeth: mix(0.6, 0.3, roar),
            squint: 0.25 * grown,
            frown: 1.1 * smoothstep(0.2, 0.9, time),
        }
        .bent(cast.lips);
        let turn = smoothstep(0.25, 1.5, time);
        let torn = grown * 1.02;
        frame.lay(|p| {
            let q = Self::from(cast, camera.back(p), grown);
            let q = match bent.seen(measure(&cast.face, q)) {
                Seen::Mouth(at) => return bent.mouth(at, [0.8, 0.95, 0.7]),
                Seen::Skin(face) => cast.face.at(face.x, face.y),
            };
            let own = cast.figure_at(q);
            if own[3] <= 0.0 {
                return own;
            }
            let green = self.green.sample(q.x, q.y);
            let tear = self.tears.sample(q.x, q.y);
            let bare = if tear < 0.1 { turn } else { smoothstep(tear + 0.01, tear + 0.03, torn) };
            let rim = if tear < 0.1 { 0.0 } else { (-((tear + 0.02 - torn) / 0.035).powi(2)).exp() };
            let mut light: Light = std::array::from_fn(|c| mix(own[c], green[c], bare));
            (0..3).for_each(|c| light[c] *= 1.0 - 0.6 * rim);
            light
        });
        let mut sheet = Sheet::new(cast.size);
        for puff in &self.dust {
            let Some(seen) = puff.seen(time) else { continue };
            let ink = Ink(0xb8_b0a4, 0.30 * (1.0 - seen.age) * smoothstep(0.0, 0.1, seen.age));
            sheet.spot(camera.see(seen.at), puff.size * (0.6 + 1.6 * seen.age), ink);
        }
        for scrap in &self.scraps {
            let Some(seen) = scrap.seen(time) else { continue };
            let (sin, cos) = seen.angle.sin_cos();
            let flip = (seen.angle * 1.6).sin().abs().max(0.15);
            let corner = |x: f32, y: f32| camera.see(seen.at) + vec2(x * cos - y * sin * flip, x * sin + y * cos * flip) * scrap.size;
            let shape = [corner(-1.0, -0.6), corner(-0.1, -0.9), corner(0.9, -0.4), corner(0.6, 0.2), corner(1.0, 0.7), corner(-0.2, 0.5), corner(-0.8, 0.9)];
            sheet.fill(&polygon(&shape), Ink(self.shirt, 1.0));
            sheet.fill(&polygon(&shape[..4]), Ink(0x00_0000, 0.22 * flip));
        }
        frame.over(&sheet);
        frame.each(|p, rgb| {
            let edge = 1.0 - 0.4 * grown * ((p - middle).length() / middle.length()).powi(2);
            std::array::from_fn(|c| rgb[c] * edge + 0.10 * jolt * glow[c])
        });
        let _ = unit;
    }
}
