//! Effects of the face: laughing, crying, anger. The camera goes near a face that is small in the picture.

use std::f32::consts::TAU;

use crate::colour::luminance;
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, curve, ellipse};
use crate::effects::expression::{Expression, oval};
use crate::effects::frame::{Frame, Haze, hex};
use crate::effects::motion::{Dice, Particle, cloudy, noise, shake};
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// What a face does at a moment.
struct Pose {
    expression: Expression,
    /// The head's own motion, in distances between the eyes, and its lean in radians.
    nod: Vec2,
    lean: f32,
    /// How red the skin is, `0..=1`.
    flush: f32,
}

/// A camera that brings a face of any size near, `share` of the way.
pub(super) fn near_face(cast: &Cast, share: f32) -> Camera {
    let face = cast.face.at(0.0, 0.55);
    let wanted = 0.135 * cast.width().min(cast.height()) / cast.face.between();
    let zoom = mix(1.0, wanted.clamp(1.06, 3.6), share);
    let goal = vec2(cast.width() * 0.5, cast.height() * 0.46);
    let far = smoothstep(1.3, 2.2, wanted);
    Camera { zoom, shift: (goal - face) * (share * far), ..Camera::at(face) }
}

/// How much a place of the face's measure goes red, which looks like skin or hair and is so bright against a cheek.
fn flushes(q: Vec2, skin: f32, hair: f32, bright: f32) -> f32 {
    // Gleams and shadows of a face are not the colour of skin, some even look like hair; eyes stay as they are.
    let eyes = smoothstep(0.8, 1.2, ((q.x.abs() - 0.5) / 0.2).hypot(q.y / 0.11));
    let middle = smoothstep(1.1, 0.9, q.x.hypot(q.y - 0.55));
    let fringe = hair * (1.0 - middle) * smoothstep(1.1, 0.9, bright);
    // The neck goes red with the face, less towards the collar.
    let near = smoothstep(1.9, 1.0, q.x.abs()) * smoothstep(3.7, 1.3, q.y);
    skin.max(oval(q) * (1.0 - fringe) * eyes) * near
}

/// Lays the person with a changed face.
fn lay_face(frame: &mut Frame, cast: &Cast, camera: Camera, pose: &Pose) {
    let bent = pose.expression.bent(cast);
    let (face, e) = (&cast.face, cast.face.between());
    let neck = face.at(0.0, 2.35);
    let (sin, cos) = pose.lean.sin_cos();
    let cheek = luminance(cast.picture.sample(face.at(0.6, 0.8).x, face.at(0.6, 0.8).y));
    let light = [(cheek * 2.6).clamp(0.25, 1.0); 3];
    let red = hex(0xff_5a48);
    frame.lay(|screen| {
        let p = camera.back(screen);
        // Shoulders stay where they are; the neck bends between.
        let head = smoothstep(neck.y + 0.5 * e, neck.y - 0.7 * e, p.y);
        let turned = {
            let off = p - neck;
            neck + vec2(off.x * cos + off.y * sin, off.y * cos - off.x * sin)
        };
        let p = p.lerp(turned, head) - pose.nod * (e * head);
        let (seen, from, own) = bent.shown(cast, p);
        if own[3] <= 0.0 {
            return own;
        }
        let lum = luminance([own[0], own[1], own[2]]);
        let share = if pose.flush > 0.0 {
            let q = seen.skin;
            let [skin, hair] = [&cast.person.skin.likely, &cast.hair].map(|plane| cast.small(plane, from));
            pose.flush * flushes(q, skin, hair, lum / cheek.max(0.02)) * (1.0 - bent.bared(q))
        } else {
            0.0
        };
        let flushed = |c: usize| mix(own[c], red[c] * mix(lum, own[c], 0.4) * 1.45, share);
        bent.over(&seen, [flushed(0), flushed(1), flushed(2), own[3]], light)
    });
}

/// Bouts of laughter.
pub(super) struct Laughing;

