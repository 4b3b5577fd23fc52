//! The person cut out of the picture, hair by hair where the background allows it.
//!
//! Decided here: the eyes' mask is trusted away from its edge only. Between, both sides are known by their neighbours: the
//! background spread inwards, the person spread outwards; how much of a pixel is person follows from its colour between
//! the two (projection, as in known-background matting). Where both sides look alike, or the background is restless, the
//! mask's own edge decides. The person's colour is freed of the old background in the same step.

use atelier_domain::{CancelToken, Picture, RunError};
use rayon::prelude::*;

use crate::colour::Rgb;
use crate::eyes::Person;
use crate::face::Face;
use crate::face::extend::Extension;
use crate::face::framing::{Framing, Source};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Mask, Plane, blur, components, grow, spread};

/// Frame pixels per pixel of the grid on which both sides are spread.
pub(crate) const COARSE: usize = 4;

/// The person alone, in a frame.
pub(crate) struct Cutout<'a> {
    pub(crate) framing: Framing,
    /// sRGB of the person, also beyond the edge, without what shone through.
    pub(crate) colour: Grid<Rgb>,
    /// Share of the person, `0..=1`.
    pub(crate) alpha: Plane,
    source: Source<'a>,
}

impl Cutout<'_> {
    /// The picture as it was at a place of the frame, sRGB.
    pub(crate) fn before(&self, at: Vec2) -> Rgb {
        self.source.on_white(self.framing.to_full(at), [1.0; 3])
    }
}

/// Both sides of the edge on the coarse grid.
struct Sides {
    inner: Grid<Rgb>,
    outer: Grid<Rgb>,
    /// Share by the mask's edge alone.
    soft: Plane,
    /// 1 where the person is sure, 0 where the background is, between where colours decide.
    bound: Grid<[f32; 2]>,
    /// How far the background strays from what was spread.
    restless: Plane,
}

/// How far from its edge the mask is doubted, in coarse pixels: `[inwards, outwards]` for cloth and for hair.
fn doubt(person: &Person, face: &Face, framing: Framing) -> [[f32; 2]; 2] {
    let error = 1.6 * person.frame.factor[0] / framing.scale;
    let hair = 0.055 * face.unit() / framing.scale;
    [[error + 1.5, error + 1.5], [error.max(hair * 1.2), error.max(hair * 1.6)]]
}

impl Sides {
    fn find(picture: &Grid<Rgb>, person: &Person, face: &Face, framing: Framing, beyond: &Extension) -> Self {
        let figure = framing.of_small(&blur(&person.figure.mask.plane(), 0.6), person.frame);
        let solid = Grid::from_fn(framing.size[0], framing.size[1], |x, y| {
            let full = framing.to_full(vec2(x as f32, y as f32));
            beyond.at(full).map_or_else(|| figure.at(x, y), |beyond| f32::from(u8::from(beyond.depth > 0.0)))
        });
        let mask = sitter(&solid.map(|share| share > 0.5), face, framing);
        let solid = solid.zip(&grow(&mask, 2.0), |share, near| if near { share } else { 0.0 });
        let hair = framing.of_small(&blur(&person.hair.plane(), 2.0), person.frame);
        let near_hair = hair.map(|share| share > 0.04);
        let [cloth, strands] = doubt(person, face, framing);
        let pick = |by: usize, sign: f32| -> Mask {
            let plain = grow(&mask, sign * cloth[by]);
            let wide = grow(&mask, sign * strands[by]);
            let which = plain.zip(&wide, |plain, wide| (plain, wide));
            which.zip(&near_hair, |(plain, wide), hair| if hair { wide } else { plain })
        };
        let (core, reach) = rayon::join(|| pick(0, -1.0), || pick(1, 1.0));
        let sure_outside = reach.map(|inside| !inside);
        let (inner, outer) =
            rayon::join(|| spread(picture, &core, 0.8), || spread(picture, &sure_outside, 1.5));
        let known = sure_outside.plane();
        let stray = picture.zip(&outer, |a, b| (0..3).map(|c| (a[c] - b[c]).abs()).sum::<f32>() / 3.0);
        let sigma = 6.0;
        let (sum, weight) = rayon::join(
            || blur(&stray.zip(&known, |stray, known| stray * known), sigma),
            || blur(&known, sigma),
        );
        let restless = sum.zip(&weight, |sum, weight| sum / weight.max(1e-3));
        let soft = blur(&solid, 0.8);
        let (low, high) = rayon::join(|| blur(&core.plane(), 1.0), || blur(&reach.plane(), 1.0));
        let bound = low.zip(&high, |low, high| [low, high]);
        Self { inner, outer, soft, bound, restless }
    }
}

