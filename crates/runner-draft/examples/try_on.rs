//! One try-on from files: `try_on person.jpg garment.jpg... out.png [--stages] [--style=outdoor] [--shot=wide-shot] [--seed=1]`.
#![expect(clippy::print_stdout, reason = "a command-line example")]

use std::error::Error;

use atelier_domain::{CancelToken, Job, Picture, Pose, RunContext, Shot, Style, TryOn};
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

/// What a flag `--name=word` says.
fn word<'a>(flags: &'a [String], name: &str) -> Option<&'a str> {
    flags.iter().find_map(|flag| flag.strip_prefix(name))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, files): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let [person, garments @ .., out] = &files[..] else {
        return Err("try_on person.jpg garment.jpg... out.png [--stages]".into());
    };
    let garments = garments.iter().map(|path| load(path)).collect::<Result<_, _>>()?;
    let job = Job::TryOn(TryOn {
        person: load(person)?,
        garments,
        style: word(&flags, "--style=").and_then(Style::from_word).unwrap_or(Style::KeepScene),
        pose: Pose::Auto,
        shot: word(&flags, "--shot=").and_then(Shot::from_word).unwrap_or(Shot::Auto),
    });
    let seed = word(&flags, "--seed=").and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let pictures = flags.iter().any(|flag| flag == "--stages");
    let mut stages = if pictures { Stages::with_pictures() } else { Stages::default() };
    let (cancel, progress) = (CancelToken::default(), |_| {});
    let context = RunContext { seed, cancel: &cancel, progress: &progress };
    let result = DraftRunner::default().run_with_stages(&job, &context, &mut stages);
    for (stage, milliseconds) in &stages.times {
        println!("{stage:14} {milliseconds:7.1} ms");
    }
    for (name, picture) in &stages.pictures {
        save(&format!("{}.{name}.png", out.trim_end_matches(".png")), picture)?;
    }
    for artifact in result? {
        artifact.notes.iter().for_each(|note| println!("{note}"));
        if let Some(picture) = artifact.picture() {
            save(out, picture)?;
        }
    }
    Ok(())
}
