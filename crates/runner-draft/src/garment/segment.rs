//! What of a garment's picture is the garment.
//!
//! Decided here: a garment lies on one thing, and the border of the picture shows what: colours around a smooth surface, or
//! the grain of wood and cloth. What the border does not explain is garment at first; from that both sides are learnt anew,
//! and what is uncertain goes with what it is connected to ([`crate::eyes::walker`]). A shadow has the ground's hue and a
//! soft edge: where one would explain a pixel, that pixel has no opinion of its own. White stripes on white paper are lighter
//! than it by a trace: with cloth around, a trace is enough, and nothing there teaches what the ground is. The outline runs
//! where a pixel is half of each side.

use super::tidy;
use crate::colour::{Rgb, difference, oklab};
use crate::eyes::Standing;
use crate::eyes::ground::{Figure, quadratic};
use crate::eyes::mixture::{ANYTHING, Mixture, Sample, sample};
use crate::eyes::walker::{Edges, settle};
use crate::raster::{Grid, Mask, Plane, distance_to, grow, spread};

/// Evidence of one pixel is cut off here, in nats, and how much of it is believed: neighbours are no independent
/// witnesses.
const MOST: f32 = 6.0;
const BELIEF: f32 = 0.6;
/// How much rarer than anything a pixel is that neither side knows, for garment and ground.
const STRAY: [f32; 2] = [2.5, 6.0];
/// How much less likely a pixel is in a shadow than in the open, in nats.
const SHADOW: f32 = 3.0;
/// Gaps in cloth that are less than twice as wide, in shares of the longer side, may be cloth of the ground's colour: they
/// teach nothing about the ground, and what is lighter than it there is likelier cloth by so much, in nats.
const GAP: f32 = 0.1;
const BETWEEN: f32 = 3.0;
/// Below these odds there is no cloth of a pixel's colour.
const POSSIBLE: f32 = -4.0;
/// Darkest shadow, in OKLab: light by a factor scales all three coordinates by its cube root.
const DARKEST: f32 = 0.84;

/// Finds the garment in `picture` (sRGB in `0..=1`), and what of its outline one looks through: lenses, handles.
pub(super) fn segment(picture: &Grid<Rgb>) -> (Figure, Mask) {
    let lab = picture.map(oklab);
    let half = halved(&lab);
    let quarter = halved(&half);
    let border = band(&quarter);
    let first = Ground::learn(&quarter, quadratic(&quarter, &border), &border);
    // Grey cloth on white is darker without another hue, like a shadow; but no shadow is larger than what casts it.
    let start = |shadows: bool| {
        let odds = first.odds(&quarter, shadows, &border);
        settled(&quarter, &odds, &odds.map(|odds| f32::from(odds > 0.0)), 60)
    };
    let found = |share: &Plane| share.data.iter().filter(|share| **share > 0.5).count();
    let (forgiven, plain) = (start(true), start(false));
    let mut share = if found(&plain) * 5 > found(&forgiven) * 8 { plain } else { forgiven };
    let mut odds = share.clone();
    for _ in 0..2 {
        let sides = Sides::learn(&quarter, &share, &border);
        odds = sides.odds(&quarter, &border);
        share = settled(&quarter, &odds, &share, 40);
    }
    let clarity =
        odds.data.iter().map(|odds| (odds.abs() / 2.0).min(1.0)).sum::<f32>() / odds.data.len() as f32;
    let sides = Sides::learn(&half, &enlarged(&share, &half), &band(&half));
    let odds = sides.odds(&half, &band(&half));
    let share = settled(&half, &odds, &enlarged(&share, &half), 16);
    let possible = enlarged(&odds, &lab).map(|odds| odds > POSSIBLE);
    let seen = enlarged(&share, &lab).map(|share| share > 0.5);
    let mask = tidy::garment(&outlined(&lab, &tidy::garment(&seen, &possible)), &possible);
    let through = tidy::holes(&mask.without(&seen));
    let clear = Plane::new(1, 1, clarity);
    (Figure { mask, clarity, clear, standing: Standing::default(), eyes: None }, through)
}

