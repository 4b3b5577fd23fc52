//! The anime look: flat tones with simple shadows, lines along edges, large drawn eyes.
//!
//! Decided here: light comes from the inflated form and not from the photograph, so that shadows have the simple shapes of
//! drawings, and only a sliver of the face lies in shadow. Mouth, nose and brows are the person's own, made flat: by them an
//! expression is known. Eyes are drawn anew, in the colour that was asked for or that is there, but only where they were
//! surely found; else the face keeps its own.

mod eye;

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
    let parts = Parts::of(scene);
    let ink = lines(scene, &flat, &parts, detail);
    let shade = shadows(scene);
    let skin = skin_tone(scene, &flat);
    let sheen = sheen(scene);
    let mut drawn = Grid::par_from_fn(flat.width, flat.height, |x, y| {
        let (cx, cy) = (on_coarse(x, COARSE), on_coarse(y, COARSE));
        let alpha = scene.cutout.alpha.at(x, y);
        let own = flat.at(x, y);
        let dark = shade.sample(cx, cy);
        let part = parts.at(
            vec2(x as f32, y as f32),
            own,
            skin,
            [&scene.skin, &scene.hair].map(|plane| plane.sample(cx, cy)),
        );
        let figure = cel(own, dark, skin, part);
        let gleam = sheen.sample(cx, cy) * (1.0 - 0.6 * dark);
        let figure: Rgb = figure.map(|c| c + (1.0 - c) * 0.18 * gleam);
        let behind = airy(own, scene.variation.mood);
        let plain_skin = part.skin * (1.0 - part.feature);
        let line = ink.at(x, y) * mix(0.7, 1.0, strength.min(1.0)) * (1.0 - 0.6 * plain_skin);
        std::array::from_fn(|c| {
            let toned = mix(behind[c], figure[c], alpha);
            let toned = mix(own[c], toned, strength.min(1.0));
            mix(toned, INK[c] * mix(1.0, toned, 0.4), line).clamp(0.0, 1.0)
        })
    });
    if scene.face.seen() {
        eye::draw(scene, &mut drawn, skin);
    }
    drawn
}

/// What a pixel belongs to.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Share of skin.
    skin: f32,
    /// Near eyes, brows, nose and mouth.
    feature: f32,
    /// On the cheeks.
    blush: f32,
}

/// Places of the face in the portrait.
struct Parts {
    middle: Vec2,
    /// One distance between the eyes along their line.
    along: Vec2,
}

impl Parts {
    fn of(scene: &Scene<'_>) -> Self {
        let middle = scene.at(0.0, 0.0);
        Self { middle, along: scene.at(1.0, 0.0) - middle }
    }

    /// Across and down from the middle of the eyes, in distances between them.
    fn place(&self, place: Vec2) -> (f32, f32) {
        let off = place - self.middle;
        let per = 1.0 / self.along.dot(self.along).max(1e-3);
        (off.dot(self.along) * per, off.dot(self.along.turned()) * per)
    }

    /// How near eyes, brows, nose and mouth a place is.
    fn feature(&self, place: Vec2) -> f32 {
        let (across, down) = self.place(place);
        let oval = |x: f32, y: f32, wide: f32, tall: f32| {
            smoothstep(1.0, 0.75, ((across.abs() - x) / wide).hypot((down - y) / tall))
        };
        oval(0.5, -0.18, 0.5, 0.46).max(oval(0.0, 0.66, 0.3, 0.2)).max(oval(0.0, 1.1, 0.72, 0.34))
    }

    /// `likely` and `hair` are how much of them was seen in the picture.
    fn at(&self, place: Vec2, own: Rgb, skin: Rgb, [likely, hair]: [f32; 2]) -> Part {
        let (across, down) = self.place(place);
        let feature = self.feature(place);
        let share = |rgb: Rgb| rgb.map(|c| c / rgb.iter().sum::<f32>().max(0.05));
        let (hue, usual) = (share(own), share(skin));
        let off_hue = (0..3).map(|c| (hue[c] - usual[c]).abs()).sum::<f32>();
        let light = luminance(own) / luminance(skin).max(0.05);
        // Between the features' own colours is skin, but no teeth; so is what gleams on forehead and cheeks.
        let teeth = smoothstep(1.0, 0.8, (across / 0.46).hypot((down - 1.1) / 0.18));
        let between =
            feature * (1.0 - teeth) * smoothstep(0.15, 0.08, off_hue) * smoothstep(0.66, 0.8, light);
        let face = smoothstep(1.0, 0.85, (across / 0.95).hypot((down - 0.1) / 1.0)) * (1.0 - feature);
        let gleam = face * smoothstep(0.85, 1.0, light) * smoothstep(0.4, 0.1, hair);
        // The neck in the chin's shadow is skin; a beard is darker than that, and cloth of another hue.
        let below = smoothstep(1.7, 1.95, down);
        let neck = below * smoothstep(2.9, 2.5, down) * smoothstep(0.95, 0.7, across.abs());
        let shaded = neck * smoothstep(0.16, 0.10, off_hue) * smoothstep(0.34, 0.46, light);
        let cloth = smoothstep(2.1, 2.4, down) * smoothstep(0.07, 0.13, off_hue);
        let seen = likely * (1.0 - cloth) * smoothstep(0.3, 0.48, light);
        Part {
            skin: seen.max(shaded).max(between).max(gleam),
            feature,
            blush: smoothstep(1.0, 0.1, ((across.abs() - 0.66) / 0.36).hypot((down - 0.66) / 0.24)),
        }
    }
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
fn lines(scene: &Scene<'_>, flat: &Grid<Rgb>, parts: &Parts, detail: f32) -> Plane {
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
            let bare = skin * (1.0 - parts.feature(here));
            let limit = mix(-0.012, -0.004, detail.min(1.0)) - 0.012 * bare;
            line = smoothstep(limit + 0.006, limit - 0.012, sum / 6.0);
        }
        let on_person = mix(0.35, 1.0, scene.cutout.alpha.at(x, y));
        (line * on_person * mix(1.0, 0.75, skin)).max(border * 0.85)
    })
}

