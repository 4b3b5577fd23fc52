//! Costumes: the cut-out person painted anew, part by part, lit as the body is.
//!
//! Decided here: a part is told by the landmarks; its light is the picture's own folds over a roundness that the silhouette
//! gives. Hair that a mask or cowl would hide is left out of the painted layer.

use std::f32::consts::TAU;

use crate::colour::{Rgb, luminance};
use crate::effects::cast::Cast;
use crate::effects::expression::measure;
use crate::effects::frame::Light;
use crate::effects::motion::{bell, cloudy};
use crate::eyes::body::{SIDES, level, sign};
use crate::geometry::{Vec2, mix, smoothstep, to_segment, vec2};
use crate::raster::{Grid, Plane, blur, grow, inside_distance};

/// What of the body a pixel belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything above the chin.
    Head,
    Neck,
    Trunk,
    Arm,
    Hand,
    Leg,
    Foot,
}

/// A pixel of the body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Clip pixels.
    pub(super) at: Vec2,
    pub(super) part: Part,
    /// Across the trunk or limb, -1 at its left edge and 1 at its right.
    pub(super) across: f32,
    /// Height on the body in heads from the top (see [`level`]).
    pub(super) down: f32,
    /// Along an arm from the shoulder, or a leg from the hip, `0..=1`.
    pub(super) along: f32,
    /// In the face's own measure.
    pub(super) face: Vec2,
    /// Light on it, about 1 in the middle.
    pub(super) shade: f32,
}

/// Tells parts and light.
pub(super) struct Tailor<'a> {
    cast: &'a Cast,
    round: Plane,
    bright: Plane,
    hair: Plane,
}

impl<'a> Tailor<'a> {
    pub(super) fn new(cast: &'a Cast) -> Self {
        let mask = &cast.person.figure.mask;
        let unit = cast.unit() / cast.frame.factor[1];
        let depth = inside_distance(mask).map(|d| {
            let edge = 1.0 - (d / (0.36 * unit)).min(1.0);
            (1.0 - edge * edge).max(0.0).sqrt()
        });
        let inside = mask.plane();
        let weight = blur(&inside, 0.3 * unit);
        let own = cast.person.picture.map(|rgb| luminance(rgb.map(|c| c * c)));
        let sum = blur(&own.zip(&inside, |lum, inside| lum * inside), 0.3 * unit);
        let bright = sum.zip(&weight, |sum, weight| sum / weight.max(0.02));
        let hair = cast.sharpened(&grow(&cast.person.hair, 2.0));
        Self { cast, round: blur(&depth, 0.05 * unit), bright, hair }
    }

    fn shade(&self, p: Vec2) -> f32 {
        let cast = self.cast;
        let step = 0.06 * cast.unit();
        let round = cast.small(&self.round, p);
        let slope =
            cast.small(&self.round, p + vec2(step, step)) - cast.small(&self.round, p - vec2(step, step));
        let own = luminance(cast.picture.sample(p.x, p.y));
        let folds = ((own + 0.02) / (cast.small(&self.bright, p) + 0.02)).clamp(0.35, 1.9).powf(0.55);
        (mix(0.42, 1.0, round) * (1.0 + 0.75 * slope).clamp(0.5, 1.6)) * folds
    }

    /// What a place belongs to.
    pub(super) fn spot(&self, p: Vec2) -> Spot {
        let (body, unit) = (&self.cast.body, self.cast.unit());
        let face = measure(&self.cast.face, p);
        let reach = (body.sole - body.shoulder()) / (level::SOLE - level::SHOULDER);
        let down = level::SHOULDER + (p.y - body.shoulder()) / reach;
        let [left, right] = body.edges(p.y);
        let trunk = (p.x - f32::midpoint(left, right)) / (0.5 * (right - left)).max(1.0);
        let mut spot =
            Spot { at: p, part: Part::Trunk, across: trunk, down, along: 0.0, face, shade: self.shade(p) };
        let jaw = 1.86 - 0.55 * (face.x / 1.1).powi(4).min(2.0);
        if face.y < jaw && face.x.abs() < 2.6 && p.y < body.shoulder() + 0.15 * unit {
            spot.part = Part::Head;
            return spot;
        }
        let beside = (p.x - body.head.x).abs() / (0.4 * unit);
        let collar = (body.neck[0].y.max(body.neck[1].y) + 0.04 * unit).min(body.chin + 0.30 * unit);
        if beside < 1.0 && p.y < collar - 0.12 * unit * beside * beside {
            spot.part = Part::Neck;
            return spot;
        }
        for side in SIDES {
            let arm = &body.arms[side];
            let beside = trunk * sign(side) > 0.86 || arm.across(&body.torso) && arm.fore_depth(p) > 0.0;
            let shoulder =
                p.y < body.level(level::ARMPIT) && (p.x - body.tips[side].x) * sign(side) > -0.33 * unit;
            if arm.depth(p) > -0.14 * unit && (beside || shoulder) {
                let (upper, t) = to_segment(p, arm.shoulder, arm.elbow);
                let (fore, u) = to_segment(p, arm.elbow, arm.wrist);
                let (hand, _) = to_segment(p, arm.wrist, arm.hand);
                spot.along = if upper < fore { t * 0.5 } else { 0.5 + 0.5 * u };
                spot.part = if hand < fore.min(upper) * 0.98 { Part::Hand } else { Part::Arm };
                let bone = if upper < fore { (arm.shoulder, arm.elbow) } else { (arm.elbow, arm.wrist) };
                let normal = (bone.1 - bone.0).unit().turned();
                spot.across = (-(p - bone.0).dot(normal) / (0.17 * unit)).clamp(-1.0, 1.0);
                return spot;
            }
        }
        if p.y > body.crotch - 0.12 * unit * (1.0 - trunk.abs()).max(0.0) {
            let side = usize::from(p.x > f32::midpoint(body.legs[0].knee.x, body.legs[1].knee.x));
            let leg = &body.legs[side];
            spot.along = ((p.y - leg.hip.y) / (leg.ankle.y - leg.hip.y).max(1.0)).clamp(0.0, 1.0);
            spot.across = ((p.x - leg.x_at(p.y)) / (0.24 * unit)).clamp(-1.0, 1.0);
            spot.part = if p.y > leg.ankle.y { Part::Foot } else { Part::Leg };
        }
        spot
    }

