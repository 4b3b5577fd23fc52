//! Arms that move: cut out of the figure along their bones and laid back over it at other angles.
//!
//! Decided here: an arm is a strip along shoulder, elbow, wrist and finger tips. What is seen at a place of the moved arm
//! is what lay at the same place along and across the strip in the picture, so that joints bend without a seam. The
//! torso keeps a disc around the shoulder, over which the arm fades in; where a forearm lay before the body, the
//! body's colours are carried on.

use crate::colour::{Rgb, difference, linear_from_srgb, oklab, srgb};
use crate::effects::cast::Cast;
use crate::effects::frame::{Light, over, solid};
use crate::eyes::body::{SIDES, sign};
use crate::eyes::limbs::Arm;
use crate::geometry::{Path, Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Mask, Plane, spread};

/// Directions of upper arm and forearm in radians from hanging down, positive away from the body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    pub(super) upper: f32,
    pub(super) fore: f32,
}

impl Reach {
    pub(super) fn lerp(self, other: Self, t: f32) -> Self {
        Self { upper: mix(self.upper, other.upper, t), fore: mix(self.fore, other.fore, t) }
    }
}

/// One arm as it lies in the picture.
struct Limb {
    side: usize,
    /// Shoulder, elbow, wrist, finger tips.
    joints: [Vec2; 4],
    /// The figure where it is arm.
    layer: Grid<Light>,
    /// Half thickness at the shoulder.
    radius: f32,
}

/// A figure whose arms can be moved.
pub(super) struct Puppet {
    /// The figure without arms.
    body: Grid<Light>,
    limbs: [Limb; 2],
    unit: f32,
}

/// A puppet whose arms point somewhere.
pub(super) struct Posed<'a> {
    puppet: &'a Puppet,
    arms: [Strip; 2],
    /// How much of the fingers is to be seen, `0..=1`; what holds something hides them.
    fingers: f32,
}

/// Where an arm lies now, and where it lay.
struct Strip {
    now: Path,
    rest: Path,
    /// As it lies now, the joints alone.
    bones: Path,
    /// Least and greatest corner of what the arm can cover.
    bounds: [Vec2; 2],
    /// Arc length to the wrist of the rest path, and per pixel of it in the present one.
    wrist: f32,
    stretch: f32,
}

impl Strip {
    fn within(&self, p: Vec2, reach: f32) -> bool {
        let [low, high] = self.bounds;
        p.x >= low.x - reach && p.y >= low.y - reach && p.x <= high.x + reach && p.y <= high.y + reach
    }
}

/// Pixels over which the direction of a strip is averaged, in heads.
const SOFT: f32 = 0.22;
/// How far beside its bones an arm can reach, in heads.
const WIDE: f32 = 0.46;

fn joints(arm: &Arm) -> [Vec2; 4] {
    [arm.shoulder, arm.elbow, arm.wrist, arm.hand]
}

/// Whether an arm can be told from the rest: its bones lie in the figure and in the picture down to the hand.
fn seen(cast: &Cast, arm: &Arm) -> bool {
    let hand = arm.wrist.lerp(arm.hand, 0.6);
    let margin = 0.1 * cast.unit();
    let inside = hand.x > margin && hand.x < cast.width() - margin && hand.y < cast.height() - margin;
    let path = Path::new(vec![arm.shoulder, arm.elbow, arm.wrist, hand]);
    let covered = (0..16).map(|i| path.at(path.length() * i as f32 / 15.0)).map(|p| cast.figure_at(p)[3]);
    inside && covered.sum::<f32>() > 0.86 * 16.0
}

/// OKLab lightness of linear light.
fn lightness(light: Rgb) -> f32 {
    oklab(light.map(|c| f32::from(srgb(c)) / 255.0))[0]
}

/// Whether both arms can be moved.
pub(super) fn arms_seen(cast: &Cast) -> bool {
    !cast.portrait() && cast.body.arms.iter().all(|arm| seen(cast, arm))
}

/// What of the figure is arm: how much of each pixel goes with it, and how much of that leaves the body.
struct Cut<'a> {
    cast: &'a Cast,
    side: usize,
    path: Path,
    hair: &'a Plane,
    /// How far the colours are from the background's, on the small grid.
    off: &'a Plane,
    /// From which share of the way from shoulder to finger tips the arm is bare; only skin is taken for arm there.
    bare: f32,
    /// Mean lightness (OKLab) of what is bare.
    tone: f32,
    /// Whether the forearm hangs; then it lies beside the body and not before it.
    hangs: bool,
}

