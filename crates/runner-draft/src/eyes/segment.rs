//! A person before any background, by colour and place learnt from the picture itself.
//!
//! Decided here: what the border shows is background, and somebody stands where the rest looks most like somebody standing
//! ([`super::silhouette`]). From that first guess both sides are learnt as mixtures, each pixel takes sides, and what is
//! uncertain goes with what it is connected to ([`super::walker`]); a few times over (the idea of `GrabCut`). The background
//! is moreover smooth in most studios: a surface through it, with a shadow on it, is one more component.

use atelier_domain::{CancelToken, RunError};

use super::features::{self, FaceMaps};
use super::mixture::{ANYTHING, Mixture, Sample, sample};
use super::parts::plausible;
use super::silhouette::{self, Clues, Standing};
use super::walker::{Edges, settle};
use crate::colour::Rgb;
use crate::geometry::{mix, smoothstep};
use crate::raster::{Grid, Mask, Plane, grow, spread};

/// Rounds of learning, and how much place by itself counts in each.
const PLACE: [f32; 4] = [1.0, 0.6, 0.4, 0.3];
/// How much place counts at least where it speaks against the figure.
const FAR_OUT: f32 = 0.5;
/// Background is learnt where place (log odds) says less than this, its colours and the surface through it: further in,
/// cloth like the wall would teach that the wall looks like it.
const OUTSIDE: [f32; 2] = [0.0, -0.5];
/// How much a nat of evidence is believed: neighbouring pixels are no independent witnesses.
const BELIEF: f32 = 0.6;
/// Evidence of one pixel is cut off here, in nats.
const MOST: f32 = 6.0;

/// How much a plain face counts beside the fit of somebody standing.
const FACE: f32 = 0.2;
/// Log of the share of pixels that look like something found elsewhere.
const ELSEWHERE: f32 = -1.6;
/// How much rarer than anything a pixel is that neither side knows, for figure and background: clothes have prints,
/// backgrounds were seen at the border.
const STRAY: [f32; 2] = [3.0, 6.0];

/// What was decided about a picture.
pub(super) struct Segmented {
    /// Share of figure, `0..=1`.
    pub(super) share: Plane,
    /// How clearly each pixel took sides, `0..=1`, on a grid half as fine.
    pub(super) clear: Plane,
    /// How well somebody standing explains the figure (see [`Standing::fit`]).
    pub(super) fit: f32,
    /// How plainly a face is seen.
    pub(super) face: f32,
}

/// A smooth background: its colours in OKLab and the variance of colours around them.
struct Surface {
    colours: Grid<Rgb>,
    variance: Rgb,
    /// Share of the background that it explains.
    share: f32,
}

fn halved(lab: &Grid<Rgb>) -> Grid<Rgb> {
    Grid::from_fn(lab.width.div_ceil(2), lab.height.div_ceil(2), |x, y| {
        let at =
            |dx: usize, dy: usize| lab.at((2 * x + dx).min(lab.width - 1), (2 * y + dy).min(lab.height - 1));
        let four = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
        std::array::from_fn(|c| four.iter().map(|lab| lab[c]).sum::<f32>() * 0.25)
    })
}

fn place(grid: &Grid<Rgb>, i: usize) -> [f32; 2] {
    let long = grid.width.max(grid.height) as f32;
    [(i % grid.width) as f32 / long, (i / grid.width) as f32 / long]
}

fn samples(lab: &Grid<Rgb>, taken: impl Fn(usize) -> bool) -> Vec<Sample> {
    // Every other pixel of every other row: neighbours say the same.
    let thin = |i: &usize| (i % lab.width).is_multiple_of(2) && (i / lab.width).is_multiple_of(2);
    (0..lab.data.len())
        .filter(thin)
        .filter(|&i| taken(i))
        .map(|i| sample(lab.data[i], place(lab, i)))
        .collect()
}

impl Surface {
    /// Through the pixels of `ground`.
    fn through(lab: &Grid<Rgb>, ground: &Mask) -> Self {
        let long = lab.width.max(lab.height) as f32;
        let known = grow(ground, -2.0);
        let colours = spread(lab, &known, long * 0.02);
        Self::measured(lab, colours, &known)
    }

    /// How well given colours explain the pixels of `ground`.
    fn measured(lab: &Grid<Rgb>, colours: Grid<Rgb>, ground: &Mask) -> Self {
        let (mut near, mut all, mut sums) = (0.0, 1.0, [0.0; 3]);
        for i in (0..lab.data.len()).filter(|&i| ground.data[i]) {
            let off: Rgb = std::array::from_fn(|c| (lab.data[i][c] - colours.data[i][c]).powi(2));
            all += 1.0;
            if off[0] + 4.0 * (off[1] + off[2]) < 0.0036 {
                near += 1.0;
                sums.iter_mut().zip(off).for_each(|(sum, off)| *sum += off);
            }
        }
        let floor = [1.2e-4, 2e-5, 2e-5];
        let variance = std::array::from_fn(|c| sums[c] / f32::max(near, 1.0) + floor[c]);
        Self { colours, variance, share: f32::clamp(near / all, 0.01, 0.99) }
    }

