//! Decoded pictures, as jobs take them and artifacts hold them.

use thiserror::Error;

/// A picture in memory: 8-bit sRGB with straight alpha, row by row from the top left, 4 bytes a pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

/// The sides and the buffer do not belong together.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{width}x{height} pixels do not fit {bytes} bytes")]
pub struct PictureError {
    width: u32,
    height: u32,
    bytes: usize,
}

impl Picture {
    /// Takes `width * height * 4` bytes. Sides must not be zero.
    pub fn from_rgba(width: u32, height: u32, rgba: Vec<u8>) -> Result<Self, PictureError> {
        let expected = (width as usize).checked_mul(height as usize).and_then(|n| n.checked_mul(4));
        if width == 0 || height == 0 || expected != Some(rgba.len()) {
            return Err(PictureError { width, height, bytes: rgba.len() });
        }
        Ok(Self { width, height, rgba })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All pixels, 4 bytes each.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Gives the pixels away.
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}
