//! Two eyes and a mouth: where in a head a face looks at us, and how plainly.
//!
//! Decided here: eyes are told from the skin around them by what survives another skin and another light: they are
//! restless (white, iris and lashes side by side) where cheeks and the bridge of the nose between them are calm, and both
//! are alike. Boxes read from integral images; every pose on a grid is tried.

use rayon::prelude::*;

use super::silhouette::Sums;
use crate::colour::{Rgb, difference};
use crate::face::template::contrast;
use crate::geometry::smoothstep;
use crate::raster::{Grid, Plane};

/// From the eyes to the mouth in distances between the eyes (63 and 68 mm in adults).
const MOUTH: f32 = 1.08;
/// Head height, top of the hair to the chin, in distances between the eyes.
pub(super) const HEAD: f32 = 3.75;
/// Row of the eyes in head heights below the top of the hair.
pub(super) const ROW: f32 = 0.52;

/// Sizes of faces that are looked for anywhere, and the distance between the eyes of the smallest, pixels.
const SIZES: usize = 14;
const SMALLEST: f32 = 5.0;
/// How plain they are at least.
const LEAST: f32 = 0.15;

/// A face found in a picture; pixels of the grid that was searched.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Features {
    /// Between the eyes.
    pub(super) x: f32,
    pub(super) y: f32,
    /// Distance between the pupils.
    pub(super) between: f32,
    /// How plain it is, `0..=1`.
    pub(super) plain: f32,
}

/// What faces are looked for in.
pub(super) struct FaceMaps {
    lab: [Sums; 3],
    squares: Sums,
    skin: Sums,
}

/// What is plainest anywhere, at least [`LEAST`], looked for in steps of some distances between the eyes.
fn everywhere(
    [width, height]: [f32; 2],
    most: usize,
    step: f32,
    plain: impl Fn([f32; 2], f32) -> f32 + Sync,
) -> Vec<Features> {
    let largest = 0.5 * height / HEAD;
    let between = |i: usize| largest * (SMALLEST / largest).powf(i as f32 / (SIZES - 1) as f32);
    let of_size = |between: f32| {
        let step = (step * between).max(0.8);
        let [across, down] = [width, height].map(|side| (side / step) as usize);
        let at = |i: usize| [(i % across) as f32 * step, (i / across) as f32 * step];
        let face = |[x, y]: [f32; 2]| Features { x, y, between, plain: plain([x, y], between) };
        let seen = (0..across * down).map(|i| face(at(i)));
        seen.filter(|face| face.plain > LEAST).collect::<Vec<_>>()
    };
    let mut faces: Vec<Features> =
        (0..SIZES).into_par_iter().flat_map_iter(|i| of_size(between(i))).collect();
    faces.sort_by(|a, b| b.plain.total_cmp(&a.plain));
    let mut apart: Vec<Features> = Vec::new();
    for face in faces {
        let alike = |other: &Features| {
            (other.x - face.x).hypot(other.y - face.y) < 0.5 * other.between.max(face.between)
        };
        if apart.len() < most && !apart.iter().any(alike) {
            apart.push(face);
        }
    }
    apart
}

impl FaceMaps {
    pub(super) fn new(lab: &Grid<Rgb>, skin: &Plane) -> Self {
        Self {
            lab: [0, 1, 2].map(|c| Sums::new(&lab.map(|lab| lab[c]))),
            squares: Sums::new(&lab.map(|lab| lab[0] * lab[0])),
            skin: Sums::new(skin),
        }
    }

    fn colour(&self, area: [f32; 4]) -> Rgb {
        [0, 1, 2].map(|c: usize| self.lab[c].mean(area))
    }

    fn restless(&self, area: [f32; 4]) -> f32 {
        let mean = self.lab[0].mean(area);
        (self.squares.mean(area) - mean * mean).max(0.0).sqrt()
    }

    /// The plainest face in a head at `x` with its hair at `top`, `head` tall.
    pub(super) fn find(&self, [x, top, head]: [f32; 3]) -> Features {
        let mut best = Features { x, y: top + ROW * head, between: head / HEAD, plain: 0.0 };
        let step = (0.04 * head).max(0.8);
        let steps = |reach: f32| (reach * head / step) as i32;
        for size in 0..7 {
            let between = head * 0.18 * 1.1_f32.powi(size);
            for i in -steps(0.2)..=steps(0.2) {
                for j in -steps(0.24)..=steps(0.24) {
                    let at = [x + j as f32 * step, top + ROW * head + i as f32 * step];
                    // The head gave a rough idea of where the face is.
                    let off = 0.1 * (size as f32 - 4.0).abs()
                        + 1.5 * ((at[0] - x) / head).abs()
                        + ((at[1] - top) / head - ROW).abs();
                    let trust = 1.0 - 0.4 * off;
                    let plain = self.plain(at, between, best.plain / trust) * trust;
                    if plain > best.plain {
                        best = Features { x: at[0], y: at[1], between, plain };
                    }
                }
            }
        }
        best
    }

