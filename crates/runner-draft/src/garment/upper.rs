//! Seams of what hangs from the shoulders: collar, shoulder points, armholes, cuffs, waist and hem.

use super::outline::{agreement, central, corner, edges, top_at};
use crate::eyes::body::sign;
use crate::geometry::{Vec2, mix, to_segment, vec2};
use crate::raster::{Mask, largest};

/// One sleeve, in small pixels of the garment's picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sleeve {
    /// Corner of the cuff on the shoulder's side.
    pub(crate) outer: Vec2,
    /// Corner of the cuff on the armpit's side.
    pub(crate) inner: Vec2,
}

/// Seams of a garment that hangs from the shoulders. Pairs are left and right of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Upper {
    /// Middle line.
    pub(crate) axis: f32,
    /// Where the collar meets the shoulder seam.
    pub(crate) neck: [Vec2; 2],
    /// Lowest point of the neckline on the middle line.
    pub(crate) neckline: f32,
    pub(crate) tips: [Vec2; 2],
    pub(crate) armpits: [Vec2; 2],
    pub(crate) sleeves: [Option<Sleeve>; 2],
    /// The direction in which a sleeve's lower edge leaves the armpit.
    under: [Vec2; 2],
    /// Edges of the body of the garment, a pair for every row.
    pub(crate) edges: Vec<[f32; 2]>,
    /// Last row.
    pub(crate) hem: f32,
    /// Narrowest row between armpit and hem, where there is a clear one.
    pub(crate) waist: Option<f32>,
    pub(crate) dress: bool,
    /// How sure each group of landmarks is, `0..=1`.
    pub(super) trust: [(&'static str, f32); 4],
    /// The outline's first row in every column of the picture; none beside the garment.
    top: Vec<Option<f32>>,
    /// The box around all of it: left, top, right, bottom.
    bounds: [f32; 4],
    /// The back of the collar and the inside of the back, seen through the neck.
    pub(super) back: Option<Mask>,
}

impl Upper {
    /// The box around all of it with a rim for soft edges: left, top, right, bottom.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let [x0, y0, x1, y1] = self.bounds;
        [x0 - 5.0, y0 - 5.0, x1 + 5.0, y1 + 5.0]
    }

    /// The end of the hem on one side of the body.
    pub(crate) fn hem_corner(&self, side: usize) -> Vec2 {
        corner(&self.edges, [mix(self.armpits[side].y, self.hem, 0.7), self.hem], side, 1.0)
    }

    /// The row of the outline's top in a column, if it is anywhere near `expected`.
    pub(crate) fn seam_row(&self, x: f32, expected: f32) -> f32 {
        let row = self.top.get(x.max(0.0) as usize).copied().flatten();
        row.filter(|row| (row - expected).abs() < 0.1 * (self.hem - expected)).unwrap_or(expected)
    }

    /// Takes the shoulder seam down to an outline that has become tighter.
    pub(super) fn rest_on(&mut self, mask: &Mask) {
        self.top = (0..mask.width).map(|x| top_at(mask, x as f32)).collect();
        for tip in &mut self.tips {
            let near = 0.03 * (self.hem - tip.y);
            tip.y = top_at(mask, tip.x).filter(|row| (tip.y..tip.y + near).contains(row)).unwrap_or(tip.y);
        }
    }

    /// Whether a point below an armpit lies nearer to the sleeve's lower edge than to that of the body, which may be wavy.
    fn nearer_sleeve(&self, side: usize, point: Vec2) -> bool {
        let armpit = self.armpits[side];
        let last = (self.hem as usize).min(self.edges.len() - 1);
        let body = (vec2(self.edges[last][side], self.hem) - armpit).unit();
        let between = (self.under[side] + body).unit();
        (point - armpit).dot(between.turned()) * sign(side) < 0.5
    }

    /// Which part a point of the garment belongs to: 0 body, 1 left sleeve, 2 right sleeve; 4 none, which is the shadow
    /// in the corner under the armpit.
    pub(crate) fn part(&self, point: Vec2) -> usize {
        for side in [0, 1] {
            let s = if side == 0 { -1.0 } else { 1.0 };
            if self.sleeves[side].is_none() {
                continue;
            }
            let (tip, armpit) = (self.tips[side], self.armpits[side]);
            let beyond = if point.y > armpit.y {
                let edge = self.edges[(point.y as usize).min(self.edges.len() - 1)][side];
                // Where a shadow fills the corner under the armpit, the sleeve's outer edge passes for the body's.
                let out = ((edge - armpit.x) * s).min(2.0 + 0.6 * (point.y - armpit.y));
                (point.x - armpit.x) * s - out > 0.5 && self.nearer_sleeve(side, point)
            } else {
                let t = (point.y - tip.y) / (armpit.y - tip.y).max(1.0);
                (point.x - mix(tip.x, armpit.x, t)) * s > 0.0
            };
            if beyond {
                let below = (point - armpit).dot(self.under[side].turned()) * s;
                let near = (point - armpit).length() < CORNER * (armpit - tip).length();
                return if near && below > 1.5 && point.y > armpit.y - 2.0 { 4 } else { side + 1 };
            }
        }
        0
    }
}

