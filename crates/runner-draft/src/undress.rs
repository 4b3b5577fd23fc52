//! What is where the old clothes were, for the places that the new ones leave open.
//!
//! Decided here: inside an arm, a leg or the neck it is skin, in the colour of the nearest skin seen and rounded by
//! the light; well outside the body it is background; on the trunk the old cloth stays, since a hole there would be
//! worse than a rim of it.

use crate::colour::{Rgb, linear_from_srgb, luminance};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level};
use crate::geometry::{Path, Vec2, mix, smoothstep, to_segment, vec2};
use crate::raster::{Blend, Grid, Mask, Plane, grow, spread};

/// What to paint before the new clothes.
pub(crate) struct Undressed {
    /// Old cloth to paint over, on the small grid.
    pub(crate) remove: Mask,
    /// What is painted there, linear light, small grid.
    pub(crate) skin: Grid<Rgb>,
    /// The background, linear light, small grid.
    pub(crate) behind: Grid<Rgb>,
    /// How deep inside the bare body a pixel lies, in small pixels; negative outside.
    depth: Plane,
}

/// Bare limbs as far as they may have to be painted.
struct Limbs {
    body: Body,
    /// Arc length from the shoulder from which each arm is bare; none where it stays as it is.
    arms: Option<[f32; 2]>,
    paths: [Path; 2],
    /// How far from the middle the new neckline may show skin.
    neckline: f32,
    legs: bool,
}

impl Undressed {
    /// How much a small-grid point (fractions allowed) lies on the bare body, `0..=1`.
    pub(crate) fn bare(&self, point: Vec2) -> f32 {
        soft_edge(self.depth.sample(point.x, point.y))
    }
}

fn soft_edge(depth: f32) -> f32 {
    smoothstep(-0.5, 0.7, depth)
}

impl Limbs {
    /// Whether a point lies on an arm, generously, where a new sleeve covers it.
    fn sleeved(&self, point: Vec2) -> bool {
        let ends = self.arms.unwrap_or_default();
        SIDES.into_iter().any(|side| {
            let ease = 0.15 * self.body.unit;
            self.body.arms[side].depth(point) > -ease && self.paths[side].nearest(point) < ends[side] - ease
        })
    }

    fn depth(&self, point: Vec2) -> f32 {
        let body = &self.body;
        let mut depth = -100.0_f32;
        if let Some(ends) = self.arms {
            for side in SIDES {
                if ends[side] <= 0.0 || self.paths[side].nearest(point) > ends[side] - 0.15 * body.unit {
                    depth = depth.max(body.arms[side].bone_depth(point) - 0.01 * body.unit);
                }
            }
            if point.y < body.level(level::ARMPIT) {
                let middle = f32::midpoint(body.neck[0].x, body.neck[1].x);
                let side = usize::from(point.x > middle);
                let (neck, tip) = (body.neck[side], body.tips[side]);
                let t = ((point.x - neck.x) / (tip.x - neck.x)).clamp(-1.0, 1.0);
                let aside = (point.x - middle).abs();
                let neck_depth = (point.y - neck.y + 0.5 * body.unit).min(0.28 * body.unit - aside);
                let inside = (point.y - mix(neck.y, tip.y, t.max(0.0))).max(neck_depth);
                let edge = (body.edges(point.y)[side] - middle).abs();
                let low = smoothstep(tip.y + 0.15 * body.unit, tip.y + 0.45 * body.unit, point.y);
                let reach = self.neckline.min(mix((tip.x - middle).abs(), edge, low));
                depth = depth.max(inside.min(reach - aside));
            }
        }
        if self.legs && point.y > body.crotch {
            for leg in &body.legs {
                let (thigh, t) = to_segment(point, leg.hip, leg.knee);
                depth = depth.max(mix(0.31, 0.19, t) * body.unit - thigh);
                let foot = leg.ankle + (leg.ankle - leg.knee).unit() * (0.22 * body.unit);
                let (shin, u) = to_segment(point, leg.knee, foot);
                depth = depth.max(calf(u) * body.unit - shin);
            }
        }
        depth
    }
}

/// Half width of a bare lower leg in heads, from the knee (0) to below the ankle (1).
fn calf(u: f32) -> f32 {
    mix(mix(0.185, 0.2, smoothstep(0.0, 0.3, u)), 0.105, smoothstep(0.35, 0.95, u))
}

/// Brightness of the face's left and right half against each other: -1 lit from the right, 1 from the left.
fn key_side(person: &Person) -> f32 {
    let head = person.body.head;
    let mut sums = [0.0_f32; 2];
    let mut counts = [1e-3_f32; 2];
    for (i, rgb) in person.picture.data.iter().enumerate() {
        let (x, y) = ((i % person.picture.width) as f32, (i / person.picture.width) as f32);
        let off = (x - head.x) / head.height;
        if y > head.top && y < person.body.chin && off.abs() < 0.3 && person.skin.likely.data[i] > 0.6 {
            let side = usize::from(off > 0.0);
            sums[side] += luminance(rgb.map(linear_from_srgb));
            counts[side] += 1.0;
        }
    }
    let [left, right] = [sums[0] / counts[0], sums[1] / counts[1]];
    ((left - right) / (left + right).max(1e-3) * 2.5).clamp(-1.0, 1.0)
}

