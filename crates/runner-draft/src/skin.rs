//! Bare skin to paint where old clothes were: the colour of skin seen, and the relief of arms and legs under it.
//!
//! Decided here: colour spreads from what is seen, and most of it is one tone, as far from any seen skin nothing better
//! is known. Relief is what makes it a limb: it turns away from the light, muscles and the knee stand out, and pores
//! keep it from looking like wax.

use crate::colour::{Rgb, linear_from_srgb, luminance};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level, sign};
use crate::eyes::limbs::Leg;
use crate::geometry::{Vec2, floor, mix, smoothstep, to_segment, vec2};
use crate::raster::{Blend, Grid, Mask, Plane, distance_to, grow, spread};

/// Where a point lies on a bare leg, everything in heads: how deep inside, and where on its round surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnLeg {
    /// Distance to the leg's outline, negative outside.
    pub(crate) depth: f32,
    /// From the middle of the leg to its outline, -1 (inner side) to 1 (outer side).
    across: f32,
    /// 0 at the crotch, 1 at the knee, 2 at the ankle.
    down: f32,
}

/// Outer and inner half width of a bare leg in heads at `down` (0 crotch, 1 knee, 2 ankle): the calf stands out further and
/// higher outside than inside, and the knee is drawn in.
fn leg_profile(down: f32) -> [f32; 2] {
    const OUTER: [(f32, f32); 9] = [
        (0.0, 0.345),
        (0.45, 0.29),
        (0.8, 0.225),
        (1.0, 0.2),
        (1.15, 0.195),
        (1.38, 0.21),
        (1.65, 0.17),
        (1.88, 0.132),
        (2.3, 0.15),
    ];
    const INNER: [(f32, f32); 9] = [
        (0.0, 0.3),
        (0.45, 0.255),
        (0.8, 0.205),
        (1.0, 0.2),
        (1.15, 0.18),
        (1.48, 0.195),
        (1.7, 0.15),
        (1.9, 0.128),
        (2.3, 0.14),
    ];
    [OUTER, INNER].map(|table| {
        let i = table.iter().position(|row| row.0 >= down).unwrap_or(table.len() - 1).max(1);
        let (from, to) = (table[i - 1], table[i]);
        mix(from.1, to.1, smoothstep(from.0, to.0, down))
    })
}

/// A person's legs as they are under what hides them.
#[derive(Debug, Clone)]
pub(crate) struct Legs {
    body: Body,
    /// How thick each is against [`leg_profile`].
    girth: [f32; 2],
}

/// How far down a leg a row is: 0 at the crotch, 1 at the knee, 2 at the ankle.
fn down_leg(body: &Body, leg: &Leg, y: f32) -> f32 {
    if y < leg.knee.y {
        (y - body.crotch) / (leg.knee.y - body.crotch).max(1.0)
    } else {
        1.0 + (y - leg.knee.y) / (leg.ankle.y - leg.knee.y).max(1.0)
    }
}

impl Legs {
    /// Measures them where they are bare; others are of the usual thickness.
    pub(crate) fn of(person: &Person) -> Self {
        let body = &person.body;
        let girth = match SIDES.map(|side| girth(person, &body.legs[side])) {
            [Some(left), Some(right)] => [left, right],
            [Some(one), None] | [None, Some(one)] => [one; 2],
            [None, None] => [1.0; 2],
        };
        Self { body: body.clone(), girth }
    }

    /// Places a point on one leg.
    pub(crate) fn place(&self, side: usize, point: Vec2) -> OnLeg {
        let (body, leg) = (&self.body, &self.body.legs[side]);
        let down = down_leg(body, leg, point.y);
        let off = (point.x - leg.x_at(point.y)) * sign(side) / body.unit;
        let [outer, inner] = leg_profile(down);
        let half = if off > 0.0 { outer } else { inner } * self.girth[side];
        OnLeg { depth: half - off.abs(), across: (off / half).clamp(-1.2, 1.2), down }
    }
}