    /// Log density in the terms of [`Mixture`]; a shadow darkens without another hue.
    fn log_density(&self, lab: Rgb, i: usize) -> f32 {
        let ground = self.colours.data[i];
        let off: Rgb = std::array::from_fn(|c| lab[c] - ground[c]);
        let of = |light: f32, variance: f32, share: f32| {
            let chroma = [1, 2].map(|c| off[c] * off[c] / self.variance[c]);
            let distance = light * light / variance + chroma[0] + chroma[1];
            // Chroma is doubled in samples: its densities are a quarter.
            let scale = 0.5 * (variance * self.variance[1] * self.variance[2]).ln() + 2.757 + 1.386;
            (self.share * share).ln() - scale - 0.5 * distance
        };
        let plain = of(off[0], self.variance[0], 0.85);
        let shadow = of(off[0] + 0.06, self.variance[0] + 0.0012, 0.15);
        plain.max(shadow)
    }
}

/// How little each pixel looks like what is in `edge`, in nats.
fn strangeness(lab: &Grid<Rgb>, surface: &Grid<Rgb>, edge: &Mask) -> Plane {
    let surface = Surface::measured(lab, surface.clone(), edge);
    // A little skin at the border is a hand that reaches it.
    let around = Mixture::fit(&samples(lab, |i| edge.data[i]), 8, false).without(0.06, plausible);
    Plane::from_fn(lab.width, lab.height, |x, y| {
        let (i, colour) = (y * lab.width + x, lab.at(x, y));
        let behind = around.log_density(&sample(colour, [0.0; 2])).max(surface.log_density(colour, i));
        (ANYTHING + 0.7 - behind).clamp(-MOST, MOST)
    })
}

fn likely(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds * 0.8).exp())
}

/// The band along the whole border.
fn around(width: usize, height: usize) -> Mask {
    let band = (width.min(height) / 24).max(2);
    Mask::from_fn(width, height, |x, y| x < band || y < band || x + band >= width || y + band >= height)
}

/// The band along the border in which nobody stands, as far as one can know.
fn border(width: usize, height: usize) -> Mask {
    let band = (width.min(height) / 24).max(2);
    Mask::from_fn(width, height, |x, y| {
        let sides = x < band || x + band >= width;
        y < band || (sides && y < height * 6 / 10)
    })
}

/// A place moved somewhat to the face that is seen there.
fn looked_at(faces: &FaceMaps, place: Standing) -> Standing {
    let fine = place.scaled(4.0);
    let face = faces.find([fine.x, fine.top, fine.head]);
    let trust = 0.3 * smoothstep(0.2, 0.6, face.plain);
    let head = features::HEAD * face.between;
    Standing {
        x: mix(fine.x, face.x, trust),
        top: mix(fine.top, face.y - features::ROW * head, trust),
        head: mix(fine.head, head, trust),
        face: face.plain,
        ..fine
    }
    .scaled(0.25)
}

/// Who explains best what is strange and has a face, on a grid twice as fine as `strange`, and how well.
fn likeliest(strange: &Plane, clues: &Clues, faces: &FaceMaps) -> (f32, Standing) {
    let places = silhouette::places(strange, clues).into_iter().map(|place| {
        let place = looked_at(faces, place);
        (place.fit + FACE * place.face, place.scaled(2.0))
    });
    places.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
}

/// Where somebody stands in a picture, and what of its border is background.
fn stands(coarse: &Grid<Rgb>, first: &Grid<Rgb>, clues: &Clues, faces: &FaceMaps) -> (Standing, Mask) {
    let (width, height) = (coarse.width, coarse.height);
    // The lower border is a floor, or a body that fills the frame: whichever lets somebody stand there more plainly.
    let borders = [border(width, height), around(width, height)];
    let mut best = (f32::MIN, Standing::default(), 0);
    for (which, edge) in borders.iter().enumerate() {
        let strange = halved_plane(&strangeness(coarse, first, edge).map(likely));
        let (fit, standing) = likeliest(&strange, clues, faces);
        if fit > best.0 {
            best = (fit, standing, which);
        }
    }
    let (_, standing, which) = best;
    // Now that it is known who stands where, the rest of the border tells of floors and corners too.
    let by_place = standing.odds(width, height);
    let all = borders[1].zip(&borders[which], |a, b| a || b);
    (standing, all.zip(&by_place, |edge, place| edge && place < -1.5))
}

