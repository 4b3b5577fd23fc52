//! From uncertain pixels to one shape: a random walker with priors (Grady 2005).
//!
//! Decided here: every pixel takes the mean of its neighbours, weighted by how alike they look, and of its own opinion,
//! weighted by how sure that is. What is uncertain takes its answer from what it looks connected to. The result is soft
//! where the picture is, and needs no further matting for looking at.

use crate::colour::Rgb;
use crate::raster::{Grid, Mask, Plane};

/// How far an opinion reaches: below 1, pixels listen more to their neighbours than to themselves.
const OWN: f32 = 0.10;
const OVER: f32 = 1.7;

/// Weights between neighbours of one picture.
pub(crate) struct Edges {
    right: Plane,
    down: Plane,
}

impl Edges {
    /// `lab` in OKLab. Differences are judged against what is usual in this picture, which a few strong edges do not change:
    /// before a calm wall even a pale shirt's faint outline parts what is on its sides.
    pub(crate) fn faint(lab: &Grid<Rgb>) -> Self {
        let (width, height) = (lab.width, lab.height);
        let apart = |a: Rgb, b: Rgb| {
            (a[0] - b[0]).powi(2) + 4.0 * (a[1] - b[1]).powi(2) + 4.0 * (a[2] - b[2]).powi(2)
        };
        let right = Plane::from_fn(width, height, |x, y| {
            if x + 1 < width { apart(lab.at(x, y), lab.at(x + 1, y)) } else { f32::MAX }
        });
        let down = Plane::from_fn(width, height, |x, y| {
            if y + 1 < height { apart(lab.at(x, y), lab.at(x, y + 1)) } else { f32::MAX }
        });
        let mut known: Vec<f32> =
            right.data.iter().chain(&down.data).copied().filter(|d| *d < f32::MAX).collect();
        let mean = 2.0 * known.iter().sum::<f32>() / (known.len() as f32).max(1.0);
        let at = known.len() * 6 / 10;
        let usual = if at >= known.len() {
            mean
        } else {
            mean.min(6.0 * *known.select_nth_unstable_by(at, f32::total_cmp).1)
        };
        let scale = 1.0 / usual.max(2e-4);
        let weight = |d: f32| if d < f32::MAX { (-d * scale).exp() + 0.004 } else { 0.0 };
        Self { right: right.map(weight), down: down.map(weight) }
    }
}

/// Settles `odds` (log odds of being figure) into a share of figure a pixel. Only pixels in `open` move from `start`.
pub(crate) fn settle(edges: &Edges, odds: &Plane, start: &Plane, open: &Mask, rounds: usize) -> Plane {
    let (width, height) = (odds.width, odds.height);
    let mut share = start.clone();
    let own: Vec<(f32, f32)> = odds
        .data
        .iter()
        .map(|odds| {
            let opinion = 1.0 / (1.0 + (-odds).exp());
            let sure = (2.0 * opinion - 1.0).abs();
            (opinion, OWN * sure * sure + 1e-4)
        })
        .collect();
    // Pixels of one colour of a checkerboard depend on the other colour only.
    let places = |parity: usize| -> Vec<usize> {
        let odd = |i: &usize| (i % width + i / width) % 2 == parity;
        (0..width * height).filter(odd).filter(|&i| open.data[i]).collect()
    };
    let colours = [places(0), places(1)];
    for _ in 0..rounds {
        for places in &colours {
            for &i in places {
                let (opinion, sure) = own[i];
                let (mut sum, mut weight) = (opinion * sure, sure);
                let mut add = |edge: f32, j: usize| {
                    sum += edge * share.data[j];
                    weight += edge;
                };
                if i % width + 1 < width {
                    add(edges.right.data[i], i + 1);
                }
                if i % width > 0 {
                    add(edges.right.data[i - 1], i - 1);
                }
                if i + width < width * height {
                    add(edges.down.data[i], i + width);
                }
                if i >= width {
                    add(edges.down.data[i - width], i - width);
                }
                let settled = sum / weight;
                share.data[i] += OVER * (settled - share.data[i]);
            }
        }
    }
    share.map(|share| share.clamp(0.0, 1.0))
}
