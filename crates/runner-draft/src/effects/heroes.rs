//! Four transformations: a costume spreads over the body from the chest, with sparks along its seam, and the place
//! changes with it. What the costumes look like is in [`super::wardrobe`].

use std::f32::consts::{PI, TAU};

use crate::colour::Rgb;
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::costume::Wipe;
use crate::effects::draw::{Ink, Pose, Sheet, blob, curve, ellipse, line, polygon};
use crate::effects::frame::{Frame, Haze, Light, hex};
use crate::effects::motion::{Dice, Particle, hit, noise, shake};
use crate::effects::scenery::{clouds, shafts, sky, skyline};
use crate::effects::wardrobe;
use crate::eyes::body::sign;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

/// Who somebody turns into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hero {
    Spider,
    Bat,
    Iron,
    Super,
}

/// A prepared transformation.
pub(super) struct Transformation {
    hero: Hero,
    seed: u64,
    suit: Grid<Light>,
    skyline: Option<Grid<Light>>,
    wipe: Wipe,
    sparks: Vec<Particle>,
}

/// Seconds in which the costume spreads.
const CHANGE: (f32, f32) = (0.35, 1.75);

impl Hero {
    /// Colour of the seam and its sparks.
    fn glow(self) -> u32 {
        match self {
            Self::Spider => 0xff_4040,
            Self::Bat => 0x6a_8cff,
            Self::Iron => 0xff_a030,
            Self::Super => 0xff_e060,
        }
    }
}

impl Transformation {
    pub(super) fn new(hero: Hero, cast: &Cast, seed: u64) -> Self {
        let suit = match hero {
            Hero::Spider => wardrobe::spider(cast),
            Hero::Bat => wardrobe::bat(cast),
            Hero::Iron => wardrobe::iron(cast),
            Hero::Super => wardrobe::caped(cast),
        };
        let skyline = match hero {
            Hero::Spider => Some(skyline(cast, seed, 0x24_2038, 0xff_d890)),
            Hero::Bat => Some(skyline(cast, seed, 0x05_070d, 0xff_c860)),
            Hero::Iron | Hero::Super => None,
        };
        let wipe = Wipe::over(cast, CHANGE.0, CHANGE.1);
        let mut dice = Dice::new(seed, 51);
        let unit = cast.unit();
        let spark = |_| {
            let born = dice.range(CHANGE.0 + 0.1, CHANGE.1 - 0.1);
            let turn = dice.unit();
            Particle {
                born,
                life: dice.range(0.3, 0.8),
                from: wipe.seam(turn, born) + dice.direction(0.0, 0.1 * unit),
                speed: Vec2::hanging(turn * TAU) * (dice.range(0.3, 2.4) * unit) + dice.direction(0.0, unit),
                pull: vec2(0.0, 1.5 * unit),
                drag: 1.5,
                size: dice.range(0.008, 0.022) * unit,
                turn: [0.0; 2],
                kind: dice.unit(),
            }
        };
        let sparks = (0..320).map(spark).collect();
        Self { hero, seed, suit, skyline, wipe, sparks }
    }

    fn backdrop(&self, p: Vec2, shape: f32, time: f32) -> Rgb {
        match self.hero {
            Hero::Spider => {
                let base = sky(p.y, [0x2a_2f6a, 0xd0_6a6a, 0xff_c27a]);
                let cloud = 0.35 * clouds(p, 0.05 * time);
                std::array::from_fn(|c| mix(base[c], hex(0xff_b090)[c], cloud))
            }
            Hero::Bat => {
                let base = sky(p.y, [0x05_0a18, 0x10_1c38, 0x28_3450]);
                let moon = vec2(p.x - 0.76, (p.y - 0.16) * shape).length();
                let disc = smoothstep(0.125, 0.12, moon) * (0.85 + 0.15 * noise(p.x * 30.0, p.y * 30.0));
                let halo = 0.25 * (-moon * 5.0).exp();
                let cloud = clouds(p, 0.1 * time);
                std::array::from_fn(|c| {
                    let light = base[c] + hex(0xc8_d6ff)[c] * (disc * 0.9 * (1.0 - 0.7 * cloud) + halo);
                    mix(light, hex(0x1c_2748)[c], 0.5 * cloud)
                })
            }
            Hero::Iron => {
                let base = sky(p.y, [0x06_0a12, 0x10_1a26, 0x1c_1410]);
                let beam = shafts(p, vec2(0.5, -0.2), time) * 0.5;
                std::array::from_fn(|c| base[c] + beam * hex(0xff_8a30)[c] * 0.25)
            }
            Hero::Super => {
                let base = sky(p.y, [0x1f_66c8, 0x6a_b4f0, 0xe4_f0ff]);
                let cloud = clouds(p, 0.25 * time).max(clouds(vec2(p.x * 0.6 + 3.0, p.y * 0.8), 0.12 * time));
                let beam = shafts(p, vec2(0.15, -0.25), time) * 0.35;
                std::array::from_fn(|c| mix(base[c], 1.0, 0.85 * cloud) + beam * hex(0xff_f0c0)[c] * 0.6)
            }
        }
    }

