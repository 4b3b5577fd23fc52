//! Turning into a green giant: shoulders and arms swell, skin goes green, the shirt tears, the ground shakes.

use std::f32::consts::{PI, TAU};

use crate::colour::luminance;
use crate::effects::Act;
use crate::effects::bodies::packed;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::costume::{Part, Spot, Tailor};
use crate::effects::draw::{Ink, Sheet, polygon};
use crate::effects::expression::{Bent, Expression, measure};
use crate::effects::frame::{Frame, Light, hex, over, solid};
use crate::effects::hair;
use crate::effects::motion::{Dice, Particle, cloudy, hit, noise, shake};
use crate::effects::worn;
use crate::eyes::body::{level, sign};
use crate::geometry::{Vec2, mix, smoothstep, to_segment, vec2};
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
    PUSHES.iter().map(|at| smoothstep(*at, at + 0.32, time) + 0.10 * hit(time, at + 0.25, 0.25)).sum::<f32>()
        / 3.0
}

/// How much the flesh of a spot stands out under the skin, about 1: breast, belly and arms.
fn muscle(spot: &Spot) -> f32 {
    let bump = |x: f32, y: f32, rx: f32, ry: f32| {
        let off = ((spot.across.abs() - x) / rx).powi(2) + ((spot.down - y) / ry).powi(2);
        (1.0 - off).max(0.0).sqrt()
    };
    match spot.part {
        Part::Trunk => {
            let row = 2.45 + 0.3 * ((spot.down - 2.45) / 0.3).floor() + 0.15;
            let belly = if spot.down > 2.45 { bump(0.17, row, 0.19, 0.15) } else { 0.0 };
            mix(0.72, 1.15, bump(0.42, 2.05, 0.46, 0.36).max(belly * 0.85))
        }
        Part::Arm => mix(0.7, 1.15, (spot.along * TAU * 1.5).sin().abs()),
        _ => 1.0,
    }
}

/// The green body: skin dyed where it is bare, painted where the shirt was.
fn green(cast: &Cast, tailor: &Tailor<'_>) -> Grid<Light> {
    let hair = hair::all(cast);
    let skin = hex(SKIN);
    tailor.paint(|spot| {
        let own = cast.picture.sample(spot.at.x, spot.at.y);
        let bright = luminance(own) * 2.3 + 0.03;
        let bare = cast.small(&cast.person.skin.likely, spot.at);
        let seen = bare.max(if spot.part == Part::Head { 1.0 } else { 0.0 });
        let light = mix(spot.shade * muscle(spot) * 1.3, bright, seen);
        let hair = hair.sample(spot.at.x, spot.at.y);
        let dark = [0.35, 0.5, 0.3];
        (std::array::from_fn(|c| mix(skin[c] * light, own[c] * dark[c], hair)), 1.0)
    })
}

/// Swollen arms laid over sleeves and past the outline: no arm of that size fits the one in the picture.
fn arms(cast: &Cast) -> Grid<Light> {
    let (body, unit, skin) = (&cast.body, cast.unit(), hex(SKIN));
    Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
        let p = vec2(x as f32, y as f32);
        let arm = |side: usize| {
            let arm = &body.arms[side];
            if arm.bone_depth(p) < -0.3 * unit {
                return [0.0; 4];
            }
            let (upper, t) = to_segment(p, arm.shoulder, arm.elbow);
            let (fore, u) = to_segment(p, arm.elbow, arm.wrist);
            // Shoulder and biceps, then the forearm towards its wrist.
            let thick = 0.21 + 0.07 * (t * PI).sin() + 0.02 * (1.0 - t);
            let slim = 0.22 - 0.09 * u + 0.05 * (u.sqrt() * PI).sin();
            let upper_inside = thick * unit - upper;
            let (depth, radius, along) = if upper_inside > slim * unit - fore {
                (upper_inside, thick * unit, 0.5 * t)
            } else {
                (slim * unit - fore, slim * unit, 0.5 + 0.5 * u)
            };
            let trunk = (p.x - body.edges(p.y)[side]) * sign(side) / unit;
            let free =
                if arm.across(&body.torso) && along > 0.5 { 1.0 } else { smoothstep(-0.22, -0.02, trunk) };
            let share = smoothstep(-1.5, 1.5, depth) * smoothstep(1.0, 0.78, along) * free;
            let edge = 1.0 - (depth / radius).clamp(0.0, 1.0);
            let bone = if along < 0.5 { (arm.shoulder, arm.elbow) } else { (arm.elbow, arm.wrist) };
            let out = (p - bone.0).dot((bone.1 - bone.0).unit().turned()) / radius;
            // The light comes from above on the left, as it does over the trunk.
            let lit = 0.35 + 0.55 * (1.0 - edge * edge).max(0.0).sqrt() + 0.16 * out.clamp(-1.0, 1.0);
            let crease = (-((along - 0.17 - 0.05 * out * out) / 0.018).powi(2)).exp();
            solid(skin.map(|c| c * lit * 1.35 * (1.0 - 0.3 * crease)), share)
        };
        over(arm(0), arm(1))
    })
}

