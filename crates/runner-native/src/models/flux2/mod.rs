//! FLUX.2: a transformer over text and picture tokens, and the autoencoder whose latents it draws. References:
//! `Flux2Transformer2DModel` and `AutoencoderKLFlux2` of diffusers 0.42.

mod blocks;
mod coder;
mod transformer;
mod vae;

#[cfg(feature = "bench")]
pub(crate) use blocks::{DoubleBlock, Modulation, Modulations, SingleBlock};
pub use transformer::{Place, Transformer, TransformerConfig};
pub use vae::{Vae, VaeConfig};