/// Of a mask in an upright frame, what belongs to the person of the face: beside the head only what touches it, below
/// what hangs together with it.
fn sitter(mask: &Mask, face: &Face, framing: Framing) -> Mask {
    let unit = face.unit() / framing.scale;
    let middle = framing.to_frame(face.middle());
    // Clothes may stand up beside the chin.
    let mouth = framing.to_frame(face.mouth()).y;
    let mut kept = mask.clone();
    for y in 0..((mouth.max(0.0) as usize).min(mask.height)) {
        for (from, to) in mask.runs(y) {
            let apart = (from as f32 - middle.x).max(middle.x - to as f32);
            if apart > 0.35 * unit {
                (from..to).for_each(|x| kept.set(x, y, false));
            }
        }
    }
    let (labels, _) = components(&kept);
    let own = labels.get(middle).unwrap_or(0);
    if own == 0 { kept } else { labels.map(|label| label == own) }
}

/// Cuts the person out of the picture in a frame.
pub(crate) fn cut<'a>(
    picture: &'a Picture,
    person: &Person,
    face: &Face,
    framing: Framing,
    cancel: &CancelToken,
) -> Result<Cutout<'a>, RunError> {
    let beyond = Extension::new(person, face);
    let moved = |full| beyond.at(full).map_or((full, [1.0; 3]), |beyond| (beyond.source, beyond.shade));
    let coarse = framing.coarser(COARSE);
    let small = coarse.take_with(picture, moved);
    let sides = Sides::find(&small, person, face, coarse, &beyond);
    let certain = sides.certain();
    cancel.check()?;
    let (own, source) = (framing.take_alpha(picture), framing.source(picture));
    let pixel = |x: usize, y: usize| {
        let full = framing.to_full(vec2(x as f32, y as f32));
        if let Some(beyond) = beyond.at(full) {
            let known = beyond.depth > -0.5 * face.unit();
            let share = if known { smoothstep(-1.2, 1.2, beyond.depth / framing.scale) } else { 0.0 };
            return (source.on_white(beyond.source, beyond.shade), share);
        }
        let within = |share: f32, most: f32| own.as_ref().map_or(share, |own| own.at(x, y).min(most));
        match certain.at(cell(x), cell(y)) {
            // What is cut away need not be seen as sharply as it is.
            Certain::Behind => (small.at(x / COARSE, y / COARSE), 0.0),
            Certain::Person => (source.on_white(full, [1.0; 3]), within(1.0, 1.0)),
            Certain::Neither => {
                let place = coarse_place(x, y);
                let bound = sides.bound.sample(place.0, place.1);
                let (share, colour) = sides.solve(place, bound, source.on_white(full, [1.0; 3]));
                (colour, within(share, bound[1]))
            }
        }
    };
    let [width, height] = framing.size;
    let mut colour = Grid::new(width, height, [0.0; 3]);
    let mut alpha = Plane::new(width, height, 0.0);
    let rows = colour.data.par_chunks_mut(width).zip(alpha.data.par_chunks_mut(width));
    rows.enumerate().for_each(|(y, (colour, alpha))| {
        for (x, (colour, alpha)) in colour.iter_mut().zip(alpha).enumerate() {
            (*colour, *alpha) = pixel(x, y);
        }
    });
    Ok(Cutout { framing, colour, alpha, source })
}

/// What the four pixels of the coarse grid around a place say of it together.
#[derive(Clone, Copy)]
enum Certain {
    Person,
    Behind,
    Neither,
}

/// The column (or row) of [`Sides::certain`] for one of the frame.
fn cell(v: usize) -> usize {
    (v + COARSE / 2) / COARSE
}

