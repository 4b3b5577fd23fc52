//! Standing a cut-out person in a set: shadow on the floor, contact under the soles, the set's light on the person and
//! around the edges. All in linear light.

use rayon::prelude::*;

use super::{Light, Set};
use crate::backdrop::at_pixel;
use crate::colour::{Rgb, srgb};
use crate::geometry::{Vec2, mix, smoothstep};
use crate::raster::{Grid, Plane, blur};

/// Result pixels per pixel of the grids for soft things.
const COARSE: usize = 4;

/// A person without background.
pub(crate) struct Cutout {
    /// Linear light times coverage, and coverage.
    pub(crate) pixels: Grid<[f32; 4]>,
    /// Row of the soles and middle of the body, in pixels.
    pub(crate) feet: Vec2,
    /// One head height in pixels.
    pub(crate) unit: f32,
}

/// Soft things on the coarse grid.
struct Soft {
    /// The person's coverage, a little blurred.
    near: Plane,
    /// How far the person's surface is turned to the left (-1) or right (1).
    turned: Plane,
    /// How much light the floor loses, `0..=1`; coarse across only, as a shadow that lies on the floor changes from row to
    /// row.
    shadow: Plane,
    /// The backdrop around a place.
    around: Grid<Rgb>,
}

fn shrunk(pixels: &Grid<[f32; 4]>) -> Plane {
    let (width, height) = (pixels.width.div_ceil(COARSE), pixels.height.div_ceil(COARSE));
    Grid::par_from_fn(width, height, |x, y| {
        let (mut sum, mut count) = (0.0, 0.0_f32);
        for py in (y * COARSE..((y + 1) * COARSE).min(pixels.height)).step_by(2) {
            for px in (x * COARSE..((x + 1) * COARSE).min(pixels.width)).step_by(2) {
                sum += pixels.at(px, py)[3];
                count += 1.0;
            }
        }
        sum / count.max(1.0)
    })
}

/// The shadow that the person throws on the floor of a set.
fn shadow(set: &Set, cutout: &Cutout, alpha: &Plane) -> Plane {
    let unit = cutout.unit / COARSE as f32;
    let camera = &set.camera;
    let levels = [0.03, 0.09, 0.2].map(|share| blur(alpha, share * unit));
    let sole = cutout.feet.y / COARSE as f32;
    let soles = Grid::from_fn(alpha.width, alpha.height, |x, y| {
        alpha.at(x, y) * smoothstep(sole - 0.3 * unit, sole - 0.1 * unit, y as f32)
    });
    let (touch, close) = (blur(&soles, 0.035 * unit), blur(&soles, 0.12 * unit));
    Grid::par_from_fn(alpha.width, cutout.pixels.height, |x, y| {
        let Some([gx, gz]) = camera.ray((x as f32 + 0.5) * COARSE as f32 - 0.5, y as f32).level(0.0) else {
            return 0.0;
        };
        let [across, back] = set.light.cast;
        let height = gz / back;
        let mut dark = 0.0;
        if (0.0..2.2).contains(&height) {
            let from_x = (camera.feet.x + (gx - across * height) * camera.metre) / COARSE as f32;
            let from_y = (camera.feet.y - height * camera.metre) / COARSE as f32;
            let soft = (height * set.light.softness * 6.0).clamp(0.0, 2.0);
            let at = |i: usize| levels[i].sample(from_x, from_y);
            let cast = if soft < 1.0 { mix(at(0), at(1), soft) } else { mix(at(1), at(2), soft - 1.0) };
            dark = cast * set.light.strength * (1.0 - 0.55 * smoothstep(0.3, 2.0, height));
        }
        // Right under the soles hardly any light arrives.
        let row = (y as f32 + 0.5) / COARSE as f32 - 0.5;
        let up = |plane: &Plane, by: f32| plane.sample(x as f32, row - by * unit);
        let contact = (0.9 * up(&touch, 0.02)).max(0.55 * up(&close, 0.05));
        1.0 - (1.0 - dark) * (1.0 - contact.min(0.8))
    })
}

