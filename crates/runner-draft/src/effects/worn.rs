//! What somebody wears above, whole: cloth that light makes look like skin belongs to it, too.
//!
//! Decided here: cloth ends at an edge. Where it turns into something like skin without one, as an orange shirt does on
//! shoulders in the light, it is still cloth.

use crate::colour::{Rgb, difference, oklab};
use crate::eyes::Person;
use crate::eyes::body::level;
use crate::eyes::parts::median_colour;
use crate::geometry::vec2;
use crate::raster::{Grid, Mask, grow};

/// Steps between neighbours from which on there is an edge, in shares of the difference of cloth and skin.
const EDGE: f32 = 0.15;
/// How far from the skin's colour what is reached must be, in the same shares.
const OFF: f32 = 0.25;
/// Where cloth would grow by more, it is itself in doubt, and skin is no clearer.
const MOST: f32 = 0.2;
/// Pixels at the outline that are mixed with what is behind.
const RIM: f32 = 4.0;

/// The upper garment on the small grid.
pub(super) fn upper(person: &Person) -> Mask {
    let (body, cloth) = (&person.body, &person.clothes.upper);
    let lab = person.picture.map(oklab);
    let bare: Vec<Rgb> = (0..lab.data.len())
        .filter(|i| {
            let off = vec2((i % lab.width) as f32, (i / lab.width) as f32) - vec2(body.head.x, body.chin);
            off.x.abs() < 0.3 * body.unit && (-0.15..0.3).contains(&(off.y / body.unit))
        })
        .filter(|i| person.skin.likely.data[*i] > 0.6)
        .map(|i| lab.data[i])
        .collect();
    let skin = if bare.is_empty() { person.skin.colour } else { median_colour(&bare) };
    let open = Mask::from_fn(cloth.width, cloth.height, |x, y| {
        let beside = (x as f32 - body.head.x).abs() > 0.3 * body.unit;
        let shoulders = y as f32 > body.chin && (y as f32) < body.level(level::ARMPIT);
        person.figure.mask.at(x, y) && !person.hair.at(x, y) && beside && shoulders
    });
    grown(&lab, cloth, (&person.figure.mask, &open), skin)
}

/// Cloth that has grown over what is open to it, as far as no edge stops it.
fn grown(lab: &Grid<Rgb>, cloth: &Mask, (figure, open): (&Mask, &Mask), skin: Rgb) -> Mask {
    let solid = grow(cloth, -1.0);
    let inside: Vec<Rgb> = (0..lab.data.len()).filter(|i| solid.data[*i]).map(|i| lab.data[i]).collect();
    if inside.is_empty() {
        return cloth.clone();
    }
    let span = difference(median_colour(&inside), skin);
    let mut worn = solid.clone();
    let mut border: Vec<usize> = (0..solid.data.len()).filter(|i| solid.data[*i]).collect();
    let (width, height) = (lab.width, lab.height);
    while let Some(from) = border.pop() {
        let (x, y) = (from % width, from / width);
        let beside = [(x > 0).then(|| from - 1), (x + 1 < width).then_some(from + 1)];
        let along = [(y > 0).then(|| from - width), (y + 1 < height).then_some(from + width)];
        for to in beside.into_iter().chain(along).flatten() {
            let smooth = difference(lab.data[from], lab.data[to]) < EDGE * span;
            let own = cloth.data[to] || open.data[to] && difference(lab.data[to], skin) > OFF * span;
            if !worn.data[to] && own && smooth {
                worn.data[to] = true;
                border.push(to);
            }
        }
    }
    let reached = worn.without(cloth);
    if reached.count() as f32 > MOST * cloth.count() as f32 {
        return cloth.clone();
    }
    // Towards the background the last pixels are mixed with it.
    let rim = grow(&reached, RIM).and(open).without(&grow(figure, -RIM));
    let all = worn.zip(cloth, |reached, cloth| reached || cloth);
    all.zip(&rim, |worn, rim| worn || rim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::mix;

    const SHIRT: Rgb = [0.80, 0.36, 0.12];
    const SKIN: Rgb = [0.87, 0.67, 0.55];

    /// Shirt below row 40, above it skin as far as column 30, and shoulders in the light.
    fn picture() -> (Grid<Rgb>, Mask) {
        let lit: Rgb = std::array::from_fn(|c| mix(SHIRT[c], [0.88, 0.60, 0.44][c], 0.9));
        let lab = Grid::from_fn(80, 160, |x, y| {
            let up = ((44.0 - y as f32) / 14.0).clamp(0.0, 1.0);
            let rgb =
                if x < 30 && y < 40 { SKIN } else { std::array::from_fn(|c| mix(SHIRT[c], lit[c], up)) };
            oklab(rgb)
        });
        (lab, Mask::from_fn(80, 160, |_, y| y >= 40))
    }

    #[test]
    fn shoulders_in_the_light_are_worn_and_bare_ones_are_not() {
        let (lab, cloth) = picture();
        let open = Mask::from_fn(80, 160, |_, y| y > 20);
        let worn = grown(&lab, &cloth, (&Mask::new(80, 160, true), &open), oklab(SKIN));
        assert!(worn.at(60, 30) && worn.at(60, 24) && worn.at(60, 60), "cloth in the light");
        assert!(!worn.at(15, 36) && !worn.at(15, 25), "skin beyond an edge");
        assert!(!worn.at(60, 10), "what it may not reach");
    }
}