/// How far down a sleeve the corner under the arm may be in shadow, in armholes.
const CORNER: f32 = 0.4;

/// The row below which the body of the garment and the sleeve are apart on one side, seen from below: where the edge
/// of the middle run jumps outwards.
fn armpit(mask: &Mask, rows: &[[f32; 2]], [y0, y1]: [usize; 2], side: usize) -> Option<Vec2> {
    let s = if side == 0 { -1.0 } else { 1.0 };
    let height = y1 - y0;
    let step = (height / 70).max(1);
    let from = y0 + height * 72 / 100;
    let to = y0 + height / 12;
    (to..from).rev().find_map(|y| {
        let below = rows[(y + step).min(mask.height - 1)];
        let width = below[1] - below[0];
        let jump = (rows[y][side] - below[side]) * s;
        (jump > 0.07 * width && jump > 2.2 * step as f32).then(|| vec2(below[side], (y + step) as f32))
    })
}

/// Reads all seams off the outline.
pub(super) fn upper(mask: &Mask, axis: f32, [x0, y0, x1, y1]: [usize; 4]) -> Upper {
    let height = (y1 - y0) as f32;
    let body = edges(mask, axis, [y0, y1], &|y| central(mask, y, axis));
    let found = [0, 1].map(|side| armpit(mask, &body, [y0, y1], side));
    // A garment has two sleeves or none: a jump on one side only is mirrored.
    let mirrored = |side: usize| {
        found[side].or_else(|| found[1 - side].map(|other| vec2(2.0 * axis - other.x, other.y)))
    };
    let sleeved = found.iter().any(Option::is_some);
    let armpits = [0, 1].map(|side| mirrored(side).unwrap_or_else(|| bare_armpit(&body, [y0, y1], side)));
    let armpits = evened(armpits, axis, 0.12 * height);
    let tips = [0, 1].map(|side| {
        if sleeved {
            shoulder_tip(mask, axis, [x0, x1], armpits[side], side)
        } else {
            strap(mask, axis, [x0, y0, x1, y1], side)
        }
    });
    let alike =
        |[left, right]: [Vec2; 2]| agreement((vec2(2.0 * axis - left.x, left.y) - right).length(), height);
    let (shoulders_sure, tips) = (alike(tips), evened(tips, axis, f32::MAX));
    let neck = [0, 1].map(|side| neck_point(mask, axis, tips[side], height));
    let (collar_sure, neck) = (alike(neck), evened(neck, axis, f32::MAX));
    let collar = neck[0].y.max(neck[1].y);
    let neckline = top_at(mask, axis).unwrap_or(collar).max(collar);
    let sleeves =
        [0, 1].map(|side| sleeved.then(|| sleeve(mask, &body, tips[side], armpits[side], side)).flatten());
    let sleeves_sure = match sleeves {
        [Some(left), Some(right)] => alike([left, right].map(|sleeve| sleeve.outer.lerp(sleeve.inner, 0.5))),
        [None, None] => 1.0,
        _ => 0.0,
    };
    let sleeves = evened_sleeves(sleeves, axis, tips);
    let creases = armpits;
    let armpits = evened(true_armpits(mask, axis, sleeves, tips, creases), axis, 0.12 * height);
    let under = [0, 1].map(|side| lower_edge(mask, sleeves[side], tips[side], armpits[side], side));
    let hem = y1 as f32 - 1.0;
    let waist = waist(&body, armpits[0].y.max(armpits[1].y), hem);
    let edges = below_armpits(body, armpits, creases);
    let top = (0..mask.width).map(|x| top_at(mask, x as f32)).collect();
    let bounds = [x0, y0, x1, y1].map(|side| side as f32);
    let trust =
        [("collar", collar_sure), ("shoulder", shoulders_sure), ("sleeve", sleeves_sure), ("hem", 1.0)];
    let mut upper = Upper {
        axis,
        neck,
        neckline,
        tips,
        armpits,
        sleeves,
        under,
        edges,
        hem,
        waist,
        dress: false,
        trust,
        top,
        bounds,
        back: None,
    };
    upper.trust[3].1 = alike([0, 1].map(|side| upper.hem_corner(side)));
    upper
}