fn soften(set: &Set, cutout: &Cutout) -> Soft {
    let alpha = shrunk(&cutout.pixels);
    let unit = cutout.unit / COARSE as f32;
    let ((near, turned), (shadow, around)) = rayon::join(
        || (blur(&alpha, 0.04 * unit), turned(&alpha, unit)),
        || {
            let shadow = shadow(set, cutout, &alpha);
            let place = |v: usize| (v as f32 + 0.5) * COARSE as f32 - 0.5;
            let seen = Grid::from_fn(alpha.width, alpha.height, |x, y| set.at(place(x), place(y)));
            let channels: [Plane; 3] =
                std::array::from_fn(|c| blur(&seen.map(|rgb| rgb[c].min(1.6)), 0.22 * unit));
            let around = Grid::from_fn(alpha.width, alpha.height, |x, y| {
                std::array::from_fn(|c| channels[c].at(x, y))
            });
            (shadow, around)
        },
    );
    Soft { near, turned, shadow, around }
}

/// How far the surface is turned to the left (-1) or right (1): a figure is round like a cushion, and so are its limbs.
fn turned(alpha: &Plane, unit: f32) -> Plane {
    let [trunk, limbs] = [0.36, 0.11].map(|share| share * unit);
    let (wide, narrow) = (blur(alpha, trunk), blur(alpha, limbs));
    Grid::from_fn(alpha.width, alpha.height, |x, y| {
        let slope = |plane: &Plane, reach: f32| {
            let (x, y) = (x as f32, y as f32);
            plane.sample(x - reach, y) - plane.sample(x + reach, y)
        };
        (0.85 * slope(&wide, trunk) + 0.65 * slope(&narrow, limbs)).clamp(-1.0, 1.0)
    })
}

/// A shoulder that keeps what is brighter than white from clipping hard.
fn rolled(value: f32) -> f32 {
    if value < 0.7 { value } else { 0.7 + 0.3 * (1.0 - (-(value - 0.7) / 0.3).exp()) }
}

/// The person in the set, as RGBA bytes.
pub(crate) fn stand(set: &Set, cutout: &Cutout) -> Vec<u8> {
    let soft = soften(set, cutout);
    let (width, height) = (cutout.pixels.width, cutout.pixels.height);
    let mut rgba = vec![255_u8; width * height * 4];
    rgba.par_chunks_mut(width * 4).enumerate().for_each(|(y, row)| {
        for (x, out) in row.chunks_exact_mut(4).enumerate() {
            let colour = pixel(set, &soft, cutout, x, y);
            (0..3).for_each(|c| out[c] = srgb(colour[c]));
        }
    });
    rgba
}

fn pixel(set: &Set, soft: &Soft, cutout: &Cutout, x: usize, y: usize) -> Rgb {
    let [r, g, b, alpha] = cutout.pixels.at(x, y);
    let place = |v: usize| (v as f32 + 0.5) / COARSE as f32 - 0.5;
    let (sx, sy) = (place(x), place(y));
    let grain = 1.0 + (at_pixel(x, y) - 0.5) * 0.02;
    let mut colour = [0.0; 3];
    if alpha < 1.0 {
        let dark = 1.0 - soft.shadow.sample(sx, y as f32);
        colour = set.at(x as f32, y as f32).map(|c| rolled(c * dark) * (1.0 - alpha) * grain);
    }
    if alpha <= 0.0 {
        return colour;
    }
    let Light { key, fill, wrap, rim, side, .. } = set.light;
    let lit = soft.turned.sample(sx, sy) * side;
    // Low down the floor takes light away.
    let low = 1.0 - 0.16 * smoothstep(cutout.feet.y - 0.9 * cutout.unit, cutout.feet.y, y as f32);
    let edge = (1.0 - soft.near.sample(sx, sy)).clamp(0.0, 1.0);
    let caught = rim * (2.0 * edge).min(1.0).powi(2) * lit.max(0.0);
    // Well inside nothing of what is around shines over.
    let around = if edge > 1e-3 { soft.around.sample(sx, sy) } else { [0.0; 3] };
    for (c, own) in [r, g, b].into_iter().enumerate() {
        let falling = mix(fill[c], key[c], 0.5 + 0.5 * lit);
        let own = own * low * (falling + caught * key[c]);
        let wrapped = own + (around[c] * alpha - own).max(0.0) * wrap * edge;
        colour[c] += rolled(wrapped) * grain;
    }
    colour
}
