//! A clown's face in paint: white skin, green hair, a red smile too wide; purple light, and cards that fall.

use std::f32::consts::TAU;

use crate::colour::luminance;
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Pose, Sheet, blob, curve, ellipse, polygon};
use crate::effects::expression::{Bent, Expression, oval};
use crate::effects::frame::{Frame, Haze, Light, hex, over};
use crate::effects::hair;
use crate::effects::moods::near_face;
use crate::effects::motion::{Dice, Particle, noise};
use crate::effects::worn;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Plane};

/// Hair mask, paint on the face, cards.
pub(super) struct Joker {
    hair: Plane,
    upper: Plane,
    paint: Grid<Light>,
    cards: Vec<Particle>,
}

impl Joker {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let mut dice = Dice::new(seed, 41);
        let (w, h) = (cast.width(), cast.height());
        let card = |_| Particle {
            born: dice.range(0.5, 2.4),
            life: 2.5,
            from: vec2(dice.range(0.0, 1.0) * w, -0.1 * h),
            speed: vec2(dice.range(-0.12, 0.12) * w, dice.range(0.35, 0.7) * h),
            pull: vec2(0.0, 0.1 * h),
            drag: 0.0,
            size: dice.range(0.03, 0.055) * w.min(h),
            turn: [dice.range(0.0, TAU), dice.range(-5.0, 5.0)],
            kind: dice.unit(),
        };
        let cards = (0..16).map(card).collect();
        let hair = hair::all(cast);
        let upper = cast.sharpened(&worn::upper(&cast.person));
        Self { hair, upper, paint: paint(cast), cards }
    }

    /// The person with the changed face, in both lamps' light.
    fn lay(&self, frame: &mut Frame, cast: &Cast, camera: Camera, bent: &Bent, time: f32) {
        let face = &cast.face;
        let sweep = mix(face.top - 10.0, cast.height() * 1.3, smoothstep(0.2, 1.2, time));
        let edge = cast.unit() * 0.25;
        let [purple, green] = LAMPS.map(hex);
        let begin = smoothstep(0.15, 0.9, time);
        frame.lay(|screen| {
            let p = camera.back(screen);
            let (seen, from, own) = bent.shown(cast, p);
            if own[3] <= 0.0 {
                return own;
            }
            let done = smoothstep(sweep + edge, sweep, from.y);
            let light = self.painted(cast, (from, seen.skin, bent.bared(seen.skin)), own, done);
            // Green from one side, purple from the other.
            let side = smoothstep(-1.4, 1.4, seen.skin.x);
            let lit =
                |c: usize| light[c] * mix(1.0, 0.72 + 0.9 * mix(purple[c], green[c], side), 0.55 * begin);
            bent.over(&seen, [lit(0), lit(1), lit(2), light[3]], [0.8; 3])
        });
    }

    /// Hair, suit and face of a place of the picture as far as they are `done`; `q` is it in the face's measure, `bared`
    /// how much of it is teeth.
    fn painted(&self, cast: &Cast, (from, q, bared): (Vec2, Vec2, f32), own: Light, done: f32) -> Light {
        let lum = luminance([own[0], own[1], own[2]]);
        let mut light = own;
        let hair = self.hair.sample(from.x, from.y);
        let suit = self.upper.sample(from.x, from.y) * (1.0 - hair);
        let oval = oval(q);
        let skin =
            smoothstep(0.15, 0.6, cast.small(&cast.person.skin.likely, from)).max(oval * 0.9) * (1.0 - hair);
        for (share, dye, gain, floor) in
            [(hair, hex(0x1f_a83a), 3.4, 0.035), (suit, hex(0x5a_1c96), 1.3, 0.02)]
        {
            let to: Light =
                std::array::from_fn(|c| if c < 3 { dye[c] * (lum * gain + floor * own[3]) } else { own[3] });
            light = std::array::from_fn(|c| mix(light[c], to[c], share * done));
        }
        let powder = 0.93 + 0.14 * (noise(from.x * 0.15, from.y * 0.15) - 0.5);
        let white: Light =
            std::array::from_fn(|c| if c < 3 { (lum * 1.25 + 0.13 * own[3]) * powder } else { own[3] });
        light = std::array::from_fn(|c| mix(light[c], white[c], 0.88 * skin * oval * done));
        let paint = self.paint.sample(from.x, from.y).map(|c| c * done * own[3] * (1.0 - bared));
        let shade = (lum * 1.6 / own[3].max(0.01)).clamp(0.25, 1.1);
        over(light, [paint[0] * shade, paint[1] * shade, paint[2] * shade, paint[3]])
    }
}

/// Purple and green.
const LAMPS: [u32; 2] = [0x6a_1fa8, 0x2c_c04a];

