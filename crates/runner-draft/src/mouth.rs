//! Where a mouth is and what it shows, from the light around it.
//!
//! Places are in distances between the eyes, from their middle: across and down.

use crate::colour::{Rgb, luminance};

/// The line between the lips: the darkest across the mouth, near where it is expected. `light` is linear.
pub(crate) fn line(light: impl Fn(f32, f32) -> Rgb) -> f32 {
    let bright = |down: f32| {
        let along = (-5..=5).map(|i| light(i as f32 * 0.045, down));
        along.map(|rgb| luminance(rgb).cbrt()).sum::<f32>() / 11.0
    };
    let dark = |down: f32| {
        let beside = f32::midpoint(bright(down - 0.13), bright(down + 0.13));
        bright(down) - beside + 1.2 * (down - 1.08).powi(2)
    };
    let rows = (0..36).map(|i| 0.82 + 0.015 * i as f32);
    rows.min_by(|a, b| dark(*a).total_cmp(&dark(*b))).unwrap_or(1.08)
}

/// The lower end of teeth that a smile shows: of the rows of the mouth most of which is bright and hardly coloured, the
/// last; none where there are fewer than lips could be mistaken for. `light` is linear.
pub(crate) fn teeth(light: impl Fn(f32, f32) -> Rgb) -> Option<f32> {
    let cheeks = [-0.55, 0.55].map(|x| light(x, 0.75));
    let cheek: Rgb = std::array::from_fn(|c| f32::midpoint(cheeks[0][c], cheeks[1][c]));
    let colour = |rgb: Rgb| rgb[2] / rgb[0].max(1e-3);
    let white = |down: f32| {
        let along = (-6..=6).map(|i| light(i as f32 * 0.035, down));
        let teeth = along.filter(|rgb| {
            luminance(*rgb) > 0.75 * luminance(cheek) && colour(*rgb) > 1.45 * colour(cheek).max(0.2)
        });
        teeth.count() >= 8
    };
    let rows: Vec<f32> = (0..48).map(|i| 0.80 + 0.015 * i as f32).filter(|down| white(*down)).collect();
    (rows.len() >= 5).then(|| rows[rows.len() - 1] + 0.01)
}
