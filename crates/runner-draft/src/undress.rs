//! What is where the old clothes were, for the places that the new ones leave open.
//!
//! Decided here: inside the bare body, a little slimmer than what clothes show of it and never beyond the figure as seen,
//! it is skin ([`crate::skin`]); all around it is background. What stays (hair, hands, shoes, the other garment) is cut out along its own edges, so that
//! the painting may reach far beyond the old clothes and no trace of their rim is left.

use crate::colour::{Rgb, linear_from_srgb};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level};
use crate::feet::Feet;
use crate::geometry::{Path, Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Mask, Plane, blur, distance_to, grow, inside_distance};
use crate::skin::{Legs, Tones};

/// What the new clothes take the place of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Going {
    /// Old upper and old lower clothes.
    pub(crate) replaces: [bool; 2],
    /// How far down each arm new sleeves reach.
    pub(crate) sleeves: [f32; 2],
    /// How far from the middle the new neckline may show skin.
    pub(crate) neckline: f32,
    /// The row above which a hat covers the head.
    pub(crate) above: Option<f32>,
    /// The row of the soles, if the old shoes go.
    pub(crate) feet: Option<f32>,
}

impl Going {
    /// Whether a point belongs to old shoes, generously, as bright ones are hardly seen on a bright floor.
    pub(crate) fn shoe(&self, body: &Body, point: Vec2) -> bool {
        let from = body.level(level::ANKLE) - 0.02 * body.unit;
        self.feet.is_some_and(|sole| (from..sole + 0.08 * body.unit).contains(&point.y))
            && body.legs.iter().any(|leg| (point.x - leg.x_at(point.y)).abs() < 0.5 * body.unit)
    }
}

/// What to paint before the new clothes.
pub(crate) struct Undressed {
    /// Old cloth to paint over, on the small grid.
    pub(crate) remove: Mask,
    /// How far the painting reaches, `0..=1`: over all of `remove` and softly out into the background.
    pub(crate) reach: Plane,
    /// What of the figure stays.
    pub(crate) kept: Mask,
    /// What is painted there, linear light, small grid.
    pub(crate) skin: Grid<Rgb>,
    /// The background, linear light, small grid.
    pub(crate) behind: Grid<Rgb>,
    /// How deep inside the bare body a pixel lies, in small pixels; negative outside.
    depth: Plane,
    /// The same for what of the arms sleeves hid.
    arms: Plane,
}

/// Bare limbs as far as they may have to be painted.
struct Limbs {
    body: Body,
    /// Arc length from the shoulder from which each arm is bare; none where it stays as it is.
    arms: Option<[f32; 2]>,
    paths: [Path; 2],
    /// Arc length from the shoulder to which old sleeves reached.
    old_sleeves: [f32; 2],
    /// How far from the middle the new neckline may show skin.
    neckline: f32,
    /// Half the neck's width.
    throat: f32,
    legs: Option<Legs>,
    /// Whether the old lower clothes go.
    lower: bool,
    /// Rows between which legs are painted: from the crotch, or the ankles if only the old shoes go, down into new shoes.
    rows: [f32; 2],
    /// Where the old upper garment ended.
    hem: f32,
}

impl Undressed {
    /// How much a small-grid point (fractions allowed) lies on the bare body, `0..=1`.
    pub(crate) fn bare(&self, point: Vec2) -> f32 {
        soft_edge(self.depth.sample(point.x, point.y))
    }

    /// Where the background is painted, on the small grid: beside new clothes that cover so much, and beside bare skin.
    pub(crate) fn open(&self, cover: &Plane) -> Mask {
        Mask::from_fn(cover.width, cover.height, |x, y| {
            let hidden = self.kept.at(x, y) || cover.at(x, y) > 0.95;
            self.reach.at(x, y) > 0.02 && !hidden && self.bare(vec2(x as f32, y as f32)) < 0.95
        })
    }

    /// The same for those parts of arms that old sleeves hid.
    pub(crate) fn bare_arm(&self, point: Vec2) -> f32 {
        soft_edge(self.arms.sample(point.x, point.y))
    }
}

/// Pixels outside at which depths no longer matter (see [`soft_edge`]), their neighbours' included.
const BEYOND: f32 = 4.0;

fn soft_edge(depth: f32) -> f32 {
    smoothstep(-0.5, 0.7, depth)
}

