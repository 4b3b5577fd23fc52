use super::{Multiply, plain};
use crate::golden::error;
use crate::noise::normal;
use crate::ops::simd::Level;

#[test]
fn every_form_is_as_the_plain_one() {
    for (rows, inputs, outputs) in [(1, 1, 1), (3, 5, 7), (65, 130, 100), (70, 113, 97), (800, 9, 5)] {
        let x = normal(1, (1, rows, inputs)).unwrap();
        let (weight, bias) = (normal(2, (outputs, inputs)).unwrap(), normal(3, outputs).unwrap());
        for bias in [None, Some(&bias)] {
            let expected = plain(&x, &weight, bias).unwrap();
            for level in Level::all() {
                let ours = x.apply_op2_no_bwd(&weight, &Multiply { level, bias }).unwrap();
                assert_eq!(ours.dims(), [1, rows, outputs]);
                assert!(error(&ours, &expected) < 2e-6, "{rows} x {inputs} x {outputs}");
            }
        }
    }
}
