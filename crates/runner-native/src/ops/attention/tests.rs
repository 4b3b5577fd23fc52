use candle_core::Tensor;

use super::{Mask, attention, plain};
use crate::golden::error;
use crate::noise::normal;

/// Queries, keys and values, (1, heads, tokens, numbers): the keys' heads and tokens may differ.
fn inputs(heads: [usize; 2], tokens: [usize; 2], numbers: usize) -> [Tensor; 3] {
    let normal = |seed, heads, tokens| normal(seed, (1, heads, tokens, numbers)).unwrap();
    [normal(1, heads[0], tokens[0]), normal(2, heads[1], tokens[1]), normal(3, heads[1], tokens[1])]
}

/// By its definition, number by number, in double precision.
fn defined([q, k, v]: &[Tensor; 3], mask: Mask) -> Tensor {
    let values = |tensor: &Tensor| -> Vec<Vec<Vec<f32>>> { tensor.squeeze(0).unwrap().to_vec3().unwrap() };
    let (_, heads, queries, numbers) = q.dims4().unwrap();
    let shared = heads / k.dim(1).unwrap();
    let (q, k, v) = (values(q), values(k), values(v));
    let mut out = Vec::new();
    for head in 0..heads {
        let (k, v) = (&k[head / shared], &v[head / shared]);
        for (query, row) in q[head].iter().enumerate() {
            let seen = |key: usize| match mask {
                Mask::None => true,
                Mask::CausalUpTo(length) => key <= query && key < length,
            };
            let dot = |key: &[f32]| row.iter().zip(key).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            let weight =
                |key: usize| if seen(key) { (dot(&k[key]) / (numbers as f64).sqrt()).exp() } else { 0.0 };
            let weights: Vec<f64> = (0..k.len()).map(weight).collect();
            let all: f64 = weights.iter().sum();
            let value = |n: usize| weights.iter().zip(v).map(|(w, v)| w * f64::from(v[n])).sum::<f64>() / all;
            out.extend((0..numbers).map(|n| value(n) as f32));
        }
    }
    Tensor::from_vec(out, (1, heads, queries, numbers), &candle_core::Device::Cpu).unwrap()
}

#[test]
fn ragged_sizes_are_as_defined() {
    for (tokens, numbers) in
        [([1, 1], 1), ([3, 5], 7), ([17, 33], 16), ([64, 65], 32), ([100, 37], 64), ([5, 129], 128)]
    {
        let inputs = inputs([2, 2], tokens, numbers);
        let ours = attention(&inputs[0], &inputs[1], &inputs[2], Mask::None).unwrap();
        assert!(error(&ours, &defined(&inputs, Mask::None)) < 2e-6, "{tokens:?} x {numbers}");
    }
}

#[test]
fn shared_heads_and_padding_are_as_defined() {
    for length in [1, 2, 18, 19] {
        let inputs = inputs([6, 2], [19, 19], 8);
        let mask = Mask::CausalUpTo(length);
        let ours = attention(&inputs[0], &inputs[1], &inputs[2], mask).unwrap();
        assert!(error(&ours, &defined(&inputs, mask)) < 2e-6, "{length}");
    }
}

#[test]
fn scores_in_parts_are_as_all_at_once() {
    let [q, k, v] = inputs([4, 2], [29, 29], 16);
    for mask in [Mask::None, Mask::CausalUpTo(21)] {
        let whole = attention(&q, &k, &v, mask).unwrap();
        for scores in [1, 4 * 29, 4 * 29 * 7, 4 * 29 * 28] {
            assert!(error(&plain(&q, &k, &v, mask, scores).unwrap(), &whole) < 1e-6, "{scores}");
        }
    }
}