/// Half a neck is at most so wide, in distances between the eyes: it does not stick out beside the jaw.
const NECK: f32 = 0.9;

impl Limbs {
    fn of(person: &Person, going: &Going) -> Self {
        let body = &person.body;
        let [upper, lower] = going.replaces;
        let paths = SIDES.map(|side| body.arms[side].path());
        let (eyes, throat) = (person.figure.eyes, 0.28 * body.unit);
        Self {
            body: body.clone(),
            arms: upper.then_some(going.sleeves),
            old_sleeves: SIDES.map(|side| old_sleeve(person, &paths[side])),
            paths,
            neckline: going.neckline,
            throat: eyes.map_or(throat, |eyes| throat.min(NECK * eyes.between())),
            lower,
            legs: (lower || going.feet.is_some()).then(|| Legs::of(person)),
            rows: [
                if lower {
                    body.crotch - 0.1 * body.unit
                } else {
                    body.level(level::ANKLE) - 0.35 * body.unit
                },
                going.feet.map_or(f32::MAX, |sole| sole - 0.25 * body.unit),
            ],
            hem: person.clothes.hem,
        }
    }

    /// Whether a point lies on an arm, generously, where a new sleeve covers it.
    fn sleeved(&self, point: Vec2) -> bool {
        let ends = self.arms.unwrap_or_default();
        SIDES.into_iter().any(|side| {
            let ease = 0.15 * self.body.unit;
            self.body.arms[side].depth(point) > -1.8 * ease
                && self.paths[side].nearest(point) < ends[side] - ease
        })
    }

    /// How deep inside a part of an arm a point is that an old sleeve hid and no new one does.
    fn arm_depth(&self, point: Vec2) -> f32 {
        let ends = self.arms.unwrap_or_default();
        let deep = |side: usize| {
            let depth = self.body.arms[side].bone_depth(point) - 0.01 * self.body.unit;
            if self.arms.is_none() || depth < -BEYOND {
                return None;
            }
            let along = self.paths[side].nearest(point);
            let hidden = along < self.old_sleeves[side] + 0.15 * self.body.unit;
            let open = ends[side] <= 0.0 || along > ends[side] - 0.15 * self.body.unit;
            (hidden && open).then_some(depth)
        };
        SIDES.into_iter().filter_map(deep).fold(-100.0, f32::max)
    }

    /// How deep inside the bare body, of which the arms are known already.
    fn depth(&self, point: Vec2, arms: f32) -> f32 {
        let mut depth = arms;
        if self.arms.is_some() {
            depth = depth.max(self.neck_depth(point));
        }
        if self.arms.is_some() || self.lower {
            depth = depth.max(self.trunk_depth(point));
        }
        if let Some(legs) = &self.legs {
            let [from, to] = self.rows;
            if point.y > from && point.y < to {
                let deep = SIDES.map(|side| legs.place(side, point).depth * self.body.unit);
                depth = depth.max(deep[0]).max(deep[1]);
            }
        }
        depth
    }

    /// Depth inside neck and shoulders as far as the new neckline shows them.
    fn neck_depth(&self, point: Vec2) -> f32 {
        let body = &self.body;
        if point.y >= body.level(level::ARMPIT) {
            return -100.0;
        }
        let middle = f32::midpoint(body.neck[0].x, body.neck[1].x);
        let side = usize::from(point.x > middle);
        let (neck, tip) = (body.neck[side], body.tips[side]);
        let t = ((point.x - neck.x) / (tip.x - neck.x)).clamp(-1.0, 1.0);
        let aside = (point.x - middle).abs();
        let neck_depth = (point.y - neck.y + 0.5 * body.unit).min(self.throat - aside);
        let inside = (point.y - mix(neck.y, tip.y, t.max(0.0))).max(neck_depth);
        let edge = (body.edges(point.y)[side] - middle).abs();
        let low = smoothstep(tip.y + 0.15 * body.unit, tip.y + 0.45 * body.unit, point.y);
        let reach = self.neckline.min(mix((tip.x - middle).abs(), edge - 0.08 * body.unit, low));
        inside.min(reach - aside)
    }

