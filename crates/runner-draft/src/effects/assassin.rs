//! A hooded figure at dusk: cloak and hood close around the person, a blade comes up and catches the light.

use std::f32::consts::TAU;

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::costume::{Part, Tailor, Wipe};
use crate::effects::draw::{Ink, Pose, Sheet, blob, curve, ellipse, line, polygon};
use crate::effects::frame::{Frame, Haze, Light, hex, over};
use crate::effects::motion::{cloudy, spring};
use crate::effects::scenery::sky;
use crate::eyes::body::{SIDES, level, sign};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Blend, Grid};

/// Hood and cloak, behind the head and before it.
pub(super) struct Assassin {
    back: Grid<Light>,
    front: Grid<Light>,
    /// The person without the hair that the hood hides, the face in its shadow.
    hooded: Grid<Light>,
    wipe: Wipe,
    /// Light of the sky, and the sun's last.
    cold: Rgb,
    ember: Rgb,
}

/// What is the same all over a frame, or along a row.
struct Moment {
    time: f32,
    /// How far dusk has fallen, `0..=1`.
    there: f32,
    /// How far the cloak swings aside in each row of the picture, pixels.
    sway: Vec<f32>,
}

impl Moment {
    fn new(cast: &Cast, time: f32) -> Self {
        let (unit, top) = (cast.unit(), cast.body.shoulder());
        let sway = |y: usize| {
            let low = smoothstep(top, cast.height(), y as f32);
            (time * 3.1 + y as f32 / unit * 1.3).sin() * 0.06 * unit * low
        };
        Self { time, there: smoothstep(0.2, 1.3, time), sway: (0..cast.size[1]).map(sway).collect() }
    }
}

const CLOTH: [u32; 3] = [0x0e_1016, 0x1e_222c, 0x34_3a48];

/// Half the hood's outline and of its opening, in the face's measure.
const HOOD: [(f32, f32); 8] = [
    (0.0, -2.55),
    (0.55, -2.2),
    (1.15, -1.55),
    (1.62, -0.55),
    (1.80, 0.6),
    (1.75, 1.6),
    (1.95, 2.5),
    (1.2, 2.9),
];
const OPENING: [(f32, f32); 7] =
    [(0.0, -1.35), (0.62, -1.0), (0.98, -0.3), (1.05, 0.6), (0.92, 1.4), (0.62, 2.0), (0.0, 2.45)];

fn both(cast: &Cast, half: &[(f32, f32)]) -> Vec<Vec2> {
    let right = half.iter().map(|(x, y)| cast.face.at(*x, *y));
    let left = half.iter().rev().map(|(x, y)| cast.face.at(-x, *y));
    right.chain(left).collect()
}

impl Assassin {
    pub(super) fn new(cast: &Cast, _seed: u64) -> Self {
        let (face, e) = (&cast.face, cast.face.between());
        let mut back = Sheet::new(cast.size);
        back.blend(
            &blob(&both(cast, &HOOD)),
            (face.at(0.0, -2.0), Ink(CLOTH[1], 1.0)),
            (face.at(0.0, 2.0), Ink(0x04_0507, 1.0)),
        );
        let mut front = Sheet::new(cast.size);
        cloak(&mut front, cast);
        let rim = blob(&both(cast, &HOOD)).cut(blob(&both(cast, &OPENING)));
        front.blend(&rim, (face.at(-1.6, -1.2), Ink(CLOTH[2], 1.0)), (face.at(1.7, 1.6), Ink(CLOTH[0], 1.0)));
        for s in [-1.0, 1.0] {
            for (out, dark) in [(1.18, 0.5), (1.42, 0.35), (1.62, 0.25)] {
                let fold = [
                    face.at(0.0, -2.2 + (out - 1.0)),
                    face.at(s * out * 0.72, -1.35),
                    face.at(s * out, 0.0),
                    face.at(s * out, 1.4),
                    face.at(s * (out + 0.1), 2.4),
                ];
                front.stroke(&curve(&fold), 0.06 * e, Ink(0x00_0000, dark));
            }
            let edge: Vec<Vec2> = OPENING.iter().map(|(x, y)| face.at(s * x, *y)).collect();
            front.stroke(&curve(&edge), 0.07 * e, Ink(0x46_4e60, 0.8));
        }
        let tailor = Tailor::new(cast);
        let hooded = tailor.paint(|spot| {
            let own = cast.picture.sample(spot.at.x, spot.at.y);
            if spot.part != Part::Head && spot.part != Part::Neck {
                return (own.map(|c| c * 0.45), tailor.masked(spot));
            }
            // The hood's shadow lies over the eyes; mouth and chin catch what light there is.
            let deep = smoothstep(1.25, 0.25, spot.face.y + 0.25 * spot.face.x.powi(2));
            let side = smoothstep(1.0, 0.55, spot.face.x.abs());
            let lit = mix(0.75, 0.10, deep) * mix(0.45, 1.0, side);
            (own.map(|c| c * lit), tailor.masked(spot))
        });
        Self {
            back: back.layer(),
            front: front.layer(),
            hooded,
            wipe: Wipe::over(cast, 0.3, 1.35),
            cold: hex(0x9a_b0e0),
            ember: hex(0xff_8a48),
        }
    }

