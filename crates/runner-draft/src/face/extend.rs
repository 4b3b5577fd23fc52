//! The person beyond the border of the picture.
//!
//! Decided here: clothes must not end in the air. Where a shoulder is cut off by the side of the picture its outline is
//! carried on and rounded off about a head from the middle of the face, as deep as the person's own shoulder slopes;
//! where the picture ends below, the trunk goes on downwards. The cloth there is the cloth beside it, mirrored.

use crate::colour::{difference, oklab};
use crate::eyes::Person;
use crate::face::Face;
use crate::geometry::{Vec2, smoothstep, vec2};
use crate::raster::{Grid, Plane, blur};

/// A shoulder that leaves the picture.
#[derive(Debug, Clone, Copy)]
struct Shoulder {
    /// The row in which the outline crosses the border.
    row: f32,
    /// How fast the outline falls outwards.
    slope: f32,
    /// How far beyond the border the arm ends.
    rest: f32,
}

/// What is known about the person beyond the picture, in full pixels.
#[derive(Debug, Clone)]
pub(crate) struct Extension {
    size: Vec2,
    unit: f32,
    shoulders: [Option<Shoulder>; 2],
    /// From and to of what crosses the lower border.
    trunk: Option<[f32; 2]>,
    /// How far up from the lower border the cloth looks the same, for every column of the small grid.
    calm: Plane,
    /// Full pixels per pixel of the small grid, across.
    across: f32,
    /// Whether the hair is cut by the upper border.
    pub(crate) cut_above: bool,
}

/// A place beyond the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beyond {
    /// Where its colour is taken from.
    pub(crate) source: Vec2,
    /// How deep inside the person it is, in full pixels; negative outside.
    pub(crate) depth: f32,
    /// Factor of its light.
    pub(crate) shade: f32,
}

impl Extension {
    pub(crate) fn new(person: &Person, face: &Face) -> Self {
        let mask = &person.figure.mask;
        let full = |x: usize, y: usize| person.frame.to_full(vec2(x as f32, y as f32));
        let last = full(mask.width - 1, mask.height - 1);
        let size = last + vec2(person.frame.factor[0], person.frame.factor[1]) * 0.5;
        let unit = face.unit();
        let shoulders = [0, 1].map(|side| shoulder(person, face, side));
        // The largest run of the lowest row that lies under the face.
        let lowest = mask.runs(mask.height - 1).into_iter().max_by_key(|(from, to)| to - from);
        let trunk = lowest.map(|(from, to)| [full(from, 0).x, full(to, 0).x]).filter(|[from, to]| {
            let reach = 0.6 * unit;
            *from < face.middle().x + reach && *to > face.middle().x - reach && to - from > 0.5 * unit
        });
        let cut_above = face.top < 2.0 * person.frame.factor[1];
        let calm = calm_above(person, unit);
        Self { size, unit, shoulders, trunk, calm, across: person.frame.factor[0], cut_above }
    }

    /// Whether the picture ends in the middle of the trunk.
    pub(crate) fn cut_below(&self) -> bool {
        self.trunk.is_some()
    }

    /// The rows of the picture.
    pub(crate) fn bottom(&self) -> f32 {
        self.size.y
    }

