//! A car that crashes into a lamp post: impact, debris, smoke, and the lens cracks. Whole figures stand before it;
//! a portrait would hide it, so there it passes before the person.

use std::f32::consts::TAU;

use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Pose, Sheet, blob, curve, ellipse, line, polygon};
use crate::effects::frame::{Frame, hex};
use crate::effects::motion::{Dice, Particle, hit, noise, shake, spring};
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// The car's way, the post, and everything that flies.
pub(super) struct Crash {
    seed: u64,
    /// Half a car's length, the ground under it, and the place of the post.
    half: f32,
    ground: f32,
    post: f32,
    /// Whether car and post are nearer than the person.
    near: bool,
    debris: Vec<Particle>,
    smoke: Vec<Particle>,
    sparks: Vec<Particle>,
}

/// Second of the impact.
const IMPACT: f32 = 1.05;

/// The car from its side, pointing right, wheels at the height of 0; a unit is half its length.
const BODY: [(f32, f32); 14] = [
    (-1.0, 0.12),
    (-1.01, -0.10),
    (-0.95, -0.22),
    (-0.62, -0.27),
    (-0.40, -0.52),
    (-0.1, -0.57),
    (0.18, -0.54),
    (0.42, -0.28),
    (0.70, -0.23),
    (0.90, -0.16),
    (1.0, -0.06),
    (1.0, 0.10),
    (0.85, 0.14),
    (-0.85, 0.14),
];
const GLASS: [[(f32, f32); 4]; 2] = [
    [(-0.50, -0.28), (-0.36, -0.48), (-0.12, -0.515), (-0.12, -0.28)],
    [(-0.06, -0.28), (-0.06, -0.515), (0.14, -0.49), (0.33, -0.28)],
];
const BONNET: [(f32, f32); 5] = [(0.40, -0.29), (0.52, -0.50), (0.66, -0.52), (0.62, -0.34), (0.50, -0.26)];
/// Handle, headlight, tail light, bumper.
const FITTINGS: [([(f32, f32); 4], u32); 4] = [
    ([(-0.22, -0.19), (-0.14, -0.20), (-0.14, -0.17), (-0.22, -0.16)], 0x30_0406),
    ([(0.86, -0.14), (0.98, -0.08), (0.97, -0.02), (0.88, -0.05)], 0xff_f8e0),
    ([(-1.0, -0.16), (-0.94, -0.18), (-0.95, -0.08), (-1.01, -0.07)], 0xff_3a28),
    ([(0.86, 0.04), (1.02, 0.02), (1.02, 0.12), (0.86, 0.12)], 0x50_545a),
];

fn wheels(sheet: &mut Sheet, pose: &Pose, crush: f32, time: f32) {
    let spin = if time < IMPACT { time * 26.0 } else { IMPACT * 26.0 + (time - IMPACT) * 3.0 };
    for x in [-0.60, 0.60 - 0.12 * crush] {
        let hub = pose.out(vec2(x, -0.15));
        for (radius, colour) in [(0.185, 0x14_1416), (0.115, 0xb0_b4ba)] {
            sheet.fill(&ellipse(hub, vec2(radius, radius) * pose.scale, 0.0), Ink(colour, 1.0));
        }
        for i in 0..5 {
            let spoke = Vec2::hanging(spin + i as f32 * TAU / 5.0) * (0.11 * pose.scale);
            sheet.stroke(&line(&[hub, hub + spoke]), 0.022 * pose.scale, Ink(0x3a_3c40, 1.0));
        }
    }
}

/// The beam ahead; it flickers once the car is wrecked.
fn headlight(shine: &mut Sheet, lamp: Vec2, scale: f32, time: f32) {
    let broken = noise(time * 19.0, 2.0) < 0.45;
    let on = if time < IMPACT { 1.0 } else { f32::from(u8::from(!broken)) * 0.8 };
    let beam = [lamp, lamp + vec2(1.2, -0.10) * scale, lamp + vec2(1.2, 0.30) * scale];
    let ink = Ink(0xff_f0c0, 0.40 * on);
    shine.blend(&polygon(&beam), (lamp, ink), (lamp + vec2(1.2, 0.1) * scale, ink.times(0.0)));
    shine.spot(lamp, 0.16 * scale, Ink(0xff_f8e0, on));
}

