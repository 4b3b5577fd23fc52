//! What the eyes must reach on a fixed part of the truth set; all of it is measured by `examples/eyes.rs`.
#![expect(clippy::unwrap_used, reason = "a test says so by failing")]

#[expect(dead_code, reason = "shared with the measurement of the whole set")]
#[path = "truth/mod.rs"]
mod truth;

use atelier_domain::{InputRole, Picture, RunError};
use atelier_runner_draft::inspect::{self, Seen};
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
    holds(&looks, [0.965, 0.965], 0.03);
    // What a picture shows of a body is told from what it does not.
    for look in looks.iter().filter(|look| look.view == "chest" && look.verdict.is_ok()) {
        let [head, legs] = ["the head", "legs and feet"].map(|part| look.confidence[part]);
        assert!(head > 0.5 && legs < 0.1, "{}: {:?}", look.scene, look.confidence);
    }
}

#[test]
fn people_before_textures_are_outlined() {
    holds(&looks(&["textured"], 9), [0.93, 0.93], 0.03);
}

/// What was seen in the pictures of some people before one kind of wall.
fn of_people(people: &[&str], wall: &str) -> Vec<Look> {
    let cutouts = truth::cutouts::load();
    let wanted =
        |plan: &Plan| people.iter().any(|one| plan.name(&cutouts).ends_with(&format!("{one}-{wall}")));
    let scenes = scenes::all(&cutouts).into_iter().filter(wanted).map(|plan| plan.compose(&cutouts));
    scenes.map(|scene| score::judged(&scene, inspect::person(&scene.picture).as_ref())).collect()
}

#[test]
fn eyes_in_dark_faces_are_seen() {
    let looks = of_people(&["p13", "p15", "p19"], "plain");
    let seen = looks.iter().filter(|look| look.confidence.get("the eyes").is_some_and(|sure| *sure > 0.4));
    assert!(
        looks.len() == 6 && seen.count() >= 5,
        "{:?}",
        looks.iter().map(|l| &l.confidence).collect::<Vec<_>>()
    );
}

#[test]
fn somebody_dressed_like_the_wall_is_found() {
    let busts = of_people(&["p27"], "plain");
    let bust = busts.iter().find(|look| look.view == "chest").unwrap();
    assert!(bust.overlap > 0.95, "{} of {}", bust.overlap, bust.scene);
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

/// Busts before plain walls, repainted: `paint` is given a place in distances from the middle of the head in heads, the
/// colour and the share of figure there.
fn busts(paint: impl Fn([f32; 2], [f32; 3], f32) -> [f32; 3]) -> Vec<Scene> {
    let cutouts = truth::cutouts::load();
    let chest = some(&cutouts, &["plain"], true, 1).filter(|scene| scene.truth.view == "chest");
    let painted = |mut scene: Scene| {
        let ([x, top, height], width) = (head(&scene), scene.picture.width());
        let mut rgba = scene.picture.rgba().to_vec();
        for (i, pixel) in rgba.chunks_exact_mut(4).enumerate() {
            let at = [(i as u32 % width) as f32 - x, (i as u32 / width) as f32 - top].map(|v| v / height);
            let own = [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0);
            let new = paint(at, own, scene.truth.mask[i]);
            (0..3).for_each(|c| pixel[c] = (new[c].clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
        }
        scene.picture = Picture::from_rgba(width, scene.picture.height(), rgba).unwrap();
        scene
    };
    chest.take(5).map(painted).collect()
}

/// Middle, top and height of a head in the truth.
fn head(scene: &Scene) -> [f32; 3] {
    let points = &scene.truth.points;
    let [x, top] = points["head_top"];
    [x, top, points["chin"][1] - top]
}

/// Share of a part of the picture (a place in heads, its share of figure) that is taken for figure.
fn taken(scene: &Scene, seen: &Seen, part: impl Fn([f32; 2], f32) -> bool) -> f32 {
    let ([x, top, height], width) = (head(scene), scene.picture.width() as usize);
    let of = |i: &usize| {
        part([(i % width) as f32 - x, (i / width) as f32 - top].map(|v| v / height), scene.truth.mask[*i])
    };
    mean((0..seen.mask.len()).filter(of).map(|i| if seen.mask[i] > 0.5 { 1.0 } else { 0.0 }))
}

#[test]
fn a_face_before_a_wall_of_its_colour_is_figure() {
    for scene in busts(|[x, _], own, share| {
        let wall = [0.72, 0.47, 0.32].map(|c| c + 0.2 * (own[0] - own[2]).min(0.1));
        if x > 0.0 { std::array::from_fn(|c| wall[c] + (own[c] - wall[c]) * share) } else { own }
    }) {
        let seen = inspect::person(&scene.picture).unwrap();
        let face = taken(&scene, &seen, |[x, y], share| {
            share > 0.9 && (0.3..0.95).contains(&y) && (0.0..0.25).contains(&x)
        });
        assert!(face > 0.97, "{}: {face} of half a face", scene.name);
    }
}

#[test]
fn a_window_behind_a_head_is_no_hat() {
    let pane = |[x, y]: [f32; 2]| x.abs() < 0.75 && (-0.12..0.8).contains(&y);
    let scenes = busts(|place, own, share| {
        let glass = if place[0] < 0.1 { [0.35, 0.33, 0.45] } else { [0.62, 0.72, 0.70] };
        if pane(place) { std::array::from_fn(|c| glass[c] + (own[c] - glass[c]) * share) } else { own }
    });
    let of_window = |scene: &Scene| {
        let seen = inspect::person(&scene.picture).ok()?;
        Some(taken(scene, &seen, |place, share| share < 0.1 && pane(place)))
    };
    let shares: Vec<f32> = scenes.iter().filter_map(of_window).collect();
    assert!(shares.len() >= 3 && mean(shares.iter().copied()) < 0.15, "{shares:?} of the window");
}

#[test]
fn hard_light_from_one_side_does_not_tilt_a_face() {
    let scenes = busts(|[x, _], own, share| {
        let light = 1.0 - 0.5 * share * ((x + 0.02) / 0.04).clamp(0.0, 1.0);
        own.map(|c| c * light)
    });
    let mut plain = 0;
    for scene in &scenes {
        let seen = inspect::person(&scene.picture).unwrap();
        let [left, right] = ["eye_left", "eye_right"].map(|eye| seen.points[eye]);
        let lean = (right[1] - left[1]).atan2(right[0] - left[0]).to_degrees();
        assert!(lean.abs() < 5.0, "{}: {lean} degrees", scene.name);
        plain += usize::from(seen.confidence["the eyes"] > 0.4);
    }
    assert!(plain >= 3, "eyes seen in {plain} of {}", scenes.len());
}
