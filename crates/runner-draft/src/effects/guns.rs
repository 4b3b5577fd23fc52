//! Shots from two prop pistols: the arms go up, then flashes, recoil, shells, smoke. Where the arms are not to be seen,
//! hands with pistols come in from below.

use std::f32::consts::{PI, TAU};

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::bodies::packed;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Pose, Sheet, blob, ellipse, line, polygon};
use crate::effects::frame::{Frame, hex};
use crate::effects::motion::{Dice, Particle, hit, shake, spring};
use crate::effects::puppet::{Posed, Puppet, Reach};
use crate::eyes::body::{SIDES, sign};
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// Two pistols, their shots, and what they throw out.
pub(super) struct GunShooting {
    seed: u64,
    stance: Stance,
    scale: f32,
    skin: Rgb,
    sleeve: Rgb,
    shells: Vec<Particle>,
    smoke: Vec<Particle>,
}

/// Who holds the pistols.
enum Stance {
    /// The person's own arms, moved to there.
    Raised(Box<Puppet>, [Reach; 2]),
    /// Drawn hands at these places.
    Drawn([Vec2; 2]),
}

/// Seconds of the shots; they change sides.
const SHOTS: [f32; 9] = [0.95, 1.15, 1.35, 1.55, 1.72, 1.9, 2.1, 2.35, 2.55];

/// The end of the barrel, and where shells come out, in the pistol's own measure.
const MUZZLE: Vec2 = vec2(0.70, -0.19);
const PORT: Vec2 = vec2(0.1, -0.3);

/// Outlines of a pistol that points right, and their colours: grip, frame, barrel.
const FRAME: [(&[(f32, f32)], u32); 3] = [
    (&[(-0.36, -0.08), (-0.06, -0.06), (-0.16, 0.44), (-0.46, 0.42)], 0x20_1612),
    (&[(-0.36, -0.12), (0.50, -0.12), (0.48, -0.01), (0.02, 0.01), (-0.05, 0.03), (-0.36, 0.0)], 0x26_282e),
    (&[(0.2, -0.25), (0.68, -0.25), (0.68, -0.14), (0.2, -0.14)], 0x50_545c),
];
/// What slides back with every shot, with the sight on it.
const SLIDE: [(f32, f32); 8] = [
    (-0.40, -0.30),
    (0.56, -0.31),
    (0.60, -0.36),
    (0.62, -0.31),
    (0.64, -0.31),
    (0.66, -0.27),
    (0.66, -0.11),
    (-0.40, -0.11),
];

/// Arms stretched to both sides, and raised with bent elbows where the picture is too narrow for that.
const STRETCHED: Reach = Reach { upper: 1.40, fore: 1.62 };
const BENT: Reach = Reach { upper: 0.62, fore: 2.35 };
/// How long raised arms look, of hanging ones: they come a little towards the viewer.
const RAISED_LENGTH: f32 = 0.9;
/// The middle of the palm, in the pistol's own measure.
const PALM: Vec2 = vec2(-0.27, 0.16);

/// How a pistol is held by an arm of these joints, lifted by `lift` radians above the horizon.
fn held(joints: [Vec2; 4], side: usize, lift: f32, scale: f32) -> Pose {
    let [_, _, wrist, hand] = joints;
    let pose = Pose { at: vec2(0.0, 0.0), scale, angle: -sign(side) * lift, flip: side == 0 };
    Pose { at: wrist.lerp(hand, 0.45) - pose.out(PALM), ..pose }
}

/// The widest stance whose muzzles stay in the picture.
fn aim(cast: &Cast, puppet: &Puppet, scale: f32) -> [Reach; 2] {
    let narrow = |side: usize| {
        let fits = |share: &f32| {
            let joints = puppet.joints(side, STRETCHED.lerp(BENT, *share), RAISED_LENGTH);
            let muzzle = held(joints, side, 0.1, scale).out(MUZZLE);
            (0.03 * cast.width()..0.97 * cast.width()).contains(&muzzle.x)
        };
        (0..10).map(|i| i as f32 * 0.1).find(fits).unwrap_or(1.0)
    };
    let share = narrow(0).max(narrow(1));
    [STRETCHED.lerp(BENT, share); 2]
}