/// How thick a leg is against [`leg_profile`], where it is seen bare down to its ankle.
fn girth(person: &Person, leg: &Leg) -> Option<f32> {
    let body = &person.body;
    let skin = |y: f32| person.skin.likely.get(vec2(leg.x_at(y), y)).is_some_and(|skin| skin > 0.5);
    let lowest = leg.ankle.y - 0.3 * body.unit;
    let mut top = lowest;
    while top > body.crotch && skin(top) {
        top -= 1.0;
    }
    if lowest - top < 0.3 * body.unit {
        return None;
    }
    let thickness = |y: f32| {
        let x = leg.x_at(y);
        let row = (y as usize).min(person.figure.mask.height - 1);
        let runs = person.figure.mask.runs(row);
        let run = runs.iter().find(|run| run.0 as f32 <= x && run.1 as f32 >= x)?;
        let [outer, inner] = leg_profile(down_leg(body, leg, y));
        Some((run.1 - run.0) as f32 / ((outer + inner) * body.unit))
    };
    let rows = [0.15, 0.3, 0.45].map(|share| thickness(mix(top, lowest, share)));
    let (sum, count) =
        rows.iter().flatten().fold((0.0, 0.0_f32), |(sum, count), one| (sum + one, count + 1.0));
    (count > 0.0).then(|| (sum / count).clamp(0.75, 1.4))
}

