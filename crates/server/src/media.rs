//! Pictures from bytes and bytes from pictures. Types are decided by content, sizes are checked before
//! anything is decoded, and what is stored is always our own encoding: upright and without metadata.

use std::io::{self, BufRead, Cursor, Seek};

use atelier_domain::{Content, Picture, PictureFormat};
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::{
    AnimationDecoder as _, DynamicImage, ImageDecoder as _, ImageEncoder as _, ImageFormat, ImageReader,
};
use thiserror::Error;

use crate::config::Limits;

/// Why bytes are not a usable picture. Worded to follow a parameter's name.
#[derive(Debug, Error)]
pub(crate) enum MediaError {
    /// Empty or of no known type.
    #[error("must be a jpeg, png, webp or gif image")]
    NotAPicture,
    /// Too large to decode.
    #[error("must be at most {side} pixels a side and {megapixels} megapixels, but is {width}x{height}")]
    TooManyPixels {
        /// Declared width.
        width: u32,
        /// Declared height.
        height: u32,
        /// The limit of one side.
        side: u32,
        /// The limit of the area in millions.
        megapixels: u64,
    },
    /// Several pictures, one after the other: which one is meant, nobody knows.
    #[error("must not be animated")]
    Animated,
    /// It begins like a picture and goes on like something else.
    #[error("is damaged and cannot be decoded")]
    Damaged(#[source] image::ImageError),
    /// A picture of ours could not be encoded: nothing the caller can do.
    #[error("cannot be encoded")]
    Encode(#[source] image::ImageError),
}

/// A picture as a file.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) extension: &'static str,
}

/// Decodes one picture, turned upright. Takes about 30 ms a megapixel.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, MediaError> {
    decode_format(bytes, limits).map(|(picture, _)| picture)
}

fn decode_format(bytes: &[u8], limits: &Limits) -> Result<(Picture, ImageFormat), MediaError> {
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| MediaError::NotAPicture)?;
    let format = reader.format().ok_or(MediaError::NotAPicture)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif) {
        return Err(MediaError::NotAPicture);
    }
    let mut decoder = reader.into_decoder().map_err(MediaError::Damaged)?;
    let (width, height) = decoder.dimensions();
    let side = limits.side;
    if width.max(height) > side || u64::from(width) * u64::from(height) > limits.pixels {
        return Err(MediaError::TooManyPixels { width, height, side, megapixels: limits.pixels / 1_000_000 });
    }
    let mut memory = image::Limits::default();
    // 8 bytes a pixel covers 16-bit colour with alpha; decoders need about as much again.
    memory.max_alloc = Some(limits.pixels * 16);
    if is_animated(bytes, format, &memory) {
        return Err(MediaError::Animated);
    }
    decoder.set_limits(memory).map_err(MediaError::Damaged)?;
    // The decoder paints what is missing grey.
    if format == ImageFormat::Jpeg && !reaches_its_end(bytes) {
        return Err(MediaError::Damaged(io::Error::from(io::ErrorKind::UnexpectedEof).into()));
    }
    let orientation = decoder.orientation().map_err(MediaError::Damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(MediaError::Damaged)?;
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let picture = Picture::from_rgba(width, height, image.into_raw()).map_err(|_| MediaError::NotAPicture)?;
    Ok((picture, format))
}

/// Whether more than one picture follows the head. What cannot be read shows when it is decoded.
fn is_animated(bytes: &[u8], format: ImageFormat, memory: &image::Limits) -> bool {
    let bytes = Cursor::new(bytes);
    let has_second = |mut gif: GifDecoder<_>| {
        gif.set_limits(memory.clone()).is_ok() && gif.into_frames().nth(1).is_some_and(|frame| frame.is_ok())
    };
    match format {
        ImageFormat::Png => PngDecoder::new(bytes).and_then(|png| png.is_apng()).unwrap_or(false),
        ImageFormat::WebP => WebPDecoder::new(bytes).is_ok_and(|webp| webp.has_animation()),
        ImageFormat::Gif => GifDecoder::new(bytes).is_ok_and(has_second),
        _ => false,
    }
}

/// Whether a JPEG goes on to its end marker. The previews that segments carry have ends of their own, so segments
/// are stepped over; what follows the end, as some cameras write, does not matter.
fn reaches_its_end(jpeg: &[u8]) -> bool {
    let mut at = 2;
    while let Some(rest) = jpeg.get(at..) {
        // In scans 0xff stands before a zero where it is data and before 0xd0 to 0xd7 where decoding restarts.
        let marker =
            rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd8 | 0xff));
        let Some(marker) = marker else { return false };
        if rest[marker + 1] == 0xd9 {
            return true;
        }
        let Some(length) = rest.get(marker + 2..marker + 4) else { return false };
        at += marker + 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    false
}

