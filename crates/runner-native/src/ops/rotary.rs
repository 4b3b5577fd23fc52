//! Rotary position embeddings: pairs of a head's numbers are turned by angles that depend on the token's place.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::rotary_emb;

/// Which numbers form a pair.
#[derive(Clone, Copy)]
pub(crate) enum Pairs {
    /// Neighbours.
    Neighbours,
    /// The first of one half with the first of the other.
    Halves,
}

/// Cosines and sines of all angles, tokens x pairs, in f32.
#[derive(Clone)]
pub(crate) struct Rotary {
    pub(crate) cos: Tensor,
    pub(crate) sin: Tensor,
}

impl Rotary {
    /// For tokens with a place on one or several axes. `sizes` are the numbers of a head that belong to each axis.
    pub(crate) fn new<const AXES: usize>(
        places: &[[u32; AXES]],
        sizes: [usize; AXES],
        theta: f64,
        device: &Device,
    ) -> Result<Self> {
        let frequencies =
            |size: usize| (0..size / 2).map(move |i| theta.powf(-(2.0 * i as f64) / size as f64));
        let axes: Vec<Vec<f64>> = sizes.into_iter().map(|size| frequencies(size).collect()).collect();
        let angles = || {
            places.iter().flat_map(|place| {
                axes.iter().zip(place).flat_map(|(axis, &at)| axis.iter().map(move |f| f * f64::from(at)))
            })
        };
        let shape = (places.len(), axes.iter().map(Vec::len).sum::<usize>());
        let cos = angles().map(|angle| angle.cos() as f32).collect();
        let sin = angles().map(|angle| angle.sin() as f32).collect();
        Ok(Self { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// Those of some tokens in a row.
    pub(crate) fn narrow(&self, first: usize, tokens: usize) -> Result<Self> {
        Ok(Self { cos: self.cos.narrow(0, first, tokens)?, sin: self.sin.narrow(0, first, tokens)? })
    }
}

/// Turns (batch, heads, tokens, numbers) by the tokens' places. In f32 throughout: angles in bf16 would move tokens.
pub(crate) fn rotate(x: &Tensor, rotary: &Rotary, pairs: Pairs) -> Result<Tensor> {
    let wide = x.to_dtype(DType::F32)?.contiguous()?;
    let turned = match pairs {
        Pairs::Neighbours => rotary_emb::rope_i(&wide, &rotary.cos, &rotary.sin)?,
        Pairs::Halves => rotary_emb::rope(&wide, &rotary.cos, &rotary.sin)?,
    };
    turned.to_dtype(x.dtype())
}