/// Clothes are alike on both sides, their pictures nearly: both points moved to the mean of one and the other mirrored, or
/// where they disagree by more than `most` rows, to the higher one, as false finds lie low.
fn evened([left, right]: [Vec2; 2], axis: f32, most: f32) -> [Vec2; 2] {
    let mirror = |p: Vec2| vec2(2.0 * axis - p.x, p.y);
    if (left.y - right.y).abs() > most {
        return if left.y < right.y { [left, mirror(left)] } else { [mirror(right), right] };
    }
    let mean = left.lerp(mirror(right), 0.5);
    [mean, mirror(mean)]
}

/// The longer of two sleeves counts for both: what shortens one is a fold or a break in its outline.
fn evened_sleeves(sleeves: [Option<Sleeve>; 2], axis: f32, tips: [Vec2; 2]) -> [Option<Sleeve>; 2] {
    let mirror = |p: Vec2| vec2(2.0 * axis - p.x, p.y);
    let mirrored = |s: Sleeve| Sleeve { outer: mirror(s.outer), inner: mirror(s.inner) };
    let length =
        |side: usize| sleeves[side].map_or(0.0, |s| (s.outer.lerp(s.inner, 0.5) - tips[side]).length());
    match (length(0), length(1)) {
        (left, right) if left > 1.12 * right => [sleeves[0], sleeves[0].map(mirrored)],
        (left, right) if right > 1.12 * left => [sleeves[1].map(mirrored), sleeves[1]],
        _ => sleeves,
    }
}

/// A short sleeve that hangs beside the body hides the armpit and parts from it at the cuff only: the armpit is then some
/// way up, and further in.
fn true_armpit(sleeve: Option<Sleeve>, tip: Vec2, crease: Vec2, axis: f32) -> Vec2 {
    let hidden =
        sleeve.is_some_and(|sleeve| (sleeve.inner - crease).length() < 0.25 * (crease - tip).length());
    if !hidden {
        return crease;
    }
    let up = tip.lerp(crease, 0.62);
    vec2(mix(up.x, axis, 0.1), up.y)
}

/// Depth of the deepest armhole against the width of the shoulders.
const DEEPEST: f32 = 0.62;

/// Both armpits, whatever hides them.
fn true_armpits(
    mask: &Mask,
    axis: f32,
    sleeves: [Option<Sleeve>; 2],
    tips: [Vec2; 2],
    creases: [Vec2; 2],
) -> [Vec2; 2] {
    let deepest = DEEPEST * (tips[1].x - tips[0].x);
    [0, 1].map(|side| {
        let armpit = true_armpit(sleeves[side], tips[side], creases[side], axis);
        let shaded = sleeves[side].and_then(|sleeve| under_arm(mask, sleeve, tips[side], armpit, side));
        let armpit = shaded.unwrap_or(armpit);
        // A sleeve that lies against the body hides where it begins: only the crease below is seen.
        vec2(armpit.x, armpit.y.min(tips[side].y + deepest))
    })
}

