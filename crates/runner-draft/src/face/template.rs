//! Where the two eyes are: a template of boxes, laid over the head at every place, size and lean.

use atelier_domain::Picture;
use rayon::prelude::*;

use crate::colour::{Rgb, difference, oklab};
use crate::eyes::Person;
use crate::face::MOUTH;
use crate::face::framing::Framing;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Plane};

/// Pixels a head height of the copy that is searched.
const HEAD: f32 = 112.0;
/// How far faces may lean, in degrees.
const LEANS: [f32; 5] = [-16.0, -8.0, 0.0, 8.0, 16.0];

/// Sums of all values above and left, so that any box is read in four steps.
struct Sums {
    width: usize,
    height: usize,
    data: Vec<f64>,
}

impl Sums {
    fn new(plane: &Plane) -> Self {
        let (width, height) = (plane.width, plane.height);
        let mut data = vec![0.0; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0.0;
            for x in 0..width {
                row += f64::from(plane.at(x, y));
                data[(y + 1) * (width + 1) + x + 1] = data[y * (width + 1) + x + 1] + row;
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
        let sum = at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
        (sum / ((x1 - x0) * (y1 - y0)) as f64) as f32
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
    lean: f32,
}

impl Pose {
    fn at(self, across: f32, down: f32) -> Vec2 {
        let (sin, cos) = self.lean.sin_cos();
        let (x, y) = (across * self.between, down * self.between);
        self.middle + vec2(x * cos - y * sin, x * sin + y * cos)
    }
}

impl Maps {
    /// How much like a face it looks at a pose; about 0.2 for a plain one.
    fn score(&self, pose: Pose) -> f32 {
        let d = pose.between;
        let skin = |across: f32, down: f32, wide: f32, tall: f32| {
            self.skin.mean(pose.at(across, down), vec2(wide * d, tall * d))
        };
        let odd = |across: f32, down: f32, wide: f32, tall: f32| {
            self.odd.mean(pose.at(across, down), vec2(wide * d, tall * d))
        };
        let bare = skin(0.0, 0.1, 0.13, 0.2)
            .min(skin(0.0, 0.55, 0.2, 0.2))
            .min(skin(-0.5, 0.5, 0.22, 0.13))
            .min(skin(0.5, 0.5, 0.22, 0.13));
        if bare < 0.3 {
            return 0.0;
        }
        // A fringe may hide the forehead; hair as wide as the face is none.
        let forehead = skin(0.0, -0.65, 0.35, 0.12);
        let temples = skin(-0.88, 0.22, 0.1, 0.12).min(skin(0.88, 0.22, 0.1, 0.12));
        // A beard may hide the chin.
        let chin = skin(0.0, 1.5, 0.2, 0.12);
        let support = smoothstep(0.25, 0.75, bare)
            * mix(0.7, 1.0, forehead)
            * mix(0.6, 1.0, temples)
            * mix(0.7, 1.0, chin);
        let eye = |side: f32| {
            let all = odd(side * 0.5, 0.0, 0.24, 0.1);
            let core = odd(side * 0.5, 0.0, 0.1, 0.08);
            let below = odd(side * 0.5, 0.36, 0.24, 0.1);
            let corner = odd(side * 0.92, 0.1, 0.08, 0.1).min(all);
            0.5 * all + 0.7 * core - 0.9 * below - 0.2 * corner
        };
        let [left, right] = [-1.0, 1.0].map(eye);
        let eyes = left.min(right) * 1.5 + left.max(right) * 0.5 - 0.8 * odd(0.0, 0.05, 0.12, 0.12);
        let mouth = {
            let lips = odd(0.0, MOUTH, 0.28, 0.09);
            let around = 0.5 * (odd(0.0, 1.42, 0.2, 0.07) + odd(0.0, 0.8, 0.25, 0.05));
            let red = self.red.mean(pose.at(0.0, MOUTH), vec2(0.28 * d, 0.09 * d))
                - self.red.mean(pose.at(0.0, 0.6), vec2(0.6 * d, 0.15 * d));
            (lips - around).clamp(0.0, 0.08) + (red * 2.0).clamp(0.0, 0.08)
        };
        let score = (eyes + mouth) * support;
        if score <= 0.02 { score } else { score - 1.1 * self.unlike_halves(pose) }
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
}

impl Expected {
    /// The head of a person.
    pub(super) fn of(person: &Person) -> Self {
        let head = person.body.head;
        let height = head.height.max(person.body.chin - head.top) * person.frame.factor[1];
        Self { top: person.frame.to_full(vec2(head.x, head.top)), height, skin: person.skin.colour }
    }
}

/// Colours around a head, about [`HEAD`] pixels a head.
fn copy(picture: &Picture, head: Expected) -> (Grid<Rgb>, Framing) {
    let height = head.height.max(8.0);
    let scale = (height / HEAD).max(0.25);
    let size = [(2.2 * height / scale) as usize, (1.9 * height / scale) as usize];
    let framing = Framing::new(head.top + vec2(0.0, 0.85 * height), scale, 0.0, size);
    (framing.take(picture), framing)
}

/// Both pupils in full pixels, left of the picture first, and how sure they are (`0..=1`).
pub(super) fn eyes(picture: &Picture, head: Expected) -> Option<([Vec2; 2], f32)> {
    let (colours, framing) = copy(picture, head);
    let lab = Grid::par_from_fn(colours.width, colours.height, |x, y| oklab(colours.at(x, y)));
    let own = head.skin;
    let odd = lab.map(|colour| {
        // Light falls off over a face; only what is plainly darker, or of another hue, is odd.
        let darker = (own[0] - colour[0] - 0.04).max(0.0);
        let off = difference([own[0], colour[1], colour[2]], own);
        (0.6 * darker + 0.7 * off).min(0.3)
    });
    let skin = odd.map(|odd| smoothstep(0.09, 0.03, odd));
    let maps = Maps {
        lightness: Sums::new(&lab.map(|colour| colour[0])),
        red: Sums::new(&lab.map(|colour| colour[1])),
        skin: Sums::new(&skin),
        odd: Sums::new(&odd),
    };
    let best = search(&maps, [lab.width as f32, lab.height as f32], lab.height as f32 / 1.9)?;
    let score = maps.score(best);
    let pupils = [-0.5, 0.5].map(|side| pupil(&lab, best, side));
    Some((pupils.map(|pupil| framing.to_full(pupil)), smoothstep(0.02, 0.18, score)))
}

/// A pose and its score.
type Scored = (f32, Pose);

/// The first of the best.
fn better(found: Option<Scored>, other: Scored) -> Option<Scored> {
    if other.0 > found.map_or(0.0, |(most, _)| most) { Some(other) } else { found }
}

/// Coarse over all of the head, then finer around the best.
fn search(maps: &Maps, [width, height]: [f32; 2], head: f32) -> Option<Pose> {
    let of_size = |step: i32| {
        let between = head * 0.17 * 1.1_f32.powi(step);
        let grid = between * 0.12;
        let mut best = None;
        for lean in LEANS {
            for i in 0..(height * 0.75 / grid) as usize {
                for j in 0..(width * 0.5 / grid) as usize {
                    let middle = vec2(width * 0.25 + j as f32 * grid, height * 0.05 + i as f32 * grid);
                    // The outline gave a rough idea of where the face is.
                    let aside = 0.3 * (middle.x / width - 0.5).powi(2);
                    let off = ((middle.y / head - 0.62).abs() - 0.15).max(0.0) * 0.5;
                    let pose = Pose { middle, between, lean: lean.to_radians() };
                    best = better(best, (maps.score(pose) - lean.abs() * 0.001 - aside - off, pose));
                }
            }
        }
        best
    };
    let sizes: Vec<_> = (0..11).into_par_iter().map(of_size).collect();
    let coarse = sizes.into_iter().flatten().fold(None, better)?;
    let mut best = Some(coarse);
    for size in [0.94, 1.0, 1.06] {
        for lean in [-4.0_f32, -2.0, 0.0, 2.0, 4.0] {
            for i in -4..=4_i32 {
                for j in -4..=4_i32 {
                    let step = coarse.1.between * 0.025;
                    let middle = coarse.1.middle + vec2(j as f32 * step, i as f32 * step);
                    let between = coarse.1.between * size;
                    let pose = Pose { middle, between, lean: coarse.1.lean + lean.to_radians() };
                    best = better(best, (maps.score(pose), pose));
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
