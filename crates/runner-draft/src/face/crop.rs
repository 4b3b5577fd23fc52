//! How much of the picture a headshot or a portrait shows.
//!
//! Decided here: the eyes lie at 40 % of the height and on the middle line, the head stands upright and is a little under
//! half as tall as the frame, the hair keeps its distance from the border. Where the picture ends too early the frame is
//! drawn closer first; what is still missing of the clothes is carried on (see [`crate::face::extend`]), at most half a
//! head; beyond that the eyes move down.

use atelier_domain::AspectRatio;

use crate::eyes::Person;
use crate::face::Face;
use crate::face::extend::Extension;
use crate::face::framing::Framing;
use crate::geometry::vec2;

/// Share of the height above the eyes.
pub(crate) const EYES: f32 = 0.4;
/// Height of a frame in heads, as usual.
pub(crate) const HEIGHT: f32 = 2.15;
/// The frame is at least this many heads tall.
const LEAST_HEIGHT: f32 = 1.85;
/// Width of a frame in heads, at least.
const WIDTH: f32 = 1.5;
/// Share of the height that stays free above the hair, at least.
const ROOM: f32 = 0.045;
/// How much of the clothes may be made up, in heads.
const MADE_UP: f32 = 0.5;
/// Eyes are never lower than this.
const LOWEST_EYES: f32 = 0.52;
/// A head is straightened by at most this many degrees.
const LEAN: f32 = 24.0;
/// By more than this only if its eyes were surely seen, and the head leans on its neck by as much.
const SLIGHT: f32 = 8.0;
/// How surely.
const SURE: f32 = 0.7;
/// How many degrees the two may differ.
const ALIKE: f32 = 8.0;

/// A frame and what had to be done for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crop {
    pub(crate) framing: Framing,
    /// Share of the height above the eyes.
    pub(crate) eyes: f32,
    /// Heads of clothes that the picture does not show.
    pub(crate) made_up: f32,
}

/// Pixels of a result, about.
const AREA: f32 = 1.22e6;

/// Width and height of a result: exactly in the ratio, about 1.2 megapixels, the long side from 1024 to 1536.
pub(crate) fn size(ratio: AspectRatio, input: [u32; 2]) -> [usize; 2] {
    let [w, h] = input;
    let long = w.max(h);
    let own = (AREA * 0.64..AREA * 1.56).contains(&(w as f32 * h as f32)) && (1024..=1536).contains(&long);
    let (width, height) = match ratio.ratio() {
        None if own => return input.map(|side| side as usize),
        None => (w.max(1), h.max(1)),
        Some(ratio) => ratio,
    };
    let divisor = gcd(width, height);
    let (a, b) = ((width / divisor) as f32, (height / divisor) as f32);
    let steps = (AREA / (a * b)).sqrt().clamp(1024.0 / a.max(b), 1536.0 / a.max(b));
    // An even number of steps makes both sides even; a ratio of large numbers is met as nearly as pixels allow.
    let even = (steps / 2.0).floor() * 2.0;
    let steps = if even >= 8.0 { even } else { steps };
    [a, b].map(|side| ((side * steps).round() as usize).max(16))
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Half the width of head and hair around the face, in full pixels.
fn half_width(person: &Person, face: &Face) -> f32 {
    let mask = &person.figure.mask;
    let (middle, unit) = (face.middle(), face.unit());
    let (x, eye) = person.frame.to_small(middle.x, middle.y);
    let reach = 1.1 * unit / person.frame.factor[0];
    let row = |y: f32| (y.max(0.0) as usize).min(mask.height - 1);
    let from = row(person.frame.to_small(0.0, face.top).1);
    let to = row(eye + 0.25 * unit / person.frame.factor[1]);
    let mut half = 0.0_f32;
    for y in from..=to {
        let beside = mask.runs(y).into_iter().find(|(from, to)| (*from as f32) <= x && *to as f32 >= x);
        if let Some((from, to)) = beside {
            let out = (x - from as f32).max(to as f32 - x);
            half = half.max(if out > reach { 0.0 } else { out });
        }
    }
    half * person.frame.factor[0]
}

/// By how much a head is straightened, in radians. Hard light or a fringe may hide an eye, and something beside it pass for
/// one: what leans much must be seen to lean as a whole.
fn lean(person: &Person, face: &Face) -> f32 {
    let roll = face.roll();
    let degrees = roll.to_degrees();
    let believed = face.seen()
        && degrees.abs() < LEAN
        && (degrees.abs() < SLIGHT || (face.sure > SURE && (axis(person, face) - degrees).abs() < ALIKE));
    if believed { roll } else { 0.0 }
}

/// How far the middle of the head above the eyes lies beside the middle of the neck, as an angle in degrees, positive to
/// the right.
fn axis(person: &Person, face: &Face) -> f32 {
    let unit = face.unit() / person.frame.factor[1];
    let (x, eye) = person.frame.to_small(face.middle().x, face.middle().y);
    let mask = &person.figure.mask;
    // Centre of the figure in rows given in heads below the eyes, near the face.
    let middle = |from: f32, to: f32| {
        let (mut sum, mut count) = (vec2(0.0, 0.0), 0.0);
        for i in 0..400 {
            let (u, v) = ((i % 20) as f32 / 9.5 - 1.0, (i / 20) as f32 / 19.0);
            let place = vec2(x + 0.6 * u * unit, eye + (from + (to - from) * v) * unit);
            if mask.holds(place) {
                sum = sum + place;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| sum * (1.0 / count))
    };
    let (Some(crown), Some(neck)) = (middle(-0.5, -0.1), middle(0.5, 0.62)) else { return 0.0 };
    let off = crown - neck;
    off.x.atan2(-off.y).to_degrees()
}

/// Lays a frame that is about `heads` tall.
pub(crate) fn crop(person: &Person, face: &Face, size: [usize; 2], heads: f32) -> Crop {
    let unit = face.unit();
    let beyond = Extension::new(person, face);
    let shape = size[0] as f32 / size[1] as f32;
    let eye = face.middle();
    let wide = (WIDTH * unit).max(2.0 * half_width(person, face) + 0.16 * unit);
    let above = eye.y - face.top;
    let least = (LEAST_HEIGHT * unit).max(wide / shape).max(above / (EYES - ROOM));
    let mut height = (heads * unit).max(least);
    let below = if beyond.cut_below() { beyond.bottom() - eye.y } else { f32::MAX };
    height = height.min((below / (1.0 - EYES)).max(least));
    if beyond.cut_above {
        // The hair goes on beyond the picture: the frame begins where the picture does.
        height = height.min((eye.y / EYES).max(wide / shape).max(1.6 * unit));
    }
    let missing = |eyes: f32| ((1.0 - eyes) * height - below).max(0.0);
    let mut eyes = EYES;
    if missing(eyes) > MADE_UP * unit {
        eyes = (1.0 - (below + MADE_UP * unit) / height).clamp(EYES, LOWEST_EYES);
    }
    let roll = lean(person, face);
    let scale = height / size[1] as f32;
    let (sin, cos) = roll.sin_cos();
    let down = (0.5 - eyes) * height;
    let centre = eye + vec2(-sin, cos) * down;
    Crop { framing: Framing::new(centre, scale, roll, size), eyes, made_up: missing(eyes) / unit }
}