fn settled(lab: &Grid<Rgb>, odds: &Plane, start: &Plane, rounds: usize) -> Plane {
    settle(&Edges::faint(lab), &odds.map(|odds| odds * BELIEF), start, &lab.map(|_| true), rounds)
}

fn halved(lab: &Grid<Rgb>) -> Grid<Rgb> {
    Grid::from_fn(lab.width.div_ceil(2), lab.height.div_ceil(2), |x, y| {
        lab.sample(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5)
    })
}

/// A plane on a grid about twice as fine.
fn enlarged(coarse: &Plane, fine: &Grid<Rgb>) -> Plane {
    Plane::from_fn(fine.width, fine.height, |x, y| {
        coarse.sample(x as f32 / 2.0 - 0.25, y as f32 / 2.0 - 0.25)
    })
}

/// The band along the border.
fn band(lab: &Grid<Rgb>) -> Mask {
    let (width, height) = (lab.width, lab.height);
    let band = (width.min(height) / 40).max(1);
    Mask::from_fn(width, height, |x, y| x < band || x + band >= width || y < band || y + band >= height)
}

fn place(lab: &Grid<Rgb>, i: usize) -> [f32; 2] {
    let long = lab.width.max(lab.height) as f32;
    [(i % lab.width) as f32 / long, (i / lab.width) as f32 / long]
}

/// What the garment lies on: a surface, and how colours scatter around it.
struct Ground {
    surface: Grid<Rgb>,
    scatter: Mixture,
    /// Colours are spread by this before they are learnt: a calm ground tells more than [`Mixture`] resolves.
    gain: f32,
}

impl Ground {
    fn learn(lab: &Grid<Rgb>, surface: Grid<Rgb>, known: &Mask) -> Self {
        let mut off: Vec<f32> = (0..lab.data.len())
            .filter(|&i| known.data[i])
            .map(|i| difference(lab.data[i], surface.data[i]))
            .collect();
        let middle = off.len() / 2;
        let typical =
            if off.is_empty() { 0.0 } else { *off.select_nth_unstable_by(middle, f32::total_cmp).1 };
        let mut ground = Self {
            surface,
            scatter: Mixture::fit(&[], 1, false),
            gain: (0.012 / (typical + 1e-4)).clamp(1.0, 3.0),
        };
        let samples: Vec<Sample> =
            (0..lab.data.len()).filter(|&i| known.data[i]).map(|i| ground.around(lab.data[i], i)).collect();
        ground.scatter = Mixture::fit(&samples, 6, false);
        ground
    }

    fn around(&self, lab: Rgb, i: usize) -> Sample {
        let off = std::array::from_fn(|c| (lab[c] - self.surface.data[i][c]) * self.gain);
        sample(off, [0.0; 2])
    }

    fn log_density(&self, lab: Rgb, i: usize) -> f32 {
        self.scatter.log_density(&self.around(lab, i)) + 3.0 * self.gain.ln()
    }

    /// As if no shadow fell on the pixel, the likeliest one taken off.
    fn in_shadow(&self, lab: Rgb, i: usize) -> f32 {
        let steps = (1..=4).map(|step| 1.0 - (1.0 - DARKEST) * step as f32 / 4.0);
        steps.map(|light| self.log_density(lab.map(|c| c / light), i)).fold(f32::MIN, f32::max) - SHADOW
    }

    /// Log odds of being garment with nothing known about it.
    fn odds(&self, lab: &Grid<Rgb>, shadows: bool, border: &Mask) -> Plane {
        Plane::from_fn(lab.width, lab.height, |x, y| {
            let i = y * lab.width + x;
            let colour = lab.data[i];
            let open = ANYTHING - self.log_density(colour, i);
            let shaded = || if shadows { ANYTHING - self.in_shadow(colour, i) } else { open };
            decided(open, shaded, border.data[i])
        })
    }
}

/// The odds of a pixel from those against open ground and, where that does not explain it, against ground in shadow.
fn decided(open: f32, shaded: impl FnOnce() -> f32, border: bool) -> f32 {
    let odds = if open > 0.0 { shaded().clamp(0.0, open) } else { open };
    (odds - if border { 2.0 } else { 0.0 }).clamp(-MOST, MOST)
}

