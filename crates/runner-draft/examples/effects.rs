//! Video effects from a picture: `effects person.jpg OUT [EFFECT...] [--sheet]`. OUT is a folder; without effects all are
//! made. `--sheet` writes four frames of each side by side instead of clips.
#![expect(clippy::print_stdout, reason = "a command-line example")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use atelier_domain::{CancelToken, Content, Effect, Job, Picture, RunContext, VideoEffect};
use atelier_runner_draft::{DraftRunner, Stages, stills};

fn load(path: &str) -> Result<Picture, Box<dyn Error>> {
    let image = image::open(path)?.into_rgba8();
    Ok(Picture::from_rgba(image.width(), image.height(), image.into_raw())?)
}

/// Pictures of one size side by side.
fn join(pictures: &[Picture]) -> image::RgbaImage {
    let (width, height) = (pictures[0].width(), pictures[0].height());
    image::RgbaImage::from_fn(width * pictures.len() as u32, height, |x, y| {
        let at = (y * width + x % width) as usize * 4;
        let pixel = &pictures[(x / width) as usize].rgba()[at..at + 4];
        image::Rgba([pixel[0], pixel[1], pixel[2], pixel[3]])
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, words): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let [person, out, names @ ..] = &words[..] else {
        return Err("effects person.jpg OUT [EFFECT...] [--sheet]".into());
    };
    let (person, out) = (load(person)?, Path::new(out));
    let names: Vec<&str> =
        if names.is_empty() { Effect::WORDS.to_vec() } else { names.iter().map(String::as_str).collect() };
    for name in names {
        let effect = Effect::from_word(name).ok_or_else(|| format!("no effect `{name}`"))?;
        let job = VideoEffect { person: person.clone(), effect };
        let start = Instant::now();
        if flags.iter().any(|flag| flag == "--sheet") {
            let pictures = stills(&job, 42, &[0.0, 0.5, 1.0, 1.6, 2.2, 2.95])?;
            let sheet = join(&pictures);
            let half = image::imageops::thumbnail(&sheet, sheet.width() / 2, sheet.height() / 2);
            image::DynamicImage::from(half).into_rgb8().save(out.join(format!("{name}.jpg")))?;
            println!("{name:24} {:6.0} ms", start.elapsed().as_secs_f64() * 1e3);
            continue;
        }
        let (cancel, progress) = (CancelToken::default(), |_| {});
        let context = RunContext { seed: 42, cancel: &cancel, progress: &progress };
        let mut stages = Stages::default();
        for artifact in
            DraftRunner::default().run_with_stages(&Job::VideoEffect(job), &context, &mut stages)?
        {
            artifact.notes.iter().for_each(|note| println!("{note}"));
            if let Content::Clip(clip) = artifact.content {
                println!("{name:24} {:6.0} ms {clip:?}", start.elapsed().as_secs_f64() * 1e3);
                std::fs::write(out.join(format!("{name}.mp4")), clip.mp4)?;
            }
        }
        stages.times.iter().for_each(|(stage, time)| println!("    {stage:20} {time:7.0} ms"));
    }
    Ok(())
}
