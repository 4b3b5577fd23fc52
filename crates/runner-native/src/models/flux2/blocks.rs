//! The two kinds of transformer block. Modulation (shift, scale, gate) comes from outside: all blocks of a kind share it.

use candle_core::{D, Result, Tensor};

use super::TransformerConfig;
use crate::ops::{
    Linear, Mask, Pairs, RmsNorm, Rotary, add_gated, attention, gated_silu, modulated_norm, turned_heads,
};
use crate::weights::{Weights, WeightsError};

type Built<T> = std::result::Result<T, WeightsError>;

/// What one half of a block does to its stream: normalise with `scale` and `shift`, compute, add `gate` times that.
pub(crate) struct Modulation {
    shift: Tensor,
    scale: Tensor,
    gate: Tensor,
}

impl Modulation {
    /// The sets that lie one after another in the projection of the time: (1, sets x 3 x width).
    pub(crate) fn sets<const SETS: usize>(projected: &Tensor) -> Result<[Self; SETS]> {
        let width = projected.dim(D::Minus1)? / (3 * SETS);
        let part = |index: usize| projected.narrow(D::Minus1, index * width, width)?.unsqueeze(1);
        let mut sets = Vec::with_capacity(SETS);
        for set in 0..SETS {
            sets.push(Self { shift: part(3 * set)?, scale: part(3 * set + 1)?, gate: part(3 * set + 2)? });
        }
        sets.try_into().map_err(|_| candle_core::Error::msg("a modulation has other sets than its block"))
    }

    fn norm(&self, x: &Tensor, epsilon: f64) -> Result<Tensor> {
        modulated_norm(x, &self.scale, &self.shift, epsilon)
    }

    fn add(&self, x: &Tensor, change: &Tensor) -> Result<Tensor> {
        add_gated(x, change, &self.gate)
    }
}

/// Queries and keys of a stream: normalised for each head.
struct HeadNorms {
    q: RmsNorm,
    k: RmsNorm,
    heads: usize,
}

impl HeadNorms {
    fn new(weights: &Weights<'_>, names: [&str; 2], config: &TransformerConfig) -> Built<Self> {
        let norm = |name| RmsNorm::new(&weights.at(name), config.attention_head_dim, config.eps);
        Ok(Self { q: norm(names[0])?, k: norm(names[1])?, heads: config.num_attention_heads })
    }

    /// From three of (1, tokens, width) to three of (1, tokens, heads, numbers), turned by their places.
    fn split(&self, [q, k, v]: [&Tensor; 3], rotary: &Rotary) -> Result<[Tensor; 3]> {
        let (batch, tokens, width) = v.dims3()?;
        let v = v.reshape((batch, tokens, self.heads, width / self.heads))?;
        let turned = |x, norm| turned_heads(x, norm, rotary, Pairs::Neighbours);
        Ok([turned(q, &self.q)?, turned(k, &self.k)?, v])
    }
}

/// Attention of every token to all, from (1, tokens, heads, numbers) to (1, tokens, width).
fn attend([q, k, v]: [Tensor; 3]) -> Result<Tensor> {
    attention(&q.transpose(1, 2)?, &k.transpose(1, 2)?, &v.transpose(1, 2)?, Mask::None)
}

/// The first half of the numbers gates the second.
fn gated(x: &Tensor) -> Result<Tensor> {
    let half = x.dim(D::Minus1)? / 2;
    gated_silu(&x.narrow(D::Minus1, 0, half)?, &x.narrow(D::Minus1, half, half)?)
}

/// Gated feed-forward network; the gate's projection and the value's are one.
struct FeedForward {
    linear_in: Linear,
    linear_out: Linear,
}

