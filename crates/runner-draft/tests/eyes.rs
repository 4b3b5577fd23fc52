//! What the eyes must reach on a fixed part of the truth set; all of it is measured by `examples/eyes.rs`.
#![expect(clippy::unwrap_used, reason = "a test says so by failing")]

#[expect(dead_code, reason = "shared with the measurement of the whole set")]
#[path = "truth/mod.rs"]
mod truth;

use atelier_domain::{InputRole, RunError};
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