    /// What moves behind the person.
    fn behind(&self, frame: &mut Frame, cast: &Cast, camera: &Camera, time: f32, share: f32) {
        let mut sheet = Sheet::new(cast.size);
        let (w, h) = (cast.width(), cast.height());
        match self.hero {
            Hero::Spider => {
                let mut dice = Dice::new(self.seed, 61);
                for i in 0..7 {
                    let shot = smoothstep(0.9 + 0.16 * i as f32, 1.15 + 0.16 * i as f32, time);
                    let from = camera.see(cast.body.arms[i % 2].wrist.lerp(cast.face.middle(), 0.2));
                    let to = vec2(dice.range(-0.1, 1.1) * w, dice.range(-0.1, 0.25) * h);
                    strand(&mut sheet, from, from.lerp(to, shot), w * 0.004, share * shot.min(1.0));
                }
            }
            Hero::Bat => bats(&mut sheet, cast, self.seed, time, share),
            Hero::Iron => rings(&mut sheet, cast, camera, time, share),
            Hero::Super => {}
        }
        if self.hero == Hero::Iron {
            frame.shine(&sheet, 0.8, 20.0, 0.5);
        } else {
            frame.over(&sheet);
        }
        let colour = match self.hero {
            Hero::Bat => Some([0x10_1218, 0x2c_3040]),
            Hero::Super => Some([0xa0_0c12, 0xe0_2a24]),
            _ => None,
        };
        if let Some(colour) = colour {
            let mut sheet = Sheet::new(cast.size);
            let grown = smoothstep(CHANGE.0 + 0.35, CHANGE.1 + 0.2, time);
            if grown > 0.0 {
                cape(&mut sheet, cast, camera, time, grown, colour, self.hero == Hero::Bat);
            }
            frame.over(&sheet);
        }
    }

    fn before(&self, frame: &mut Frame, cast: &Cast, camera: &Camera, time: f32) {
        let mut sheet = Sheet::new(cast.size);
        let glow = self.hero.glow();
        for spark in &self.sparks {
            let Some(seen) = spark.seen(time) else { continue };
            let at = camera.see(seen.at);
            let ink = Ink(if spark.kind < 0.3 { 0xff_ffff } else { glow }, (1.0 - seen.age).powf(0.7));
            sheet.stroke(&line(&[at, at - seen.speed * 0.035]), spark.size * camera.zoom, ink);
        }
        if self.hero == Hero::Iron {
            let on = smoothstep(1.75, 1.95, time)
                * (1.0 - 0.5 * hit(time, 1.85, 0.1))
                * (0.9 + 0.1 * (time * 40.0).sin());
            for (place, radius) in wardrobe::lamps(cast) {
                sheet.spot(camera.see(place), radius * camera.zoom, Ink(0xe8_fbff, on));
            }
            frame.shine(&sheet, 1.6, 30.0, 2.6);
        } else {
            frame.shine(&sheet, 1.3, 14.0, 1.2);
        }
    }
}

