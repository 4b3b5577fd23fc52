//! Video effects from a picture: `effects person.jpg OUT [EFFECT...]`. OUT is a folder; without effects all are
//! made. Instead of clips, `--sheet` writes six frames of each side by side, `--motion` twelve in a row and a table of how
//! much every frame differs from the one before, and `--at=SECONDS` one frame at full size.
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

/// Mean difference of two pictures of one size, in steps of 1/255.
fn difference(a: &Picture, b: &Picture) -> f64 {
    let sum: u64 = a.rgba().iter().zip(b.rgba()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 * 4.0 / 3.0 / a.rgba().len() as f64
}

/// Saves pictures side by side, made `parts` times smaller.
fn save(pictures: &[Picture], parts: u32, path: &Path) -> Result<(), Box<dyn Error>> {
    let sheet = join(pictures);
    let small = image::imageops::thumbnail(&sheet, sheet.width() / parts, sheet.height() / parts);
    Ok(image::DynamicImage::from(small).into_rgb8().save(path)?)
}

/// Looks at a clip's stills as the flags say; false where they ask for none.
fn look(
    flags: &[String],
    job: &VideoEffect<Picture>,
    name: &str,
    out: &Path,
) -> Result<bool, Box<dyn Error>> {
    if flags.iter().any(|flag| flag == "--sheet") {
        let pictures = stills(job, 42, &[0.0, 0.5, 1.0, 1.6, 2.2, 2.95])?;
        save(&pictures, 2, &out.join(format!("{name}.jpg")))?;
    } else if let Some(at) = flags.iter().find_map(|flag| flag.strip_prefix("--at=")) {
        let pictures = stills(job, 42, &[at.parse()?])?;
        save(&pictures, 1, &out.join(format!("{name}-{at}.png")))?;
    } else if flags.iter().any(|flag| flag == "--motion") {
        let times: Vec<f32> = (0..72).map(|frame| frame as f32 / 24.0).collect();
        let pictures = stills(job, 42, &times)?;
        let steps: Vec<String> =
            pictures.windows(2).map(|pair| format!("{:.1}", difference(&pair[0], &pair[1]))).collect();
        println!("{name:24} {}", steps.join(" "));
        let strip: Vec<Picture> = pictures.into_iter().step_by(6).collect();
        save(&strip, 4, &out.join(format!("{name}.jpg")))?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, words): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let [person, out, names @ ..] = &words[..] else {
        return Err("effects person.jpg OUT [EFFECT...] [--sheet | --motion | --at=SECONDS]".into());
    };
    let (person, out) = (load(person)?, Path::new(out));
    let names: Vec<&str> =
        if names.is_empty() { Effect::WORDS.to_vec() } else { names.iter().map(String::as_str).collect() };
    for name in names {
        let effect = Effect::from_word(name).ok_or_else(|| format!("no effect `{name}`"))?;
        let job = VideoEffect { person: person.clone(), effect };
        let start = Instant::now();
        if look(&flags, &job, name, out)? {
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