impl FeedForward {
    fn new(weights: &Weights<'_>, config: &TransformerConfig) -> Built<Self> {
        let (width, hidden) = (config.width(), config.hidden());
        Ok(Self {
            linear_in: Linear::new(&weights.at("linear_in"), width, 2 * hidden)?,
            linear_out: Linear::new(&weights.at("linear_out"), hidden, width)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.linear_out.forward(&gated(&self.linear_in.forward(x)?)?)
    }
}

/// One stream's side of a double block.
struct Stream {
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
    norms: HeadNorms,
    ff: FeedForward,
}

/// Picture and text have weights of their own and meet in the attention.
pub(crate) struct DoubleBlock {
    image: Stream,
    text: Stream,
    eps: f64,
}

impl DoubleBlock {
    pub(crate) fn new(weights: &Weights<'_>, config: &TransformerConfig) -> Built<Self> {
        let attn = weights.at("attn");
        let stream = |names: [&str; 4], norms: [&str; 2], ff: &str| {
            let linear = |name: &str| Linear::new(&attn.at(name), config.width(), config.width());
            Ok::<_, WeightsError>(Stream {
                q: linear(names[0])?,
                k: linear(names[1])?,
                v: linear(names[2])?,
                out: linear(names[3])?,
                norms: HeadNorms::new(&attn, norms, config)?,
                ff: FeedForward::new(&weights.at(ff), config)?,
            })
        };
        Ok(Self {
            image: stream(["to_q", "to_k", "to_v", "to_out.0"], ["norm_q", "norm_k"], "ff")?,
            text: stream(
                ["add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"],
                ["norm_added_q", "norm_added_k"],
                "ff_context",
            )?,
            eps: config.eps,
        })
    }

    /// Text and image, (1, tokens, width) each; `rotary` has the text's places first.
    pub(crate) fn forward(
        &self,
        text: &Tensor,
        image: &Tensor,
        modulations: &Modulations,
        rotary: &Rotary,
    ) -> Result<[Tensor; 2]> {
        let (texts, images) = (text.dim(1)?, image.dim(1)?);
        let qkv = |stream: &Stream, x: &Tensor, modulation: &Modulation, rotary: Rotary| {
            let x = modulation.norm(x, self.eps)?;
            let (q, k, v) = (stream.q.forward(&x)?, stream.k.forward(&x)?, stream.v.forward(&x)?);
            stream.norms.split([&q, &k, &v], &rotary)
        };
        let of_text = qkv(&self.text, text, &modulations.text[0], rotary.narrow(0, texts)?)?;
        let of_image = qkv(&self.image, image, &modulations.image[0], rotary.narrow(texts, images)?)?;
        let joined = |index: usize| Tensor::cat(&[&of_text[index], &of_image[index]], 1);
        let attended = attend([joined(0)?, joined(1)?, joined(2)?])?;

        let finish = |stream: &Stream, x: &Tensor, attended: &Tensor, modulations: &[Modulation; 2]| {
            let x = modulations[0].add(x, &stream.out.forward(&attended.contiguous()?)?)?;
            let change = stream.ff.forward(&modulations[1].norm(&x, self.eps)?)?;
            modulations[1].add(&x, &change)
        };
        Ok([
            finish(&self.text, text, &attended.narrow(1, 0, texts)?, &modulations.text)?,
            finish(&self.image, image, &attended.narrow(1, texts, images)?, &modulations.image)?,
        ])
    }
}

/// What the double blocks do to each stream: around the attention, then around the feed-forward network.
pub(crate) struct Modulations {
    pub(crate) text: [Modulation; 2],
    pub(crate) image: [Modulation; 2],
}

/// Both streams as one; attention and feed-forward network side by side, their projections joined.
pub(crate) struct SingleBlock {
    to_qkv_mlp_proj: Linear,
    to_out: Linear,
    norms: HeadNorms,
    width: usize,
    hidden: usize,
    eps: f64,
}

impl SingleBlock {
    pub(crate) fn new(weights: &Weights<'_>, config: &TransformerConfig) -> Built<Self> {
        let attn = weights.at("attn");
        let (width, hidden) = (config.width(), config.hidden());
        Ok(Self {
            to_qkv_mlp_proj: Linear::new(&attn.at("to_qkv_mlp_proj"), width, 3 * width + 2 * hidden)?,
            to_out: Linear::new(&attn.at("to_out"), width + hidden, width)?,
            norms: HeadNorms::new(&attn, ["norm_q", "norm_k"], config)?,
            width,
            hidden,
            eps: config.eps,
        })
    }

    /// Text and image tokens in a row: (1, tokens, width).
    pub(crate) fn forward(&self, x: &Tensor, modulation: &Modulation, rotary: &Rotary) -> Result<Tensor> {
        let projected = self.to_qkv_mlp_proj.forward(&modulation.norm(x, self.eps)?)?;
        let part = |index: usize| projected.narrow(D::Minus1, index * self.width, self.width);
        let attended = attend(self.norms.split([&part(0)?, &part(1)?, &part(2)?], rotary)?)?;
        let fed = gated(&projected.narrow(D::Minus1, 3 * self.width, 2 * self.hidden)?)?;
        modulation.add(x, &self.to_out.forward(&Tensor::cat(&[attended, fed], D::Minus1)?)?)
    }
}
