//! The writer from outside: what its files hold, how near they come to what went in, and that a browser plays them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says so by failing")]

mod browser;
mod mp4;

use std::time::Duration;

use atelier_domain::Clip;
use atelier_video::{ClipWriter, VideoError};
use mp4::Mp4;
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;

/// A soft gradient with a bright disc that goes round in it.
fn frame(width: u32, height: u32, turn: f32) -> Vec<u8> {
    let (w, h) = (width as f32, height as f32);
    let centre = (w * (0.5 + 0.3 * turn.cos()), h * (0.5 + 0.3 * turn.sin()));
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f32, y as f32);
            let near = (0.2 * h - (x - centre.0).hypot(y - centre.1)).clamp(0.0, 1.0);
            let ground = [40.0 + 150.0 * x / w, 60.0 + 100.0 * y / h, 120.0];
            let disc = [250.0, 210.0, 40.0];
            rgba.extend((0..3).map(|c| (ground[c] + (disc[c] - ground[c]) * near) as u8));
            rgba.push(255);
        }
    }
    rgba
}

fn turn(number: u32) -> f32 {
    number as f32 * 0.15
}

fn clip(width: u32, height: u32, frames: u32) -> Clip {
    let mut writer = ClipWriter::new(width, height, 24).unwrap();
    for number in 0..frames {
        writer.push(&frame(width, height, turn(number))).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn the_index_comes_before_the_data() {
    let clip = clip(96, 64, 30);
    let names: Vec<_> = Mp4(&clip.mp4).boxes().map(|(name, _)| name).collect();
    assert_eq!(names, ["ftyp", "moov", "mdat"]);
}

#[test]
fn every_frame_lasts_a_24th_of_a_second_and_the_clip_as_long_as_all() {
    let clip = clip(96, 64, 36);
    assert_eq!((clip.width, clip.height, clip.length), (96, 64, Duration::from_millis(1500)));
    let table = Mp4(&clip.mp4).find(&["moov", "trak", "mdia", "minf", "stbl", "stts"]);
    let numbers: Vec<u32> =
        table.chunks_exact(4).map(|n| u32::from_be_bytes(n.try_into().unwrap())).collect();
    assert_eq!(numbers, [0, 1, 36, 90_000 / 24], "one run of 36 equal durations");
    assert_eq!(Mp4(&clip.mp4).samples().len(), 36);
}

#[test]
fn a_player_can_seek_to_every_second() {
    let clip = clip(96, 64, 60);
    let table = Mp4(&clip.mp4).find(&["moov", "trak", "mdia", "minf", "stbl", "stss"]);
    let keys: Vec<u32> =
        table[8..].chunks_exact(4).map(|n| u32::from_be_bytes(n.try_into().unwrap())).collect();
    assert_eq!(keys, [1, 25, 49]);
}

#[test]
fn decoding_gives_back_what_went_in() {
    let (width, height) = (320, 240);
    let clip = clip(width, height, 40);
    let mp4 = Mp4(&clip.mp4);
    let mut decoder = Decoder::new().unwrap();
    decoder.decode(&mp4.parameter_sets()).unwrap();
    let mut rgb = vec![0; (width * height * 3) as usize];
    for (number, packet) in (0..).zip(mp4.samples()) {
        let decoded = decoder.decode(&packet).unwrap().unwrap();
        assert_eq!(decoded.dimensions(), (width as usize, height as usize));
        // The decoder's own conversion assumes another matrix, so luma is compared.
        let stride = decoded.strides().0;
        let sent = frame(width, height, turn(number));
        let mut error = 0.0;
        for (i, pixel) in sent.chunks_exact(4).enumerate() {
            let (x, y) = (i % width as usize, i / width as usize);
            let [r, g, b] = [0, 1, 2].map(|c| f64::from(pixel[c]));
            let luma = 16.0 + (0.2126 * r + 0.7152 * g + 0.0722 * b) * 219.0 / 255.0;
            error += (luma - f64::from(decoded.y()[y * stride + x])).powi(2);
        }
        let noise = 10.0 * (255.0_f64.powi(2) * f64::from(width * height) / error).log10();
        assert!(noise > 38.0, "frame {number}: {noise:.1} dB");
        decoded.write_rgb8(&mut rgb);
    }
}

#[test]
fn the_same_frames_give_the_same_file() {
    assert_eq!(clip(96, 64, 12).mp4, clip(96, 64, 12).mp4);
}

#[test]
fn colours_are_marked_as_bt709() {
    let clip = clip(96, 64, 1);
    let sets = Mp4(&clip.mp4).parameter_sets();
    // video_signal_type: format 5 (3 bits), limited range (1), description present (1), then 1, 1, 1.
    let marked: u64 = 0b1_0101_0000_0001_0000_0001_0000_0001;
    let bits: Vec<bool> =
        sets.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1 == 1)).collect();
    let found = bits.windows(29).any(|w| w.iter().fold(0, |n, &bit| n << 1 | u64::from(bit)) == marked);
    assert!(found, "no colour description in {sets:02x?}");
}

#[test]
fn odd_tiny_and_huge_sides_are_refused_with_the_limits() {
    for (width, height) in [(97, 64), (96, 63), (0, 0), (8, 8), (4096, 2160), (2400, 2400)] {
        let refused = ClipWriter::new(width, height, 24).err().unwrap().to_string();
        assert!(refused.contains(&format!("{width}x{height}")) && refused.contains("even"), "{refused}");
    }
}

#[test]
fn a_frame_of_another_size_is_refused() {
    let mut writer = ClipWriter::new(96, 64, 24).unwrap();
    assert!(matches!(writer.push(&[0; 12]), Err(VideoError::Frame { bytes: 12, expected: 24_576 })));
    assert!(matches!(writer.finish(), Err(VideoError::Empty)));
}

#[test]
fn a_browser_plays_it() {
    let clip = clip(320, 180, 72);
    let report = browser::play(&clip.mp4);
    assert_eq!((report.width, report.height), (320, 180), "{report:?}");
    assert!((report.duration - 3.0).abs() < 0.05, "{report:?}");
    assert!(report.reached > 2.9, "it plays to its end: {report:?}");
}