impl Act for Transformation {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let there = smoothstep(0.6, 1.7, time);
        let rise =
            if self.hero == Hero::Super { smoothstep(1.7, 3.0, time) * 0.05 * cast.height() } else { 0.0 };
        let float = if cast.portrait() { 0.15 } else { 1.0 };
        let sway =
            if self.hero == Hero::Super { (time * 2.2).sin() * 0.006 * cast.height() * there } else { 0.0 };
        let camera = Camera {
            zoom: 1.0 + 0.07 * smoothstep(0.2, 3.0, time),
            shift: vec2(0.0, -(rise + sway) * float)
                + shake(time, 14.0, 0.006 * cast.width() * hit(time, CHANGE.1 - 0.1, 0.5)),
            ..Camera::at(vec2(cast.body.head.x, cast.face.chin().y))
        };
        let (w, h) = (cast.width(), cast.height());
        let far = camera.depth(0.4);
        let scene = Haze::new(cast.size, |q| self.backdrop(q, h / w, time));
        frame.each(|p, _| {
            let plate = cast.plate_at(far.back(p));
            let scene = scene.at(p);
            std::array::from_fn(|c| mix(plate[c], scene[c], there))
        });
        if let Some(skyline) = &self.skyline {
            let drop = (1.0 - there) * 0.25 * h;
            frame.lay(|p| {
                let q = far.back(p);
                skyline.sample(q.x, (q.y - drop).max(0.0)).map(|c| c * there)
            });
        }
        self.behind(frame, cast, &camera, time, there);
        let seam = hex(self.hero.glow());
        let dusk: Rgb = match self.hero {
            Hero::Spider => [1.0, 0.82, 0.78],
            Hero::Bat => [0.62, 0.72, 0.95],
            Hero::Iron => [0.9, 0.85, 0.8],
            Hero::Super => [1.0, 1.0, 1.0],
        };
        frame.lay(|p| {
            let q = camera.back(p);
            let (own, suit) = (cast.figure_at(q), cast.near_figure(q, |q| self.suit.sample(q.x, q.y)));
            if own[3] + suit[3] <= 0.0 {
                return own;
            }
            let (new, edge) = self.wipe.at(q, time);
            let mut light: Light = std::array::from_fn(|c| mix(own[c], suit[c], new));
            for c in 0..3 {
                light[c] = light[c] * mix(1.0, dusk[c], there) + edge * seam[c] * 1.6 * own[3].max(suit[3]);
            }
            light
        });
        self.before(frame, cast, &camera, time);
        let flash = hit(time, CHANGE.1 - 0.1, 0.35) * 0.5;
        let middle = cast.middle();
        frame.each(|p, rgb| {
            let edge = 1.0 - 0.35 * there * ((p - middle).length() / middle.length()).powi(2);
            std::array::from_fn(|c| rgb[c] * edge + flash * seam[c])
        });
    }
}

/// A thread with a net of short ones around its end.
fn strand(sheet: &mut Sheet, from: Vec2, to: Vec2, wide: f32, share: f32) {
    let ink = Ink(0xf4_f6ff, 0.9 * share);
    sheet.stroke(&line(&[from, to]), wide, ink);
    let along = (to - from).unit();
    let length = (to - from).length();
    for i in 0..3 {
        let middle = from + along * (length * (0.3 + 0.2 * i as f32));
        let bow = [
            middle,
            middle + along * (length * 0.1) + along.turned() * (wide * 5.0),
            middle + along * (length * 0.2),
        ];
        sheet.stroke(&curve(&bow), wide * 0.5, ink.times(0.7));
    }
}

/// A swarm that comes out of the distance.
fn bats(sheet: &mut Sheet, cast: &Cast, seed: u64, time: f32, share: f32) {
    let mut dice = Dice::new(seed, 62);
    let (w, h) = (cast.width(), cast.height());
    for _ in 0..18 {
        let (start, speed) =
            (vec2(dice.range(0.4, 1.0) * w, dice.range(0.02, 0.4) * h), dice.range(0.12, 0.42));
        let (phase, size) = (dice.range(0.0, TAU), dice.range(0.02, 0.055) * w);
        let at = start
            + vec2(
                -speed * w * (time - 0.8),
                -0.09 * h * (time - 0.8) + 0.02 * h * (time * 4.0 + phase).sin(),
            );
        let flap = (time * 16.0 + phase).sin() * 0.5;
        let pose = Pose { at, scale: size, angle: 0.12 * (time * 3.0 + phase).sin(), flip: false };
        let wing = |s: f32| {
            pose.all(&[
                (0.0, -0.05),
                (s * 0.4, -0.32 - flap * 0.5),
                (s * 1.0, -0.12 - flap),
                (s * 0.75, 0.12 - flap * 0.5),
                (s * 0.5, 0.05 - flap * 0.3),
                (s * 0.3, 0.2),
                (0.0, 0.16),
            ])
        };
        for s in [-1.0, 1.0] {
            sheet.fill(&polygon(&wing(s)), Ink(0x04_0508, 0.95 * share));
        }
        sheet.fill(&ellipse(at, vec2(0.11, 0.2) * size, 0.0), Ink(0x04_0508, share));
    }
}

