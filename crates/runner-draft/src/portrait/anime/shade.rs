//! Where a drawing is in shadow.
//!
//! Decided here: on skin no shadow is the photograph's. Hair throws one downwards, the head one on the neck, and along the
//! cheek away from the lamp lies a sliver, which ends before the mouth: shapes that cannot cut through a feature. Folds of
//! cloth and locks of hair are the person's own, in one step each.

use super::head::{self, Head};
use super::parts::{BODY, CLOTH, FACE, GROUND, HAIR, PARTS, Parts, STEP};
use crate::colour::luminance;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::portrait::flow::Flow;
use crate::portrait::scene::Scene;
use crate::portrait::words::Mood;
use crate::raster::{Grid, Plane, blur};

/// Shadow and light of one drawing, on the grid of parts: `[dark, gleam]`, each `0..=1`.
pub(super) fn shades(scene: &Scene<'_>, head: &Head, parts: &Parts) -> Grid<[f32; 2]> {
    let size = [parts.shares.width, parts.shares.height];
    let ((hair, ground), (folds, locks)) = rayon::join(
        || (parts.shares.map(|shares| shares[HAIR]), parts.shares.map(|shares| shares[GROUND])),
        || rayon::join(|| folds(scene.unit() / STEP as f32, parts), || locks(scene, parts)),
    );
    let cast = Cast::of(scene, head, &hair, &ground);
    Grid::par_from_fn(size[0], size[1], |x, y| {
        let shares = parts.shares.at(x, y);
        if shares[GROUND] > 0.99 {
            return [0.0; 2];
        }
        let skin = shares[FACE] + shares[BODY];
        if skin.max(shares[HAIR]) < 0.5 * (1.0 - shares[GROUND]) {
            return [folds.at(x, y).max(cast.fringe(vec2(x as f32, y as f32))), 0.0];
        }
        if shares[HAIR] > skin {
            let [dark, gleam] = locks.at(x, y);
            return [dark, gleam];
        }
        [cast.at(vec2(x as f32, y as f32), shares[FACE] > shares[BODY]), 0.0]
    })
}

/// Shadows that fall on skin.
struct Cast<'a> {
    head: &'a Head,
    hair: &'a Plane,
    ground: &'a Plane,
    /// Where the lamp stands: -1 left, 1 right.
    side: f32,
    /// How wide shadows are, about 1.
    wide: f32,
    between: f32,
}

impl<'a> Cast<'a> {
    fn of(scene: &Scene<'_>, head: &'a Head, hair: &'a Plane, ground: &'a Plane) -> Self {
        let wide = match scene.variation.mood {
            Mood::Dramatic => 1.5,
            Mood::Soft => 0.7,
            _ => 1.0,
        };
        Self { head, hair, ground, side: scene.variation.side, wide, between: head.between() / STEP as f32 }
    }

    /// Hair throws its shadow away from the lamp, which stands above.
    fn fringe(&self, pixel: Vec2) -> f32 {
        let above = pixel + vec2(self.side * 0.05, -0.17 * self.wide) * self.between;
        smoothstep(0.4, 0.6, self.hair.sample(above.x, above.y))
    }

    /// The border of the body on the side away from the lamp, `reach` distances between the eyes wide.
    fn turned(&self, pixel: Vec2, reach: f32) -> f32 {
        let beside = pixel + vec2(-self.side * reach, 0.04) * (self.between * self.wide);
        smoothstep(0.4, 0.6, self.ground.sample(beside.x, beside.y))
    }

    /// How dark skin is at a pixel of the grid of parts.
    fn at(&self, pixel: Vec2, face: bool) -> f32 {
        let (side, wide) = (self.side, self.wide);
        let fringe = self.fringe(pixel);
        if !self.head.seen {
            return fringe;
        }
        let q = self.head.place(pixel * STEP as f32);
        let edge = |depth: f32| smoothstep(-0.02, 0.02, depth);
        if face {
            let reach = mix(0.06, 0.24, smoothstep(-0.6, 1.1, q.y)) * wide;
            let sliver = edge(-head::inside(q + vec2(-side * reach, 0.05)));
            let under = edge(-head::inside(q + vec2(0.0, 0.10 * wide)));
            return fringe.max(sliver * smoothstep(-0.9, -0.3, q.y)).max(under);
        }
        let thrown = edge(head::inside(q - vec2(-side * 0.14, 0.52 * wide)));
        let near = smoothstep(1.35, 1.2, q.x.abs()) * smoothstep(0.6, 0.9, q.y);
        fringe.max(thrown * near).max(self.turned(pixel, 0.16))
    }
}

