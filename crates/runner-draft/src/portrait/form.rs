//! The person as a form that light falls on.
//!
//! Decided here: a silhouette is inflated like a cushion, the head like an egg, and what is brighter stands out a little.
//! That is wrong in every detail and right enough for soft light from another side and for a rim of light at the back.

use crate::colour::{Rgb, luminance};
use crate::face::Face;
use crate::face::matte::{Cutout, shrunk, shrunk_plane};
use crate::geometry::{Vec2, smoothstep, vec2};
use crate::raster::{Grid, Plane, blur, inside_distance};

/// Frame pixels per pixel of the form.
pub(super) const COARSE: usize = 4;

/// A direction: right, down, towards the camera.
pub(super) type Direction = [f32; 3];

/// Light on a portrait.
#[derive(Debug, Clone)]
pub(super) struct Lights {
    pub(super) key: Direction,
    /// Linear light of the key and from everywhere.
    pub(super) key_colour: Rgb,
    pub(super) ambient: Rgb,
    /// Lights behind the person: from where in the picture, and their linear light.
    pub(super) rims: Vec<(Vec2, Rgb)>,
}

pub(super) fn unit(direction: Direction) -> Direction {
    let length = direction.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
    direction.map(|v| v / length)
}

pub(super) fn dot(a: Direction, b: Direction) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Surface directions of the person in a frame, on a coarse grid.
pub(super) struct Form {
    pub(super) normals: Grid<Direction>,
}

impl Form {
    pub(super) fn of(cutout: &Cutout, face: &Face) -> Self {
        let framing = cutout.framing.coarser(COARSE);
        let head = face.unit() / framing.scale;
        let share = shrunk_plane(&cutout.alpha, COARSE, framing.size);
        let small = shrunk(&cutout.colour, COARSE, framing.size);
        let depth = inside_distance(&blur(&share, 0.02 * head).map(|share| share > 0.5));
        let middle = framing.to_frame(face.at(0.0, 0.35));
        let light = blur(&small.map(luminance), 0.012 * head);
        let round = 0.34 * head;
        let height: Plane = Grid::from_fn(share.width, share.height, |x, y| {
            let t = (depth.at(x, y) / round).min(1.0);
            let cushion = round * (1.0 - (1.0 - t) * (1.0 - t)).max(0.0).sqrt();
            let (dx, dy) = ((x as f32 - middle.x) / (0.40 * head), (y as f32 - middle.y) / (0.58 * head));
            // Flat towards its border, where no edge must show in the hair.
            let egg = 0.34 * head * smoothstep(0.0, 1.0, 1.0 - dx * dx - dy * dy);
            0.8 * cushion + egg + 0.10 * head * light.at(x, y)
        });
        let height = blur(&height, 0.02 * head);
        let normals = Grid::from_fn(share.width, share.height, |x, y| {
            let at = |x: usize, y: usize| height.at(x.min(share.width - 1), y.min(share.height - 1));
            let dx = (at(x + 1, y) - at(x.saturating_sub(1), y)) * 0.5;
            let dy = (at(x, y + 1) - at(x, y.saturating_sub(1))) * 0.5;
            unit([-dx, -dy, 1.0])
        });
        Self { normals }
    }

    /// Factors and additions to the person's linear light.
    pub(super) fn lit(&self, lights: &Lights) -> Grid<[f32; 6]> {
        let key = unit(lights.key);
        self.normals.map(|normal| {
            // Wrapped around a little, as from a large lamp.
            let towards = ((dot(normal, key) + 0.25) / 1.25).max(0.0);
            let factor: Rgb = std::array::from_fn(|c| lights.ambient[c] + lights.key_colour[c] * towards);
            let turned = smoothstep(0.35, 0.9, 1.0 - normal[2]);
            let mut rim: Rgb = [0.0; 3];
            for (from, colour) in &lights.rims {
                let facing = vec2(normal[0], normal[1]).unit().dot(*from).max(0.0).powi(2);
                rim = std::array::from_fn(|c| rim[c] + colour[c] * turned * facing);
            }
            [factor[0], factor[1], factor[2], rim[0], rim[1], rim[2]]
        })
    }
}
