//! From a garment's outline to its kind and its seams.
//!
//! Decided here: [`super::kind`] tells the kind; what makes it up is then looked for, and what cannot be found
//! is refused. The seams of what hangs from the shoulders are read in [`super::upper`].

use super::kind::{self, Kind};
use super::upper::{Upper, upper};
use super::{Shape, accessory, collar, inside, tidy};
use crate::colour::Rgb;
use crate::eyes::body::sign;
use crate::geometry::{Vec2, mix, vec2};
use crate::raster::{Grid, Mask, fill_holes};

/// Seams of a garment that hangs from the waist.
#[derive(Debug, Clone)]
pub(crate) struct Lower {
    pub(crate) top: f32,
    pub(crate) hem: f32,
    /// Where the legs part, if it has legs.
    pub(crate) crotch: Option<f32>,
    /// Outer edges, a pair for every row.
    pub(crate) edges: Vec<[f32; 2]>,
    /// Inner edges of the legs, a pair for every row; equal to the middle line above the crotch.
    pub(crate) inner: Vec<[f32; 2]>,
}

impl Lower {
    /// The outer end of the waistband on one side.
    pub(crate) fn waist_corner(&self, side: usize) -> Vec2 {
        corner(&self.edges, [self.top, mix(self.top, self.hem, 0.12)], side, -2.0)
    }

    /// The outer end of the hem on one side.
    pub(crate) fn hem_corner(&self, side: usize) -> Vec2 {
        corner(&self.edges, [mix(self.top, self.hem, 0.8), self.hem], side, 1.0)
    }
}

/// The point of an edge between two rows that stands out furthest to its side and, `down` times as much, downwards: where
/// hems and bands end, however rounded.
pub(super) fn corner(edges: &[[f32; 2]], [from, to]: [f32; 2], side: usize, down: f32) -> Vec2 {
    let last = edges.len() - 1;
    let points =
        (from.max(0.0) as usize..=(to.max(0.0) as usize).min(last)).map(|y| vec2(edges[y][side], y as f32));
    let out = |p: &Vec2| p.x * sign(side) + p.y * down;
    points.max_by(|a, b| out(a).total_cmp(&out(b))).unwrap_or(vec2(edges[last][side], to))
}

/// How far two readings that should be alike are believed, `0..=1`: half where they are 4 % of the `height` apart.
pub(super) fn agreement(apart: f32, height: f32) -> f32 {
    1.0 / (1.0 + (apart / (0.04 * height).max(1.0)).powi(2))
}

/// The edges of the run that holds the middle line; where that line is in an opening (the neck), of the runs next to it.
pub(super) fn central(mask: &Mask, y: usize, axis: f32) -> Option<(f32, f32)> {
    let runs: Vec<_> = mask.runs(y).into_iter().map(|(from, to)| (from as f32, to as f32 - 1.0)).collect();
    let left = runs.iter().rfind(|run| run.0 <= axis).or(runs.first())?;
    let right = runs.iter().find(|run| run.1 >= axis).or(runs.last())?;
    Some((left.0, right.1))
}

/// The first row of a mask in a column.
pub(super) fn top_at(mask: &Mask, x: f32) -> Option<f32> {
    let x = (x.round().max(0.0) as usize).min(mask.width - 1);
    (0..mask.height).find(|&y| mask.at(x, y)).map(|y| y as f32)
}

/// What an outline was taken for.
pub(super) struct Told {
    pub(super) shape: Shape,
    /// Probability of that kind.
    pub(super) sure: f32,
}