impl Crash {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let (w, h, unit) = (cast.width(), cast.height(), cast.unit());
        let portrait = cast.portrait();
        let half = (0.62 * w).min(0.55 * h);
        let ground = if portrait { 0.985 * h } else { cast.body.sole.min(h) - 0.35 * unit };
        let post = 0.90 * w;
        let mut dice = Dice::new(seed, 121);
        let place = vec2(post - 0.05 * w, ground - 0.35 * half);
        let bit = |_| Particle {
            born: IMPACT + dice.range(0.0, 0.06),
            life: dice.range(1.0, 1.9),
            from: place + dice.direction(0.0, 0.12 * half),
            speed: vec2(dice.range(-1.6, 0.6), dice.range(-1.7, -0.2)) * w,
            pull: vec2(0.0, 2.2 * w),
            drag: 0.4,
            size: dice.range(0.006, 0.026) * w,
            turn: [dice.range(0.0, TAU), dice.range(-14.0, 14.0)],
            kind: dice.unit(),
        };
        let debris = (0..70).map(bit).collect();
        let puff = |i: usize| Particle {
            born: IMPACT + 0.02 * i as f32,
            life: dice.range(0.9, 1.6),
            from: place + dice.direction(0.0, 0.14 * half),
            speed: vec2(dice.range(-0.25, 0.15), dice.range(-0.5, -0.2)) * w,
            pull: vec2(0.0, -0.1 * w),
            drag: 1.2,
            size: dice.range(0.04, 0.09) * w,
            turn: [0.0; 2],
            kind: dice.unit(),
        };
        let smoke = (0..80).map(puff).collect();
        let spark = |_| Particle {
            born: IMPACT + dice.range(0.0, 0.15),
            life: dice.range(0.25, 0.7),
            from: place,
            speed: dice.direction(0.3, 1.6) * w,
            pull: vec2(0.0, 1.8 * w),
            drag: 1.0,
            size: dice.range(0.002, 0.005) * w,
            turn: [0.0; 2],
            kind: dice.unit(),
        };
        let sparks = (0..90).map(spark).collect();
        Self { seed, half, ground, post, near: portrait, debris, smoke, sparks }
    }

    /// The middle of the car, and how much of its front is crushed.
    fn car(&self, time: f32) -> (Vec2, f32, f32) {
        let rest = self.post - 0.64 * self.half;
        let t = time - IMPACT;
        let crush = spring(time, IMPACT, IMPACT + 0.25).clamp(0.0, 1.15);
        let x = if t < 0.0 {
            rest + 2.4 * self.half * t * (1.0 / (IMPACT - 0.25)) * 1.25
        } else {
            rest - 0.10 * self.half * smoothstep(0.0, 0.35, t) + 0.14 * self.half * hit(time, IMPACT, 0.15)
        };
        // The tail jumps.
        let pitch = 0.13 * (hit(time, IMPACT + 0.05, 0.45) * smoothstep(0.0, 0.12, t))
            - 0.02 * smoothstep(-0.4, 0.0, t) * smoothstep(0.1, 0.0, t);
        (vec2(x, self.ground), crush, pitch)
    }

    fn draw_car(&self, sheet: &mut Sheet, shine: &mut Sheet, camera: &Camera, time: f32) {
        let (at, crush, pitch) = self.car(time);
        let pose = Pose { at: camera.see(at), scale: self.half * camera.zoom, angle: pitch, flip: false };
        let bend = |points: &[(f32, f32)]| -> Vec<Vec2> {
            points
                .iter()
                .map(|&(x, y)| {
                    let front = (x - 0.36).max(0.0);
                    let x = x - 0.55 * front * crush;
                    let fold = 0.16 * crush * (front * 9.0).sin() * front;
                    pose.out(vec2(x, y - fold - 0.18 * crush * front * f32::from(u8::from(y < 0.0)) - 0.27))
                })
                .collect()
        };
        sheet.fill(
            &ellipse(pose.out(vec2(0.0, 0.02)), vec2(1.02, 0.05) * pose.scale, 0.0),
            Ink(0x00_0000, 0.45),
        );
        let high = |x: f32, y: f32| pose.out(vec2(x, y));
        let paint = [(high(0.0, -0.85), Ink(0xf0_4038, 1.0)), (high(0.0, -0.1), Ink(0x7a_0c10, 1.0))];
        sheet.blend(&blob(&bend(&BODY)), paint[0], paint[1]);
        for glass in GLASS {
            let sky = [(high(-0.3, -0.8), Ink(0xb8_d0dc, 1.0)), (high(0.2, -0.5), Ink(0x2a_3a44, 1.0))];
            sheet.blend(&polygon(&bend(&glass)), sky[0], sky[1]);
        }
        for (points, colour) in FITTINGS {
            sheet.fill(&polygon(&bend(&points)), Ink(colour, 1.0));
        }
        let door = bend(&[(-0.09, -0.27), (-0.09, 0.0), (-0.05, 0.12)]);
        sheet.stroke(&curve(&door), 0.008 * pose.scale, Ink(0x40_0608, 0.8));
        let gleam = bend(&[(-0.98, -0.13), (-0.4, -0.17), (0.3, -0.16), (0.97, -0.09)]);
        sheet.stroke(&curve(&gleam), 0.012 * pose.scale, Ink(0xff_a898, 0.6));
        if crush > 0.3 {
            self.wreck(sheet, &pose, &bend(&BONNET));
        }
        wheels(sheet, &pose, crush, time);
        headlight(shine, high(0.93 - 0.30 * crush, -0.34), pose.scale, time);
    }

    /// The bonnet stands up, the windscreen is starred.
    fn wreck(&self, sheet: &mut Sheet, pose: &Pose, bonnet: &[Vec2]) {
        let ends = [pose.out(vec2(0.4, -0.8)), pose.out(vec2(0.5, -0.5))];
        sheet.blend(&polygon(bonnet), (ends[0], Ink(0xff_6a5a, 1.0)), (ends[1], Ink(0x5a_080c, 1.0)));
        let star = pose.out(vec2(0.14, -0.66));
        let mut dice = Dice::new(self.seed, 131);
        for _ in 0..9 {
            let crack = line(&[star, star + dice.direction(0.05, 0.18) * pose.scale]);
            sheet.stroke(&crack, 0.006 * pose.scale, Ink(0xff_ffff, 0.9));
        }
    }

    /// Smoke, sparks and the flash of the impact.
    fn burn(&self, sheet: &mut Sheet, shine: &mut Sheet, back: &Camera, time: f32) {
        for puff in &self.smoke {
            let Some(seen) = puff.seen(time) else { continue };
            let ink = Ink(
                if puff.kind < 0.5 { 0x3a_3836 } else { 0x8a_8884 },
                0.30 * (1.0 - seen.age) * smoothstep(0.0, 0.15, seen.age),
            );
            sheet.spot(back.see(seen.at), puff.size * (0.7 + 1.6 * seen.age), ink);
        }
        for spark in &self.sparks {
            let Some(seen) = spark.seen(time) else { continue };
            let at = back.see(seen.at);
            shine.stroke(&line(&[at, at - seen.speed * 0.03]), spark.size, Ink(0xff_c060, 1.0 - seen.age));
        }
        shine.spot(
            vec2(self.post - 0.16 * self.half, self.ground - 0.3 * self.half),
            0.8 * self.half,
            Ink(0xff_a040, 0.9 * hit(time, IMPACT, 0.25)),
        );
    }

    /// Splinters of paint, tyre and glass.
    fn scatter(&self, sheet: &mut Sheet, camera: &Camera, time: f32) {
        for bit in &self.debris {
            let Some(seen) = bit.seen(time) else { continue };
            // Some come towards the camera and grow.
            let size = bit.size * (1.0 + if bit.kind > 0.6 { 2.2 * seen.age } else { 0.0 });
            let pose = Pose { at: camera.see(seen.at), scale: size, angle: seen.angle, flip: false };
            let flat = (seen.angle * 1.4).cos().abs().max(0.2);
            let shape =
                pose.all(&[(-1.0, -0.5 * flat), (0.3, -0.9 * flat), (1.0, 0.1 * flat), (0.1, 0.8 * flat)]);
            let ink = match (bit.kind * 5.0) as u32 {
                0 | 1 => Ink(0xc8_2a24, 1.0),
                2 => Ink(0x2a_2c30, 1.0),
                _ => Ink(0xd8_eef8, 0.75),
            };
            sheet.fill(&polygon(&shape), ink);
        }
    }

    fn draw_post(&self, sheet: &mut Sheet, camera: &Camera, cast: &Cast, time: f32) {
        let there = smoothstep(0.1, 0.45, time);
        let lean = 0.20 * spring(time, IMPACT, IMPACT + 0.5).clamp(0.0, 1.3);
        let foot = vec2(self.post, self.ground + 0.02 * cast.height());
        let pose =
            Pose { at: camera.see(foot), scale: cast.height() * camera.zoom, angle: lean, flip: false };
        let wide = 0.013;
        let pole = [(-wide, 0.0), (-wide * 0.7, -0.86), (wide * 0.7, -0.86), (wide, 0.0)];
        sheet.blend(
            &polygon(&pose.all(&pole)),
            (pose.out(vec2(-wide, 0.0)), Ink(0x8a_9098, there)),
            (pose.out(vec2(wide, 0.0)), Ink(0x3a_3e44, there)),
        );
        sheet.stroke(
            &curve(&pose.all(&[(0.0, -0.85), (-0.03, -0.90), (-0.11, -0.91)])),
            0.012 * pose.scale,
            Ink(0x5a_5e64, there),
        );
        sheet.fill(
            &blob(&pose.all(&[(-0.10, -0.925), (-0.17, -0.91), (-0.17, -0.895), (-0.10, -0.895)])),
            Ink(0xd8_dce0, there),
        );
        let block = [(-0.035, 0.02), (-0.028, -0.06), (0.028, -0.06), (0.035, 0.02)];
        let upright = Pose { angle: 0.0, ..pose };
        sheet.fill(&polygon(&upright.all(&block)), Ink(0x6a_6c70, there));
    }

    /// Cracks over the whole picture, from a blow at one place.
    fn cracks(&self, sheet: &mut Sheet, cast: &Cast, time: f32) {
        let age = time - IMPACT - 0.16;
        if age < 0.0 {
            return;
        }
        let (w, h) = (cast.width(), cast.height());
        let hub = vec2(0.30 * w, 0.30 * h);
        let grown = smoothstep(0.0, 0.10, age);
        let mut dice = Dice::new(self.seed, 141);
        let rays = 15;
        let mut ends: Vec<Vec<Vec2>> = Vec::new();
        for i in 0..rays {
            let turn = (i as f32 + dice.range(-0.3, 0.3)) * TAU / rays as f32;
            let reach = dice.range(0.35, 0.95) * w * grown;
            let steps: Vec<Vec2> = (0..7)
                .map(|k| hub + Vec2::hanging(turn + dice.range(-0.09, 0.09)) * (reach * k as f32 / 6.0))
                .collect();
            sheet.stroke(&line(&steps), 0.0035 * w, Ink(0xff_ffff, 0.75));
            let shadow: Vec<Vec2> = steps.iter().map(|p| *p + vec2(2.0, 2.0)).collect();
            sheet.stroke(&line(&shadow), 0.002 * w, Ink(0x00_0000, 0.5));
            ends.push(steps);
        }
        for i in 0..ends.len() {
            let next = &ends[(i + 1) % ends.len()];
            for k in [1, 2, 4] {
                if dice.unit() < 0.8 {
                    sheet.stroke(&line(&[ends[i][k], next[k]]), 0.0024 * w, Ink(0xff_ffff, 0.6));
                }
                if dice.unit() < 0.35 {
                    let shard = [ends[i][k], next[k], next[k + 1], ends[i][k + 1]];
                    sheet.fill(&polygon(&shard), Ink(0xff_ffff, 0.10));
                }
            }
        }
        sheet.spot(hub, 0.03 * w, Ink(0xff_ffff, 0.9));
    }
}

