//! Drawn eyes: as large as the style wants them, as wide open and looking where the person's own do.

use super::INK;
use crate::colour::{Rgb, luminance};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::portrait::scene::Scene;
use crate::raster::Grid;

/// Half the width of a drawn eye, in distances between the eyes.
const HALF: f32 = 0.29;

/// How much larger eyes are drawn than all measures below.
const LARGE: f32 = 1.12;

/// Draws both eyes.
pub(super) fn draw(scene: &Scene<'_>, drawn: &mut Grid<Rgb>, skin: Rgb) {
    let between = scene.face.between() / scene.cutout.framing.scale;
    let iris = scene.variation.accent.unwrap_or_else(|| iris_colour(scene));
    let seen = [-1.0, 1.0].map(|side| Seen::of(scene, side, skin));
    // Both look the same way, and as wide open as the average: what differs is mostly error.
    let gaze = (seen[0].gaze + seen[1].gaze) * 0.5;
    let open = f32::midpoint(seen[0].open, seen[1].open);
    for side in [-1.0, 1.0] {
        let centre = scene.at(side * 0.5 - 0.7 * gaze.x, 0.05);
        Eye { centre, between: LARGE * between, side, iris, gaze, open }.draw(drawn, scene);
    }
}

/// What is seen of an eye, in distances between the eyes.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// From the middle of the eye to the pupil.
    gaze: Vec2,
    /// 1 wide open, less when the lids come together.
    open: f32,
}

impl Seen {
    /// Counts what differs from skin around a pupil: white and iris give the eye's extent.
    fn of(scene: &Scene<'_>, side: f32, skin: Rgb) -> Self {
        let (wide, tall, steps) = (0.26, 0.13, 12_i32);
        let (mut sum, mut count) = (0.0, 0.0_f32);
        let all = (2 * steps + 1).pow(2) as f32;
        let tone = luminance(skin).max(0.05);
        let chroma = |rgb: Rgb| rgb[0] - rgb[2];
        for i in -steps..=steps {
            for j in -steps..=steps {
                let (x, y) = (j as f32 / steps as f32 * wide, i as f32 / steps as f32 * tall);
                let rgb = scene.cutout.before(scene.at(side * 0.5 + x, y));
                // Whites and irises are less warm than skin; lashes and pupils are dark.
                let cold = smoothstep(0.75, 0.4, chroma(rgb) / chroma(skin).max(0.08));
                let dark = smoothstep(0.55, 0.35, luminance(rgb) / tone);
                let eye = cold.max(dark);
                sum += x * eye;
                count += eye;
            }
        }
        if count < 4.0 {
            return Self { gaze: Vec2::default(), open: 0.8 };
        }
        let gaze = vec2((-sum / count).clamp(-0.07, 0.07), 0.0);
        Self { gaze, open: (0.35 + 0.9 * count / all).clamp(0.6, 1.0) }
    }
}

/// The colour around the pupils, more of it than there is: brown unless it is plainly blue, green or grey.
fn iris_colour(scene: &Scene<'_>) -> Rgb {
    let mut ring: Vec<Rgb> = Vec::new();
    for side in [-0.5, 0.5] {
        for i in 0..24 {
            // The upper lid covers the upper part.
            let angle = (i as f32 / 23.0).mul_add(1.3, -0.15) * std::f32::consts::PI;
            let at = scene.at(side + 0.055 * angle.cos(), 0.045 * angle.sin());
            ring.push(scene.cutout.before(at));
        }
    }
    ring.sort_by(|a, b| (a[2] - a[0]).total_cmp(&(b[2] - b[0])));
    let middle = ring.get(ring.len() / 2).copied().unwrap_or([0.30, 0.22, 0.18]);
    let own = if middle[2] - middle[0] > 0.0 { middle } else { [0.36, 0.22, 0.13] };
    let grey = luminance(own);
    let lively: Rgb = own.map(|c| (grey + (c - grey) * 1.8).clamp(0.0, 1.0));
    let scale = 0.55 / lively.into_iter().fold(0.05, f32::max);
    lively.map(|c| c * scale)
}