    /// The plainest faces anywhere, and the plainest islands of skin as large as one; at most `most` of either.
    pub(super) fn all(&self, size: [f32; 2], most: usize) -> Vec<Features> {
        let faces = everywhere(size, most, 0.12, |at, between| self.plain(at, between, LEAST));
        let islands = everywhere(size, most, 0.5, |at, between| self.island(at, between));
        [faces, islands].concat()
    }

    /// How plainly skin as large as a face is alone: none beside it, and hair or nothing above.
    fn island(&self, [x, y]: [f32; 2], between: f32) -> f32 {
        let skin = |[x0, y0, x1, y1]: [f32; 4]| {
            let area = [x + x0 * between, y + y0 * between, x + x1 * between, y + y1 * between];
            self.skin.mean(area.map(|v| v / 2.0))
        };
        let face = skin([-0.8, -0.4, 0.8, 1.5]);
        let beside = skin([-2.6, -0.5, -1.6, 1.3]).max(skin([1.6, -0.5, 2.6, 1.3]));
        face - beside - 0.7 * skin([-0.9, -2.6, 0.9, -1.5])
    }

    /// How plainly a face is there; 0 if not more so than `least`, which is sooner known.
    fn plain(&self, [x, y]: [f32; 2], between: f32, least: f32) -> f32 {
        let area = |across: f32, down: f32, wide: f32, tall: f32| {
            let (cx, cy) = (x + across * between + 0.5, y + down * between + 0.5);
            let half = [(wide * between).max(0.6), (tall * between).max(0.6)];
            [cx - half[0], cy - half[1], cx + half[0], cy + half[1]]
        };
        let skin = |a: [f32; 4]| self.skin.mean(a.map(|v| v / 2.0));
        let bare = skin(area(0.0, 0.35, 0.16, 0.3));
        if smoothstep(0.3, 0.8, bare) <= least {
            return 0.0;
        }
        let cheeks = [-0.45, 0.45].map(|side| area(side, 0.55, 0.26, 0.2));
        let bare = smoothstep(0.3, 0.8, bare.min(skin(cheeks[0])).min(skin(cheeks[1])));
        if bare <= least {
            return 0.0;
        }
        let eyes = [-0.5, 0.5].map(|side| area(side, 0.0, 0.28, 0.13));
        let bridge = area(0.0, 0.05, 0.12, 0.16);
        let shares = contrast(self.colour(bridge));
        let odd = |i: usize| {
            let calm = self.restless(cheeks[i]);
            let eye = self.colour(eyes[i]);
            let off = difference(eye, self.colour(cheeks[i])).min(difference(eye, self.colour(bridge)));
            0.6 * (shares * off).min(0.25)
                + 1.2 * (shares * (self.restless(eyes[i]) - calm)).clamp(-0.1, 0.15)
                - 0.4 * shares * calm
        };
        let [left, right] = [odd(0), odd(1)];
        let pair = left.min(right) * 0.8 + 0.2 * left.max(right);
        if bare * ((pair + 0.35 * 0.15) / 0.22) <= least {
            return 0.0;
        }
        let mouth = area(0.0, MOUTH, 0.3, 0.1);
        let lip = self.colour(mouth);
        let lips = difference(lip, self.colour(area(0.0, 1.45, 0.2, 0.1)))
            .min(difference(lip, self.colour(area(0.0, 0.8, 0.25, 0.06))));
        let outer = [-0.95, 0.95].map(|side| area(side, 0.3, 0.1, 0.16));
        let rim =
            |i: usize| difference(self.colour(outer[i]), self.colour(cheeks[i])) + self.restless(outer[i]);
        let forehead = area(0.0, -0.55, 0.3, 0.12);
        let fringe = difference(self.colour(forehead), self.colour(bridge));
        let halves = difference(self.colour(cheeks[0]), self.colour(cheeks[1]))
            + difference(self.colour(eyes[0]), self.colour(eyes[1]));
        let score = pair + 0.35 * (shares * lips).min(0.15)
            - 0.3 * shares * self.restless(bridge)
            - 0.35 * shares * halves
            - 0.25 * (shares * rim(0).max(rim(1))).min(0.3)
            - 0.1 * (shares * fringe).min(0.2);
        bare * (score / 0.22).clamp(0.0, 1.0)
    }
}
