use atelier_domain::CancelToken;
use candle_core::{DType, Device, Tensor};

use super::{Modulation, Modulations, Place, Transformer, TransformerConfig};
use crate::Placement;
use crate::golden::{COMPONENT, Golden, check_full, config, tiny, tiny_at};

fn model() -> Transformer {
    let config: TransformerConfig = config("klein-tiny", "transformer");
    tiny("transformer", |weights| Transformer::new(&config, weights))
}

fn places(golden: &Golden) -> Vec<Place> {
    let ids = |name| golden.get(name).to_dtype(DType::U32).unwrap().to_vec2::<u32>().unwrap();
    let all = ids("in.text_ids").into_iter().chain(ids("in.image_ids"));
    all.map(|place| place.try_into().unwrap()).collect()
}

#[test]
fn one_pass_is_the_references() {
    let golden = Golden::open("transformer");
    let model = model();
    let rotary = model.rotary(&places(&golden)).unwrap();
    let time = golden.get("in.timestep").to_vec1::<f32>().unwrap()[0] * 1000.0;
    let (image, text) = (golden.get("in.image"), golden.get("in.text"));
    let out = model.forward(image, text, time, &rotary, &CancelToken::default()).unwrap();
    golden.check("out", &out, COMPONENT);
}

/// What a GPU computes with, as far as the CPU can do it too.
#[test]
fn one_pass_in_half_precision_is_near_the_references() {
    let golden = Golden::open("transformer");
    let config: TransformerConfig = config("klein-tiny", "transformer");
    let half = |name: &str| golden.get(name).to_dtype(DType::BF16).unwrap();
    let placement = Placement { device: Device::Cpu, dtype: DType::BF16 };
    let model = tiny_at("transformer", &placement, |weights| Transformer::new(&config, weights));
    let rotary = model.rotary(&places(&golden)).unwrap();
    let out =
        model.forward(&half("in.image"), &half("in.text"), 731.1, &rotary, &CancelToken::default()).unwrap();
    assert_eq!(out.dtype(), DType::BF16);
    golden.check("out.bf16", &out, 2e-2);
}

#[test]
fn every_block_is_the_references() {
    let golden = Golden::open("transformer");
    let model = model();
    let rotary = model.rotary(&places(&golden)).unwrap();
    // The reference keeps each cosine and sine twice, for both numbers of a pair.
    let once = |name: &str| {
        let twice = golden.get(name);
        let (tokens, numbers) = twice.dims2().unwrap();
        twice.reshape((tokens, numbers / 2, 2)).unwrap().narrow(2, 0, 1).unwrap().squeeze(2).unwrap()
    };
    let tokens = golden.get("in.text").dim(1).unwrap();
    let text_cos = rotary.cos.narrow(0, 0, tokens).unwrap();
    assert!(crate::golden::error(&text_cos, &once("rotary.cos")) <= 1e-6);

    let time = golden.get("time").silu().unwrap();
    let modulations = Modulations {
        image: Modulation::sets(&model.modulation_image.forward(&time).unwrap()).unwrap(),
        text: Modulation::sets(&model.modulation_text.forward(&time).unwrap()).unwrap(),
    };
    let mut text = model.context_embedder.forward(golden.get("in.text")).unwrap();
    let mut image = model.x_embedder.forward(golden.get("in.image")).unwrap();
    for (index, block) in model.double_blocks.iter().enumerate() {
        let [text_out, image_out] = block.forward(&text, &image, &modulations, &rotary).unwrap();
        golden.check(&format!("double.{index}.text"), &text_out, COMPONENT);
        golden.check(&format!("double.{index}.image"), &image_out, COMPONENT);
        // Each block starts from the reference's tensors, so that errors do not add up.
        text = golden.get(&format!("double.{index}.text")).clone();
        image = golden.get(&format!("double.{index}.image")).clone();
    }
    let [modulation] = Modulation::sets(&model.modulation_single.forward(&time).unwrap()).unwrap();
    let mut all = Tensor::cat(&[text, image], 1).unwrap();
    for (index, block) in model.single_blocks.iter().enumerate() {
        let name = format!("single.{index}");
        golden.check(&name, &block.forward(&all, &modulation, &rotary).unwrap(), COMPONENT);
        all = golden.get(&name).clone();
    }
}

#[test]
fn the_time_is_the_references() {
    let golden = Golden::open("transformer");
    let time = golden.get("in.timestep").to_vec1::<f32>().unwrap()[0] * 1000.0;
    let theirs = golden.get("time").silu().unwrap();
    let ours = model().time(time, DType::F32).unwrap();
    assert!(crate::golden::error(&ours, &theirs) <= COMPONENT);
}

#[test]
fn the_full_transformer_takes_what_its_files_hold() {
    let config: TransformerConfig = config("klein-4b", "transformer");
    assert_eq!(config.unknown(), None);
    check_full("transformer", |weights| Transformer::new(&config, weights));
}