impl Act for Laughing {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.1, 0.7, time);
        let bout = (time * TAU * 4.0).sin();
        let swell = 0.72 + 0.28 * (time * TAU * 0.8 - 0.6).sin();
        let camera = near_face(cast, smoothstep(0.0, 0.9, time));
        let pose = Pose {
            expression: Expression {
                smile: begin,
                open: begin * swell * (0.50 + 0.09 * bout),
                teeth: 0.34,
                squint: 0.62 * begin * swell,
                frown: -0.45 * begin,
                close: 0.0,
            },
            nod: vec2(0.0, begin * (0.045 * bout * swell - 0.07 * swell)),
            lean: begin * 0.075 * (time * TAU * 0.55).sin(),
            flush: 0.12 * begin,
        };
        let warm = hex(0xff_e2b0);
        let centre = camera.see(cast.face.middle());
        let reach = 0.9 * cast.height();
        frame.each(|p, _| {
            let plate = cast.plate_at(camera.depth(0.6).back(p));
            let near = smoothstep(reach, 0.0, (p - centre).length()) * 0.55 * begin;
            std::array::from_fn(|c| mix(plate[c], plate[c] * 0.5 + warm[c] * 0.55, near))
        });
        let bob = Camera { shift: camera.shift + vec2(0.0, begin * bout * 0.006 * cast.height()), ..camera };
        lay_face(frame, cast, bob, &pose);
        let mut sheet = Sheet::new(cast.size);
        marks_of_joy(&mut sheet, cast, &bob, time, begin);
        frame.over(&sheet);
    }
}

/// Short strokes that fly off beside the head with every bout.
fn marks_of_joy(sheet: &mut Sheet, cast: &Cast, camera: &Camera, time: f32, begin: f32) {
    let e = cast.face.between() * camera.zoom;
    let centre = camera.see(cast.face.at(0.0, 0.3));
    for i in 0..10 {
        let beat = (time * 4.0 + 0.5 * (i % 2) as f32).fract();
        let side = if i < 5 { -1.0 } else { 1.0 };
        let angle = side * (0.75 + 0.32 * (i % 5) as f32);
        let along = vec2(angle.sin(), -angle.cos());
        let out = (2.15 + 0.5 * beat) * e;
        let from = centre + vec2(along.x * out, along.y * out * 1.08);
        let ink = Ink(0xff_c93c, begin * (1.0 - beat) * 0.9);
        sheet.stroke(&curve(&[from, from + along * (0.42 * e * (1.0 - beat * 0.5))]), 0.09 * e, ink);
    }
}

/// Tears that run, a trembling mouth, the world gone blue.
pub(super) struct Crying {
    tears: Vec<Particle>,
}

impl Crying {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 5);
        let tear = |i: usize| Particle {
            born: 0.7 + 0.17 * i as f32 + dice.range(0.0, 0.1),
            life: dice.range(0.8, 1.1),
            from: vec2(dice.range(-0.09, 0.09), 0.0),
            speed: vec2(dice.range(0.02, 0.09), dice.range(0.45, 0.8)),
            pull: vec2(0.05, 2.6),
            drag: 0.0,
            size: dice.range(0.055, 0.085),
            turn: [0.0; 2],
            kind: if i.is_multiple_of(2) { -1.0 } else { 1.0 },
        };
        Self { tears: (0..14).map(tear).collect() }
    }
}

impl Act for Crying {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.1, 1.0, time);
        let sob = (time * TAU * 2.2).sin() * begin;
        let camera = near_face(cast, smoothstep(0.0, 1.0, time));
        let tremble = (noise(time * 17.0, 2.0) - 0.5) * begin;
        let pose = Pose {
            expression: Expression {
                smile: begin * (-0.95 + 0.25 * tremble),
                open: begin * (0.10 + 0.05 * sob),
                teeth: 0.2,
                squint: begin * (0.42 + 0.15 * sob.max(0.0)),
                frown: -1.25 * begin,
                close: begin,
            },
            nod: vec2(0.03 * tremble, begin * (0.05 + 0.03 * sob)),
            lean: begin * -0.05,
            flush: 0.25 * begin,
        };
        frame.each(|p, _| cast.plate_at(camera.depth(0.6).back(p)));
        lay_face(frame, cast, camera, &pose);
        let mut sheet = Sheet::new(cast.size);
        self.weep(&mut sheet, cast, &camera, &pose, time);
        let blue = hex(0x8f_b4e8);
        let middle = cast.middle();
        frame.each(|p, rgb| {
            let grey = luminance(rgb);
            let edge = 1.0 - 0.5 * ((p - middle).length() / middle.length()).powi(2) * begin;
            std::array::from_fn(|c| {
                mix(rgb[c], (0.4 * rgb[c] + 0.6 * grey) * blue[c] * 1.5, 0.62 * begin) * edge
            })
        });
        frame.over(&sheet);
    }
}