    /// The person in the cloak, of which `share` is there already.
    fn dressed(&self, cast: &Cast, now: &Moment, q: Vec2, (share, seam): (f32, f32)) -> Light {
        let sway = now.sway[(q.y.max(0.0) as usize).min(now.sway.len() - 1)];
        let cloth = self.front.sample(q.x + sway, q.y);
        // Under finished cloth nothing is seen of what it covers.
        let hooded = if cloth[3] < 1.0 { self.hooded.sample(q.x, q.y) } else { [0.0; 4] };
        let own = if share < 1.0 { cast.figure_at(q) } else { [0.0; 4] };
        if own[3] + hooded[3] + cloth[3] <= 0.0 {
            return [0.0; 4];
        }
        let dressed = over(hooded, cloth);
        let mut light: Light = std::array::from_fn(|c| mix(own[c], dressed[c], share));
        let lum = luminance([light[0], light[1], light[2]]);
        // The last sun on one edge, the sky on everything else.
        let left = q - vec2(0.05 * cast.unit(), 0.0);
        let covered = self.front.sample(left.x, left.y)[3];
        let edge = if covered < 1.0 { 1.0 - covered.max(cast.figure_at(left)[3]) } else { 0.0 };
        for c in 0..3 {
            let toned =
                mix(light[c], lum * self.cold[c], 0.45) * 0.85 + edge * self.ember[c] * 0.35 * light[3];
            light[c] = mix(light[c], toned, now.there) * (1.0 - 0.85 * seam);
        }
        light
    }

    /// The figure at a place of the picture: the hood's back, and the person in the cloak before it.
    fn figure(&self, cast: &Cast, now: &Moment, q: Vec2) -> Light {
        if !cast.near(q) {
            return [0.0; 4];
        }
        let (share, seam) = self.wipe.at(q, now.time);
        let person = self.dressed(cast, now, q, (share, seam));
        if person[3] >= 1.0 { person } else { over(self.back.sample(q.x, q.y).map(|c| c * share), person) }
    }

    /// The blade, held upright beside the person from a moment on.
    fn blade(frame: &mut Frame, cast: &Cast, camera: &Camera, time: f32) {
        if time < DRAWN {
            return;
        }
        let [mut sheet, mut shine] = [Sheet::new(cast.size), Sheet::new(cast.size)];
        let unit = cast.unit();
        let up = spring(time, DRAWN, 1.85).min(1.15);
        let chest = cast.body.level(level::WAIST).min(cast.height() - 0.42 * unit);
        let beside = (cast.body.head.x + 0.86 * unit).min(0.86 * cast.width());
        let rest = vec2(beside, chest);
        let at = camera.see(rest + vec2(0.15, 1.3) * (unit * (1.0 - up)));
        let pose = Pose { at, scale: unit * camera.zoom, angle: 0.30 - 0.12 * up, flip: false };
        dagger(&mut sheet, &pose);
        glint(&mut shine, &pose, time);
        frame.over(&sheet);
        frame.shine(&shine, 1.2, 18.0, 1.0);
    }
}

/// Seconds until the blade comes up.
const DRAWN: f32 = 1.15;

/// Low fog at a place in shares of the frame, `0..=1`.
fn fog(q: Vec2, speed: f32, time: f32) -> f32 {
    let low = smoothstep(0.2, 1.0, q.y);
    if low <= 0.0 {
        return 0.0;
    }
    low * smoothstep(0.35, 0.85, cloudy(q.x * 2.2 + speed * time, q.y * 4.5 - 0.1 * time))
}