impl Crash {
    /// Post, car and what burns.
    fn lay_car(&self, frame: &mut Frame, cast: &Cast, camera: &Camera, time: f32) {
        let [mut sheet, mut shine] = [Sheet::new(cast.size), Sheet::new(cast.size)];
        self.draw_post(&mut sheet, camera, cast, time);
        if time > 0.0 {
            self.draw_car(&mut sheet, &mut shine, camera, time);
        }
        self.burn(&mut sheet, &mut shine, camera, time);
        frame.over(&sheet);
        frame.shine(&shine, 1.0, 26.0, 0.8);
    }

    /// The person, who starts back and is lit by the flash.
    fn lay_person(frame: &mut Frame, cast: &Cast, camera: &Camera, time: f32) {
        let there = smoothstep(0.1, 0.8, time);
        let blow = hit(time, IMPACT, 0.55);
        let duck =
            0.10 * cast.unit() * hit(time, IMPACT + 0.02, 0.8) * smoothstep(IMPACT, IMPACT + 0.1, time);
        let warm = hex(0xff_a050);
        frame.lay(|p| {
            let q = camera.back(p) - vec2(-0.4 * duck, duck);
            let own = cast.figure_at(q);
            let side = smoothstep(cast.body.head.x - cast.unit(), cast.body.head.x + cast.unit(), q.x);
            let lit = |c: usize| own[c] * mix(1.0, 0.78, there) * (1.0 + 1.6 * blow * side * warm[c]);
            [lit(0), lit(1), lit(2), own[3]]
        });
    }
}

