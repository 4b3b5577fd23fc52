//! What is background and what is figure.
//!
//! Decided here: garments lie on something calm, so their background is whatever a smooth surface through the border of the
//! picture explains. It is found in three rounds (quadratic surface, then the found pixels spread inwards), darker pixels
//! being forgiven more than others because figures cast shadows. The rest, in one piece, is the figure. People stand
//! anywhere: [`super::segment`] tells them from what is behind.

use atelier_domain::{CancelToken, RunError};

use super::segment::{self, Segmented};
use crate::colour::{Rgb, difference, oklab};
use crate::geometry::solve;
use crate::raster::{
    Grid, Mask, Plane, blur, components, fill_holes, grow, largest, spread, touching_border,
};

/// A figure before its background, on the small grid.
pub(crate) struct Figure {
    pub(crate) mask: Mask,
    /// The background as if the figure were not there, sRGB in `0..=1`.
    pub(crate) behind: Grid<Rgb>,
    /// How clearly it stands out, `0..=1`: how much of the border the background explains, or how surely pixels took sides.
    pub(crate) clarity: f32,
    /// How much like somebody standing it looks, `0..=2.5`; of people only.
    pub(crate) standing: f32,
    /// How clearly each pixel took sides, on a grid half as fine.
    pub(crate) clear: Plane,
    /// How plainly a face was seen, `0..=1`; of people only.
    pub(crate) face: f32,
}

/// How often the background is grown outwards from what is sure.
const ROUNDS: usize = 5;

/// Finds a person in `picture` (sRGB in `0..=1`), who may reach the border.
pub(crate) fn person(picture: &Grid<Rgb>, cancel: &CancelToken) -> Result<Figure, RunError> {
    let (width, height) = (picture.width, picture.height);
    let lab = picture.map(oklab);
    let band = (width.min(height) / 40).max(1);
    // A person stands on the lower border; what is there says little about the background.
    let border = Grid::from_fn(width, height, |x, y| {
        y < band || ((x < band || x + band >= width) && y < height * 3 / 4)
    });
    let segmented = segment::person(&lab, &quadratic(&lab, &border), cancel)?;
    let mask = tidy_person(&segmented.share.map(|share| share > 0.5));

    let Segmented { clear, fit, face, .. } = segmented;
    Ok(Figure {
        behind: behind(picture, &mask),
        mask,
        clarity: clear.data.iter().sum::<f32>() / clear.data.len() as f32,
        clear,
        standing: fit,
        face,
    })
}

/// Finds a garment in `picture` (sRGB in `0..=1`), which stands free on something calm.
pub(crate) fn garment(picture: &Grid<Rgb>) -> Figure {
    let (width, height) = (picture.width, picture.height);
    let lab = picture.map(oklab);
    let band = (width.min(height) / 40).max(1);
    let border =
        Grid::from_fn(width, height, |x, y| x < band || x + band >= width || y < band || y + band >= height);
    let mut model = quadratic(&lab, &border);
    let mut ground = Mask::new(width, height, false);
    let mut clarity = 0.0;
    let limit = (grain(&lab, &border) * 6.0 + 0.008).clamp(0.026, 0.1);
    let mut before = 0;
    for round in 0..ROUNDS {
        let distance = unlikeness(&lab, &model);
        // The first surface is only roughly right: it may take a wider limit to get hold of the border at all.
        let limit =
            if round == 0 { limit.max(quantile(&distance, &border, 0.6) * 1.3).min(0.1) } else { limit };
        let near = distance.map(|d| d < limit);
        if round == 0 {
            clarity = distance.map(|d| d < 0.06_f32.max(limit)).and(&border).count() as f32
                / border.count().max(1) as f32;
        }
        ground = touching_border(&near);
        let found = ground.count();
        let settled = found.abs_diff(before) * 2000 < ground.data.len();
        if settled || found * 50 < ground.data.len() {
            break;
        }
        before = found;
        model = spread(&lab, &grow(&ground, -2.0), width.max(height) as f32 * 0.02);
    }
    let mask = ground.map(|inside| !inside);
    let lighter = lab
        .zip(&model, |colour, ground| if colour[0] > ground[0] { difference(colour, ground) } else { 0.0 });
    let mask = tidy_garment(&bridged(&mask, &blur(&lighter, 1.5).map(|d| d > 0.0056)));
    let clear = Plane::new(1, 1, clarity);
    Figure { behind: behind(picture, &mask), mask, clarity, clear, standing: 0.0, face: 0.0 }
}

