//! Which way a person faces.
//!
//! Decided here: clothes are photographed from the front and bent in the plane of the picture, so nobody seen from the side
//! can be dressed. Seen so, a head has its skin on one side and as much hair on the other, and shows no pair of eyes;
//! hair that falls over half a face leaves the one, a turn of less than about 60 degrees both.

use atelier_domain::{InputRole, Picture, RunError};

use crate::eyes::Person;
use crate::face;

/// How far apart hair and skin lie from which on a head without eyes is seen from the side: on pictures of 4 people seen
/// from the side 0.10 to 0.20, on 5 half turned 0.05 to 0.12, on 14 from the front at most 0.09.
const TURNED: f32 = 0.09;

/// How far apart skin and hair of the head lie across, in widths of the head, times the hair's share of it: 0 from the
/// front, about 0.2 from the side.
fn turned(person: &Person) -> f32 {
    let (head, mask) = (person.body.head, &person.figure.mask);
    let height = person.body.chin - head.top;
    // Below the crown, which is hair all over, and above the collar.
    let row = |share: f32| ((head.top + share * height).max(0.0) as usize).min(mask.height);
    let from = (head.x - 0.6 * height).max(0.0) as usize;
    let to = ((head.x + 0.6 * height).max(0.0) as usize).min(mask.width);
    let rows = row(0.35)..row(0.9);
    let (mut skin, mut hair, mut all) = ([0.0_f32; 2], [0.0_f32; 2], 0.0_f32);
    for (x, y) in rows.clone().flat_map(|y| (from..to).map(move |x| (x, y))) {
        if !mask.at(x, y) {
            continue;
        }
        all += 1.0;
        let seen = if person.hair.at(x, y) {
            &mut hair
        } else if person.skin.likely.at(x, y) > 0.5 {
            &mut skin
        } else {
            continue;
        };
        seen[0] += 1.0;
        seen[1] += x as f32;
    }
    if skin[0] < 1.0 || hair[0] < 1.0 {
        return 0.0;
    }
    let width = all / rows.len() as f32;
    (hair[1] / hair[0] - skin[1] / skin[0]).abs() / width * hair[0] / all
}

/// Refuses a person who is seen from the side.
pub(crate) fn facing(picture: &Picture, person: &Person) -> Result<(), RunError> {
    if turned(person) < TURNED {
        return Ok(());
    }
    let face = face::find(picture, person);
    if face.seen() {
        return Ok(());
    }
    let reason = "the person is seen from the side, and clothes are fitted from the front: use a picture of \
                  somebody facing the camera";
    Err(RunError::Input { role: InputRole::Person, reason: reason.to_owned(), confidence: Some(face.sure) })
}
