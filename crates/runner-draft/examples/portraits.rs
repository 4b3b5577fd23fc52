//! Headshots from a file:
//! `portraits headshot person.jpg OUT_DIR [--background B]... [--ratio R]... [--seed N]... [--stages]`.
//! Without a background all are made.
#![expect(clippy::print_stdout, reason = "a command-line example")]

use std::error::Error;
use std::path::Path;

use atelier_domain::{
    AspectRatio, Background, CancelToken, Headshot, Job, Picture, PictureFormat, RunContext,
};
use atelier_runner_draft::{DraftRunner, Stages};

fn load(path: &str) -> Result<Picture, Box<dyn Error>> {
    let image = image::open(path)?.into_rgba8();
    Ok(Picture::from_rgba(image.width(), image.height(), image.into_raw())?)
}

fn save(path: &str, picture: &Picture) -> Result<(), Box<dyn Error>> {
    let bytes = picture.rgba();
    image::save_buffer(path, bytes, picture.width(), picture.height(), image::ExtendedColorType::Rgba8)?;
    Ok(())
}

/// Runs a job and writes what it makes to `OUT-0.png`, `OUT-1.png`, ...
fn run(job: &Job<Picture>, seed: u64, out: &str, stages: &mut Stages) -> Result<(), Box<dyn Error>> {
    let (cancel, progress) = (CancelToken::default(), |_| {});
    let context = RunContext { seed, cancel: &cancel, progress: &progress };
    let made = DraftRunner::default().run_with_stages(job, &context, stages);
    let times: Vec<String> = stages.times.iter().map(|(stage, time)| format!("{stage} {time:.0}")).collect();
    println!("{out}: {} ms", times.join(", "));
    for (name, picture) in &stages.pictures {
        save(&format!("{out}.{name}.png"), picture)?;
    }
    for (number, artifact) in made?.iter().enumerate() {
        artifact.notes.iter().for_each(|note| println!("  {note}"));
        artifact.findings.iter().for_each(|found| println!("  {}: {:.2}", found.what, found.confidence));
        if let Some(picture) = artifact.picture() {
            save(&format!("{out}-{number}.png"), picture)?;
        }
    }
    Ok(())
}

/// The values of a repeated option.
fn values<'a>(args: &'a [String], name: &str) -> Vec<&'a str> {
    args.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1].as_str()).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [kind, person, folder, rest @ ..] = &args[..] else {
        return Err("portraits headshot person.jpg OUT_DIR [options]".into());
    };
    let stem = Path::new(person).file_stem().and_then(|stem| stem.to_str()).unwrap_or("person");
    let looking = rest.iter().any(|arg| arg == "--stages");
    let seeds: Vec<u64> = values(rest, "--seed").iter().map(|seed| seed.parse()).collect::<Result<_, _>>()?;
    let seeds = if seeds.is_empty() { vec![42] } else { seeds };
    let stages = || if looking { Stages::with_pictures() } else { Stages::default() };
    let picture = load(person)?;
    if kind != "headshot" {
        return Err(format!("unknown kind `{kind}`").into());
    }
    let backgrounds: Vec<Background> =
        values(rest, "--background").into_iter().filter_map(Background::from_word).collect();
    let backgrounds = if backgrounds.is_empty() {
        Background::WORDS.iter().filter_map(|word| Background::from_word(word)).collect()
    } else {
        backgrounds
    };
    let ratios: Vec<AspectRatio> =
        values(rest, "--ratio").into_iter().filter_map(AspectRatio::from_word).collect();
    let ratios = if ratios.is_empty() { vec![AspectRatio::MatchInput] } else { ratios };
    for (background, ratio) in backgrounds.iter().flat_map(|b| ratios.iter().map(move |r| (*b, *r))) {
        for &seed in &seeds {
            let person = picture.clone();
            let job = Headshot { person, background, aspect_ratio: ratio, format: PictureFormat::Png };
            let shape = ratio.word().replace(':', "x");
            let out = format!("{folder}/{stem}-{}-{shape}-{seed}", background.word());
            run(&Job::Headshot(job), seed, &out, &mut stages())?;
        }
    }
    Ok(())
}