impl GunShooting {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let (body, unit) = (&cast.body, cast.unit());
        let (stance, scale) = if let Some(puppet) = Puppet::new(cast) {
            let scale = 0.78 * unit;
            let goal = aim(cast, &puppet, scale);
            (Stance::Raised(Box::new(puppet), goal), scale)
        } else {
            // Raised beside the head.
            let at = |side: usize| {
                let x = cast.face.middle().x + sign(side) * 1.02 * unit;
                vec2(x.clamp(0.11 * cast.width(), 0.89 * cast.width()), cast.height() - 0.42 * unit)
            };
            (Stance::Drawn(SIDES.map(at)), 0.62 * unit)
        };
        let face = cast.face.at(0.0, 0.6);
        let palm = cast.body.arms[0].wrist.lerp(cast.body.arms[0].hand, 0.3);
        let from = if matches!(stance, Stance::Raised(..)) { palm } else { face };
        let skin = cast.picture.sample(from.x, from.y);
        let chest = vec2(body.head.x, (body.shoulder() + 0.6 * unit).min(cast.height() - 4.0));
        let sleeve = cast.picture.sample(chest.x, chest.y);
        let mut act = Self { seed, stance, scale, skin, sleeve, shells: Vec::new(), smoke: Vec::new() };
        let mut dice = Dice::new(seed, 101);
        for (i, born) in SHOTS.iter().enumerate() {
            let side = i % 2;
            let pose = act.pose(side, *born, 0.0);
            let s = sign(side);
            act.shells.push(Particle {
                born: *born + 0.02,
                life: 1.4,
                from: pose.out(PORT),
                speed: vec2(-s * dice.range(0.8, 1.6), dice.range(-3.4, -2.6)) * unit,
                pull: vec2(0.0, 8.5 * unit),
                drag: 0.0,
                size: 0.062 * act.scale,
                turn: [dice.range(0.0, TAU), dice.range(12.0, 22.0)],
                kind: dice.unit(),
            });
            for _ in 0..5 {
                act.smoke.push(Particle {
                    born: *born + dice.range(0.0, 0.08),
                    life: dice.range(0.7, 1.3),
                    from: pose.out(MUZZLE),
                    speed: (pose.out(vec2(2.0, -0.19)) - pose.out(MUZZLE)) * dice.range(0.3, 1.4)
                        + dice.direction(0.0, 0.25 * unit),
                    pull: vec2(0.0, -0.9 * unit),
                    drag: 3.2,
                    size: dice.range(0.10, 0.2) * act.scale,
                    turn: [0.0; 2],
                    kind: dice.unit(),
                });
            }
        }
        act
    }

    /// How far the arms have come up.
    fn up(time: f32) -> f32 {
        spring(time, 0.2, 0.85).clamp(0.0, 1.2)
    }

    /// Where an arm of the person points, with `kick` of the recoil.
    fn reach(puppet: &Puppet, goal: &[Reach; 2], side: usize, time: f32, kick: f32) -> Reach {
        let mut reach = puppet.rest(side).lerp(goal[side], Self::up(time));
        (reach.upper, reach.fore) = (reach.upper + 0.06 * kick, reach.fore + 0.20 * kick);
        reach
    }

    /// The person with raised arms; none before they move, or where they cannot.
    fn posed(&self, time: f32, kicks: [f32; 2]) -> Option<Posed<'_>> {
        match &self.stance {
            Stance::Raised(puppet, goal) if time > 0.2 => {
                let up = Self::up(time).min(1.0);
                let reaches = SIDES.map(|side| Self::reach(puppet, goal, side, time, kicks[side]));
                Some(puppet.posed(reaches, mix(1.0, RAISED_LENGTH, up), 1.0 - smoothstep(0.2, 0.5, up)))
            }
            _ => None,
        }
    }

    /// Where a pistol is, with `kick` of its recoil.
    fn pose(&self, side: usize, time: f32, kick: f32) -> Pose {
        let (s, up) = (sign(side), Self::up(time));
        match &self.stance {
            Stance::Raised(puppet, goal) => {
                let reach = Self::reach(puppet, goal, side, time, kick);
                let joints = puppet.joints(side, reach, mix(1.0, RAISED_LENGTH, up.min(1.0)));
                let aimed = 0.3 * (goal[side].fore - 0.5 * PI).max(0.0);
                held(joints, side, mix(-1.3, aimed, up) + 0.40 * kick, self.scale)
            }
            Stance::Drawn(hands) => {
                let below = vec2(0.0, 1.8 * self.scale * (1.0 - up));
                let back = vec2(-s * 0.10, -0.03) * (kick * self.scale);
                let lift = 0.95 + 0.42 * kick;
                Pose { at: hands[side] + below + back, scale: self.scale, angle: -s * lift, flip: side == 0 }
            }
        }
    }

    /// What a shot of one side leaves behind for `length` seconds.
    fn after(side: usize, time: f32, length: f32) -> f32 {
        let shots = SHOTS.iter().enumerate().filter(|(i, _)| i % 2 == side);
        shots.map(|(_, at)| hit(time, *at, length)).fold(0.0, f32::max)
    }

    fn pistol(&self, sheet: &mut Sheet, pose: &Pose, slide: f32) {
        let map = |points: &[(f32, f32)]| pose.all(points);
        let unit = pose.scale;
        if let Stance::Drawn(_) = self.stance {
            let arm =
                map(&[(-0.50, 0.10), (-0.10, 0.22), (-0.42, 0.75), (-0.85, 1.6), (-1.35, 1.4), (-0.80, 0.5)]);
            sheet.blend(
                &blob(&arm),
                (pose.out(vec2(-0.5, 0.4)), Ink(packed(self.sleeve.map(|c| c * 1.05)), 1.0)),
                (pose.out(vec2(-0.3, 1.0)), Ink(packed(self.sleeve.map(|c| c * 0.55)), 1.0)),
            );
        }
        let hand = [(-0.56, 0.02), (-0.36, -0.08), (-0.10, 0.0), (-0.08, 0.26), (-0.26, 0.44), (-0.52, 0.34)];
        sheet.blend(
            &blob(&map(&hand)),
            (pose.out(vec2(-0.3, -0.1)), Ink(packed(self.skin), 1.0)),
            (pose.out(vec2(-0.35, 0.45)), Ink(packed(self.skin.map(|c| c * 0.55)), 1.0)),
        );
        for (points, colour) in FRAME {
            sheet.fill(&polygon(&map(points)), Ink(colour, 1.0));
        }
        let guard = ellipse(pose.out(vec2(0.06, 0.08)), vec2(0.11, 0.09) * unit, 0.0);
        sheet.stroke(&guard, 0.03 * unit, Ink(0x26_282e, 1.0));
        sheet.stroke(&line(&map(&[(0.05, 0.0), (0.03, 0.11)])), 0.03 * unit, Ink(0x50_545c, 1.0));
        let x = -0.13 * slide;
        let top = SLIDE.map(|(at, y)| pose.out(vec2(at + x, y)));
        let (upper, lower) = (pose.out(vec2(0.0, -0.32)), pose.out(vec2(0.0, -0.10)));
        sheet.blend(&polygon(&top), (upper, Ink(0x8a_9099, 1.0)), (lower, Ink(0x2c_3036, 1.0)));
        for i in 0..5 {
            let at = -0.36 + x + 0.045 * i as f32;
            sheet.stroke(&line(&map(&[(at, -0.28), (at + 0.01, -0.14)])), 0.016 * unit, Ink(0x1a_1c20, 0.8));
        }
        self.fingers(sheet, pose);
    }

    fn fingers(&self, sheet: &mut Sheet, pose: &Pose) {
        let unit = pose.scale;
        for i in 0..3 {
            let at = pose.out(vec2(-0.17 - 0.03 * i as f32, 0.09 + 0.115 * i as f32));
            sheet.fill(
                &ellipse(at, vec2(0.19, 0.068) * unit, pose.angle),
                Ink(packed(self.skin.map(|c| c * 0.85)), 1.0),
            );
            sheet.stroke(
                &ellipse(at, vec2(0.19, 0.068) * unit, pose.angle),
                0.014 * unit,
                Ink(packed(self.skin.map(|c| c * 0.35)), 0.6),
            );
        }
        sheet.fill(
            &ellipse(pose.out(vec2(0.0, -0.02)), vec2(0.15, 0.05) * unit, pose.angle),
            Ink(packed(self.skin), 1.0),
        );
    }

    /// Smoke and shells.
    fn litter(&self, sheet: &mut Sheet, camera: &Camera, time: f32) {
        for puff in &self.smoke {
            let Some(seen) = puff.seen(time) else { continue };
            let ink = Ink(0xc8_ccd0, 0.22 * (1.0 - seen.age) * smoothstep(0.0, 0.1, seen.age));
            sheet.spot(camera.see(seen.at), puff.size * (0.7 + 3.0 * seen.age), ink);
        }
        for shell in &self.shells {
            let Some(seen) = shell.seen(time) else { continue };
            let pose = Pose { at: camera.see(seen.at), scale: shell.size, angle: seen.angle, flip: false };
            sheet.fill(
                &polygon(&pose.all(&[(-1.0, -0.4), (1.0, -0.4), (1.0, 0.4), (-1.0, 0.4)])),
                Ink(0xd8_a238, 1.0),
            );
            sheet.fill(
                &polygon(&pose.all(&[(-1.0, -0.3), (1.0, -0.3), (1.0, -0.05), (-1.0, -0.05)])),
                Ink(0xff_f0b8, 0.9),
            );
        }
    }

    /// Flashes and the ways of bullets.
    fn fire(&self, shine: &mut Sheet, time: f32) {
        for (i, at) in SHOTS.iter().enumerate() {
            let age = time - at;
            if !(0.0..0.13).contains(&age) {
                continue;
            }
            let mut dice = Dice::new(self.seed, 110 + i as u64 * 7 + (time * 24.0) as u64);
            let side = i % 2;
            let pose = self.pose(side, time, Self::after(side, time, 0.2));
            let bright = 1.0 - age / 0.13;
            let star: Vec<Vec2> = (0..14)
                .map(|k| {
                    let turn = k as f32 * TAU / 14.0;
                    let ahead = 1.0 + 0.9 * turn.cos().max(0.0);
                    let reach = if k % 2 == 0 { dice.range(0.35, 0.62) * ahead } else { 0.14 };
                    pose.out(MUZZLE + vec2(turn.cos(), turn.sin()) * (reach * (0.6 + 0.4 * bright)))
                })
                .collect();
            shine.fill(&polygon(&star), Ink(0xff_b040, bright));
            shine.spot(pose.out(MUZZLE + vec2(0.15, 0.0)), 0.42 * pose.scale, Ink(0xff_f4d0, bright));
            let way = |t: f32| pose.out(MUZZLE + vec2(t, 0.0));
            let far = age / 0.13 * 6.0;
            shine.stroke(&line(&[way(far), way(far + 1.4)]), 0.02 * pose.scale, Ink(0xff_e0a0, bright));
        }
    }
}

