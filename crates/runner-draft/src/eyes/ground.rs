//! What is background and what is figure, in a picture taken in front of something calm.
//!
//! Decided here: the background is whatever a smooth surface through the border of the picture explains. It is
//! found in three rounds (quadratic surface, then the found pixels spread inwards), darker pixels being forgiven
//! more than others because figures cast shadows. The rest, in one piece, is the figure.

use crate::colour::{Rgb, difference, oklab};
use crate::geometry::solve;
use crate::raster::{
    Grid, Mask, Plane, components, fill_holes, grow, largest, spread, touching_border,
};

/// A figure before its background, on the small grid.
pub(crate) struct Figure {
    pub(crate) mask: Mask,
    /// The background as if the figure were not there, sRGB in `0..=1`.
    pub(crate) behind: Grid<Rgb>,
    /// How much of the border the background explains, `0..=1`.
    pub(crate) clarity: f32,
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// May reach the border, has gaps that show background (between arm and body).
    Person,
    /// Stands free; bright spots inside are prints, not gaps.
    Garment,
}

/// Finds the figure in `picture` (sRGB in `0..=1`).
pub(crate) fn find(picture: &Grid<Rgb>, subject: Subject) -> Figure {
    let (width, height) = (picture.width, picture.height);
    let lab = picture.map(oklab);
    let band = (width.min(height) / 40).max(1);
    let border = Grid::from_fn(width, height, |x, y| {
        let sides = x < band || x + band >= width;
        // A person stands on the lower border; what is there says little about the background.
        let ends = y < band || (subject == Subject::Garment && y + band >= height);
        ends || (sides && (subject == Subject::Garment || y < height * 3 / 4))
    });
    let mut model = quadratic(&lab, &border);
    let mut ground = Mask::new(width, height, false);
    let mut clarity = 0.0;
    let mut distance = Plane::new(width, height, 0.0);
    for round in 0..3 {
        distance = unlikeness(&lab, &model);
        let limit = tolerance(&distance, if round == 0 { &border } else { &ground }, subject);
        let near = distance.map(|d| d < limit);
        if round == 0 {
            clarity = near.and(&border).count() as f32 / border.count().max(1) as f32;
        }
        ground = touching_border(&near);
        if subject == Subject::Person {
            ground = with_gaps(&ground, &distance, limit);
        }
        if ground.count() * 50 < ground.data.len() {
            break;
        }
        model = spread(&lab, &grow(&ground, -2.0), width.max(height) as f32 * 0.02);
    }
    let _ = distance;
    let mask = tidy(&ground.map(|inside| !inside), subject);
    let around = grow(&mask, width.max(height) as f32 * 0.012).map(|inside| !inside);
    let behind = spread(picture, &around, width.max(height) as f32 * 0.015);
    Figure { mask, behind, clarity }
}

/// The figure of a picture that comes with its own transparency.
pub(crate) fn from_alpha(picture: &Grid<Rgb>, alpha: &Plane) -> Figure {
    let mask = largest_parts(&alpha.map(|alpha| alpha > 0.5));
    Figure { mask, behind: picture.clone(), clarity: 1.0 }
}

/// Distance of each pixel from the background's colour; darkening counts half.
fn unlikeness(lab: &Grid<Rgb>, model: &Grid<Rgb>) -> Plane {
    lab.zip(model, |colour, ground| {
        let darker = (ground[0] - colour[0]).max(0.0).min(0.15);
        difference([colour[0] + darker * 0.5, colour[1], colour[2]], ground)
    })
}

/// The distance up to which a pixel passes as background: from the spread of what already passes.
fn tolerance(distance: &Plane, known: &Mask, subject: Subject) -> f32 {
    let mut values: Vec<f32> =
        distance.data.iter().zip(&known.data).filter(|(_, known)| **known).map(|(d, _)| *d).collect();
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    let median = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
    let (floor, ceiling) = if subject == Subject::Person { (0.045, 0.12) } else { (0.025, 0.10) };
    (median * 4.0).clamp(floor, ceiling)
}

/// Adds enclosed pieces that look exactly like the background: seen between an arm and the body.
fn with_gaps(ground: &Mask, distance: &Plane, limit: f32) -> Mask {
    let close = distance.map(|d| d < limit * 0.8).without(ground);
    let (labels, sizes) = components(&close);
    let enough = ground.data.len() / 1200;
    ground.zip(&labels, |inside, label| inside || (label != 0 && sizes[label as usize] >= enough))
}

fn tidy(figure: &Mask, subject: Subject) -> Mask {
    let opened = grow(&grow(figure, -1.5), 1.5).and(figure);
    let size = figure.data.len();
    match subject {
        Subject::Person => fill_holes(&largest(&opened), size / 1200),
        Subject::Garment => fill_holes(&largest_parts(&opened), size / 40),
    }
}

/// The largest part and every other of at least a quarter of its size: a pair of shoes is one figure.
fn largest_parts(mask: &Mask) -> Mask {
    let (labels, sizes) = components(mask);
    let most = sizes.iter().copied().max().unwrap_or(0);
    labels.map(|label| label != 0 && sizes[label as usize] * 4 >= most)
}

/// A quadratic surface through the known pixels of each channel, by least squares that stop listening to pixels far
/// off (iteratively reweighted, Tukey's biweight).
fn quadratic(lab: &Grid<Rgb>, known: &Mask) -> Grid<Rgb> {
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