/// How a leg's surface is lit, around 1: round, shin and kneecap standing out. `light` is -1 for light from the right of
/// the picture, 1 from the left.
fn leg_relief(place: OnLeg, side: usize, light: f32) -> f32 {
    let OnLeg { across, down, .. } = place;
    let bump = |at: f32, width: f32, x: f32, spread: f32| {
        (-((down - at) / width).powi(2) - ((across - x) / spread).powi(2)).exp()
    };
    let facing = (1.0 - across * across).max(0.0);
    let towards = -across * sign(side) * light;
    // Around 1 in the mean over the width.
    let form = 0.58 + 0.32 * facing.sqrt() + 0.25 * facing + 0.19 * towards;
    // The kneecap catches light and throws a soft shadow; dimples beside it; the edge of the shin; the tendon of the calf.
    let knee = 0.09 * bump(0.97, 0.07, 0.05, 0.42)
        - 0.10 * bump(1.10, 0.05, 0.0, 0.55)
        - 0.05 * bump(0.95, 0.11, 0.72, 0.22)
        - 0.06 * bump(0.95, 0.11, -0.68, 0.22);
    let shin = 0.05 * bump(1.5, 0.3, -0.18, 0.16) - 0.04 * bump(1.45, 0.26, 0.42, 0.28);
    let thigh = 0.045 * bump(0.5, 0.35, 0.1, 0.35);
    let ankle = 0.07 * bump(1.97, 0.05, 0.62, 0.25) + 0.05 * bump(1.93, 0.05, -0.62, 0.25)
        - 0.05 * bump(2.08, 0.08, 0.0, 0.7);
    // What stands in a shoe stands in its shade.
    let shoe = 0.3 * smoothstep(1.98, 2.14, down);
    form * (1.0 - shoe) + knee + shin + thigh + ankle
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

/// A bare arm's light, around 1, for points near an arm.
fn arm_relief(body: &Body, point: Vec2, light: f32) -> f32 {
    let bones = body.arms.iter().flat_map(|arm| {
        [
            (arm.shoulder, arm.elbow, arm.radius[0], arm.radius[1]),
            (arm.elbow, arm.wrist, arm.radius[1], arm.radius[2]),
        ]
    });
    let mut best = (f32::MAX, 0.0);
    for (from, to, r0, r1) in bones {
        let (distance, t) = to_segment(point, from, to);
        let radius = mix(r0, r1, t);
        if distance / radius < best.0 {
            let across = (point.x - from.lerp(to, t).x) / radius;
            best = (distance / radius, across.clamp(-1.0, 1.0));
        }
    }
    let near = 1.0 - smoothstep(1.0, 1.6, best.0);
    (1.0 - 0.22 * best.0.min(1.0).powi(3) * near) * (1.0 - 0.25 * light * best.1 * near)
}

/// Uneven tone, as skin has: always the same for a place.
pub(crate) fn mottle(x: f32, y: f32) -> f32 {
    let noise = |x: f32, y: f32| {
        let hash = |i: i32, j: i32| {
            let mut h = (i.wrapping_mul(374_761_393) ^ j.wrapping_mul(668_265_263)) as u32;
            h = (h ^ (h >> 13)).wrapping_mul(1_274_126_177);
            (h >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let ((i, x), (j, y)) = (floor(x), floor(y));
        let (u, v) = (smoothstep(0.0, 1.0, x), smoothstep(0.0, 1.0, y));
        mix(mix(hash(i, j), hash(i + 1, j), u), mix(hash(i, j + 1), hash(i + 1, j + 1), u), v)
    };
    0.5 * noise(x, y) + 0.3 * noise(x * 2.3 + 17.0, y * 2.1) + 0.2 * noise(x * 5.1, y * 4.7 + 5.0)
}

/// What is known of the skin everywhere, on the small grid, in linear light.
pub(crate) struct Tones<'a> {
    person: &'a Person,
    /// From what is seen nearest, and the same with the neck in the shadow of the chin.
    base: Grid<Rgb>,
    neck: Grid<Rgb>,
    mean: Rgb,
    /// Pixels to the nearest skin that is seen.
    far: Plane,
    /// Where the main light comes from.
    side: f32,
    legs: Legs,
}

impl<'a> Tones<'a> {
    pub(crate) fn of(person: &'a Person) -> Self {
        let body = &person.body;
        let light = person.picture.map(|rgb| rgb.map(linear_from_srgb));
        // The neck lies in the chin's shadow: it would make everything near it too dark.
        let lit = Mask::from_fn(light.width, light.height, |x, y| {
            let under = (y as f32 - body.chin) / body.unit;
            let near = (x as f32 - body.head.x).abs() < 0.5 * body.unit;
            person.skin.likely.at(x, y) > 0.75 && !(near && (-0.03..0.4).contains(&under))
        });
        let known = grow(&lit, -1.2);
        // On the chest it has to go on from the neck, shadow and all.
        let shaded = grow(&person.skin.likely.map(|skin| skin > 0.75), -1.2);
        let (base, neck) = rayon::join(
            || spread(&light, &known, 0.12 * body.unit),
            || spread(&light, &shaded, 0.08 * body.unit),
        );
        let (mut mean, count) = ([0.0; 3], known.count().max(1) as f32);
        for (rgb, _) in light.data.iter().zip(&known.data).filter(|(_, known)| **known) {
            (0..3).for_each(|c| mean[c] += rgb[c] / count);
        }
        let (far, side, legs) = (distance_to(&known), key_side(person), Legs::of(person));
        Self { person, base, neck, mean, far, side, legs }
    }

    /// Skin for the pixels of the small grid where it is wanted; black elsewhere.
    pub(crate) fn painted(&self, wanted: &Mask) -> Grid<Rgb> {
        Grid::par_from_fn(
            wanted.width,
            wanted.height,
            |x, y| {
                if wanted.at(x, y) { self.at(x, y) } else { [0.0; 3] }
            },
        )
    }

    fn at(&self, x: usize, y: usize) -> Rgb {
        let body = &self.person.body;
        let point = vec2(x as f32, y as f32);
        let chest = smoothstep(0.8, 0.5, (point.x - body.head.x).abs() / body.unit)
            * smoothstep(body.level(2.6), body.level(2.1), point.y);
        let below = smoothstep(body.level(level::HIP), body.level(level::CROTCH), point.y);
        let legs = SIDES.map(|i| (self.legs.place(i, point), i));
        let nearest = if legs[0].0.depth > legs[1].0.depth { legs[0] } else { legs[1] };
        let relief = leg_relief(nearest.0, nearest.1, self.side);
        let shade = mix(mix(arm_relief(body, point, self.side), relief, below), 1.0, chest);
        let near = self.base.at(x, y).blend(self.neck.at(x, y), chest);
        // Knees, ankles and toes are redder than the rest; so are the rims, through which light comes.
        let warm = below * 0.035 * (-((nearest.0.down - 1.0) / 0.1).powi(2)).exp();
        let warmth = [1.0 + warm, 1.0 - 0.6 * warm, 1.0 - 0.8 * warm];
        let uneven = 1.0 + 0.035 * mottle(point.x / (0.12 * body.unit), point.y / (0.16 * body.unit));
        // Beside skin that is seen nothing is known better than that.
        let common = (0.5 - 0.4 * chest) * smoothstep(0.0, 1.2 * body.unit, self.far.at(x, y));
        std::array::from_fn(|c| mix(near[c], self.mean[c], common) * shade * warmth[c] * uneven)
    }
}
