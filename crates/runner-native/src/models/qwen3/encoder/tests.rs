use atelier_domain::CancelToken;
use candle_core::{DType, Device};

use super::{TextConfig, TextEncoder};
use crate::Placement;
use crate::golden::{COMPONENT, Golden, check_full, config, tiny, tiny_at};
use crate::models::qwen3::Tokenized;

fn tokens(golden: &Golden) -> Tokenized {
    let ids = golden.get("ids").flatten_all().unwrap().to_vec1::<i64>().unwrap();
    let length = golden.get("length").to_scalar::<i64>().unwrap();
    Tokenized { ids: ids.into_iter().map(|id| id as u32).collect(), length: length as usize }
}

#[test]
fn states_after_chosen_layers_are_the_references() {
    let config: TextConfig = config("klein-tiny", "text_encoder");
    let golden = Golden::open("qwen3");
    let tokens = tokens(&golden);
    let cancel = CancelToken::default();
    for after in [1, 9, 27] {
        let encoder = tiny("text_encoder", |weights| TextEncoder::new(&config, &[after], weights));
        golden.check(&format!("after.{after}"), &encoder.forward(&tokens, &cancel).unwrap(), COMPONENT);
    }
    let encoder = tiny("text_encoder", |weights| TextEncoder::new(&config, &[9, 18, 27], weights));
    golden.check("embedding", &encoder.forward(&tokens, &cancel).unwrap(), COMPONENT);
}

/// What a GPU computes with, as far as the CPU can do it too.
#[test]
fn states_in_half_precision_are_near_the_references() {
    let config: TextConfig = config("klein-tiny", "text_encoder");
    let golden = Golden::open("qwen3");
    let placement = Placement { device: Device::Cpu, dtype: DType::BF16 };
    let encoder = tiny_at("text_encoder", &placement, |weights| TextEncoder::new(&config, &[1, 9], weights));
    let states = encoder.forward(&tokens(&golden), &CancelToken::default()).unwrap();
    assert_eq!(states.dtype(), DType::BF16);
    golden.check("after.1", &states.narrow(2, 0, config.hidden_size).unwrap(), 2e-2);
    golden.check("after.9", &states.narrow(2, config.hidden_size, config.hidden_size).unwrap(), 1e-1);
}

#[test]
fn the_full_encoder_takes_what_its_files_hold() {
    let config: TextConfig = config("klein-4b", "text_encoder");
    assert_eq!(config.unknown(), None);
    check_full("text_encoder", |weights| TextEncoder::new(&config, &[9, 18, 27], weights));
}

#[test]
fn configs_of_older_libraries_are_read_too() {
    let older = r#"{"vocab_size": 151936, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "rms_norm_eps": 1e-06,
        "rope_theta": 5000.0, "rope_scaling": null, "attention_bias": false, "torch_dtype": "bfloat16"}"#;
    let older: TextConfig = serde_json::from_str(older).unwrap();
    assert!((older.theta() - 5000.0).abs() < 1e-9 && older.unknown().is_none());
    let newer: TextConfig = config("klein-4b", "text_encoder");
    assert!((newer.theta() - 1e6).abs() < 1e-9);
}