/// Below this share (from 1 below it: above it) a pixel is wholly on one side.
const NOTHING: f32 = 0.005;

fn coarse_place(x: usize, y: usize) -> (f32, f32) {
    let at = |v: usize| (v as f32 + 0.5) / COARSE as f32 - 0.5;
    (at(x), at(y))
}

impl Sides {
    /// What is certain between the pixels of the coarse grid; the first row and column are before the first pixel.
    fn certain(&self) -> Grid<Certain> {
        let (width, height) = (self.bound.width, self.bound.height);
        let around = |v: usize, side: usize| [v.saturating_sub(1), v.min(side - 1)];
        Grid::from_fn(width + 1, height + 1, |x, y| {
            let (columns, rows) = (around(x, width), around(y, height));
            let all = |is: fn([f32; 2]) -> bool| {
                rows.iter().all(|&y| columns.iter().all(|&x| is(self.bound.at(x, y))))
            };
            if all(|[_, high]| high < NOTHING) {
                Certain::Behind
            } else if all(|[low, _]| low > 1.0 - NOTHING) {
                Certain::Person
            } else {
                Certain::Neither
            }
        })
    }

    /// Share of the person in a pixel at a place of the coarse grid, and the person's own colour there.
    fn solve(&self, (cx, cy): (f32, f32), [low, high]: [f32; 2], colour: Rgb) -> (f32, Rgb) {
        if low > 1.0 - NOTHING {
            return (1.0, colour);
        }
        let (inner, outer) = (self.inner.sample(cx, cy), self.outer.sample(cx, cy));
        let across: Rgb = std::array::from_fn(|c| inner[c] - outer[c]);
        let length2 = across.iter().map(|v| v * v).sum::<f32>();
        let along = (0..3).map(|c| (colour[c] - outer[c]) * across[c]).sum::<f32>();
        let off = (0..3).map(|c| (colour[c] - outer[c]).powi(2)).sum::<f32>().sqrt();
        let length = length2.sqrt();
        let projected = along / length2.max(1e-6);
        // What is far from the background on neither's line is the person too: an ear beside hair.
        let aside = (off * off - (along / length.max(1e-3)).powi(2)).max(0.0).sqrt();
        let strange = smoothstep(0.10, 0.25, aside);
        let seen = smoothstep(0.06, 0.90, projected.max(strange));
        let restless = self.restless.sample(cx, cy);
        let trust = smoothstep(1.5, 4.0, length / (restless + 0.025));
        let soft = smoothstep(0.35, 0.75, self.soft.sample(cx, cy));
        let share = mix(soft, seen, trust).clamp(smoothstep(0.3, 0.95, low), smoothstep(0.0, 0.6, high));
        let freed: Rgb = std::array::from_fn(|c| {
            let own = (colour[c] - (1.0 - share) * outer[c]) / share.max(0.05);
            mix(inner[c], own.clamp(inner[c] - 0.2, inner[c] + 0.2), smoothstep(0.3, 0.95, share))
        });
        (share, freed.map(|c| c.clamp(0.0, 1.0)))
    }
}

/// Means over squares of `factor` pixels.
pub(crate) fn shrunk(picture: &Grid<Rgb>, factor: usize, [width, height]: [usize; 2]) -> Grid<Rgb> {
    Grid::par_from_fn(width, height, |x, y| {
        let mut sum = [0.0; 3];
        let mut count = 0.0;
        for row in y * factor..((y + 1) * factor).min(picture.height) {
            for colour in &picture.row(row)[x * factor..((x + 1) * factor).min(picture.width)] {
                sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
                count += 1.0;
            }
        }
        sum.map(|value| value / f32::max(count, 1.0))
    })
}

/// The same for one number a pixel.
pub(crate) fn shrunk_plane(plane: &Plane, factor: usize, [width, height]: [usize; 2]) -> Plane {
    Grid::par_from_fn(width, height, |x, y| {
        let rows = y * factor..((y + 1) * factor).min(plane.height);
        let columns = x * factor..((x + 1) * factor).min(plane.width);
        let count = (rows.len() * columns.len()).max(1) as f32;
        rows.map(|row| plane.row(row)[columns.clone()].iter().sum::<f32>()).sum::<f32>() / count
    })
}
