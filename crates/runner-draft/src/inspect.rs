//! What the eyes find in one picture, for those who measure and tune them.

use std::collections::BTreeMap;

use atelier_domain::{CancelToken, Picture, RunError};

use crate::eyes::body::{SIDES, level};
use crate::eyes::confidence::Part;
use crate::eyes::{self, Person};
use crate::face;
use crate::garment::{self, Shape, kind};
use crate::geometry::{Vec2, vec2};
use crate::raster::{Frame, Mask, Plane};

/// A figure as it was found; everything in the picture's own pixels.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `person`, or the kind of garment: `top`, `dress`, `trousers`, `skirt`, `shoes`, `hat`, `glasses`, `bag`.
    pub kind: &'static str,
    /// Coverage by the figure in `0..=1`, row by row; empty for what is recognised and not used.
    pub mask: Vec<f32>,
    /// Landmarks by name; pairs end in `_left` and `_right` of the picture.
    pub points: BTreeMap<&'static str, [f32; 2]>,
    /// How sure each answer is, `0..=1`.
    pub confidence: BTreeMap<&'static str, f32>,
}

const NAMES: [[&str; 2]; 12] = [
    ["neck_left", "neck_right"],
    ["shoulder_left", "shoulder_right"],
    ["elbow_left", "elbow_right"],
    ["wrist_left", "wrist_right"],
    ["waist_left", "waist_right"],
    ["hip_left", "hip_right"],
    ["knee_left", "knee_right"],
    ["ankle_left", "ankle_right"],
    ["collar_left", "collar_right"],
    ["sleeve_left", "sleeve_right"],
    ["hem_left", "hem_right"],
    ["armpit_left", "armpit_right"],
];

fn full(mask: &Plane, frame: Frame, picture: &Picture) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let at = |i: usize| {
        let (x, y) = frame.to_small((i % width) as f32, (i / width) as f32);
        mask.sample(x, y)
    };
    (0..width * height).map(at).collect()
}

/// Looks for a person.
pub fn person(picture: &Picture) -> Result<Seen, RunError> {
    let person = eyes::look(picture, &CancelToken::default())?;
    let mask = full(&person.figure.mask.plane(), person.frame, picture);
    let face = face::find(picture, &person);
    let eyes = ["eye_left", "eye_right"].into_iter().zip(face.eyes.map(|eye| [eye.x, eye.y]));
    let parts = Part::ALL.iter().map(|part| (part.name(), person.confidence(*part)));
    Ok(Seen {
        kind: "person",
        mask,
        points: joints(&person).into_iter().chain(eyes).collect(),
        confidence: parts.chain([("person", person.sure), ("the eyes", face.sure)]).collect(),
    })
}

fn joints(person: &Person) -> BTreeMap<&'static str, [f32; 2]> {
    let (body, frame) = (&person.body, person.frame);
    let place = |point: Vec2| {
        let full = frame.to_full(point);
        [full.x, full.y]
    };
    let mut points = BTreeMap::new();
    points.insert("head_top", place(vec2(body.head.x, body.head.top)));
    points.insert("chin", place(vec2(body.head.x, body.chin)));
    points.insert("sole", place(vec2(body.head.x, body.sole)));
    for side in SIDES {
        let edge = |heads: f32| vec2(body.edges(body.level(heads))[side], body.level(heads));
        let (arm, leg) = (&body.arms[side], &body.legs[side]);
        let own = [
            body.neck[side],
            body.tips[side],
            arm.elbow,
            arm.wrist,
            edge(level::WAIST),
            edge(level::HIP),
            leg.knee,
            leg.ankle,
        ];
        points.extend(NAMES.iter().zip(own).map(|(names, point)| (names[side], place(point))));
    }
    points
}

/// Looks for a garment.
pub fn garment(picture: &Picture) -> Result<Seen, RunError> {
    let garment = garment::look(picture, 0, &CancelToken::default())?;
    let place = |point: Vec2| {
        let full = garment.frame.to_full(point);
        [full.x, full.y]
    };
    let mut points = BTreeMap::new();
    let corners = match &garment.shape {
        Shape::Upper(upper) => {
            let sleeve = |side: usize| upper.sleeves[side].map(|s| s.outer.lerp(s.inner, 0.5));
            SIDES.map(|side| {
                [Some(upper.neck[side]), Some(upper.tips[side]), sleeve(side), Some(upper.hem_corner(side))]
            })
        }
        Shape::Accessory(_) => [[None; 4]; 2],
        Shape::Lower(lower) => {
            let corners = SIDES.map(|side| [None, None, None, Some(lower.hem_corner(side))]);
            for side in SIDES {
                points.insert(NAMES[4][side], place(lower.waist_corner(side)));
            }
            corners
        }
    };
    for side in SIDES {
        for (names, point) in [NAMES[8], NAMES[1], NAMES[9], NAMES[10]].iter().zip(corners[side]) {
            points.extend(point.map(|point| (names[side], place(point))));
        }
    }
    let mask = full(&garment.outline().plane(), garment.frame, picture);
    let mut confidence: BTreeMap<_, _> = garment.shape.trust().into_iter().collect();
    confidence.insert("kind", garment.sure);
    Ok(Seen { kind: garment.shape.kind().name(), mask, points, confidence })
}

/// What [`garment()`] measures of an outline to tell its kind, given as rows of `width` pixels; none where there is nothing
/// to measure. `examples/kinds.rs` fits the decision with it.
pub fn measures(outline: &[bool], width: usize) -> Option<[f32; kind::COUNT]> {
    let mask = Mask { width, height: outline.len() / width.max(1), data: outline.to_vec() };
    kind::measured(&mask)
}