impl<'a> Cut<'a> {
    fn new(cast: &'a Cast, side: usize, hair: &'a Plane, off: &'a Plane) -> Self {
        let path = Path::new(joints(&cast.body.arms[side]).to_vec());
        let share = |i: usize| i as f32 / 25.0;
        let clothed = |i: &usize| {
            let p = path.at(path.length() * share(*i));
            cast.small(&cast.person.skin.likely, p) < 0.35 && hair.sample(p.x, p.y) < 0.4
        };
        // Tips of fingers are found less surely than the rest.
        let bare = (0..23).rev().find(clothed).map_or(0.0, |i| share(i) + 0.03);
        let lightness = |p: Vec2| lightness(cast.picture.sample(p.x, p.y));
        let tone = (0..8)
            .map(|i| path.at(path.length() * mix(bare, 0.9, i as f32 / 7.0)))
            .map(lightness)
            .sum::<f32>();
        let arm = &cast.body.arms[side];
        let fore = arm.wrist - arm.elbow;
        Self { cast, side, path, hair, off, bare, tone: tone / 8.0, hangs: fore.y > 0.85 * fore.length() }
    }

    /// How likely skin is at a place, and at the place or right beside it.
    fn skin(&self, p: Vec2) -> [f32; 2] {
        let near = 0.035 * self.cast.unit();
        let likely = |off: Vec2| self.cast.small(&self.cast.person.skin.likely, p + off);
        let here = likely(vec2(0.0, 0.0));
        let around = [vec2(near, 0.0), vec2(-near, 0.0), vec2(0.0, near), vec2(0.0, -near)];
        [here, around.map(likely).into_iter().fold(here, f32::max)]
    }

    /// Share of a place that is arm, and share that the body loses.
    fn at(&self, p: Vec2) -> [f32; 2] {
        let (cast, unit) = (self.cast, self.cast.unit());
        let (body, s) = (&cast.body, sign(self.side));
        let arm = &body.arms[self.side];
        let depth = arm.depth(p) / unit;
        if depth < -0.42 {
            return [0.0; 2];
        }
        let along = self.path.nearest(p) / self.path.length();
        let bare = along > self.bare;
        let [skin, around] = if bare { self.skin(p) } else { [0.0; 2] };
        // Sleeves are loose and fingers spread; what is no skin beside a bare arm is none of it.
        let hand = if bare { 0.34 } else { 0.07 };
        let slack = mix(0.27, hand, smoothstep(0.25, 0.85, along));
        let near = smoothstep(-slack - 0.03, -slack + 0.03, depth);
        let [left, right] = body.edges(p.y);
        let beside = smoothstep(-1.5, 2.5, (p.x - [left, right][self.side]) * s);
        let (fore, across) = (arm.fore_depth(p) / unit, arm.across(&body.torso));
        let sure = if across { smoothstep(-0.06, 0.0, fore) } else { 0.0 };
        let hand = smoothstep(0.5, 0.8, skin) * smoothstep(-0.28, -0.2, fore);
        let before = if self.hangs { sure } else { sure.max(hand) };
        let locks = 1.0 - self.hair.sample(p.x, p.y);
        let own = near * beside.max(before) * locks;
        // The body loses the rim of the skin too.
        let [own, lost] =
            if bare { [skin, around].map(|skin| own * smoothstep(0.1, 0.4, skin)) } else { [own; 2] };
        let from_joint = (p - arm.shoulder).length() / arm.radius[0];
        let below = smoothstep(body.tips[self.side].y - 0.1 * unit, body.tips[self.side].y, p.y);
        let cap = smoothstep(1.15, 0.55, from_joint) * locks;
        let kept = smoothstep(1.15, 0.85, from_joint);
        // Background between arm and body that was taken for person goes with neither.
        let off = cast.small(self.off, p);
        let bright = if bare { lightness(cast.picture.sample(p.x, p.y)) - self.tone } else { 0.0 };
        let ground = smoothstep(0.12, 0.05, off).max(smoothstep(0.15, 0.25, bright));
        let rim = smoothstep(0.3, 0.1, ((p.x - [left, right][self.side]) / unit).abs());
        let arm_only = mix(1.0 - ground, 1.0, smoothstep(0.0, 0.06, depth));
        [own.max(cap) * arm_only, below * (1.0 - kept) * lost.max(ground * rim)]
    }
}

