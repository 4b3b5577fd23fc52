use candle_core::DType;

use super::normal;
use crate::golden::Golden;

#[test]
fn noise_is_that_of_pytorchs_cpu_generator_to_the_bit() {
    let golden = Golden::open("noise");
    for seed in [0, 42, (1 << 32) + 5, (1 << 63) + 11_u64] {
        for count in [1, 2, 15, 16, 17, 31, 100, 4096] {
            let ours = normal(seed, count).unwrap().to_vec1::<f32>().unwrap();
            let theirs = golden.get(&format!("f32.{seed}.{count}")).to_vec1::<f32>().unwrap();
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&ours), bits(&theirs), "{count} numbers from seed {seed}");
        }
    }
}

#[test]
fn lower_precision_is_the_same_noise_rounded() {
    let values = |tensor: &candle_core::Tensor| tensor.to_vec1::<half::bf16>().unwrap();
    let ours = normal(42, 4096).unwrap().to_dtype(DType::BF16).unwrap();
    assert_eq!(values(&ours), values(Golden::open("noise").get("bf16.42.4096")));
}