/// One drawn eye, in units of the distance between the eyes.
struct Eye {
    centre: Vec2,
    between: f32,
    side: f32,
    iris: Rgb,
    gaze: Vec2,
    open: f32,
}

impl Eye {
    fn draw(&self, drawn: &mut Grid<Rgb>, scene: &Scene<'_>) {
        let reach = 0.5 * self.between;
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
                drawn.set(x, y, std::array::from_fn(|c| mix(old[c], new[c], alpha)));
            }
        }
    }

    /// Rows of the upper and the lower lid at `t`, -1 at the inner and 1 at the outer corner, which is higher.
    fn lids(&self, t: f32) -> [f32; 2] {
        let bow = (1.0 - t * t).max(0.0);
        let tilt = 0.03 - 0.035 * t;
        [tilt - 0.22 * self.open * bow.powf(0.55), tilt + 0.14 * self.open * bow.powf(0.7)]
    }

    /// The colour at a place, `q.x` outwards.
    fn colour(&self, q: Vec2, soft: f32, under: Rgb) -> Rgb {
        let inside = |d: f32| smoothstep(soft, -soft, d);
        let t = (q.x + 0.02) / HALF;
        let bow = (1.0 - t * t).max(0.0);
        let [upper, lower] = self.lids(t);
        let opening = inside((upper - q.y).max(q.y - lower).max((t.abs() - 1.0) * HALF));
        let mut colour = under;
        let lay = |colour: &mut Rgb, paint: Rgb, share: f32| {
            *colour = std::array::from_fn(|c| mix(colour[c], paint[c], share.clamp(0.0, 1.0)));
        };
        let shaded = mix(0.80, 1.0, smoothstep(upper, upper + 0.1, q.y));
        lay(&mut colour, [0.97 * shaded, 0.97 * shaded, 0.99 * shaded], opening);
        self.iris(&mut colour, q, soft, opening);
        // Lashes: thick above and towards the outer corner, a thread below.
        let thick = mix(0.02, 0.05, smoothstep(-0.9, 1.0, t));
        let above = inside((q.y - upper).abs() - thick * bow.powf(0.25)) * inside(t.abs() - 0.99);
        lay(&mut colour, INK, above);
        let below = inside((q.y - lower).abs() - 0.007) * smoothstep(0.0, 0.6, t) * inside(t.abs() - 0.95);
        lay(&mut colour, INK.map(|c| c + 0.15), below * 0.8);
        let crease = inside((q.y - upper + 0.06).abs() - 0.006) * inside(t.abs() - 0.75);
        lay(&mut colour, INK.map(|c| c + 0.2), crease * 0.5);
        colour
    }

    /// Iris, pupil and highlights, as far as the lids are open.
    fn iris(&self, colour: &mut Rgb, q: Vec2, soft: f32, opening: f32) {
        let inside = |d: f32| smoothstep(soft, -soft, d) * opening;
        let mut lay = |paint: Rgb, share: f32| {
            *colour = std::array::from_fn(|c| mix(colour[c], paint[c], share.clamp(0.0, 1.0)));
        };
        // Both eyes look and shine to the same side of the picture.
        let at = vec2(q.x * self.side - self.gaze.x, q.y - 0.005);
        let round = (at.x / 0.14).hypot(at.y / 0.19);
        let iris = inside((round - 1.0) * 0.15);
        let depth = smoothstep(-0.17, 0.16, at.y);
        lay(self.iris.map(|c| mix(c * 0.35, (c * 1.35 + 0.12).min(1.0), depth)), iris);
        lay(self.iris.map(|c| c * 0.22), iris * smoothstep(0.80, 0.95, round));
        lay(self.iris.map(|c| c * 0.12), inside(((at.x / 0.064).hypot(at.y / 0.095) - 1.0) * 0.064));
        let glint = |x: f32, y: f32, r: f32| inside((at - vec2(x, y)).length() - r);
        lay([1.0; 3], glint(-0.05, -0.075, 0.042));
        lay([0.95; 3], glint(0.055, 0.08, 0.021));
    }
}
