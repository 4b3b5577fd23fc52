//! From a garment's outline to its kind and its seams.
//!
//! Decided here: a garment is told by its silhouette alone. Legs part below: trousers. A flat top edge and no
//! sleeves or neckline: a skirt. The rest hangs from shoulders; more than twice as long as the chest is wide, it
//! is a dress. The seams themselves are read in [`super::upper`].

use super::upper::{Upper, upper};
use super::{Shape, collar, inside};
use crate::colour::Rgb;
use crate::geometry::mix;
use crate::raster::{Grid, Mask, components, fill_holes};

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

/// Tells what a mask shows; `lab` is the picture, for what lies inside the outline. Holes at white shoulders are closed
/// in the mask.
pub(crate) fn classify(mask: &mut Mask, lab: &Grid<Rgb>) -> Option<Shape> {
    let [x0, y0, x1, y1] = mask.bounds()?;
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    if width < 16.0 || height < 16.0 {
        return None;
    }
    let (_, sizes) = components(mask);
    if sizes.len() > 3 {
        return None;
    }
    let fill = mask.count() as f32 / (width * height);
    if sizes.len() == 3 || fill < 0.16 {
        return None;
    }
    let axis = middle_line(mask, [x0, y0, x1, y1]);
    if let Some(lower) = trousers(mask, axis, [x0, y0, x1, y1]) {
        return Some(Shape::Lower(lower));
    }
    inside::mirror_in(mask, axis);
    let mut upper = upper(mask, axis, [x0, y0, x1, y1]);
    if fill_shoulders(mask, &upper, height) {
        *mask = fill_holes(mask, mask.count() / 30);
    }
    if let Some(opening) = inside::neck_opening(lab, mask, axis, upper.neck) {
        let back = collar::back(mask, &opening, upper.neck);
        upper = super::upper::upper(&mask.without(&back), axis, [x0, y0, x1, y1]);
        upper.back = Some(back);
    }
    let sleeved = upper.sleeves.iter().any(Option::is_some);
    let notch = upper.neckline - upper.neck[0].y.min(upper.neck[1].y);
    if !sleeved && notch < 0.05 * height {
        if let Some(cut) = inside::parted(lab, mask, axis)
            && let Some(lower) = trousers(&cut, axis, [x0, y0, x1, y1])
        {
            return Some(Shape::Lower(lower));
        }
        return Some(flat_topped(mask, axis, [y0, y1]));
    }
    Some(Shape::Upper(upper))
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
fn flat_topped(mask: &Mask, axis: f32, [y0, y1]: [usize; 2]) -> Shape {
    let edges = edges(mask, axis, [y0, y1], &|y| central(mask, y, axis));
    Shape::Lower(Lower {
        top: y0 as f32,
        hem: y1 as f32 - 1.0,
        crotch: None,
        inner: vec![[axis; 2]; mask.height],
        edges,
    })
}

/// The middle line: the mean of the outline's middle over the rows, wide rows counting more.
fn middle_line(mask: &Mask, [_, y0, _, y1]: [usize; 4]) -> f32 {
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
    let span = |y: usize| {
        let runs = mask.runs(y);
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
