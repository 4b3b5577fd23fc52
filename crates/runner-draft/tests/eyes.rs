//! What the eyes must reach on a fixed part of the truth set; all of it is measured by `examples/eyes.rs`.
#![expect(clippy::unwrap_used, reason = "a test says so by failing")]

#[expect(dead_code, reason = "shared with the measurement of the whole set")]
#[path = "truth/mod.rs"]
mod truth;

use atelier_domain::{InputRole, Picture, RunError};
use atelier_runner_draft::inspect;
use truth::cutouts::Cutout;
use truth::scenes::{self, Plan, Scene};
use truth::score::{self, Look, mean};

/// Every `one_in`-th picture of a group of backgrounds, people or garments.
fn some<'a>(
    cutouts: &'a [Cutout],
    groups: &'a [&str],
    person: bool,
    one_in: usize,
) -> impl Iterator<Item = Scene> + 'a {
    let of = move |plan: &Plan| {
        plan.number.is_multiple_of(one_in)
            && groups.contains(&plan.group())
            && plan.has_person(cutouts) == person
    };
    scenes::all(cutouts).into_iter().filter(of).map(|plan| plan.compose(cutouts))
}

fn looks(groups: &[&str], one_in: usize) -> Vec<Look> {
    let cutouts = truth::cutouts::load();
    let look = |scene: Scene| score::judged(&scene, inspect::person(&scene.picture).as_ref());
    some(&cutouts, groups, true, one_in).map(look).collect()
}

/// Few are refused, the outlines overlap with the truth by the mean of `least` (over all, refused ones counting 0, and over
/// those seen), and landmarks are within `most` of the body's height.
fn holds(looks: &[Look], least: [f32; 2], most: f32) {
    let seen: Vec<&Look> = looks.iter().filter(|look| look.verdict.is_ok()).collect();
    assert!(looks.len() >= 8 && seen.len() * 10 >= looks.len() * 9, "{} of {}", seen.len(), looks.len());
    let overlaps = [mean(looks.iter().map(|look| look.overlap)), mean(seen.iter().map(|look| look.overlap))];
    assert!(overlaps[0] >= least[0] && overlaps[1] >= least[1], "overlaps {overlaps:?}");
    let off = mean(seen.iter().flat_map(|look| look.errors.values().copied()));
    assert!(off <= most, "landmarks off by {off}");
}

#[test]
fn people_before_plain_walls_are_outlined() {
    let looks = looks(&["plain"], 4);
    holds(&looks, [0.94, 0.97], 0.03);
    // What a picture shows of a body is told from what it does not.
    for look in looks.iter().filter(|look| look.view == "chest" && look.verdict.is_ok()) {
        let [head, legs] = ["the head", "legs and feet"].map(|part| look.confidence[part]);
        assert!(head > 0.5 && legs < 0.1, "{}: {:?}", look.scene, look.confidence);
    }
}

#[test]
fn people_before_textures_are_outlined() {
    holds(&looks(&["textured"], 9), [0.88, 0.96], 0.03);
}

#[test]
fn pictures_of_nobody_are_no_persons() {
    let cutouts = truth::cutouts::load();
    for scene in some(&cutouts, &["nobody"], false, 4) {
        assert!(
            matches!(inspect::person(&scene.picture), Err(RunError::Input { role: InputRole::Person, .. })),
            "{}",
            scene.name
        );
    }
}

#[test]
fn garments_are_outlined_told_and_measured() {
    let cutouts = truth::cutouts::load();
    let look = |scene: Scene| score::judged(&scene, inspect::garment(&scene.picture).as_ref());
    let looks: Vec<Look> = some(&cutouts, &["plain", "gradient", "textured"], false, 6).map(look).collect();
    let seen: Vec<&Look> = looks.iter().filter(|look| look.verdict.is_ok()).collect();
    assert!(looks.len() >= 15 && seen.len() * 10 >= looks.len() * 9, "{} of {}", seen.len(), looks.len());
    for look in &seen {
        assert_eq!(look.verdict.as_ref().ok(), Some(&look.truth.as_str()), "{}", look.scene);
    }
    let overlap = mean(seen.iter().map(|look| look.overlap));
    // Of a white shirt on white paper only half is found, which alone takes four hundredths from this mean and adds two
    // to the next.
    assert!(overlap > 0.92, "overlap {overlap}");
    let off = mean(seen.iter().flat_map(|look| look.errors.values().copied()));
    assert!(off < 0.055, "landmarks off by {off}");
}

