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

/// One pixel's equation: its share is `own` and the shares of its neighbours (right, left, below, above), weighted.
#[derive(Debug, Clone, Copy, Default)]
struct Balance {
    own: f32,
    near: [f32; 4],
}

impl Balance {
    fn of(edges: &Edges, odds: &Plane, i: usize) -> Self {
        let (width, height) = (odds.width, odds.height);
        let (x, y) = (i % width, i / width);
        let opinion = 1.0 / (1.0 + (-odds.data[i]).exp());
        let sure = OWN * (2.0 * opinion - 1.0).powi(2) + 1e-4;
        let near = [
            if x + 1 < width { edges.right.data[i] } else { 0.0 },
            if x > 0 { edges.right.data[i - 1] } else { 0.0 },
            if y + 1 < height { edges.down.data[i] } else { 0.0 },
            if y > 0 { edges.down.data[i - width] } else { 0.0 },
        ];
        let scale = 1.0 / (sure + near.iter().sum::<f32>());
        Self { own: opinion * sure * scale, near: near.map(|edge| edge * scale) }
    }
}

/// Settles `odds` (log odds of being figure) into a share of figure a pixel. Only pixels in `open` move from `start`.
pub(crate) fn settle(edges: &Edges, odds: &Plane, start: &Plane, open: &Mask, rounds: usize) -> Plane {
    let (width, height) = (odds.width, odds.height);
    // A frame of nothing around the picture: every pixel has four neighbours.
    let wide = width + 2;
    let mut share = vec![0.0; wide * (height + 2)];
    for y in 0..height {
        let from = (y + 1) * wide + 1;
        share[from..from + width].copy_from_slice(start.row(y));
    }
    // Pixels of one colour of a checkerboard depend on the other colour only.
    let places = |parity: usize| -> Vec<(usize, Balance)> {
        let own = |i: &usize| (i % width + i / width) % 2 == parity && open.data[*i];
        let place = |i: usize| (i / width + 1) * wide + i % width + 1;
        (0..width * height).filter(own).map(|i| (place(i), Balance::of(edges, odds, i))).collect()
    };
    let colours = [places(0), places(1)];
    for _ in 0..rounds {
        for places in &colours {
            for &(i, Balance { own, near: [right, left, below, above] }) in places {
                let settled = own
                    + right * share[i + 1]
                    + left * share[i - 1]
                    + below * share[i + wide]
                    + above * share[i - wide];
                share[i] += OVER * (settled - share[i]);
            }
        }
    }
    Plane::from_fn(width, height, |x, y| share[(y + 1) * wide + x + 1].clamp(0.0, 1.0))
}
