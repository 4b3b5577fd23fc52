//! Open models through the whole system, with the tiny weights that prove the runner.

use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::{atelier, json};

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runner-native/tests/golden/klein-tiny");

/// The standard output of a command on a machine with these models.
fn with_models(folder: &Path, line: &str) -> String {
    let mut command = atelier(folder);
    command.env("ATELIER_MODELS__FOLDER", folder.join("models")).env("ATELIER_NATIVE__DEVICE", "cpu");
    let output =
        command.env("ATELIER_NATIVE__PIXELS", "4096").args(line.split_whitespace()).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "atelier {line}\n{out}{err}");
    out
}

#[test]
fn weights_that_are_installed_are_used_and_named_on_the_task() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let served = |kind: &str| {
        let list = with_models(folder, "tools list --json");
        let tool = list.lines().map(json).find(|tool| tool["job"] == kind).unwrap();
        tool["runner"].as_str().unwrap_or_default().to_owned()
    };
    assert_ne!(served("headshot"), "native");
    std::fs::create_dir(folder.join("models")).unwrap();
    symlink(TINY, folder.join("models/FLUX.2-klein-4B")).unwrap();
    assert_eq!((served("headshot"), served("try-on")), ("native".to_owned(), "native".to_owned()));
    assert_ne!(served("video-effect"), "native");

    let line = "run wiro/virtual-try-on -i inputImageHuman=wiro-virtual-try-on-input-1-1.jpg \
                -i inputImageClothes=wiro-virtual-try-on-input-1-2.jpg -i plan=headshot --out results --json";
    let task = json(&with_models(folder, line));
    assert_eq!(task["pexit"], "0");
    let log = task["debugoutput"].as_str().unwrap();
    assert!(
        log.contains("runner: native") && log.contains("FLUX.2 klein") && log.contains("footwear"),
        "{log}"
    );
    assert!(log.contains("safety check: off"), "{log}");
    let saved: Vec<_> =
        std::fs::read_dir(folder.join("results")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(std::fs::read(&saved[0]).unwrap().starts_with(b"\x89PNG"), "{saved:?}");
}
