//! The transformer over patches of a picture.

use candle_core::{Result, Tensor};
use candle_nn::ops::sigmoid;
use serde::Deserialize;

use crate::ops::{LayerNorm, Linear, Mask, attention};
use crate::weights::{Weights, WeightsError};

type Built<T> = std::result::Result<T, WeightsError>;

/// Colours of a pixel.
const CHANNELS: usize = 3;

/// `vision_config` of a CLIP's `config.json`, under its own names. What the file leaves out has the publisher's default.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
    /// Channels of a token.
    pub hidden_size: usize,
    /// Hidden size of the feed-forward networks.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads of attention.
    pub num_attention_heads: usize,
    /// Pixels along a side of the square picture.
    pub image_size: usize,
    /// Pixels along a side of a patch.
    pub patch_size: usize,
    /// Keeps the variance above zero.
    pub layer_norm_eps: f64,
    hidden_act: String,
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 224,
            patch_size: 32,
            layer_norm_eps: 1e-5,
            hidden_act: QUICK_GELU.to_owned(),
        }
    }
}

const QUICK_GELU: &str = "quick_gelu";

impl VisionConfig {
    /// A setting with a value that this code does not know.
    pub fn unknown(&self) -> Option<String> {
        (self.hidden_act != QUICK_GELU).then(|| format!("`hidden_act` {}", self.hidden_act))
    }

    fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }
}

struct Block {
    layer_norm1: LayerNorm,
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    layer_norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: usize,
}

impl Block {
    fn new(weights: &Weights<'_>, config: &VisionConfig) -> Built<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| LayerNorm::new(&weights.at(name), hidden, config.layer_norm_eps);
        let projection = |name: &str| Linear::biased(&weights.at("self_attn").at(name), hidden, hidden);
        Ok(Self {
            layer_norm1: norm("layer_norm1")?,
            q_proj: projection("q_proj")?,
            k_proj: projection("k_proj")?,
            v_proj: projection("v_proj")?,
            out_proj: projection("out_proj")?,
            layer_norm2: norm("layer_norm2")?,
            fc1: Linear::biased(&weights.at("mlp.fc1"), hidden, inner)?,
            fc2: Linear::biased(&weights.at("mlp.fc2"), inner, hidden)?,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.layer_norm1.forward(x)?;
        let heads = |x: Tensor| {
            let (batch, tokens, width) = x.dims3()?;
            x.reshape((batch, tokens, self.heads, width / self.heads))?.transpose(1, 2)
        };
        let (q, k) = (heads(self.q_proj.forward(&y)?)?, heads(self.k_proj.forward(&y)?)?);
        let y = attention(&q, &k, &heads(self.v_proj.forward(&y)?)?, Mask::None)?;
        let x = (x + self.out_proj.forward(&y)?)?;
        let y = self.fc1.forward(&self.layer_norm2.forward(&x)?)?;
        let y = (&y * sigmoid(&(&y * 1.702)?)?)?;
        x + self.fc2.forward(&y)?
    }
}

/// See the module.
pub struct VisionEncoder {
    class_embedding: Tensor,
    /// Channels x the numbers of a patch.
    patch_embedding: Tensor,
    position_embedding: Tensor,
    pre_layrnorm: LayerNorm,
    layers: Vec<Block>,
    post_layernorm: LayerNorm,
    config: VisionConfig,
}

impl VisionEncoder {
    /// Takes the tensors below `vision_model`.
    pub fn new(config: &VisionConfig, weights: &Weights<'_>) -> Built<Self> {
        let (hidden, side) = (config.hidden_size, config.patch_size);
        let embeddings = weights.at("embeddings");
        // Counts from 0; older files have it.
        embeddings.pass_over("position_ids");
        let norm = |name: &str| LayerNorm::new(&weights.at(name), hidden, config.layer_norm_eps);
        let layer = |index| Block::new(&weights.at("encoder.layers").at(index), config);
        let places = config.patches() + 1;
        Ok(Self {
            class_embedding: embeddings.get("class_embedding", hidden)?,
            patch_embedding: embeddings.get("patch_embedding.weight", (hidden, CHANNELS, side, side))?,
            position_embedding: embeddings.get("position_embedding.weight", (places, hidden))?,
            // The publisher's spelling.
            pre_layrnorm: norm("pre_layrnorm")?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Built<_>>()?,
            post_layernorm: norm("post_layernorm")?,
            config: config.clone(),
        })
    }

    /// From a picture (1, 3, side, side), normalised as the model wants it, to its vector (1, hidden size).
    pub fn forward(&self, picture: &Tensor) -> Result<Tensor> {
        let (side, hidden) = (self.config.patch_size, self.config.hidden_size);
        let count = self.config.image_size / side;
        // A convolution whose steps are as long as its kernel is a product with every patch.
        let patches = picture.reshape((CHANNELS, count, side, count, side))?.permute((1, 3, 0, 2, 4))?;
        let patches = patches.reshape((count * count, CHANNELS * side * side))?;
        let patches = patches.matmul(&self.patch_embedding.reshape((hidden, ()))?.t()?)?;
        let x = Tensor::cat(&[&self.class_embedding.unsqueeze(0)?, &patches], 0)?;
        let mut x = self.pre_layrnorm.forward(&(x + &self.position_embedding)?.unsqueeze(0)?)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        self.post_layernorm.forward(&x.narrow(1, 0, 1)?.squeeze(1)?)
    }
}