    /// Depth inside the bare trunk between armpits and crotch.
    fn trunk_depth(&self, point: Vec2) -> f32 {
        let body = &self.body;
        let unit = body.unit;
        let [left, right] = body.edges(point.y);
        // Old trousers stand off further than an old top.
        let loose = mix(0.06, 0.18, smoothstep(self.hem - 0.2 * unit, self.hem + 0.1 * unit, point.y));
        let aside = (point.x - left).min(right - point.x) - loose * unit;
        let from = body.level(level::ARMPIT) - 0.3 * unit;
        let to = if self.lower { body.crotch + 0.05 * unit } else { self.hem };
        aside.min(point.y - from).min(to - point.y)
    }
}

/// Arc length from the shoulder to which an old sleeve reaches: below that, down to the wrist, there is skin.
fn old_sleeve(person: &Person, path: &Path) -> f32 {
    let step = 0.06 * person.body.unit;
    let skin = |along: f32| person.skin.likely.get(path.at(along)).is_some_and(|skin| skin > 0.4);
    // Bare above and not below: the hand is behind the back, or in a pocket, and the forearm not where it was looked for.
    let whole = path.length();
    let bare = |from: f32, to: f32| (0..8).filter(|i| skin(mix(from, to, *i as f32 / 7.0) * whole)).count();
    if bare(0.2, 0.6) >= 5 && bare(0.85, 1.1) <= 3 {
        return 0.0;
    }
    let mut end = path.length();
    // A bracelet or a watch is no sleeve.
    while end > 0.0 && (skin(end) || skin(end - step) || skin(end - 2.0 * step)) {
        end -= step;
    }
    end.max(0.0)
}

/// How deep inside the bare body every pixel lies, and inside what sleeves hid of its arms; nowhere beyond the figure.
fn bare_body(person: &Person, going: &Going, limbs: &Limbs) -> (Plane, Plane) {
    let figure = &person.figure.mask;
    let (width, height) = (figure.width, figure.height);
    let (within, beyond) = rayon::join(|| inside_distance(figure), || distance_to(figure));
    let seen = Grid::par_from_fn(width, height, |x, y| {
        // Old shoes are often too pale to be seen, and ankles go on behind them.
        let shod = going.shoe(&person.body, vec2(x as f32, y as f32));
        if shod { f32::MAX } else { within.at(x, y) - beyond.at(x, y) }
    });
    let within = |x: usize, y: usize, depth: &dyn Fn(Vec2) -> f32| {
        let seen = seen.at(x, y);
        if seen < -BEYOND { -100.0 } else { depth(vec2(x as f32, y as f32)).min(seen) }
    };
    let arms = Grid::par_from_fn(width, height, |x, y| within(x, y, &|p| limbs.arm_depth(p)));
    let body = Grid::par_from_fn(width, height, |x, y| within(x, y, &|p| limbs.depth(p, arms.at(x, y))));
    (body, arms)
}

/// How well the background is known around each pixel, `0..=1`: where it is calm, what is painted may go over softly into
/// what is seen; where it has detail, as much of that as possible has to stay.
fn calm(person: &Person) -> Plane {
    let figure = grow(&person.figure.mask, 2.0);
    let off = person
        .picture
        .zip(person.behind(), |seen, behind| (0..3).map(|c| (seen[c] - behind[c]).abs()).fold(0.0, f32::max));
    let open = figure.map(|inside| if inside { 0.0 } else { 1.0 });
    let sigma = 0.016 * figure.height as f32;
    let (sum, count) = (blur(&off.zip(&open, |off, open| off * open), sigma), blur(&open, sigma));
    sum.zip(&count, |sum, count| smoothstep(0.03, 0.012, sum / count.max(1e-3)))
}

