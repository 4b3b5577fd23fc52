//! Arms and legs as two-bone chains laid over the silhouette.
//!
//! Decided here: a limb is where a chain of tapered bones of believable length covers most figure that the torso does
//! not explain and least background, with a premium on bare skin. Every pose on a grid of angles and lengths is
//! tried, so the answer is the best of the grid and always the same. What hangs out of the picture is believed to go on
//! there: an arm is no more likely to be folded because the picture ends.

use super::body::{level, sign};
use crate::geometry::{Path, Vec2, mix, smoothstep, to_segment, vec2};
use crate::raster::{Mask, Plane};

/// One arm, in small pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arm {
    pub(crate) shoulder: Vec2,
    pub(crate) elbow: Vec2,
    pub(crate) wrist: Vec2,
    /// Finger tips.
    pub(crate) hand: Vec2,
    /// Half thickness at shoulder, elbow, wrist and in the middle of the hand.
    pub(crate) radius: [f32; 4],
}

/// One leg, in small pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leg {
    pub(crate) hip: Vec2,
    pub(crate) knee: Vec2,
    pub(crate) ankle: Vec2,
}

impl Arm {
    /// How deep inside the arm a point is, in pixels; negative outside.
    pub(crate) fn depth(&self, point: Vec2) -> f32 {
        let (distance, t) = to_segment(point, self.wrist, self.hand);
        self.bone_depth(point).max(self.radius[3] * mix(1.0, 0.8, t) - distance)
    }

    /// The same without the hand, which no clothes hide.
    pub(crate) fn bone_depth(&self, point: Vec2) -> f32 {
        let [r0, r1, r2, _] = self.radius;
        let bone = |from, to, a, b| {
            let (distance, t) = to_segment(point, from, to);
            mix(a, b, t) - distance
        };
        bone(self.shoulder, self.elbow, r0, r1).max(bone(self.elbow, self.wrist, r1, r2))
    }

    /// How deep inside the forearm and hand a point is, in pixels; negative outside.
    pub(crate) fn fore_depth(&self, point: Vec2) -> f32 {
        Self { shoulder: self.elbow, radius: [self.radius[1]; 4].map(|r| r.min(self.radius[1])), ..*self }
            .depth(point)
    }

    /// Whether the forearm lies over the torso.
    pub(crate) fn across(&self, torso: &[[f32; 2]]) -> bool {
        let inside = |point: Vec2| {
            let [left, right] = torso[(point.y.max(0.0) as usize).min(torso.len() - 1)];
            let margin = (right - left) * 0.12;
            point.x > left + margin && point.x < right - margin
        };
        inside(self.wrist) || inside(self.wrist.lerp(self.hand, 0.5))
    }

    /// From the shoulder to the wrist.
    pub(crate) fn path(&self) -> Path {
        Path::new(vec![self.shoulder, self.elbow, self.wrist]).rounded(3)
    }

    /// Half thickness at a share `0..=1` of the way from shoulder to wrist.
    pub(crate) fn radius_at(&self, share: f32) -> f32 {
        let [r0, r1, r2, _] = self.radius;
        if share < 0.5 { mix(r0, r1, share * 2.0) } else { mix(r1, r2, (share * 2.0 - 1.0).min(1.0)) }
    }
}

/// What a pixel below the picture is worth to a limb: half of what one beside the body is.
const BELOW: f32 = 0.5;

/// What a pixel of bare skin beside the body is worth to an arm; one of cloth is worth 1.
const BARE: f32 = 1.5;

/// Mean of `weight` over a tapered bone, and the bone's area.
fn cover(weight: &Plane, from: Vec2, to: Vec2, radii: [f32; 2]) -> (f32, f32) {
    let along = to - from;
    let length = along.length();
    let normal = along.unit().turned();
    let (mut sum, mut count) = (0.0, 0.0);
    for i in 0..10 {
        let t = (i as f32 + 0.5) / 10.0;
        let radius = mix(radii[0], radii[1], t);
        for j in -2..=2 {
            let point = from + along * t + normal * (j as f32 / 2.2 * radius);
            let below = point.y >= weight.height as f32;
            if let Some(value) = weight.get(point).or(below.then_some(BELOW)) {
                sum += value;
                count += 1.0;
            }
        }
    }
    if count == 0.0 { (0.0, 0.0) } else { (sum / count, length * (radii[0] + radii[1]) * count / 50.0) }
}

/// What each pixel is worth to an arm of this side, and what to its hand: clothes hide an arm before the body, hardly ever
/// the hand.
fn arm_weights(
    mask: &Mask,
    skin: &Plane,
    torso: &[[f32; 2]],
    shoulder: Vec2,
    side: usize,
    unit: f32,
) -> [Plane; 2] {
    let s = sign(side);
    let mut weights = [-1.6; 2].map(|outside| Plane::new(mask.width, mask.height, outside));
    for (y, &edges) in torso.iter().enumerate() {
        let [left, right] = edges;
        let middle = f32::midpoint(left, right);
        let below = (y as f32 - shoulder.y) / unit;
        let chest = below > 0.5;
        for x in 0..mask.width {
            if !mask.at(x, y) {
                continue;
            }
            let out = (x as f32 - middle) * s;
            let edge = (edges[side] - middle) * s;
            // Skin under the neck is what a neckline shows.
            let skin = skin.at(x, y) * if out > edge { 1.0 } else { smoothstep(0.6, 1.1, below) };
            for (weight, cloth) in weights.iter_mut().zip([-0.45, -0.9]) {
                let value = if out > edge {
                    mix(1.0, BARE, skin)
                } else if out < -edge {
                    -0.8
                } else if chest {
                    mix(mix(cloth, 0.1, (out / edge).max(0.0).powi(3)), 1.2, skin)
                } else {
                    -0.1
                };
                weight.set(x, y, value);
            }
        }
    }
    weights
}

