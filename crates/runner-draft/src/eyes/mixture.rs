//! Mixtures of Gaussians over colour and place: what the figure looks like, and what is behind it.
//!
//! Decided here: place counts beside colour, each with its own spread, so that "brick, everywhere" and "a shirt, here" are
//! both one component. Components are full in colour and axis-aligned in place; pixels belong to one each (as in `GrabCut`,
//! Rother and others 2004), which needs no exponentials and is as good for telling two sides apart.

use crate::colour::Rgb;

/// A pixel as mixtures see it: OKLab with chroma doubled, then place in shares of the picture's longer side.
pub(crate) type Sample = [f32; 5];

/// The sample of a colour at a place.
pub(crate) fn sample(lab: Rgb, [x, y]: [f32; 2]) -> Sample {
    [lab[0], lab[1] * 2.0, lab[2] * 2.0, x, y]
}

/// Log density of a colour and place about which nothing is known.
pub(crate) const ANYTHING: f32 = 1.0;
/// Least variance of a colour, so that no component is sharper than sensor noise and JPEG.
const COLOUR_FLOOR: f32 = 1.5e-4;
const PLACE_FLOOR: f32 = 5.0e-3;
/// How often pixels are given to components anew.
const ROUNDS: usize = 3;

/// Samples that are looked at together.
const LANES: usize = 32;
/// A block of samples, the same number of each side by side.
type Lanes<const N: usize> = [[f32; N]; 5];

#[derive(Debug, Clone)]
struct Part {
    mean: Sample,
    /// Inverse covariance of colour: xx, xy, xz, yy, yz, zz.
    colour: [f32; 6],
    /// Inverse variance of place.
    place: [f32; 2],
    /// Log of weight and normalisation.
    scale: f32,
    /// Share of all samples.
    share: f32,
}

/// Where densities come from.
#[derive(Debug, Clone)]
pub(crate) struct Mixture {
    parts: Vec<Part>,
}

impl Mixture {
    /// Fits at most `count` components. Without samples every density is that of anything. `placed` says whether place
    /// counts.
    pub(crate) fn fit(samples: &[Sample], count: usize, placed: bool) -> Self {
        let mut groups = split(samples, count, placed);
        let mut mixture = Self::of(&groups, samples.len(), placed);
        for _ in 0..ROUNDS {
            groups.iter_mut().for_each(Vec::clear);
            mixture.each(samples, |sample, part, _| groups[part].push(*sample));
            groups.retain(|group| group.len() > 4);
            if groups.is_empty() {
                break;
            }
            mixture = Self::of(&groups, samples.len(), placed);
        }
        mixture
    }

    fn of(groups: &[Vec<Sample>], all: usize, placed: bool) -> Self {
        let parts = groups.iter().filter(|group| !group.is_empty());
        Self { parts: parts.map(|group| Part::of(group, all, placed)).collect() }
    }

    /// Tells the likeliest component of every sample and its log density, a block of samples at a time: what is done to
    /// many alike is done to several at once.
    fn each<'s>(&self, samples: &'s [Sample], mut tell: impl FnMut(&'s Sample, usize, f32)) {
        for block in samples.chunks(LANES) {
            let mut lanes: Lanes<LANES> = [[0.0; LANES]; 5];
            for (i, sample) in block.iter().enumerate() {
                lanes.iter_mut().zip(sample).for_each(|(lane, value)| lane[i] = *value);
            }
            let (mut which, mut most) = ([0_u32; LANES], [f32::MIN; LANES]);
            for (number, part) in self.parts.iter().enumerate() {
                let densities = part.log_densities(&lanes);
                for i in 0..LANES {
                    let better = densities[i] > most[i];
                    which[i] = if better { number as u32 } else { which[i] };
                    most[i] = if better { densities[i] } else { most[i] };
                }
            }
            block.iter().enumerate().for_each(|(i, sample)| tell(sample, which[i] as usize, most[i]));
        }
    }

    /// Without components that are rare (share of samples) and of a colour (OKLab) that is told.
    pub(crate) fn without(mut self, rare: f32, colour: impl Fn(Rgb) -> bool) -> Self {
        self.parts.retain(|part| {
            let [l, a, b, ..] = part.mean;
            part.share > rare || !colour([l, a / 2.0, b / 2.0])
        });
        self
    }