impl Act for GunShooting {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let there = smoothstep(0.1, 0.9, time);
        let (w, h) = (cast.width(), cast.height());
        let jolt = SHOTS.iter().map(|at| hit(time, *at, 0.14)).fold(0.0, f32::max);
        let camera = Camera {
            zoom: 1.0 + 0.05 * smoothstep(0.0, 3.0, time),
            shift: shake(time, 26.0, 0.007 * w * jolt),
            ..Camera::at(vec2(cast.body.head.x, cast.face.chin().y))
        };
        let kicks = SIDES.map(|side| Self::after(side, time, 0.2));
        let muzzles = SIDES.map(|side| self.pose(side, time, kicks[side]).out(MUZZLE));
        let flash = SIDES.map(|side| Self::after(side, time, 0.10));
        let fire = hex(0xff_9a30);
        let reach = 2.2 * cast.unit();
        let lit = |p: Vec2| {
            let glow = |side: usize| flash[side] * (-(p - muzzles[side]).length() / reach).exp();
            glow(0) + glow(1)
        };
        frame.each(|p, _| {
            let q = camera.depth(0.6).back(p);
            let plate = cast.plate_at(q);
            let dark = mix(1.0, 0.20 + 0.12 * (1.0 - p.y / h), there);
            let teal = hex(0x5a_90a0);
            std::array::from_fn(|c| {
                plate[c] * dark * mix(1.0, 1.5 * teal[c] + 0.4, there) + 0.55 * lit(q) * fire[c]
            })
        });
        let posed = self.posed(time, kicks);
        frame.lay(|p| {
            let q = camera.back(p);
            let own = posed.as_ref().map_or_else(|| cast.figure_at(q), |posed| posed.at(q));
            if own[3] <= 0.0 {
                return own;
            }
            let lum = luminance([own[0], own[1], own[2]]);
            let shine = lit(q) * 2.4;
            let light: Rgb = std::array::from_fn(|c| {
                mix(own[c], own[c] * 0.62, there) + (0.5 * own[c] + 0.5 * lum) * fire[c] * shine
            });
            [light[0], light[1], light[2], own[3]]
        });
        let [mut sheet, mut shine] = [Sheet::new(cast.size), Sheet::new(cast.size)];
        if time > 0.2 {
            for side in SIDES {
                let mut pose = self.pose(side, time, kicks[side]);
                pose.at = camera.see(pose.at);
                let slide = Self::after(side, time, 0.09);
                self.pistol(&mut sheet, &pose, slide);
            }
        }
        self.litter(&mut sheet, &camera, time);
        frame.over(&sheet);
        self.fire(&mut shine, time);
        frame.shine(&shine, 1.5, 30.0, 2.2);
        frame.vignette(0.5 * there);
    }
}