impl Crying {
    /// Wet tracks from both eyes, drops that run down them and fall.
    fn weep(&self, sheet: &mut Sheet, cast: &Cast, camera: &Camera, pose: &Pose, time: f32) {
        let e = cast.face.between() * camera.zoom;
        let at = |x: f32, y: f32| camera.see(cast.face.at(x, y) + pose.nod * cast.face.between());
        for s in [-1.0, 1.0] {
            let full = smoothstep(0.4, 0.9, time);
            let lid: Vec<Vec2> = (0..7)
                .map(|i| i as f32 / 3.0 - 1.0)
                .map(|u| at(s * 0.5 + 0.19 * u, 0.13 - 0.05 * u * u))
                .collect();
            sheet.stroke(&curve(&lid), 0.035 * e, Ink(0xe4_f2ff, 0.55 * full));
            for (x, wide, late) in [(0.03, 0.075, 0.0), (0.17, 0.05, 0.5)] {
                let length = smoothstep(0.65 + late, 1.7 + late, time);
                let track: Vec<Vec2> = (0..8)
                    .map(|i| i as f32 / 7.0 * length)
                    .map(|t| at(s * (0.5 + x + 0.10 * t) + 0.02 * (t * 9.0 + x).sin(), 0.14 + 1.45 * t))
                    .collect();
                if length > 0.02 {
                    sheet.stroke(&curve(&track), wide * e, Ink(0xbf_e0ff, 0.26));
                    let side: Vec<Vec2> = track.iter().map(|p| *p + vec2(-0.2 * wide * e, 0.0)).collect();
                    sheet.stroke(&curve(&side), 0.16 * wide * e, Ink(0xff_ffff, 0.6));
                }
            }
        }
        for tear in &self.tears {
            let Some(seen) = tear.seen(time) else { continue };
            let place = at(tear.kind * (0.54 + seen.at.x), 0.15 + seen.at.y);
            let size = tear.size * e * smoothstep(0.0, 0.15, seen.age);
            let stretch = 1.0 + 0.5 * seen.age;
            sheet.fill(&ellipse(place, vec2(size, size * stretch), 0.0), Ink(0x9c_d0ff, 0.75));
            let tip = [
                place + vec2(-0.7 * size, -0.4 * size),
                place + vec2(0.0, -2.4 * size),
                place + vec2(0.7 * size, -0.4 * size),
            ];
            sheet.fill(&crate::effects::draw::polygon(&tip), Ink(0x9c_d0ff, 0.75));
            sheet.fill(
                &ellipse(place + vec2(-0.3 * size, -0.2 * size), vec2(0.28, 0.42) * size, 0.0),
                Ink(0xff_ffff, 0.95),
            );
        }
    }
}

/// Brows down, teeth shown, steam from the ears, everything shaking and red.
pub(super) struct Angry {
    steam: Vec<Particle>,
}

impl Angry {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 6);
        let puff = |i: usize| {
            let side = if i.is_multiple_of(2) { -1.0 } else { 1.0 };
            Particle {
                born: 0.8 + 0.025 * i as f32,
                life: dice.range(0.6, 1.0),
                from: vec2(side * 1.25, 0.25),
                speed: vec2(side * dice.range(2.6, 4.4), dice.range(-1.6, -0.3)),
                pull: vec2(0.0, -1.6),
                drag: 2.2,
                size: dice.range(0.16, 0.34),
                turn: [0.0; 2],
                kind: dice.unit(),
            }
        };
        Self { steam: (0..84).map(puff).collect() }
    }
}

