//! The person beyond the border of the picture.
//!
//! Decided here: clothes must not end in the air. Where a shoulder is cut off by the side of the picture its outline is
//! carried on and rounded off about a head from the middle of the face, as deep as the person's own shoulder slopes;
//! where the picture ends below, the trunk goes on downwards. The cloth there has the colours of the lowest rows, less and
//! less streaked, and the weave of the cloth above, mirrored and shifted each time so that nothing is seen to repeat.

use crate::backdrop::at_pixel;
use crate::colour::Rgb;
use crate::eyes::Person;
use crate::face::Face;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Blend, Grid, blur};

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
    cloth: Cloth,
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
    /// Factors of its sRGB values.
    pub(crate) shade: Rgb,
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
        Self { size, unit, shoulders, trunk, cloth: Cloth::of(person, unit), cut_above }
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
        let mut beyond = Beyond { source: full, depth: -self.unit, shade: [1.0; 3] };
        if out > 0.0 {
            let Some(shoulder) = self.shoulders[side] else { return Some(self.clamped(beyond)) };
            let reach = (out / shoulder.rest).min(1.0);
            let fall = shoulder.slope * out + 0.5 * self.unit * (1.0 - (1.0 - reach * reach).sqrt());
            let outline = shoulder.row + fall;
            // The arm leans out a little further down.
            let lean = 0.04 * (full.y - outline).max(0.0);
            let steep = 1.0 + 2.0 * reach;
            beyond.depth = ((full.y - outline) / steep).min(shoulder.rest + lean - out);
            beyond.shade = [1.0 - 0.45 * smoothstep(0.35, 1.05, out / (shoulder.rest + lean)); 3];
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
            let down = below + (beyond.source.y - full.y).abs();
            let column = beyond.source.x;
            beyond.source = self.cloth.weave(vec2(column, bottom), down, self.trunk);
            let toned = self.cloth.tone(column, down, beyond.source, bottom);
            beyond.shade = std::array::from_fn(|c| beyond.shade[c] * toned[c]);
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

/// The cloth at the lower border of the picture.
#[derive(Debug, Clone)]
struct Cloth {
    /// Colours of the weave in the lowest rows of the small grid, the last one being the border; smooth but for seams.
    strip: Grid<Rgb>,
    /// Colours of the border column by column: as they are, and without streaks.
    border: [Grid<Rgb>; 2],
    /// Full pixels per pixel of the small grid.
    factor: [f32; 2],
    /// Full pixels of the weave that are taken, and over which streaks fade.
    high: f32,
    fade: f32,
}

impl Cloth {
    fn of(person: &Person, unit: f32) -> Self {
        let (picture, mask) = (&person.picture, &person.figure.mask);
        let factor = person.frame.factor;
        let high = 0.06 * unit;
        let rows = ((high / factor[1]) as usize + 3).min(picture.height);
        let first = picture.height - rows;
        let strip = Grid::from_fn(picture.width, rows, |x, y| picture.at(x, first + y));
        let broad = [0, 1, 2].map(|c: usize| blur(&strip.map(|rgb| rgb[c]), 2.0));
        let strip = Grid::from_fn(picture.width, rows, |x, y| {
            let fine = strip.at(x, y);
            // What the weave keeps of its light and dark: mottles, and of a seam no more than of them.
            std::array::from_fn(|c| fine[c] / (fine[c] / broad[c].at(x, y).max(0.01)).clamp(0.95, 1.05))
        });
        // The mean of the last rows of each column, then of what is beside it; only what belongs to the person counts.
        let last = rows.min(3);
        let seen: Grid<[f32; 4]> = Grid::from_fn(picture.width, 1, |x, _| {
            (picture.height - last..picture.height).fold([0.0; 4], |sum, y| {
                let weight = if mask.at(x, y) { 1.0 } else { 1e-4 };
                let [r, g, b] = picture.at(x, y);
                [sum[0] + r * weight, sum[1] + g * weight, sum[2] + b * weight, sum[3] + weight]
            })
        });
        let border = [0.02, 0.15].map(|reach| {
            let [r, g, b, weight] =
                [0, 1, 2, 3].map(|c: usize| blur(&seen.map(|sum| sum[c]), reach * unit / factor[0]));
            Grid::from_fn(picture.width, 1, |x, _| [&r, &g, &b].map(|sum| sum.at(x, 0) / weight.at(x, 0)))
        });
        Self { strip, border, factor, high, fade: 0.5 * unit }
    }

    /// Where the weave for a place `down` full pixels below the border is taken from.
    fn weave(&self, border: Vec2, down: f32, trunk: Option<[f32; 2]>) -> Vec2 {
        let high = self.high.max(2.0);
        let turn = (down / high) as usize;
        // Back and forth in rows; sideways by chance from turn to turn, smoothly so that threads hold.
        let aside = |turn: usize| if turn == 0 { 0.0 } else { at_pixel(turn, 7) - 0.5 };
        let shift = mix(aside(turn), aside(turn + 1), down / high - turn as f32);
        let mut x = border.x + 0.8 * shift * high;
        if let Some([from, to]) = trunk {
            x = from + fold(x - from, (to - from).max(1.0));
        }
        vec2(x, border.y - fold(down, high))
    }

    /// Factors that give the weave from `source` the colour of the border above it.
    fn tone(&self, column: f32, down: f32, source: Vec2, bottom: f32) -> Rgb {
        let small = |v: f32, factor: f32| (v + 0.5) / factor - 0.5;
        let [own, calm] = [0, 1].map(|i: usize| self.border[i].sample(small(column, self.factor[0]), 0.0));
        let wanted = own.blend(calm, 0.85 * smoothstep(0.0, self.fade, down));
        let up = (bottom - source.y) / self.factor[1];
        let there = self.strip.sample(small(source.x, self.factor[0]), self.strip.height as f32 - 1.0 - up);
        std::array::from_fn(|c| ((wanted[c] + 0.02) / (there[c] + 0.02)).clamp(0.5, 2.0))
    }
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
