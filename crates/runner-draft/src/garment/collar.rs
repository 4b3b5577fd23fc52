//! What of a collar lies behind the neck.
//!
//! Decided here: the front ends at the lower edge of the opening, and beside the opening at a straight line from there to
//! the point where the collar meets the shoulder. All above is back: the stand of a shirt's collar, the label, the lining.

use crate::geometry::{Vec2, mix};
use crate::raster::Mask;

/// The back of the collar: what of a garment's mask lies above its front neckline. `opening` is the dark inside as found.
pub(super) fn back(mask: &Mask, opening: &Mask, neck: [Vec2; 2]) -> Mask {
    let lower = |x: usize| (0..opening.height).rfind(|&y| opening.at(x, y)).map(|y| y as f32 + 1.0);
    let seen: Vec<(f32, f32)> = (0..opening.width).filter_map(|x| lower(x).map(|y| (x as f32, y))).collect();
    let seen = smoothed(&seen, 2);
    let mut back = mask.map(|_| false);
    let (Some(&first), Some(&last)) = (seen.first(), seen.last()) else { return back };
    // The very corners of the opening are thin and ragged.
    let inset = ((last.0 - first.0) * 0.04).max(1.0);
    let row = |x: f32| {
        let ends = [(neck[0], first.0 + inset, -1.0), (neck[1], last.0 - inset, 1.0)];
        for (point, from, sign) in ends {
            if (x - from) * sign >= 0.0 {
                let start = seen.iter().min_by(|a, b| (a.0 - from).abs().total_cmp(&(b.0 - from).abs()))?;
                let t = (x - start.0) / (point.x - start.0 + sign * 1e-3);
                return (t <= 1.0).then(|| mix(start.1, point.y, t.max(0.0)));
            }
        }
        seen.iter().find(|(column, _)| *column >= x).map(|(_, y)| *y)
    };
    for x in 0..mask.width {
        let Some(end) = row(x as f32) else { continue };
        (0..end.max(0.0) as usize).filter(|&y| mask.at(x, y)).for_each(|y| back.set(x, y, true));
    }
    back
}

/// Rows as means over `reach` columns to both sides.
fn smoothed(curve: &[(f32, f32)], reach: usize) -> Vec<(f32, f32)> {
    let mean = |i: usize| {
        let near = &curve[i.saturating_sub(reach)..(i + reach + 1).min(curve.len())];
        near.iter().map(|point| point.1).sum::<f32>() / near.len() as f32
    };
    (0..curve.len()).map(|i| (curve[i].0, mean(i))).collect()
}