impl Puppet {
    /// Cuts the arms out; none where they or their hands are not to be seen.
    pub(super) fn new(cast: &Cast) -> Option<Self> {
        if !arms_seen(cast) {
            return None;
        }
        let hair = cast.sharpened(&cast.person.hair);
        let (own, behind) = (&cast.person.picture, cast.person.behind());
        let off = own.zip(behind, |own, behind| difference(oklab(own), oklab(behind)));
        let cuts = SIDES.map(|side| Cut::new(cast, side, &hair, &off));
        let limbs = SIDES.map(|side| {
            let arm = &cast.body.arms[side];
            let layer = Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
                let light = cast.figure.at(x, y);
                if light[3] <= 0.0 {
                    return light;
                }
                let [own, _] = cuts[side].at(vec2(x as f32, y as f32));
                light.map(|c| c * own)
            });
            Limb { side, joints: joints(arm), layer, radius: arm.radius[0] }
        });
        let behind = torso(cast);
        let body = Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
            let light = cast.figure.at(x, y);
            if light[3] <= 0.0 {
                return light;
            }
            let p = vec2(x as f32, y as f32);
            let gone = SIDES.map(|side| cuts[side].at(p)[1]).into_iter().fold(0.0, f32::max);
            let [left, right] = cast.body.edges(p.y);
            let inside = smoothstep(-1.0, 1.0, (p.x - left).min(right - p.x));
            let (x, y) = cast.frame.to_small(p.x, p.y);
            let fill = solid(behind.sample(x, y), inside * light[3]);
            std::array::from_fn(|c| mix(light[c], fill[c], gone))
        });
        Some(Self { body, limbs, unit: cast.unit() })
    }

    /// How an arm hangs in the picture.
    pub(super) fn rest(&self, side: usize) -> Reach {
        let [shoulder, elbow, wrist, _] = self.limbs[side].joints;
        let angle = |bone: Vec2| (bone.x * sign(side)).atan2(bone.y);
        Reach { upper: angle(elbow - shoulder), fore: angle(wrist - elbow) }
    }

    /// Shoulder, elbow, wrist and finger tips of an arm that points elsewhere, `length` times as long as it hangs.
    pub(super) fn joints(&self, side: usize, reach: Reach, length: f32) -> [Vec2; 4] {
        let rest = self.limbs[side].joints;
        let bone = |i: usize, angle: f32| {
            Vec2::hanging(sign(side) * angle) * ((rest[i + 1] - rest[i]).length() * length)
        };
        let elbow = rest[0] + bone(0, reach.upper);
        let wrist = elbow + bone(1, reach.fore);
        [rest[0], elbow, wrist, wrist + bone(2, reach.fore)]
    }

    /// The puppet with its arms so, `fingers` of the hands to be seen.
    pub(super) fn posed(&self, reaches: [Reach; 2], length: f32, fingers: f32) -> Posed<'_> {
        let arms = SIDES.map(|side| {
            let limb = &self.limbs[side];
            let joints = self.joints(side, reaches[side], length);
            let rest = Path::new(limb.joints.to_vec()).rounded(2);
            let bones = Path::new(joints.to_vec());
            let now = bones.clone().rounded(2);
            let reach = vec2(WIDE, WIDE) * self.unit;
            let low = joints.iter().fold(joints[0], |a, b| vec2(a.x.min(b.x), a.y.min(b.y)));
            let high = joints.iter().fold(joints[0], |a, b| vec2(a.x.max(b.x), a.y.max(b.y)));
            let wrist = rest.nearest(limb.joints[2]);
            let stretch = rest.length() / now.length().max(1.0);
            Strip { now, rest, bones, bounds: [low - reach, high + reach], wrist, stretch }
        });
        Posed { puppet: self, arms, fingers }
    }
}

/// The torso's colours on the small grid, carried on where arms lie before it.
fn torso(cast: &Cast) -> Grid<Rgb> {
    let person = &cast.person;
    let body = &person.body;
    let mask = &person.figure.mask;
    let known = Mask::from_fn(mask.width, mask.height, |x, y| {
        let p = vec2(x as f32, y as f32);
        let [left, right] = body.edges(p.y);
        let covered = body.arms.iter().any(|arm| arm.fore_depth(p) > -0.12 * body.unit);
        mask.at(x, y) && (left..right).contains(&p.x) && !covered
    });
    spread(&person.picture.map(|rgb| rgb.map(linear_from_srgb)), &known, 1.5)
}

impl Posed<'_> {
    /// The figure at a place of the picture.
    pub(super) fn at(&self, p: Vec2) -> Light {
        let body = self.puppet.body.sample(p.x, p.y);
        let lay = |under: Light, limb: &Limb| over(under, self.arm(limb, p));
        self.puppet.limbs.iter().fold(body, lay)
    }

    /// Whether an arm can lie within some pixels of a place.
    pub(super) fn arm_within(&self, p: Vec2, reach: f32) -> bool {
        self.arms.iter().any(|strip| strip.within(p, reach))
    }

    fn arm(&self, limb: &Limb, p: Vec2) -> Light {
        let strip = &self.arms[limb.side];
        // Most of the box around a raised arm is none of it, and bones are fewer than the pieces of a rounded path.
        if !strip.within(p, 0.0) || strip.bones.distance(p) > 1.1 * WIDE * self.puppet.unit {
            return [0.0; 4];
        }
        let (unit, soft) = (self.puppet.unit, SOFT * self.puppet.unit);
        let reached = strip.now.nearest(p);
        let along = strip.now.direction(reached, soft);
        let off = p - strip.now.at(reached);
        let across = off.dot(along.turned());
        if across.abs() > WIDE * unit {
            return [0.0; 4];
        }
        // Round the end of the shoulder the arm turns as one piece.
        let lies = (reached + off.dot(along)) * strip.stretch;
        if lies < -1.3 * limb.radius {
            return [0.0; 4];
        }
        let from = strip.rest.at(lies) + strip.rest.direction(lies.max(0.0), soft).turned() * across;
        let hand = smoothstep(strip.wrist + 0.26 * unit, strip.wrist + 0.18 * unit, lies);
        limb.layer.sample(from.x, from.y).map(|c| c * mix(hand, 1.0, self.fingers))
    }
}
