//! Where the joints of a person are, read off the silhouette and the skin.
//!
//! Decided here: the head is found first, by the outline of head and shoulders at the top of the figure; its height
//! is the unit of everything else (a standing adult is about 7.5 heads tall). Shoulders come from the outline,
//! limbs from [`super::limbs`], and what clothes hide is filled in by proportion.

use super::ground::Figure;
use super::limbs::{self, Arm, Leg};
use super::parts::Skin;
use super::silhouette::Standing;
use crate::colour::Rgb;
use crate::face::{self, Eyes};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Mask, Plane, inside_distance};

/// Heights in heads below the top of a standing adult.
pub(crate) mod level {
    pub(crate) const SHOULDER: f32 = 1.5;
    pub(crate) const ARMPIT: f32 = 2.15;
    pub(crate) const WAIST: f32 = 2.85;
    pub(crate) const HIP: f32 = 3.65;
    pub(crate) const CROTCH: f32 = 4.1;
    pub(crate) const KNEE: f32 = 5.5;
    pub(crate) const ANKLE: f32 = 7.15;
    pub(crate) const SOLE: f32 = 7.5;
}

/// Index of what is on the left of the picture, and of what is on its right.
pub(crate) const SIDES: [usize; 2] = [0, 1];

/// -1 for the left of the picture, 1 for the right.
pub(crate) fn sign(side: usize) -> f32 {
    if side == 0 { -1.0 } else { 1.0 }
}

/// Head and what follows from it, in small pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Middle of the head across.
    pub(crate) x: f32,
    /// Top of the hair.
    pub(crate) top: f32,
    /// Top of the hair to the chin.
    pub(crate) height: f32,
    /// How much like head and shoulders it looks, `0..=1`.
    pub(crate) score: f32,
}

impl Head {
    /// The same with its middle and its chin where two eyes say they are, unless the outline says quite otherwise: what
    /// is under a head may be as wide as it is.
    pub(crate) fn of_face(self, eyes: Eyes) -> Self {
        let top = self.top.max(eyes.above(TALLEST));
        let height = eyes.middle().y + face::CHIN * eyes.between() - top;
        if (0.7..1.5).contains(&(height / self.height)) {
            Self { x: eyes.middle().x, top, height, ..self }
        } else {
            self
        }
    }
}

/// From the eyes to the top of hair or hat at most, in distances between the eyes.
const TALLEST: f32 = 2.8;
/// The same to the top of hair that lies on the head.
const CROWN: f32 = 2.1;

/// A person's landmarks on the small grid. Pairs are left and right of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) head: Head,
    pub(crate) chin: f32,
    /// One head height of this body.
    pub(crate) unit: f32,
    /// Where neck and shoulder meet.
    pub(crate) neck: [Vec2; 2],
    /// The outer corners of the shoulders.
    pub(crate) tips: [Vec2; 2],
    pub(crate) arms: [Arm; 2],
    pub(crate) legs: [Leg; 2],
    /// Left and right edge of the torso for every row of the grid; rows off the torso repeat the nearest.
    pub(crate) torso: Vec<[f32; 2]>,
    /// Soles, or where they would be below the picture.
    pub(crate) sole: f32,
    pub(crate) crotch: f32,
}

impl Body {
    /// The row of a height in heads (see [`level`]).
    pub(crate) fn level(&self, heads: f32) -> f32 {
        level_at(self.shoulder(), self.sole, heads)
    }

    /// Mean row of the shoulder corners.
    pub(crate) fn shoulder(&self) -> f32 {
        f32::midpoint(self.tips[0].y, self.tips[1].y)
    }

    /// Left and right edge of the torso in a row.
    pub(crate) fn edges(&self, y: f32) -> [f32; 2] {
        self.torso[(y.max(0.0) as usize).min(self.torso.len() - 1)]
    }

    /// Middle of the torso in a row.
    pub(crate) fn spine(&self, y: f32) -> f32 {
        let [left, right] = self.edges(y);
        f32::midpoint(left, right)
    }
}

fn level_at(shoulder: f32, sole: f32, heads: f32) -> f32 {
    shoulder + (sole - shoulder) * (heads - level::SHOULDER) / (level::SOLE - level::SHOULDER)
}

