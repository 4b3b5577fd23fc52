//! How sure each part of the body is, so that a product can say which one it misses.
//!
//! Decided here: a part is as sure as the pixels around its joints took sides, as the whole person is, and as much of it
//! as is in the picture.

use super::Person;
use super::body::{Body, SIDES, level};
use crate::geometry::{Vec2, vec2};
use crate::raster::Plane;

/// Landmarks that are sure or unsure together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    Shoulders,
    Arms,
    Hips,
    Legs,
}

impl Part {
    pub(crate) const ALL: [Self; 5] = [Self::Head, Self::Shoulders, Self::Arms, Self::Hips, Self::Legs];

    /// What a caller calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Head => "the head",
            Self::Shoulders => "neck and shoulders",
            Self::Arms => "the arms",
            Self::Hips => "waist and hips",
            Self::Legs => "legs and feet",
        }
    }

    fn joints(self, body: &Body) -> Vec<Vec2> {
        let head = body.head;
        let edges =
            |heads: f32| SIDES.map(|side| vec2(body.edges(body.level(heads))[side], body.level(heads)));
        match self {
            Self::Head => vec![vec2(head.x, head.top), vec2(head.x, body.chin)],
            Self::Shoulders => [body.neck, body.tips].concat(),
            Self::Arms => body.arms.iter().flat_map(|arm| [arm.elbow, arm.wrist]).collect(),
            Self::Hips => [edges(level::WAIST), edges(level::HIP)].concat(),
            Self::Legs => body.legs.iter().flat_map(|leg| [leg.knee, leg.ankle]).collect(),
        }
    }
}

/// Weights of how clearly pixels took sides around the joints and of how sure the person is, and a bias: a logistic function
/// for each part, fitted to whether its landmarks in the truth set are within 5 % of the body's height.
const FITTED: [[f32; 3]; 5] =
    [[9.4, 3.6, -8.8], [9.1, 10.5, -15.7], [5.1, 6.3, -9.5], [7.3, 12.1, -16.3], [7.4, 11.7, -15.7]];
/// Below this a part is doubted.
const DOUBT: f32 = 0.5;

impl Person {
    /// How sure the landmarks of a part are, `0..=1`; 0 where none of it is in the picture.
    pub(crate) fn confidence(&self, part: Part) -> f32 {
        let [clear, framed] = evidence(part, self);
        let [by_clear, by_person, bias] = FITTED[part as usize];
        framed / (1.0 + (-(by_clear * clear + by_person * self.sure + bias)).exp())
    }

    /// What to tell the caller of those parts that are in the picture and cannot be trusted.
    pub(crate) fn doubts<'a>(&'a self, parts: &'a [Part]) -> impl Iterator<Item = String> + 'a {
        let seen = |part: &&Part| evidence(**part, self)[1] > 0.5;
        let doubted = parts.iter().filter(seen).filter(|part| self.confidence(**part) < DOUBT);
        doubted.map(|part| {
            format!("draft: {} can hardly be told from the background; results there may be off", part.name())
        })
    }
}

/// How clearly pixels took sides around the joints of a part, and how many of them are in the picture; both `0..=1`.
fn evidence(part: Part, person: &Person) -> [f32; 2] {
    let body = &person.body;
    let joints = part.joints(body);
    let (width, height) = (person.picture.width as f32, person.picture.height as f32);
    let framed = |at: &&Vec2| at.x >= 0.0 && at.y >= 0.0 && at.x < width && at.y < height;
    let seen: Vec<&Vec2> = joints.iter().filter(framed).collect();
    let clear = seen.iter().map(|at| around(&person.figure.clear, **at, 0.5 * body.unit)).sum::<f32>();
    [clear / (seen.len() as f32).max(1.0), seen.len() as f32 / joints.len() as f32]
}

/// The mean over a square around a place of the small grid; `clear` is half as fine.
fn around(clear: &Plane, at: Vec2, reach: f32) -> f32 {
    let sample = |i: usize| {
        let off = vec2((i % 9) as f32 - 4.0, (i / 9) as f32 - 4.0) * (reach / 4.0);
        let place = (at + off) * 0.5;
        clear.sample(place.x - 0.25, place.y - 0.25)
    };
    (0..81).map(sample).sum::<f32>() / 81.0
}
