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
use super::place::Place;
use super::silhouette::{self, Clues, Standing};
use super::visage::Visage;
use super::walker::{Edges, settle};
use crate::colour::Rgb;
use crate::face::Eyes;
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
    /// Where somebody stands.
    pub(super) standing: Standing,
    /// The eyes, if they were surely seen.
    pub(super) eyes: Option<Eyes>,
}

/// A smooth background: its colours in OKLab and the variance of colours around them.
struct Surface {
    colours: Grid<Rgb>,
    variance: Rgb,
    /// Logs of the densities at its very colours, in light and in shadow.
    scales: [f32; 2],
}

/// Share of a smooth background that lies in light, the rest in shadow.
const LIT: f32 = 0.85;
/// How much darker (OKLab) a shadow is, and how much its variance exceeds that of what is in light.
const SHADOW: [f32; 2] = [0.06, 0.0012];

fn halved(lab: &Grid<Rgb>) -> Grid<Rgb> {
    Grid::from_fn(lab.width.div_ceil(2), lab.height.div_ceil(2), |x, y| {
        let at =
            |dx: usize, dy: usize| lab.at((2 * x + dx).min(lab.width - 1), (2 * y + dy).min(lab.height - 1));
        let four = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
        std::array::from_fn(|c| four.iter().map(|lab| lab[c]).sum::<f32>() * 0.25)
    })
}

fn at(grid: &Grid<Rgb>, i: usize) -> [f32; 2] {
    let long = grid.width.max(grid.height) as f32;
    [(i % grid.width) as f32 / long, (i / grid.width) as f32 / long]
}

fn all_samples(lab: &Grid<Rgb>) -> Vec<Sample> {
    lab.data.iter().enumerate().map(|(i, colour)| sample(*colour, at(lab, i))).collect()
}

fn samples(lab: &Grid<Rgb>, taken: impl Fn(usize) -> bool) -> Vec<Sample> {
    // Every other pixel of every other row: neighbours say the same.
    let thin = |i: &usize| (i % lab.width).is_multiple_of(2) && (i / lab.width).is_multiple_of(2);
    (0..lab.data.len()).filter(thin).filter(|&i| taken(i)).map(|i| sample(lab.data[i], at(lab, i))).collect()
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
        let variance: Rgb = std::array::from_fn(|c| sums[c] / f32::max(near, 1.0) + floor[c]);
        let share = f32::clamp(near / all, 0.01, 0.99);
        let scale = |share: f32, light: f32| {
            // Chroma is doubled in samples: its densities are a quarter.
            share.ln() - (0.5 * (light * variance[1] * variance[2]).ln() + 2.757 + 1.386)
        };
        let scales = [scale(share * LIT, variance[0]), scale(share * (1.0 - LIT), variance[0] + SHADOW[1])];
        Self { colours, variance, scales }
    }

    /// Log density in the terms of [`Mixture`]; a shadow darkens without another hue.
    fn log_density(&self, lab: Rgb, i: usize) -> f32 {
        let ground = self.colours.data[i];
        let off: Rgb = std::array::from_fn(|c| lab[c] - ground[c]);
        let chroma = [1, 2].map(|c| off[c] * off[c] / self.variance[c]);
        let of = |light: f32, variance: f32, scale: f32| {
            scale - 0.5 * (light * light / variance + chroma[0] + chroma[1])
        };
        let plain = of(off[0], self.variance[0], self.scales[0]);
        let shadow = of(off[0] + SHADOW[0], self.variance[0] + SHADOW[1], self.scales[1]);
        plain.max(shadow)
    }
}

