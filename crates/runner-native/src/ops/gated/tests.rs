use super::{AddGated, GatedSilu};
use crate::golden::error;
use crate::noise::normal;
use crate::ops::simd::Level;

#[test]
fn every_form_is_as_the_plain_one_also_for_parts_of_a_projection() {
    for (batch, tokens, width) in [(1, 1, 1), (2, 3, 5), (1, 9, 16), (2, 7, 67)] {
        let projected = normal(1, (batch, tokens, 2 * width)).unwrap();
        let (gate, value) =
            (projected.narrow(2, 0, width).unwrap(), projected.narrow(2, width, width).unwrap());
        let expected = (gate.silu().unwrap() * &value).unwrap();
        let token = normal(2, (1, 1, width)).unwrap();
        let added = (&gate + value.broadcast_mul(&token).unwrap()).unwrap();
        for level in Level::all() {
            let ours = gate.apply_op2_no_bwd(&value, &GatedSilu { level }).unwrap();
            assert!(error(&ours, &expected) < 1e-6, "{width}");
            let token = token.flatten_all().unwrap();
            let ours = gate.apply_op3_no_bwd(&value, &token, &AddGated { level }).unwrap();
            assert!(error(&ours, &added) < 1e-6, "{width}");
        }
    }
}