/// The background as if the figure were not there: what is around it, continued.
pub(crate) fn behind(picture: &Grid<Rgb>, mask: &Mask) -> Grid<Rgb> {
    let long = picture.width.max(picture.height) as f32;
    let around = grow(mask, long * 0.012).map(|inside| !inside);
    spread(picture, &around, long * 0.015)
}

/// The figure of a picture that comes with its own transparency.
pub(crate) fn from_alpha(picture: &Grid<Rgb>, alpha: &Plane) -> Figure {
    let mask = largest_parts(&alpha.map(|alpha| alpha > 0.5));
    Figure {
        mask,
        behind: picture.clone(),
        clarity: 1.0,
        clear: Plane::new(1, 1, 1.0),
        standing: 2.2,
        face: 0.5,
    }
}

/// Distance of each pixel from the background's colour; darkening counts less.
fn unlikeness(lab: &Grid<Rgb>, model: &Grid<Rgb>) -> Plane {
    lab.zip(model, |colour, ground| {
        let darker = (ground[0] - colour[0]).clamp(0.0, 0.1);
        difference([colour[0] + darker * 0.4, colour[1], colour[2]], ground)
    })
}

/// How much neighbouring background pixels differ: the median over the border of the distance to the local mean.
fn grain(lab: &Grid<Rgb>, border: &Mask) -> f32 {
    let local: [Plane; 3] = std::array::from_fn(|c| blur(&lab.map(|colour| colour[c]), 1.5));
    let mut values: Vec<f32> = (0..lab.data.len())
        .filter(|&i| border.data[i])
        .map(|i| difference(lab.data[i], std::array::from_fn(|c| local[c].data[i])))
        .collect();
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// The given share (`0..=1`) of the known distances lies below this.
fn quantile(distance: &Plane, known: &Mask, share: f32) -> f32 {
    let mut values: Vec<f32> =
        distance.data.iter().zip(&known.data).filter(|(_, known)| **known).map(|(d, _)| *d).collect();
    if values.is_empty() {
        return 0.0;
    }
    let at = ((values.len() - 1) as f32 * share) as usize;
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

/// Without loose threads and specks of compression around sharp edges.
fn opened(figure: &Mask, thin: f32) -> Mask {
    grow(&grow(figure, -thin), thin).and(figure)
}

fn tidy_person(figure: &Mask) -> Mask {
    fill_holes(&largest(&opened(figure, 1.5)), figure.data.len() / 1200)
}

/// Bright spots inside a garment are prints, not gaps.
fn tidy_garment(figure: &Mask) -> Mask {
    let parts = largest_parts(&opened(figure, 2.5));
    slits(&parts, &fill_holes(&parts, figure.data.len() / 40))
}

/// Opens again those filled holes that are tall and narrow: between legs, or between sleeve and body, that touch below.
fn slits(open: &Mask, filled: &Mask) -> Mask {
    let (labels, sizes) = components(&filled.without(open));
    let mut rows = vec![[usize::MAX, 0]; sizes.len()];
    for (i, &label) in labels.data.iter().enumerate() {
        let span = &mut rows[label as usize];
        *span = [span[0].min(i / open.width), span[1].max(i / open.width)];
    }
    filled.zip(&labels, |inside, label| {
        let [first, last] = rows[label as usize];
        let tall = (last + 1).saturating_sub(first);
        let narrow = tall * tall > 3 * sizes[label as usize];
        inside && !(label != 0 && narrow && tall * 16 > open.height)
    })
}

/// Fills short breaks between cloth above and cloth below: white bands of a striped garment that cannot be told from the
/// ground at all. Gaps between legs or under arms are open below and stay.
fn bands(mask: &Mask, longest: usize) -> Mask {
    let mut filled = mask.clone();
    for x in 0..mask.width {
        let mut last = None;
        for y in (0..mask.height).filter(|&y| mask.at(x, y)) {
            if let Some(last) = last.filter(|last| y - last <= longest) {
                (last + 1..y).for_each(|y| filled.set(x, y, true));
            }
            last = Some(y);
        }
    }
    filled
}

/// White stripes on a white ground are lighter than it by a trace: where cloth is close all around, a trace is enough.
/// Shadows are darker and so no part of it.
fn bridged(mask: &Mask, trace: &Mask) -> Mask {
    let reach = mask.width.max(mask.height) as f32 / 28.0;
    let near = grow(&grow(mask, reach), -reach);
    let close = bands(mask, mask.height / 32);
    grow(&grow(&close.zip(&near.and(trace), |cloth, near| cloth || near), 1.5), -1.5)
}

/// The largest part and every other of at least a quarter of its size: a pair of shoes is one figure.
fn largest_parts(mask: &Mask) -> Mask {
    let (labels, sizes) = components(mask);
    let most = sizes.iter().copied().max().unwrap_or(0);
    labels.map(|label| label != 0 && sizes[label as usize] * 4 >= most)
}

/// A quadratic surface through the known pixels of each channel, by least squares that stop listening to pixels far
/// off (iteratively reweighted, Tukey's biweight).
pub(crate) fn quadratic(lab: &Grid<Rgb>, known: &Mask) -> Grid<Rgb> {
    let terms = |x: usize, y: usize| {
        let u = f64::from(x as f32 / lab.width as f32 - 0.5);
        let v = f64::from(y as f32 / lab.height as f32 - 0.5);
        [1.0, u, v, u * u, u * v, v * v]
    };
    let points: Vec<([f64; 6], Rgb)> = (0..lab.data.len())
        .filter(|&i| known.data[i])
        .map(|i| (terms(i % lab.width, i / lab.width), lab.data[i]))
        .collect();
    let value = |surface: &[[f64; 3]], t: &[f64; 6]| -> Rgb {
        std::array::from_fn(|c| surface.iter().zip(t).map(|(s, t)| s[c] * t).sum::<f64>() as f32)
    };
    let mut middle: Rgb = [0.0; 3];
    for (c, middle) in middle.iter_mut().enumerate() {
        let mut values: Vec<f32> = points.iter().map(|(_, colour)| colour[c]).collect();
        let half = values.len() / 2;
        *middle = *values.select_nth_unstable_by(half, f32::total_cmp).1;
    }
    let mut surface = vec![[0.0_f64; 3]; 6];
    surface[0] = middle.map(f64::from);
    for reach in [0.4, 0.25, 0.15, 0.1, 0.1] {
        let mut matrix = vec![0.0; 36];
        let mut right = vec![[0.0; 3]; 6];
        for i in 0..6 {
            matrix[i * 6 + i] = 1e-3;
        }
        for (t, colour) in &points {
            let off = difference(value(&surface, t), *colour) / reach;
            if off >= 1.0 {
                continue;
            }
            let weight = f64::from((1.0 - off * off).powi(2));
            for i in 0..6 {
                for j in 0..6 {
                    matrix[i * 6 + j] += weight * t[i] * t[j];
                }
                for c in 0..3 {
                    right[i][c] += weight * t[i] * f64::from(colour[c]);
                }
            }
        }
        match solve(matrix, right) {
            Some(better) => surface = better,
            None => break,
        }
    }
    Grid::from_fn(lab.width, lab.height, |x, y| value(&surface, &terms(x, y)))
}
