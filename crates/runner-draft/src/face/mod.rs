//! What headshots and portraits share: the face's landmarks, the frame laid around it, and the person cut out.
//!
//! Decided here: the two eyes are found together, by a template of what a face looks like from the front: two places
//! that differ from the cheeks, bright skin between and below them, a mouth under their middle. Everything else hangs
//! from the eyes. Where they are not plain enough, proportion stands in and the caller is told.

pub(crate) mod crop;
pub(crate) mod extend;
pub(crate) mod framing;
pub(crate) mod matte;
pub(crate) mod others;
pub(crate) mod template;

use atelier_domain::Picture;

use self::template::Expected;
use crate::colour::Rgb;
use crate::eyes::{Person, Standing};
use crate::geometry::{Vec2, vec2};
use crate::raster::Frame;

/// Below this the eyes are taken from proportion.
pub(crate) const SURE: f32 = 0.4;
/// From the eyes to the chin, in distances between the eyes (about 63 and 116 mm in adults).
pub(crate) const CHIN: f32 = 1.83;
/// From the eyes to the mouth, in the same unit.
const MOUTH: f32 = 1.08;

/// Both eyes as they were seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eyes {
    /// Left and right of the picture, in small pixels.
    pub(crate) at: [Vec2; 2],
    /// How plainly, `0..=1`.
    pub(crate) sure: f32,
}

impl Eyes {
    pub(crate) fn middle(&self) -> Vec2 {
        self.at[0].lerp(self.at[1], 0.5)
    }

    /// From pupil to pupil.
    pub(crate) fn between(&self) -> f32 {
        (self.at[1] - self.at[0]).length()
    }

    /// Whether these are the same eyes as others.
    pub(crate) fn alike(&self, other: &Self) -> bool {
        let near = 0.3 * self.between().max(other.between());
        [0, 1].iter().all(|&i| (self.at[i] - other.at[i]).length() < near)
    }

    /// The row some distances between the eyes above them.
    pub(crate) fn above(&self, distances: f32) -> f32 {
        self.middle().y - distances * self.between()
    }
}

/// Looks for the eyes of somebody standing somewhere on the small grid, whose skin (OKLab) is known, and gives them if they
/// are surer than `least`.
pub(crate) fn eyes(picture: &Picture, frame: Frame, place: Standing, skin: Rgb, least: f32) -> Option<Eyes> {
    let (top, height) = (frame.to_full(vec2(place.x, place.top)), place.head * frame.factor[1]);
    let (at, sure) =
        template::eyes(picture, Expected { top, height, skin, shadow: template::SHADOW }, least)?;
    let small = |at: Vec2| {
        let (x, y) = frame.to_small(at.x, at.y);
        vec2(x, y)
    };
    Some(Eyes { at: at.map(small), sure })
}

/// A face's landmarks, in full pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    /// Left and right of the picture.
    pub(crate) eyes: [Vec2; 2],
    /// Top of the hair.
    pub(crate) top: f32,
    /// How plainly the eyes were seen, `0..=1`.
    pub(crate) sure: f32,
}

impl Face {
    /// Whether the eyes were seen, and not only expected.
    pub(crate) fn seen(&self) -> bool {
        self.sure >= SURE
    }

    /// Between the eyes.
    pub(crate) fn middle(&self) -> Vec2 {
        self.eyes[0].lerp(self.eyes[1], 0.5)
    }

    /// From pupil to pupil.
    pub(crate) fn between(&self) -> f32 {
        (self.eyes[1] - self.eyes[0]).length()
    }

    /// One head height: twice from the eyes to the chin.
    pub(crate) fn unit(&self) -> f32 {
        2.0 * CHIN * self.between()
    }

    /// How far the head leans, in radians, positive when its right eye in the picture is lower.
    pub(crate) fn roll(&self) -> f32 {
        let line = self.eyes[1] - self.eyes[0];
        line.y.atan2(line.x)
    }

    /// A place in the face: `across` and `down` in distances between the eyes, from their middle.
    pub(crate) fn at(&self, across: f32, down: f32) -> Vec2 {
        let along = self.eyes[1] - self.eyes[0];
        self.middle() + along * across + along.turned() * down
    }

    pub(crate) fn mouth(&self) -> Vec2 {
        self.at(0.0, MOUTH)
    }

    pub(crate) fn chin(&self) -> Vec2 {
        self.at(0.0, CHIN)
    }
}

/// Finds the landmarks of a person's face.
pub(crate) fn find(picture: &Picture, person: &Person) -> Face {
    let head = person.body.head;
    let seen = person.figure.eyes.map(|eyes| (eyes.at.map(|at| person.frame.to_full(at)), eyes.sure));
    let seen = seen.or_else(|| template::eyes(picture, Expected::of(person), 0.0));
    let (eyes, sure) = match seen {
        Some((eyes, sure)) if sure >= SURE => (eyes, sure),
        seen => {
            // Proportion: eyes in the middle of the head's height, a quarter of it apart.
            let chin = person.body.chin.max(head.top + 0.6 * head.height);
            let height = (chin - head.top).max(1.0);
            let row = head.top + 0.53 * height;
            let at = |side: f32| person.frame.to_full(vec2(head.x + side * 0.135 * height, row));
            ([at(-1.0), at(1.0)], seen.map_or(0.0, |(_, sure)| sure))
        }
    };
    let mut face = Face { eyes, top: 0.0, sure };
    face.top = hair_top(person, &face);
    face
}

/// The highest row of the figure above the face: what is far beside it is no hair of this person.
fn hair_top(person: &Person, face: &Face) -> f32 {
    let mask = &person.figure.mask;
    let reach = 0.45 * face.unit() / person.frame.factor[0];
    let middle = face.middle();
    let (x, eye) = person.frame.to_small(middle.x, middle.y);
    let from = (x - reach).max(0.0) as usize;
    let to = ((x + reach).max(0.0) as usize + 1).min(mask.width);
    // Upwards from the eyes until the figure ends.
    let wide = |y: usize| mask.row(y)[from.min(to)..to].iter().filter(|inside| **inside).count() > 1;
    let mut row = (eye.max(0.0) as usize).min(mask.height - 1);
    let least = eye - 1.1 * face.unit() / person.frame.factor[1];
    while row > 0 && row as f32 > least && wide(row - 1) {
        row -= 1;
    }
    let by_proportion = middle.y - 0.45 * face.unit();
    person.frame.to_full(vec2(0.0, row as f32 - 0.5)).y.min(by_proportion).max(0.0)
}