/// The pixels that a picture declares, none where it is damaged. Decodes nothing.
pub(crate) fn declared_pixels(picture: impl BufRead + Seek) -> u64 {
    let reader = ImageReader::new(picture).with_guessed_format().ok();
    let sides = reader.and_then(|reader| reader.into_dimensions().ok());
    sides.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
}

/// Decodes a received file and encodes it anew: photographs as JPEG, the rest and all with alpha as PNG.
pub(crate) fn normalise(bytes: &[u8], limits: &Limits) -> Result<Encoded, MediaError> {
    let (picture, format) = decode_format(bytes, limits)?;
    let opaque = picture.rgba().chunks_exact(4).all(|pixel| pixel[3] == 255);
    if opaque && format != ImageFormat::Png { encode_jpeg(&picture) } else { encode_png(&picture) }
}

/// Encodes what a runner made.
pub(crate) fn encode(content: Content) -> Result<Encoded, MediaError> {
    match content {
        Content::Picture { picture, format: PictureFormat::Png } => encode_png(&picture),
        Content::Picture { picture, format: PictureFormat::Jpeg } => encode_jpeg(&picture),
        Content::Clip(clip) => Ok(Encoded { bytes: clip.mp4, content_type: "video/mp4", extension: "mp4" }),
    }
}

/// Encodes as PNG, with alpha only where the picture has some.
pub(crate) fn encode_png(picture: &Picture) -> Result<Encoded, MediaError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    let opaque = picture.rgba().chunks_exact(4).all(|pixel| pixel[3] == 255);
    let (width, height) = (picture.width(), picture.height());
    let written = if opaque {
        encoder.write_image(&rgb(picture), width, height, image::ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(picture.rgba(), width, height, image::ExtendedColorType::Rgba8)
    };
    written.map_err(MediaError::Encode)?;
    Ok(Encoded { bytes, content_type: "image/png", extension: "png" })
}

fn encode_jpeg(picture: &Picture) -> Result<Encoded, MediaError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .write_image(&rgb(picture), picture.width(), picture.height(), image::ExtendedColorType::Rgb8)
        .map_err(MediaError::Encode)?;
    Ok(Encoded { bytes, content_type: "image/jpeg", extension: "jpg" })
}

