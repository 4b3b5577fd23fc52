//! A contact sheet: rows of labelled tiles under headings.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

use color_quant::NeuQuant;
use font8x8::UnicodeFonts as _;
use image::imageops::colorops::ColorMap;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage, Rgba, RgbaImage};

/// The space between tiles.
const GAP: u32 = 6;
/// The height of a label, whose letters are 8 pixels wide and tall.
const LABEL: u32 = 14;
/// The height of a heading, whose letters are twice as large.
const HEADING: u32 = 40;
const PAPER: Rgb<u8> = Rgb([250, 249, 247]);
const INK: Rgb<u8> = Rgb([45, 45, 50]);

/// The sheet so far.
pub(crate) struct Sheet {
    tile: [u32; 2],
    columns: u32,
    rows: Vec<RgbImage>,
}

impl Sheet {
    /// An empty sheet of tiles of `tile` pixels.
    pub(crate) fn new(tile: [u32; 2], columns: u32) -> Self {
        Self { tile, columns, rows: Vec::new() }
    }

    fn width(&self) -> u32 {
        self.columns * (self.tile[0] + GAP) + GAP
    }

    pub(crate) fn heading(&mut self, text: &str) {
        let mut row = RgbImage::from_pixel(self.width(), HEADING, PAPER);
        write(&mut row, text, [GAP, 16], 2);
        self.rows.push(row);
    }

    /// Adds tiles, row after row. A tile without a picture shows its label only.
    pub(crate) fn tiles(&mut self, tiles: &[(String, Option<RgbImage>)]) {
        let [width, height] = self.tile;
        for tiles in tiles.chunks(self.columns as usize) {
            let mut row = RgbImage::from_pixel(self.width(), height + LABEL + GAP, PAPER);
            for (index, (label, picture)) in tiles.iter().enumerate() {
                let left = GAP + index as u32 * (width + GAP);
                if let Some(picture) = picture {
                    imageops::replace(&mut row, &fitted(picture, self.tile), left.into(), 0);
                }
                write(&mut row, label, [left, height + 4], 1);
            }
            self.rows.push(row);
        }
    }

    /// Writes the sheet as a PNG of 256 colours: a third of the size of all colours, at which these tiles look the same.
    pub(crate) fn save(&self, path: &str) -> Result<(), Box<dyn Error>> {
        let height: u32 = self.rows.iter().map(RgbImage::height).sum();
        let mut sheet = RgbaImage::new(self.width(), height + GAP);
        sheet.pixels_mut().for_each(|pixel| *pixel = Rgba([PAPER[0], PAPER[1], PAPER[2], 255]));
        let mut top = 0;
        for row in &self.rows {
            let opaque = RgbaImage::from_fn(row.width(), row.height(), |x, y| {
                let [r, g, b] = row.get_pixel(x, y).0;
                Rgba([r, g, b, 255])
            });
            imageops::replace(&mut sheet, &opaque, 0, top);
            top += i64::from(row.height());
        }
        let palette = Palette(NeuQuant::new(3, 256, &sheet));
        imageops::dither(&mut sheet, &palette);
        let indices = imageops::index_colors(&sheet, &palette);
        let mut encoder =
            png::Encoder::new(BufWriter::new(File::create(path)?), sheet.width(), sheet.height());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        encoder.set_palette(palette.0.color_map_rgb());
        encoder.write_header()?.write_image_data(indices.as_raw())?;
        Ok(())
    }
}

/// The colours of a sheet.
struct Palette(NeuQuant);

impl ColorMap for Palette {
    type Color = Rgba<u8>;

    fn index_of(&self, colour: &Rgba<u8>) -> usize {
        self.0.index_of(&colour.0)
    }

    fn map_color(&self, colour: &mut Rgba<u8>) {
        self.0.map_pixel(&mut colour.0);
    }
}

/// The whole picture, as large as it fits into a tile.
fn fitted(picture: &RgbImage, [width, height]: [u32; 2]) -> RgbImage {
    let scale = (width as f32 / picture.width() as f32).min(height as f32 / picture.height() as f32);
    let size = |side: u32| ((side as f32 * scale).round() as u32).max(1);
    let small =
        imageops::resize(picture, size(picture.width()), size(picture.height()), FilterType::Lanczos3);
    let mut tile = RgbImage::from_pixel(width, height, Rgb([236, 235, 232]));
    let (left, top) = ((width - small.width()) / 2, (height - small.height()) / 2);
    imageops::replace(&mut tile, &small, left.into(), top.into());
    tile
}

/// Writes a line; what does not fit is left out.
fn write(onto: &mut RgbImage, text: &str, [left, top]: [u32; 2], scale: u32) {
    let glyphs = text.chars().filter_map(|letter| font8x8::BASIC_FONTS.get(letter));
    for (index, glyph) in glyphs.enumerate() {
        for (y, row) in (0u32..).zip(glyph) {
            for x in (0..8u32).filter(|x| row >> x & 1 == 1) {
                for (dx, dy) in (0..scale).flat_map(|dx| (0..scale).map(move |dy| (dx, dy))) {
                    let place = (left + (index as u32 * 8 + x) * scale + dx, top + y * scale + dy);
                    if let Some(pixel) = onto.get_pixel_mut_checked(place.0, place.1) {
                        *pixel = INK;
                    }
                }
            }
        }
    }
}