/// Share of set pixels in a box around `x`, given in heads: half-widths `from..to` on both sides, rows `top..bottom`.
fn share(mask: &Mask, head: Head, [from, to]: [f32; 2], [top, bottom]: [f32; 2]) -> f32 {
    let h = head.height;
    let (mut hits, mut all) = (0, 0);
    for i in 0..9 {
        for j in 0..12 {
            let dx = mix(from, to, i as f32 / 8.0) * h;
            let y = head.top + mix(top, bottom, j as f32 / 11.0) * h;
            for x in [head.x - dx, head.x + dx] {
                if y < mask.height as f32 {
                    all += 1;
                    hits += usize::from(mask.holds(vec2(x, y)));
                }
            }
        }
    }
    if all == 0 { 0.0 } else { hits as f32 / all as f32 }
}

/// Below this nothing looks like head and shoulders.
const LEAST: f32 = 0.35;

/// Finds head and shoulders. Where the top of the figure is none it may be a raised hand: then what is beside the head of
/// somebody `standing` there does not count.
pub(crate) fn head(mask: &Mask, standing: Standing) -> Option<Head> {
    let found = |mask: &Mask| topmost(mask).filter(|head| head.score > LEAST);
    found(mask).or_else(|| {
        let beside = |x: usize, y: usize| {
            let heads = (y as f32 - standing.top) / standing.head;
            heads < 1.1 && (heads < -0.2 || (x as f32 - standing.x).abs() > 0.55 * standing.head)
        };
        if standing.face < RAISED {
            return None;
        }
        found(&Mask::from_fn(mask.width, mask.height, |x, y| mask.at(x, y) && !beside(x, y)))
    })
}

/// How plainly a face must be seen for arms to be raised beside it.
const RAISED: f32 = 0.3;

/// Head and shoulders at the top of the figure: the size whose head is filled, whose shoulders are filled, and beside
/// whose head there is nothing.
fn topmost(mask: &Mask) -> Option<Head> {
    let [_, y0, _, y1] = mask.bounds()?;
    let tall = (y1 - y0) as f32;
    let top = y0 as f32;
    let mut best: Option<Head> = None;
    for step in 0..48 {
        let height = tall / 9.0 * (9.0_f32 / 1.3).powf(step as f32 / 47.0);
        if height < 6.0 {
            continue;
        }
        let (mut sum, mut count) = (0.0, 0.0_f32);
        for y in y0..(y0 + (height * 0.7) as usize).min(mask.height) {
            for (from, to) in mask.runs(y) {
                sum += (from + to) as f32 / 2.0 * (to - from) as f32;
                count += (to - from) as f32;
            }
        }
        let mut head = Head { x: sum / count.max(1.0), top, height, score: 0.0 };
        let filled = share(mask, head, [0.0, 0.26], [0.10, 0.9]);
        let shoulders = share(mask, head, [0.0, 0.8], [1.6, 2.1]);
        let beside = 1.0 - share(mask, head, [0.58, 1.0], [0.0, 0.95]);
        let temples = 1.0 - share(mask, head, [0.46, 0.6], [0.0, 0.2]);
        head.score = filled * shoulders * beside * mix(0.8, 1.0, temples);
        if best.is_none_or(|best| head.score > best.score) {
            best = Some(head);
        }
    }
    best
}

/// The chin: the strongest step from bright to dark, skin to skin, where a chin may be; else by proportion.
fn chin(lab: &Grid<Rgb>, skin: &Skin, head: Head) -> f32 {
    let h = head.height;
    // Means over a strip as tall as lips and the dip below them: those are no chin.
    let bright = |from: f32, to: f32| {
        let (mut sum, mut count) = (0.0, 0.0);
        for i in 0..72 {
            let x = head.x + ((i % 9) as f32 - 4.0) * 0.03 * h;
            let point = vec2(x, mix(from, to, (i / 9) as f32 / 7.0));
            if let (Some(colour), Some(likely)) = (lab.get(point), skin.likely.get(point))
                && likely > 0.2
            {
                sum += colour[0];
                count += 1.0;
            }
        }
        (count >= 30.0).then(|| sum / count)
    };
    let mut best = (0.025, head.top + h);
    let reach = (h * 0.13).max(2.0);
    let mut y = head.top + h * 0.92;
    while y < head.top + h * 1.15 {
        if let (Some(above), Some(below)) = (bright(y - reach, y), bright(y, y + reach)) {
            let near = 1.0 - ((y - head.top - h) / (0.4 * h)).abs();
            let step = (above - below) * near;
            if step > best.0 {
                best = (step, y);
            }
        }
        y += 0.5;
    }
    best.1
}

