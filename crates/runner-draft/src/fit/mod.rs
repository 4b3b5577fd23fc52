//! Where each seam of a garment goes on the body, and the meshes that take it there.
//!
//! Decided here: one scale for the whole garment, from shoulders and chest (or waist and hips), so that its own
//! proportions stay; the body only pulls the outline where it would otherwise show through.

mod accessory;
mod lower;
mod sleeve;
mod upper;

pub(crate) use self::accessory::Eyes;
use crate::eyes::Person;
use crate::garment::{Garment, Shape};
use crate::warp::Mesh;

/// What a piece hangs on: decides what of the person stays in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The back of a collar: behind the neck.
    Behind,
    Torso,
    Sleeve,
    Legs,
    /// In front of everything but trouser legs.
    Feet,
    /// Behind the hand that carries it.
    Hand,
    Face,
    /// In front of everything.
    Hat,
}

/// One mesh of a fitted garment, target on the person's small grid, source on the garment's.
pub(crate) struct Piece {
    pub(crate) mesh: Mesh,
    /// Index into [`Garment::parts`].
    pub(crate) part: usize,
    pub(crate) place: Place,
}

/// A garment laid over a person.
pub(crate) struct Fitted {
    /// Back to front.
    pub(crate) pieces: Vec<Piece>,
    /// Person's small pixels per garment's small pixel.
    pub(crate) scale: f32,
    /// Whether it takes the place of old upper and of old lower clothes.
    pub(crate) replaces: [bool; 2],
    /// How far down each arm its sleeves reach, as arc length from the shoulder; 0 without.
    pub(crate) sleeves: [f32; 2],
    /// How far from the middle its neckline may show skin; beyond that lies the shoulder seam.
    pub(crate) neckline: f32,
    /// The row above which nothing of the head may stand over it.
    pub(crate) above: Option<f32>,
    /// The row of the soles, if it takes the place of the old shoes.
    pub(crate) feet: Option<f32>,
}

impl Fitted {
    /// In which order garments are put on: shoes, what hangs from the waist, what hangs from the shoulders, the rest.
    pub(crate) fn order(&self) -> u8 {
        match self.pieces.first().map(|piece| piece.place) {
            Some(Place::Feet) => 0,
            Some(Place::Legs) | None => 1,
            Some(Place::Behind | Place::Torso | Place::Sleeve) => 2,
            Some(Place::Hand) => 3,
            Some(Place::Face) => 4,
            Some(Place::Hat) => 5,
        }
    }
}

/// The row of the person's small grid in which a garment begins to be seen, if there are pictures that end above it.
pub(crate) fn begins(shape: &Shape, person: &Person) -> Option<f32> {
    match shape {
        Shape::Upper(_) => None,
        Shape::Lower(_) => Some(lower::begins(person)),
        Shape::Accessory(accessory) => accessory::begins(accessory.kind, &person.body),
    }
}

/// Lays a garment over a person.
pub(crate) fn fit(garment: &Garment, person: &Person, eyes: Eyes) -> Fitted {
    match &garment.shape {
        Shape::Upper(seams) => upper::fit(seams, person),
        Shape::Lower(seams) => lower::fit(seams, person),
        Shape::Accessory(accessory) => accessory::fit(accessory, person, eyes),
    }
}