/// 1 in shadow, 0 in light, with a short soft edge, on the coarse grid.
fn shadows(scene: &Scene<'_>) -> Plane {
    let side = scene.variation.side;
    let lamp = form::unit([side * 0.55, -0.5, 0.7]);
    let head = scene.unit() / COARSE as f32;
    let place = |across: f32, down: f32| scene.at(across, down) * (1.0 / COARSE as f32);
    let (chin, mouth) = (place(0.0, 1.8), place(0.0, 1.1));
    let limit = match scene.variation.mood {
        Mood::Dramatic => 0.40,
        Mood::Soft => 0.02,
        _ => 0.12,
    };
    // Smoothed until only the large forms are left.
    let light = blur(&scene.form.normals.map(|normal| dot(normal, lamp)), 0.045 * head);
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
fn cel(own: Rgb, dark: f32, skin: Rgb, part: Part) -> Rgb {
    let grey = luminance(own).max(0.01);
    let steps = 4.0;
    let scaled = grey * steps;
    let stepped = (scaled.floor() + smoothstep(0.3, 0.7, scaled.fract())) / steps + 0.04;
    // What is bright is white cloth, on which every step would be a smudge.
    let level = mix(stepped, grey + 0.03, mix(0.25, 0.85, smoothstep(0.35, 0.7, grey)));
    let vivid: Rgb = own.map(|c| (grey + (c - grey) * 1.35) * (level / grey).clamp(0.6, 1.5));
    let cloth = |c: usize| vivid[c] * mix(1.06, [0.76, 0.73, 0.83][c], dark);
    let tone = luminance(skin).max(0.05);
    let peach: Rgb = std::array::from_fn(|c| {
        let lively = tone + (skin[c] - tone) * 1.12;
        mix(lively, 1.0, 0.22 * tone) * [1.03, 1.0, 0.99][c]
    });
    let lit = |c: usize| {
        peach[c] * mix(1.0, [0.88, 0.77, 0.78][c], dark) * mix(1.0, [1.02, 0.90, 0.90][c], 0.7 * part.blush)
    };
    // What is in a feature and much darker than skin is that feature; elsewhere it is a shadow that is not drawn.
    let plain = part.skin * mix(1.0, smoothstep(0.45, 0.75, grey / tone), part.feature);
    std::array::from_fn(|c| mix(cloth(c), lit(c), plain).clamp(0.0, 1.0))
}

/// Backgrounds in anime are painted: lighter, clearer, with more colour.
fn airy(own: Rgb, mood: Mood) -> Rgb {
    let grey = luminance(own);
    let lift = if mood == Mood::Dramatic { 0.0 } else { 0.06 };
    own.map(|c| contrast((grey + (c - grey) * 1.5) * (1.0 - lift) + lift, 0.2).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shade_on_white_cloth_stays_a_shade() {
        let cloth = Part { skin: 0.0, feature: 0.0, blush: 0.0 };
        let skin = [0.8, 0.6, 0.5];
        for i in 0..20 {
            let grey = 0.72 + 0.01 * i as f32;
            let [dark, light] = [grey, grey + 0.04].map(|v| cel([v; 3], 0.0, skin, cloth)[0]);
            assert!(light - dark < 0.075, "{grey}: from {dark} to {light}");
        }
    }

    #[test]
    fn a_shadow_of_the_photograph_is_no_beard_and_lips_stay() {
        let skin = [0.8, 0.6, 0.5];
        let cheek = Part { skin: 1.0, feature: 0.0, blush: 0.0 };
        let shadow = cel(skin.map(|c| c * 0.55), 0.0, skin, cheek);
        assert!(luminance(shadow) > 0.9 * luminance(cel(skin, 0.0, skin, cheek)));
        let lips = cel([0.45, 0.15, 0.15], 0.0, skin, Part { feature: 1.0, ..cheek });
        assert!(lips[0] > lips[1] * 2.0, "{lips:?}");
    }
}