/// How little each pixel looks like what is in `edge`, in nats.
fn strangeness(lab: &Grid<Rgb>, surface: &Grid<Rgb>, edge: &Mask) -> Plane {
    let surface = Surface::measured(lab, surface.clone(), edge);
    // A little skin at the border is a hand that reaches it.
    let around = Mixture::fit(&samples(lab, |i| edge.data[i]), 8, false).without(0.06, plausible);
    let known = around.log_densities(&lab.data.iter().map(|lab| sample(*lab, [0.0; 2])).collect::<Vec<_>>());
    let strange = known.into_iter().enumerate().map(|(i, known)| {
        let behind = known.max(surface.log_density(lab.data[i], i));
        (ANYTHING + 0.7 - behind).clamp(-MOST, MOST)
    });
    Plane { width: lab.width, height: lab.height, data: strange.collect() }
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

/// Heads by the eyes in heads by the body that are believed.
const ALIKE: std::ops::Range<f32> = 0.7..1.45;
/// How far, in heads, the eyes may move a head that stands out by itself.
const NEAR: f32 = 0.3;
/// By how much less a place may fit that the eyes speak for.
const LESS: f32 = 0.1;

/// A place moved to where two eyes (on the grid twice as fine) say the head is.
fn by_eyes(place: Standing, eyes: &Eyes) -> Standing {
    let visage = Visage::new(eyes.at).scaled(0.5);
    let head = features::HEAD * visage.between();
    Standing { x: visage.middle.x, top: visage.middle.y - features::ROW * head, head, ..place }
}

/// Somebody whose face was looked at.
struct Faced {
    standing: Standing,
    /// On the grid twice as fine, if they were surely seen.
    eyes: Option<Eyes>,
    /// Whether only the head stood out so far.
    alone: bool,
}

/// Where somebody stands whose figure was `found` roughly. `eyes` looks for those of a head on the grid twice as fine.
fn faced(found: &Plane, clues: &Clues, faces: &FaceMaps, eyes: impl Fn(Standing) -> Option<Eyes>) -> Faced {
    let (_, standing) = likeliest(found, clues, faces);
    let standing = silhouette::refined(found, clues, standing.scaled(0.5)).scaled(2.0);
    let fitted = |standing: Standing| silhouette::fitted(found, clues, standing.scaled(0.5)).scaled(2.0);
    // Eyes in a face much too large or too small for its head are none.
    let in_head = |head: Standing| {
        let eyes = eyes(head.scaled(2.0))?;
        let placed = by_eyes(head, &eyes);
        ALIKE.contains(&(placed.head / head.head)).then_some((placed, eyes))
    };
    let seen = in_head(standing);
    // A head is easily taken for all of somebody far away.
    let lone = silhouette::lone_head(found, clues).and_then(|head| {
        let head = head.scaled(2.0);
        in_head(head)
            .filter(|(placed, _)| (placed.x - head.x).hypot(placed.top - head.top) < NEAR * head.head)
    });
    match (seen, lone) {
        (seen, Some((placed, eyes))) if seen.is_none_or(|(_, seen)| seen.sure < eyes.sure) => {
            Faced { standing: fitted(placed), eyes: Some(eyes), alone: true }
        }
        (Some((placed, eyes)), _) => {
            let placed = fitted(placed);
            let standing = if placed.fit > standing.fit - LESS { placed } else { standing };
            Faced { standing, eyes: Some(eyes), alone: false }
        }
        (None, _) => Faced { standing, eyes: None, alone: false },
    }
}

/// A picture made ready to be looked at, once or more often.
pub(super) struct View<'a> {
    /// OKLab on the small grid.
    lab: &'a Grid<Rgb>,
    coarse: Grid<Rgb>,
    /// The smooth surface through the border.
    first: Grid<Rgb>,
    clues: Clues,
    faces: FaceMaps,
    /// Bands along the border that may be background, the second with the lower one, and what is strange beside each.
    borders: [(Mask, Plane); 2],
    edges: Edges,
    samples: Vec<Sample>,
}

impl<'a> View<'a> {
    /// `lab` is OKLab on the small grid, `first` the smooth surface through its border.
    pub(super) fn new(lab: &'a Grid<Rgb>, first: &Grid<Rgb>) -> Self {
        let (coarse, first) = (halved(lab), halved(first));
        let (width, height) = (coarse.width, coarse.height);
        let beside = |edge: Mask| {
            let strange = halved_plane(&strangeness(&coarse, &first, &edge).map(likely));
            (edge, strange)
        };
        let borders = rayon::join(|| beside(border(width, height)), || beside(around(width, height))).into();
        let clues = Clues::new(&halved(&coarse));
        let faces = FaceMaps::new(lab, &coarse.map(silhouette::likely_skin));
        let (edges, samples) = (Edges::faint(&coarse), all_samples(&coarse));
        Self { lab, coarse, first, clues, faces, borders, edges, samples }
    }

    /// Heads that may be anywhere: of the plainest faces, and of skin that is alone like a face.
    pub(super) fn heads(&self) -> Vec<Standing> {
        let head = |face: features::Features| {
            let head = features::HEAD * face.between;
            Standing { x: face.x, top: face.y - features::ROW * head, head, face: face.plain, fit: 0.0 }
        };
        let size = [self.lab.width as f32, self.lab.height as f32];
        self.faces.all(size, FACES).into_iter().map(head).collect()
    }