impl Act for Crash {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let (w, h) = (cast.width(), cast.height());
        let blow = hit(time, IMPACT, 0.55);
        let camera = Camera {
            zoom: 1.0 + 0.03 * smoothstep(0.0, 1.0, time) + 0.05 * blow,
            shift: shake(time, 24.0, 0.028 * w * blow + 0.002 * w * smoothstep(0.5, IMPACT, time)),
            roll: 0.025 * blow * (time * 31.0).sin(),
            ..Camera::at(cast.middle())
        };
        let there = smoothstep(0.1, 0.8, time);
        let dusk = hex(0xb8_a898);
        let road = self.ground - 0.10 * self.half;
        frame.each(|p, _| {
            let q = camera.depth(0.6).back(p);
            let plate = cast.plate_at(q);
            let low = smoothstep(road - 0.08 * h, road, q.y);
            std::array::from_fn(|c| mix(plate[c], plate[c] * dusk[c] * mix(0.55, 0.30, low), there))
        });
        if self.near {
            Self::lay_person(frame, cast, &camera, time);
            self.lay_car(frame, cast, &camera.depth(1.15), time);
        } else {
            self.lay_car(frame, cast, &camera.depth(0.85), time);
            Self::lay_person(frame, cast, &camera, time);
        }
        let mut sheet = Sheet::new(cast.size);
        self.scatter(&mut sheet, &camera, time);
        self.cracks(&mut sheet, cast, time);
        frame.over(&sheet);
        frame.vignette(0.35 * there);
        let white = 0.7 * hit(time, IMPACT, 0.12);
        frame.each(|_, rgb| rgb.map(|c| c + white));
    }
}
