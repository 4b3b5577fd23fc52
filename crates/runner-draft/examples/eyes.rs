//! Measures the eyes on the whole truth set and prints the tables of `bench/eyes.md`:
//! `eyes [--save DIR] [--only PART_OF_NAME] [--what person|garment|nobody] [--crossed] [--worst N] [--every N]`. With `--save`, pictures come with what was found over them.
#![expect(clippy::print_stdout, reason = "a command-line example")]

#[expect(clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/truth/mod.rs"]
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use atelier_domain::{Picture, RunError};
use atelier_runner_draft::inspect::{self, Seen};
use rayon::prelude::*;
use truth::cutouts;
use truth::scenes::{self, Scene};
use truth::score::{self, Look, mean};

struct Options {
    save: Option<String>,
    only: String,
    what: String,
    /// Whether persons are also sent as garments, and garments as persons.
    crossed: bool,
    worst: usize,
    every: usize,
}

fn options() -> Options {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned();
    Options {
        save: value("--save"),
        only: value("--only").unwrap_or_default(),
        what: value("--what").unwrap_or_default(),
        crossed: args.is_empty() || args.iter().any(|arg| arg == "--crossed"),
        worst: value("--worst").and_then(|n| n.parse().ok()).unwrap_or(10),
        every: value("--every").and_then(|n| n.parse().ok()).unwrap_or(1),
    }
}

/// The picture with the figure's outline tinted and its landmarks marked.
fn drawn(picture: &Picture, seen: Option<&Seen>) -> Vec<u8> {
    let mut rgba = picture.rgba().to_vec();
    let Some(seen) = seen else { return rgba };
    for (pixel, share) in rgba.chunks_exact_mut(4).zip(&seen.mask) {
        if *share < 0.5 {
            pixel[0] = pixel[0] / 3 + 20;
            pixel[1] = pixel[1] / 3 + 40;
            pixel[2] = pixel[2] / 3 + 120;
        }
    }
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    for [x, y] in seen.points.values() {
        for (dx, dy) in (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (dx, dy))) {
            let (x, y) = (*x as i32 + dx, *y as i32 + dy);
            if (0..width).contains(&x) && (0..height).contains(&y) {
                let i = (y * width + x) as usize * 4;
                rgba[i..i + 3].copy_from_slice(&[255, 40, 40]);
            }
        }
    }
    rgba
}

fn people(looks: &[Look]) {
    println!(
        "\n| background | pictures | refused | IoU of all | of those seen | landmarks % | landmarks < 5 % |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for group in ["plain", "gradient", "textured", "photographic"] {
        let own: Vec<&Look> = looks.iter().filter(|look| look.group == group).collect();
        let seen: Vec<&&Look> = own.iter().filter(|look| look.verdict.is_ok()).collect();
        let all = || seen.iter().flat_map(|look| look.errors.values().copied());
        println!(
            "| {group} | {} | {} | {:.3} | {:.3} | {:.2} | {:.0} % |",
            own.len(),
            own.len() - seen.len(),
            mean(own.iter().map(|look| look.overlap)),
            mean(seen.iter().map(|look| look.overlap)),
            100.0 * mean(all()),
            100.0 * mean(all().map(|error| if error < 0.05 { 1.0 } else { 0.0 })),
        );
    }
    println!("\n| landmark | whole | knees | waist | chest |\n| --- | --- | --- | --- | --- |");
    let names: BTreeSet<&String> = looks.iter().flat_map(|look| look.errors.keys()).collect();
    for name in names {
        let cell = |view: &str| {
            let own: Vec<f32> = looks
                .iter()
                .filter(|look| look.view == view)
                .filter_map(|look| look.errors.get(name).copied())
                .collect();
            if own.is_empty() { "-".to_owned() } else { format!("{:.2}", 100.0 * mean(own.into_iter())) }
        };
        println!(
            "| {name} | {} | {} | {} | {} |",
            cell("whole"),
            cell("knees"),
            cell("waist"),
            cell("chest")
        );
    }
    for view in ["whole", "knees", "waist", "chest"] {
        let own: Vec<&Look> = looks.iter().filter(|look| look.view == view).collect();
        let refused = own.iter().filter(|look| look.verdict.is_err()).count();
        println!(
            "{view}: {} pictures, {refused} refused, IoU {:.3}",
            own.len(),
            mean(own.iter().map(|l| l.overlap))
        );
    }
}

/// The landmarks of each part that has a confidence of its own.
const PARTS: [(&str, &[&str]); 5] = [
    ("the head", &["head_top", "chin"]),
    ("neck and shoulders", &["neck", "shoulder"]),
    ("the arms", &["elbow", "wrist"]),
    ("waist and hips", &["waist", "hip"]),
    ("legs and feet", &["knee", "ankle", "sole"]),
];

/// Whether a low confidence of a part means a large error.
fn reliability(looks: &[Look]) {
    println!("\n| part | below 0.5 | error % | 0.5 to 0.8 | error % | above | error % |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (part, landmarks) in PARTS {
        let cell = |from: f32, to: f32| {
            let own =
                looks.iter().filter(|look| look.confidence.get(part).is_some_and(|c| (from..to).contains(c)));
            let errors: Vec<f32> = own
                .filter_map(|look| {
                    let seen: Vec<f32> =
                        landmarks.iter().filter_map(|name| look.errors.get(*name).copied()).collect();
                    (!seen.is_empty()).then(|| mean(seen.into_iter()))
                })
                .collect();
            format!("{} | {:.1}", errors.len(), 100.0 * mean(errors.into_iter()))
        };
        println!("| {part} | {} | {} | {} |", cell(0.0, 0.5), cell(0.5, 0.8), cell(0.8, 1.1));
    }
}

