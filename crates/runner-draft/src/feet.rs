//! The shoes that a person stands in, soles and all.
//!
//! Decided here: an outline is found for the whole person at once, and a white sole on a pale floor is a few pixels of nearly
//! the floor's colour. Beside the feet the floor itself is seen, though: what is lighter or more colourful than it is in
//! the same row, and touches the figure, is shoe. Shadows are darker, and of the floor's hue.

use crate::colour::{Rgb, difference, oklab};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level};
use crate::eyes::limbs::Leg;
use crate::geometry::{Vec2, vec2};
use crate::raster::{Grid, Mask, components, grow};

/// How much lighter or more colourful than the floor a shoe is at least, in OKLab.
const STANDS_OUT: f32 = 0.03;

/// The figure with the shoes it stands in, on the person's small grid.
pub(crate) struct Feet {
    pub(crate) figure: Mask,
    /// The row under the last one of the feet, or where they would be below the picture.
    pub(crate) sole: f32,
    /// The row in which each shoe comes out of a trouser leg, where that is seen.
    pub(crate) tops: [Option<f32>; 2],
}

impl Feet {
    /// Whether a point lies on a shoe that comes out of a trouser leg; nothing where no leg is seen to end.
    pub(crate) fn shod(&self, body: &Body, point: Vec2) -> Option<bool> {
        let off = SIDES.map(|side| (body.legs[side].x_at(point.y) - point.x).abs());
        let top = self.tops[usize::from(off[1] < off[0])]?;
        Some(point.y > top)
    }
}

/// Looks for what the outline lacks of the shoes.
pub(crate) fn look(person: &Person) -> Feet {
    let (body, mask) = (&person.body, &person.figure.mask);
    let tops = body.legs.map(|leg| hem(person, &leg));
    let mut feet = Feet { figure: mask.clone(), sole: body.sole, tops };
    let rows = [body.level(level::ANKLE) - 0.1 * body.unit, body.sole + 0.4 * body.unit];
    let [first, last] = rows.map(|row| (row.max(0.0) as usize).min(mask.height));
    if body.sole + 1.0 >= mask.height as f32 || first + 4 > last {
        return feet;
    }
    let part = |mask: &Mask| Mask::from_fn(mask.width, last - first, |x, y| mask.at(x, y + first));
    let [own, near, open] = [0.0, 0.25, 0.14].map(|reach| part(&grow(mask, reach * body.unit)));
    let colours = Grid::from_fn(own.width, own.height, |x, y| oklab(person.picture.at(x, y + first)));
    let mut shoes = own.clone();
    for y in 0..own.height {
        for x in (0..own.width).filter(|&x| near.at(x, y) && !own.at(x, y) && beside(body, x, 0.6)) {
            let reach = (0.6 * body.unit) as usize;
            let around = x.saturating_sub(reach)..(x + reach).min(own.width);
            let floor = around.filter(|&x| !open.at(x, y)).map(|x| measured(colours.at(x, y)));
            let floor: Vec<[f32; 2]> = floor.collect();
            let [lightness, chroma] = measured(colours.at(x, y));
            if most(&floor).is_some_and(|[light, chromatic]| lightness > light || chroma > chromatic) {
                shoes.set(x, y, true);
            }
        }
    }
    let (labels, sizes) = components(&grow(&grow(&shoes, 1.5), -1.5));
    let mut stand = vec![false; sizes.len()];
    labels.data.iter().zip(&own.data).for_each(|(&label, &own)| stand[label as usize] |= own);
    for (i, &label) in labels.data.iter().enumerate() {
        if label != 0 && stand[label as usize] {
            let (x, y) = (i % own.width, i / own.width + first);
            feet.figure.set(x, y, true);
            feet.sole = feet.sole.max(if beside(body, x, 0.3) { y as f32 + 1.0 } else { 0.0 });
        }
    }
    feet
}

/// Whether a column is at most so many heads beside a foot.
fn beside(body: &Body, x: usize, heads: f32) -> bool {
    body.legs.iter().any(|leg| (x as f32 - leg.x_at(body.sole)).abs() < heads * body.unit)
}

fn measured([lightness, a, b]: Rgb) -> [f32; 2] {
    [lightness, a.hypot(b)]
}

/// The lightness and chroma that no floor of such colours has.
fn most(seen: &[[f32; 2]]) -> Option<[f32; 2]> {
    let limit = |which: usize| {
        let mut values: Vec<f32> = seen.iter().map(|pair| pair[which]).collect();
        let [middle, high] = [values.len() / 2, values.len() * 9 / 10]
            .map(|rank| *values.select_nth_unstable_by(rank, f32::total_cmp).1);
        middle + (1.2 * (high - middle)).max(STANDS_OUT)
    };
    (seen.len() > 4).then(|| [limit(0), limit(1)])
}

/// The row in which a trouser leg ends, if the shoe under it has another colour: the plainest step down the middle of the
/// leg that has the leg's own colour above.
fn hem(person: &Person, leg: &Leg) -> Option<f32> {
    let (body, unit) = (&person.body, person.body.unit);
    let colour = |from: f32, to: f32| -> Option<Rgb> {
        let (mut sum, mut count) = ([0.0; 3], 0.0_f32);
        for y in (from.max(0.0) as usize)..(to.max(0.0) as usize).min(person.picture.height) {
            let x = leg.x_at(y as f32);
            let columns =
                (x - 0.1 * unit).max(0.0) as usize..((x + 0.1 * unit) as usize).min(person.picture.width);
            for x in columns {
                let lab = oklab(person.picture.at(x, y));
                (0..3).for_each(|c| sum[c] += lab[c]);
                count += 1.0;
            }
        }
        (count > 0.0).then(|| sum.map(|c| c / count))
    };
    let shin = colour(body.level(6.3), body.level(6.6))?;
    let dressed = person.clothes.lower.holds(vec2(leg.x_at(body.level(6.5)), body.level(6.5)));
    let (first, last) = (body.level(6.7), (body.level(7.4)).min(person.picture.height as f32 - 4.0));
    let step = |row: f32| {
        let (above, below) = (colour(row - 3.0, row)?, colour(row, row + 3.0)?);
        Some((difference(above, below) - difference(above, shin), row))
    };
    let rows = (0..(last - first).max(0.0) as usize).filter_map(|i| step((first + i as f32).round()));
    let (plain, row) = rows.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (dressed && plain > 0.05).then_some(row)
}