/// The first row at or below `from` in which the figure begins in column `x`; none where `from` is inside already.
fn outline(mask: &Mask, x: f32, from: f32, to: f32) -> Option<f32> {
    let (mut y, to) = (from.max(0.0), to.min(mask.height as f32 - 1.0));
    if mask.holds(vec2(x, y)) {
        return None;
    }
    while y <= to {
        if mask.holds(vec2(x, y)) {
            return Some(y);
        }
        y += 1.0;
    }
    None
}

/// The corner where the shoulder turns into the arm: the point of the outline furthest up and out.
fn shoulder_tip(mask: &Mask, head: Head, chin: f32, side: usize) -> Vec2 {
    let h = head.height;
    let fallback = vec2(head.x + sign(side) * 0.95 * h, chin + 0.5 * h);
    let mut best = (f32::MIN, fallback);
    let mut out = 0.55 * h;
    while out < 1.2 * h {
        let x = head.x + sign(side) * out;
        // What begins right below the chin is a flag or a window behind it.
        let seen = outline(mask, x, chin + 0.08 * h, chin + 1.3 * h).filter(|y| *y > chin + 0.2 * h);
        if let Some(y) = seen {
            // A raised arm goes on where a shoulder ends.
            let score = out - (y - chin) * 0.9 - (out - 0.95 * h).max(0.0) * 0.5;
            if score > best.0 {
                best = (score, vec2(x, y));
            }
        }
        out += 0.5;
    }
    best.1
}

/// Where neck and shoulder meet on one side: on the outline if hair does not hide it, else on the shoulder's slope.
fn neck_base(mask: &Mask, head: Head, chin: f32, tip: Vec2, side: usize) -> Vec2 {
    let h = head.height;
    let x = head.x + sign(side) * 0.36 * h;
    let slope = tip.y - 0.42 * (tip.x - x).abs();
    let seen = outline(mask, head.x + sign(side) * 0.5 * h, chin + 0.05 * h, tip.y);
    let y = seen.map_or(slope, |y| y - 0.05 * h).min(tip.y - 0.05 * h).max(chin + 0.12 * h);
    vec2(x, y)
}

/// The sole row: seen where the figure ends inside the picture at a believable place, else by proportion.
fn sole(mask: &Mask, head: Head, shoulder: f32, unit: f32) -> f32 {
    let by_proportion = shoulder + (level::SOLE - level::SHOULDER) * unit;
    // Only under the body: a shadow on the floor may reach further down beside it.
    let (from, to) = ((head.x - unit).max(0.0) as usize, (head.x + unit).max(0.0) as usize);
    let under = |y: &usize| mask.runs(*y).iter().any(|run| run.0 < to && run.1 > from && run.1 - run.0 > 2);
    let bottom = (0..mask.height).rev().find(under).map_or(0.0, |y| y as f32 + 1.0);
    let seen = bottom + 2.0 < mask.height as f32;
    let heads = (bottom - head.top) / unit;
    if seen && (5.6..9.6).contains(&heads) { bottom } else { by_proportion }
}

/// The highest background seen between the legs, if it is where legs part.
fn crotch(mask: &Mask, x: f32, shoulder: f32, sole: f32, unit: f32) -> f32 {
    let expected = level_at(shoulder, sole, level::CROTCH);
    let (low, high) = (level_at(shoulder, sole, 3.6), level_at(shoulder, sole, 4.5));
    let mut best = f32::MAX;
    let mut dx = -0.3 * unit;
    while dx <= 0.3 * unit {
        let mut y = low;
        while y < high.min(mask.height as f32 - 1.0) {
            let point = vec2(x + dx, y);
            let between =
                mask.holds(point + vec2(-0.5 * unit, 0.0)) && mask.holds(point + vec2(0.5 * unit, 0.0));
            if !mask.holds(point) && between {
                best = best.min(y);
                break;
            }
            y += 1.0;
        }
        dx += 1.0;
    }
    if best < f32::MAX { mix(best, expected, 0.3).min(best) } else { expected }
}