/// Tells what a mask shows; `open` is the mask without what one looks through, and `lab` the picture, for what lies inside
/// the outline. Holes at white shoulders are closed in the mask.
pub(super) fn classify(mask: &mut Mask, open: &Mask, lab: &Grid<Rgb>) -> Option<Told> {
    let bounds = mask.bounds()?;
    let axis = middle_line(mask, bounds);
    let mut likely = kind::probabilities(&kind::measures(mask, open, axis)?);
    let hung = |likely: &[f32; 9]| likely[Kind::Top as usize] + likely[Kind::Dress as usize];
    let mut shoulders = None;
    if hung(&likely) > 0.15 {
        let (upper, closed) = hanging(mask, lab, axis, bounds);
        // What the back of a collar fills is no part of the outline.
        let front = upper.back.as_ref().map_or_else(|| closed.clone(), |back| closed.without(back));
        let seen = kind::probabilities(&kind::measures(&front, &front, axis)?);
        if hung(&seen) > hung(&likely) {
            likely = seen;
        }
        shoulders = Some((upper, closed));
    }
    let (kind, sure) = kind::likeliest(&likely)?;
    let lower = |shape: Lower| Told { shape: Shape::Lower(shape), sure };
    let accessory = |kind: accessory::Kind| {
        Some(Told { shape: Shape::Accessory(accessory::measured(kind, mask)?), sure })
    };
    match kind {
        Kind::Top | Kind::Dress => {
            let (mut upper, closed) = shoulders?;
            upper.dress = kind == Kind::Dress;
            // Only now: kind and seams are told from what is alike on both sides.
            *mask = tidy::peeled(lab, &closed);
            upper.rest_on(mask);
            Some(Told { shape: Shape::Upper(Box::new(upper)), sure })
        }
        Kind::Trousers => {
            let legs = trousers(mask, axis, bounds)?;
            match inside::forked(lab, mask, &legs.inner, legs.crotch?) {
                Some(open) => {
                    *mask = open;
                    Some(lower(trousers(mask, axis, bounds).unwrap_or(legs)))
                }
                None => Some(lower(legs)),
            }
        }
        Kind::Skirt => match inside::parted(lab, mask, axis).and_then(|cut| trousers(&cut, axis, bounds)) {
            Some(legs) => Some(lower(legs)),
            None => Some(lower(flat_topped(mask, axis, bounds))),
        },
        Kind::Shoes => accessory(accessory::Kind::Shoes),
        Kind::Hat => accessory(accessory::Kind::Hat),
        Kind::Glasses => accessory(accessory::Kind::Glasses),
        Kind::Bag => accessory(accessory::Kind::Bag),
    }
}

/// Seams of what hangs from the shoulders, with the back of its collar; and the mask with holes at white shoulders closed.
fn hanging(mask: &Mask, lab: &Grid<Rgb>, axis: f32, bounds: [usize; 4]) -> (Upper, Mask) {
    let mut mask = mask.clone();
    inside::mirror_in(&mut mask, axis);
    let mut upper = upper(&mask, axis, bounds);
    if fill_shoulders(&mut mask, &upper, (bounds[3] - bounds[1]) as f32) {
        mask = fill_holes(&mask, mask.count() / 30);
    }
    if let Some(opening) = inside::neck_opening(lab, &mask, axis, upper.neck) {
        let found = collar::widened(lab, &mask, &opening, axis, upper.tips);
        let (opening, ends) = found.unwrap_or((opening, upper.neck));
        let back = collar::back(&mask, &opening, ends);
        upper = super::upper::upper(&mask.without(&back), axis, bounds);
        upper.back = Some(back);
    }
    (upper, mask)
}

/// White shoulders on white ground leave dents between collar and sleeve: cloth spans them in a straight line. Says whether
/// there were any.
fn fill_shoulders(mask: &mut Mask, upper: &Upper, height: f32) -> bool {
    let mut any = false;
    for side in [0, 1] {
        let (neck, tip) = (upper.neck[side], upper.tips[side]);
        if upper.sleeves[side].is_none() {
            continue;
        }
        let (from, to) = (neck.x.min(tip.x) as usize, (neck.x.max(tip.x) as usize).min(mask.width - 1));
        let dent = |x: usize| {
            let t = (x as f32 - neck.x) / (tip.x - neck.x + 1e-3);
            let line = mix(neck.y, tip.y, t.clamp(0.0, 1.0)).max(0.0);
            let cloth = top_at(mask, x as f32).filter(|y| (1.0..0.25 * height).contains(&(y - line)))?;
            Some((x, line, cloth))
        };
        let dents: Vec<_> = (from..=to).filter_map(dent).collect();
        // Beside a stand-up collar there is a shallow one that is none of this.
        if dents.iter().all(|(_, line, cloth)| cloth - line < 0.07 * height) {
            continue;
        }
        for (x, line, cloth) in dents {
            (line.ceil() as usize..cloth as usize).for_each(|y| mask.set(x, y, true));
        }
        any = true;
    }
    any
}