fn garments(looks: &[Look]) {
    println!("\n| background | pictures | refused | kind right | IoU of all | landmarks % |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for group in ["plain", "gradient", "textured"] {
        let own: Vec<&Look> = looks.iter().filter(|look| look.group == group).collect();
        let right =
            own.iter().filter(|look| look.verdict.as_ref().is_ok_and(|kind| *kind == look.truth)).count();
        println!(
            "| {group} | {} | {} | {right} | {:.3} | {:.2} |",
            own.len(),
            own.iter().filter(|look| look.verdict.is_err()).count(),
            mean(own.iter().filter(|look| look.overlap > 0.0).map(|look| look.overlap)),
            100.0 * mean(own.iter().flat_map(|look| look.errors.values().copied())),
        );
    }
    let mut confusion: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for look in looks {
        let verdict = look.verdict.clone().map_or_else(|_| "refused".to_owned(), str::to_owned);
        *confusion.entry((&look.truth, verdict)).or_default() += 1;
    }
    println!("\n| is | taken for | pictures |\n| --- | --- | --- |");
    for ((is, taken), count) in confusion {
        println!("| {is} | {taken} | {count} |");
    }
    let mut names: BTreeMap<&String, Vec<f32>> = BTreeMap::new();
    looks
        .iter()
        .flat_map(|look| &look.errors)
        .for_each(|(name, error)| names.entry(name).or_default().push(*error));
    println!("\n| landmark | error % |\n| --- | --- |");
    for (name, errors) in names {
        println!("| {name} | {:.2} |", 100.0 * mean(errors.into_iter()));
    }
}

fn worst(looks: &[Look], count: usize) {
    let mut order: Vec<&Look> = looks.iter().collect();
    order.sort_by(|a, b| a.overlap.total_cmp(&b.overlap));
    println!("\nworst outlines:");
    for look in order.iter().take(count) {
        println!(
            "{:.3} {} {} {}",
            look.overlap,
            look.scene,
            look.view,
            look.verdict.as_ref().err().map_or("", |e| e)
        );
    }
    order.sort_by(|a, b| mean(b.errors.values().copied()).total_cmp(&mean(a.errors.values().copied())));
    println!("worst landmarks:");
    for look in order.iter().take(count) {
        let each: Vec<String> =
            look.errors.iter().map(|(name, off)| format!("{name} {:.1}", 100.0 * off)).collect();
        println!(
            "{:.1} % {} {} {}",
            100.0 * mean(look.errors.values().copied()),
            look.scene,
            look.view,
            each.join(", ")
        );
    }
}

fn main() {
    let options = options();
    let cutouts = cutouts::load();
    let start = Instant::now();
    let plans = scenes::all(&cutouts);
    let look = |plan: &scenes::Plan| {
        let wanted = options.what.is_empty() || plan.what(&cutouts) == options.what;
        if !wanted
            || !plan.name(&cutouts).contains(&options.only)
            || !plan.number.is_multiple_of(options.every)
        {
            return None;
        }
        let scene = plan.compose(&cutouts);
        let as_person = |scene: &Scene| inspect::person(&scene.picture);
        let as_garment = |scene: &Scene| inspect::garment(&scene.picture);
        let (person, crossed) = (scene.truth.kind == "person", options.crossed);
        let own = if person { as_person(&scene) } else { as_garment(&scene) };
        if let Some(folder) = &options.save {
            let path = format!("{folder}/{}.png", scene.name);
            let (width, height) = (scene.picture.width(), scene.picture.height());
            let shown = drawn(&scene.picture, own.as_ref().ok());
            let _ = image::save_buffer(path, &shown, width, height, image::ExtendedColorType::Rgba8);
        }
        let other = crossed.then(|| if person { as_garment(&scene) } else { as_person(&scene) });
        let judge = |seen: &Result<Seen, RunError>| score::judged(&scene, seen.as_ref());
        Some((scene.truth.kind.clone(), judge(&own), other.as_ref().map(judge)))
    };
    let looks: Vec<(String, Look, Option<Look>)> = plans.par_iter().filter_map(look).collect();
    let of = |wanted: &dyn Fn(&str) -> bool, own: bool| -> Vec<Look> {
        let those = looks.iter().filter(|(kind, ..)| wanted(kind));
        those.filter_map(|(_, look, other)| if own { Some(look.clone()) } else { other.clone() }).collect()
    };
    let bodies = of(&|kind| kind == "person", true);
    people(&bodies);
    reliability(&bodies);
    worst(&bodies, options.worst);
    let wear = of(&|kind| kind != "person" && kind != "nobody", true);
    garments(&wear);
    worst(&wear, options.worst);
    println!("\n| sent | as | pictures | accepted |\n| --- | --- | --- | --- |");
    for (what, role, looks) in [
        ("nobody", "person", of(&|kind| kind == "nobody", false)),
        ("nobody", "garment", of(&|kind| kind == "nobody", true)),
        ("a garment", "person", of(&|kind| kind != "person" && kind != "nobody", false)),
        ("a person", "garment", of(&|kind| kind == "person", false)),
    ] {
        let accepted: Vec<&Look> = looks.iter().filter(|look| look.verdict.is_ok()).collect();
        println!("| {what} | {role} | {} | {} |", looks.len(), accepted.len());
        accepted
            .iter()
            .take(options.worst)
            .for_each(|look| println!("  {} as {:?} {:?}", look.scene, look.verdict, look.confidence));
    }
    println!("\n{} scenes in {:.0} s", looks.len(), start.elapsed().as_secs_f64());
}
