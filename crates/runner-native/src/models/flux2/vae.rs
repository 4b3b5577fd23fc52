//! The autoencoder: pictures to the latents that the transformer draws, and back.
//!
//! A latent token is a square of 2 x 2 latents, normalised by statistics that were stored while training.

use atelier_domain::CancelToken;
use candle_core::{Result, Tensor};
use serde::Deserialize;

use super::coder::{Decoder, Encoder};
use crate::models::{ModelError, wanted};
use crate::ops::Conv2d;
use crate::weights::{Weights, WeightsError};

/// `vae/config.json`, under its own names.
#[derive(Debug, Clone, Deserialize)]
pub struct VaeConfig {
    /// Channels of a picture going in.
    pub in_channels: usize,
    /// Channels of a picture coming out.
    pub out_channels: usize,
    /// Channels at each level, finest first; each level but the last halves the picture.
    pub block_out_channels: Vec<usize>,
    /// The same for the decoder, where it differs.
    #[serde(default)]
    pub decoder_block_out_channels: Option<Vec<usize>>,
    /// Blocks in a level of the encoder; the decoder has one more.
    pub layers_per_block: usize,
    /// Channels of a latent.
    pub latent_channels: usize,
    /// Groups of channels that are normalised together.
    pub norm_num_groups: usize,
    /// Whether the coarsest level has attention.
    pub mid_block_add_attention: bool,
    /// Whether a convolution follows the encoder.
    pub use_quant_conv: bool,
    /// Whether a convolution precedes the decoder.
    pub use_post_quant_conv: bool,
    /// Keeps the stored variance above zero.
    pub batch_norm_eps: f64,
    /// Latents of a token.
    pub patch_size: [usize; 2],
}

impl VaeConfig {
    /// A setting with a value that this code does not know.
    pub fn unknown(&self) -> Option<String> {
        let levels = [Some(&self.block_out_channels), self.decoder_block_out_channels.as_ref()];
        if levels.into_iter().flatten().any(Vec::is_empty) {
            return Some("no levels".to_owned());
        }
        (self.patch_size != [2, 2]).then(|| format!("`patch_size` {:?}", self.patch_size))
    }

    /// Pixels along the side of a latent token.
    pub fn token_side(&self) -> usize {
        self.patch_size[0] << (self.block_out_channels.len() - 1)
    }

    /// Channels of a latent token.
    pub fn token_channels(&self) -> usize {
        self.latent_channels * self.patch_size[0] * self.patch_size[1]
    }
}

/// See the module.
pub struct Vae {
    encoder: Encoder,
    decoder: Decoder,
    quant_conv: Option<Conv2d>,
    post_quant_conv: Option<Conv2d>,
    /// Mean and deviation of each channel of a token: (1, channels, 1, 1).
    mean: Tensor,
    deviation: Tensor,
    latent_channels: usize,
}

impl Vae {
    /// Takes everything that the config says.
    pub fn new(config: &VaeConfig, weights: &Weights<'_>) -> std::result::Result<Self, WeightsError> {
        let latents = config.latent_channels;
        let quant = || Conv2d::same(&weights.at("quant_conv"), 2 * latents, 2 * latents, 1);
        let post_quant = || Conv2d::same(&weights.at("post_quant_conv"), latents, latents, 1);
        let statistic = |name| {
            weights.get(name, config.token_channels())?.reshape((1, (), 1, 1)).map_err(WeightsError::from)
        };
        weights.pass_over("bn.num_batches_tracked");
        Ok(Self {
            encoder: Encoder::new(&weights.at("encoder"), config)?,
            decoder: Decoder::new(&weights.at("decoder"), config)?,
            quant_conv: config.use_quant_conv.then(quant).transpose()?,
            post_quant_conv: config.use_post_quant_conv.then(post_quant).transpose()?,
            mean: statistic("bn.running_mean")?,
            deviation: (statistic("bn.running_var")? + config.batch_norm_eps)?.sqrt()?,
            latent_channels: latents,
        })
    }

    /// From a picture in -1..1, (1, 3, height, width), to its tokens: (1, channels, height/16, width/16).
    pub(crate) fn encode(
        &self,
        picture: &Tensor,
        cancel: &CancelToken,
    ) -> std::result::Result<Tensor, ModelError> {
        let moments = self.moments(picture, cancel)?;
        // The likeliest latents: their means. The rest are the variances.
        let latents = moments.narrow(1, 0, self.latent_channels)?;
        let tokens = patchified(&latents)?;
        Ok(tokens.broadcast_sub(&self.mean)?.broadcast_div(&self.deviation)?)
    }

    /// From tokens, (1, channels, height, width), to the picture: (1, 3, 16 x height, 16 x width), about -1..1.
    pub(crate) fn decode(
        &self,
        tokens: &Tensor,
        cancel: &CancelToken,
    ) -> std::result::Result<Tensor, ModelError> {
        let tokens = tokens.broadcast_mul(&self.deviation)?.broadcast_add(&self.mean)?;
        let latents = unpatchified(&tokens)?;
        let latents = match &self.post_quant_conv {
            Some(conv) => conv.forward(&latents)?,
            None => latents,
        };
        wanted(cancel)?;
        self.decoder.forward(&latents, cancel)
    }

    fn moments(&self, picture: &Tensor, cancel: &CancelToken) -> std::result::Result<Tensor, ModelError> {
        let moments = self.encoder.forward(picture, cancel)?;
        Ok(match &self.quant_conv {
            Some(conv) => conv.forward(&moments)?,
            None => moments,
        })
    }
}

/// Squares of 2 x 2 latents become channels.
fn patchified(latents: &Tensor) -> Result<Tensor> {
    let (batch, channels, height, width) = latents.dims4()?;
    let squares = latents.reshape((batch, channels, height / 2, 2, width / 2, 2))?;
    squares.permute((0, 1, 3, 5, 2, 4))?.reshape((batch, channels * 4, height / 2, width / 2))
}

/// The opposite of [`patchified`].
fn unpatchified(tokens: &Tensor) -> Result<Tensor> {
    let (batch, channels, height, width) = tokens.dims4()?;
    let squares = tokens.reshape((batch, channels / 4, 2, 2, height, width))?;
    squares.permute((0, 1, 4, 2, 5, 3))?.reshape((batch, channels / 4, height * 2, width * 2))
}

#[cfg(test)]
mod tests;