/// Light that runs along the blade and breaks at its tip.
fn glint(shine: &mut Sheet, pose: &Pose, time: f32) {
    let run = (time - 1.8) / 0.55;
    if (0.0..1.0).contains(&run) {
        let spot = pose.out(vec2(-0.02, mix(-0.2, -1.3, run)));
        shine.spot(spot, 0.16 * pose.scale, Ink(0xff_ffff, 0.9));
        shine.stroke(
            &line(&[pose.out(vec2(-0.045, mix(-0.2, -1.2, run) + 0.12)), spot]),
            0.03 * pose.scale,
            Ink(0xff_ffff, 1.0),
        );
    }
    let star = smoothstep(2.2, 2.36, time) * smoothstep(2.75, 2.45, time);
    let tip = pose.out(vec2(0.0, -1.3));
    for i in 0..4 {
        let along = Vec2::hanging(i as f32 * TAU / 4.0 + 0.25 + time * 0.5);
        let across = along.turned() * 0.035;
        let long = if i % 2 == 0 { 0.62 } else { 0.42 };
        let ray =
            [tip + across * pose.scale, tip + along * (long * star * pose.scale), tip - across * pose.scale];
        shine.fill(&polygon(&ray), Ink(0xf0_f8ff, star));
    }
    shine.spot(tip, 0.2 * pose.scale, Ink(0xff_ffff, star));
}

/// Outlines of the dagger in a gloved hand, around the guard, and their colours.
const DAGGER: [(&[(f32, f32)], u32); 5] = [
    (&[(-0.055, -0.14), (-0.055, -1.05), (0.0, -1.32), (0.0, -0.14)], 0xd8_e2f0),
    (&[(0.0, -0.14), (0.0, -1.32), (0.055, -1.05), (0.055, -0.14)], 0x6a_7688),
    (&[(-0.20, -0.16), (0.0, -0.20), (0.20, -0.16), (0.17, -0.10), (0.0, -0.11), (-0.17, -0.10)], 0x8a_7038),
    (&[(-0.04, -0.11), (0.04, -0.11), (0.045, 0.26), (-0.045, 0.26)], 0x2a_1a12),
    (&[(-0.10, 0.12), (0.14, 0.10), (0.34, 0.75), (0.42, 1.4), (-0.05, 1.4), (-0.08, 0.6)], CLOTH[0]),
];

fn dagger(sheet: &mut Sheet, pose: &Pose) {
    let fine = 0.012 * pose.scale;
    for (points, colour) in DAGGER {
        sheet.fill(&polygon(&pose.all(points)), Ink(colour, 1.0));
    }
    sheet.stroke(&line(&pose.all(&[(0.0, -0.16), (0.0, -1.02)])), fine, Ink(0x30_3844, 0.9));
    for i in 0..4 {
        let at = pose.out(vec2(-0.01, -0.05 + 0.075 * i as f32));
        let finger = ellipse(at, vec2(0.115, 0.046) * pose.scale, pose.angle - 0.1);
        sheet.fill(&finger, Ink(0x1a_1c22, 1.0));
        sheet.stroke(&finger, fine, Ink(0x05_0608, 0.9));
    }
}

