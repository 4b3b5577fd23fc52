//! Hats, glasses, shoes and bags, told by their outline.
//!
//! Decided here: glasses are wide, alike on both sides and thin in the middle; a bag has a hole under its handle; a hat is
//! a dome on its widest rows; shoes are two pieces, or one long one.

use super::outline::top_at;
use crate::raster::{Mask, components, touching_border};

/// What can be worn besides clothes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Hat,
    Glasses,
    Shoes,
    Bag,
}

/// An accessory in its picture, in small pixels.
#[derive(Debug, Clone)]
pub(crate) struct Accessory {
    pub(crate) kind: Kind,
    /// Its pieces as left, top, right, bottom: two for a pair of shoes, else one.
    pub(crate) pieces: Vec<[f32; 4]>,
    /// Of a hat, half the width and the row of its widest rows' upper end, and half the width of the crown; of a shoe seen
    /// from the side, on which side the toe is (-1 left, 1 right), else 0.
    pub(crate) crown: f32,
    pub(crate) line: f32,
    pub(crate) toe: f32,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hat => "a hat",
            Self::Glasses => "glasses",
            Self::Shoes => "shoes",
            Self::Bag => "a bag",
        }
    }
}

/// Recognises an accessory, if the outline is one. `clear` is what of the mask looks like the background: a hole or a lens,
/// or white cloth.
pub(super) fn recognise(mask: &Mask, clear: &Mask) -> Option<Accessory> {
    let [x0, y0, x1, y1] = mask.bounds()?;
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    let (labels, sizes) = components(mask);
    let one = vec![[x0, y0, x1, y1].map(|v| v as f32)];
    let plain = |kind, pieces| Accessory { kind, pieces, crown: 0.0, line: 0.0, toe: 0.0 };
    let axis = f32::midpoint(x0 as f32, x1 as f32 - 1.0);
    let even = evenness(mask, axis);
    if width > 1.8 * height && even > 0.8 && waisted(mask, axis, [x0, x1]) {
        return Some(plain(Kind::Glasses, one));
    }
    if sizes.len() == 3 {
        let boxes = (1..3).filter_map(|label| labels.map(|other| other == label).bounds());
        let mut pieces: Vec<[f32; 4]> = boxes.map(|b| b.map(|v| v as f32)).collect();
        pieces.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let toe = pieces.first().map_or(0.0, |piece| toe(mask, *piece));
        return Some(Accessory { toe, ..plain(Kind::Shoes, pieces) });
    }
    if handle(mask, clear, axis, [y0, y1]) {
        return Some(plain(Kind::Bag, one));
    }
    if let Some((crown, line)) = dome(mask, [x0, y0, x1, y1]) {
        return Some(Accessory { crown, line, ..plain(Kind::Hat, one) });
    }
    let fill = mask.count() as f32 / (width * height);
    (width > 1.7 * height && fill > 0.45)
        .then(|| Accessory { toe: toe(mask, one[0]), ..plain(Kind::Shoes, one) })
}

/// Share of the mask that its mirror image covers.
fn evenness(mask: &Mask, axis: f32) -> f32 {
    let there = |x: usize, y: usize| mask.holds(crate::geometry::vec2(2.0 * axis - x as f32, y as f32));
    let mirrored = Mask::from_fn(mask.width, mask.height, there);
    mask.and(&mirrored).count() as f32 / mask.count().max(1) as f32
}

fn column(mask: &Mask, x: usize) -> usize {
    (0..mask.height).filter(|&y| mask.at(x, y)).count()
}

/// Whether the columns in the middle span far less than those to both sides: a bridge between two lenses.
fn waisted(mask: &Mask, axis: f32, [x0, x1]: [usize; 2]) -> bool {
    let span = |x: usize| {
        let rows = || (0..mask.height).filter(|&y| mask.at(x, y));
        rows().next_back().zip(rows().next()).map_or(0, |(last, first)| last - first)
    };
    let quarter = (x1 - x0) / 4;
    let middle = span(axis as usize);
    middle * 2 < span(x0 + quarter) && middle * 2 < span(x1 - 1 - quarter)
}

/// Whether there is one large hole in the upper half, near the middle, with a thin rim: what one grips through.
fn handle(mask: &Mask, clear: &Mask, axis: f32, [y0, y1]: [usize; 2]) -> bool {
    let open = mask.without(clear);
    let outside = open.map(|inside| !inside);
    let (labels, sizes) = components(&outside.without(&touching_border(&outside)));
    let Some(label) = (1..sizes.len()).max_by_key(|&label| sizes[label]) else { return false };
    let Some([hx0, hy0, hx1, hy1]) = labels.map(|other| other == label as u32).bounds() else { return false };
    let (wide, tall) = ((hx1 - hx0) as f32, (hy1 - hy0) as f32);
    let centred = (f32::midpoint(hx0 as f32, hx1 as f32) - axis).abs() < 0.25 * wide;
    let row = hy0 + (hy1 - hy0) / 2;
    let beside: usize = open.runs(row).iter().map(|(a, b)| b - a).sum();
    let large = sizes[label] as f32 > 0.06 * open.count() as f32;
    let above = hy0.saturating_sub(y0) as f32;
    // White stripes are many; a hole is one.
    let alone = sizes[label] as f32 > 0.6 * clear.count().max(1) as f32;
    large
        && centred
        && alone
        && hy0 < y0 + (y1 - y0) / 3
        && above < 0.5 * tall
        && (beside as f32) < 0.8 * wide
}

/// Half the crown's width and the row at which the brim begins, if this is a dome on a wide foot.
fn dome(mask: &Mask, [x0, y0, x1, y1]: [usize; 4]) -> Option<(f32, f32)> {
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    let wide = |y: usize| mask.runs(y).iter().map(|(a, b)| b - a).sum::<usize>() as f32;
    let whole = (y0 + 2..y1.saturating_sub(2)).all(|y| mask.runs(y).len() <= 2);
    let row = |share: f32| y0 + (share * height) as usize;
    let widest = (y0..y1).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))?;
    let rounded = wide(row(0.03)) < 0.72 * wide(row(0.3));
    let low = widest as f32 > y0 as f32 + 0.5 * height;
    let broad = (1.05..3.2).contains(&(width / height));
    let shoe = (toe(mask, [x0, y0, x1, y1].map(|v| v as f32))).abs() > 0.0;
    if !(whole && rounded && low && broad) || shoe {
        return None;
    }
    let crown = wide(row(0.42)) / 2.0;
    let line =
        (row(0.42)..y1).find(|&y| wide(y) > 1.18 * 2.0 * crown).unwrap_or(y1 - (0.1 * height) as usize);
    Some((crown, line as f32))
}

/// On which side a shoe seen from the side has its toe: where it is lower. 0 where both ends are alike.
fn toe(mask: &Mask, [x0, y0, x1, y1]: [f32; 4]) -> f32 {
    let mean_top = |from: f32, to: f32| {
        let columns = (from as usize..to as usize).filter(|&x| column(mask, x) > 0);
        let tops: Vec<f32> = columns.filter_map(|x| top_at(mask, x as f32)).collect();
        tops.iter().sum::<f32>() / tops.len().max(1) as f32
    };
    let third = (x1 - x0) * 0.35;
    let lean = mean_top(x0, x0 + third) - mean_top(x1 - third, x1);
    if lean.abs() < 0.16 * (y1 - y0) { 0.0 } else { -lean.signum() }
}
