//! Where the two eyes are: a template of boxes, laid over the head at every place, size and lean.

use atelier_domain::Picture;
use rayon::prelude::*;

use crate::colour::{Rgb, difference, oklab};
use crate::eyes::Person;
use crate::eyes::parts::plausible;
use crate::face::MOUTH;
use crate::face::framing::Framing;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Plane, blur};

/// Pixels a head height of the copy that is searched.
const HEAD: f32 = 112.0;
/// Heads that the copy is tall.
const TALL: f32 = 1.9;
/// How far faces may lean, in degrees.
const LEANS: [f32; 5] = [0.0, -8.0, 8.0, -16.0, 16.0];

/// Sums of all values above and left, so that any box is read in four steps; in steps of [`FINE`], so that they are
/// exact, and wrapping around does no harm.
struct Sums {
    width: usize,
    height: usize,
    data: Vec<i32>,
}

/// Steps of one.
const FINE: f32 = 4096.0;

impl Sums {
    fn new(plane: &Plane) -> Self {
        let (width, height) = (plane.width, plane.height);
        let mut data = vec![0_i32; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0_i32;
            for x in 0..width {
                row = row.wrapping_add((plane.at(x, y) * FINE) as i32);
                data[(y + 1) * (width + 1) + x + 1] = data[y * (width + 1) + x + 1].wrapping_add(row);
            }
        }
        Self { width, height, data }
    }

    /// Mean over the box around `centre`; the picture's edge cuts it.
    fn mean(&self, centre: Vec2, half: Vec2) -> f32 {
        let cut = |v: f32, most: usize| (v + 0.5).clamp(0.0, most as f32) as usize;
        let (x0, x1) = (cut(centre.x - half.x, self.width), cut(centre.x + half.x, self.width));
        let (y0, y1) = (cut(centre.y - half.y, self.height), cut(centre.y + half.y, self.height));
        if x1 <= x0 || y1 <= y0 {
            return 0.0;
        }
        let at = |x: usize, y: usize| self.data[y * (self.width + 1) + x];
        let sum = at(x1, y1).wrapping_sub(at(x0, y1)).wrapping_sub(at(x1, y0)).wrapping_add(at(x0, y0));
        sum as f32 / (FINE * ((x1 - x0) * (y1 - y0)) as f32)
    }
}

/// What the template reads, on the searched copy.
struct Maps {
    lightness: Sums,
    /// Towards red: lips.
    red: Sums,
    skin: Sums,
    /// How far a pixel is from the skin's own colour: irises, whites, lashes, lips, brows.
    odd: Sums,
}

/// A place of the template.
#[derive(Clone, Copy)]
struct Pose {
    middle: Vec2,
    /// Distance between the eyes.
    between: f32,
    /// In radians.
    lean: f32,
    /// One distance between the eyes along their line.
    along: Vec2,
}

impl Pose {
    fn new(middle: Vec2, between: f32, lean: f32) -> Self {
        Self { middle, between, lean, along: vec2(lean.cos(), lean.sin()) * between }
    }

    fn moved(self, middle: Vec2) -> Self {
        Self { middle, ..self }
    }

    fn at(self, across: f32, down: f32) -> Vec2 {
        self.middle + self.along * across + self.along.turned() * down
    }
}

/// Where a face is bare: boxes as across, down, half width and half height.
const BARE: [[f32; 4]; 4] =
    [[0.0, 0.1, 0.13, 0.2], [0.0, 0.55, 0.2, 0.2], [-0.5, 0.5, 0.22, 0.13], [0.5, 0.5, 0.22, 0.13]];
/// How much a mouth counts at most, by its darkness and by its red.
const LIPS: f32 = 0.08;

