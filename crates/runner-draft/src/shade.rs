//! The person's own light on the new cloth.
//!
//! Decided here: light is what the old cloth shows once its own colour is divided out. On plain cloth that includes
//! the folds, on patterned cloth only the large forms survive. To that come the shadows that chin, hair and arms cast
//! on the garment, and the one that the garment casts on the body. All in linear light.

use crate::colour::{linear_from_srgb, luminance};
use crate::eyes::Person;
use crate::geometry::{mix, smoothstep, vec2};
use crate::raster::{Grid, Mask, Plane, blur, inside_distance, spread};
use crate::undress::Undressed;

/// Factors on the small grid.
pub(crate) struct Light {
    /// For the linear light of new cloth, around 1.
    pub(crate) cloth: Plane,
    /// For what of the person lies next to new cloth, at most 1.
    pub(crate) contact: Plane,
}

/// Moves a plane by whole pixels; the edge goes on.
fn shifted(plane: &Plane, dx: f32, dy: f32) -> Plane {
    Grid::from_fn(plane.width, plane.height, |x, y| plane.sample(x as f32 - dx, y as f32 - dy))
}

/// Logarithm of the light on one kind of old cloth, spread over the whole picture.
fn folds(person: &Person, cloth: &Mask) -> Option<Plane> {
    let core = crate::raster::grow(cloth, -1.5);
    let bright = person.picture.map(|rgb| (luminance(rgb.map(linear_from_srgb)) + 0.004).ln());
    let mut values: Vec<f32> =
        bright.data.iter().zip(&core.data).filter(|(_, inside)| **inside).map(|(v, _)| *v).collect();
    if values.len() < 60 {
        return None;
    }
    let middle = values.len() / 2;
    let median = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
    // Pattern is what changes from pixel to pixel; folds are smoother.
    let smooth = blur(&bright, 1.5);
    let rough: f32 = bright
        .zip(&smooth, |a, b| (a - b).abs())
        .data
        .iter()
        .zip(&core.data)
        .filter(|(_, inside)| **inside)
        .map(|(v, _)| *v)
        .sum::<f32>()
        / values.len() as f32;
    let pattern = smoothstep(0.04, 0.14, rough);
    let sigma = mix(0.9, 0.25 * person.body.unit, pattern);
    // Very dark cloth is mostly noise and reflections.
    let trust = mix(0.85, 0.5, pattern) * smoothstep(-5.2, -3.6, median);
    let relative = bright.map(|v| [(v - median).clamp(-0.8, 0.22), 0.0, 0.0]);
    let filled = spread(&relative, &core, sigma.max(0.7));
    Some(filled.map(|v| v[0] * trust))
}

/// Light for the new clothes: `cover` is where they are, `brim` where a hat is, `front` what lies over them, `replaces` which old ones go.
pub(crate) fn light(
    person: &Person,
    undressed: &Undressed,
    [cover, brim]: [&Plane; 2],
    front: &Plane,
    replaces: [bool; 2],
) -> Light {
    let unit = person.body.unit;
    let old = |which: usize, cloth: &Mask| replaces[which].then(|| folds(person, cloth)).flatten();
    let (upper, lower) = rayon::join(|| old(0, &person.clothes.upper), || old(1, &person.clothes.lower));
    let hem = person.clothes.hem;
    let form = inside_distance(&cover.map(|alpha| alpha > 0.5));
    let cast = blur(&shifted(front, 0.03 * unit, 0.09 * unit), 0.07 * unit);
    let chin = blur(&shifted(front, 0.0, 0.2 * unit), 0.16 * unit);
    let cloth = Grid::par_from_fn(cover.width, cover.height, |x, y| {
        let below = smoothstep(hem - 0.1 * unit, hem + 0.1 * unit, y as f32);
        let fold = match (&upper, &lower) {
            (Some(upper), Some(lower)) => mix(upper.at(x, y), lower.at(x, y), below),
            (Some(plane), None) | (None, Some(plane)) => plane.at(x, y),
            (None, None) => 0.0,
        };
        let rim = 1.0 - 0.2 * (1.0 - smoothstep(0.0, 0.22 * unit, form.at(x, y)));
        let shadow = (1.0 - 0.38 * cast.at(x, y)) * (1.0 - 0.25 * chin.at(x, y));
        fold.exp() * rim * shadow
    });
    let behind = cover.zip(front, |cover, front| cover * (1.0 - front));
    let thrown = blur(&shifted(&behind, 0.015 * unit, 0.05 * unit), 0.05 * unit);
    // What hangs keeps light from what is under it: legs under a skirt, shoes under trousers.
    let under = blur(&shifted(&behind, 0.0, 0.16 * unit), 0.11 * unit);
    // A hat shades the face from above.
    let shaded = blur(&shifted(brim, 0.0, 0.22 * unit), 0.09 * unit);
    let contact = Grid::par_from_fn(cover.width, cover.height, |x, y| {
        let painted = || undressed.remove.at(x, y) && undressed.bare(vec2(x as f32, y as f32)) > 0.5;
        let receives = undressed.kept.at(x, y) || painted();
        if receives {
            let open = 1.0 - front.at(x, y);
            (1.0 - 0.4 * thrown.at(x, y) * open)
                * (1.0 - 0.28 * under.at(x, y) * open)
                * (1.0 - 0.5 * shaded.at(x, y))
        } else {
            1.0
        }
    });
    Light { cloth, contact: blur(&contact, 0.6) }
}
