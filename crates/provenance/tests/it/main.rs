//! Files are signed and read back, whole, changed and encoded anew.

#![expect(clippy::unwrap_used, reason = "tests")]

mod certificates;

use std::io::Cursor;

use atelier_domain::{JobKind, Method, Timestamp, ToolSlug};
use atelier_provenance::{Certificate, Marker, Origin, Run, State, read};
use atelier_video::ClipWriter;
use image::{DynamicImage, ImageFormat, RgbImage};
use tempfile::TempDir;

/// A marker with a certificate of its own, and that certificate's chain.
fn marker() -> (Marker, String) {
    let folder = TempDir::new().unwrap();
    let certificate = Certificate::load_or_create(&folder.path().join("provenance")).unwrap();
    let chain = std::fs::read_to_string(folder.path().join("provenance/certificate.pem")).unwrap();
    (Marker::new(&certificate).unwrap(), chain)
}

fn origin() -> Origin {
    Origin {
        tool: ToolSlug::new("wiro", "virtual-try-on"),
        kind: JobKind::TryOn,
        runner: "draft".into(),
        method: Method::Draft,
        seed: u64::MAX,
        made: Timestamp(1_790_000_000_123),
    }
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 4, y as u8 * 5, 90]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A clip of three frames.
fn clip() -> Vec<u8> {
    let mut writer = ClipWriter::new(64, 48, 24).unwrap();
    for frame in 0..3 {
        writer.push(&[frame * 80; 64 * 48 * 4]).unwrap();
    }
    writer.finish().unwrap().mp4
}

/// Every kind of file that we make, with its type and extension.
fn files() -> Vec<(Vec<u8>, &'static str, &'static str)> {
    vec![
        (picture(ImageFormat::Jpeg), "image/jpeg", "jpg"),
        (picture(ImageFormat::Png), "image/png", "png"),
        (picture(ImageFormat::WebP), "image/webp", "webp"),
        (clip(), "video/mp4", "mp4"),
    ]
}

#[test]
fn every_kind_of_file_tells_how_it_was_made() {
    let (marker, _) = marker();
    for (file, content_type, extension) in files() {
        assert_eq!(read(&file, extension, None).unwrap().state, State::Unmarked, "{content_type}");
        let marked = marker.mark(&file, content_type, &origin()).unwrap();
        let report = read(&marked, "", None).unwrap();
        assert_eq!((report.state, &report.problems), (State::Valid, &Vec::new()), "{content_type}");
        let run = Run {
            tool: "wiro/virtual-try-on".into(),
            runner: "draft".into(),
            draft: true,
            seed: u64::MAX.to_string(),
        };
        assert_eq!(report.run, Some(run));
        assert_eq!(report.made.as_deref(), Some("2026-09-21T14:13:20Z"));
        let signer = report.signer.unwrap();
        assert_eq!(signer.name.as_deref(), Some("Atelier self-made test certificate"));
        assert!(report.generator.unwrap().starts_with("Atelier 0."));
        let term = "http://cv.iptc.org/newscodes/digitalsourcetype/composite";
        assert_eq!(report.digital_source_type.as_deref(), Some(term));
        assert!(marked.len() - file.len() < 8000, "{content_type}: {} bytes more", marked.len() - file.len());
    }
}

#[test]
fn a_change_of_one_byte_is_found() {
    let (marker, _) = marker();
    for (file, content_type, extension) in files() {
        let mut marked = marker.mark(&file, content_type, &origin()).unwrap();
        // The last bytes of an MP4 file are media; of a picture, data that its decoder hardly looks at.
        let at = marked.len() - 20;
        marked[at] ^= 1;
        let report = read(&marked, extension, None).unwrap();
        assert_eq!(report.state, State::Invalid, "{content_type}");
        assert!(!report.problems.is_empty(), "{content_type}");
    }
}

#[test]
fn a_claim_that_was_rewritten_is_found() {
    let (marker, _) = marker();
    for (file, content_type, extension) in files() {
        let mut marked = marker.mark(&file, content_type, &origin()).unwrap();
        let at = position(&marked, b"composite");
        marked[at..at + 9].copy_from_slice(b"humanEdit");
        assert_eq!(read(&marked, extension, None).unwrap().state, State::Invalid, "{content_type}");
    }
}

#[test]
fn a_picture_that_is_encoded_anew_is_unmarked() {
    let (marker, _) = marker();
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let marked = marker.mark(&picture(format), format.to_mime_type(), &origin()).unwrap();
        let pixels = image::load_from_memory(&marked).unwrap();
        assert_eq!(pixels, image::load_from_memory(&picture(format)).unwrap(), "pixels stay as they were");
        let mut again = Cursor::new(Vec::new());
        pixels.write_to(&mut again, format).unwrap();
        assert_eq!(read(again.get_ref(), "", None).unwrap().state, State::Unmarked);
    }
}

#[test]
fn a_clip_still_plays_from_its_beginning() {
    let (marker, _) = marker();
    let clip = clip();
    let marked = marker.mark(&clip, "video/mp4", &origin()).unwrap();
    // Where the first chunk of media lies, by the directory.
    let chunk = |file: &[u8]| {
        let entry = position(file, b"stco") + 12;
        u32::from_be_bytes(file[entry..entry + 4].try_into().unwrap()) as usize
    };
    let media = |file: &[u8]| file[chunk(file)..][..100].to_vec();
    assert_eq!(media(&marked), media(&clip), "the directory still points at the media");
    assert!(position(&marked, b"moov") < position(&marked, b"mdat"), "the directory still comes first");
}

fn position(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).position(|part| part == what).unwrap()
}

#[test]
fn a_signer_is_trusted_under_its_authority_only() {
    let (marker, chain) = marker();
    let marked = marker.mark(&picture(ImageFormat::Png), "image/png", &origin()).unwrap();
    assert_eq!(read(&marked, "png", Some(&chain)).unwrap().state, State::Trusted);
    let stranger = self::marker().1;
    assert_eq!(read(&marked, "png", Some(&stranger)).unwrap().state, State::Valid);
    assert!(read(&marked, "png", Some("nothing")).is_err());
}

#[test]
fn what_carries_no_credentials_is_told_from_what_cannot() {
    assert!(read(b"hello", "txt", None).is_err());
    assert!(read(b"", "", None).is_err());
    let png = picture(ImageFormat::Png);
    assert_eq!(read(&png, "jpg", None).unwrap().state, State::Unmarked, "content decides, not the name");
}
