use atelier_domain::CancelToken;

use super::{Vae, VaeConfig, patchified, unpatchified};
use crate::golden::{COMPONENT, Golden, check_full, config, tiny};

fn model() -> Vae {
    let config: VaeConfig = config("klein-tiny", "vae");
    tiny("vae", |weights| Vae::new(&config, weights))
}

#[test]
fn encoding_is_the_references() {
    let (golden, vae, cancel) = (Golden::open("vae"), model(), CancelToken::default());
    let picture = golden.get("image");
    golden.check("moments", &vae.moments(picture, &cancel).unwrap(), COMPONENT);
    golden.check("latents", &vae.encode(picture, &cancel).unwrap(), COMPONENT);
}

#[test]
fn decoding_is_the_references() {
    let (golden, vae) = (Golden::open("vae"), model());
    golden.check("decoded", &vae.decode(golden.get("latents"), &CancelToken::default()).unwrap(), COMPONENT);
}

#[test]
fn squares_become_channels_and_back() {
    let latents = candle_core::Tensor::arange(0_f32, 4.0 * 6.0 * 10.0, &candle_core::Device::Cpu).unwrap();
    let latents = latents.reshape((1, 4, 6, 10)).unwrap();
    let back = unpatchified(&patchified(&latents).unwrap()).unwrap();
    assert!(crate::golden::error(&back, &latents) <= 0.0);
}

#[test]
fn a_cancelled_run_stops_between_blocks() {
    let (golden, vae, cancel) = (Golden::open("vae"), model(), CancelToken::default());
    cancel.cancel();
    let stopped = vae.encode(golden.get("image"), &cancel);
    assert!(matches!(stopped, Err(crate::models::ModelError::Cancelled)));
}

#[test]
fn the_full_autoencoder_takes_what_its_files_hold() {
    let config: VaeConfig = config("klein-4b", "vae");
    assert_eq!(config.unknown(), None);
    assert_eq!((config.token_side(), config.token_channels()), (16, 128));
    check_full("vae", |weights| Vae::new(&config, weights));
}
