//! What is background and what is figure.
//!
//! Decided here: what is behind a figure is what is around it, continued. People are told from it by [`super::segment`],
//! garments by their own module.

use atelier_domain::{CancelToken, RunError};

use super::segment::{self, Segmented, View};
use super::silhouette::Standing;
use crate::colour::{Rgb, difference};
use crate::face::Eyes;
use crate::geometry::solve;
use crate::raster::{Grid, Mask, Plane, components, fill_holes, grow, largest, spread};

/// A figure before its background, on the small grid.
pub(crate) struct Figure {
    pub(crate) mask: Mask,
    /// How clearly it stands out, `0..=1`: how much of the border the background explains, or how surely pixels took sides.
    pub(crate) clarity: f32,
    /// How clearly each pixel took sides, on a grid half as fine.
    pub(crate) clear: Plane,
    /// Where somebody stands, how plainly, and how plainly with a face; of people only.
    pub(crate) standing: Standing,
    /// The eyes, if they were surely seen; of people only.
    pub(crate) eyes: Option<Eyes>,
}

/// Makes a picture (OKLab) ready to look for a person, who may reach the border.
pub(super) fn view(lab: &Grid<Rgb>) -> View<'_> {
    let (width, height) = (lab.width, lab.height);
    let band = (width.min(height) / 40).max(1);
    // A person stands on the lower border; what is there says little about the background.
    let border = Grid::from_fn(width, height, |x, y| {
        y < band || ((x < band || x + band >= width) && y < height * 3 / 4)
    });
    View::new(lab, &quadratic(lab, &border))
}

/// Finds a person. `eyes` looks for the eyes of a head there, and gives them only if it is sure; `known` are the eyes if they
/// are known.
pub(super) fn person(
    view: &View<'_>,
    eyes: impl Fn(Standing) -> Option<Eyes>,
    known: Option<Eyes>,
    cancel: &CancelToken,
) -> Result<Figure, RunError> {
    let segmented = segment::person(view, eyes, known, cancel)?;
    let mask = tidy_person(&segmented.share.map(|share| share > 0.5));

    let Segmented { clear, standing, eyes, .. } = segmented;
    Ok(Figure {
        mask,
        clarity: clear.data.iter().sum::<f32>() / clear.data.len() as f32,
        clear,
        standing,
        eyes,
    })
}

/// The background as if the figure were not there: what is around it, continued.
pub(crate) fn behind(picture: &Grid<Rgb>, mask: &Mask) -> Grid<Rgb> {
    let long = picture.width.max(picture.height) as f32;
    let around = grow(mask, long * 0.012).map(|inside| !inside);
    spread(picture, &around, long * 0.015)
}

/// The figure of a picture that comes with its own transparency.
pub(crate) fn from_alpha(alpha: &Plane) -> Figure {
    let mask = largest_parts(&alpha.map(|alpha| alpha > 0.5));
    Figure {
        mask,
        clarity: 1.0,
        clear: Plane::new(1, 1, 1.0),
        standing: Standing { fit: 2.2, face: 0.5, ..Standing::default() },
        eyes: None,
    }
}

/// Without loose threads and specks of compression around sharp edges.
fn opened(figure: &Mask, thin: f32) -> Mask {
    grow(&grow(figure, -thin), thin).and(figure)
}

fn tidy_person(figure: &Mask) -> Mask {
    fill_holes(&largest(&opened(figure, 1.5)), figure.data.len() / 1200)
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