/// Shadow in the corner under the arm may have been taken for cloth: where the sleeve's lower edge, which is seen further
/// out, goes on to the body in a straight line lies the armpit, if that is clearly higher.
fn under_arm(mask: &Mask, sleeve: Sleeve, tip: Vec2, armpit: Vec2, side: usize) -> Option<Vec2> {
    let (from, to) =
        (mix(armpit.y, sleeve.inner.y, 0.2) as usize, mix(armpit.y, sleeve.inner.y, 0.8) as usize);
    let (mut n, mut sum, mut squares, mut both) = (0.0_f32, vec2(0.0, 0.0), 0.0_f32, 0.0_f32);
    for y in from..to {
        let runs = mask.runs(y);
        let edge = match side {
            0 => runs.iter().rfind(|run| (run.1 as f32) < armpit.x + 2.0).map(|run| run.1 as f32),
            _ => runs.iter().find(|run| run.0 as f32 > armpit.x - 2.0).map(|run| run.0 as f32),
        };
        if let Some(x) = edge {
            let y = y as f32;
            (n, sum, squares, both) = (n + 1.0, sum + vec2(x, y), squares + y * y, both + x * y);
        }
    }
    let spread = n * squares - sum.y * sum.y;
    if n < 8.0 || spread < 1.0 {
        return None;
    }
    let slope = (n * both - sum.x * sum.y) / spread;
    let start = (sum.x - slope * sum.y) / n;
    let y = (armpit.x - start) / slope;
    let believable = y < armpit.y - 3.0 && y > mix(tip.y, armpit.y, 0.5);
    believable.then(|| vec2(armpit.x, y))
}

/// The direction from the armpit to where a sleeve's lower edge is plainly seen, right below the corner under the arm:
/// sleeves bulge beyond the straight line to the cuff.
fn lower_edge(mask: &Mask, sleeve: Option<Sleeve>, tip: Vec2, armpit: Vec2, side: usize) -> Vec2 {
    let Some(sleeve) = sleeve else { return vec2(0.0, 1.0) };
    let (chord, hole) = ((sleeve.inner - armpit).unit(), (armpit - tip).length());
    let expected = armpit + chord * (CORNER * hole);
    if chord.y <= 0.0 || expected.y >= mask.height as f32 {
        return chord;
    }
    let runs = mask.runs(expected.y as usize);
    let edge = match side {
        0 => runs.iter().map(|run| run.1 as f32).rfind(|&x| x < armpit.x),
        _ => runs.iter().map(|run| run.0 as f32).find(|&x| x > armpit.x),
    };
    let edge = edge.filter(|x| (x - expected.x).abs() < 0.2 * hole);
    edge.map_or(chord, |x| (vec2(x, expected.y) - armpit).unit())
}

/// Above the armpits the body of the garment is bounded by the armholes, not by the sleeves.
fn below_armpits(mut rows: Vec<[f32; 2]>, armpits: [Vec2; 2], creases: [Vec2; 2]) -> Vec<[f32; 2]> {
    for side in [0, 1] {
        let (armpit, crease) = (armpits[side], creases[side]);
        for (y, row) in rows.iter_mut().enumerate().take(crease.y.max(0.0) as usize) {
            let t = ((y as f32 - armpit.y) / (crease.y - armpit.y).max(1.0)).clamp(0.0, 1.0);
            row[side] = mix(armpit.x, crease.x, t);
        }
    }
    rows
}

/// Where the shoulder seam ends: the point of the upper outline that stands out furthest under 35 degrees, between the
/// slope of shoulders and that of sleeves. If that is well down the sleeve, which then lies flat, the armpit tells.
fn shoulder_tip(mask: &Mask, axis: f32, [x0, x1]: [usize; 2], armpit: Vec2, side: usize) -> Vec2 {
    let s = if side == 0 { -1.0 } else { 1.0 };
    let widest = if side == 0 { axis - x0 as f32 } else { x1 as f32 - axis };
    let half = widest;
    let own = (armpit.x - axis).abs();
    let above = |out: f32| top_at(mask, axis + s * out).map(|y| vec2(axis + s * out, y));
    let half = half.min(1.3 * own.max(1.0));
    let steps = (0..=60).map(|i| mix(0.3 * half, half, i as f32 / 60.0));
    let stands_out = |p: &Vec2| (p.x - axis).abs() * 35.0_f32.to_radians().tan() - p.y;
    let corner = steps.filter_map(above).max_by(|a, b| stands_out(a).total_cmp(&stands_out(b)));
    corner
        .filter(|corner| (corner.x - axis).abs() < 0.55 * widest + 0.45 * own || widest < 1.3 * own)
        .or_else(|| above(own * 0.98))
        .unwrap_or(armpit)
}