/// The paint, in the picture's own place.
fn paint(cast: &Cast) -> Grid<Light> {
    let (face, e) = (&cast.face, cast.face.between());
    let at = |x: f32, y: f32| face.at(x, y);
    let mut sheet = Sheet::new(cast.size);
    for s in [-1.0, 1.0] {
        // Smudged diamonds through the eyes.
        let eye = [at(s * 0.5, -0.52), at(s * 0.82, -0.02), at(s * 0.52, 0.62), at(s * 0.22, -0.02)];
        let rim: Vec<Vec2> = eye.iter().map(|p| face.at(s * 0.51, 0.02).lerp(*p, 1.12)).collect();
        sheet.fill(&blob(&rim), Ink(0x10_2a4a, 0.4));
        sheet.fill(&blob(&eye), Ink(0x0c_1c38, 0.62));
        sheet.stroke(
            &curve(&[at(s * 0.24, -0.58), at(s * 0.5, -0.70), at(s * 0.86, -0.55)]),
            0.07 * e,
            Ink(0x14_2018, 0.8),
        );
    }
    let lips = cast.mouth.row();
    let top = [
        at(-0.98, lips - 0.42),
        at(-0.5, lips - 0.10),
        at(-0.16, lips - 0.20),
        at(0.0, lips - 0.13),
        at(0.16, lips - 0.20),
        at(0.5, lips - 0.10),
        at(0.98, lips - 0.42),
    ];
    let low = [
        at(0.62, lips + 0.10),
        at(0.3, lips + 0.24),
        at(0.0, lips + 0.29),
        at(-0.3, lips + 0.24),
        at(-0.62, lips + 0.10),
    ];
    let mouth: Vec<Vec2> = top.iter().chain(&low).copied().collect();
    sheet.stroke(&blob(&mouth), 0.05 * e, Ink(0xa0_0c14, 0.35));
    sheet.fill(&blob(&mouth), Ink(0xb8_0c16, 0.88));
    sheet.stroke(
        &curve(&[
            at(-0.62, lips - 0.1),
            at(-0.3, lips + 0.02),
            at(0.0, lips + 0.03),
            at(0.3, lips + 0.02),
            at(0.62, lips - 0.1),
        ]),
        0.035 * e,
        Ink(0x3c_0408, 0.9),
    );
    sheet.layer()
}

impl Act for Joker {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.15, 0.9, time);
        let mut camera = near_face(cast, smoothstep(0.0, 1.2, time));
        let laugh = smoothstep(1.5, 1.9, time);
        camera.roll = 0.09 * smoothstep(0.9, 1.6, time) + 0.012 * laugh * (time * TAU * 4.0).sin();
        let bent = Expression {
            smile: 0.85 * smoothstep(0.9, 1.5, time),
            open: laugh * (0.26 + 0.07 * (time * TAU * 4.0).sin()),
            teeth: 0.42,
            squint: 0.2 * laugh,
            frown: 0.35 * begin,
            ..Expression::default()
        }
        .bent(cast);
        let [purple, green] = LAMPS.map(hex);
        let lamps = Haze::new(cast.size, |q| {
            let glow = smoothstep(0.9, 0.0, (q.x - 0.1).hypot(q.y - 0.2))
                + 0.25 * noise(q.x * 4.0, q.y * 4.0 + time);
            let other = smoothstep(0.8, 0.0, (q.x - 1.0).hypot(q.y - 0.9));
            [0, 1, 2].map(|c| purple[c] * 0.55 * glow + green[c] * 0.30 * other)
        });
        frame.each(|p, _| {
            let (plate, lamps) = (cast.plate_at(camera.depth(0.5).back(p)), lamps.at(p));
            std::array::from_fn(|c| mix(plate[c], plate[c] * 0.06 + lamps[c], begin))
        });
        // Every second card falls behind the person; none covers the face.
        let [mut behind, mut before] = [Sheet::new(cast.size), Sheet::new(cast.size)];
        let (face, e) = (camera.see(cast.face.at(0.0, 0.4)), cast.face.between() * camera.zoom);
        for (i, card) in self.cards.iter().enumerate() {
            let Some(seen) = card.seen(time) else { continue };
            let covers = (card.from.x + card.speed.x - face.x).abs() < 1.9 * e + card.size;
            let sheet = if i % 2 == 0 || covers { &mut behind } else { &mut before };
            draw_card(sheet, seen.at, card.size, seen.angle, card.kind);
        }
        frame.over(&behind);
        self.lay(frame, cast, camera, &bent, time);
        frame.over(&before);
        frame.vignette(0.45 * begin);
    }
}

/// A playing card with one of four marks, turning as it falls.
fn draw_card(sheet: &mut Sheet, at: Vec2, size: f32, angle: f32, kind: f32) {
    let narrow = (angle * 1.3).cos();
    let pose = Pose { at, scale: size, angle: angle * 0.6, flip: false };
    let map =
        |points: &[(f32, f32)]| pose.all(&points.iter().map(|(x, y)| (x * narrow, *y)).collect::<Vec<_>>());
    sheet.fill(
        &polygon(&map(&[(-0.7, -1.0), (0.7, -1.0), (0.7, 1.0), (-0.7, 1.0)])),
        Ink(if narrow > 0.0 { 0xf4_f0e6 } else { 0x6a_1fa8 }, 1.0),
    );
    if narrow > 0.1 {
        let ink = Ink(if kind < 0.5 { 0xc0_1020 } else { 0x14_1418 }, 1.0);
        if kind < 0.25 {
            sheet.fill(&polygon(&map(&[(0.0, -0.55), (0.4, 0.0), (0.0, 0.55), (-0.4, 0.0)])), ink);
        } else if kind < 0.5 {
            sheet.fill(
                &blob(&map(&[
                    (0.0, 0.5),
                    (-0.45, -0.1),
                    (-0.22, -0.4),
                    (0.0, -0.18),
                    (0.22, -0.4),
                    (0.45, -0.1),
                ])),
                ink,
            );
        } else {
            for (x, y) in [(0.0, -0.28), (-0.22, 0.08), (0.22, 0.08)] {
                sheet.fill(
                    &ellipse(pose.out(vec2(x * narrow, y)), vec2(0.2 * narrow, 0.22) * size, pose.angle),
                    ink,
                );
            }
            sheet.fill(&polygon(&map(&[(0.0, -0.1), (0.14, 0.5), (-0.14, 0.5)])), ink);
        }
    } else if narrow < -0.1 {
        sheet.stroke(
            &polygon(&map(&[(-0.5, -0.8), (0.5, -0.8), (0.5, 0.8), (-0.5, 0.8)])),
            0.08 * size,
            Ink(0xe8_d8ff, 0.9),
        );
    }
}
