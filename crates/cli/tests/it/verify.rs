//! `atelier verify`, by its words and its exit codes.

use std::path::Path;

use tempfile::TempDir;

use super::{json, run};

/// The exit code and the standard output.
fn verify(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = run(folder, &format!("verify {line}"));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Checks all that can be said of a result that a server with its data in `data` made.
pub(crate) fn check(folder: &Path, result: &Path) {
    let name = result.display();
    let (code, words) = verify(folder, &name.to_string());
    assert_eq!(code, Some(0), "{words}");
    for line in [
        "valid: ",
        "signed by  Atelier (Atelier self-made test certificate)",
        "source     http://cv.iptc.org/newscodes/digitalsourcetype/composite\n",
        "runner     draft, a draft",
    ] {
        assert!(words.contains(line), "no `{line}` in\n{words}");
    }
    let (code, words) = verify(folder, &format!("{name} --trust data/provenance/certificate.pem --json"));
    assert_eq!((code, &json(&words)["state"]), (Some(0), &"trusted".into()));
    assert_eq!(json(&words)["run"]["tool"], "wiro/virtual-try-on");

    let mut bytes = std::fs::read(result).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(folder.join("changed.png"), bytes).unwrap();
    let (code, words) = verify(folder, "changed.png");
    assert_eq!(code, Some(4));
    assert!(words.starts_with("invalid: ") && words.contains("problem"), "{words}");

    let stranger = rcgen::generate_simple_self_signed(["studio.example".to_owned()]).unwrap();
    std::fs::write(folder.join("stranger.pem"), stranger.cert.pem()).unwrap();
    assert_eq!(verify(folder, &format!("{name} --trust stranger.pem")).0, Some(5));
}

#[test]
fn a_file_without_credentials_is_unmarked_and_what_is_no_picture_cannot_be_read() {
    let folder = TempDir::new().unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/input-portrait-2.jpg");
    let (code, words) = verify(folder.path(), sample);
    assert_eq!(code, Some(3));
    assert!(words.starts_with("unmarked: "), "{words}");
    let (code, words) = verify(folder.path(), &format!("{sample} --json"));
    assert_eq!((code, &json(&words)["state"]), (Some(3), &"unmarked".into()));
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    assert_eq!(verify(folder.path(), "notes.txt").0, Some(1));
    assert_eq!(verify(folder.path(), "nowhere.png").0, Some(1));
}