    /// What lies at a place, if it is beyond the picture.
    pub(crate) fn at(&self, full: Vec2) -> Option<Beyond> {
        let (right, bottom) = (self.size.x - 1.0, self.size.y - 1.0);
        let inside = full.x >= 0.0 && full.y >= 0.0 && full.x <= right && full.y <= bottom;
        if inside {
            return None;
        }
        let side = usize::from(full.x > f32::midpoint(0.0, right));
        let out = if side == 0 { -full.x } else { full.x - right };
        let below = full.y - bottom;
        let mut beyond = Beyond { source: full, depth: -self.unit, shade: 1.0 };
        if out > 0.0 {
            let Some(shoulder) = self.shoulders[side] else { return Some(self.clamped(beyond)) };
            let reach = (out / shoulder.rest).min(1.0);
            let fall = shoulder.slope * out + 0.5 * self.unit * (1.0 - (1.0 - reach * reach).sqrt());
            let outline = shoulder.row + fall;
            // The arm leans out a little further down.
            let lean = 0.04 * (full.y - outline).max(0.0);
            let steep = 1.0 + 2.0 * reach;
            beyond.depth = ((full.y - outline) / steep).min(shoulder.rest + lean - out);
            beyond.shade = 1.0 - 0.45 * smoothstep(0.35, 1.05, out / (shoulder.rest + lean));
            let back = fold(out + 2.0, 0.6 * self.unit);
            beyond.source.x = if side == 0 { back } else { right - back };
            beyond.source.y = full.y - fall - shoulder.slope * back;
        }
        if below > 0.0 {
            if out <= 0.0 {
                let Some([from, to]) = self.trunk else { return Some(self.clamped(beyond)) };
                let edge = |gap: f32, cut: bool| if cut { self.unit } else { gap };
                beyond.depth = edge(full.x - from, from < 2.0).min(edge(to - full.x, to > right - 2.0));
            }
            let length = self.calm.sample(beyond.source.x / self.across, 0.0);
            beyond.source.y = bottom - fold(below + (beyond.source.y - full.y).abs(), length);
        }
        Some(self.clamped(beyond))
    }

    fn clamped(&self, mut beyond: Beyond) -> Beyond {
        beyond.source.x = beyond.source.x.clamp(0.0, self.size.x - 1.0);
        beyond.source.y = beyond.source.y.clamp(0.0, self.size.y - 1.0);
        beyond
    }
}

/// Back and forth between 0 and `length`.
fn fold(distance: f32, length: f32) -> f32 {
    let at = distance.rem_euclid(2.0 * length);
    if at > length { 2.0 * length - at } else { at }
}

/// For every column of the small grid, how many full pixels above the lower border look like the lowest row: neither
/// a collar nor a seam is to be seen twice.
fn calm_above(person: &Person, unit: f32) -> Plane {
    let picture = &person.picture;
    let factor = person.frame.factor[1];
    let most = ((0.35 * unit / factor) as usize).clamp(2, picture.height - 1);
    let last = picture.height - 1;
    let lab = |x: usize, y: usize| oklab(picture.at(x, y));
    let high: Vec<usize> = (0..picture.width)
        .map(|x| {
            let own = lab(x, last);
            (1..most).find(|up| difference(lab(x, last - up), own) > 0.035).unwrap_or(most)
        })
        .collect();
    let calm = Grid::from_fn(picture.width, 1, |x, _| {
        let around = x.saturating_sub(4)..(x + 5).min(high.len());
        high[around].iter().copied().min().unwrap_or(1).max(2) as f32 * factor * 0.9
    });
    blur(&calm, 4.0)
}

/// The outline of the figure where it leaves the picture on one side.
fn shoulder(person: &Person, face: &Face, side: usize) -> Option<Shoulder> {
    let mask = &person.figure.mask;
    let factor = person.frame.factor;
    let edge = if side == 0 { 0 } else { mask.width - 1 };
    let (_, chin) = person.frame.to_small(0.0, face.middle().y);
    // From below upwards: the run that belongs to the trunk.
    let top_of = |x: usize| {
        let mut row = mask.height;
        while row > 0 && row as f32 > chin && mask.at(x, row - 1) {
            row -= 1;
        }
        (row < mask.height).then_some(row as f32)
    };
    let row = top_of(edge)?;
    let unit = face.unit();
    let inside = (0.22 * unit / factor[0]).max(2.0) as usize;
    let inner = if side == 0 { inside.min(mask.width - 1) } else { edge.saturating_sub(inside) };
    let slope = top_of(inner).map_or(0.4, |inner| (row - inner) / inside as f32).clamp(0.15, 1.0);
    let middle = face.middle().x;
    let gap = if side == 0 { middle } else { mask.width as f32 * factor[0] - middle };
    Some(Shoulder { row: row * factor[1], slope, rest: (1.08 * unit - gap).max(0.2 * unit) })
}