/// Old cloth and all else that goes. `near` is where old cloth is or might be, `depth` that inside the bare body.
fn goes(
    person: &Person,
    going: &Going,
    limbs: &Limbs,
    feet: &Feet,
    [near, old]: [&Mask; 2],
    depth: &Plane,
) -> Mask {
    let (body, clothes) = (&person.body, &person.clothes);
    let [upper, lower] = going.replaces;
    Grid::par_from_fn(old.width, old.height, |x, y| {
        let point = vec2(x as f32, y as f32);
        let skin = person.skin.likely.at(x, y) > 0.5;
        let under_hat = going.above.is_some_and(|row| point.y < row) && person.figure.mask.at(x, y);
        let stays = clothes.lower.at(x, y) && !lower;
        if under_hat || (going.shoe(body, point) && !stays) {
            return true;
        }
        // Hair may hide where a shoulder ends, but no sleeve reaches the face.
        let beside = (point.x - body.head.x).abs() > 0.6 * body.head.height || point.y > body.chin;
        let shown = person.figure.mask.at(x, y) && !clothes.lower.at(x, y);
        if shown && beside && !person.hair.at(x, y) && limbs.sleeved(point) {
            return true;
        }
        if person.hair.at(x, y) || !near.at(x, y) {
            return false;
        }
        let shoe = feet.shod(body, point).unwrap_or(point.y > body.level(level::ANKLE));
        if soft_edge(depth.at(x, y)) > 0.5 && !shoe {
            // Right up to the skin that stays, or the old hem would remain as a line.
            return true;
        }
        // Corners of old sleeves are too thin to count as cloth; the rim of shoes must not.
        if skin || (!old.at(x, y) && shoe) {
            return false;
        }
        let kept_lower = !lower && point.y > clothes.hem && clothes.lower.at(x, y);
        let kept_upper = !upper && clothes.upper.at(x, y);
        !kept_lower && !kept_upper
    })
}

/// Prepares the painting-over of old upper and old lower clothes, as asked. What new sleeves cover of a bare arm goes too,
/// or it would stick out beside them.
pub(crate) fn undress(person: &Person, going: Going, feet: &Feet) -> Undressed {
    let (tones, undressed) = rayon::join(|| Tones::of(person), || uncovered(person, &going, feet));
    let Uncovered { inner, kept, depth, arms, reach } = undressed;
    // Between pixels the next ones count, too.
    let skin = tones.painted(&grow(&reach.map(|share| share > 0.0), 1.5));
    let remove = grow(&inner, 4.0).without(&kept);
    let behind = person.behind().map(|rgb| rgb.map(linear_from_srgb));
    Undressed { remove, reach, kept, skin, behind, depth, arms }
}

/// What goes and what stays; see [`Undressed`].
struct Uncovered {
    /// Exactly what goes.
    inner: Mask,
    kept: Mask,
    depth: Plane,
    arms: Plane,
    reach: Plane,
}

fn uncovered(person: &Person, going: &Going, feet: &Feet) -> Uncovered {
    let [upper, lower] = going.replaces;
    let (body, clothes) = (&person.body, &person.clothes);
    let limbs = Limbs::of(person, going);
    let old = Mask::from_fn(person.picture.width, person.picture.height, |x, y| {
        let below = lower && clothes.lower.at(x, y);
        (upper && clothes.upper.at(x, y))
            || (below && feet.shod(body, vec2(x as f32, y as f32)) != Some(true))
    });
    let near = grow(&old, 2.2);
    let old = grow(&old, 1.6).and(&grow(&person.figure.mask, 2.0));
    let (depth, arms) = bare_body(person, going, &limbs);
    let inner = goes(person, going, &limbs, feet, [&near, &old], &depth);
    let kept = feet.figure.without(&inner);
    // Thin rims beside old clothes are what blur left of them; strands of hair are thin, too.
    let solid = grow(&grow(&kept, -1.0), 1.6);
    let kept = Mask::from_fn(kept.width, kept.height, |x, y| {
        kept.at(x, y) && (solid.at(x, y) || person.hair.at(x, y) || !near.at(x, y))
    });
    let ((wide, rim), (calm, close)) = rayon::join(
        || {
            let wide = grow(&inner, 0.022 * inner.height as f32).plane();
            (blur(&wide, 0.008 * inner.height as f32), blur(&grow(&inner, 2.0).plane(), 0.8))
        },
        || (calm(person), blur(&inner.plane(), 0.7)),
    );
    // Bright shoes on a bright floor may not have been seen: around the feet nothing but old cloth goes.
    let feet = body.level(6.9);
    let reach = Grid::from_fn(inner.width, inner.height, |x, y| {
        let low =
            if going.feet.is_some() { 0.0 } else { smoothstep(feet, feet + 0.15 * body.unit, y as f32) };
        let around = mix(rim.at(x, y), wide.at(x, y).max(rim.at(x, y)), calm.at(x, y));
        mix(around, close.at(x, y), low)
    });
    Uncovered { inner, kept, depth, arms, reach }
}
