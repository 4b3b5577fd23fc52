use atelier_domain::CancelToken;

use super::{TextConfig, TextEncoder};
use crate::golden::{COMPONENT, Golden, check_full, config, tiny};
use crate::models::qwen3::Tokenized;

#[test]
fn states_after_chosen_layers_are_the_references() {
    let config: TextConfig = config("klein-tiny", "text_encoder");
    let golden = Golden::open("qwen3");
    let ids = golden.get("ids").flatten_all().unwrap().to_vec1::<i64>().unwrap();
    let tokens = Tokenized {
        ids: ids.into_iter().map(|id| id as u32).collect(),
        length: golden.get("length").to_scalar::<i64>().unwrap() as usize,
    };
    let cancel = CancelToken::default();
    for after in [1, 9, 27] {
        let encoder = tiny("text_encoder", |weights| TextEncoder::new(&config, &[after], weights));
        golden.check(&format!("after.{after}"), &encoder.forward(&tokens, &cancel).unwrap(), COMPONENT);
    }
    let encoder = tiny("text_encoder", |weights| TextEncoder::new(&config, &[9, 18, 27], weights));
    golden.check("embedding", &encoder.forward(&tokens, &cancel).unwrap(), COMPONENT);
}

#[test]
fn the_full_encoder_takes_what_its_files_hold() {
    let config: TextConfig = config("klein-4b", "text_encoder");
    assert_eq!(config.unknown(), None);
    check_full("text_encoder", |weights| TextEncoder::new(&config, &[9, 18, 27], weights));
}
