//! Skin and hair inside the figure.
//!
//! Decided here: a person's skin is learnt from the middle of the face and hair from the top of the head; both are then
//! told by colour alone, everywhere.

use super::body::{Body, Head, level};
use super::silhouette::Standing;
use crate::colour::{Rgb, difference};
use crate::geometry::{smoothstep, vec2};
use crate::raster::{Grid, Mask, Plane, blur, components, grow};

/// What this person's skin looks like.
pub(crate) struct Skin {
    /// OKLab of the face.
    pub(crate) colour: Rgb,
    /// Likelihood `0..=1` for every small pixel.
    pub(crate) likely: Plane,
    /// Share of the face that can be skin at all, `0..=1`.
    pub(crate) face: f32,
}

/// Directions of the hues between which skin lies, 10 and 92 degrees.
const HUES: [[f32; 2]; 2] = [[0.984_807_8, 0.173_648_18], [-0.034_899_5, 0.999_390_8]];

/// Whether any human skin under ordinary light looks like this OKLab colour: orange hues, modest chroma.
pub(crate) fn plausible(lab: Rgb) -> bool {
    let [_, a, b] = lab;
    let chroma = (a * a + b * b).sqrt();
    let within = HUES[0][0] * b >= HUES[0][1] * a && HUES[1][1] * a > HUES[1][0] * b;
    // Dark skin has less chroma to show.
    let least = 0.018 * (lab[0] / 0.35).min(1.0);
    (least..0.17).contains(&chroma) && within && (0.11..0.97).contains(&lab[0])
}

fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Median of every channel.
pub(crate) fn median_colour(colours: &[Rgb]) -> Rgb {
    std::array::from_fn(|c| median(&mut colours.iter().map(|colour| colour[c]).collect::<Vec<_>>()))
}

/// What in the middle of a face that is `height` tall, with its hair at `top`, can be skin, and its share there.
fn middle_of_face(lab: &Grid<Rgb>, [x, top, height]: [f32; 3]) -> (Vec<Rgb>, f32) {
    let mut seen: Vec<Rgb> = Vec::new();
    let mut all = 0;
    for i in 0..40 {
        for j in 0..40 {
            let (u, v) = (i as f32 / 19.5 - 1.0, j as f32 / 19.5 - 1.0);
            if u * u + v * v > 1.0 {
                continue;
            }
            let point = vec2(x + u * 0.22 * height, top + (0.66 + v * 0.27) * height);
            if let Some(colour) = lab.get(point) {
                all += 1;
                if plausible(colour) {
                    seen.push(colour);
                }
            }
        }
    }
    let share = seen.len() as f32 / all.max(1) as f32;
    (seen, share)
}

/// The colour (OKLab) of the face of somebody standing there, if it can be skin.
pub(super) fn face(lab: &Grid<Rgb>, place: Standing) -> Option<Rgb> {
    let (seen, _) = middle_of_face(lab, [place.x, place.top, place.head]);
    (!seen.is_empty()).then(|| median_colour(&seen))
}

/// Learns the skin from the middle of the face and finds it everywhere on the figure.
pub(crate) fn skin(lab: &Grid<Rgb>, figure: &Mask, head: Head) -> Skin {
    let (seen, face) = middle_of_face(lab, [head.x, head.top, head.height]);
    if seen.is_empty() {
        return Skin { colour: [0.7, 0.05, 0.05], likely: figure.map(|_| 0.0), face };
    }
    let colour = median_colour(&seen);
    let spread: Rgb = std::array::from_fn(|c| {
        median(&mut seen.iter().map(|lab| (lab[c] - colour[c]).abs()).collect::<Vec<_>>()) * 1.48
    });
    let scale =
        [(spread[0] * 1.5).clamp(0.08, 0.13), spread[1].clamp(0.014, 0.022), spread[2].clamp(0.014, 0.022)];
    let likely = lab.zip(figure, |lab, inside| {
        let off: f32 = (0..3).map(|c| ((lab[c] - colour[c]) / scale[c]).powi(2)).sum();
        if inside && plausible(lab) { smoothstep(18.0, 5.0, off) } else { 0.0 }
    });
    Skin { colour, likely: blur(&likely, 0.8), face }
}

/// Hair: what is on the head and not skin, and whatever of that colour hangs from it.
pub(crate) fn hair(lab: &Grid<Rgb>, figure: &Mask, skin: &Skin, body: &Body) -> Mask {
    let head = body.head;
    let h = head.height;
    let mut crown: Vec<Rgb> = Vec::new();
    let mut cloth: Vec<Rgb> = Vec::new();
    for y in 0..figure.height {
        for x in 0..figure.width {
            if !figure.at(x, y) {
                continue;
            }
            let (dx, dy) = ((x as f32 - head.x) / h, (y as f32 - head.top) / h);
            if (0.02..0.15).contains(&dy) && dx.abs() < 0.3 {
                crown.push(lab.at(x, y));
            }
            let chest = y as f32 > body.shoulder() + 0.5 * h && (y as f32) < body.level(level::WAIST);
            if chest && dx.abs() < 0.3 && skin.likely.at(x, y) < 0.3 {
                cloth.push(lab.at(x, y));
            }
        }
    }
    if crown.len() < 8 {
        return figure.map(|_| false);
    }
    let hair = median_colour(&crown);
    // A bald head has no hair to keep in front; fair hair is told from skin by a little.
    if difference(hair, skin.colour) < 0.05 {
        return figure.map(|_| false);
    }
    let cloth = if cloth.is_empty() { [2.0, 0.0, 0.0] } else { median_colour(&cloth) };
    // Hair over cloth of its own colour cannot be told apart: then only what is beside the neck counts.
    let alike = difference(hair, cloth) < 0.16;
    let lowest = if alike { body.chin + 0.35 * h } else { body.shoulder() + 1.5 * h };
    let candidate = Grid::from_fn(figure.width, figure.height, |x, y| {
        let (dx, dy) = ((x as f32 - head.x).abs() / h, y as f32);
        if !figure.at(x, y) || dy > lowest || dx > 0.95 {
            return false;
        }
        let colour = lab.at(x, y);
        let own = difference(colour, hair);
        if own > difference(colour, skin.colour) * 0.85 {
            return false;
        }
        let on_head = dy < body.chin - 0.2 * h;
        on_head || (own < 0.2 && own < difference(colour, cloth) * 0.9)
    });
    let candidate = grow(&grow(&candidate, -0.7), 0.7).and(&candidate);
    let (labels, sizes) = components(&candidate);
    let mut keep = vec![false; sizes.len()];
    for y in 0..((head.top + 0.5 * h) as usize).min(figure.height) {
        for &label in labels.row(y) {
            keep[label as usize] = true;
        }
    }
    labels.map(|label| label != 0 && keep[label as usize])
}
