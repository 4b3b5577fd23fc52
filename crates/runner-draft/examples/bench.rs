//! Times every stage: `bench person.jpg garment.jpg... [--runs N] [--style outdoor]`. Wall-clock milliseconds, median with
//! least and most, and the processor time of a whole run, which other work on the machine does not stretch.
#![expect(clippy::print_stdout, reason = "a command-line example")]

use std::error::Error;
use std::time::Instant;

use atelier_domain::{
    AspectRatio, Background, CancelToken, Headshot, IdentityPortrait, Job, Picture, PictureFormat, Pose,
    RunContext, Shot, Style, TryOn,
};
use atelier_runner_draft::{DraftRunner, Stages};

fn load(path: &str) -> Result<Picture, Box<dyn Error>> {
    let image = image::open(path)?.into_rgba8();
    Ok(Picture::from_rgba(image.width(), image.height(), image.into_raw())?)
}

/// Milliseconds of processor time that this process has used; Linux counts hundredths of a second.
fn processor() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks * 10.0)
}

fn line(name: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("| {name} | {median:.1} | {least:.1} | {most:.1} |");
}

/// What the arguments ask for: a try-on with garments, `headshot`, or the name of a checkpoint for a portrait.
fn job(files: &[String], style: Style) -> Result<Job<Picture>, Box<dyn Error>> {
    let [person, rest @ ..] = files else { return Err("bench person.jpg garment.jpg...".into()) };
    let person = load(person)?;
    Ok(match rest {
        [kind] if kind == "headshot" => {
            let (background, aspect_ratio, format) =
                (Background::Office, AspectRatio::MatchInput, PictureFormat::Jpeg);
            Job::Headshot(Headshot { person, background, aspect_ratio, format })
        }
        [model] if !model.contains('.') => Job::IdentityPortrait(IdentityPortrait {
            person,
            model: model.clone(),
            prompt: "paris".to_owned(),
            negative_prompt: String::new(),
            steps: 20,
            guidance: 5.0,
            likeness: 0.8,
            count: 1,
            scheduler: String::new(),
        }),
        garments => {
            let garments = garments.iter().map(|path| load(path)).collect::<Result<_, _>>()?;
            let (pose, shot) = (Pose::Auto, Shot::Auto);
            Job::TryOn(TryOn { person, garments, style, pose, shot })
        }
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let at = files.iter().position(|arg| arg == name)?;
        files.drain(at..(at + 2).min(files.len())).nth(1)
    };
    let runs = flag("--runs").map_or(Ok(15), |runs| runs.parse())?;
    let style = flag("--style").map_or(Some(Style::KeepScene), |style| Style::from_word(&style));
    let job = job(&files, style.ok_or("--style keep-scene, studio, indoor or outdoor")?)?;
    let (cancel, progress) = (CancelToken::default(), |_| {});
    let context = RunContext { seed: 0, cancel: &cancel, progress: &progress };
    let runner = DraftRunner::default();
    runner.run_with_stages(&job, &context, &mut Stages::default())?;
    let (mut stages, mut totals): (Vec<Vec<f64>>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut names = Vec::new();
    let before = processor();
    for _ in 0..runs {
        let (mut seen, start) = (Stages::default(), Instant::now());
        runner.run_with_stages(&job, &context, &mut seen)?;
        totals.push(start.elapsed().as_secs_f64() * 1e3);
        stages.resize(seen.times.len(), Vec::new());
        names = seen.times.iter().map(|(name, _)| *name).collect();
        stages.iter_mut().zip(&seen.times).for_each(|(all, (_, time))| all.push(*time));
    }
    println!("| stage | median ms | least | most |\n| --- | --- | --- | --- |");
    names.into_iter().zip(stages).for_each(|(name, times)| line(name, times));
    line("total", totals);
    if let (Some(before), Some(after)) = (before, processor()) {
        println!("processor time a run: {:.0} ms", (after - before) / f64::from(runs));
    }
    Ok(())
}
