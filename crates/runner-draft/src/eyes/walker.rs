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

/// Every other pixel of a picture, those of one colour of a checkerboard: their equations depend on the other colour only.
/// Row by row, with a frame of nothing around, so that every pixel has four neighbours.
struct Colour {
    /// Pixels a row, and its rows, with the frame.
    width: usize,
    share: Vec<f32>,
    /// What a share is made of: its own opinion, and the weights of right, left, below and above.
    own: Vec<f32>,
    near: [Vec<f32>; 4],
    /// From and to of what moves in each row.
    open: Vec<[usize; 2]>,
}

impl Colour {
    /// The pixels whose row and column add up to an even number, or to an odd one (`parity` 1).
    fn new(parity: usize, edges: &Edges, odds: &Plane, start: &Plane, open: &Mask) -> Self {
        let width = odds.width.div_ceil(2) + 2;
        let nothing = || vec![0.0; width * (odds.height + 2)];
        let mut all = Self {
            width,
            share: nothing(),
            own: nothing(),
            near: std::array::from_fn(|_| nothing()),
            open: vec![[width, 0]; odds.height],
        };
        for y in 0..odds.height {
            for (k, x) in ((parity + y) % 2..odds.width).step_by(2).enumerate() {
                let (at, i) = ((y + 1) * width + k + 1, y * odds.width + x);
                all.share[at] = start.data[i];
                if open.data[i] {
                    all.open[y] = [all.open[y][0].min(k + 1), k + 2];
                    all.balance(at, edges, odds, i);
                } else {
                    all.own[at] = start.data[i];
                }
            }
        }
        all
    }

    /// Writes down the equation of pixel `i` at its place.
    fn balance(&mut self, at: usize, edges: &Edges, odds: &Plane, i: usize) {
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
        self.own[at] = opinion * sure * scale;
        self.near.iter_mut().zip(near).for_each(|(all, edge)| all[at] = edge * scale);
    }

    /// Moves every open pixel towards what its equation asks, and somewhat further (successive over-relaxation).
    fn relax(&mut self, parity: usize, other: &[f32]) {
        let [right, left, below, above] = &self.near;
        for (y, &[from, to]) in self.open.iter().enumerate() {
            let row = (y + 1) * self.width;
            // In rows that begin with the other colour the pixel on the right is one further on in it.
            let shift = (parity + y) % 2;
            let end = to.max(from);
            let at = |off: usize| row + from + off..row + end + off;
            let here = at(0);
            let (right, left) = (&right[here.clone()], &left[here.clone()]);
            let (below, above) = (&below[here.clone()], &above[here.clone()]);
            let own = &self.own[here.clone()];
            let to_right = &other[at(shift)];
            let to_left = &other[row + from + shift - 1..row + end + shift - 1];
            let under = &other[at(self.width)];
            let over = &other[row + from - self.width..row + end - self.width];
            for (k, share) in self.share[here].iter_mut().enumerate() {
                let settled = own[k]
                    + right[k] * to_right[k]
                    + left[k] * to_left[k]
                    + below[k] * under[k]
                    + above[k] * over[k];
                *share += OVER * (settled - *share);
            }
        }
    }
}

/// Settles `odds` (log odds of being figure) into a share of figure a pixel. Only pixels in `open` move from `start`.
pub(crate) fn settle(edges: &Edges, odds: &Plane, start: &Plane, open: &Mask, rounds: usize) -> Plane {
    let colour = |parity: usize| Colour::new(parity, edges, odds, start, open);
    let (mut even, mut odd) = rayon::join(|| colour(0), || colour(1));
    for _ in 0..rounds {
        even.relax(0, &odd.share);
        odd.relax(1, &even.share);
    }
    Plane::from_fn(odds.width, odds.height, |x, y| {
        let colour = if (x + y).is_multiple_of(2) { &even } else { &odd };
        colour.share[(y + 1) * colour.width + x / 2 + 1].clamp(0.0, 1.0)
    })
}
