//! The anime look: few flat parts in two tones each, lines where they meet, large drawn eyes.
//!
//! Decided here: a drawing is not a filtered photograph. What is skin, hair and cloth is told apart ([`parts`]) and gets one
//! colour each; shadows are shapes a draughtsman would give it ([`shade`]); brows, nose and mouth are strokes where the
//! person's own are, eyes are drawn in the colour that was asked for or that is there. Of the photograph stay dark glasses, and
//! a face whose eyes were not surely found, in steps of light.

mod eye;
mod features;
mod head;
mod parts;
mod shade;

use self::features::Paints;
use self::head::Head;
use self::parts::{BODY, FACE, GROUND, HAIR, PARTS, Parts, STEP};
use super::scene::{Scene, contrast, on_coarse};
use super::words::Mood;
use crate::colour::{Rgb, luminance};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::headshot::retouch::keep_edges;
use crate::raster::Grid;

/// Colour of lines, in sRGB.
const INK: Rgb = [0.13, 0.07, 0.10];

pub(super) fn draw(scene: &Scene<'_>, strength: f32, detail: f32) -> Grid<Rgb> {
    let head = Head::of(scene);
    let (parts, flat) = rayon::join(|| Parts::of(scene, &head), || flattened(scene, detail));
    let shades = shade::shades(scene, &head, &parts);
    let tones = Tones::of(scene, &parts);
    let share = strength.min(1.0);
    let mut drawn = Grid::par_from_fn(flat.width, flat.height, |x, y| {
        let (sx, sy) = (on_coarse(x, STEP), on_coarse(y, STEP));
        let own = flat.at(x, y);
        let behind = airy(own, scene.variation.mood);
        let shares = parts.shares.sample(sx, sy);
        if shares[GROUND] > 0.995 {
            return std::array::from_fn(|c| mix(own[c], behind[c], share));
        }
        let q = head.place(vec2(x as f32, y as f32));
        let kept = if head.seen { kept(&head, q) } else { kept(&head, q) * (shares[FACE] + shares[BODY]) };
        let mut figure = tones.at(shares, shades.sample(sx, sy), stepped(scene.picture.at(x, y)), kept);
        let blush = shares[FACE] * cheeks(q) * (1.0 - kept);
        figure = std::array::from_fn(|c| figure[c] * mix(1.0, [1.02, 0.90, 0.91][c], blush));
        let line = ink(shares) * (1.0 - kept) * mix(0.7, 1.0, share);
        let alpha = smoothstep(0.25, 0.5, 1.0 - shares[GROUND]);
        std::array::from_fn(|c| {
            let toned = mix(own[c], mix(behind[c], figure[c], alpha), share);
            mix(toned, INK[c] * mix(1.0, toned, 0.5), line).clamp(0.0, 1.0)
        })
    });
    if head.seen {
        let hair =
            |x, y| smoothstep(0.4, 0.6, parts.shares.sample(on_coarse(x, STEP), on_coarse(y, STEP))[HAIR]);
        features::draw(&head, tones.paints(), scene.variation.side, &mut drawn, hair);
        if !head.shaded {
            eye::draw(scene, &mut drawn, head.skin);
        }
    }
    drawn
}

/// How much of the photograph stays at a place of the face.
fn kept(head: &Head, q: Vec2) -> f32 {
    let oval = |x: f32, y: f32, wide: f32, tall: f32| {
        smoothstep(1.0, 0.85, ((q.x.abs() - x) / wide).hypot((q.y - y) / tall))
    };
    if !head.seen {
        return oval(0.0, 0.3, 1.7, 1.9);
    }
    if head.shaded { oval(0.5, -0.02, 0.62, 0.42) } else { 0.0 }
}

fn cheeks(q: Vec2) -> f32 {
    smoothstep(1.0, 0.1, ((q.x.abs() - 0.66) / 0.36).hypot((q.y - 0.66) / 0.24)) * 0.8
}

/// A colour in a few steps of light.
fn stepped(own: Rgb) -> Rgb {
    let grey = luminance(own).max(0.01);
    let scaled = grey * 5.0;
    let level = (scaled.floor() + smoothstep(0.35, 0.65, scaled.fract())) / 5.0 + 0.06;
    own.map(|c| ((grey + (c - grey) * 1.2) * (level / grey).clamp(0.6, 1.6)).clamp(0.0, 1.0))
}

/// Lines run where the largest share of a pixel is hardly more than half.
fn ink(shares: [f32; PARTS]) -> f32 {
    let most = shares.into_iter().fold(0.0, f32::max);
    smoothstep(0.78, 0.6, most)
}

