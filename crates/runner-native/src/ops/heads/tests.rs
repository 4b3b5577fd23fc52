use candle_core::Device;

use super::{fused, plain};
use crate::golden::error;
use crate::noise::normal;
use crate::ops::simd::Level;
use crate::ops::{Pairs, RmsNorm, Rotary};

#[test]
fn every_form_is_as_the_plain_one_also_for_parts_of_a_projection() {
    for (batch, tokens, heads, numbers) in [(1, 1, 1, 2), (2, 5, 3, 8), (1, 4, 2, 42), (1, 9, 2, 128)] {
        let places: Vec<_> = (0..tokens as u32).map(|place| [place * 3]).collect();
        let rotary = Rotary::new(&places, [numbers], 10_000.0, &Device::Cpu).unwrap();
        let norm = RmsNorm::of(normal(2, numbers).unwrap(), 1e-6);
        let x = normal(1, (batch, tokens, 3 * heads * numbers)).unwrap();
        let x = x.narrow(2, heads * numbers, heads * numbers).unwrap();
        for pairs in [Pairs::Neighbours, Pairs::Halves] {
            let expected = plain(&x, &norm, &rotary, pairs).unwrap();
            for level in Level::all() {
                let ours = fused(level, &x, &norm, &rotary, pairs).unwrap();
                assert_eq!(ours.dims(), expected.dims());
                assert!(error(&ours, &expected) < 2e-6, "{heads} x {numbers}");
            }
        }
    }
}