    /// Where somebody stands, and what of the border is background. `known` is where the head is, if that is known.
    fn stands(&self, known: Option<Standing>) -> (Standing, Mask) {
        let (width, height) = (self.coarse.width, self.coarse.height);
        // The lower border is a floor, or a body that fills the frame: whichever lets somebody stand there more plainly.
        let before = |strange: &Plane| {
            let Some(known) = known else { return likeliest(strange, &self.clues, &self.faces) };
            let placed = silhouette::fitted(strange, &self.clues, known.scaled(0.5)).scaled(2.0);
            (placed.fit, placed)
        };
        let [(_, above), (around, all)] = &self.borders;
        let (behind, filled) = rayon::join(|| before(above), || before(all));
        let which = usize::from(filled.0 > behind.0);
        let standing = [behind.1, filled.1][which];
        // Now that it is known who stands where, the rest of the border tells of floors and corners too.
        let by_place = standing.odds(width, height);
        let all = around.zip(&self.borders[which].0, |a, b| a || b);
        (standing, all.zip(&by_place, |edge, place| edge && place < -1.5))
    }
}

/// Heads of either sort that are looked at closely, at most.
const FACES: usize = 16;

/// Finds a person. `eyes` looks for the eyes of a head there, and gives them only if it is sure; `known` are the eyes if
/// they are known.
pub(super) fn person(
    view: &View<'_>,
    eyes: impl Fn(Standing) -> Option<Eyes>,
    known: Option<Eyes>,
    cancel: &CancelToken,
) -> Result<Segmented, RunError> {
    let View { lab, coarse, first, clues, faces, edges, samples, .. } = view;
    let head = known.map(|eyes| by_eyes(Standing::default(), &eyes));
    let (standing, edge) = view.stands(head);
    let mut seen = Faced { standing, eyes: known, alone: known.is_some() };
    let mut place = Place::of(standing, known, coarse);
    let strange = strangeness(coarse, first, &edge);
    let open = coarse.map(|_| true);
    let mut odds = strange.zip(&place.odds, |odds, place| 0.35 * odds + 1.3 * place);
    let mut share = settle(edges, &odds, &odds.map(|odds| f32::from(odds > 0.0)), &open, 30);
    let mut sides = None;
    for (round, weight) in PLACE.into_iter().enumerate() {
        cancel.check()?;
        if round == 1 && known.is_none() {
            seen = faced(&halved_plane(&share), clues, faces, &eyes);
            place = Place::of(seen.standing, seen.eyes, coarse);
        }
        let learnt = Sides::learn(coarse, &share, &strange, &place);
        let smooth = |i: usize| learnt.surface.log_density(coarse.data[i], i);
        let by_colour =
            learnt.odds(samples, smooth, |i| place.beside_head([i % coarse.width, i / coarse.width]));
        odds = Plane::from_fn(coarse.width, coarse.height, |x, y| {
            let i = y * coarse.width + x;
            // Nobody reaches that far out: this holds to the end.
            let by_place = place.at(x, y, [weight, weight.max(FAR_OUT)]);
            by_colour[i] * BELIEF + by_place - if edge.data[i] { 1.0 } else { 0.0 }
        });
        share = settle(edges, &place.with_face(&odds), &share, &open, 30);
        sides = Some(learnt);
    }
    // What was only believed for the sake of the face has not taken sides clearly.
    let clear = odds.map(|odds| (odds.abs() / 3.0).min(1.0));
    let share = match sides {
        Some(sides) => sides.refine(lab, &share, &place),
        None => share,
    };
    let mut standing = seen.standing;
    if seen.alone {
        // What is below the head is known only now.
        standing =
            silhouette::fitted(&halved_plane(&halved_plane(&share)), clues, standing.scaled(0.5)).scaled(2.0);
    }
    Ok(Segmented { share, clear, standing: standing.scaled(2.0), eyes: seen.eyes })
}

fn halved_plane(plane: &Plane) -> Plane {
    Plane::from_fn(plane.width.div_ceil(2), plane.height.div_ceil(2), |x, y| {
        plane.sample(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5)
    })
}

/// What is learnt with its place, and what of it may be anywhere: an arm away from the body is skin like the face.
fn both(samples: &[Sample], count: usize) -> [Mixture; 2] {
    let fit = |count, placed| Mixture::fit(samples, count, placed);
    rayon::join(|| fit(count, true), || fit(count / 2 + 2, false)).into()
}

