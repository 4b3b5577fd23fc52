//! The old clothes: what of the figure is neither skin nor hair, split into what is worn above and below.
//!
//! Decided here: the hem of the upper garment is the row that separates the colours of chest and thighs best; near it
//! each pixel goes with the colour it is closer to, as hems are no straight lines.

use super::body::{Body, level};
use super::parts::{Skin, median_colour};
use crate::colour::{Rgb, difference};
use crate::geometry::vec2;
use crate::raster::{Grid, Mask, components, grow};

/// Old clothes on the small grid.
pub(crate) struct Clothes {
    pub(crate) upper: Mask,
    pub(crate) lower: Mask,
    /// The row where the upper garment ends on the middle of the body.
    pub(crate) hem: f32,
    /// Whether upper and lower differ at all; a dress or a suit is one.
    pub(crate) two: bool,
}

/// Where the upper garment ends, and the mean OKLab above and below; nothing to tell apart where they are alike.
struct Hem {
    row: f32,
    colours: Option<[Rgb; 2]>,
}

/// Gain of a cut between alike colours: below this, two garments are one.
const ALIKE: f32 = 0.0006;

/// Finds and splits the clothes.
pub(crate) fn clothes(lab: &Grid<Rgb>, figure: &Mask, skin: &Skin, hair: &Mask, body: &Body) -> Clothes {
    let cloth = figure.without(hair).zip(&skin.likely, |inside, skin| inside && skin < 0.4);
    let hem = hem(lab, &cloth, body);
    let reach = legs_end(lab, &cloth, body);
    let part = |lower: bool| {
        let all = Grid::from_fn(figure.width, figure.height, |x, y| {
            // Beards are dark and large, but they sit on heads.
            let beside = (x as f32 - body.head.x).abs() > 0.45 * body.head.height;
            let top = if beside { body.chin } else { body.neck[0].y.min(body.neck[1].y) - 0.2 * body.unit };
            let clothed = cloth.at(x, y) && y as f32 > top && reach.at(x, y);
            clothed && hem.is_above(lab.at(x, y), x as f32, y as f32, body) != lower
        });
        // Without the rims that blur leaves around bare arms.
        let solid = grow(&grow(&all, -1.3), 1.8).and(&all);
        // Lips and brows are not skin either, but too small for clothes.
        let (labels, sizes) = components(&solid);
        labels.map(|label| label != 0 && sizes[label as usize] * 1000 > figure.data.len())
    };
    let (upper, lower) = rayon::join(|| part(false), || part(true));
    Clothes { upper, lower, hem: hem.row, two: hem.colours.is_some() }
}

/// The cut through the middle of the body that leaves the most different halves, near where hems are.
fn hem(lab: &Grid<Rgb>, cloth: &Mask, body: &Body) -> Hem {
    let first = body.level(2.3).max(0.0) as usize;
    let last = (body.level(4.6).max(0.0) as usize).min(cloth.height);
    let row = |y: usize| {
        let near = |x: &usize| (*x as f32 - body.spine(y as f32)).abs() < 0.6 * body.unit && cloth.at(*x, y);
        let inside: Vec<Rgb> = (0..cloth.width).filter(near).map(|x| lab.at(x, y)).collect();
        (inside.len() > 3).then(|| (y as f32, median_colour(&inside)))
    };
    let rows: Vec<(f32, Rgb)> = (first..last).filter_map(row).collect();
    let mean = |part: &[(f32, Rgb)]| -> Rgb {
        std::array::from_fn(|c| part.iter().map(|(_, colour)| colour[c]).sum::<f32>() / part.len() as f32)
    };
    let natural = body.level(3.3);
    let mut best = (ALIKE, Hem { row: natural, colours: None });
    for cut in 4..rows.len().saturating_sub(4) {
        let y = rows[cut].0;
        let (above, below) = (mean(&rows[..cut]), mean(&rows[cut..]));
        let balance = (cut * (rows.len() - cut)) as f32 / (rows.len() * rows.len()) as f32;
        let near = 1.0 - 0.3 * ((y - natural).abs() / body.unit).min(1.0);
        let gain = difference(above, below).powi(2) * balance * near;
        if gain > best.0 {
            best = (gain, Hem { row: y, colours: Some([above, below]) });
        }
    }
    best.1
}

impl Hem {
    /// Whether cloth of this colour at this place belongs to the upper garment.
    fn is_above(&self, colour: Rgb, x: f32, y: f32, body: &Body) -> bool {
        // Sleeves hang below the hem beside the body and still belong above.
        let arm = body.arms.iter().map(|arm| arm.depth(vec2(x, y))).fold(f32::MIN, f32::max);
        if (x - body.spine(y)).abs() > 0.55 * body.unit && arm > -0.03 * body.unit {
            return true;
        }
        let off = (y - self.row) / body.unit;
        if let Some([above, below]) = self.colours.filter(|[above, below]| difference(*above, *below) > 0.12)
        {
            let (to_above, to_below) = (difference(colour, above), difference(colour, below));
            let clear = to_above.min(to_below) < 0.6 * to_above.max(to_below);
            if off.abs() < 1.2 && clear {
                return to_above < to_below;
            }
        }
        off <= 0.0
    }
}

/// Everything above the feet, and of the feet what looks like the trouser legs that end there.
fn legs_end(lab: &Grid<Rgb>, cloth: &Mask, body: &Body) -> Mask {
    let shin = body.level(6.6);
    let shins: Vec<Rgb> = (0..cloth.data.len())
        .filter(|i| cloth.data[*i] && ((i / cloth.width) as f32 - shin).abs() < 0.3 * body.unit)
        .map(|i| lab.data[i])
        .collect();
    let leg = if shins.is_empty() { [2.0, 0.0, 0.0] } else { median_colour(&shins) };
    let feet = body.level(level::ANKLE) + 0.05 * body.unit;
    Mask::from_fn(cloth.width, cloth.height, |x, y| {
        let below = (y as f32 - feet) / body.unit;
        below < 0.0 || (below < 0.15 && difference(lab.at(x, y), leg) < 0.07)
    })
}