/// A skirt: no sleeves and no neckline.
fn flat_topped(mask: &Mask, axis: f32, [_, y0, _, y1]: [usize; 4]) -> Lower {
    let edges = edges(mask, axis, [y0, y1], &|y| central(mask, y, axis));
    let inner = vec![[axis; 2]; mask.height];
    Lower { top: y0 as f32, hem: y1 as f32 - 1.0, crotch: None, inner, edges }
}

/// The middle line: the mean of the outline's middle over the rows, wide rows counting more.
pub(super) fn middle_line(mask: &Mask, [_, y0, _, y1]: [usize; 4]) -> f32 {
    let (mut sum, mut weight) = (0.0, 0.0_f32);
    for y in y0..y1 {
        let runs = mask.runs(y);
        if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
            let span = (last.1 - first.0) as f32;
            sum += (first.0 + last.1 - 1) as f32 / 2.0 * span;
            weight += span;
        }
    }
    sum / weight.max(1.0)
}

/// Edges of every row; rows outside `y0..y1` repeat the nearest.
pub(super) fn edges(
    mask: &Mask,
    axis: f32,
    [y0, y1]: [usize; 2],
    run: &dyn Fn(usize) -> Option<(f32, f32)>,
) -> Vec<[f32; 2]> {
    let mut last = [axis; 2];
    let mut rows: Vec<[f32; 2]> = (0..mask.height)
        .map(|y| {
            if (y0..y1).contains(&y)
                && let Some((from, to)) = run(y)
            {
                last = [from, to];
            }
            last
        })
        .collect();
    let first = rows[y0];
    rows.iter_mut().take(y0).for_each(|row| *row = first);
    rows
}

/// Legs: in the lower part every row has two runs of like width beside the middle line.
fn trousers(mask: &Mask, axis: f32, [x0, y0, x1, y1]: [usize; 4]) -> Option<Lower> {
    let height = (y1 - y0) as f32;
    let parted = |y: usize| {
        let runs: Vec<_> = mask.runs(y).into_iter().filter(|(from, to)| to - from > (x1 - x0) / 25).collect();
        match runs[..] {
            [(a, b), (c, d)] => {
                let (left, right) = ((b - a) as f32, (d - c) as f32);
                let alike = left.min(right) > 0.55 * left.max(right);
                let centred =
                    (b as f32) < axis + 0.12 * (x1 - x0) as f32 && c as f32 > axis - 0.12 * (x1 - x0) as f32;
                (alike && centred).then_some((b as f32 - 1.0, c as f32))
            }
            _ => None,
        }
    };
    let start =
        (0..=y1 - y0).map(|i| y1 - i).skip(2).take_while(|&y| y > y0 && (parted(y).is_some() || y + 4 > y1));
    let crotch = start.last()?;
    if ((y1 - crotch) as f32) < 0.16 * height {
        return None;
    }
    let mut inner = vec![[axis; 2]; mask.height];
    for y in crotch..y1 {
        inner[y] = parted(y).map_or(inner[y - 1], |(left, right)| [left, right]);
    }
    for y in y1..mask.height {
        inner[y] = inner[y - 1];
    }
    let middle = f32::midpoint(
        inner[(crotch + 2).min(mask.height - 1)][0],
        inner[(crotch + 2).min(mask.height - 1)][1],
    );
    inner.iter_mut().take(crotch).for_each(|row| *row = [middle; 2]);
    // The legs seldom end in the same row: below the shorter one the edges stay where they were.
    let span = |y: usize| {
        let runs = mask.runs(y);
        if y >= crotch && parted(y).is_none() {
            return None;
        }
        Some((runs.first()?.0 as f32, runs.last()?.1 as f32 - 1.0))
    };
    Some(Lower {
        top: y0 as f32,
        hem: y1 as f32 - 1.0,
        crotch: Some(crotch as f32),
        edges: edges(mask, axis, [y0, y1], &span),
        inner,
    })
}
