use candle_core::{Device, Tensor};

use super::winograd::{Side, Winograd};
use super::{Columns, Conv2d, Kind, Tiles, plain};
use crate::golden::error;
use crate::noise::normal;
use crate::ops::simd::Level;

/// A picture, kernels and biases of these sizes.
fn inputs(channels: [usize; 2], kernel: usize, picture: [usize; 3]) -> [Tensor; 3] {
    let [inputs, outputs] = channels;
    let [batch, height, width] = picture;
    [
        normal(1, (batch, inputs, height, width)).unwrap(),
        normal(2, (outputs, inputs, kernel, kernel)).unwrap(),
        normal(3, outputs).unwrap(),
    ]
}

fn tiled(level: Level, [x, weight, bias]: &[Tensor; 3], side: Side) -> Tensor {
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let kernels = Winograd::new(&values(weight), &values(bias), side);
    x.apply_op1_no_bwd(&Tiles { level, kernels: &kernels, doubled: false }).unwrap()
}

#[test]
fn tiles_are_as_the_plain_form_at_any_size() {
    for (channels, picture) in [
        ([1, 1], [1, 1, 1]),
        ([3, 5], [2, 4, 4]),
        ([17, 7], [1, 5, 9]),
        ([20, 13], [1, 33, 70]),
        ([40, 12], [2, 19, 131]),
        ([130, 9], [1, 8, 8]),
        ([16, 6], [1, 3, 300]),
    ] {
        let inputs = inputs(channels, 3, picture);
        let expected = plain(&inputs[0], &inputs[1], &inputs[2], Kind::Same).unwrap();
        for level in Level::all() {
            for (side, allowed) in [(Side::Two, 2e-6), (Side::Four, 2e-5)] {
                let ours = tiled(level, &inputs, side);
                assert_eq!(ours.dims(), expected.dims());
                let error = error(&ours, &expected);
                assert!(error < allowed, "{side:?} {channels:?} {picture:?}: {error:e}");
            }
        }
    }
}

#[test]
fn columns_are_as_the_plain_form_at_any_size() {
    for (channels, kernel, kind, picture) in [
        ([3, 5], 3, Kind::Same, [2, 7, 9]),
        ([5, 8], 1, Kind::Same, [1, 3, 70]),
        ([2, 3], 5, Kind::Same, [1, 9, 9]),
        ([1, 1], 3, Kind::Same, [1, 1, 1]),
        ([4, 7], 3, Kind::Halving, [2, 6, 10]),
        ([40, 6], 3, Kind::Halving, [1, 11, 33]),
    ] {
        let [x, weight, bias] = inputs(channels, kernel, picture);
        let expected = plain(&x, &weight, &bias, kind).unwrap();
        for level in Level::all() {
            let ours = x.apply_op3_no_bwd(&weight, &bias, &Columns { level, kind }).unwrap();
            assert_eq!(ours.dims(), expected.dims());
            assert!(error(&ours, &expected) < 2e-6, "{channels:?} {kernel} {picture:?}");
        }
    }
}

#[test]
fn doubling_and_adding_are_as_in_steps() {
    // Enough channels for tiles, and not.
    for channels in [[16, 18], [3, 5]] {
        for picture in [[1, 3, 5], [2, 17, 38]] {
            let [x, weight, bias] = inputs(channels, 3, picture);
            let [batch, height, width] = picture;
            let doubled = x.upsample_nearest2d(2 * height, 2 * width).unwrap();
            let onto = normal(4, (batch, channels[1], height, width)).unwrap();
            let expected = [
                plain(&doubled, &weight, &bias, Kind::Same).unwrap(),
                (&onto + plain(&x, &weight, &bias, Kind::Same).unwrap()).unwrap(),
            ];
            let conv = Conv2d::new(weight, bias, Kind::Same).unwrap();
            let ours = [conv.forward_doubled(&x).unwrap(), conv.forward_onto(&onto, &x).unwrap()];
            for (ours, expected) in ours.iter().zip(&expected) {
                assert_eq!(ours.dims(), expected.dims());
                assert!(error(ours, expected) < 2e-5);
            }
        }
    }
}

#[test]
fn a_view_of_a_picture_is_a_picture() {
    let [x, weight, bias] = inputs([16, 16], 3, [1, 12, 20]);
    let turned = x.transpose(2, 3).unwrap();
    let expected = plain(&turned.contiguous().unwrap(), &weight, &bias, Kind::Same).unwrap();
    let conv = Conv2d::new(weight, bias, Kind::Same).unwrap();
    assert!(error(&conv.forward(&turned).unwrap(), &expected) < 2e-5);
}

#[test]
fn what_is_no_number_stays_near_its_place_and_does_not_last() {
    let [x, weight, bias] = inputs([17, 4], 3, [1, 24, 24]);
    let clean = plain(&x, &weight, &bias, Kind::Same).unwrap();
    let mut values: Vec<f32> = x.flatten_all().unwrap().to_vec1().unwrap();
    values[5 * 24 + 7] = f32::NAN;
    let poisoned = Tensor::from_vec(values, x.shape(), &Device::Cpu).unwrap();
    for level in Level::all() {
        for side in [Side::Two, Side::Four] {
            let out = tiled(level, &[poisoned.clone(), weight.clone(), bias.clone()], side);
            let rows: Vec<Vec<f32>> = out.squeeze(0).unwrap().get(0).unwrap().to_vec2().unwrap();
            assert!(rows[5][7].is_nan() && rows[4][6].is_nan() && rows[6][8].is_nan());
            // A tile's results share their numbers.
            assert!(rows[15][7].is_finite() && rows[5][17].is_finite());
            // The scratch is used again.
            assert!(error(&tiled(level, &[x.clone(), weight.clone(), bias.clone()], side), &clean) < 2e-5);
        }
    }
}