fn rgb(picture: &Picture) -> Vec<u8> {
    picture.rgba().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn checkered(width: u32, height: u32) -> Picture {
        let pixel = |i: u32| {
            if (i % width + i / width).is_multiple_of(2) { [200, 30, 30, 255] } else { [30, 30, 200, 255] }
        };
        Picture::from_rgba(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
    }

    /// A PNG of 1 KB whose header declares the given sides.
    fn declared(width: u32, height: u32) -> Vec<u8> {
        let mut png = encode_png(&checkered(1, 1)).unwrap().bytes;
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc32fast::hash(&png[12..29]);
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        png
    }

    #[test]
    fn a20_a_tiny_file_that_declares_huge_sides_is_refused_before_decoding() {
        let limits = Limits::default();
        for (width, height) in [(60_000, 60_000), (1, 60_000), (u32::MAX >> 1, 2)] {
            let refused = decode(&declared(width, height), &limits).unwrap_err();
            assert!(
                matches!(refused, MediaError::TooManyPixels { .. } | MediaError::Damaged(_)),
                "{refused}"
            );
        }
        assert!(matches!(decode(&declared(60_000, 60_000), &limits), Err(MediaError::TooManyPixels { .. })));
    }

    #[test]
    fn what_is_not_a_picture_is_refused() {
        let limits = Limits::default();
        for bytes in [&b""[..], b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"BM"] {
            assert!(matches!(decode(bytes, &limits), Err(MediaError::NotAPicture)));
        }
        let png = encode_png(&checkered(40, 40)).unwrap().bytes;
        assert!(matches!(decode(&png[..png.len() / 2], &limits), Err(MediaError::Damaged(_))));
    }

    /// A GIF of two pictures.
    fn moving_gif() -> Vec<u8> {
        let frame = || image::Frame::new(image::RgbaImage::from_pixel(4, 4, image::Rgba([200, 30, 30, 255])));
        let mut bytes = Vec::new();
        image::codecs::gif::GifEncoder::new(&mut bytes).encode_frames([frame(), frame()]).unwrap();
        bytes
    }

    /// A PNG that announces an animation of two pictures, played for ever.
    fn moving_png() -> Vec<u8> {
        let mut bytes = encode_png(&checkered(4, 4)).unwrap().bytes;
        bytes.splice(33..33, chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
        bytes
    }

    #[test]
    fn what_moves_is_no_picture() {
        let limits = Limits::default();
        for bytes in [moving_gif(), moving_png()] {
            let refused = decode(&bytes, &limits);
            assert!(matches!(refused, Err(MediaError::Animated)), "{refused:?}");
        }
    }

    #[test]
    fn a_jpeg_that_was_cut_off_is_damaged_and_one_with_more_behind_is_not() {
        let limits = Limits::default();
        let plain = encode_jpeg(&checkered(200, 200)).unwrap().bytes;
        // A segment with a preview, which is whole.
        let preview = encode_jpeg(&checkered(8, 8)).unwrap().bytes;
        let length = u16::try_from(preview.len() + 2).unwrap().to_be_bytes();
        let jpeg = [&plain[..2], &[0xff, 0xe2], &length, &preview, &plain[2..]].concat();
        for kept in [jpeg.len() / 4, jpeg.len() / 2, jpeg.len() - 2, jpeg.len() - 1] {
            assert!(matches!(decode(&jpeg[..kept], &limits), Err(MediaError::Damaged(_))), "{kept} bytes");
        }
        assert!(decode(&jpeg, &limits).is_ok());
        assert!(decode(&[&jpeg[..], b"and a film of three seconds \xff"].concat(), &limits).is_ok());
    }

    #[test]
    fn a26_stored_pictures_are_upright_and_carry_no_exif() {
        let limits = Limits::default();
        let plain = encode_jpeg(&checkered(32, 16)).unwrap().bytes;
        // An APP1 segment: one IFD entry, orientation 6 (turn right).
        let tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS-SECRET";
        let mut jpeg = plain[..2].to_vec();
        jpeg.extend([0xff, 0xe1]);
        jpeg.extend(u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        jpeg.extend(tiff);
        jpeg.extend(&plain[2..]);
        let stored = normalise(&jpeg, &limits).unwrap();
        let picture = decode(&stored.bytes, &limits).unwrap();
        assert_eq!((picture.width(), picture.height()), (16, 32));
        assert!(!stored.bytes.windows(10).any(|part| part == b"GPS-SECRET"));
        assert!(!stored.bytes.windows(4).any(|part| part == b"Exif"));
    }

    #[test]
    fn alpha_survives_and_opaque_pictures_have_none() {
        let limits = Limits::default();
        let clear = Picture::from_rgba(1, 1, vec![10, 20, 30, 40]).unwrap();
        let stored = normalise(&encode_png(&clear).unwrap().bytes, &limits).unwrap();
        assert_eq!(decode(&stored.bytes, &limits).unwrap(), clear);
        assert_eq!(encode_png(&checkered(2, 2)).unwrap().bytes[25], 2, "colour type RGB");
    }

    /// A PNG chunk with its checksum.
    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let mut chunk = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        chunk.extend(kind);
        chunk.extend(data);
        chunk.extend(crc32fast::hash(&chunk[4..]).to_be_bytes());
        chunk
    }

    /// The most memory this process has used, in kB.
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn a21_compressed_text_in_a_png_is_not_unpacked() {
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        io::copy(&mut io::repeat(b'a').take(80_000_000), &mut bomb).unwrap();
        let text = [&b"Comment\0\0"[..], &bomb.finish().unwrap()].concat();
        let png = encode_png(&checkered(4, 4)).unwrap().bytes;
        let (header, rest) = png.split_at(33);
        let bytes = [header, &chunk(b"zTXt", &text), rest].concat();
        let before = peak();
        let stored = normalise(&bytes, &Limits::default());
        assert!(peak() - before < 40_000, "{} kB for a picture of 16 pixels", peak() - before);
        assert!(stored.is_ok_and(|stored| stored.bytes.len() < 1000));
    }

    #[test]
    fn a22_a_picture_that_contradicts_itself_about_its_sides_does_no_harm() {
        let limits = Limits::default();
        let png = encode_png(&checkered(8, 8)).unwrap().bytes;
        let (head, rest) = png.split_at(33);
        let mut larger = head[8..].to_vec();
        larger[8..12].copy_from_slice(&900u32.to_be_bytes());
        let second_header = chunk(b"IHDR", &larger[8..21]);
        let jpeg = encode_jpeg(&checkered(16, 16)).unwrap().bytes;
        let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        let mut doubled = jpeg.clone();
        let mut again = jpeg[frame..frame + 19].to_vec();
        again[5..9].copy_from_slice(&[3, 132, 3, 132]);
        doubled.splice(frame + 19..frame + 19, again);
        for bytes in [[head, &second_header, rest].concat(), doubled] {
            // Either reading is fine, and a refusal too, as long as the picture is whole.
            if let Ok(picture) = decode(&bytes, &limits) {
                assert_eq!(picture.rgba().len(), (picture.width() * picture.height() * 4) as usize);
            }
        }
    }
}
