use candle_core::{Device, Tensor};

use super::{Normalise, plain};
use crate::golden::error;
use crate::noise::normal;
use crate::ops::simd::Level;

#[test]
fn every_form_is_as_the_plain_one() {
    for (batch, channels, groups, height, width) in
        [(1, 1, 1, 1, 2), (2, 6, 3, 5, 5), (1, 32, 32, 7, 9), (2, 8, 2, 33, 70), (1, 4, 1, 64, 64)]
    {
        let x = normal(1, (batch, channels, height, width)).unwrap();
        // A mean far from zero is where sums of squares would lose everything.
        let x = (x + 100.0).unwrap();
        let (weight, bias) = (normal(2, channels).unwrap(), normal(3, channels).unwrap());
        for silu in [false, true] {
            let expected = plain(&x, &weight, &bias, groups).unwrap();
            let expected = if silu { expected.silu().unwrap() } else { expected };
            for level in Level::all() {
                let ours = x.apply_op3_no_bwd(&weight, &bias, &Normalise { level, groups, silu }).unwrap();
                let error = error(&ours, &expected);
                assert!(error < 2e-5, "{channels} in {groups}, {height}x{width}: {error:e}");
            }
        }
    }
}

#[test]
fn what_is_no_number_stays_in_its_group() {
    let mut values = vec![1.0_f32; 4 * 9];
    values[3] = f32::NAN;
    values[30] = 5.0;
    let x = Tensor::from_vec(values, (1, 4, 3, 3), &Device::Cpu).unwrap();
    let (weight, bias) = (normal(2, 4).unwrap(), normal(3, 4).unwrap());
    for level in Level::all() {
        let op = Normalise { level, groups: 2, silu: true };
        let y = x.apply_op3_no_bwd(&weight, &bias, &op).unwrap();
        let y: Vec<f32> = y.flatten_all().unwrap().to_vec1().unwrap();
        assert!(y[..18].iter().all(|y| y.is_nan()) && y[18..].iter().all(|y| y.is_finite()));
    }
}

#[test]
fn large_and_small_numbers_have_their_limits() {
    let x = Tensor::new(&[[[[-1e4_f32, 1e4, -1.0, 1.0]]]], &Device::Cpu).unwrap();
    let (weight, bias) =
        (Tensor::new(&[1e5_f32], &Device::Cpu).unwrap(), Tensor::new(&[0.0_f32], &Device::Cpu).unwrap());
    for level in Level::all() {
        let y = x.apply_op3_no_bwd(&weight, &bias, &Normalise { level, groups: 1, silu: true }).unwrap();
        let y: Vec<f32> = y.flatten_all().unwrap().to_vec1().unwrap();
        assert!(y[0] == 0.0 && y[1] > 1e5 && y[2].abs() < 1e-2, "{y:?}");
    }
}