/// Where cloth is plainly darker than its own colour, and than what is around: a body that turns from the light is no fold.
/// `unit` is a head's height on the grid of parts.
fn folds(unit: f32, parts: &Parts) -> Plane {
    let off = Grid::from_fn(parts.own.width, parts.own.height, |x, y| {
        let shares = parts.shares.at(x, y);
        let cloth = 1.0 - shares[GROUND] - shares[FACE] - shares[BODY] - shares[HAIR];
        if cloth < 0.5 {
            return [0.0; 2];
        }
        let usual: f32 = (CLOTH..PARTS).map(|part| shares[part] * luminance(parts.colours[part])).sum();
        [luminance(parts.own.at(x, y)) * cloth - usual, cloth]
    });
    let mean = |sigma: f32| {
        let (sum, weight) =
            rayon::join(|| blur(&off.map(|v| v[0]), sigma), || blur(&off.map(|v| v[1]), sigma));
        sum.zip(&weight, |sum, weight| -sum / weight.max(0.05))
    };
    let (near, around) = rayon::join(|| mean(0.016 * unit), || mean(0.16 * unit));
    let depth = near.zip(&around, |near, around| near - around.max(0.0));
    Grid::par_from_fn(depth.width, depth.height, |x, y| {
        let at = |x: usize, y: usize| depth.at(x.min(depth.width - 1), y.min(depth.height - 1));
        let slope =
            (at(x + 1, y) - at(x.saturating_sub(1), y)).hypot(at(x, y + 1) - at(x, y.saturating_sub(1)));
        // As crisp an edge however slowly cloth turns from the light.
        smoothstep(-0.7, 0.7, (depth.at(x, y) - FOLD) / (0.5 * slope).max(1e-3))
    })
}

/// Luminance by which a fold is darker than its cloth, at least.
const FOLD: f32 = 0.055;

/// Locks of hair: `[dark, gleam]`, from what is darker and brighter than the hair around it along the hair's own lines.
fn locks(scene: &Scene<'_>, parts: &Parts) -> Grid<[f32; 2]> {
    let unit = scene.unit() / STEP as f32;
    let light = parts.own.map(luminance);
    let hair = parts.shares.map(|shares| shares[HAIR]);
    let flow = Flow::of(&light, STEP, 0.012 * unit);
    let sigma = 0.09 * unit;
    let (sum, weight) =
        rayon::join(|| blur(&light.zip(&hair, |light, hair| light * hair), sigma), || blur(&hair, sigma));
    let step = 0.016 * unit;
    Grid::par_from_fn(light.width, light.height, |x, y| {
        if hair.at(x, y) < 0.05 {
            return [0.0; 2];
        }
        let usual = sum.at(x, y) / weight.at(x, y).max(0.02);
        let here = vec2(x as f32, y as f32);
        let mut mean = light.at(x, y);
        for way in [-1.0, 1.0] {
            let (mut at, mut heading) = (here, flow.at(here * STEP as f32) * way);
            for _ in 0..5 {
                let next = flow.at(at * STEP as f32);
                heading = if next.dot(heading) < 0.0 { next * -1.0 } else { next };
                at = at + heading * step;
                mean += light.sample(at.x, at.y);
            }
        }
        // Near black nothing is much darker or brighter than anything else.
        let ratio = (mean / 11.0 + 0.04) / (usual + 0.04);
        [smoothstep(0.90, 0.82, ratio), smoothstep(1.16, 1.26, ratio)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_dark_and_a_body_that_turns_from_the_light_is_not() {
        let (mut own, mut shares) = ([0.0; 3], [0.0; PARTS]);
        (own, shares[CLOTH]) = (own.map(|_| 0.8), 1.0);
        let cloth = |x: usize| 0.86 - 0.0012 * x as f32 - if (60..68).contains(&x) { 0.12 } else { 0.0 };
        let parts = Parts {
            shares: Grid::new(200, 120, shares),
            colours: [own; PARTS],
            own: Grid::from_fn(200, 120, |x, _| [cloth(x); 3]),
        };
        let folds = folds(200.0, &parts);
        assert!(folds.at(64, 60) > 0.8, "a fold, {}", folds.at(64, 60));
        assert!(folds.at(185, 60) < 0.2 && folds.at(195, 100) < 0.2, "a side, {}", folds.at(185, 60));
        assert!(folds.at(20, 60) < 0.2);
    }

    #[test]
    fn no_shadow_of_a_face_cuts_through_eyes_or_mouth() {
        let head = Head::plain(400, 80.0);
        let (hair, ground) = (Plane::new(200, 200, 0.0), Plane::new(200, 200, 0.0));
        for (side, wide) in [(-1.0, 0.7), (1.0, 0.7), (-1.0, 1.5), (1.0, 1.5)] {
            let (hair, ground) = (&hair, &ground);
            let cast = Cast { head: &head, hair, ground, side, wide, between: 40.0 };
            let dark = |x: f32, y: f32| cast.at(vec2(100.0 + 40.0 * x, 100.0 + 40.0 * y), true);
            for i in -8..=8 {
                let t = i as f32 / 8.0;
                for (x, y) in
                    [(-0.5 + 0.32 * t, 0.0), (0.5 + 0.32 * t, 0.0), (0.42 * t, 1.1), (0.2 * t, 0.65)]
                {
                    assert!(dark(x, y) < 0.01, "{x} {y} with the lamp at {side}");
                }
            }
            assert!(dark(-side * 1.0, 1.0) > 0.9, "no shadow on the far cheek");
            assert!(dark(side * 0.95, 0.8) < 0.1, "a shadow on the near cheek");
            assert!(cast.at(vec2(100.0, 100.0 + 40.0 * 2.1), false) > 0.9, "no shadow on the neck");
        }
    }
}