/// Patches of one colour with their edges kept.
fn flattened(scene: &Scene<'_>, detail: f32) -> Grid<Rgb> {
    let unit = scene.unit();
    let radius = (mix(0.022, 0.014, detail.min(1.0)) * unit).max(2.0) as usize;
    let smooth = |c: usize| {
        let once = keep_edges(&scene.picture.map(|rgb| rgb[c]), radius, 8e-3);
        keep_edges(&once, radius, 4e-3)
    };
    let (red, (green, blue)) = rayon::join(|| smooth(0), || rayon::join(|| smooth(1), || smooth(2)));
    Grid::from_fn(red.width, red.height, |x, y| [red.at(x, y), green.at(x, y), blue.at(x, y)])
}

/// The tones of each part under the lights of the portrait: in shadow, in light, and shining.
struct Tones {
    dark: [Rgb; PARTS],
    lit: [Rgb; PARTS],
    shine: Rgb,
}

impl Tones {
    fn of(scene: &Scene<'_>, parts: &Parts) -> Self {
        let lights = scene.variation.lights();
        let tint: Rgb =
            std::array::from_fn(|c| (lights.ambient[c] + 0.8 * lights.key_colour[c]).powf(1.0 / 2.2));
        let depth = match scene.variation.mood {
            Mood::Dramatic => 1.5,
            Mood::Soft => 0.75,
            _ => 1.0,
        };
        let clean = |part: usize| match part {
            FACE | BODY => skin(parts.colours[part]),
            HAIR => lively(parts.colours[part], 1.25, 0.04),
            _ => lively(parts.colours[part], 1.25, 0.02),
        };
        let shadow = |part: usize| match part {
            FACE | BODY => [0.87, 0.74, 0.73],
            HAIR => [0.62, 0.58, 0.68],
            _ => [0.83, 0.81, 0.85],
        };
        let lit: [Rgb; PARTS] =
            std::array::from_fn(|part| std::array::from_fn(|c| (clean(part)[c] * tint[c]).clamp(0.0, 1.0)));
        let dark = std::array::from_fn(|part| {
            std::array::from_fn(|c| lit[part][c] * mix(1.0, shadow(part)[c], depth).max(0.2))
        });
        let gloss = 0.07 + 0.2 * luminance(lit[HAIR]);
        let shine = lit[HAIR].map(|c| c + (1.0 - c) * gloss);
        Self { dark, lit, shine }
    }

    /// The colour of a pixel; `kept` of it is the photograph's.
    fn at(&self, shares: [f32; PARTS], [dark, gleam]: [f32; 2], own: Rgb, kept: f32) -> Rgb {
        // The largest share takes nearly all, so that parts meet in a crisp but smooth edge.
        let most = (FACE..PARTS).map(|part| shares[part]).fold(1e-6, f32::max);
        let mut sum = [0.0; 3];
        let mut all = 0.0;
        for (part, share) in shares.into_iter().enumerate().skip(FACE) {
            let weight = (share / most).powi(8);
            if weight < 1e-3 {
                continue;
            }
            for (c, sum) in sum.iter_mut().enumerate() {
                let tone = mix(self.lit[part][c], self.dark[part][c], dark);
                let shine = if part == HAIR { gleam } else { 0.0 };
                *sum += weight * mix(tone, self.shine[c], shine);
            }
            all += weight;
        }
        std::array::from_fn(|c| mix(sum[c] / all, own[c], kept))
    }

    fn paints(&self) -> Paints {
        let brow = std::array::from_fn(|c| mix(self.dark[HAIR][c], INK[c], 0.45));
        Paints { skin: self.lit[FACE], shadow: self.dark[FACE], brow }
    }
}

/// Skin as it is drawn: lighter than a camera sees it, fair skin more so, and even.
fn skin(own: Rgb) -> Rgb {
    let tone = luminance(own);
    let fair = smoothstep(0.22, 0.72, tone);
    let lighter = tone + (0.93 - tone) * mix(0.12, 0.62, fair);
    let colour = mix(1.15, 0.85, fair);
    own.map(|c| (lighter + (c - tone) * colour).clamp(0.0, 1.0))
}

/// A colour with more of its hue, and a little lighter.
fn lively(own: Rgb, more: f32, lift: f32) -> Rgb {
    let grey = luminance(own);
    own.map(|c| (grey + (c - grey) * more + lift).clamp(0.0, 1.0))
}

/// Backgrounds in anime are painted: lighter, clearer, with more colour.
fn airy(own: Rgb, mood: Mood) -> Rgb {
    let grey = luminance(own);
    let lift = if mood == Mood::Dramatic { 0.0 } else { 0.06 };
    own.map(|c| contrast((grey + (c - grey) * 1.5) * (1.0 - lift) + lift, 0.2).clamp(0.0, 1.0))
}
