//! What two eyes that were surely seen say of the outline around them.
//!
//! Decided here: a face, the skull above, the neck and the breast below it are figure whatever their colour; half of a face may
//! have the colour of a wall in the same lamplight, and a shirt that of a wall in any. Beside and above the skull is hair or a
//! hat, which look like what is on the skull, or what stands behind.

use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// A face by its eyes, on some grid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visage {
    /// Between the eyes.
    pub(super) middle: Vec2,
    /// From the left eye of the picture to the right one.
    along: Vec2,
}

/// Nats by which the face is figure.
const FACE: f32 = 6.0;
/// Nats by which what is below it is a breast.
const BREAST: f32 = 3.0;

/// Nats by which what is far beside the skull is none.
const BESIDE: f32 = 1.2;

impl Visage {
    pub(super) fn new([left, right]: [Vec2; 2]) -> Self {
        Self { middle: left.lerp(right, 0.5), along: right - left }
    }

    /// Distance between the eyes.
    pub(super) fn between(&self) -> f32 {
        self.along.length()
    }

    /// On a grid `factor` times as fine.
    pub(super) fn scaled(self, factor: f32) -> Self {
        let place = |v: f32| (v + 0.5) * factor - 0.5;
        Self { middle: vec2(place(self.middle.x), place(self.middle.y)), along: self.along * factor }
    }

    /// Across and down from the middle of the eyes, in distances between them.
    fn place(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let off = vec2(x, y) - self.middle;
        let per = 1.0 / self.along.dot(self.along).max(1e-6);
        [off.dot(self.along) * per, off.dot(self.along.turned()) * per]
    }

    /// How far out a place is, 1 where the outline of skull, ears and short hair is expected.
    fn out([across, down]: [f32; 2]) -> f32 {
        (across / 1.35).hypot((down + 0.25) * 0.5)
    }

    /// Whether a pixel is beside or above the head, where hair or a hat may be.
    pub(super) fn beside(&self, at: [f32; 2]) -> bool {
        let place = self.place(at);
        place[1] < 1.2 && (0.95..4.0).contains(&Self::out(place))
    }

    /// Whether it is surely within the head, above the mouth: also under a narrow hat.
    pub(super) fn holds(&self, at: [f32; 2]) -> bool {
        let [across, down] = self.place(at);
        (across / 0.75).hypot((down + 0.3) / 1.3) < 1.0
    }

    /// Log odds of being figure that a pixel has from where it is.
    pub(super) fn odds(&self, at: [f32; 2]) -> f32 {
        let place = self.place(at);
        let [across, down] = place;
        let face = (across / 0.95).hypot((down - 0.35) / 1.45) < 0.95;
        // What is bare or under hair is skull: as wide as two and as high above the eyes as almost two eye distances.
        let skull = down < 0.3 && across.hypot(down / 1.7) < 0.95;
        let neck = across.abs() < 0.5 && (1.4..2.5).contains(&down);
        if face || skull || neck {
            return FACE;
        }
        let breast = (2.3..7.0).contains(&down) && across.abs() < mix(0.6, 2.0, smoothstep(2.3, 4.0, down));
        if breast {
            return BREAST;
        }
        // Shoulders may begin below the mouth.
        let head = smoothstep(1.8, 0.9, down) * smoothstep(6.0, 4.0, Self::out(place));
        -BESIDE * head * smoothstep(1.0, 1.4, Self::out(place))
    }
}