/// Without a sleeve: where, from the top, the body first reaches its chest width.
fn bare_armpit(rows: &[[f32; 2]], [y0, y1]: [usize; 2], side: usize) -> Vec2 {
    let upper_part = y0..y0 + (y1 - y0) * 2 / 5;
    let width = |y: usize| rows[y][1] - rows[y][0];
    let widest = upper_part.clone().map(width).fold(0.0, f32::max);
    let y = upper_part.clone().find(|&y| width(y) > 0.96 * widest).unwrap_or(y0);
    vec2(rows[y][side], y as f32)
}

/// Without a sleeve: the outer end of the strap's top on one side.
fn strap(mask: &Mask, axis: f32, [x0, y0, x1, y1]: [usize; 4], side: usize) -> Vec2 {
    let tops: Vec<(f32, f32)> = (x0..x1)
        .filter(|&x| (x as f32 > axis) == (side == 1))
        .filter_map(|x| top_at(mask, x as f32).map(|y| (x as f32, y)))
        .collect();
    let highest = tops.iter().map(|t| t.1).fold(f32::MAX, f32::min);
    let near = tops.iter().filter(|t| t.1 < highest + 0.03 * (y1 - y0) as f32);
    let outermost = near.max_by(|a, b| (a.0 - axis).abs().total_cmp(&(b.0 - axis).abs()));
    outermost.map_or(vec2(axis, y0 as f32), |&(x, y)| vec2(x, y))
}

/// Where the neckline meets the shoulder: the corner of the upper outline between the middle line and the shoulder tip that
/// stands out most to a side half a dozen degrees inside of straight up, as shoulders may be all but level.
fn neck_point(mask: &Mask, axis: f32, tip: Vec2, height: f32) -> Vec2 {
    let outwards = (0..=40).filter_map(|i| {
        let x = mix(axis, tip.x, i as f32 / 40.0);
        top_at(mask, x).map(|y| vec2(x, y))
    });
    let low = |p: &Vec2| p.y + 0.1 * (p.x - axis).abs();
    let outline: Vec<Vec2> = outwards.collect();
    let corner = outline.iter().copied().min_by(|a, b| low(a).total_cmp(&low(b))).unwrap_or(tip);
    // On the middle line it is the back of a collar that stands up: its outer end is where the collar turns down.
    let level =
        |p: &&Vec2| (p.x - axis).abs() < 0.8 * (tip.x - axis).abs() && p.y < corner.y + 0.012 * height;
    let stands = (corner.x - axis).abs() < 0.2 * (tip.x - axis).abs();
    let turn = outline.iter().rfind(level).filter(|_| stands);
    let corner = turn.copied().unwrap_or(corner);
    // A collar that stands up meets the shoulder in a hollow of the outline.
    let hollow = |p: &Vec2| p.y - mix(corner.y, tip.y, (p.x - corner.x) / (tip.x - corner.x + 1e-3));
    let beyond = outline.iter().copied().filter(|p| (p.x - corner.x) * (tip.x - corner.x) > 0.0);
    let deepest = beyond.max_by(|a, b| hollow(a).total_cmp(&hollow(b)));
    let point = deepest.filter(|p| hollow(p) > 0.015 * height).unwrap_or(corner);
    // A straight strap has no slope: keep some width for the shoulder.
    if (point.x - tip.x).abs() < 2.0 { vec2(mix(tip.x, axis, 0.25), point.y) } else { point }
}