/// What figure and background look like.
struct Sides {
    figure: [Mixture; 2],
    /// Skin, hair and hat of a head that is known.
    head: Mixture,
    ground: [Mixture; 2],
    surface: Surface,
}

impl Sides {
    /// Learns from pixels as they are shared out now, but from none that plainly looks like the other side: a gap between
    /// arm and body looks like the border (`strange` in nats says how little), an arm held away like the face. The middle of the body
    /// may look like the border: somebody dressed like the wall.
    fn learn(lab: &Grid<Rgb>, share: &Plane, strange: &Plane, place: &Place) -> Self {
        let (ground, by_place) = (share.map(|share| share < 0.5), &place.odds);
        let plain = |i: usize| strange.data[i] > -1.0 || by_place.data[i] > 1.5;
        let in_head = |i: usize| place.in_head([i % lab.width, i / lab.width]);
        let (figure, head) = rayon::join(
            || both(&samples(lab, |i| !ground.data[i] && plain(i)), 8),
            || Mixture::fit(&samples(lab, |i| !ground.data[i] && in_head(i)), 8, false),
        );
        let like_figure = |i: usize| {
            strange.data[i] > 1.5 && figure[1].log_density(&sample(lab.data[i], [0.0; 2])) > ANYTHING + 0.5
        };
        let behind = samples(lab, |i| ground.data[i] && by_place.data[i] < OUTSIDE[0] && !like_figure(i));
        let calm = ground.zip(by_place, |ground, place| ground && place < OUTSIDE[1]);
        let (ground, surface) = rayon::join(|| both(&behind, 10), || Surface::through(lab, &calm));
        Self { figure, head, ground, surface }
    }

    /// Log odds of being figure, of every sample; `smooth` is the log density of the surface behind it. `beside` a head is
    /// what looks like it, and none of the clothes.
    fn odds(
        &self,
        samples: &[Sample],
        smooth: impl Fn(usize) -> f32,
        beside: impl Fn(usize) -> bool,
    ) -> Vec<f32> {
        let seen = |side: &[Mixture; 2], stray: f32| -> Vec<f32> {
            let [here, elsewhere] = [&side[0], &side[1]].map(|mixture| mixture.log_densities(samples));
            let both = here.into_iter().zip(elsewhere);
            both.map(|(here, elsewhere)| here.max(elsewhere + ELSEWHERE).max(ANYTHING - stray)).collect()
        };
        let (mut figure, ground) =
            rayon::join(|| seen(&self.figure, STRAY[0]), || seen(&self.ground, STRAY[1]));
        let asked: Vec<usize> = (0..samples.len()).filter(|&i| beside(i)).collect();
        let there: Vec<Sample> = asked.iter().map(|&i| samples[i]).collect();
        for (i, head) in asked.into_iter().zip(self.head.log_densities(&there)) {
            // What neither side knows is no hat.
            figure[i] = head.max(ANYTHING - STRAY[1]);
        }
        let both = figure.into_iter().zip(ground).enumerate();
        both.map(|(i, (figure, ground))| (figure - ground.max(smooth(i) + 0.288)).clamp(-MOST, MOST))
            .collect()
    }

    /// The outline again on a grid twice as fine: only pixels near it are asked.
    fn refine(&self, lab: &Grid<Rgb>, coarse: &Plane, by_place: &Place) -> Plane {
        let (width, height) = (lab.width, lab.height);
        let share =
            Plane::from_fn(width, height, |x, y| coarse.sample(x as f32 / 2.0 - 0.25, y as f32 / 2.0 - 0.25));
        let mask = share.map(|share| share > 0.5);
        let open = grow(&mask, 4.5).without(&grow(&mask, -4.5));
        let asked: Vec<usize> = (0..lab.data.len()).filter(|&i| open.data[i]).collect();
        let samples: Vec<Sample> = asked.iter().map(|&i| sample(lab.data[i], at(lab, i))).collect();
        let halved = |k: usize| [asked[k] % width / 2, asked[k] / width / 2];
        let smooth = |k: usize| {
            let [x, y] = halved(k);
            self.surface.log_density(lab.data[asked[k]], y * coarse.width + x)
        };
        let by_colour = self.odds(&samples, smooth, |k| by_place.beside_head(halved(k)));
        let mut odds = Plane::new(width, height, 0.0);
        for (&i, by_colour) in asked.iter().zip(by_colour) {
            odds.data[i] = by_colour * BELIEF + by_place.finer(i % width, i / width);
        }
        settle(&Edges::faint(lab), &odds, &share, &open, 24)
    }
}