/// Finds the arm that hangs from a shoulder corner.
pub(crate) fn arm(mask: &Mask, skin: &Plane, torso: &[[f32; 2]], tip: Vec2, side: usize, unit: f32) -> Arm {
    let s = sign(side);
    let shoulder = tip + vec2(-s * 0.17 * unit, 0.17 * unit);
    let [weight, bare] = arm_weights(mask, skin, torso, shoulder, side, unit);
    let radius = [0.22, 0.17, 0.12, 0.16].map(|r| r * unit);
    let radians = |degrees: f32| (s * degrees).to_radians();
    let mut best = (f32::MIN, None);
    for upper in (-15..=120).step_by(5) {
        for upper_length in [1.0, 1.15, 1.3, 1.42] {
            let elbow = shoulder + Vec2::hanging(radians(upper as f32)) * (upper_length * unit);
            let (upper_mean, upper_area) = cover(&weight, shoulder, elbow, [radius[0], radius[1]]);
            if upper_mean < -0.4 {
                continue;
            }
            for fore in (-165..=165).step_by(6) {
                // An elbow folds forwards and inwards, hardly outwards.
                if fore - upper > 70 || upper - fore > 160 {
                    continue;
                }
                let direction = Vec2::hanging(radians(fore as f32));
                let bend = (fore - upper) as f32 / 90.0;
                let so_far = upper_mean * upper_area - 0.012 * unit * unit * bend * bend;
                for fore_length in [0.75, 0.95, 1.12] {
                    // Even if all the rest were bare skin.
                    let most = BARE * unit * (fore_length * (radius[1] + radius[2]) + 1.02 * radius[3]);
                    if so_far + most <= best.0 {
                        continue;
                    }
                    let wrist = elbow + direction * (fore_length * unit);
                    let hand = wrist + direction * (0.6 * unit);
                    let (fore_mean, fore_area) = cover(&weight, elbow, wrist, [radius[1], radius[2]]);
                    let (hand_mean, hand_area) = cover(&bare, wrist, hand, [radius[3], radius[3] * 0.7]);
                    let total = so_far + fore_mean * fore_area + hand_mean * hand_area;
                    if total > best.0 {
                        best = (total, Some(Arm { shoulder, elbow, wrist, hand, radius }));
                    }
                }
            }
        }
    }
    let hanging = |length: f32| shoulder + Vec2::hanging(radians(8.0)) * (length * unit);
    best.1.unwrap_or(Arm { shoulder, elbow: hanging(1.35), wrist: hanging(2.4), hand: hanging(3.0), radius })
}

/// Finds the leg on one side of the hips; `depth` is how deep in the figure each pixel is, in pixels.
pub(crate) fn leg(depth: &Plane, hips: Vec2, crotch: f32, sole: f32, side: usize, unit: f32) -> Leg {
    let s = sign(side);
    let row = |heads: f32| {
        let share = (heads - level::CROTCH) / (level::SOLE - level::CROTCH);
        mix(crotch, sole, share)
    };
    let (knee_row, ankle_row) = (row(level::KNEE), row(level::ANKLE));
    let weight = Plane::from_fn(depth.width, depth.height, |x, y| {
        let depth = depth.at(x, y);
        if depth <= 0.0 {
            return -1.5;
        }
        let own = (x as f32 - hips.x) * s;
        // The middle of a leg is worth more than its rim: that centres the bones.
        if own > -0.1 * unit { 0.4 + 0.6 * (depth / (0.25 * unit)).min(1.0) } else { -0.6 }
    });
    let hip = vec2(hips.x + s * 0.40 * unit, hips.y.min(crotch - 0.1 * unit));
    let mut best = (f32::MIN, Leg { hip, knee: vec2(hip.x, knee_row), ankle: vec2(hip.x, ankle_row) });
    for upper in -12..=16 {
        let knee = vec2(hip.x + s * upper as f32 * 0.07 * unit, knee_row);
        let (thigh, thigh_area) = cover(&weight, vec2(hip.x, crotch), knee, [0.3 * unit, 0.24 * unit]);
        for lower in -14..=16 {
            let ankle = vec2(knee.x + s * lower as f32 * 0.07 * unit, ankle_row);
            let (shin, shin_area) = cover(&weight, knee, ankle, [0.24 * unit, 0.15 * unit]);
            let bend =
                0.02 * unit * unit * ((upper * upper) as f32 * 0.01 + ((lower - upper) as f32 * 0.1).powi(2));
            let total = thigh * thigh_area + shin * shin_area - bend;
            if total > best.0 {
                best = (total, Leg { hip, knee, ankle });
            }
        }
    }
    best.1.straightened(0.3 * unit)
}

impl Leg {
    /// With the knee at most `most` beside the line from hip to ankle: under a wide skirt anything covers the figure.
    fn straightened(mut self, most: f32) -> Self {
        let share = (self.knee.y - self.hip.y) / (self.ankle.y - self.hip.y).max(1e-3);
        let line = mix(self.hip.x, self.ankle.x, share);
        self.knee.x = self.knee.x.clamp(line - most, line + most);
        self
    }

    /// Across position of the leg in a row.
    pub(crate) fn x_at(&self, y: f32) -> f32 {
        let (from, to) = if y < self.knee.y { (self.hip, self.knee) } else { (self.knee, self.ankle) };
        mix(from.x, to.x, ((y - from.y) / (to.y - from.y).max(1e-3)).clamp(-0.5, 1.5))
    }
}
