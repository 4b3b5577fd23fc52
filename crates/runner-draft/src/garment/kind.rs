//! What kind of garment an outline is, and how surely.
//!
//! Decided here: sixteen measures of the outline and a multinomial logistic function of them. Its weights were fitted to
//! drawn outlines of every kind and of things that are no garments (`examples/kinds.rs` draws, fits and prints them); the
//! rendered truth set had no part in it and says how well it does (`bench/eyes.md`).

use super::weights::WEIGHTS;
use crate::geometry::vec2;
use crate::raster::{Mask, components, fill_holes, touching_border};

/// What can be worn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Top,
    Dress,
    Trousers,
    Skirt,
    Shoes,
    Hat,
    Glasses,
    Bag,
}

impl Kind {
    /// In the order of the rows of [`WEIGHTS`]; the last row is for what is none of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Top,
        Self::Dress,
        Self::Trousers,
        Self::Skirt,
        Self::Shoes,
        Self::Hat,
        Self::Glasses,
        Self::Bag,
    ];

    /// As in a catalogue.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Dress => "dress",
            Self::Trousers => "trousers",
            Self::Skirt => "skirt",
            Self::Shoes => "shoes",
            Self::Hat => "hat",
            Self::Glasses => "glasses",
            Self::Bag => "bag",
        }
    }
}

/// How many measures there are.
pub(crate) const COUNT: usize = 16;

/// Probability of every kind in the order of [`Kind::ALL`], then of none.
pub(crate) fn probabilities(measures: &[f32; COUNT]) -> [f32; 9] {
    let odds = WEIGHTS.map(|row| row[COUNT] + row.iter().zip(measures).map(|(w, m)| w * m).sum::<f32>());
    let most = odds.iter().copied().fold(f32::MIN, f32::max);
    let shares = odds.map(|odds| (odds - most).exp());
    let sum: f32 = shares.iter().sum();
    shares.map(|share| share / sum)
}

/// The likeliest kind and its probability, if it is likelier than none.
pub(super) fn likeliest(likely: &[f32; 9]) -> Option<(Kind, f32)> {
    let best = Kind::ALL.into_iter().max_by(|a, b| likely[*a as usize].total_cmp(&likely[*b as usize]))?;
    Some((best, likely[best as usize])).filter(|(_, share)| *share > likely[8])
}

/// The span of a row: from its first to its last pixel.
fn span(mask: &Mask, y: usize) -> f32 {
    let runs = mask.runs(y);
    runs.first().zip(runs.last()).map_or(0.0, |(first, last)| (last.1 - first.0) as f32)
}

/// The width of what is on the middle line in a row, or of both runs beside it.
fn trunk(mask: &Mask, y: usize, axis: f32) -> f32 {
    super::outline::central(mask, y, axis).map_or(0.0, |(from, to)| to - from + 1.0)
}

/// The first and last row of a column.
fn ends(mask: &Mask, x: usize) -> Option<(usize, usize)> {
    let first = (0..mask.height).find(|&y| mask.at(x, y))?;
    (0..mask.height).rfind(|&y| mask.at(x, y)).map(|last| (first, last))
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0_f32), |(sum, count), value| (sum + value, count + 1.0));
    sum / count.max(1.0)
}

/// Measures an outline whose holes are open.
pub(crate) fn measured(mask: &Mask) -> Option<[f32; COUNT]> {
    let axis = super::outline::middle_line(mask, mask.bounds()?);
    measures(&fill_holes(mask, mask.data.len() / 40), mask, axis)
}

