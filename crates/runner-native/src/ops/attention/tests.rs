use candle_core::{Device, Result, Tensor};

use super::{Mask, attention, fused, plain};
use crate::golden::error;
use crate::noise::normal;
use crate::ops::simd::Level;

/// Queries, keys and values, (1, heads, tokens, numbers): the keys' heads and tokens may differ.
fn inputs(heads: [usize; 2], tokens: [usize; 2], numbers: usize) -> [Tensor; 3] {
    let normal = |seed, heads, tokens| normal(seed, (1, heads, tokens, numbers)).unwrap();
    [normal(1, heads[0], tokens[0]), normal(2, heads[1], tokens[1]), normal(3, heads[1], tokens[1])]
}

/// The plain form and the kernel with every set of instructions, (1, tokens, heads x numbers).
fn every_form([q, k, v]: &[Tensor; 3], mask: Mask) -> Vec<Tensor> {
    let kernels = Level::all().map(|level| fused(level, q, k, v, mask));
    let plain = plain(q, k, v, mask, super::SCORES).and_then(|x| tokens_first(&x));
    kernels.chain([plain]).collect::<Result<_>>().unwrap()
}

fn tokens_first(x: &Tensor) -> Result<Tensor> {
    x.transpose(1, 2)?.flatten_from(2)
}

/// By its definition, number by number, in double precision.
fn defined([q, k, v]: &[Tensor; 3], mask: Mask) -> Tensor {
    let values = |tensor: &Tensor| -> Vec<Vec<Vec<f32>>> { tensor.squeeze(0).unwrap().to_vec3().unwrap() };
    let (_, heads, queries, numbers) = q.dims4().unwrap();
    let shared = heads / k.dim(1).unwrap();
    let (q, k, v) = (values(q), values(k), values(v));
    let mut out = Vec::new();
    for query in 0..queries {
        for head in 0..heads {
            let (row, k, v) = (&q[head][query], &k[head / shared], &v[head / shared]);
            let seen = |key: usize| match mask {
                Mask::None => true,
                Mask::CausalUpTo(length) => key <= query && key < length,
            };
            let dot =
                |key: &[f32]| row.iter().zip(key).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
            let score = |key: usize| dot(&k[key]) / (numbers as f64).sqrt();
            let largest = (0..k.len()).filter(|&key| seen(key)).map(score).fold(f64::MIN, f64::max);
            let weight = |key: usize| if seen(key) { (score(key) - largest).exp() } else { 0.0 };
            let weights: Vec<f64> = (0..k.len()).map(weight).collect();
            let all: f64 = weights.iter().sum();
            let value = |n: usize| weights.iter().zip(v).map(|(w, v)| w * f64::from(v[n])).sum::<f64>() / all;
            out.extend((0..numbers).map(|n| value(n) as f32));
        }
    }
    Tensor::from_vec(out, (1, queries, heads * numbers), &Device::Cpu).unwrap()
}

#[test]
fn ragged_sizes_are_as_defined() {
    for (tokens, numbers) in [
        ([1, 1], 1),
        ([3, 5], 7),
        ([17, 33], 16),
        ([64, 65], 32),
        ([100, 37], 64),
        ([5, 129], 130),
        ([391, 67], 4),
    ] {
        let inputs = inputs([2, 2], tokens, numbers);
        for ours in every_form(&inputs, Mask::None) {
            assert!(error(&ours, &defined(&inputs, Mask::None)) < 2e-6, "{tokens:?} x {numbers}");
        }
    }
}

#[test]
fn shared_heads_and_padding_are_as_defined() {
    for (tokens, length) in [(19, 1), (19, 2), (19, 18), (19, 19), (150, 77), (150, 150), (400, 390)] {
        let inputs = inputs([6, 2], [tokens, tokens], 8);
        let mask = Mask::CausalUpTo(length);
        for ours in every_form(&inputs, mask) {
            assert!(error(&ours, &defined(&inputs, mask)) < 2e-6, "{length} of {tokens}");
        }
    }
}

#[test]
fn scores_in_parts_are_as_all_at_once() {
    let [q, k, v] = inputs([4, 2], [29, 29], 16);
    for mask in [Mask::None, Mask::CausalUpTo(21)] {
        let whole = attention(&q, &k, &v, mask).unwrap();
        for scores in [1, 4 * 29, 4 * 29 * 7, 4 * 29 * 28] {
            let parts = plain(&q, &k, &v, mask, scores).and_then(|x| tokens_first(&x)).unwrap();
            assert!(error(&parts, &whole) < 1e-6, "{scores}");
        }
    }
}

#[test]
fn strides_and_batches_are_followed() {
    // As a projection gives them: (batch, tokens, 3 x heads x numbers).
    let (heads, numbers) = (3, 8);
    let projected = normal(4, (2, 50, 3 * heads * numbers)).unwrap();
    let part = |index: usize| {
        let part = projected.narrow(2, index * heads * numbers, heads * numbers)?;
        part.reshape((2, 50, heads, numbers))?.transpose(1, 2)
    };
    let views = [part(0).unwrap(), part(1).unwrap(), part(2).unwrap()];
    let narrowed = |view: &Tensor| view.narrow(2, 5, 40).unwrap();
    let views = views.each_ref().map(narrowed);
    for batch in 0..2 {
        let one = views.each_ref().map(|view| view.narrow(0, batch, 1).unwrap().contiguous().unwrap());
        for ours in every_form(&views, Mask::None) {
            let ours = ours.narrow(0, batch, 1).unwrap();
            assert!(error(&ours, &defined(&one, Mask::None)) < 2e-6);
        }
    }
}

#[test]
fn extreme_scores_choose_one_key() {
    // Scores up to 1e5 and more apart than an exponential can tell, in rising and falling order.
    for sign in [1.0, -1.0] {
        let q = Tensor::full(sign * 100.0_f32, (1, 1, 60, 4), &Device::Cpu).unwrap();
        let key = |i: usize| (i / 4) as f32 * 3.0 - 300.0;
        let k = Tensor::from_vec((0..200 * 4).map(key).collect::<Vec<_>>(), (1, 1, 200, 4), &Device::Cpu)
            .unwrap();
        let inputs = [q, k, normal(3, (1, 1, 200, 4)).unwrap()];
        for ours in every_form(&inputs, Mask::None) {
            assert!(error(&ours, &defined(&inputs, Mask::None)) < 1e-6);
        }
    }
}

#[test]
fn what_is_no_number_spreads_as_in_the_plain_form() {
    let poison = |place: usize, value: f32| {
        let mut inputs =
            inputs([1, 1], [70, 90], 8).map(|x| x.flatten_all().unwrap().to_vec1::<f32>().unwrap());
        inputs[place][3 * 8 + 2] = value;
        let [q, k, v] = inputs;
        let tensor = |x: Vec<f32>| {
            let tokens = x.len() / 8;
            Tensor::from_vec(x, (1, 1, tokens, 8), &Device::Cpu).unwrap()
        };
        [tensor(q), tensor(k), tensor(v)]
    };
    let finite = |x: &Tensor| -> Vec<bool> {
        x.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().map(|x| x.is_finite()).collect()
    };
    for place in 0..3 {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let forms = every_form(&poison(place, value), Mask::None);
            let plain = finite(&forms[forms.len() - 1]);
            assert!(plain.contains(&false));
            for ours in &forms {
                assert_eq!(finite(ours), plain, "{value} at {place}");
            }
        }
    }
}
