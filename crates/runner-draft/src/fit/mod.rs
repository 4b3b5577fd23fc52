//! Where each seam of a garment goes on the body, and the meshes that take it there.
//!
//! Decided here: one scale for the whole garment, from shoulders and chest (or waist and hips), so that its own
//! proportions stay; the body only pulls the outline where it would otherwise show through.

mod lower;
mod upper;

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
}

/// Lays a garment over a person.
pub(crate) fn fit(garment: &Garment, person: &Person) -> Fitted {
    match &garment.shape {
        Shape::Upper(seams) => upper::fit(seams, person),
        Shape::Lower(seams) => lower::fit(seams, person),
    }
}