/// The garments of the samples: number, kind, what of the picture they cover and the box around them (left, top, right,
/// bottom), in shares; as measured by eye in the pictures.
const SAMPLES: [(&str, &str, f32, [f32; 4]); 7] = [
    ("1-2", "top", 0.35, [0.07, 0.17, 0.95, 0.82]),
    ("1-3", "trousers", 0.39, [0.21, 0.06, 0.80, 0.90]),
    ("2-2", "top", 0.40, [0.04, 0.13, 0.96, 0.86]),
    ("2-3", "trousers", 0.35, [0.25, 0.07, 0.76, 0.90]),
    ("3-2", "dress", 0.44, [0.155, 0.07, 0.855, 0.925]),
    ("4-2", "top", 0.40, [0.04, 0.12, 0.97, 0.87]),
    ("4-3", "trousers", 0.38, [0.25, 0.06, 0.76, 0.89]),
];

/// How many pixels are `of` a side of an outline, and how many in its largest connected part.
fn connected(mask: &[bool], width: usize, of: bool) -> [f32; 2] {
    let mut left = mask.to_vec();
    let mut sizes = Vec::new();
    for start in 0..left.len() {
        let mut open = vec![start];
        let mut size = 0;
        while let Some(i) = open.pop() {
            if left[i] == of {
                left[i] = !of;
                size += 1;
                let (x, y) = (i % width, i / width);
                open.extend((x > 0).then(|| i - 1));
                open.extend((x + 1 < width).then(|| i + 1));
                open.extend((y > 0).then(|| i - width));
                open.extend((i + width < mask.len()).then(|| i + width));
            }
        }
        sizes.push(size);
    }
    [sizes.iter().sum::<usize>(), sizes.into_iter().max().unwrap_or(0)].map(|size| size as f32)
}

#[test]
fn sample_garments_are_found_whole_at_every_size() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/wiro-virtual-try-on-input");
    for (name, kind, share, bounds) in SAMPLES {
        let full = image::open(format!("{folder}-{name}.jpg")).unwrap();
        for side in [full.width().max(full.height()), 600] {
            let rgba = full.resize(side, side, image::imageops::FilterType::Triangle).into_rgba8();
            let (width, height) = rgba.dimensions();
            let seen =
                inspect::garment(&Picture::from_rgba(width, height, rgba.into_raw()).unwrap()).unwrap();
            assert_eq!(seen.kind, kind, "{name} at {side}");
            let mask: Vec<bool> = seen.mask.iter().map(|covered| *covered > 0.5).collect();
            let places = || (0..mask.len()).filter(|&i| mask[i]);
            let covered = places().count() as f32 / mask.len() as f32;
            assert!((covered / share - 1.0).abs() < 0.06, "{name} at {side} covers {covered}");
            let (columns, rows) =
                (places().map(|i| i % width as usize), places().map(|i| i / width as usize));
            let found = [
                columns.clone().min().unwrap() as f32 / width as f32,
                rows.clone().min().unwrap() as f32 / height as f32,
                columns.max().unwrap() as f32 / width as f32,
                rows.max().unwrap() as f32 / height as f32,
            ];
            let near = found.iter().zip(bounds).all(|(found, side)| (found - side).abs() < 0.03);
            assert!(near, "{name} at {side} lies in {found:?}");
            let [[cloth, largest], [ground, around]] =
                [true, false].map(|side| connected(&mask, width as usize, side));
            let (one, holes) = (largest / cloth, (ground - around) / cloth);
            assert!(one > 0.99 && holes < 0.005, "{name} at {side}: {one}, {holes}");
        }
    }
}

#[test]
fn pictures_of_nothing_to_wear_are_no_garments() {
    let cutouts = truth::cutouts::load();
    let accepted = some(&cutouts, &["nobody"], false, 4)
        .filter(|scene| match inspect::garment(&scene.picture) {
            Ok(_) => true,
            Err(RunError::Input { role: InputRole::Garment(0), .. }) => false,
            Err(error) => unreachable!("{error}"),
        })
        .count();
    assert!(accepted <= 1, "{accepted} of 12");
}

#[test]
fn a_picture_of_a_person_is_no_garment() {
    let cutouts = truth::cutouts::load();
    for scene in some(&cutouts, &["plain"], true, 9) {
        let Err(RunError::Input { role: InputRole::Garment(0), reason, .. }) =
            inspect::garment(&scene.picture)
        else {
            unreachable!("{} was taken for a garment", scene.name)
        };
        assert!(reason.contains("person") || reason.contains("garment"), "{reason}");
    }
}
