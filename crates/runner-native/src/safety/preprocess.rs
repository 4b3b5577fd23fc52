//! A picture as CLIP wants it: shrunk, cropped to a square, normalised. Reference: `CLIPImageProcessor` of transformers.

use atelier_domain::Picture;
use candle_core::{Device, Tensor};
use serde::Deserialize;
use thiserror::Error;

use crate::pictures::{Filter, PixelError, resized_by};

/// Why a picture could not be prepared: a fault of ours.
#[derive(Debug, Error)]
pub(super) enum PreprocessError {
    #[error("the picture cannot be shrunk")]
    Pixels(#[from] PixelError),
    #[error("the picture makes no tensor")]
    Tensor(#[from] candle_core::Error),
}

/// `preprocessor_config.json`, under its own names.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Preprocess {
    size: Side,
    crop_size: Side,
    #[serde(default = "yes")]
    do_center_crop: bool,
    #[serde(default = "yes")]
    do_normalize: bool,
    #[serde(default = "yes")]
    do_resize: bool,
    /// Pillow's number of a filter.
    resample: u8,
    image_mean: [f32; 3],
    image_std: [f32; 3],
}

fn yes() -> bool {
    true
}

/// Pillow's number of the bicubic filter.
const BICUBIC: u8 = 3;

/// A side of a square, as different versions of the library have written it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Side {
    Number(usize),
    Shortest { shortest_edge: usize },
    Both { height: usize, width: usize },
}

impl Side {
    /// Its pixels; nothing if it is no square.
    fn pixels(self) -> Option<usize> {
        match self {
            Self::Number(side) | Self::Shortest { shortest_edge: side } => Some(side),
            Self::Both { height, width } => (height == width).then_some(height),
        }
    }
}

impl Preprocess {
    /// A setting with a value that this code does not know, for a network that takes pictures of `side` pixels.
    pub(super) fn unknown(&self, side: usize) -> Option<String> {
        let square = |setting: Side| setting.pixels() == Some(side);
        let known = [
            ("size", square(self.size)),
            ("crop_size", square(self.crop_size)),
            ("do_resize", self.do_resize),
            ("do_center_crop", self.do_center_crop),
            ("do_normalize", self.do_normalize),
            ("resample", self.resample == BICUBIC),
            ("image_std", self.image_std.iter().all(|&deviation| deviation > 0.0)),
        ];
        known.into_iter().find(|(_, known)| !known).map(|(name, _)| format!("`{name}` of this value"))
    }

    /// The middle square of the picture: (1, 3, side, side), f32 on the CPU.
    pub(super) fn tensor(&self, picture: &Picture) -> Result<Tensor, PreprocessError> {
        let side = self.crop_size.pixels().unwrap_or_default();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let short = width.min(height);
        // The long side is rounded down.
        let scaled = [width, height].map(|length| length * side / short);
        let small = resized_by(picture, scaled, Filter::Bicubic)?;
        let (left, top) = ((scaled[0] - side) / 2, (scaled[1] - side) / 2);
        let value = |i: usize| {
            let (channel, y, x) = (i / (side * side), i / side % side, i % side);
            let byte = small.rgba()[((top + y) * scaled[0] + left + x) * 4 + channel];
            (f32::from(byte) / 255.0 - self.image_mean[channel]) / self.image_std[channel]
        };
        let values: Vec<_> = (0..3 * side * side).map(value).collect();
        Ok(Tensor::from_vec(values, (1, 3, side, side), &Device::Cpu)?)
    }
}
