//! Single parts of the models, to be timed beside the reference's by `bench/native_vs_torch`. Only built with the feature
//! `bench`.

use std::collections::HashMap;
use std::path::Path;

use atelier_domain::CancelToken;
use candle_core::{Device, Tensor};
use serde::Deserialize;

use crate::Placement;
use crate::config::read_json;
use crate::models::ModelError;
use crate::models::flux2::{
    DoubleBlock, Modulation, Modulations, Place, SingleBlock, TransformerConfig, Vae, VaeConfig,
};
use crate::models::qwen3::{Layer, TextConfig};
use crate::ops::{Conv2d, ConvForm, GroupNorm, Linear, Mask, Rotary, attention};
use crate::weights::{Checkpoint, Weights, WeightsError, load};

/// What `part.json` names.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Attention,
    Convolution { inputs: usize, outputs: usize, form: ConvForm },
    GroupNorm { channels: usize, groups: usize },
    Linear { inputs: usize, outputs: usize },
    DoubleBlock,
    SingleBlock,
    TextLayer,
    Encode,
    Decode,
}

type Built<T> = Result<T, WeightsError>;
type Run = Box<dyn Fn(&Inputs) -> Result<Tensor, ModelError>>;

/// The tensors of `inputs.safetensors`.
struct Inputs(HashMap<String, Tensor>);

impl Inputs {
    fn get(&self, name: &str) -> candle_core::Result<&Tensor> {
        let missing = || candle_core::Error::msg(format!("no input {name}"));
        self.0.get(name).ok_or_else(missing)
    }
}

/// A part with its weights and inputs.
pub struct Part {
    run: Run,
    inputs: Inputs,
}

impl Part {
    /// From a folder with `part.json`, `inputs.safetensors`, and where the part has them `config.json` and weights.
    pub fn open(folder: &Path) -> Built<Self> {
        let kind: Kind = read_json(&folder.join("part.json"))?;
        let inputs = candle_core::safetensors::load(folder.join("inputs.safetensors"), &Device::Cpu)?;
        let inputs = Inputs(inputs);
        let run = match kind {
            Kind::Attention => Box::new(|inputs: &Inputs| {
                Ok(attention(inputs.get("q")?, inputs.get("k")?, inputs.get("v")?, Mask::None)?)
            }),
            Kind::Convolution { .. } | Kind::GroupNorm { .. } | Kind::Linear { .. } => layer(&kind, folder)?,
            Kind::DoubleBlock | Kind::SingleBlock => block(&kind, folder, &inputs)?,
            Kind::TextLayer => text_layer(folder)?,
            Kind::Encode | Kind::Decode => autoencoder(&kind, folder)?,
        };
        Ok(Self { run, inputs })
    }

    /// Computes the part once.
    pub fn run(&self) -> Result<Tensor, ModelError> {
        (self.run)(&self.inputs)
    }
}

fn built<M>(folder: &Path, build: impl Fn(&Weights<'_>) -> Built<M>) -> Built<M> {
    load(&Checkpoint::open(folder)?, &Placement::cpu(), &CancelToken::default(), &|_, _| {}, build)
}

fn layer(kind: &Kind, folder: &Path) -> Built<Run> {
    Ok(match *kind {
        Kind::Convolution { inputs, outputs, form } => {
            let [weight, bias] = built(folder, |weights| {
                Ok([weights.get("weight", (outputs, inputs, 3, 3))?, weights.get("bias", outputs)?])
            })?;
            let conv = Conv2d::in_form(weight, bias, form)?;
            Box::new(move |inputs| Ok(conv.forward(inputs.get("x")?)?))
        }
        Kind::GroupNorm { channels, groups } => {
            let norm = built(folder, |weights| GroupNorm::new(weights, channels, groups))?;
            Box::new(move |inputs| Ok(norm.forward_silu(inputs.get("x")?)?))
        }
        Kind::Linear { inputs, outputs } => {
            let linear = built(folder, |weights| Linear::new(weights, inputs, outputs))?;
            Box::new(move |inputs| Ok(linear.forward(inputs.get("x")?)?))
        }
        _ => return Err(candle_core::Error::msg("no layer").into()),
    })
}

fn block(kind: &Kind, folder: &Path, inputs: &Inputs) -> Built<Run> {
    let config: TransformerConfig = read_json(&folder.join("config.json"))?;
    let places: Vec<Vec<u32>> = inputs.get("places")?.to_vec2()?;
    let place = |place: Vec<u32>| Place::try_from(place).map_err(|_| candle_core::Error::msg("a place"));
    let places = places.into_iter().map(place).collect::<candle_core::Result<Vec<_>>>()?;
    let rotary = Rotary::new(&places, config.axes_dims_rope, config.rope_theta, &Device::Cpu)?;
    if matches!(kind, Kind::SingleBlock) {
        let block = built(folder, |weights| SingleBlock::new(weights, &config))?;
        return Ok(Box::new(move |inputs| {
            let [modulation] = Modulation::sets(inputs.get("modulation")?)?;
            Ok(block.forward(inputs.get("x")?, &modulation, &rotary)?)
        }));
    }
    let block = built(folder, |weights| DoubleBlock::new(weights, &config))?;
    Ok(Box::new(move |inputs| {
        let modulations = Modulations {
            text: Modulation::sets(inputs.get("modulation_text")?)?,
            image: Modulation::sets(inputs.get("modulation_image")?)?,
        };
        let streams = block.forward(inputs.get("text")?, inputs.get("image")?, &modulations, &rotary)?;
        Ok(Tensor::cat(&streams, 1)?)
    }))
}

fn text_layer(folder: &Path) -> Built<Run> {
    let config: TextConfig = read_json(&folder.join("config.json"))?;
    let layer = built(folder, |weights| Layer::new(weights, &config))?;
    Ok(Box::new(move |inputs| {
        let x = inputs.get("x")?;
        let tokens = x.dim(1)?;
        let places: Vec<_> = (0..tokens as u32).map(|place| [place]).collect();
        let rotary = Rotary::new(&places, [config.head_dim], config.theta(), x.device())?;
        Ok(layer.forward(x, &rotary, tokens)?)
    }))
}

fn autoencoder(kind: &Kind, folder: &Path) -> Built<Run> {
    let config: VaeConfig = read_json(&folder.join("config.json"))?;
    let vae = built(folder, |weights| Vae::new(&config, weights))?;
    let cancel = CancelToken::default();
    Ok(match kind {
        Kind::Encode => Box::new(move |inputs| vae.encode(inputs.get("x")?, &cancel)),
        _ => Box::new(move |inputs| vae.decode(inputs.get("x")?, &cancel)),
    })
}
