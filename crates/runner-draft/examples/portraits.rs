//! Headshots and identity portraits from a file:
//! `portraits headshot person.jpg OUT_DIR [--background B]... [--ratio R]...`,
//! `portraits identity person.jpg OUT_DIR [--model M]... [--prompt P] [--guidance G] [--likeness L] [--count N]`,
//! both with `[--seed N]... [--stages]`. Without a background all are made, without a model one of each look.
#![expect(clippy::print_stdout, reason = "a command-line example")]

use std::error::Error;
use std::path::Path;

use atelier_domain::{
    AspectRatio, Background, CancelToken, Headshot, IdentityPortrait, Job, Picture, PictureFormat, RunContext,
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
    for seed in seeds {
        let jobs = match kind.as_str() {
            "headshot" => headshots(&picture, rest),
            "identity" => portraits(&picture, rest)?,
            other => return Err(format!("unknown kind `{other}`").into()),
        };
        for (name, job) in jobs {
            run(&job, seed, &format!("{folder}/{stem}-{name}-{seed}"), &mut stages())?;
        }
    }
    Ok(())
}

/// Jobs with the names of their results.
type Named = Vec<(String, Job<Picture>)>;

fn headshots(person: &Picture, args: &[String]) -> Named {
    let backgrounds: Vec<Background> =
        values(args, "--background").into_iter().filter_map(Background::from_word).collect();
    let all = || Background::WORDS.iter().filter_map(|word| Background::from_word(word)).collect();
    let backgrounds = if backgrounds.is_empty() { all() } else { backgrounds };
    let ratios: Vec<AspectRatio> =
        values(args, "--ratio").into_iter().filter_map(AspectRatio::from_word).collect();
    let ratios = if ratios.is_empty() { vec![AspectRatio::MatchInput] } else { ratios };
    let each =
        backgrounds.iter().flat_map(|background| ratios.iter().map(move |ratio| (*background, *ratio)));
    each.map(|(background, aspect_ratio)| {
        let (person, format) = (person.clone(), PictureFormat::Png);
        let name = format!("{}-{}", background.word(), aspect_ratio.word().replace(':', "x"));
        (name, Job::Headshot(Headshot { person, background, aspect_ratio, format }))
    })
    .collect()
}

fn portraits(person: &Picture, args: &[String]) -> Result<Named, Box<dyn Error>> {
    let first =
        |name: &str, usual: &'static str| values(args, name).first().copied().unwrap_or(usual).to_owned();
    let models = values(args, "--model");
    let models = if models.is_empty() { vec!["photo", "anime", "artful", "crystal"] } else { models };
    let job = |model: &str| -> Result<Job<Picture>, Box<dyn Error>> {
        Ok(Job::IdentityPortrait(IdentityPortrait {
            person: person.clone(),
            model: model.to_owned(),
            prompt: first("--prompt", ""),
            negative_prompt: String::new(),
            steps: 20,
            guidance: first("--guidance", "5").parse()?,
            likeness: first("--likeness", "0.8").parse()?,
            count: first("--count", "1").parse()?,
            scheduler: String::new(),
        }))
    };
    models.into_iter().map(|model| Ok((model.replace('/', "-"), job(model)?))).collect()
}