impl Act for Angry {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.1, 0.9, time);
        let rage = smoothstep(0.6, 2.4, time);
        let still = near_face(cast, smoothstep(0.0, 2.6, time));
        let camera = Camera {
            zoom: still.zoom * (1.0 + 0.10 * rage),
            shift: still.shift + shake(time, 18.0, 0.011 * cast.width() * rage),
            ..still
        };
        let growl = (noise(time * 11.0, 8.0) - 0.5) * rage;
        let pose = Pose {
            expression: Expression {
                smile: -0.75 * begin,
                open: begin * (0.20 + 0.08 * growl + 0.06 * rage),
                teeth: 0.62,
                squint: 0.30 * begin,
                frown: 1.15 * begin,
                close: 0.0,
            },
            nod: vec2(0.02 * growl, 0.06 * begin),
            lean: 0.03 * growl,
            flush: 0.7 * smoothstep(0.3, 2.0, time),
        };
        let (middle, glow) = (cast.middle(), hex(0xff_3010));
        let heat = Haze::new(cast.size, |q| {
            let (x, y) = (q.x * 7.0, q.y * cast.height() / cast.width() * 5.0);
            let lick = cloudy(x + 0.8 * noise(x * 2.0, y * 2.0 + time * 3.0), y + time * 3.6);
            rage * (0.25 + 0.75 * lick) * smoothstep(0.1, 1.0, q.y * 0.6 + 0.4 * lick)
        });
        frame.each(|p, _| {
            let (plate, heat) = (cast.plate_at(camera.depth(0.6).back(p)), heat.at(p));
            std::array::from_fn(|c| mix(plate[c], plate[c] * 0.25, 0.8 * begin) + glow[c] * heat * 0.8)
        });
        lay_face(frame, cast, camera, &pose);
        let mut sheet = Sheet::new(cast.size);
        self.fume(&mut sheet, cast, &camera, time, begin);
        frame.over(&sheet);
        frame.each(|p, rgb| {
            let edge = ((p - middle).length() / middle.length()).powi(3) * rage;
            std::array::from_fn(|c| mix(rgb[c], glow[c] * 0.25, 0.75 * edge))
        });
    }
}

impl Angry {
    /// Creases between the brows, a swollen vein, and the steam.
    fn fume(&self, sheet: &mut Sheet, cast: &Cast, camera: &Camera, time: f32, begin: f32) {
        let e = cast.face.between() * camera.zoom;
        let at = |x: f32, y: f32| camera.see(cast.face.at(x, y));
        for s in [-1.0, 1.0] {
            let crease = [at(s * 0.06, -0.42), at(s * 0.085, -0.2), at(s * 0.05, -0.03)];
            sheet.stroke(&curve(&crease), 0.028 * e, Ink(0x4a_1208, 0.55 * begin));
        }
        let throb = 1.0 + 0.18 * (time * TAU * 3.0).sin();
        for i in 0..4 {
            let turn = i as f32 * TAU / 4.0 + 0.4;
            let place = |x: f32, y: f32| {
                let (sin, cos) = turn.sin_cos();
                at(0.78, -0.78) + vec2(x * cos - y * sin, x * sin + y * cos) * (e * 0.27 * throb)
            };
            let vein = [place(0.16, 0.85), place(0.2, 0.2), place(0.85, 0.16)];
            sheet.stroke(&curve(&vein), 0.07 * e, Ink(0xa8_1410, smoothstep(0.7, 1.2, time) * 0.9));
        }
        for puff in &self.steam {
            let Some(seen) = puff.seen(time) else { continue };
            let size = puff.size * e * (0.6 + 1.9 * seen.age);
            let ink = Ink(0xf4_f0ee, 0.34 * (1.0 - seen.age) * smoothstep(0.0, 0.12, seen.age));
            sheet.spot(at(seen.at.x, seen.at.y), size, ink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::flushes;
    use crate::geometry::vec2;

    #[test]
    fn a_face_flushes_under_gleams_and_shadows_and_its_hair_does_not() {
        let forehead = vec2(-0.6, -0.7);
        assert!(flushes(forehead, 0.0, 1.0, 1.6) > 0.8, "a gleam taken for hair");
        assert!(flushes(vec2(0.3, 0.4), 0.0, 1.0, 0.3) > 0.8, "the shadow of a nose");
        assert!(flushes(forehead, 0.0, 1.0, 0.3) < 0.1, "a fringe");
        assert!(flushes(vec2(0.5, 0.0), 0.0, 0.0, 0.8) < 0.1, "an eye");
        assert!(flushes(vec2(0.0, 3.8), 1.0, 0.0, 1.0) < 0.1, "the chest");
    }
}