/// Measures an outline. `open` is the mask without what one looks through: lenses, handles.
pub(crate) fn measures(mask: &Mask, open: &Mask, axis: f32) -> Option<[f32; COUNT]> {
    let [x0, y0, x1, y1] = mask.bounds()?;
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    if width < 12.0 || height < 8.0 {
        return None;
    }
    let row = |share: f32| (y0 + (share * height) as usize).min(y1 - 1);
    let rows = |from: f32, to: f32| row(from)..row(to).max(row(from) + 1);
    let spans: Vec<f32> = (y0..y1).map(|y| span(mask, y)).collect();
    let widest = spans.iter().copied().fold(1.0, f32::max);
    let over = |from: f32, to: f32| rows(from, to).map(|y| spans[y - y0]);
    let body = mean(rows(0.6, 0.95).map(|y| trunk(mask, y, axis))).max(1.0);
    let column = |share: f32| ends(mask, (x0 + (share * width) as usize).min(x1 - 1));
    let tall = |share: f32| column(share).map_or(0.0, |(first, last)| (last - first + 1) as f32);
    let (fork, notch) = notches(mask, axis, [x0, y0, x1, y1]);
    let [upper_hole, lenses] = holes(open, [x0, y0, x1, y1]);
    let (_, sizes) = components(mask);
    let mut sizes: Vec<usize> = sizes.into_iter().skip(1).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let pair = sizes.get(1).map_or(0.0, |second| *second as f32 / sizes[0] as f32);
    let tops = |from: f32, to: f32| {
        let columns = (x0 + (from * width) as usize)..(x0 + (to * width) as usize).max(x0 + 1);
        mean(columns.filter_map(|x| ends(mask, x)).map(|(first, _)| first as f32))
    };
    let lean = (tops(0.02, 0.35) - tops(0.65, 0.98)).abs() / height;
    let narrow = over(0.22, 0.62).fold(f32::MAX, f32::min);
    let beside = mean(over(0.12, 0.24)).min(mean(over(0.75, 0.9))).max(1.0);
    let low = spans.iter().position(|span| *span >= 0.985 * widest).unwrap_or(0) as f32 / height;
    let bridge = 2.0 * tall(0.5) / (tall(0.22) + tall(0.78)).max(1.0);
    Some([
        (width / height).ln(),
        mask.count() as f32 / (width * height),
        evenness(mask, axis),
        pair,
        fork,
        notch,
        (over(0.0, 0.6).fold(1.0, f32::max) / body).ln().clamp(-1.5, 1.5),
        mean(over(0.02, 0.06)) / widest,
        mean(over(0.12, 0.2)) / widest,
        5.0 * upper_hole,
        5.0 * lenses,
        bridge.min(2.0),
        low,
        (narrow / beside).min(1.5),
        (height / mean(rows(0.3, 0.5).map(|y| trunk(mask, y, axis))).max(1.0)).ln().min(2.0),
        lean,
    ])
}

/// Share of the mask that its mirror image covers.
fn evenness(mask: &Mask, axis: f32) -> f32 {
    let there = |x: usize, y: usize| mask.holds(vec2(2.0 * axis - x as f32, y as f32));
    let mirrored = Mask::from_fn(mask.width, mask.height, there);
    mask.and(&mirrored).count() as f32 / mask.count().max(1) as f32
}

/// How far the outline is notched on the middle line, from below and from above, in shares of the height.
fn notches(mask: &Mask, axis: f32, [x0, y0, x1, y1]: [usize; 4]) -> (f32, f32) {
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    let reach = (0.03 * width).max(1.0) as usize;
    let middle = (axis.max(0.0) as usize).clamp(x0, x1 - 1);
    let columns = middle.saturating_sub(reach)..(middle + reach + 1).min(mask.width);
    let mut gaps: Vec<(usize, usize)> = columns
        .map(|x| ends(mask, x).map_or((y1 - y0, y1 - y0), |(first, last)| (first - y0, y1 - 1 - last)))
        .collect();
    let share = |gap: usize| gap as f32 / height;
    // One open column in the middle is enough for legs.
    let fork = gaps.iter().map(|gap| gap.1).max().unwrap_or(0);
    gaps.sort_unstable();
    (share(fork), share(gaps[gaps.len() / 2].0))
}

/// The share of the outline's box that is a hole in its upper half near the middle, and twice the smaller of what is hole
/// in either half beside the middle.
fn holes(open: &Mask, [x0, y0, x1, y1]: [usize; 4]) -> [f32; 2] {
    let outside = open.map(|inside| !inside);
    let holes = outside.without(&touching_border(&outside));
    let all = ((x1 - x0) * (y1 - y0)) as f32;
    let (third, half) = ((x1 - x0) / 3, y0 + (y1 - y0) * 11 / 20);
    let count = |xs: std::ops::Range<usize>, ys: std::ops::Range<usize>| {
        ys.map(|y| xs.clone().filter(|&x| holes.at(x, y)).count()).sum::<usize>() as f32 / all
    };
    let upper = count(x0 + third..x1 - third, y0..half);
    let middle = x0 + (x1 - x0) / 2;
    [upper, 2.0 * count(x0..middle, y0..y1).min(count(middle..x1, y0..y1))]
}
