//! Pictures to tensors and back, and the sizes that models want.

use atelier_domain::{Picture, PictureError};
use candle_core::{DType, Device, Result, Tensor};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use thiserror::Error;

/// A picture could not be made: a fault of ours, since sizes were checked before.
#[derive(Debug, Error)]
pub(crate) enum PixelError {
    /// The resampler refused.
    #[error("a picture could not be resized")]
    Resize(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Sides and pixels do not belong together.
    #[error("a picture could not be put together")]
    Picture(#[from] PictureError),
    /// A tensor operation failed.
    #[error("a picture could not be read from its tensor")]
    Tensor(#[from] candle_core::Error),
}

/// Width and height in pixels.
pub(crate) type Size = [usize; 2];

/// The size closest to the shape `width` to `height` that has at most `area` pixels and sides that are multiples of
/// `side`.
pub(crate) fn size_of_shape(width: u32, height: u32, area: usize, side: usize) -> Size {
    let shape = f64::from(width) / f64::from(height);
    let most = (area / (side * side)).max(1);
    let rows = ((most as f64 / shape).sqrt().floor() as usize).clamp(1, most);
    // One side is rounded down and the other follows it; of the two ways the truer shape is taken.
    let columns = ((most as f64 * shape).sqrt().floor() as usize).clamp(1, most);
    let by_rows = [((rows as f64 * shape).round() as usize).clamp(1, most / rows), rows];
    let by_columns = [columns, ((columns as f64 / shape).round() as usize).clamp(1, most / columns)];
    let bent = |[columns, rows]: Size| (columns as f64 / rows as f64 / shape).ln().abs();
    let best = if bent(by_rows) <= bent(by_columns) { by_rows } else { by_columns };
    best.map(|tokens| tokens * side)
}

/// How pixels are weighed for a new size.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filter {
    /// Lanczos with three lobes.
    Lanczos,
    /// Cubic convolution with the parameter -1/2 (Catmull and Rom), as Pillow's bicubic filter.
    Bicubic,
}

/// The picture in another size, by Lanczos resampling. Transparent parts become white first.
pub(crate) fn resized(picture: &Picture, size: Size) -> std::result::Result<Picture, PixelError> {
    resized_by(picture, size, Filter::Lanczos)
}

/// The same, by a filter of choice.
pub(crate) fn resized_by(
    picture: &Picture,
    [width, height]: Size,
    filter: Filter,
) -> std::result::Result<Picture, PixelError> {
    let (own, width, height) = ([picture.width(), picture.height()], width as u32, height as u32);
    // First across, then down, each rounded: so does the reference, and overshoots are cut off in between.
    let across = resampled(over_white(picture), own, [width, own[1]], filter)?;
    let down = resampled(across, [width, own[1]], [width, height], filter)?;
    Ok(Picture::from_rgba(width, height, down)?)
}

fn resampled(
    rgba: Vec<u8>,
    from: [u32; 2],
    to: [u32; 2],
    filter: Filter,
) -> std::result::Result<Vec<u8>, PixelError> {
    if from == to {
        return Ok(rgba);
    }
    let fault = |error: Box<dyn std::error::Error + Send + Sync>| PixelError::Resize(error);
    let source =
        ImageRef::new(from[0], from[1], &rgba, PixelType::U8x4).map_err(|error| fault(error.into()))?;
    let mut target = Image::new(to[0], to[1], PixelType::U8x4);
    let filter = match filter {
        Filter::Lanczos => FilterType::Lanczos3,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| fault(error.into()))?;
    Ok(target.into_vec())
}

fn over_white(picture: &Picture) -> Vec<u8> {
    let mut rgba = picture.rgba().to_vec();
    for pixel in rgba.chunks_exact_mut(4).filter(|pixel| pixel[3] != 255) {
        let alpha = u32::from(pixel[3]);
        for channel in &mut pixel[..3] {
            *channel = ((u32::from(*channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
    rgba
}

/// As models take it: (1, 3, height, width) in -1..1, f32 on the CPU.
pub(crate) fn to_tensor(picture: &Picture) -> Result<Tensor> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let plane = |channel: usize| picture.rgba().iter().skip(channel).step_by(4);
    let values =
        (0..3).flat_map(plane).map(|&value| f32::from(value) / 255.0 * 2.0 - 1.0).collect::<Vec<_>>();
    Tensor::from_vec(values, (1, 3, height, width), &Device::Cpu)
}

/// As models give it, (1, 3, height, width) about -1..1, with what lies outside cut off.
pub(crate) fn from_tensor(tensor: &Tensor) -> std::result::Result<Picture, PixelError> {
    let (_, _, height, width) = tensor.dims4()?;
    let values = tensor.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
    let byte = |value: f32| ((value / 2.0 + 0.5).clamp(0.0, 1.0) * 255.0).round_ties_even() as u8;
    let pixels = height * width;
    let mut rgba = vec![255; pixels * 4];
    for (channel, plane) in values.chunks_exact(pixels).enumerate() {
        for (pixel, &value) in rgba.chunks_exact_mut(4).zip(plane) {
            pixel[channel] = byte(value);
        }
    }
    Ok(Picture::from_rgba(width as u32, height as u32, rgba)?)
}

#[cfg(test)]
mod tests;
