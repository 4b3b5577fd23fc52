//! The shoes that a person stands in, soles and all.
//!
//! Decided here: an outline is found for the whole person at once, and a white sole on a pale floor is a few pixels of nearly
//! the floor's colour. Beside the feet the floor itself is seen, though: what is lighter or more colourful than all of it
//! in the same row, and touches the figure, is shoe. Shadows are darker, and of the floor's hue.

use crate::colour::{Rgb, oklab};
use crate::eyes::Person;
use crate::eyes::body::{Body, level};
use crate::raster::{Grid, Mask, components, grow};

/// How much lighter than the floor a sole is, in OKLab, and how much more colourful a shoe.
const LIGHTER: f32 = 0.025;
const COLOURED: f32 = 0.025;

/// The figure with the shoes it stands in, on the person's small grid.
pub(crate) struct Feet {
    pub(crate) figure: Mask,
    /// The row under the last one of the feet, or where they would be below the picture.
    pub(crate) sole: f32,
}

/// Looks for what the outline lacks of the shoes.
pub(crate) fn look(person: &Person) -> Feet {
    let (body, mask) = (&person.body, &person.figure.mask);
    let mut feet = Feet { figure: mask.clone(), sole: body.sole };
    let rows = [body.level(level::ANKLE) - 0.1 * body.unit, body.sole + 0.4 * body.unit];
    let [first, last] = rows.map(|row| (row.max(0.0) as usize).min(mask.height));
    if body.sole + 1.0 >= mask.height as f32 || first + 4 > last {
        return feet;
    }
    let part = |mask: &Mask| Mask::from_fn(mask.width, last - first, |x, y| mask.at(x, y + first));
    let (own, near) = (part(mask), part(&grow(mask, 0.25 * body.unit)));
    let colours = Grid::from_fn(own.width, own.height, |x, y| oklab(person.picture.at(x, y + first)));
    let mut shoes = own.clone();
    for y in 0..own.height {
        let Some(floor) = floor(&colours, &near, y, body) else { continue };
        for x in (0..own.width).filter(|&x| near.at(x, y) && beside(body, x, 0.6)) {
            let [lightness, chroma] = measured(colours.at(x, y));
            if lightness > floor[0] + LIGHTER || chroma > floor[1] + COLOURED {
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

/// The lightest and the most colourful that the floor around the feet shows in a row, strays left out.
fn floor(colours: &Grid<Rgb>, near: &Mask, y: usize, body: &Body) -> Option<[f32; 2]> {
    let seen = (0..colours.width).filter(|&x| !near.at(x, y) && beside(body, x, 1.5));
    let seen: Vec<[f32; 2]> = seen.map(|x| measured(colours.at(x, y))).collect();
    let most = |which: usize| {
        let mut values: Vec<f32> = seen.iter().map(|pair| pair[which]).collect();
        let rank = values.len() * 19 / 20;
        *values.select_nth_unstable_by(rank, f32::total_cmp).1
    };
    (seen.len() > 8).then(|| [most(0), most(1)])
}