impl Maps {
    /// How much like a face it looks at a pose; about 0.2 for a plain one. Anything up to `least` where it is no more
    /// than that, which is sooner known.
    fn score(&self, pose: Pose, least: f32) -> f32 {
        let d = pose.between;
        let skin = |across: f32, down: f32, wide: f32, tall: f32| {
            self.skin.mean(pose.at(across, down), vec2(wide * d, tall * d))
        };
        let odd = |across: f32, down: f32, wide: f32, tall: f32| {
            self.odd.mean(pose.at(across, down), vec2(wide * d, tall * d))
        };
        let mut bare = 1.0_f32;
        for [across, down, wide, tall] in BARE {
            bare = bare.min(skin(across, down, wide, tall));
            if bare < 0.3 {
                return 0.0;
            }
        }
        let bare = smoothstep(0.25, 0.75, bare);
        let eye = |side: f32| {
            let all = odd(side * 0.5, 0.0, 0.24, 0.1);
            let core = odd(side * 0.5, 0.0, 0.1, 0.08);
            let below = odd(side * 0.5, 0.36, 0.24, 0.1);
            let corner = odd(side * 0.92, 0.1, 0.08, 0.1).min(all);
            0.5 * all + 0.7 * core - 0.9 * below - 0.2 * corner
        };
        let [left, right] = [-1.0, 1.0].map(eye);
        let eyes = left.min(right) * 1.5 + left.max(right) * 0.5 - 0.8 * odd(0.0, 0.05, 0.12, 0.12);
        if eyes <= 0.0 || bare * (eyes + 2.0 * LIPS) <= least {
            return 0.0;
        }
        // A fringe may hide the forehead; hair as wide as the face is none.
        let forehead = skin(0.0, -0.65, 0.35, 0.12);
        let temples = skin(-0.88, 0.22, 0.1, 0.12).min(skin(0.88, 0.22, 0.1, 0.12));
        // A beard may hide the chin.
        let chin = skin(0.0, 1.5, 0.2, 0.12);
        let support = bare * mix(0.7, 1.0, forehead) * mix(0.6, 1.0, temples) * mix(0.7, 1.0, chin);
        let mouth = {
            let lips = odd(0.0, MOUTH, 0.28, 0.09);
            let around = 0.5 * (odd(0.0, 1.42, 0.2, 0.07) + odd(0.0, 0.8, 0.25, 0.05));
            let red = self.red.mean(pose.at(0.0, MOUTH), vec2(0.28 * d, 0.09 * d))
                - self.red.mean(pose.at(0.0, 0.6), vec2(0.6 * d, 0.15 * d));
            (lips - around).clamp(0.0, LIPS) + (red * 2.0).clamp(0.0, LIPS)
        };
        let score = (eyes + mouth) * support;
        if score <= least.max(0.02) { score } else { score - 1.1 * self.unlike_halves(pose) }
    }

    /// How much the left half of a face differs from its right half, apart from light from one side.
    fn unlike_halves(&self, pose: Pose) -> f32 {
        let half = vec2(0.09 * pose.between, 0.09 * pose.between);
        let cells: [f32; 30] = std::array::from_fn(|i| {
            let (across, down) = (0.2 + 0.18 * (i % 5) as f32, -0.35 + 0.3 * (i / 5) as f32);
            let [left, right] = [-across, across].map(|x| self.lightness.mean(pose.at(x, down), half));
            left - right
        });
        let shift = cells.iter().sum::<f32>() / 30.0;
        cells.iter().map(|cell| (cell - shift).abs()).sum::<f32>() / 30.0
    }
}

/// Where a head is expected, in full pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// The middle of the top of the head.
    pub(super) top: Vec2,
    pub(super) height: f32,
    /// OKLab of its skin.
    pub(super) skin: Rgb,
    /// How much darker (OKLab) a half of it may be that lies in shadow.
    pub(super) shadow: f32,
}

/// As dark as half a face gets in sun or lamplight.
pub(super) const SHADOW: f32 = 0.22;

impl Expected {
    /// The head of a person.
    pub(super) fn of(person: &Person) -> Self {
        let head = person.body.head;
        let height = head.height.max(person.body.chin - head.top) * person.frame.factor[1];
        Self {
            top: person.frame.to_full(vec2(head.x, head.top)),
            height,
            skin: person.skin.colour,
            shadow: SHADOW,
        }
    }
}

