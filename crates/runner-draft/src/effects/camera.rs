//! The camera: where a place of the picture is seen, nearer things moving more.

use crate::geometry::{Vec2, vec2};

/// A view onto the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Camera {
    /// What stays where it is while the camera turns and zooms.
    pub(crate) pivot: Vec2,
    pub(crate) zoom: f32,
    /// Pixels on the screen.
    pub(crate) shift: Vec2,
    /// Radians, clockwise on the screen.
    pub(crate) roll: f32,
}

impl Camera {
    pub(crate) fn at(pivot: Vec2) -> Self {
        Self { pivot, zoom: 1.0, shift: vec2(0.0, 0.0), roll: 0.0 }
    }

    /// The same camera for things so far behind (or before) that they follow only `share` of its moves.
    pub(crate) fn depth(self, share: f32) -> Self {
        Self { zoom: 1.0 + (self.zoom - 1.0) * share, shift: self.shift * share, ..self }
    }

    /// Where a place of the picture is seen.
    pub(crate) fn see(&self, place: Vec2) -> Vec2 {
        let (sin, cos) = self.roll.sin_cos();
        let p = (place - self.pivot) * self.zoom;
        self.pivot + self.shift + vec2(p.x * cos - p.y * sin, p.x * sin + p.y * cos)
    }

    /// What is seen at a place of the screen.
    pub(crate) fn back(&self, screen: Vec2) -> Vec2 {
        let (sin, cos) = self.roll.sin_cos();
        let p = (screen - self.pivot - self.shift) * (1.0 / self.zoom);
        self.pivot + vec2(p.x * cos + p.y * sin, p.y * cos - p.x * sin)
    }
}