/// How soon the clothes tear at a place, in shares of the growth; trousers last to the knee, shoes for ever.
fn tears(cast: &Cast, tailor: &Tailor<'_>) -> Grid<f32> {
    let unit = cast.unit();
    let upper = cast.sharpened(&worn::upper(&cast.person));
    let lower = cast.sharpened(&cast.person.clothes.lower);
    Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
        if cast.figure.at(x, y)[3] < 0.3 {
            return BESIDE;
        }
        let spot = tailor.spot(vec2(x as f32, y as f32));
        if spot.part == Part::Foot {
            return KEPT;
        }
        if lower.at(x, y) > 0.5 || spot.part == Part::Leg && spot.along < 0.62 {
            return if spot.along > 0.52 + 0.10 * noise(spot.across * 5.0, 3.0) { 0.75 } else { KEPT };
        }
        if upper.at(x, y) < 0.4 {
            return BARE;
        }
        let (u, v) = (spot.at.x / unit, spot.at.y / unit);
        let ragged = cloudy(u * 5.0, v * 5.0) + 0.25 * noise(u * 17.0, v * 17.0);
        // First down the middle, then shoulders and sleeves.
        let middle = (spot.across.abs() - 0.1).max(0.0) * 0.5;
        0.22 + 0.44 * ragged.min(1.0) + 0.35 * middle.min(0.6)
    })
}

/// What never tears, and what has nothing to tear.
const KEPT: f32 = 9.0;
const BARE: f32 = 0.05;
/// When the arms grow past the outline, in shares of the growth.
const BESIDE: f32 = 0.36;
/// sRGB of green skin.
const SKIN: u32 = 0x3c_8a28;

impl Hulk {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let unit = cast.unit();
        let tailor = Tailor::new(cast);
        let green = green(cast, &tailor).zip(&arms(cast), over);
        let tears = tears(cast, &tailor);
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
        // A portrait shows no ground that could give off dust.
        let dust = (0..if cast.portrait() { 0 } else { 48 }).map(puff).collect();
        let at = |i: usize| {
            cast.picture.sample(chest.x + (i as f32 - 4.0) * 0.12 * unit, chest.y.min(cast.height() - 2.0))
        };
        let mean = std::array::from_fn(|c| (0..9).map(|i| at(i)[c]).sum::<f32>() / 9.0);
        Self { green, tears, scraps, dust, shirt: packed(mean) }
    }

    /// Dust from the ground and scraps of the shirt.
    fn fly(&self, sheet: &mut Sheet, cast: &Cast, camera: &Camera, time: f32) {
        for puff in &self.dust {
            let Some(seen) = puff.seen(time) else { continue };
            let ink = Ink(0xb8_b0a4, 0.30 * (1.0 - seen.age) * smoothstep(0.0, 0.1, seen.age));
            sheet.spot(camera.see(seen.at), puff.size * (0.6 + 1.6 * seen.age), ink);
        }
        for scrap in &self.scraps {
            let Some(seen) = scrap.seen(time) else { continue };
            // None covers the face.
            if measure(&cast.face, seen.at).length() < 1.7 {
                continue;
            }
            let (sin, cos) = seen.angle.sin_cos();
            let flip = (seen.angle * 1.6).sin().abs().max(0.15);
            let corner = |x: f32, y: f32| {
                camera.see(seen.at) + vec2(x * cos - y * sin * flip, x * sin + y * cos * flip) * scrap.size
            };
            let shape = [
                corner(-1.0, -0.6),
                corner(-0.1, -0.9),
                corner(0.9, -0.4),
                corner(0.6, 0.2),
                corner(1.0, 0.7),
                corner(-0.2, 0.5),
                corner(-0.8, 0.9),
            ];
            sheet.fill(&polygon(&shape), Ink(self.shirt, 1.0));
            sheet.fill(&polygon(&shape[..4]), Ink(0x00_0000, 0.22 * flip));
        }
    }

    /// The giant, as far as it has grown.
    fn lay(&self, frame: &mut Frame, cast: &Cast, camera: Camera, bent: &Bent, time: f32) {
        let turn = smoothstep(0.25, 1.5, time);
        let grown = grown(time);
        let torn = grown * 1.02;
        frame.lay(|p| {
            let (seen, q, own) = bent.shown(cast, Self::from(cast, camera.back(p), grown));
            let green = cast.near_figure(q, |q| self.green.sample(q.x, q.y));
            if own[3] + green[3] <= 0.0 {
                return own;
            }
            let tear = self.tears.sample(q.x, q.y);
            let bare = if tear < 0.1 { turn } else { smoothstep(tear + 0.01, tear + 0.03, torn) };
            let rim = if tear < 0.1 { 0.0 } else { (-((tear + 0.02 - torn) / 0.035).powi(2)).exp() };
            let mut light: Light = std::array::from_fn(|c| mix(own[c], green[c], bare));
            (0..3).for_each(|c| light[c] *= 1.0 - 0.6 * rim);
            bent.over(&seen, light, [0.8, 0.95, 0.7])
        });
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
        let wide = 1.0
            + grown * (0.10 + 0.48 * shoulders * mix(1.0, 0.34, smoothstep(chest, waist + 0.3 * unit, y)));
        let x = body.head.x + (p.x - body.head.x) / wide;
        let mut q = vec2(x, y);
        // Arms swell around their bones.
        for (side, arm) in body.arms.iter().enumerate() {
            for (from, to, gain) in [(arm.shoulder, arm.elbow, 0.34), (arm.elbow, arm.wrist, 0.26)] {
                let (distance, t) = to_segment(q, from, to);
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
            ..Expression::default()
        }
        .bent(cast);
        self.lay(frame, cast, camera, &bent, time);
        let mut sheet = Sheet::new(cast.size);
        self.fly(&mut sheet, cast, &camera, time);
        frame.over(&sheet);
        frame.vignette(0.4 * grown);
        frame.each(|_, rgb| std::array::from_fn(|c| rgb[c] + 0.10 * jolt * glow[c]));
    }
}