/// Circles of a machine's view that turn against each other.
fn rings(sheet: &mut Sheet, cast: &Cast, camera: &Camera, time: f32, share: f32) {
    let centre = camera.see(vec2(cast.body.head.x, mix(cast.face.middle().y, cast.body.shoulder(), 0.5)));
    let reach = 0.42 * cast.width().min(cast.height());
    for (i, (radius, speed, parts)) in
        [(1.0, 0.7, 5), (0.86, -1.1, 8), (1.14, 0.4, 3), (1.25, -0.3, 24)].iter().enumerate()
    {
        let n = *parts;
        for part in 0..n {
            let from = time * speed + part as f32 * TAU / n as f32;
            let long = TAU / n as f32 * if i == 3 { 0.2 } else { 0.66 };
            let arc: Vec<Vec2> = (0..9)
                .map(|j| centre + Vec2::hanging(from + long * j as f32 / 8.0) * (reach * radius))
                .collect();
            sheet.stroke(
                &curve(&arc),
                reach * if i == 0 { 0.018 } else { 0.009 },
                Ink(0x40_c8ff, 0.7 * share),
            );
        }
    }
    for i in 0..9 {
        let y = cast.height() * (0.08 + 0.1 * i as f32);
        let long = cast.width() * (0.05 + 0.06 * noise(i as f32, time * 3.0));
        let x = if i % 2 == 0 { 0.04 * cast.width() } else { 0.96 * cast.width() - long };
        sheet.stroke(&line(&[vec2(x, y), vec2(x + long, y)]), reach * 0.012, Ink(0xff_9030, 0.5 * share));
    }
}

/// A cape that hangs from the shoulders behind the body and moves in the wind; `torn` gives it a scalloped end.
fn cape(
    sheet: &mut Sheet,
    cast: &Cast,
    camera: &Camera,
    time: f32,
    grown: f32,
    [dark, light]: [u32; 2],
    torn: bool,
) {
    let (body, unit) = (&cast.body, cast.unit());
    let end = mix(body.shoulder(), body.level(if torn { 6.9 } else { 6.2 }), grown);
    let wind = |t: f32, lag: f32| (time * 3.4 - 3.2 * t + lag).sin() * 0.30 * t * unit + 0.35 * t * t * unit;
    let edge = |side: usize, t: f32| {
        let tip = body.tips[side] + vec2(-sign(side) * 0.12 * unit, -0.03 * unit);
        let out = sign(side) * unit * (0.30 * t.sqrt() + 1.0 * t * grown);
        camera.see(vec2(
            tip.x + out + wind(t, side as f32),
            mix(tip.y, end, t) + 0.1 * unit * (time * 3.0 + t * 4.0).sin() * t,
        ))
    };
    let rows: Vec<f32> = (0..=8).map(|i| i as f32 / 8.0).collect();
    let mut outline: Vec<Vec2> = rows.iter().map(|t| edge(0, *t)).collect();
    let (left, right) = (edge(0, 1.0), edge(1, 1.0));
    for i in 1..10 {
        let u = i as f32 / 10.0;
        let up =
            if torn { 0.34 * ((u * 5.0).fract() * PI).sin() } else { 0.07 * (u * 17.0 + time * 4.0).sin() };
        outline.push(left.lerp(right, u) - vec2(0.0, up * unit * camera.zoom));
    }
    outline.extend(rows.iter().rev().map(|t| edge(1, *t)));
    let shape = if torn { polygon(&outline) } else { blob(&outline) };
    let (top, foot) = (camera.see(body.tips[0]), camera.see(vec2(body.head.x, end)));
    sheet.blend(&shape, (top, Ink(dark, 1.0)), (foot, Ink(light, 1.0)));
    for i in 1..9 {
        let u = i as f32 / 9.0;
        let fold: Vec<Vec2> = rows[1..8]
            .iter()
            .map(|t| edge(0, *t).lerp(edge(1, *t), u + 0.02 * (time * 3.0 + t * 6.0 + u * 9.0).sin()))
            .collect();
        let ink = if i % 2 == 0 { Ink(0x00_0000, 0.30) } else { Ink(0xff_ffff, 0.07) };
        sheet.stroke(&curve(&fold), 0.10 * unit * camera.zoom, ink);
    }
}
