//! How drafts are delivered, by the operator's settings.

use std::path::Path;

use tempfile::TempDir;

use crate::{atelier, json};

/// One headshot under a value of `ATELIER_DRAFT__LABEL`; none leaves the default.
fn headshot(folder: &Path, label: Option<&str>) -> image::RgbImage {
    let out = folder.join(label.unwrap_or("default"));
    let line = "run wiro/professional-headshot -i inputImageUrl=wiro_professional-headshot_input_2.jpg -i outputFormat=png \
                -i seed=7 --json --out";
    let mut command = atelier(folder);
    command.envs(label.map(|label| ("ATELIER_DRAFT__LABEL", label)));
    let output = command.args(line.split_whitespace()).arg(&out).output().unwrap();
    let task = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(task["pexit"], "0", "{task}");
    let said = task["debugoutput"].as_str().unwrap();
    assert!(said.contains("runner: draft") && said.contains("draft: classical"), "{said}");
    let file = std::fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let report = super::succeed(folder, &format!("verify {} --json", file.display()));
    assert_eq!(json(&report)["run"]["draft"], true, "{report}");
    image::open(file).unwrap().into_rgb8()
}

#[test]
fn the_label_can_be_switched_off_and_the_task_and_the_file_still_say_draft() {
    let folder = TempDir::new().unwrap();
    let [usual, labelled, plain] =
        [None, Some("true"), Some("false")].map(|label| headshot(folder.path(), label));
    assert!(usual == labelled, "the label is the default");
    let (width, height) = plain.dimensions();
    let changed: Vec<(u32, u32)> = plain
        .enumerate_pixels()
        .filter(|(x, y, pixel)| *pixel != usual.get_pixel(*x, *y))
        .map(|(x, y, _)| (x, y))
        .collect();
    assert!(changed.len() > 500, "a label of {} pixels cannot be read", changed.len());
    let corner = |&(x, y): &(u32, u32)| x > width * 8 / 10 && y > height * 9 / 10;
    assert!(changed.iter().all(corner), "the setting changes more than the corner");
}
