//! The crystal clear look: as rendered, smooth and glossy, with rims of coloured light.

use super::form::{self, COARSE, dot};
use super::scene::{Scene, contrast, on_coarse};
use crate::backdrop::Chance;
use crate::colour::{Rgb, luminance};
use crate::face::matte::shrunk_plane;
use crate::geometry::{mix, smoothstep, vec2};
use crate::headshot::retouch::keep_edges;
use crate::raster::{Grid, Plane, blur};

/// Pairs of rim lights, in sRGB values that are added.
const RIMS: [[Rgb; 2]; 4] = [
    [[0.15, 0.65, 1.0], [1.0, 0.35, 0.75]],
    [[0.35, 0.95, 0.85], [0.55, 0.35, 1.0]],
    [[1.0, 0.65, 0.25], [0.25, 0.55, 1.0]],
    [[0.75, 0.55, 1.0], [0.3, 0.9, 0.95]],
];

/// `strength` is 1 at the usual guidance, `detail` 0 for none of the original's, 1 for most of it.
pub(super) fn render(scene: &Scene<'_>, strength: f32, detail: f32) -> Grid<Rgb> {
    let picture = &scene.picture;
    let unit = scene.unit();
    let radius = ((0.028 - 0.012 * detail) * unit).max(2.0) as usize;
    let smooth = |c: usize| {
        let once = keep_edges(&picture.map(|rgb| rgb[c]), radius, 5e-3);
        keep_edges(&once, radius / 2 + 1, 1.5e-3)
    };
    let (red, (green, blue)) = rayon::join(|| smooth(0), || rayon::join(|| smooth(1), || smooth(2)));
    let planes: [Plane; 3] = [red, green, blue];
    let mut chance = Chance::new(scene.variation.seed);
    let [mut near, mut far] = chance.pick(&RIMS);
    if let Some(accent) = scene.variation.accent {
        near = accent;
        far = accent.map(|c| mix(1.0 - c, c, 0.35));
    }
    // Lamps are tinted, not painted.
    let [near, far] = [near, far].map(|rim| rim.map(|c| mix(c, 0.8, 0.45)));
    let side = scene.variation.side;
    let lamp = form::unit([side * 0.45, -0.6, 0.85]);
    let half = form::unit([lamp[0], lamp[1], lamp[2] + 1.0]);
    let window = form::unit([-side * 0.5, -0.35, 0.9]);
    // Light from behind creeps around the outline only: inside it, the edge of a face before its hair has none.
    let outline = {
        let share = shrunk_plane(&scene.cutout.alpha, COARSE, scene.cutout.framing.coarser(COARSE).size);
        blur(&share.map(|share| 1.0 - share), 0.035 * unit / COARSE as f32)
    };
    let shine = scene.form.normals.map(|normal| {
        let turned = smoothstep(0.42, 0.92, 1.0 - normal[2]);
        let edge = |from: f32| (vec2(normal[0], normal[1]).unit().x * from).max(0.0) * turned;
        let gloss = dot(normal, half).max(0.0).powi(50) + 0.35 * dot(normal, window).max(0.0).powi(24);
        [edge(-side), edge(side), gloss]
    });
    Grid::par_from_fn(picture.width, picture.height, |x, y| {
        let alpha = scene.cutout.alpha.at(x, y);
        let own = picture.at(x, y);
        let (cx, cy) = (on_coarse(x, COARSE), on_coarse(y, COARSE));
        let [left, right, gloss] = shine.sample(cx, cy);
        let skin = scene.skin.sample(cx, cy);
        let grey = luminance(own);
        let around = smoothstep(0.04, 0.35, outline.sample(cx, cy));
        std::array::from_fn(|c| {
            let clean = planes[c].at(x, y);
            // Lines of eyes and mouth stay; pores go.
            let crisp = clean + (own[c] - clean) * (0.55 + 0.5 * detail) * (1.0 - 0.8 * skin);
            let base = mix(own[c], crisp, strength.min(1.2));
            let vivid = luminance([planes[0].at(x, y), planes[1].at(x, y), planes[2].at(x, y)]);
            let punch = contrast(vivid + (base - vivid) * mix(1.0, 1.32, strength), 0.25 * strength);
            let rim = (near[c] * left + far[c] * right) * 0.45 * around * strength;
            let spec = gloss * (0.16 + 0.16 * skin + 0.12 * (1.0 - grey)) * strength;
            (punch + (rim + spec) * alpha * (1.0 - 0.5 * punch)).clamp(0.0, 1.0)
        })
    })
}
