//! What content credentials cost: `cargo run --release -p atelier-provenance --example bench`.

#![expect(clippy::print_stdout, reason = "its purpose")]

use std::error::Error;
use std::io::Cursor;
use std::time::Instant;

use atelier_domain::{JobKind, Method, Timestamp, ToolSlug};
use atelier_provenance::{Certificate, Marker, Origin, read};
use atelier_video::ClipWriter;
use image::{DynamicImage, ImageFormat, RgbImage};

const RUNS: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let start = Instant::now();
    let certificate = Certificate::load_or_create(&folder.path().join("provenance"))?;
    println!("make a certificate   {:6.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let marker = Marker::new(&certificate)?;
    println!("try it out           {:6.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let origin = Origin {
        tool: ToolSlug::new("wiro", "virtual-try-on"),
        kind: JobKind::TryOn,
        runner: "draft".into(),
        method: Method::Draft,
        seed: 1,
        made: Timestamp::now(),
    };
    println!("                         sign     read    file   added");
    for (name, content_type, file) in files()? {
        let start = Instant::now();
        let mut marked = Vec::new();
        for _ in 0..RUNS {
            marked = marker.mark(&file, content_type, &origin)?;
        }
        let sign = start.elapsed().as_secs_f64() * 1e3 / f64::from(RUNS);
        let start = Instant::now();
        for _ in 0..RUNS {
            read(&marked, "", None)?;
        }
        let check = start.elapsed().as_secs_f64() * 1e3 / f64::from(RUNS);
        let (size, added) = (file.len() / 1000, marked.len() - file.len());
        println!("{name:20} {sign:6.1} ms {check:6.1} ms {size:5} kB {added:5} B");
    }
    Ok(())
}

type Named = (&'static str, &'static str, Vec<u8>);

/// A picture of 1024 x 1365 in each format, with the noise of a photograph, and three seconds of 720p.
fn files() -> Result<Vec<Named>, Box<dyn Error>> {
    let noise =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).rotate_left(7) as u8 >> 4;
    let pixel = |x, y| {
        image::Rgb([(x / 5) as u8, (y / 6) as u8, 90].map(|value: u8| value.wrapping_add(noise(x, y))))
    };
    let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(1024, 1365, pixel));
    let encode = |format| -> Result<Vec<u8>, image::ImageError> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format)?;
        Ok(bytes.into_inner())
    };
    let mut writer = ClipWriter::new(720, 1280, 24)?;
    for frame in 0..72u32 {
        let rgba: Vec<u8> = (0..720 * 1280)
            .flat_map(|at: u32| [(at / 720 + frame) as u8, (at % 720) as u8, 90, 255])
            .collect();
        writer.push(&rgba)?;
    }
    let clip = writer.finish()?.mp4;
    Ok(vec![
        ("jpeg 1024x1365", "image/jpeg", encode(ImageFormat::Jpeg)?),
        ("png 1024x1365", "image/png", encode(ImageFormat::Png)?),
        ("mp4 720x1280, 3 s", "video/mp4", clip),
    ])
}
