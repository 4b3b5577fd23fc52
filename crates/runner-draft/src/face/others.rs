//! Whether somebody else is in the picture too.
//!
//! Decided here: skin away from the person found may be a face; it is one if the template that found the person's eyes
//! plainly finds another pair there, of much the same size. Hands and knees have none.

use atelier_domain::{InputRole, Picture, RunError};

use super::framing::Framing;
use super::template::{self, Expected};
use super::{Face, SURE};
use crate::colour::oklab;
use crate::eyes::Person;
use crate::eyes::parts::{median_colour, plausible};
use crate::geometry::{Vec2, vec2};
use crate::raster::{Grid, Mask, components, grow};

/// How much smaller than the person's the eyes of somebody else may be.
const SMALLER: f32 = 0.45;
/// Patches of skin that are looked at, the largest first.
const PATCHES: usize = 3;
/// Pixels of the small grid per pixel looked at.
const STEP: usize = 2;

/// Refuses a picture in whose frame two faces would be; another one beside it is worth a note.
pub(crate) fn alone(
    picture: &Picture,
    person: &Person,
    face: &Face,
    framing: Framing,
) -> Result<Option<String>, RunError> {
    let Some(other) = other(picture, person, face) else { return Ok(None) };
    let place = framing.to_frame(other);
    let [width, height] = framing.size.map(|side| side as f32);
    if (0.0..width).contains(&place.x) && (0.0..height).contains(&place.y) {
        let reason = "two faces were found side by side: use a picture of one person".to_owned();
        return Err(RunError::Input { role: InputRole::Person, reason, confidence: None });
    }
    Ok(Some(
        "draft: somebody else is in the picture too; the person who stands out most was taken".to_owned(),
    ))
}

/// The middle between the eyes of another face, in full pixels, if there is one.
fn other(picture: &Picture, person: &Person, face: &Face) -> Option<Vec2> {
    // Every other pixel is enough to find patches.
    let size = [person.picture.width, person.picture.height].map(|side| side.div_ceil(STEP));
    let lab = Grid::par_from_fn(size[0], size[1], |x, y| oklab(person.picture.at(x * STEP, y * STEP)));
    let skin = elsewhere(&lab.map(plausible), person, face);
    let (labels, sizes) = components(&grow(&skin, -1.0));
    let factor = person.frame.factor.map(|factor| factor * STEP as f32);
    let unit = face.unit() / factor[1];
    let least = (0.12 * unit * unit * SMALLER * SMALLER) as usize;
    let mut patches: Vec<usize> = (1..sizes.len()).filter(|&label| sizes[label] > least).collect();
    patches.sort_by_key(|&label| std::cmp::Reverse(sizes[label]));
    patches.into_iter().take(PATCHES).find_map(|label| {
        let patch = labels.map(|own| own as usize == label);
        let [x0, y0, x1, y1] = patch.bounds()?.map(|v| v as f32);
        // Neither a wall nor an arm is as wide and as tall as a face.
        let (wide, tall) = ((x1 - x0) / unit, (y1 - y0) / (x1 - x0));
        if !(0.2..1.4).contains(&wide) || !(0.6..3.0).contains(&tall) {
            return None;
        }
        // A neck and more may hang from the face: it is as tall as it is wide, and a little more.
        let height = ((x1 - x0) * 1.45).min((y1 - y0) * 1.3);
        let colours: Vec<_> =
            lab.data.iter().zip(&patch.data).filter(|(_, inside)| **inside).map(|(lab, _)| *lab).collect();
        let top = vec2(f32::midpoint(x0, x1), y0 - 0.22 * height);
        let head = Expected {
            top: person.frame.to_full(top * STEP as f32),
            height: height * factor[1],
            skin: median_colour(&colours),
            // Nobody is found in the dark who is not looked for.
            shadow: 0.0,
        };
        let (eyes, _) = template::eyes(picture, head, SURE + 0.3)?;
        let between = (eyes[1] - eyes[0]).length();
        let alike = (SMALLER..1.0 / SMALLER).contains(&(between / face.between()));
        // A face is about twice as wide as its eyes are apart: what is much wider or narrower is an arm, or knees.
        let across = (x1 - x0) * factor[0] / between;
        let middle = eyes[0].lerp(eyes[1], 0.5);
        (alike && (1.4..3.2).contains(&across)).then_some(middle)
    })
}

/// Without the person's own head, neck and chest.
fn elsewhere(skin: &Mask, person: &Person, face: &Face) -> Mask {
    let middle = face.middle();
    let (x, eye) = person.frame.to_small(middle.x, middle.y);
    let (x, eye) = (x / STEP as f32, eye / STEP as f32);
    let [across, down] = person.frame.factor.map(|factor| face.unit() / (factor * STEP as f32));
    Grid::from_fn(skin.width, skin.height, |i, j| {
        let (dx, dy) = ((i as f32 - x).abs() / across, (j as f32 - eye) / down);
        skin.at(i, j) && !(dx < 0.6 && (-0.7..1.4).contains(&dy))
    })
}
