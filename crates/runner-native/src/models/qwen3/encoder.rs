//! The layers of Qwen3, up to the last whose state is wanted.

use atelier_domain::CancelToken;
use candle_core::{D, Result, Tensor};
use serde::Deserialize;

use super::Tokenized;
use crate::models::{ModelError, wanted};
use crate::ops::{Linear, Mask, Pairs, RmsNorm, Rotary, attention, gated_silu, turned_heads};
use crate::weights::{Weights, WeightsError};

type Built<T> = std::result::Result<T, WeightsError>;

/// `text_encoder/config.json`, under its own names.
#[derive(Debug, Clone, Deserialize)]
pub struct TextConfig {
    /// Ids that there are.
    pub vocab_size: usize,
    /// Channels of a token.
    pub hidden_size: usize,
    /// Hidden size of the feed-forward networks.
    pub intermediate_size: usize,
    /// Layers in the files.
    pub num_hidden_layers: usize,
    /// Heads of the queries.
    pub num_attention_heads: usize,
    /// Heads of the keys and values.
    pub num_key_value_heads: usize,
    /// Numbers of one head.
    pub head_dim: usize,
    /// Keeps the mean square above zero.
    pub rms_norm_eps: f64,
    /// Base of the turning frequencies, where older files have it.
    #[serde(default)]
    rope_theta: Option<f64>,
    /// And where newer files have it.
    #[serde(default)]
    rope_parameters: Option<RopeParameters>,
    /// Whether the projections have biases. They have none.
    #[serde(default)]
    attention_bias: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct RopeParameters {
    rope_theta: f64,
    #[serde(default)]
    rope_type: Option<String>,
}

impl TextConfig {
    pub(crate) fn theta(&self) -> f64 {
        self.rope_parameters.as_ref().map(|rope| rope.rope_theta).or(self.rope_theta).unwrap_or(1e6)
    }

    /// A setting with a value that this code does not know.
    pub fn unknown(&self) -> Option<String> {
        let stretched = self.rope_parameters.as_ref().and_then(|rope| rope.rope_type.as_deref());
        match stretched {
            Some(kind) if kind != "default" => Some(format!("`rope_type` {kind}")),
            _ => self.attention_bias.then(|| "`attention_bias` on".to_owned()),
        }
    }
}

struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    head_dim: usize,
}

impl Attention {
    fn new(weights: &Weights<'_>, config: &TextConfig) -> Built<Self> {
        let hidden = config.hidden_size;
        let (queries, keys) =
            (config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim);
        let norm = |name: &str| RmsNorm::new(&weights.at(name), config.head_dim, config.rms_norm_eps);
        Ok(Self {
            q_proj: Linear::new(&weights.at("q_proj"), hidden, queries)?,
            k_proj: Linear::new(&weights.at("k_proj"), hidden, keys)?,
            v_proj: Linear::new(&weights.at("v_proj"), hidden, keys)?,
            o_proj: Linear::new(&weights.at("o_proj"), queries, hidden)?,
            q_norm: norm("q_norm")?,
            k_norm: norm("k_norm")?,
            head_dim: config.head_dim,
        })
    }

    fn forward(&self, x: &Tensor, rotary: &Rotary, length: usize) -> Result<Tensor> {
        let q =
            turned_heads(&self.q_proj.forward(x)?, &self.q_norm, rotary, Pairs::Halves)?.transpose(1, 2)?;
        let k =
            turned_heads(&self.k_proj.forward(x)?, &self.k_norm, rotary, Pairs::Halves)?.transpose(1, 2)?;
        let v = self.v_proj.forward(x)?;
        let v = v.reshape((v.dim(0)?, v.dim(1)?, (), self.head_dim))?.transpose(1, 2)?;
        self.o_proj.forward(&attention(&q, &k, &v, Mask::CausalUpTo(length))?)
    }
}

/// Attention, then a gated feed-forward network.
pub(crate) struct Layer {
    input_layernorm: RmsNorm,
    self_attn: Attention,
    post_attention_layernorm: RmsNorm,
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
}

impl Layer {
    pub(crate) fn new(weights: &Weights<'_>, config: &TextConfig) -> Built<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| RmsNorm::new(&weights.at(name), hidden, config.rms_norm_eps);
        Ok(Self {
            input_layernorm: norm("input_layernorm")?,
            self_attn: Attention::new(&weights.at("self_attn"), config)?,
            post_attention_layernorm: norm("post_attention_layernorm")?,
            gate_proj: Linear::new(&weights.at("mlp.gate_proj"), hidden, inner)?,
            up_proj: Linear::new(&weights.at("mlp.up_proj"), hidden, inner)?,
            down_proj: Linear::new(&weights.at("mlp.down_proj"), inner, hidden)?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor, rotary: &Rotary, length: usize) -> Result<Tensor> {
        let x = (x + self.self_attn.forward(&self.input_layernorm.forward(x)?, rotary, length)?)?;
        let y = self.post_attention_layernorm.forward(&x)?;
        let y = gated_silu(&self.gate_proj.forward(&y)?, &self.up_proj.forward(&y)?)?;
        x + self.down_proj.forward(&y)?
    }
}

/// See the module.
pub struct TextEncoder {
    embed_tokens: Tensor,
    layers: Vec<Layer>,
    /// After how many layers the state is wanted, in rising order.
    wanted: Vec<usize>,
    config: TextConfig,
}

impl TextEncoder {
    /// Takes the layers up to the last of `after`, which counts layers from 1 and rises.
    pub fn new(config: &TextConfig, after: &[usize], weights: &Weights<'_>) -> Built<Self> {
        let model = weights.at("model");
        let last = after.last().copied().unwrap_or(0);
        // A generator of text would need these.
        weights.pass_over("lm_head");
        model.pass_over("norm");
        for index in last..config.num_hidden_layers {
            model.at("layers").pass_over(index);
        }
        let layer = |index| Layer::new(&model.at("layers").at(index), config);
        Ok(Self {
            embed_tokens: model.get("embed_tokens.weight", (config.vocab_size, config.hidden_size))?,
            layers: (0..last).map(layer).collect::<Built<_>>()?,
            wanted: after.to_vec(),
            config: config.clone(),
        })
    }

    /// The wanted states of every token side by side: (1, tokens, states x hidden size). The padding has states too,
    /// which see the prompt and no padding, and the models that take them were trained with them.
    pub(crate) fn forward(
        &self,
        tokens: &Tokenized,
        cancel: &CancelToken,
    ) -> std::result::Result<Tensor, ModelError> {
        let device = self.embed_tokens.device();
        let ids = Tensor::new(tokens.ids.as_slice(), device)?;
        let places: Vec<_> = (0..tokens.ids.len() as u32).map(|place| [place]).collect();
        let rotary = Rotary::new(&places, [self.config.head_dim], self.config.theta(), device)?;
        let mut x = self.embed_tokens.index_select(&ids, 0)?.unsqueeze(0)?;
        let mut states = Vec::with_capacity(self.wanted.len());
        for (after, layer) in (1..).zip(&self.layers) {
            wanted(cancel)?;
            x = layer.forward(&x, &rotary, tokens.length)?;
            if self.wanted.contains(&after) {
                states.push(x.clone());
            }
        }
        Ok(Tensor::cat(&states, D::Minus1)?)
    }
}

#[cfg(test)]
mod tests;