/// A pixel of cloth as mixtures see it, colours spread by `gain`.
fn placed(lab: &Grid<Rgb>, i: usize, gain: f32) -> Sample {
    sample(lab.data[i].map(|c| c * gain), place(lab, i))
}

/// What both sides look like.
struct Sides {
    garment: [Mixture; 2],
    grounds: [Ground; 2],
    /// As of the grounds: what is calm is so in cloth and ground.
    gain: f32,
    /// What has cloth around and below it, and is lighter than the ground; shadows are darker, and legs part to below.
    between: Mask,
}

impl Sides {
    fn learn(lab: &Grid<Rgb>, share: &Plane, border: &Mask) -> Self {
        let long = lab.width.max(lab.height) as f32;
        let found = share.map(|share| share > 0.5);
        let among = among(&found);
        let clear = grow(&share.zip(&among, |share, among| share < 0.3 && !among), -1.0);
        let near = spread(lab, &clear, long * 0.02);
        let grounds = [Ground::learn(lab, quadratic(lab, border), border), Ground::learn(lab, near, &clear)];
        let gain = grounds[0].gain.min(grounds[1].gain);
        let lighter = lab.zip(&grounds[1].surface, |colour, ground| colour[0] > ground[0]);
        let between = tidy::above(&found).and(&among).and(&lighter);
        let cloth = |i: &usize| share.data[*i] > 0.6;
        let samples: Vec<Sample> = (0..lab.data.len()).filter(cloth).map(|i| placed(lab, i, gain)).collect();
        Self {
            garment: [Mixture::fit(&samples, 8, true), Mixture::fit(&samples, 5, false)],
            grounds,
            gain,
            between,
        }
    }

    fn odds(&self, lab: &Grid<Rgb>, border: &Mask) -> Plane {
        Plane::from_fn(lab.width, lab.height, |x, y| {
            let i = y * lab.width + x;
            let colour = lab.data[i];
            let own = placed(lab, i, self.gain);
            let garment = self.garment[0].log_density(&own).max(self.garment[1].log_density(&own) - 1.6)
                + 3.0 * self.gain.ln();
            let garment = garment.max(ANYTHING - STRAY[0]);
            let against = |ground: &dyn Fn(&Ground) -> f32| {
                garment - self.grounds.iter().map(ground).fold(ANYTHING - STRAY[1], f32::max)
            };
            let open = against(&|ground| ground.log_density(colour, i));
            let shaded = || against(&|ground| ground.in_shadow(colour, i));
            decided(open, shaded, border.data[i]) + if self.between.data[i] { BETWEEN } else { 0.0 }
        })
    }
}

/// The cloth and the gaps in it.
fn among(cloth: &Mask) -> Mask {
    let reach = GAP * cloth.width.max(cloth.height) as f32;
    grow(&grow(cloth, reach), -reach)
}

/// The outline anew at full sharpness: near it a pixel is cloth if its colour lies closer to that of the cloth inside than
/// to that of the ground outside, as far as the two differ.
fn outlined(lab: &Grid<Rgb>, mask: &Mask) -> Mask {
    let inside = spread(lab, &grow(mask, -2.5), 0.6);
    let outside = spread(lab, &grow(mask, 3.0).map(|near| !near), 0.6);
    let depth =
        distance_to(&mask.map(|inside| !inside)).zip(&distance_to(mask), |inside, outside| inside - outside);
    Mask::from_fn(lab.width, lab.height, |x, y| {
        let i = y * lab.width + x;
        let depth = depth.data[i];
        if depth.abs() > 3.0 {
            return depth > 0.0;
        }
        let (cloth, ground) = (inside.data[i], outside.data[i]);
        let apart: f32 = (0..3).map(|c| (cloth[c] - ground[c]).powi(2)).sum();
        let along: f32 = (0..3).map(|c| (lab.data[i][c] - ground[c]) * (cloth[c] - ground[c])).sum();
        // Where both look alike the outline stays where it was.
        let share = (along / apart.max(1e-6)).clamp(0.0, 1.0);
        let trust = (apart / 0.004).min(1.0);
        (share - 0.5) * trust + 0.2 * depth * (1.0 - 0.8 * trust) > 0.0
    })
}