/// Colours around a head, about [`HEAD`] pixels a head.
fn copy(picture: &Picture, head: Expected) -> (Grid<Rgb>, Framing) {
    let height = head.height.max(8.0);
    let scale = (height / HEAD).max(0.25);
    let size = [(2.2 * height / scale) as usize, (TALL * height / scale) as usize];
    let framing = Framing::new(head.top + vec2(0.0, 0.85 * height), scale, 0.0, size);
    (framing.take(picture), framing)
}

/// The lightness (OKLab) of what could be skin around each pixel.
fn local_light(lab: &Grid<Rgb>) -> Plane {
    let weight = lab.map(|colour| if plausible(colour) { 1.0 } else { 0.03 });
    let sigma = 0.1 * HEAD;
    let (sum, weight) = rayon::join(
        || blur(&lab.zip(&weight, |colour, weight| colour[0] * weight), sigma),
        || blur(&weight, sigma),
    );
    sum.zip(&weight, |sum, weight| sum / weight.max(1e-3))
}

/// Lightness (OKLab) of the skin for which contrasts are given.
const LIGHT: f32 = 0.7;

/// By how much contrasts on skin of a colour (OKLab) are to be multiplied to compare: what absorbs a share of the light
/// darkens dark skin by less than light skin.
pub(crate) fn contrast(skin: Rgb) -> f32 {
    (LIGHT / skin[0].max(0.05)).clamp(1.0, 2.5)
}

/// Both pupils in full pixels, left of the picture first, and how sure they are (`0..=1`), if they are surer than `least`.
pub(super) fn eyes(picture: &Picture, head: Expected, least: f32) -> Option<([Vec2; 2], f32)> {
    let (colours, framing) = copy(picture, head);
    let lab = Grid::par_from_fn(colours.width, colours.height, |x, y| oklab(colours.at(x, y)));
    let near = local_light(&lab);
    let own = head.skin;
    let shares = contrast(own);
    let odd = lab.zip(&near, |colour, near| {
        // Light falls off over a face, and half of it may lie in shadow: only what is plainly darker than what is around
        // it, or of another hue, is odd. In shadow all of OKLab shrinks alike.
        let dark = own[0] - head.shadow / shares;
        let darker = (shares * (near.clamp(dark, own[0]) - colour[0]) - 0.04).max(0.0);
        let lit = (own[0] / colour[0].max(dark).max(0.05)).max(1.0);
        let off = difference([own[0], colour[1] * lit, colour[2] * lit], own);
        (0.6 * darker + 0.7 * off).min(0.3)
    });
    let skin = odd.map(|odd| smoothstep(0.09, 0.03, odd));
    let odd = Grid::from_fn(lab.width, lab.height, |x, y| {
        // The whites of eyes stand out from dark skin.
        let brighter = (shares * (lab.at(x, y)[0] - near.at(x, y).max(own[0])) - 0.2).max(0.0);
        (odd.at(x, y) + 0.6 * brighter).min(0.3)
    });
    let maps = Maps {
        lightness: Sums::new(&lab.map(|colour| colour[0])),
        red: Sums::new(&lab.map(|colour| colour[1])),
        skin: Sums::new(&skin),
        odd: Sums::new(&odd),
    };
    let best = search(&maps, [lab.width as f32, lab.height as f32], plain_enough(least))?;
    let sure = smoothstep(PLAIN[0], PLAIN[1], maps.score(best, 0.0));
    let pupils = [-0.5, 0.5].map(|side| pupil(&lab, best, side));
    (sure > least).then(|| (pupils.map(|pupil| framing.to_full(pupil)), sure))
}

/// Scores of what is no face and of a plain one.
const PLAIN: [f32; 2] = [0.02, 0.18];
/// Share of a score that a face has at least at the nearest place of the coarse grid; the least share seen was 0.28.
const COARSELY: f32 = 0.25;

/// The score of a face that is just so sure: where smoothstep between both of [`PLAIN`] is `sure`.
fn plain_enough(sure: f32) -> f32 {
    mix(PLAIN[0], PLAIN[1], 0.5 - ((1.0 - 2.0 * sure).asin() / 3.0).sin())
}

/// A pose and its score.
type Scored = (f32, Pose);