/// Reads the whole body. `head` comes from [`head`].
pub(crate) fn body(figure: &Figure, lab: &Grid<Rgb>, skin: &Skin, head: Head) -> Body {
    let mask = &figure.mask;
    let chin = chin(lab, skin, head);
    let tips = SIDES.map(|side| shoulder_tip(mask, head, chin, side));
    let neck = SIDES.map(|side| neck_base(mask, head, chin, tips[side], side));
    let shoulder = f32::midpoint(tips[0].y, tips[1].y);
    let across = tips[1].x - tips[0].x;
    // Chins are easy to see and shoulders vary; hair adds a little to heads (both measured on the truth set), buns and hats
    // add nothing.
    let crown = figure.eyes.map_or(head.top, |eyes| head.top.max(eyes.above(CROWN)));
    let unit = mix((chin - crown) / 0.97, across / 1.83, 0.35);
    let sole = sole(mask, head, shoulder, unit);
    let unit = mix(unit, (sole - head.top) / level::SOLE, 0.5);
    let middle = f32::midpoint(tips[0].x, tips[1].x);
    let crotch = crotch(mask, middle, shoulder, sole, unit);
    let rough = rough_torso(mask.height, tips, shoulder, sole, unit);
    let arm = |side: usize| limbs::arm(mask, &skin.likely, &rough, tips[side], side, unit);
    let arms = rayon::join(|| arm(0), || arm(1)).into();
    let torso = torso(mask, &arms, &rough, shoulder, crotch, unit);
    let hip_row = level_at(shoulder, sole, level::HIP);
    let [left, right] = torso[(hip_row as usize).min(torso.len() - 1)];
    let hips = vec2(f32::midpoint(left, right), hip_row);
    let depth = inside_distance(mask);
    let leg = |side: usize| limbs::leg(&depth, hips, crotch, sole, side, unit);
    let legs = rayon::join(|| leg(0), || leg(1)).into();
    Body { head, chin, unit, neck, tips, arms, legs, torso, sole, crotch }
}

/// The torso by proportion alone, a left and right edge for every row.
fn rough_torso(rows: usize, tips: [Vec2; 2], shoulder: f32, sole: f32, unit: f32) -> Vec<[f32; 2]> {
    let middle = f32::midpoint(tips[0].x, tips[1].x);
    let half = (tips[1].x - tips[0].x) / 2.0;
    let armpit = level_at(shoulder, sole, level::ARMPIT);
    let waist = level_at(shoulder, sole, level::WAIST);
    let hip = level_at(shoulder, sole, level::HIP);
    (0..rows)
        .map(|y| {
            let y = y as f32;
            let chest = 0.84 * half;
            let width = mix(
                mix(chest, (0.74 * half).min(0.78 * unit), smoothstep(armpit, waist, y)),
                (0.86 * half).max(0.72 * unit),
                smoothstep(waist, hip, y),
            );
            [middle - width, middle + width]
        })
        .collect()
}

/// The torso's edges as seen: outwards from the middle until the background or an arm beside the body begins.
fn torso(
    mask: &Mask,
    arms: &[Arm; 2],
    rough: &[[f32; 2]],
    shoulder: f32,
    crotch: f32,
    unit: f32,
) -> Vec<[f32; 2]> {
    let first = (shoulder + 0.55 * unit).max(0.0) as usize;
    let last = (crotch.max(0.0) as usize).min(mask.height - 1);
    let mut edges = rough.to_vec();
    for y in first..=last.max(first).min(mask.height - 1) {
        let middle = f32::midpoint(rough[y][0], rough[y][1]);
        for side in SIDES {
            let s = sign(side);
            let mut out = 0.35 * unit;
            let widest = (rough[y][side] - middle).abs() * 1.3;
            while out < widest {
                let point = vec2(middle + s * out, y as f32);
                let behind_arm =
                    out > 0.5 * unit && arms[side].depth(point) > 0.0 && !arms[side].across(rough);
                if !mask.holds(point) || behind_arm {
                    break;
                }
                out += 0.5;
            }
            edges[y][side] = middle + s * out;
        }
    }
    let (first_edges, last_edges) = (edges[first.min(mask.height - 1)], edges[last]);
    edges.iter_mut().take(first).for_each(|e| *e = first_edges);
    edges.iter_mut().skip(last).for_each(|e| *e = last_edges);
    smooth(&edges, unit * 0.18)
}

fn smooth(edges: &[[f32; 2]], sigma: f32) -> Vec<[f32; 2]> {
    let column = |side: usize| {
        let plane = Plane { width: edges.len(), height: 1, data: edges.iter().map(|e| e[side]).collect() };
        crate::raster::blur(&plane, sigma).data
    };
    column(0).into_iter().zip(column(1)).map(|(left, right)| [left, right]).collect()
}
