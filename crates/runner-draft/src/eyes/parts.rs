//! Skin, hair and clothes inside the figure.

use super::body::{Body, Head, level};
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

/// Whether any human skin under ordinary light looks like this OKLab colour: orange hues, modest chroma.
fn plausible(lab: Rgb) -> bool {
    let chroma = lab[1].hypot(lab[2]);
    let hue = lab[2].atan2(lab[1]).to_degrees();
    (0.018..0.17).contains(&chroma) && (10.0..92.0).contains(&hue) && (0.14..0.97).contains(&lab[0])
}

fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Learns the skin from the middle of the face and finds it everywhere on the figure.
pub(crate) fn skin(lab: &Grid<Rgb>, figure: &Mask, head: Head) -> Skin {
    let h = head.height;
    let mut seen: Vec<Rgb> = Vec::new();
    let mut all = 0;
    for i in 0..40 {
        for j in 0..40 {
            let (u, v) = (i as f32 / 19.5 - 1.0, j as f32 / 19.5 - 1.0);
            if u * u + v * v > 1.0 {
                continue;
            }
            let point = vec2(head.x + u * 0.22 * h, head.top + (0.66 + v * 0.27) * h);
            if let Some(colour) = lab.get(point) {
                all += 1;
                if plausible(colour) {
                    seen.push(colour);
                }
            }
        }
    }
    let face = seen.len() as f32 / all.max(1) as f32;
    if seen.is_empty() {
        return Skin { colour: [0.7, 0.05, 0.05], likely: figure.map(|_| 0.0), face };
    }
    let colour: Rgb = std::array::from_fn(|c| median(&mut seen.iter().map(|lab| lab[c]).collect::<Vec<_>>()));
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
    let middle = |colours: &[Rgb]| -> Rgb {
        std::array::from_fn(|c| median(&mut colours.iter().map(|lab| lab[c]).collect::<Vec<_>>()))
    };
    if crown.len() < 8 {
        return figure.map(|_| false);
    }
    let hair = middle(&crown);
    // A bald head has no hair to keep in front; fair hair is told from skin by a little.
    if difference(hair, skin.colour) < 0.05 {
        return figure.map(|_| false);
    }
    let cloth = if cloth.is_empty() { [2.0, 0.0, 0.0] } else { middle(&cloth) };
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

/// Old clothes: the figure without skin, hair and feet, split where the upper garment ends.
pub(crate) struct Clothes {
    pub(crate) upper: Mask,
    pub(crate) lower: Mask,
    /// The row where the upper garment ends on the middle of the body.
    pub(crate) hem: f32,
    /// Whether upper and lower differ at all; a dress or a suit is one.
    pub(crate) two: bool,
}

/// Splits the clothes by colour at the row that separates chest from thighs best.
pub(crate) fn clothes(lab: &Grid<Rgb>, figure: &Mask, skin: &Skin, hair: &Mask, body: &Body) -> Clothes {
    let cloth = figure.without(hair).zip(&skin.likely, |inside, skin| inside && skin < 0.4);
    let first = body.level(2.3).max(0.0) as usize;
    let last = (body.level(4.6).max(0.0) as usize).min(figure.height);
    let rows: Vec<(usize, Rgb)> = (first..last)
        .filter_map(|y| {
            let mut inside: Vec<Rgb> = Vec::new();
            let middle = body.spine(y as f32);
            for x in 0..figure.width {
                if (x as f32 - middle).abs() < 0.6 * body.unit && cloth.at(x, y) {
                    inside.push(lab.at(x, y));
                }
            }
            let colour = |c: usize| median(&mut inside.iter().map(|lab| lab[c]).collect::<Vec<_>>());
            (inside.len() > 3).then(|| (y, [colour(0), colour(1), colour(2)]))
        })
        .collect();
    let natural = body.level(3.3);
    let (mut hem, mut gain) = (natural, 0.0);
    let mean = |part: &[(usize, Rgb)]| -> Rgb {
        std::array::from_fn(|c| part.iter().map(|(_, colour)| colour[c]).sum::<f32>() / part.len() as f32)
    };
    for cut in 4..rows.len().saturating_sub(4) {
        let y = rows[cut].0 as f32;
        let apart = difference(mean(&rows[..cut]), mean(&rows[cut..]));
        let balance = (cut * (rows.len() - cut)) as f32 / (rows.len() * rows.len()) as f32;
        let near = 1.0 - 0.3 * ((y - natural).abs() / body.unit).min(1.0);
        let here = apart * apart * balance * near;
        if here > gain {
            (hem, gain) = (y, here);
        }
    }
    let two = gain > 0.0006;
    let hem = if two { hem } else { natural };
    let (upper_rows, lower_rows): (Vec<_>, Vec<_>) = rows.iter().partition(|row| (row.0 as f32) < hem);
    let mean_of = |part: &[(usize, Rgb)]| if part.is_empty() { [2.0, 0.0, 0.0] } else { mean(part) };
    let (above, under) = (mean_of(&upper_rows), mean_of(&lower_rows));
    let apart = if two { difference(above, under) } else { 0.0 };
    let feet = body.level(level::ANKLE) + 0.05 * body.unit;
    let below = |y: f32, x: f32| {
        // Sleeves and hands hang below the hem beside the body and still belong above.
        let arm = body.arms.iter().map(|arm| arm.depth(vec2(x, y))).fold(f32::MIN, f32::max);
        let beside = (x - body.spine(y)).abs() > 0.55 * body.unit && arm > -0.03 * body.unit;
        if beside {
            return false;
        }
        // Hems are no straight lines: near the row, colour decides where it can.
        let off = (y - hem) / body.unit;
        let colour = lab.at(x as usize, y as usize);
        let (to_upper, to_lower) = (difference(colour, above), difference(colour, under));
        if apart > 0.12 && off.abs() < 1.2 && to_lower.min(to_upper) < 0.6 * to_lower.max(to_upper) {
            to_lower < to_upper
        } else {
            off > 0.0
        }
    };
    // Trouser legs end on the shoes: down there only what looks like the legs is cloth.
    let shins: Vec<Rgb> = (0..cloth.data.len())
        .filter(|i| cloth.data[*i] && ((i / figure.width) as f32 - body.level(6.6)).abs() < 0.3 * body.unit)
        .map(|i| lab.data[i])
        .collect();
    let shin = |c: usize| median(&mut shins.iter().map(|lab| lab[c]).collect::<Vec<_>>());
    let leg = if shins.is_empty() { [2.0, 0.0, 0.0] } else { [shin(0), shin(1), shin(2)] };
    let part = |lower: bool| {
        let all = Grid::from_fn(figure.width, figure.height, |x, y| {
            cloth.at(x, y)
                && ((y as f32) < feet
                    || ((y as f32) < feet + 0.15 * body.unit && difference(lab.at(x, y), leg) < 0.07))
                && y as f32 > body.chin
                && below(y as f32, x as f32) == lower
        });
        // Without the rims that blur leaves around bare arms.
        let solid = grow(&grow(&all, -1.3), 1.8).and(&all);
        // Lips and brows are not skin either, but too small for clothes.
        let (labels, sizes) = components(&solid);
        labels.map(|label| label != 0 && sizes[label as usize] * 1000 > figure.data.len())
    };
    Clothes { upper: part(false), lower: part(true), hem, two }
}
