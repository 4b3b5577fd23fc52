//! What there is to measure of hats, glasses, shoes and bags.

use super::outline::top_at;
use crate::raster::{Mask, components};

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

/// Measures an accessory of a kind that is known.
pub(super) fn measured(kind: Kind, mask: &Mask) -> Option<Accessory> {
    let all = mask.bounds()?;
    let (labels, sizes) = components(mask);
    let boxes = (1..sizes.len()).filter_map(|label| labels.map(|other| other as usize == label).bounds());
    let mut pieces: Vec<[f32; 4]> = boxes.map(|b| b.map(|v| v as f32)).collect();
    pieces.sort_by(|a, b| a[0].total_cmp(&b[0]));
    // Of two shoes above each other, as of everything else, the whole is one piece.
    let beside = matches!(&pieces[..], [left, right] if left[2] < right[0] + 0.3 * (right[2] - right[0]));
    if kind != Kind::Shoes || !beside {
        pieces = vec![all.map(|v| v as f32)];
    }
    let toe = if kind == Kind::Shoes { toe(mask, pieces[0]) } else { 0.0 };
    let (crown, line) = if kind == Kind::Hat { crown(mask, all) } else { (0.0, 0.0) };
    Some(Accessory { kind, pieces, crown, line, toe })
}

/// Half a hat's crown's width, and the row at which its brim begins.
fn crown(mask: &Mask, [_, y0, _, y1]: [usize; 4]) -> (f32, f32) {
    let height = (y1 - y0) as f32;
    let wide = |y: usize| mask.runs(y).iter().map(|(a, b)| b - a).sum::<usize>() as f32;
    let middle = y0 + (0.42 * height) as usize;
    let crown = wide(middle) / 2.0;
    let brim = (middle..y1).find(|&y| wide(y) > 1.18 * 2.0 * crown).unwrap_or(y1 - (0.1 * height) as usize);
    (crown, brim as f32)
}

/// On which side a shoe seen from the side has its toe: where it is lower. 0 where both ends are alike.
fn toe(mask: &Mask, [x0, y0, x1, y1]: [f32; 4]) -> f32 {
    let mean_top = |from: f32, to: f32| {
        let tops: Vec<f32> = (from as usize..to as usize).filter_map(|x| top_at(mask, x as f32)).collect();
        tops.iter().sum::<f32>() / tops.len().max(1) as f32
    };
    let third = (x1 - x0) * 0.35;
    let lean = mean_top(x0, x0 + third) - mean_top(x1 - third, x1);
    if lean.abs() < 0.16 * (y1 - y0) { 0.0 } else { -lean.signum() }
}
