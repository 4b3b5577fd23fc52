//! The convolutional halves of the autoencoder: pixels to latents and back.

use atelier_domain::CancelToken;
use candle_core::{Result, Tensor};

use super::VaeConfig;
use crate::models::{ModelError, wanted};
use crate::ops::{Conv2d, GroupNorm, Linear, Mask, attention};
use crate::weights::{Weights, WeightsError};

type Built<T> = std::result::Result<T, WeightsError>;

/// Two convolutions around which the picture is carried unchanged.
struct ResnetBlock {
    norm1: GroupNorm,
    conv1: Conv2d,
    norm2: GroupNorm,
    conv2: Conv2d,
    /// Where the number of channels changes.
    conv_shortcut: Option<Conv2d>,
}

impl ResnetBlock {
    fn new(weights: &Weights<'_>, inputs: usize, outputs: usize, groups: usize) -> Built<Self> {
        let shortcut = || Conv2d::same(&weights.at("conv_shortcut"), inputs, outputs, 1);
        Ok(Self {
            norm1: GroupNorm::new(&weights.at("norm1"), inputs, groups)?,
            conv1: Conv2d::same(&weights.at("conv1"), inputs, outputs, 3)?,
            norm2: GroupNorm::new(&weights.at("norm2"), outputs, groups)?,
            conv2: Conv2d::same(&weights.at("conv2"), outputs, outputs, 3)?,
            conv_shortcut: (inputs != outputs).then(shortcut).transpose()?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.conv1.forward(&self.norm1.forward_silu(x)?)?;
        let carried = match &self.conv_shortcut {
            Some(shortcut) => shortcut.forward(x)?,
            None => x.clone(),
        };
        self.conv2.forward_onto(&carried, &self.norm2.forward_silu(&y)?)
    }
}

/// Attention of every place of a small picture to every other, with one head.
struct Attention {
    group_norm: GroupNorm,
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
}

impl Attention {
    fn new(weights: &Weights<'_>, channels: usize, groups: usize) -> Built<Self> {
        let linear = |name: &str| Linear::biased(&weights.at(name), channels, channels);
        Ok(Self {
            group_norm: GroupNorm::new(&weights.at("group_norm"), channels, groups)?,
            to_q: linear("to_q")?,
            to_k: linear("to_k")?,
            to_v: linear("to_v")?,
            to_out: linear("to_out.0")?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shape = x.dims4()?;
        // (batch, places, channels)
        let places = self.group_norm.forward(x)?.flatten_from(2)?.transpose(1, 2)?.contiguous()?;
        let head = |linear: &Linear| linear.forward(&places)?.unsqueeze(1);
        let y = attention(&head(&self.to_q)?, &head(&self.to_k)?, &head(&self.to_v)?, Mask::None)?;
        x + self.to_out.forward(&y)?.transpose(1, 2)?.reshape(shape)?
    }
}

/// The coarsest level.
struct MidBlock {
    before: ResnetBlock,
    attention: Option<Attention>,
    after: ResnetBlock,
}

impl MidBlock {
    fn new(weights: &Weights<'_>, channels: usize, config: &VaeConfig) -> Built<Self> {
        let groups = config.norm_num_groups;
        let resnet =
            |index: usize| ResnetBlock::new(&weights.at("resnets").at(index), channels, channels, groups);
        let attention = || Attention::new(&weights.at("attentions.0"), channels, groups);
        Ok(Self {
            before: resnet(0)?,
            attention: config.mid_block_add_attention.then(attention).transpose()?,
            after: resnet(1)?,
        })
    }

    fn forward(&self, x: &Tensor, cancel: &CancelToken) -> std::result::Result<Tensor, ModelError> {
        let mut x = self.before.forward(x)?;
        if let Some(attention) = &self.attention {
            wanted(cancel)?;
            x = attention.forward(&x)?;
        }
        wanted(cancel)?;
        Ok(self.after.forward(&x)?)
    }
}

/// One level: some blocks, then half or twice the size, except at the last.
struct Level {
    resnets: Vec<ResnetBlock>,
    resize: Option<Resize>,
}

enum Resize {
    Down(Conv2d),
    Up(Conv2d),
}

impl Level {
    fn resnets(
        weights: &Weights<'_>,
        count: usize,
        channels: [usize; 2],
        groups: usize,
    ) -> Built<Vec<ResnetBlock>> {
        let [inputs, outputs] = channels;
        let resnet = |index| {
            let inputs = if index == 0 { inputs } else { outputs };
            ResnetBlock::new(&weights.at("resnets").at(index), inputs, outputs, groups)
        };
        (0..count).map(resnet).collect()
    }

    fn forward(&self, x: &Tensor, cancel: &CancelToken) -> std::result::Result<Tensor, ModelError> {
        let mut x = x.clone();
        for resnet in &self.resnets {
            wanted(cancel)?;
            x = resnet.forward(&x)?;
        }
        Ok(match &self.resize {
            None => x,
            Some(Resize::Down(conv)) => conv.forward(&x)?,
            Some(Resize::Up(conv)) => conv.forward_doubled(&x)?,
        })
    }
}

/// Pixels to latents.
pub(super) struct Encoder {
    conv_in: Conv2d,
    down_blocks: Vec<Level>,
    mid_block: MidBlock,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Encoder {
    pub(super) fn new(weights: &Weights<'_>, config: &VaeConfig) -> Built<Self> {
        let channels = &config.block_out_channels;
        let (groups, first, last) = (config.norm_num_groups, channels[0], channels[channels.len() - 1]);
        let level = |(index, &outputs): (usize, &usize)| {
            let weights = weights.at("down_blocks").at(index);
            let inputs = channels[index.saturating_sub(1)];
            let down = || Conv2d::halving(&weights.at("downsamplers.0.conv"), outputs).map(Resize::Down);
            Ok(Level {
                resnets: Level::resnets(&weights, config.layers_per_block, [inputs, outputs], groups)?,
                resize: (index + 1 < channels.len()).then(down).transpose()?,
            })
        };
        Ok(Self {
            conv_in: Conv2d::same(&weights.at("conv_in"), config.in_channels, first, 3)?,
            down_blocks: channels.iter().enumerate().map(level).collect::<Built<_>>()?,
            mid_block: MidBlock::new(&weights.at("mid_block"), last, config)?,
            conv_norm_out: GroupNorm::new(&weights.at("conv_norm_out"), last, groups)?,
            conv_out: Conv2d::same(&weights.at("conv_out"), last, 2 * config.latent_channels, 3)?,
        })
    }

    /// From (1, 3, height, width) to the mean and log variance of each latent: (1, 2 x latents, height/8, width/8).
    pub(super) fn forward(
        &self,
        x: &Tensor,
        cancel: &CancelToken,
    ) -> std::result::Result<Tensor, ModelError> {
        let mut x = self.conv_in.forward(x)?;
        for level in &self.down_blocks {
            x = level.forward(&x, cancel)?;
        }
        let x = self.mid_block.forward(&x, cancel)?;
        Ok(self.conv_out.forward(&self.conv_norm_out.forward_silu(&x)?)?)
    }
}

/// Latents to pixels.
pub(super) struct Decoder {
    conv_in: Conv2d,
    mid_block: MidBlock,
    up_blocks: Vec<Level>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Decoder {
    pub(super) fn new(weights: &Weights<'_>, config: &VaeConfig) -> Built<Self> {
        let mut channels =
            config.decoder_block_out_channels.as_ref().unwrap_or(&config.block_out_channels).clone();
        channels.reverse();
        let (groups, first, last) = (config.norm_num_groups, channels[0], channels[channels.len() - 1]);
        let level = |(index, &outputs): (usize, &usize)| {
            let weights = weights.at("up_blocks").at(index);
            let inputs = channels[index.saturating_sub(1)];
            let up = || Conv2d::same(&weights.at("upsamplers.0.conv"), outputs, outputs, 3).map(Resize::Up);
            Ok(Level {
                resnets: Level::resnets(&weights, config.layers_per_block + 1, [inputs, outputs], groups)?,
                resize: (index + 1 < channels.len()).then(up).transpose()?,
            })
        };
        Ok(Self {
            conv_in: Conv2d::same(&weights.at("conv_in"), config.latent_channels, first, 3)?,
            mid_block: MidBlock::new(&weights.at("mid_block"), first, config)?,
            up_blocks: channels.iter().enumerate().map(level).collect::<Built<_>>()?,
            conv_norm_out: GroupNorm::new(&weights.at("conv_norm_out"), last, groups)?,
            conv_out: Conv2d::same(&weights.at("conv_out"), last, config.out_channels, 3)?,
        })
    }

    /// From (1, latents, height, width) to (1, 3, 8 x height, 8 x width).
    pub(super) fn forward(
        &self,
        x: &Tensor,
        cancel: &CancelToken,
    ) -> std::result::Result<Tensor, ModelError> {
        let x = self.conv_in.forward(x)?;
        let mut x = self.mid_block.forward(&x, cancel)?;
        for level in &self.up_blocks {
            x = level.forward(&x, cancel)?;
        }
        Ok(self.conv_out.forward(&self.conv_norm_out.forward_silu(&x)?)?)
    }
}
