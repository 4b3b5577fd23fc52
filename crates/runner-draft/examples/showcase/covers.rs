//! The covers of the tools, made of what they make.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use atelier_domain::{AspectRatio, Background, Effect, Picture, Shot, Style};
use atelier_video::ClipWriter;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use crate::jobs::{PORTRAITS, SETS, frames, headshot, portrait, rgb, run, sample, try_on};

/// The space between the panels of a cover.
const GAP: u32 = 10;
/// The set that the try-on's picture shows.
const WORN: usize = 3;
/// The width of a person's panel in it, and its height.
const WIDE: u32 = 430;
const TALL: u32 = 700;
/// A clip's pictures a second.
const RATE: u32 = 24;
/// The size of the clip.
const CLIP: [u32; 2] = [384, 480];
/// What the clip shows, for two seconds each: whom, and which effect.
const ACTS: [(&str, Effect); 3] =
    [(PORTRAITS[1], Effect::Electrify), (PORTRAITS[0], Effect::Hulk), (SETS[3][0], Effect::Superman)];

pub(crate) fn write(folder: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(folder);
    let person = || sample(PORTRAITS[0]);
    let shot =
        |background| run(&headshot(person()?, background, AspectRatio::R4x5)).map_err(Box::<dyn Error>::from);
    let headshots = [rgb(&person()?), shot(Background::Gray)?, shot(Background::Office)?];
    write_jpeg(&panels(&headshots, [380, 475]), &folder.join("wiro-professional-headshot-cover.jpg"))?;

    let person = || sample(PORTRAITS[1]);
    let look = |model| run(&portrait(person()?, model, "")).map_err(Box::<dyn Error>::from);
    let looks = [rgb(&person()?), look("photo")?, look("anime")?, look("artful")?, look("crystal")?];
    write_jpeg(&panels(&looks, [260, 325]), &folder.join("wiro-instant-id-cover.jpg"))?;

    std::fs::write(folder.join("wiro-wan2.2-effects-extra-cover.mp4"), clip()?)?;
    Ok(())
}

/// A person, two garments one over the other, and the person wearing them.
pub(crate) fn write_try_on(path: &str) -> Result<(), Box<dyn Error>> {
    let set = SETS[WORN];
    let worn = run(&try_on(set, Style::KeepScene, Shot::Auto)?)?;
    let half = (TALL - GAP) / 2;
    let columns = [
        filling(&rgb(&sample(set[0])?), [WIDE, TALL]),
        stacked([set[1], set[2]].map(sample).into_iter().collect::<Result<Vec<_>, _>>()?.as_slice(), half),
        filling(&worn, [WIDE, TALL]),
    ];
    let mut cover = RgbImage::from_pixel(2 * (WIDE + GAP) + half, TALL, Rgb([255; 3]));
    let mut left = 0;
    for column in &columns {
        imageops::replace(&mut cover, column, left, 0);
        left += i64::from(column.width() + GAP);
    }
    write_jpeg(&cover, Path::new(path))
}

fn write_jpeg(picture: &RgbImage, path: &Path) -> Result<(), Box<dyn Error>> {
    let file = BufWriter::new(File::create(path)?);
    Ok(JpegEncoder::new_with_quality(file, 88).encode_image(picture)?)
}

/// Pictures one below the other, each whole in a square.
fn stacked(pictures: &[Picture], side: u32) -> RgbImage {
    let count = pictures.len() as u32;
    let mut column = RgbImage::from_pixel(side, count * (side + GAP) - GAP, Rgb([255; 3]));
    for (index, picture) in (0u32..).zip(pictures) {
        imageops::replace(&mut column, &whole(&rgb(picture), side), 0, (index * (side + GAP)).into());
    }
    column
}

/// Pictures side by side, each filling a panel.
fn panels(pictures: &[RgbImage], [width, height]: [u32; 2]) -> RgbImage {
    let count = pictures.len() as u32;
    let mut cover = RgbImage::from_pixel(count * (width + GAP) - GAP, height, Rgb([255; 3]));
    for (index, picture) in (0u32..).zip(pictures) {
        let left = index * (width + GAP);
        imageops::replace(&mut cover, &filling(picture, [width, height]), left.into(), 0);
    }
    cover
}

/// All of a picture in a square, beside which its edges go on.
fn whole(picture: &RgbImage, side: u32) -> RgbImage {
    let scale = side as f32 / picture.width().max(picture.height()) as f32;
    let [width, height] =
        [picture.width(), picture.height()].map(|long| ((long as f32 * scale) as u32).max(1));
    let small = imageops::resize(picture, width, height, FilterType::Lanczos3);
    let (left, top) = ((side - width) / 2, (side - height) / 2);
    RgbImage::from_fn(side, side, |x, y| {
        *small.get_pixel(x.saturating_sub(left).min(width - 1), y.saturating_sub(top).min(height - 1))
    })
}

/// As much of a picture as has the panel's shape: its middle, or rather its top, where the heads are.
fn filling(picture: &RgbImage, [width, height]: [u32; 2]) -> RgbImage {
    let scale = (width as f32 / picture.width() as f32).max(height as f32 / picture.height() as f32);
    let (inner, outer) = ((width as f32 / scale) as u32, (height as f32 / scale) as u32);
    let (inner, outer) = (inner.min(picture.width()), outer.min(picture.height()));
    let (left, top) = ((picture.width() - inner) / 2, (picture.height() - outer) / 8);
    let middle = imageops::crop_imm(picture, left, top, inner, outer).to_image();
    imageops::resize(&middle, width, height, FilterType::Lanczos3)
}

fn clip() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = ClipWriter::new(CLIP[0], CLIP[1], RATE)?;
    for (name, effect) in ACTS {
        // From where something has begun to show.
        let times: Vec<f32> = (0..2 * RATE).map(|frame| 0.9 + frame as f32 / RATE as f32).collect();
        for frame in frames(sample(name)?, effect, &times)? {
            let small = filling(&frame, CLIP);
            let rgba: Vec<u8> =
                small.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
            writer.push(&rgba)?;
        }
    }
    Ok(writer.finish()?.mp4)
}
