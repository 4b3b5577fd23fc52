//! The transformer: from noisy latents, references and text to the direction in which the noise leaves.

use atelier_domain::CancelToken;
use candle_core::{DType, Result, Tensor};
use half::bf16;
use serde::Deserialize;

use super::blocks::{DoubleBlock, Modulation, Modulations, SingleBlock};
use crate::models::{ModelError, wanted};
use crate::ops::{Linear, Rotary, modulated_norm};
use crate::weights::{Weights, WeightsError};

/// The axes on which a token has a place: reference, row, column, and number in the text.
const AXES: usize = 4;

/// A token's place on all axes.
pub type Place = [u32; AXES];

/// `transformer/config.json`, under its own names.
#[derive(Debug, Clone, Deserialize)]
pub struct TransformerConfig {
    /// Channels of a latent token.
    pub in_channels: usize,
    /// Blocks in which picture and text have weights of their own.
    pub num_layers: usize,
    /// Blocks in which they are one stream.
    pub num_single_layers: usize,
    /// Numbers of one attention head.
    pub attention_head_dim: usize,
    /// Attention heads.
    pub num_attention_heads: usize,
    /// Channels of a text token.
    pub joint_attention_dim: usize,
    /// Sines and cosines that the time is made of.
    pub timestep_guidance_channels: usize,
    /// Hidden size of the feed-forward networks, in widths.
    pub mlp_ratio: f64,
    /// Numbers of a head that turn with each axis.
    pub axes_dims_rope: [usize; AXES],
    /// Base of the turning frequencies.
    #[serde(default = "theta")]
    pub rope_theta: f64,
    /// Keeps variances above zero.
    #[serde(default = "epsilon")]
    pub eps: f64,
    /// Whether the model takes a guidance strength. The distilled ones do not, and only they are supported.
    #[serde(default)]
    pub guidance_embeds: bool,
}

fn theta() -> f64 {
    2000.0
}

fn epsilon() -> f64 {
    1e-6
}

impl TransformerConfig {
    /// Channels of a token inside.
    pub(super) fn width(&self) -> usize {
        self.num_attention_heads * self.attention_head_dim
    }

    pub(super) fn hidden(&self) -> usize {
        (self.width() as f64 * self.mlp_ratio) as usize
    }

    /// A setting with a value that this code does not know.
    pub fn unknown(&self) -> Option<String> {
        self.guidance_embeds.then(|| "`guidance_embeds` on".to_owned())
    }
}

/// See the module.
pub struct Transformer {
    config: TransformerConfig,
    time_in: Linear,
    time_out: Linear,
    modulation_image: Linear,
    modulation_text: Linear,
    modulation_single: Linear,
    x_embedder: Linear,
    context_embedder: Linear,
    double_blocks: Vec<DoubleBlock>,
    single_blocks: Vec<SingleBlock>,
    norm_out: Linear,
    proj_out: Linear,
}

impl Transformer {
    /// Takes everything that the config says.
    pub fn new(config: &TransformerConfig, weights: &Weights<'_>) -> std::result::Result<Self, WeightsError> {
        let width = config.width();
        let time = weights.at("time_guidance_embed.timestep_embedder");
        let doubles = weights.at("transformer_blocks");
        let singles = weights.at("single_transformer_blocks");
        let linear = |name: &str, inputs, outputs| Linear::new(&weights.at(name), inputs, outputs);
        Ok(Self {
            config: config.clone(),
            time_in: Linear::new(&time.at("linear_1"), config.timestep_guidance_channels, width)?,
            time_out: Linear::new(&time.at("linear_2"), width, width)?,
            modulation_image: linear("double_stream_modulation_img.linear", width, 6 * width)?,
            modulation_text: linear("double_stream_modulation_txt.linear", width, 6 * width)?,
            modulation_single: linear("single_stream_modulation.linear", width, 3 * width)?,
            x_embedder: linear("x_embedder", config.in_channels, width)?,
            context_embedder: linear("context_embedder", config.joint_attention_dim, width)?,
            double_blocks: (0..config.num_layers)
                .map(|index| DoubleBlock::new(&doubles.at(index), config))
                .collect::<std::result::Result<_, _>>()?,
            single_blocks: (0..config.num_single_layers)
                .map(|index| SingleBlock::new(&singles.at(index), config))
                .collect::<std::result::Result<_, _>>()?,
            norm_out: linear("norm_out.linear", width, 2 * width)?,
            proj_out: linear("proj_out", width, config.in_channels)?,
        })
    }

    /// What depends on the tokens' places only, for all steps: text first, then picture and references.
    pub(crate) fn rotary(&self, places: &[Place]) -> Result<Rotary> {
        let device = self.x_embedder.device();
        Rotary::new(places, self.config.axes_dims_rope, self.config.rope_theta, device)
    }

    /// From (1, picture tokens, channels), (1, text tokens, channels) and a time from 1000 down to the velocity of each
    /// picture token: (1, picture tokens, channels).
    pub(crate) fn forward(
        &self,
        image: &Tensor,
        text: &Tensor,
        time: f32,
        rotary: &Rotary,
        cancel: &CancelToken,
    ) -> std::result::Result<Tensor, ModelError> {
        let time = self.time(time, image.dtype())?;
        let modulations = Modulations {
            image: Modulation::sets(&self.modulation_image.forward(&time)?)?,
            text: Modulation::sets(&self.modulation_text.forward(&time)?)?,
        };
        let [modulation] = Modulation::sets(&self.modulation_single.forward(&time)?)?;

        let mut image = self.x_embedder.forward(image)?;
        let mut text = self.context_embedder.forward(text)?;
        for block in &self.double_blocks {
            wanted(cancel)?;
            [text, image] = block.forward(&text, &image, &modulations, rotary)?;
        }
        let mut all = Tensor::cat(&[&text, &image], 1)?;
        for block in &self.single_blocks {
            wanted(cancel)?;
            all = block.forward(&all, &modulation, rotary)?;
        }
        let image = all.narrow(1, text.dim(1)?, image.dim(1)?)?;

        // The order of scale and shift differs from that inside the blocks.
        let chunks = self.norm_out.forward(&time)?.chunk(2, 1)?;
        let image = modulated_norm(&image, &chunks[0], &chunks[1], self.config.eps)?;
        Ok(self.proj_out.forward(&image)?)
    }

    /// The time as every projection takes it: after its activation, (1, width).
    fn time(&self, time: f32, dtype: DType) -> Result<Tensor> {
        // The reference hands the time over in thousandths, and rounds to the model's precision each time.
        let round = |time: f32| if dtype == DType::BF16 { bf16::from_f32(time).to_f32() } else { time };
        let time = round(round(round(time) / 1000.0) * 1000.0);
        let device = self.x_embedder.device();
        let half = self.config.timestep_guidance_channels / 2;
        let angle = |i: usize| time * (-(10_000_f32.ln()) * i as f32 / half as f32).exp();
        let waves = (0..half).map(|i| angle(i).cos()).chain((0..half).map(|i| angle(i).sin())).collect();
        let waves = Tensor::from_vec::<_, f32>(waves, (1, 2 * half), device)?.to_dtype(dtype)?;
        self.time_out.forward(&self.time_in.forward(&waves)?.silu()?)?.silu()
    }
}

#[cfg(test)]
mod tests;
