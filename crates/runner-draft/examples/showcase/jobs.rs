//! Jobs on the sample pictures, and what comes of them.

use std::error::Error;

use atelier_domain::{
    AspectRatio, Background, CancelToken, Effect, Headshot, IdentityPortrait, Job, Picture, PictureFormat,
    Pose, RunContext, RunError, Runner as _, Shot, Style, TryOn, VideoEffect,
};
use atelier_runner_draft::{DraftRunner, stills};
use image::RgbImage;

/// Every run's seed.
const SEED: u64 = 42;

/// The sample try-ons: the person, then the garments.
pub(crate) const SETS: [&[&str]; 4] = [
    &["wiro-virtual-try-on-input-1-1", "wiro-virtual-try-on-input-1-2", "wiro-virtual-try-on-input-1-3"],
    &["wiro-virtual-try-on-input-2-1", "wiro-virtual-try-on-input-2-2", "wiro-virtual-try-on-input-2-3"],
    &["wiro-virtual-try-on-input-3-1", "wiro-virtual-try-on-input-3-2"],
    &["wiro-virtual-try-on-input-4-1", "wiro-virtual-try-on-input-4-2", "wiro-virtual-try-on-input-4-3"],
];

/// The sample portraits.
pub(crate) const PORTRAITS: [&str; 2] = ["wiro_professional-headshot_input_2", "input-portrait-2"];

/// A sample picture.
pub(crate) fn sample(name: &str) -> Result<Picture, Box<dyn Error>> {
    let image = image::open(format!("samples/{name}.jpg"))?.into_rgba8();
    Ok(Picture::from_rgba(image.width(), image.height(), image.into_raw())?)
}

/// The picture without its alpha.
pub(crate) fn rgb(picture: &Picture) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let at = (y * picture.width() + x) as usize * 4;
        let pixel = picture.rgba();
        image::Rgb([pixel[at], pixel[at + 1], pixel[at + 2]])
    })
}

pub(crate) fn try_on(set: &[&str], style: Style, shot: Shot) -> Result<Job<Picture>, Box<dyn Error>> {
    let pictures: Vec<Picture> = set.iter().map(|name| sample(name)).collect::<Result<_, _>>()?;
    let (person, garments) = (pictures[0].clone(), pictures[1..].to_vec());
    Ok(Job::TryOn(TryOn { person, garments, style, pose: Pose::Auto, shot }))
}

pub(crate) fn headshot(person: Picture, background: Background, aspect_ratio: AspectRatio) -> Job<Picture> {
    Job::Headshot(Headshot { person, background, aspect_ratio, format: PictureFormat::Png })
}

pub(crate) fn portrait(person: Picture, model: &str, prompt: &str) -> Job<Picture> {
    Job::IdentityPortrait(IdentityPortrait {
        person,
        model: model.to_owned(),
        prompt: prompt.to_owned(),
        negative_prompt: String::new(),
        steps: 20,
        guidance: 5.0,
        likeness: 0.8,
        count: 1,
        scheduler: String::new(),
    })
}

/// The first picture that a job gives.
pub(crate) fn run(job: &Job<Picture>) -> Result<RgbImage, RunError> {
    let (cancel, progress) = (CancelToken::default(), |_| {});
    let context = RunContext { seed: SEED, cancel: &cancel, progress: &progress };
    let artifacts = DraftRunner::default().run(job, &context)?;
    let picture = artifacts.iter().find_map(|artifact| artifact.picture());
    picture.map(rgb).ok_or_else(|| RunError::Engine("no picture".into()))
}

/// Frames of a clip at the given seconds.
pub(crate) fn frames(person: Picture, effect: Effect, times: &[f32]) -> Result<Vec<RgbImage>, RunError> {
    Ok(stills(&VideoEffect { person, effect }, SEED, times)?.iter().map(rgb).collect())
}
