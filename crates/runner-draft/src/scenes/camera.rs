//! Where the camera stands, told by the person: metres of the set against pixels of the picture.

use crate::geometry::Vec2;

/// Metres from the camera to the person.
const DISTANCE: f32 = 4.4;
/// Metres of the lens above the floor.
const EYE: f32 = 1.3;
/// Diameter of the lens in metres, which decides how soon things are out of focus.
const APERTURE: f32 = 0.075;
/// Metres from soles to the top of the head.
const TALL: f32 = 1.7;

/// A level camera. The person stands at the origin of the set; x to the right, y up, z away from the camera, in metres.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Camera {
    /// Where the person's soles are in the picture, and the middle of the body.
    pub(crate) feet: Vec2,
    /// Pixels a metre at the person.
    pub(crate) metre: f32,
}

/// A ray of sight: from the lens through a pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ray {
    /// Metres to the right and up for each metre ahead.
    pub(super) slope: [f32; 2],
}

impl Camera {
    /// For a person whose head begins in row `top` and who stands at `feet`, in pixels.
    pub(crate) fn of(top: f32, feet: Vec2) -> Self {
        Self { feet, metre: ((feet.y - top) / TALL).max(1.0) }
    }

    pub(super) fn ray(&self, x: f32, y: f32) -> Ray {
        let focal = self.metre * DISTANCE;
        let horizon = self.feet.y - EYE * self.metre;
        Ray { slope: [(x - self.feet.x) / focal, (horizon - y) / focal] }
    }

    /// The row in which the floor `z` metres behind the person is seen.
    pub(super) fn row(&self, z: f32) -> f32 {
        self.feet.y - EYE * self.metre * (1.0 - DISTANCE / (DISTANCE + z))
    }

    /// How far down a row lies between that of the floor `z` metres behind the person (0) and that of the soles (1).
    pub(super) fn share(&self, y: f32, z: f32) -> f32 {
        let from = self.row(z);
        (y - from) / (self.feet.y - from).max(1.0)
    }

    /// Radius in pixels of the disc that a point `depth` metres behind the person becomes.
    pub(super) fn circle(&self, depth: f32) -> f32 {
        0.5 * APERTURE * self.metre * depth.abs() / (DISTANCE + depth).max(0.5)
    }
}

impl Ray {
    /// Where it meets the plane `z` metres behind the person: x and y.
    pub(super) fn wall(self, z: f32) -> [f32; 2] {
        let ahead = DISTANCE + z;
        [self.slope[0] * ahead, EYE + self.slope[1] * ahead]
    }

    /// Where it meets a height: x and z, if it does before the camera.
    pub(super) fn level(self, y: f32) -> Option<[f32; 2]> {
        let ahead = (y - EYE) / self.slope[1];
        (ahead > 0.05 && ahead.is_finite()).then(|| [self.slope[0] * ahead, ahead - DISTANCE])
    }

    /// Where it meets a side wall at `x`: z and y.
    pub(super) fn side(self, x: f32) -> Option<[f32; 2]> {
        let ahead = x / self.slope[0];
        (ahead > 0.05 && ahead.is_finite()).then(|| [ahead - DISTANCE, EYE + self.slope[1] * ahead])
    }
}
