//! The photographic look: a grade, a glow around what is bright, a vignette, a little grain.

use super::scene::{Scene, contrast, on_coarse};
use super::words::Mood;
use crate::backdrop::at_pixel;
use crate::colour::{Rgb, luminance};
use crate::face::matte::shrunk;
use crate::geometry::{mix, smoothstep};
use crate::raster::{Grid, blur};

/// `strength` is 1 at the usual guidance.
pub(super) fn develop(scene: &Scene<'_>, strength: f32) -> Grid<Rgb> {
    let picture = &scene.picture;
    let (width, height) = (picture.width, picture.height);
    let step = 8;
    let small = shrunk(picture, step, scene.cutout.framing.coarser(step).size);
    let bright = small.map(|rgb| rgb.map(|c| (c - 0.72).max(0.0)));
    let glow: [_; 3] =
        std::array::from_fn(|c| blur(&bright.map(|rgb| rgb[c]), 0.05 * scene.unit() / step as f32 * 3.0));
    let warm = scene.variation.mood != Mood::Soft;
    let centre = scene.at(0.0, 0.6);
    let far = (width as f32).hypot(height as f32) * 0.62;
    Grid::par_from_fn(width, height, |x, y| {
        let rgb = picture.at(x, y);
        let (sx, sy) = (on_coarse(x, step), on_coarse(y, step));
        let off = (x as f32 - centre.x).hypot(y as f32 - centre.y) / far;
        let vignette = 1.0 - 0.22 * strength * smoothstep(0.45, 1.15, off);
        let grain = (at_pixel(x, y) + at_pixel(x + 7919, y + 104_729) - 1.0) * 0.022 * strength;
        let grey = luminance(rgb);
        std::array::from_fn(|c| {
            // Shadows lean to teal, lights to amber.
            let split = if warm { [0.018, 0.0, -0.022][c] * (grey - 0.42) * 2.2 } else { 0.0 };
            let bloomed = rgb[c] + glow[c].sample(sx, sy) * 0.55 * strength;
            let graded = contrast(bloomed, 0.30 * strength) + split * strength;
            let vivid = mix(grey, graded, 1.06);
            (vivid * vignette + grain * (1.0 - grey)).clamp(0.0, 1.0)
        })
    })
}
