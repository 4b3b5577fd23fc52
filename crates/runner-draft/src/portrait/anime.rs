//! The anime look: flat tones with hard shadows, lines along edges, large drawn eyes.
//!
//! Decided here: light comes from the inflated form and not from the photograph, so that shadows have the simple shapes of
//! drawings. Eyes are drawn anew, in the colour that was asked for or that is there, but only where they were surely found;
//! else the face keeps its own.

use super::flow::Flow;
use super::form::{self, COARSE, dot};
use super::scene::{Scene, contrast, on_coarse};
use super::words::Mood;
use crate::colour::{Rgb, luminance};
use crate::face::matte::{shrunk, shrunk_plane};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::headshot::retouch::keep_edges;
use crate::raster::{Grid, Plane, blur};

/// Colour of lines, in sRGB.
const INK: Rgb = [0.13, 0.07, 0.10];

pub(super) fn draw(scene: &Scene<'_>, strength: f32, detail: f32) -> Grid<Rgb> {
    let flat = flattened(scene, detail);
    let ink = lines(scene, &flat, detail);
    let shade = shadows(scene);
    let skin = skin_tone(scene, &flat);
    let sheen = sheen(scene);
    let mut drawn = Grid::par_from_fn(flat.width, flat.height, |x, y| {
        let (cx, cy) = (on_coarse(x, COARSE), on_coarse(y, COARSE));
        let alpha = scene.cutout.alpha.at(x, y);
        let own = flat.at(x, y);
        let dark = shade.sample(cx, cy);
        let figure = cel(own, dark, skin, scene.skin.sample(cx, cy));
        let gleam = sheen.sample(cx, cy) * (1.0 - 0.6 * dark);
        let figure: Rgb = figure.map(|c| c + (1.0 - c) * 0.18 * gleam);
        let behind = airy(own, scene.variation.mood);
        let line = ink.at(x, y) * mix(0.7, 1.0, strength.min(1.0));
        std::array::from_fn(|c| {
            let toned = mix(behind[c], figure[c], alpha);
            let toned = mix(own[c], toned, strength.min(1.0));
            mix(toned, INK[c] * mix(1.0, toned, 0.4), line).clamp(0.0, 1.0)
        })
    });
    if scene.face.seen() {
        mouth(scene, &mut drawn, skin, &shade);
        eyes(scene, &mut drawn);
    }
    drawn
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

/// Lines where light turns dark, carried along their own direction (flow-based difference of Gaussians, Kang and others
/// 2007), and around the person.
fn lines(scene: &Scene<'_>, flat: &Grid<Rgb>, detail: f32) -> Plane {
    let unit = scene.unit();
    let step = 3;
    let size = scene.cutout.framing.coarser(step).size;
    let light = flat.map(luminance);
    let fine = (0.0042 * unit).max(0.9);
    let ((narrow, wide), (flow, outline)) = rayon::join(
        || rayon::join(|| blur(&light, fine), || blur(&light, fine * 2.2)),
        || {
            let small = shrunk(flat, step, size).map(luminance);
            let flow = Flow::of(&small, step, 0.012 * unit / step as f32);
            let share = shrunk_plane(&scene.cutout.alpha, 2, scene.cutout.framing.coarser(2).size);
            (flow, blur(&share, 0.004 * unit))
        },
    );
    let edge = narrow.zip(&wide, |narrow, wide| narrow - 0.985 * wide);
    let reach = 0.006 * unit;
    Grid::par_from_fn(flat.width, flat.height, |x, y| {
        let here = vec2(x as f32, y as f32);
        let coarse = edge.at(x, y);
        let alpha = outline.sample(on_coarse(x, 2), on_coarse(y, 2));
        let border = smoothstep(0.25, 0.5, alpha) * smoothstep(0.85, 0.6, alpha);
        let (sx, sy) = (on_coarse(x, COARSE), on_coarse(y, COARSE));
        let skin = scene.skin.sample(sx, sy);
        let mut line = 0.0;
        if coarse < 0.01 {
            let along = flow.at(here) * reach;
            let mut sum = coarse * 2.0;
            for k in [-2.0, -1.0, 1.0, 2.0] {
                let at = here + along * k;
                sum += edge.sample(at.x, at.y);
            }
            let limit = mix(-0.012, -0.004, detail.min(1.0)) - 0.012 * skin;
            line = smoothstep(limit + 0.006, limit - 0.012, sum / 6.0);
        }
        let on_person = mix(0.35, 1.0, scene.cutout.alpha.at(x, y));
        (line * on_person * mix(1.0, 0.75, skin)).max(border * 0.85)
    })
}

/// 1 in shadow, 0 in light, with a short soft edge, on the coarse grid.
fn shadows(scene: &Scene<'_>) -> Plane {
    let side = scene.variation.side;
    let lamp = form::unit([side * 0.7, -0.55, 0.62]);
    let head = scene.unit() / COARSE as f32;
    let place = |across: f32, down: f32| scene.at(across, down) * (1.0 / COARSE as f32);
    let (chin, mouth) = (place(0.0, 1.8), place(0.0, 1.1));
    let limit = match scene.variation.mood {
        Mood::Dramatic => 0.66,
        Mood::Soft => 0.24,
        _ => 0.40,
    };
    let light = scene.form.normals.map(|normal| dot(normal, lamp));
    let light = blur(&light, 0.012 * head);
    Grid::from_fn(light.width, light.height, |x, y| {
        let form = smoothstep(limit + 0.02, limit - 0.02, light.at(x, y));
        // The head throws its shadow on the neck.
        let (dx, dy) =
            ((x as f32 - chin.x + side * 0.06 * head) / (0.27 * head), (y as f32 - mouth.y) / head);
        let edge = 0.24 + 0.22 * (1.0 - dx * dx).max(0.0).sqrt();
        let neck =
            smoothstep(edge, edge - 0.02, dy) * smoothstep(0.16, 0.2, dy) * smoothstep(1.02, 0.97, dx.abs());
        form.max(neck)
    })
}

/// The ring of light on hair, with a torn edge.
fn sheen(scene: &Scene<'_>) -> Plane {
    let head = scene.unit() / COARSE as f32;
    let middle = scene.at(0.0, 0.0) * (1.0 / COARSE as f32);
    let tilt = 0.12 * scene.variation.side;
    Grid::from_fn(scene.hair.width, scene.hair.height, |x, y| {
        let (dx, dy) = ((x as f32 - middle.x) / head, (y as f32 - middle.y) / head);
        if dy > 0.1 || scene.hair.at(x, y) < 0.3 {
            return 0.0;
        }
        let teeth = 0.010 * (dx * 47.0).sin() + 0.007 * (dx * 113.0 + 1.0).sin();
        let ring = dy + 0.335 - 0.62 * dx * dx - tilt * dx;
        smoothstep(0.032, 0.018, (ring - teeth).abs()) * smoothstep(0.3, 0.6, scene.hair.at(x, y))
    })
}

/// Fills the mouth with skin where there is skin around it, and draws it anew as lines.
fn mouth(scene: &Scene<'_>, drawn: &mut Grid<Rgb>, skin: Rgb, shade: &Plane) {
    let between = scene.face.between() / scene.cutout.framing.scale;
    let centre = scene.at(0.0, 1.08);
    let reach = 0.7 * between;
    let bare = {
        let below = scene.at(0.0, 1.5);
        let at = |v: f32| v / COARSE as f32;
        scene.skin.sample(at(below.x), at(below.y))
    };
    let lips: Rgb = std::array::from_fn(|c| skin[c] * [0.86, 0.58, 0.60][c]);
    let from = |v: f32| (v - reach).max(0.0) as usize;
    let to = |v: f32, most: usize| ((v + reach).max(0.0) as usize + 1).min(most);
    let soft = 1.2 / between;
    let inside = |d: f32| smoothstep(soft, -soft, d);
    for y in from(centre.y)..to(centre.y, drawn.height) {
        for x in from(centre.x)..to(centre.x, drawn.width) {
            let q = (vec2(x as f32, y as f32) - centre) * (1.0 / between);
            let old = drawn.at(x, y);
            let dark = shade.sample(on_coarse(x, COARSE), on_coarse(y, COARSE));
            let cover = smoothstep(1.0, 0.8, (q.x / 0.68).hypot(q.y / 0.36)) * smoothstep(0.3, 0.7, bare);
            let tone = cel(skin, dark, skin, 1.0);
            let mut colour: Rgb = std::array::from_fn(|c| mix(old[c], tone[c], cover));
            // A line that rises towards the corners, and the shadow under the lower lip.
            let line = 0.035 - 0.75 * q.x * q.x + 0.012 * (1.0 - (q.x / 0.05).powi(2)).max(0.0);
            let thick = 0.011 * (1.0 - (q.x / 0.235).powi(2)).max(0.0).sqrt() + 0.002;
            let drawn_line = inside((q.y - line).abs() - thick) * inside(q.x.abs() - 0.23);
            let lower =
                inside((q.y - line - 0.055).abs() - 0.05 * (1.0 - (q.x / 0.13).powi(2)).max(0.0).sqrt());
            let lower = lower * inside(q.x.abs() - 0.125) * 0.42;
            colour = std::array::from_fn(|c| mix(colour[c], lips[c], lower));
            colour = std::array::from_fn(|c| mix(colour[c], INK[c] * 1.4, drawn_line));
            drawn.set(x, y, colour);
        }
    }
}

/// The light tone of the person's skin.
fn skin_tone(scene: &Scene<'_>, flat: &Grid<Rgb>) -> Rgb {
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for (across, down) in [(-0.5, 0.55), (0.5, 0.55), (0.0, -0.6), (0.0, 0.4), (-0.25, 0.6), (0.25, 0.6)] {
        if let Some(colour) = flat.get(scene.at(across, down)) {
            let weight = 0.2 + luminance(colour);
            sum = std::array::from_fn(|c| sum[c] + colour[c] * weight);
            count += weight;
        }
    }
    sum.map(|v| v / f32::max(count, 1e-3))
}

/// Two tones: in light and in shadow. Skin takes the face's own tone, everything else its own in steps.
fn cel(own: Rgb, dark: f32, skin: Rgb, on_skin: f32) -> Rgb {
    let grey = luminance(own).max(0.01);
    let steps = 5.0;
    let scaled = grey * steps;
    let level = (scaled.floor() + smoothstep(0.35, 0.65, scaled.fract())) / steps + 0.04;
    let vivid: Rgb = own.map(|c| (grey + (c - grey) * 1.35) * (level / grey).clamp(0.6, 1.5));
    let cloth = |c: usize| vivid[c] * mix(1.06, [0.66, 0.62, 0.74][c], dark);
    let tone = luminance(skin).max(0.05);
    let peach: Rgb = std::array::from_fn(|c| {
        let lively = tone + (skin[c] - tone) * 1.12;
        mix(lively, 1.0, 0.22 * tone) * [1.03, 1.0, 0.99][c]
    });
    let lit = |c: usize| peach[c] * mix(1.0, [0.84, 0.70, 0.72][c], dark);
    // What is on the skin but much darker than it is a feature.
    let plain = on_skin * smoothstep(0.45, 0.7, grey / tone);
    std::array::from_fn(|c| mix(cloth(c), lit(c), plain).clamp(0.0, 1.0))
}

/// Backgrounds in anime are painted: lighter, clearer, with more colour.
fn airy(own: Rgb, mood: Mood) -> Rgb {
    let grey = luminance(own);
    let lift = if mood == Mood::Dramatic { 0.0 } else { 0.06 };
    own.map(|c| contrast((grey + (c - grey) * 1.5) * (1.0 - lift) + lift, 0.2).clamp(0.0, 1.0))
}

/// Draws both eyes.
fn eyes(scene: &Scene<'_>, drawn: &mut Grid<Rgb>) {
    let between = scene.face.between() / scene.cutout.framing.scale;
    let iris = scene.variation.accent.unwrap_or_else(|| iris_colour(scene));
    for side in [-1.0, 1.0] {
        let eye = Eye { centre: scene.at(side * 0.5, 0.02), between, side, iris };
        eye.draw(drawn, scene);
    }
}

/// The colour around the pupils, more of it than there is.
fn iris_colour(scene: &Scene<'_>) -> Rgb {
    let mut best = ([0.30, 0.22, 0.18], 0.02);
    for side in [-0.5, 0.5] {
        for i in 0..24 {
            let angle = i as f32 / 24.0 * std::f32::consts::TAU;
            let at = scene.at(side + 0.07 * angle.cos(), 0.05 * angle.sin());
            if let Some(colour) = scene.cutout.before.get(at) {
                let (most, least) =
                    (colour.into_iter().fold(0.0, f32::max), colour.into_iter().fold(1.0, f32::min));
                // Skin is warm; irises that are not brown are told by being cool.
                let cool = colour[2] - colour[0];
                if cool > best.1 && most - least > 0.02 {
                    best = (colour, cool);
                }
            }
        }
    }
    let grey = luminance(best.0);
    let lively: Rgb = best.0.map(|c| (grey + (c - grey) * 2.4).clamp(0.0, 1.0));
    let scale = 0.55 / lively.into_iter().fold(0.05, f32::max);
    lively.map(|c| c * scale)
}

/// One drawn eye, in units of the distance between the eyes.
struct Eye {
    centre: Vec2,
    between: f32,
    side: f32,
    iris: Rgb,
}

impl Eye {
    fn draw(&self, drawn: &mut Grid<Rgb>, scene: &Scene<'_>) {
        let reach = 0.42 * self.between;
        let from = |v: f32| (v - reach).max(0.0) as usize;
        let to = |v: f32, most: usize| ((v + reach).max(0.0) as usize + 1).min(most);
        let soft = 1.2 / self.between;
        for y in from(self.centre.y)..to(self.centre.y, drawn.height) {
            for x in from(self.centre.x)..to(self.centre.x, drawn.width) {
                let p = (vec2(x as f32, y as f32) - self.centre) * (1.0 / self.between);
                // Outwards is positive on both sides.
                let q = vec2(p.x * self.side, p.y);
                let old = drawn.at(x, y);
                let alpha = scene.cutout.alpha.at(x, y);
                let new = self.colour(q, soft, old);
                let blended = std::array::from_fn(|c| mix(old[c], new[c], alpha));
                drawn.set(x, y, blended);
            }
        }
    }

    /// The colour at a place, `q.x` outwards.
    fn colour(&self, q: Vec2, soft: f32, under: Rgb) -> Rgb {
        let inside = |d: f32| smoothstep(soft, -soft, d);
        // Upper and lower lid as arcs; the outer corner is higher.
        let t = (q.x + 0.02) / 0.27;
        let bow = (1.0 - t * t).max(0.0);
        let tilt = -0.035 * t;
        let upper = tilt - 0.185 * bow.powf(0.55) + 0.03;
        let lower = tilt + 0.135 * bow.powf(0.7) + 0.03;
        let open = inside((upper - q.y).max(q.y - lower).max(t.abs() * 0.27 - 0.27));
        let mut colour = under;
        let lay = |colour: &mut Rgb, paint: Rgb, share: f32| {
            *colour = std::array::from_fn(|c| mix(colour[c], paint[c], share.clamp(0.0, 1.0)));
        };
        let shaded = mix(0.80, 1.0, smoothstep(upper, upper + 0.1, q.y));
        lay(&mut colour, [0.97 * shaded, 0.97 * shaded, 0.99 * shaded], open);
        let at = vec2(q.x + 0.005, q.y - 0.0);
        let round = (at.x / 0.128).hypot(at.y / 0.165);
        let iris = inside((round - 1.0) * 0.13) * open;
        let depth = smoothstep(-0.15, 0.14, at.y);
        let tone: Rgb = self.iris.map(|c| mix(c * 0.35, (c * 1.35 + 0.12).min(1.0), depth));
        lay(&mut colour, tone, iris);
        lay(&mut colour, self.iris.map(|c| c * 0.22), iris * smoothstep(0.80, 0.95, round));
        let pupil = inside(((at.x / 0.06).hypot(at.y / 0.085) - 1.0) * 0.06) * open;
        lay(&mut colour, self.iris.map(|c| c * 0.12), pupil);
        // Highlights on the same side in both eyes.
        let glint =
            |x: f32, y: f32, r: f32| inside((vec2(q.x * self.side, q.y) - vec2(x, y)).length() - r) * open;
        lay(&mut colour, [1.0; 3], glint(-0.05, -0.07, 0.04));
        lay(&mut colour, [0.95; 3], glint(0.055, 0.075, 0.02));
        // Lashes: thick above and towards the outer corner, a thread below.
        let thick = mix(0.022, 0.05, smoothstep(-0.9, 1.0, t));
        let above = inside((q.y - upper).abs() - thick * bow.powf(0.25).max(0.35)) * inside(t.abs() - 1.06);
        lay(&mut colour, INK, above);
        let wing = (q - vec2(0.25, upper)).dot(vec2(0.8, -0.6));
        let flick = inside((wing - 0.03).abs() - 0.05)
            * inside((q - vec2(0.27, -0.01)).dot(vec2(0.6, 0.8)).abs() - 0.014);
        lay(&mut colour, INK, flick);
        let below = inside((q.y - lower).abs() - 0.008) * smoothstep(0.0, 0.6, t) * inside(t.abs() - 0.95);
        lay(&mut colour, INK.map(|c| c + 0.15), below * 0.8);
        let crease = inside((q.y - upper + 0.065).abs() - 0.007) * inside(t.abs() - 0.8);
        lay(&mut colour, INK.map(|c| c + 0.2), crease * 0.55);
        colour
    }
}
