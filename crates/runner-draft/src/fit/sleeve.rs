//! One sleeve along one arm.
//!
//! Decided here: a sleeve hangs closer than it lies. Cloth that lies flat shows half of its girth, on an arm about three
//! quarters of that; and however wide it was cut, it is drawn no wider than a loose sleeve around the arm as measured.

use crate::eyes::Person;
use crate::eyes::body::sign;
use crate::eyes::limbs::Arm;
use crate::garment::{Sleeve, Upper};
use crate::geometry::{Path, Vec2, mix, smoothstep};

/// What a width that lies flat shows when worn: twice an ellipse's longer axis against half its girth, at axes of 1 : 0.7.
pub(super) const WORN: f32 = 0.76;

/// How much wider than the arm the tightest and the loosest sleeve are drawn.
const EASE: [f32; 2] = [1.12, 1.36];

/// Where a sleeve begins on the body, in small pixels of the person.
#[derive(Clone, Copy)]
pub(super) struct Armhole {
    /// Person's small pixels per garment's small pixel.
    pub(super) scale: f32,
    pub(super) tip: Vec2,
    pub(super) armpit: Vec2,
}

pub(super) struct Strip<'a> {
    garment: &'a Upper,
    sleeve: &'a Sleeve,
    side: usize,
    arm: Arm,
    path: Path,
    unit: f32,
    hole: Armhole,
    /// Arc lengths along the arm at which the outer and the inner edge begin, and at which both end.
    start: [f32; 2],
    pub(super) end: f32,
    /// Half the width of the sleeve at the armhole and at the cuff as worn.
    half: [f32; 2],
    /// How thick the arm is against what arms usually are.
    girth: f32,
}

impl<'a> Strip<'a> {
    pub(super) fn new(
        garment: &'a Upper,
        sleeve: &'a Sleeve,
        side: usize,
        person: &Person,
        hole: Armhole,
    ) -> Self {
        let (arm, unit) = (person.body.arms[side], person.body.unit);
        let path = arm.path();
        let whole = path.length();
        let start = [path.nearest(hole.tip), path.nearest(hole.armpit).min(0.8 * unit)];
        let long_out = (sleeve.outer - garment.tips[side]).length() * hole.scale;
        let long_in = (sleeve.inner - garment.armpits[side]).length() * hole.scale;
        let natural = mix(start[0] + long_out, start[1] + long_in, 0.3);
        let end = if natural > 0.85 * whole { whole } else { natural.max(start[1] + 0.12 * unit) };
        let lying = [garment.tips[side] - garment.armpits[side], sleeve.outer - sleeve.inner];
        let half = lying.map(|across| across.length() / 2.0 * hole.scale * WORN);
        Self { garment, sleeve, side, arm, path, unit, hole, start, end, half, girth: girth(person, side) }
    }

    /// Where a point of the sleeve's picture goes.
    pub(super) fn at(&self, point: Vec2) -> Vec2 {
        let (along, across) = self.in_quad(point);
        // What bulges beyond the straight lines from armhole to cuff is drawn close.
        let within = across.clamp(0.0, 1.0);
        let across = within + 0.2 * (across - within);
        self.edge(0, self.hole.tip, 1.0, along).lerp(self.edge(1, self.hole.armpit, -1.0, along), across)
    }

    /// How far along (0 at the armhole, 1 at the cuff) and across (0 outer edge, 1 inner edge) a point of the picture
    /// lies: the bilinear map of the sleeve's corners turned round by Newton's method.
    fn in_quad(&self, point: Vec2) -> (f32, f32) {
        let (tip, armpit) = (self.garment.tips[self.side], self.garment.armpits[self.side]);
        let (outer, inner) = (self.sleeve.outer, self.sleeve.inner);
        let (mut t, mut u) = (0.5, 0.5);
        for _ in 0..6 {
            let off = point - tip.lerp(outer, t).lerp(armpit.lerp(inner, t), u);
            let along = (outer - tip).lerp(inner - armpit, u);
            let across = (armpit - tip).lerp(inner - outer, t);
            let area = along.x * across.y - along.y * across.x;
            if area.abs() < 1e-3 {
                break;
            }
            t = (t + (off.x * across.y - off.y * across.x) / area).clamp(0.0, 1.4);
            u = (u + (along.x * off.y - along.y * off.x) / area).clamp(-0.4, 1.4);
        }
        (t, u)
    }

    /// The outer (`turn` 1) or inner (-1) edge of the sleeve on the arm; begins at `anchor`.
    fn edge(&self, which: usize, anchor: Vec2, turn: f32, t: f32) -> Vec2 {
        let plain = |t: f32| {
            let distance = mix(self.start[which], self.end, t);
            let outward = self.path.direction(distance, 0.12 * self.unit).turned() * -sign(self.side);
            self.path.at(distance) + outward * (turn * self.radius(distance, t))
        };
        // The armhole pulls at the sleeve no further down than the upper arm.
        let reach = (0.75 * self.unit / (self.end - self.start[which]).max(1.0)).min(0.5);
        plain(t) + (anchor - plain(0.0)) * (1.0 - smoothstep(0.0, reach, t))
    }

    /// Half the width of the sleeve at a place of the arm.
    fn radius(&self, distance: f32, t: f32) -> f32 {
        let arm = self.girth * self.arm.radius_at(distance / self.path.length());
        mix(self.half[0], self.half[1], t.clamp(0.0, 1.0)).clamp(arm * EASE[0], arm * EASE[1])
    }
}

/// How thick a person's arm is against what arms usually are, where it is seen bare beside the body, on its own side or
/// on the other; 1 where it is seen nowhere.
fn girth(person: &Person, side: usize) -> f32 {
    let [own, other] = [side, 1 - side].map(|side| seen_girth(person, side));
    own.or(other).unwrap_or(1.0)
}

fn seen_girth(person: &Person, side: usize) -> Option<f32> {
    let (arm, unit) = (&person.body.arms[side], person.body.unit);
    let path = arm.path();
    let open = |from: Vec2, direction: Vec2| {
        (1..=40)
            .map(|i| i as f32 * 0.01 * unit)
            .find(|&out| !person.figure.mask.holds(from + direction * out))
    };
    let mut seen: Vec<f32> = (6..20)
        .filter_map(|i| {
            let share = i as f32 / 20.0;
            let middle = path.at(share * path.length());
            let bare = person.skin.likely.get(middle).is_some_and(|skin| skin > 0.5);
            let across = path.direction(share * path.length(), 0.12 * unit).turned();
            let width = open(middle, across)? + open(middle, across * -1.0)?;
            bare.then(|| width / (2.0 * arm.radius_at(share)))
        })
        .collect();
    let middle = seen.len() / 2;
    (seen.len() > 3).then(|| seen.select_nth_unstable_by(middle, f32::total_cmp).1.clamp(0.7, 1.3))
}
