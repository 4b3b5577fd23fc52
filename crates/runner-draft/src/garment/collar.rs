//! What of a collar lies behind the neck.
//!
//! Decided here: the front ends at the lower edge of the opening, and beside the opening at a straight line from there to
//! the point where the collar meets the shoulder. All above is back: the stand of a shirt's collar, the label, the lining.

use std::f32::consts::PI;

use super::outline::top_at;
use crate::colour::{Rgb, difference};
use crate::geometry::{Vec2, mix, vec2};
use crate::raster::{Grid, Mask};

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

/// The ends of a collar that stands up: the outermost points of the upper outline that are hardly lower than its highest.
fn ends(mask: &Mask, axis: f32, tips: [Vec2; 2]) -> Option<[Vec2; 2]> {
    let [_, y0, _, y1] = mask.bounds()?;
    let lowest = y0 as f32 + 0.022 * (y1 - y0) as f32;
    let mut ends = tips;
    for end in &mut ends {
        let mut inwards = (0..=40).rev().map(|i| mix(axis, end.x, 0.02 * i as f32));
        let high = |x: f32| Some(vec2(x, top_at(mask, x).filter(|&y| y <= lowest)?));
        *end = inwards.find_map(high)?;
    }
    Some(ends)
}

/// The opening as wide as it must be between the ends of the collar, and those: in checks only a middle piece of the inside
/// is told from the front. Collars lie in the arc of half an ellipse. Nothing where the opening was found wide enough.
pub(super) fn widened(
    lab: &Grid<Rgb>,
    mask: &Mask,
    opening: &Mask,
    axis: f32,
    tips: [Vec2; 2],
) -> Option<(Mask, [Vec2; 2])> {
    let ([x0, _, x1, y1], ends) = (opening.bounds()?, ends(mask, axis, tips)?);
    let (middle, top) = (f32::midpoint(ends[0].x, ends[1].x), ends[0].y.min(ends[1].y));
    let reach = (ends[1].x - ends[0].x) / 2.0;
    let narrow = Arc { middle, top, half: NARROWEST * reach, depth: y1 as f32 - top };
    if (x1 - x0) as f32 / 2.0 > narrow.half {
        return None;
    }
    let arc = narrow.on_edge(lab, reach);
    let wide =
        Mask::from_fn(mask.width, mask.height, |x, y| opening.at(x, y) || (mask.at(x, y) && arc.holds(x, y)));
    Some((wide, ends))
}

/// The narrowest opening between the ends of a collar, as a share of the way between them.
const NARROWEST: f32 = 0.72;

/// The lower half of an ellipse.
#[derive(Clone, Copy)]
struct Arc {
    middle: f32,
    top: f32,
    half: f32,
    depth: f32,
}

impl Arc {
    fn holds(&self, x: usize, y: usize) -> bool {
        let across = (x as f32 - self.middle) / self.half;
        across.abs() < 1.0 && (y as f32) < self.top + self.depth * (1.0 - across * across).sqrt()
    }

    /// How plain a step of colour runs along it: stripes step as plainly, but cross it in places only.
    fn step(&self, lab: &Grid<Rgb>) -> f32 {
        const PLAIN: f32 = 0.1;
        const COUNT: usize = 32;
        let steps = (0..COUNT).map(|i| {
            let angle = mix(0.15, PI - 0.15, i as f32 / (COUNT - 1) as f32);
            let at = vec2(self.middle + self.half * angle.cos(), self.top + self.depth * angle.sin());
            let out = vec2(angle.cos() / self.half, angle.sin() / self.depth).unit() * 1.5;
            let [inner, outer] = [at - out, at + out].map(|p| lab.sample(p.x, p.y));
            difference(inner, outer).min(PLAIN)
        });
        steps.sum::<f32>() / COUNT as f32
    }

    /// The arc with the plainest step up to as wide as `reach`, and about as deep or half as deep again.
    fn on_edge(self, lab: &Grid<Rgb>, reach: f32) -> Self {
        let arcs = (0..=10).flat_map(|i| {
            let half = mix(self.half, reach, i as f32 / 10.0);
            (0..=20).map(move |j| Self { half, depth: mix(0.9, 1.5, j as f32 / 20.0) * self.depth, ..self })
        });
        let steps = arcs.map(|arc| (arc.step(lab), arc));
        steps.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(self, |(_, arc)| arc)
    }
}

/// Rows as means over `reach` columns to both sides.
fn smoothed(curve: &[(f32, f32)], reach: usize) -> Vec<(f32, f32)> {
    let mean = |i: usize| {
        let near = &curve[i.saturating_sub(reach)..(i + reach + 1).min(curve.len())];
        near.iter().map(|point| point.1).sum::<f32>() / near.len() as f32
    };
    (0..curve.len()).map(|i| (curve[i].0, mean(i))).collect()
}