/// Skin for every pixel: seen skin spread outwards, shaded as round limbs are.
fn skin_everywhere(person: &Person) -> Grid<Rgb> {
    let body = &person.body;
    let light = person.picture.map(|rgb| rgb.map(linear_from_srgb));
    // The neck lies in the chin's shadow: it would make everything near it too dark.
    let lit = Mask::from_fn(light.width, light.height, |x, y| {
        let under = (y as f32 - body.chin) / body.unit;
        let near = (x as f32 - body.head.x).abs() < 0.5 * body.unit;
        person.skin.likely.at(x, y) > 0.75 && !(near && (-0.03..0.4).contains(&under))
    });
    let known = grow(&lit, -1.2);
    let base = spread(&light, &known, 0.12 * body.unit);
    // On the chest it has to go on from the neck, shadow and all.
    let shaded = grow(&person.skin.likely.map(|skin| skin > 0.75), -1.2);
    let neck = spread(&light, &shaded, 0.08 * body.unit);
    let (mut mean, count) = ([0.0; 3], known.count().max(1) as f32);
    for (rgb, _) in light.data.iter().zip(&known.data).filter(|(_, known)| **known) {
        (0..3).for_each(|c| mean[c] += rgb[c] / count);
    }
    let side = key_side(person);
    let round = |point: Vec2| {
        let mut best = (f32::MAX, 0.0);
        let bones = body.arms.iter().flat_map(|arm| {
            [
                (arm.shoulder, arm.elbow, arm.radius[0], arm.radius[1]),
                (arm.elbow, arm.wrist, arm.radius[1], arm.radius[2]),
            ]
        });
        let shins = body.legs.iter().flat_map(|leg| {
            let unit = body.unit;
            [(leg.hip, leg.knee, 0.31 * unit, 0.2 * unit), (leg.knee, leg.ankle, 0.2 * unit, 0.115 * unit)]
        });
        for (from, to, r0, r1) in bones.chain(shins) {
            let (distance, t) = to_segment(point, from, to);
            let radius = mix(r0, r1, t);
            if distance / radius < best.0 {
                let across = (point.x - from.lerp(to, t).x) / radius;
                best = (distance / radius, across.clamp(-1.0, 1.0));
            }
        }
        let rim = 0.22 * best.0.min(1.0).powi(3) * (1.0 - smoothstep(1.0, 1.6, best.0));
        let turned = best.1 * (1.0 - smoothstep(1.0, 1.6, best.0));
        (1.0 - rim) * (1.0 - 0.25 * side * turned)
    };
    Grid::from_fn(light.width, light.height, |x, y| {
        let point = vec2(x as f32, y as f32);
        let chest = smoothstep(0.8, 0.5, (point.x - body.head.x).abs() / body.unit)
            * smoothstep(body.level(2.6), body.level(2.1), point.y);
        let shade = mix(round(point), 1.0, chest);
        let near = base.at(x, y).blend(neck.at(x, y), chest);
        std::array::from_fn(|c| mix(near[c], mean[c], 0.5 - 0.4 * chest) * shade)
    })
}

/// Prepares the painting-over of old upper and old lower clothes, as asked. `sleeves` says how far down each arm the new
/// ones reach: what they cover of a bare arm goes too, or it would stick out beside them.
pub(crate) fn undress(
    person: &Person,
    [upper, lower]: [bool; 2],
    sleeves: [f32; 2],
    neckline: f32,
) -> Undressed {
    let body = &person.body;
    let paths = SIDES.map(|side| body.arms[side].path());
    let limbs = Limbs { body: body.clone(), arms: upper.then_some(sleeves), paths, neckline, legs: lower };
    let clothes = &person.clothes;
    let hem = clothes.hem;
    let old = clothes.upper.zip(&clothes.lower, |above, below| (upper && above) || (lower && below));
    let near = grow(&old, 2.2);
    let old = grow(&old, 1.6).and(&grow(&person.figure.mask, 2.0));
    let depth = Grid::par_from_fn(old.width, old.height, |x, y| limbs.depth(vec2(x as f32, y as f32)));
    let inner = Grid::from_fn(old.width, old.height, |x, y| {
        let point = vec2(x as f32, y as f32);
        let skin = person.skin.likely.at(x, y) > 0.5;
        if skin && !person.hair.at(x, y) && limbs.sleeved(point) {
            return true;
        }
        if person.hair.at(x, y) || !near.at(x, y) {
            return false;
        }
        if soft_edge(depth.at(x, y)) > 0.5 {
            // Right up to the skin that stays, or the old hem would remain as a line.
            return true;
        }
        // Corners of old sleeves are too thin to count as cloth; the rim of shoes must not.
        if skin || (!old.at(x, y) && point.y > body.level(level::ANKLE)) {
            return false;
        }
        let [left, right] = body.edges(point.y);
        let ease = -0.02 * body.unit;
        let in_trunk = point.y > body.level(level::ARMPIT) - 0.1 * body.unit
            && point.x > left - ease
            && point.x < right + ease
            && point.y < body.crotch + 0.1 * body.unit;
        let kept_lower = !lower && point.y > hem && clothes.lower.at(x, y);
        !in_trunk && !kept_lower
    });
    // Around the figure there is only background: painting some of it takes the old edge's last trace along.
    let kept = person.figure.mask.without(&inner);
    let remove = grow(&inner, 4.0).without(&kept);
    let behind = person.figure.behind.map(|rgb| rgb.map(linear_from_srgb));
    Undressed { remove, skin: skin_everywhere(person), behind, depth }
}