/// The first of the best, if it is more than `least`.
fn better(found: Option<Scored>, other: Scored, least: f32) -> Option<Scored> {
    if other.0 > found.map_or(least, |(most, _)| most) { Some(other) } else { found }
}

/// Sizes that are tried, the likeliest first: distances between the eyes in heads.
const SIZES: [f32; 9] = [0.27, 0.17, 0.19, 0.213, 0.24, 0.303, 0.34, 0.38, 0.428];

/// Coarse over all of the head, then finer around the best. `enough` is a score below which there is no face.
fn search(maps: &Maps, [width, height]: [f32; 2], enough: f32) -> Option<Pose> {
    let least = COARSELY * enough;
    let head = height / TALL;
    let of_size = |size: f32, mut best: Option<Scored>| {
        let between = head * size;
        let grid = between * 0.12;
        // Nostrils over a mouth look like eyes too, of a small head.
        let strange = 0.1 * (size / SIZES[0]).ln().abs();
        for lean in LEANS {
            let upright = Pose::new(Vec2::default(), between, lean.to_radians());
            for i in 0..(0.95 * head / grid) as usize {
                for j in 0..(width * 0.5 / grid) as usize {
                    let middle = vec2(width * 0.25 + j as f32 * grid, 0.2 * head + i as f32 * grid);
                    // The outline gave a rough idea of where the face is.
                    let aside = 0.3 * (middle.x / width - 0.5).powi(2);
                    let off = ((middle.y / head - 0.62).abs() - 0.15).max(0.0) * 0.5;
                    let pose = upright.moved(middle);
                    let off = off + aside + strange + lean.abs() * 0.001;
                    let most = best.map_or(least, |(most, _)| most);
                    best = better(best, (maps.score(pose, most + off) - off, pose), least);
                }
            }
        }
        best
    };
    // What is as good as the best of the likeliest size is soon known of the others.
    let first = of_size(SIZES[0], None);
    let others: Vec<_> = SIZES[1..].par_iter().map(|&size| of_size(size, first)).collect();
    let coarse = others.into_iter().flatten().fold(first, |best, other| better(best, other, least))?;
    let mut best = None;
    for size in [0.94, 1.0, 1.06] {
        for lean in [-4.0_f32, -2.0, 0.0, 2.0, 4.0] {
            let lean = coarse.1.lean + lean.to_radians();
            let here = Pose::new(coarse.1.middle, coarse.1.between * size, lean);
            for i in -4..=4_i32 {
                for j in -4..=4_i32 {
                    let step = coarse.1.between * 0.025;
                    let pose = here.moved(here.middle + vec2(j as f32 * step, i as f32 * step));
                    let most = best.map_or(enough, |(most, _)| most);
                    best = better(best, (maps.score(pose, most), pose), enough);
                }
            }
        }
    }
    best.map(|(_, pose)| pose)
}

/// The dark middle of one eye near where the template has it.
fn pupil(lab: &Grid<Rgb>, pose: Pose, side: f32) -> Vec2 {
    let reach = 0.2 * pose.between;
    let mut place = pose.at(side, 0.0);
    for _ in 0..3 {
        let (mut sum, mut weight, mut seen) = (Vec2::default(), 0.0, Vec::new());
        let steps = 10;
        for i in -steps..=steps {
            for j in -steps..=steps {
                let off = vec2(j as f32, i as f32 * 0.55) * (reach / steps as f32);
                if let Some(colour) = lab.get(place + off) {
                    seen.push((colour[0], off));
                }
            }
        }
        let bright = seen.iter().map(|(light, _)| *light).fold(0.0, f32::max);
        let dark = seen.iter().map(|(light, _)| *light).fold(1.0, f32::min);
        for (light, off) in seen {
            let share = ((bright - light) / (bright - dark).max(0.02)).powi(4);
            sum = sum + off * share;
            weight += share;
        }
        place = place + sum * (0.8 / weight.max(1e-3));
    }
    // A lash or a brow may pull it off; it stays near the template.
    let from = pose.at(side, 0.0);
    let off = place - from;
    from + off * (0.14 * pose.between / off.length().max(1e-3)).min(1.0)
}