/// Two halves that hang from the shoulders and leave the middle open.
fn cloak(sheet: &mut Sheet, cast: &Cast) {
    let (body, unit) = (&cast.body, cast.unit());
    let foot = body.level(6.7);
    for side in SIDES {
        let s = sign(side);
        let tip = body.tips[side];
        let neck = cast.face.at(s * 0.25, 2.35);
        let spine = |y: f32| body.head.x + s * y;
        let hem = foot + 0.1 * unit;
        let outline = [
            neck,
            vec2(mix(neck.x, tip.x, 0.5), tip.y - 0.20 * unit),
            tip + vec2(s * 0.22 * unit, 0.0),
            vec2(tip.x + s * 0.50 * unit, body.level(2.6)),
            vec2(tip.x + s * 0.62 * unit, body.level(4.0)),
            vec2(tip.x + s * 0.80 * unit, hem - 0.2 * unit),
            vec2(tip.x + s * 0.10 * unit, hem),
            vec2(spine(0.52 * unit), hem - 0.1 * unit),
            vec2(spine(0.42 * unit), body.level(4.2)),
            vec2(spine(0.24 * unit), body.level(2.6)),
            vec2(spine(0.06 * unit), body.level(1.95)),
        ];
        let (from, to) = (tip + vec2(s * 0.6 * unit, 0.0), vec2(body.head.x, tip.y + unit));
        let [dark, light] = if side == 0 { [CLOTH[2], CLOTH[0]] } else { [CLOTH[1], CLOTH[0]] };
        sheet.blend(&blob(&outline), (from, Ink(dark, 1.0)), (to, Ink(light, 1.0)));
        for i in 1..8 {
            let t = i as f32 / 8.0;
            let top = neck.lerp(tip, t);
            let fold = [
                top + vec2(0.0, 0.05 * unit),
                vec2(mix(spine(0.24 * unit), tip.x + s * 0.48 * unit, t), body.level(2.7)),
                vec2(mix(spine(0.45 * unit), tip.x + s * 0.60 * unit, t), body.level(4.2)),
                vec2(mix(spine(0.55 * unit), tip.x + s * 0.78 * unit, t), hem - 0.15 * unit),
            ];
            let ink = if i % 2 == 0 { Ink(0x00_0000, 0.45) } else { Ink(0x5a_6478, 0.30) };
            sheet.stroke(&curve(&fold), 0.055 * unit, ink);
        }
        sheet.stroke(
            &curve(&[neck, outline[10], outline[9], outline[8], outline[7]]),
            0.035 * unit,
            Ink(0x8a_2420, 0.9),
        );
    }
    let clasp = vec2(body.head.x, body.level(1.95));
    sheet.fill(&ellipse(clasp, vec2(0.10, 0.10) * unit, 0.0), Ink(0xa8_8a48, 1.0));
    sheet.fill(&ellipse(clasp, vec2(0.055, 0.055) * unit, 0.0), Ink(0x4a_1412, 1.0));
}

impl Act for Assassin {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let now = Moment::new(cast, time);
        let there = now.there;
        let (w, h) = (cast.width(), cast.height());
        let camera = Camera {
            zoom: 1.0 + 0.13 * smoothstep(0.0, 3.2, time),
            ..Camera::at(vec2(cast.body.head.x, cast.face.chin().y))
        };
        let far = camera.depth(0.4);
        let dusk = Haze::new(cast.size, |q| {
            let sun = (-vec2(q.x - 0.25, (q.y - 0.72) * h / w).length() * 3.5).exp();
            let (base, ember) = (sky(q.y, [0x0a_1022, 0x26_2a48, 0x8a_4a3a]), hex(0xff_8038));
            let light = |c: usize| 0.8 * base[c] + 0.5 * sun * ember[c];
            [light(0), light(1), light(2), 0.55 * fog(q, 0.12, time)]
        });
        let mist = hex(0x5a_6078);
        frame.each(|p, _| {
            let figure = self.figure(cast, &now, camera.back(p));
            if figure[3] >= 1.0 {
                return [figure[0], figure[1], figure[2]];
            }
            let dusk = dusk.at(p);
            let night: Rgb = std::array::from_fn(|c| mix(dusk[c], mist[c], dusk[3]));
            // In the end nothing of the old background is left.
            let behind = if there < 1.0 { cast.plate_at(far.back(p)).blend(night, there) } else { night };
            std::array::from_fn(|c| figure[c] + behind[c] * (1.0 - figure[3]))
        });
        Self::blade(frame, cast, &camera, time);
        let middle = vec2(0.5 * w, 0.5 * h);
        let low = Haze::new(cast.size, |q| {
            let low = smoothstep(0.55, 1.0, q.y) * there;
            let fog = if low > 0.0 { low * fog(vec2(q.x * 0.8 + 5.0, q.y), -0.2, time) } else { 0.0 };
            let out = (vec2(q.x * w, q.y * h) - middle).length() / middle.length();
            [0.5 * fog, 1.0 - 0.6 * there * out * out]
        });
        let mist = hex(0x4a_5068);
        frame.each(|p, rgb| {
            let [low, light] = low.at(p);
            std::array::from_fn(|c| mix(rgb[c], mist[c], low) * light)
        });
    }
}