    /// The person painted: `paint` gives the colour of a spot and how much of it is there, before light.
    pub(super) fn paint(&self, paint: impl Fn(&Spot) -> (Rgb, f32) + Sync) -> Grid<Light> {
        let cast = self.cast;
        Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
            let own = cast.figure.at(x, y);
            if own[3] <= 0.0 {
                return own;
            }
            let spot = self.spot(vec2(x as f32, y as f32));
            let (colour, share) = paint(&spot);
            let share = share * own[3];
            [colour[0] * share, colour[1] * share, colour[2] * share, share]
        })
    }

    /// How much of a place a close-fitting mask leaves to be seen, `0..=1`: not the hair beside it.
    pub(super) fn masked(&self, spot: &Spot) -> f32 {
        let (body, unit) = (&self.cast.body, self.cast.unit());
        let side = usize::from(spot.at.x > body.head.x);
        let (neck, tip) = (body.neck[side], body.tips[side]);
        let slope = mix(neck.y, tip.y, ((spot.at.x - neck.x) / (tip.x - neck.x)).clamp(0.0, 1.0));
        let above = smoothstep(slope + 0.03 * unit, slope - 0.03 * unit, spot.at.y);
        let neck = smoothstep(0.44, 0.40, (spot.at.x - body.head.x).abs() / unit);
        let under = smoothstep(1.5, 1.8, spot.face.y);
        let kept = Self::skull(spot.face).max(neck * under);
        // So far out it can only be hair, whatever its colour.
        let out = (spot.face.x / 1.3).hypot(spot.face.y.min(0.0) / 1.9);
        let hair = self.hair.sample(spot.at.x, spot.at.y).max(smoothstep(1.0, 1.06, out));
        1.0 - above * hair * (1.0 - kept)
    }

    fn skull(face: Vec2) -> f32 {
        let wide = 1.24 - 0.30 * smoothstep(0.5, 1.85, face.y);
        let tall = if face.y < 0.0 { 1.72 } else { 2.05 };
        smoothstep(1.03, 0.97, ((face.x / wide).powi(2) + (face.y / tall).powi(2)).sqrt())
    }
}

/// A change that spreads over the body from its middle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wipe {
    pub(super) centre: Vec2,
    /// Pixels until everything has changed.
    pub(super) reach: f32,
    /// Seconds.
    pub(super) from: f32,
    pub(super) to: f32,
}

/// How far the front of a change strays, and how wide its seam is, in shares of its reach.
const RAGGED: f32 = 0.16;
const SEAM: f32 = 0.03;

impl Wipe {
    pub(super) fn over(cast: &Cast, from: f32, to: f32) -> Self {
        let chest = cast.body.level(level::ARMPIT);
        let chest = chest.min(0.92 * cast.height());
        let centre = vec2(cast.axis(chest), chest);
        let low = (cast.body.sole.min(cast.height()) - centre.y).max(centre.y - cast.face.top);
        Self { centre, reach: low * 1.12, from, to }
    }

    /// How much of the new is there at a place of the picture, and how bright the seam is.
    pub(super) fn at(&self, p: Vec2, time: f32) -> (f32, f32) {
        if time <= self.from || time >= self.to {
            return (if time < self.to { 0.0 } else { 1.0 }, 0.0);
        }
        let front = smoothstep(self.from, self.to, time) * 1.35 - 0.15;
        let off = (p - self.centre) * (1.0 / self.reach);
        let far = off.length() - front;
        // Further from the front than it is ragged and the seam is wide.
        if far.abs() > 0.5 * RAGGED + 4.0 * SEAM {
            return (if far < 0.0 { 1.0 } else { 0.0 }, 0.0);
        }
        let far = far + RAGGED * (cloudy(off.x * 14.0, off.y * 14.0) - 0.5);
        let share = smoothstep(0.015, -0.015, far);
        let seam = bell(far / SEAM) * smoothstep(1.18, 1.0, front) * smoothstep(-0.15, -0.1, front);
        (share, seam)
    }

    /// A place on the seam at a moment, in the direction of `turn` (`0..1` of a full turn).
    pub(super) fn seam(&self, turn: f32, time: f32) -> Vec2 {
        let front = (smoothstep(self.from, self.to, time) * 1.35 - 0.15).max(0.0);
        self.centre + Vec2::hanging(turn * TAU) * (front * self.reach)
    }
}