    /// Log density of the likeliest component.
    pub(crate) fn log_density(&self, sample: &Sample) -> f32 {
        let lanes = sample.map(|value| [value]);
        self.parts.iter().map(|part| part.log_densities(&lanes)[0]).fold(f32::MIN, f32::max)
    }

    /// The same of every sample.
    pub(crate) fn log_densities(&self, samples: &[Sample]) -> Vec<f32> {
        let mut densities = Vec::with_capacity(samples.len());
        self.each(samples, |_, _, density| densities.push(density));
        densities
    }
}

impl Part {
    fn of(group: &[Sample], all: usize, placed: bool) -> Self {
        let count = group.len() as f32;
        let mean: Sample = std::array::from_fn(|c| group.iter().map(|sample| sample[c]).sum::<f32>() / count);
        let covariance = |i: usize, j: usize| {
            group.iter().map(|sample| (sample[i] - mean[i]) * (sample[j] - mean[j])).sum::<f32>() / count
        };
        let [xx, yy, zz] = [0, 1, 2].map(|i| covariance(i, i) + COLOUR_FLOOR);
        let [xy, xz, yz] = [covariance(0, 1), covariance(0, 2), covariance(1, 2)];
        let minors = [
            yy * zz - yz * yz,
            xz * yz - xy * zz,
            xy * yz - xz * yy,
            xx * zz - xz * xz,
            xy * xz - xx * yz,
            xx * yy - xy * xy,
        ];
        let determinant = (xx * minors[0] + xy * minors[1] + xz * minors[2]).max(1e-13);
        let spread = [3, 4].map(|i| if placed { covariance(i, i) + PLACE_FLOOR } else { 1e6 });
        let place_scale = if placed { -0.5 * (spread[0] * spread[1]).ln() - 1.838 } else { 0.0 };
        Self {
            mean,
            colour: minors.map(|minor| minor / determinant),
            place: spread.map(|spread| 1.0 / spread),
            share: count / all as f32,
            scale: (count / all as f32).ln() - 0.5 * determinant.ln() - 2.757 + place_scale,
        }
    }

    fn log_densities<const N: usize>(&self, lanes: &Lanes<N>) -> [f32; N] {
        let [xx, xy, xz, yy, yz, zz] = self.colour;
        std::array::from_fn(|i| {
            let d: Sample = std::array::from_fn(|c| lanes[c][i] - self.mean[c]);
            let colour = d[0] * (xx * d[0] + 2.0 * (xy * d[1] + xz * d[2]))
                + d[1] * (yy * d[1] + 2.0 * yz * d[2])
                + zz * d[2] * d[2];
            self.scale - 0.5 * (colour + self.place[0] * d[3] * d[3] + self.place[1] * d[4] * d[4])
        })
    }
}

/// Halves the group with the widest spread along one axis until there are enough.
fn split(samples: &[Sample], count: usize, placed: bool) -> Vec<Vec<Sample>> {
    let mut groups = vec![samples.to_vec()];
    while groups.len() < count {
        let widest = groups.iter().enumerate().filter(|(_, group)| group.len() > 24).map(|(i, group)| {
            let (axis, middle, spread) = widest_axis(group, placed);
            (i, axis, middle, spread * group.len() as f32)
        });
        let Some((i, axis, middle, _)) = widest.max_by(|a, b| a.3.total_cmp(&b.3)) else { break };
        let (low, high) = std::mem::take(&mut groups[i]).into_iter().partition(|s| s[axis] < middle);
        groups[i] = low;
        groups.push(high);
    }
    groups
}

/// The axis of most variance, its mean there and the variance; place counts a tenth of colour.
fn widest_axis(group: &[Sample], placed: bool) -> (usize, f32, f32) {
    let count = group.len() as f32;
    let mut best = (0, 0.0, -1.0);
    for axis in 0..if placed { 5 } else { 3 } {
        let mean = group.iter().map(|s| s[axis]).sum::<f32>() / count;
        let variance = group.iter().map(|s| (s[axis] - mean).powi(2)).sum::<f32>() / count;
        let variance = if axis < 3 { variance } else { 0.1 * variance };
        if variance > best.2 {
            best = (axis, mean, variance);
        }
    }
    best
}