/// Finds a person. `lab` is OKLab on the small grid, `first` the smooth surface through its border.
pub(super) fn person(
    lab: &Grid<Rgb>,
    first: &Grid<Rgb>,
    cancel: &CancelToken,
) -> Result<Segmented, RunError> {
    let coarse = halved(lab);
    let (width, height) = (coarse.width, coarse.height);
    let first = halved(first);
    let clues = Clues::new(&halved(&coarse));
    let faces = FaceMaps::new(lab, &coarse.map(silhouette::likely_skin));
    let (mut standing, edge) = stands(&coarse, &first, &clues, &faces);
    let mut by_place = standing.odds(width, height);
    let strange = strangeness(&coarse, &first, &edge);
    let edges = Edges::faint(&coarse);
    let open = coarse.map(|_| true);
    let mut odds = strange.zip(&by_place, |odds, place| 0.35 * odds + 1.3 * place);
    let mut share = settle(&edges, &odds, &odds.map(|odds| f32::from(odds > 0.0)), &open, 30);
    let mut sides = None;
    for (round, weight) in PLACE.into_iter().enumerate() {
        cancel.check()?;
        if round == 1 {
            let found = halved_plane(&share);
            standing = likeliest(&found, &clues, &faces).1;
            standing = silhouette::refined(&found, &clues, standing.scaled(0.5)).scaled(2.0);
            by_place = standing.odds(width, height);
        }
        let learnt = Sides::learn(&coarse, &share, &strange, &by_place);
        odds = Plane::from_fn(width, height, |x, y| {
            let (i, by_place) = (y * width + x, by_place.at(x, y));
            // Nobody reaches that far out: this holds to the end.
            let weight = if by_place < 0.0 { weight.max(FAR_OUT) } else { weight };
            learnt.odds(coarse.data[i], i, place(&coarse, i)) * BELIEF + weight * by_place
                - if edge.data[i] { 1.0 } else { 0.0 }
        });
        share = settle(&edges, &odds, &share, &open, 30);
        sides = Some(learnt);
    }
    let clear = odds.map(|odds| (odds.abs() / 3.0).min(1.0));
    let standing = standing.scaled(2.0);
    let share = match sides {
        Some(sides) => sides.refine(lab, &share, &standing),
        None => share,
    };
    Ok(Segmented { share, clear, fit: standing.fit, face: standing.face })
}

fn halved_plane(plane: &Plane) -> Plane {
    Plane::from_fn(plane.width.div_ceil(2), plane.height.div_ceil(2), |x, y| {
        plane.sample(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5)
    })
}

/// What is learnt with its place, and what of it may be anywhere: an arm away from the body is skin like the face.
fn both(samples: &[Sample], count: usize) -> [Mixture; 2] {
    [Mixture::fit(samples, count, true), Mixture::fit(samples, count / 2 + 2, false)]
}

/// What figure and background look like.
struct Sides {
    figure: [Mixture; 2],
    ground: [Mixture; 2],
    surface: Surface,
}

impl Sides {
    /// Learns from pixels as they are shared out now, but from none that plainly looks like the other side: a gap between
    /// arm and body looks like the border (`strange` in nats says how little), an arm held away like the face. The middle of the body
    /// may look like the border: somebody dressed like the wall.
    fn learn(lab: &Grid<Rgb>, share: &Plane, strange: &Plane, by_place: &Plane) -> Self {
        let ground = share.map(|share| share < 0.5);
        let figure = samples(lab, |i| !ground.data[i] && (strange.data[i] > -1.0 || by_place.data[i] > 1.5));
        let figure = both(&figure, 8);
        let like_figure = |i: usize| {
            strange.data[i] > 1.5 && figure[1].log_density(&sample(lab.data[i], [0.0; 2])) > ANYTHING + 0.5
        };
        let behind = samples(lab, |i| ground.data[i] && by_place.data[i] < OUTSIDE[0] && !like_figure(i));
        let calm = ground.zip(by_place, |ground, place| ground && place < OUTSIDE[1]);
        Self { figure, ground: both(&behind, 10), surface: Surface::through(lab, &calm) }
    }

    /// Log odds of being figure.
    fn odds(&self, lab: Rgb, i: usize, place: [f32; 2]) -> f32 {
        let sample = sample(lab, place);
        let seen =
            |side: &[Mixture; 2]| side[0].log_density(&sample).max(side[1].log_density(&sample) + ELSEWHERE);
        let ground =
            seen(&self.ground).max(self.surface.log_density(lab, i) + 0.288).max(ANYTHING - STRAY[1]);
        (seen(&self.figure).max(ANYTHING - STRAY[0]) - ground).clamp(-MOST, MOST)
    }

    /// The outline again on a grid twice as fine: only pixels near it are asked.
    fn refine(&self, lab: &Grid<Rgb>, coarse: &Plane, standing: &Standing) -> Plane {
        let (width, height) = (lab.width, lab.height);
        let share =
            Plane::from_fn(width, height, |x, y| coarse.sample(x as f32 / 2.0 - 0.25, y as f32 / 2.0 - 0.25));
        let mask = share.map(|share| share > 0.5);
        let open = grow(&mask, 4.5).without(&grow(&mask, -4.5));
        let by_place = standing.odds(width, height);
        let odds = Plane::from_fn(width, height, |x, y| {
            if !open.at(x, y) {
                return 0.0;
            }
            let i = (y / 2) * coarse.width + x / 2;
            let place = place(lab, y * width + x);
            self.odds(lab.at(x, y), i, place) * BELIEF + 0.3 * by_place.at(x, y)
        });
        settle(&Edges::faint(lab), &odds, &share, &open, 24)
    }
}