/// Cuff corners: the points of the sleeve furthest along its direction, turned to either side.
fn sleeve(mask: &Mask, body: &[[f32; 2]], tip: Vec2, armpit: Vec2, side: usize) -> Option<Sleeve> {
    let s = if side == 0 { -1.0 } else { 1.0 };
    let root = tip.lerp(armpit, 0.5);
    let mut points = Vec::new();
    for (y, edges) in body.iter().enumerate() {
        for x in 0..mask.width {
            let point = vec2(x as f32, y as f32);
            let beyond = if point.y > armpit.y {
                (point.x - edges[side]) * s > 0.5
            } else {
                (point.x - armpit.x) * s > 0.0
            };
            if mask.at(x, y) && beyond {
                points.push(point);
            }
        }
    }
    let points = together(mask, &points);
    if points.len() * 40 < mask.count() {
        return None;
    }
    let away = |p: &Vec2| to_segment(*p, tip, armpit).0;
    let furthest = points.iter().map(away).fold(0.0, f32::max);
    let end: Vec<_> = points.iter().filter(|p| away(p) > 0.82 * furthest).collect();
    let mean = end.iter().fold(Vec2::default(), |sum, p| sum + **p) * (1.0 / end.len() as f32);
    let along = (mean - root).unit();
    let up = along.turned() * if along.turned().dot(tip - armpit) > 0.0 { 1.0 } else { -1.0 };
    let corner = |direction: Vec2| {
        points.iter().copied().max_by(|a, b| (*a).dot(direction).total_cmp(&(*b).dot(direction)))
    };
    let outer = corner(along + up * 0.6)?;
    // A wide short sleeve is furthest out at the shoulder's side of its cuff, whose other end is then looked for further down.
    let apart = |inner: &Vec2| (*inner - outer).length() > 0.3 * (tip - armpit).length();
    let inner = [0.6, 1.0, 1.6].into_iter().filter_map(|down| corner(along + up * -down)).find(apart);
    Some(Sleeve { outer, inner: inner.or_else(|| corner(along + up * -0.6))? })
}

/// The largest connected part of some of a mask's pixels.
fn together(mask: &Mask, points: &[Vec2]) -> Vec<Vec2> {
    let mut some = Mask::new(mask.width, mask.height, false);
    for point in points {
        some.set(point.x as usize, point.y as usize, true);
    }
    let most = largest(&some);
    points.iter().copied().filter(|point| most.holds(*point)).collect()
}

/// The narrowest row of the body, if it is clearly narrower than what is above and below.
fn waist(rows: &[[f32; 2]], armpit: f32, hem: f32) -> Option<f32> {
    let (from, to) = (armpit as usize + 2, mix(armpit, hem, 0.7) as usize);
    let width = |y: usize| rows[y][1] - rows[y][0];
    let narrow = (from..to).min_by(|&a, &b| width(a).total_cmp(&width(b)))?;
    let above = width(from);
    let below = width(mix(narrow as f32, hem, 0.5) as usize);
    (width(narrow) < 0.95 * above && width(narrow) < 0.9 * below && narrow > from + 3)
        .then_some(narrow as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleeve_that_touches_the_body_below_the_armpit_is_still_a_sleeve() {
        let sleeve = |x: f32| Some(Sleeve { outer: vec2(50.0 + x, 90.0), inner: vec2(50.0 + 0.8 * x, 95.0) });
        let apart = |y: usize| if (40..44).contains(&y) { [10.0, 90.0] } else { [30.0, 70.0] };
        let upper = Upper {
            axis: 50.0,
            neck: [vec2(45.0, 10.0), vec2(55.0, 10.0)],
            neckline: 14.0,
            tips: [vec2(32.0, 15.0), vec2(68.0, 15.0)],
            armpits: [vec2(30.0, 39.0), vec2(70.0, 39.0)],
            sleeves: [sleeve(-40.0), sleeve(40.0)],
            under: [vec2(-0.6, 0.8), vec2(0.6, 0.8)],
            edges: (0..100).map(apart).collect(),
            hem: 99.0,
            waist: None,
            dress: false,
            trust: [("", 1.0); 4],
            top: vec![None; 100],
            bounds: [5.0, 10.0, 95.0, 99.0],
            back: None,
        };
        assert_eq!([15.0, 50.0, 85.0].map(|x| upper.part(vec2(x, 42.0))), [1, 0, 2]);
    }
}
