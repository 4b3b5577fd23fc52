//! Jobs through the runner, with the tiny model.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use atelier_domain::{
    Artifact, AspectRatio, Background, CancelToken, Content, Headshot, InputRole, Job, JobKind, Picture,
    PictureFormat, Pose, Progress, RunContext, RunError, Runner, Shot, Style, Support, TryOn,
};
use atelier_runner_native::{DeviceChoice, NativeOptions, NativeRunner, SafetyClassifier, Verdict};
use tempfile::TempDir;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// A folder of models with the tiny one under the full one's name.
fn models() -> TempDir {
    let models = TempDir::new().unwrap();
    copy(&Path::new(GOLDEN).join("klein-tiny"), &models.path().join("FLUX.2-klein-4B"));
    models
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn runner(models: &TempDir) -> NativeRunner {
    let mut options = NativeOptions::new(models.path().to_owned());
    options.device = DeviceChoice::Cpu;
    options.pixels = 64 * 64;
    options.idle = Duration::from_hours(1);
    NativeRunner::new(options).unwrap()
}

fn picture(width: u32, height: u32) -> Picture {
    let pixel = |i: u32| [(i % 251) as u8, (i / width * 3 % 256) as u8, (i % width * 5 % 256) as u8, 255];
    Picture::from_rgba(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

fn try_on(person: Picture, garments: Vec<Picture>) -> Job<Picture> {
    Job::TryOn(TryOn { person, garments, style: Style::KeepScene, pose: Pose::Auto, shot: Shot::Headshot })
}

fn headshot(person: Picture, aspect_ratio: AspectRatio) -> Job<Picture> {
    Job::Headshot(Headshot {
        person,
        background: Background::White,
        aspect_ratio,
        format: PictureFormat::Jpeg,
    })
}

fn run(runner: &NativeRunner, job: &Job<Picture>, seed: u64) -> Result<Artifact, RunError> {
    let cancel = CancelToken::default();
    let mut artifacts = runner.run(job, &RunContext { seed, cancel: &cancel, progress: &|_| {} })?;
    assert_eq!(artifacts.len(), 1);
    Ok(artifacts.remove(0))
}

fn size(artifact: &Artifact) -> (u32, u32) {
    let picture = artifact.picture().unwrap();
    (picture.width(), picture.height())
}

#[test]
fn a_try_on_with_two_garments_comes_out_in_the_shape_of_the_person() {
    let (models, job) = (models(), try_on(picture(64, 64), vec![picture(40, 90), picture(100, 30)]));
    let runner = runner(&models);
    let first = run(&runner, &job, 7).unwrap();
    assert_eq!(size(&first), (64, 64));
    assert!(matches!(first.content, Content::Picture { format: PictureFormat::Png, .. }));
    assert_eq!(first.notes[0], "native: FLUX.2 klein 4B, 4 steps, 64 x 64, seed 7");
    assert!(first.notes.iter().any(|note| note.contains("footwear")));

    // The same job and seed give the same picture, another seed or garment another one.
    assert_eq!(run(&runner, &job, 7).unwrap().picture(), first.picture());
    assert_ne!(run(&runner, &job, 8).unwrap().picture(), first.picture());
    let other = try_on(picture(64, 64), vec![picture(40, 90)]);
    assert_ne!(run(&runner, &other, 7).unwrap().picture(), first.picture());
}

#[test]
fn a_headshot_has_the_shape_that_was_asked_for() {
    let models = models();
    let runner = runner(&models);
    let made = run(&runner, &headshot(picture(50, 70), AspectRatio::R2x1), 1).unwrap();
    assert_eq!(size(&made), (64, 32));
    assert!(matches!(made.content, Content::Picture { format: PictureFormat::Jpeg, .. }));
    let made = run(&runner, &headshot(picture(50, 90), AspectRatio::MatchInput), 1).unwrap();
    assert_eq!(size(&made), (50, 90));
}

#[test]
fn a_picture_that_is_too_long_is_refused_by_name() {
    let models = models();
    let job = try_on(picture(64, 64), vec![picture(30, 40), picture(10, 90)]);
    let Err(RunError::Input { role, reason, .. }) = run(&runner(&models), &job, 1) else {
        panic!("it was not refused")
    };
    assert_eq!(role, InputRole::Garment(1));
    assert!(reason.contains("10 x 90") && reason.contains('8'), "{reason}");
}

#[test]
fn weights_that_are_not_there_are_asked_for() {
    let empty = TempDir::new().unwrap();
    let without = runner(&empty);
    let Support::NeedsWeights(what) = without.supports(JobKind::TryOn) else { panic!("it is ready") };
    assert!(
        what.contains("FLUX.2") && what.contains("Apache-2.0") && what.contains("FLUX.2-klein-4B"),
        "{what}"
    );
    let job = headshot(picture(64, 64), AspectRatio::Square);
    assert!(matches!(run(&without, &job, 1), Err(RunError::Operator(_))));

    let models = models();
    let with = runner(&models);
    assert_eq!(with.supports(JobKind::Headshot), Support::Ready);
    assert_eq!(with.supports(JobKind::VideoEffect), Support::No);
    // While it is still being pulled, all names may be there already.
    let manifest = models.path().join("FLUX.2-klein-4B/atelier-manifest.json");
    std::fs::write(&manifest, r#"{"complete": false, "files": []}"#).unwrap();
    assert!(matches!(with.supports(JobKind::Headshot), Support::NeedsWeights(_)));
    std::fs::write(&manifest, r#"{"complete": true, "files": []}"#).unwrap();
    assert_eq!(with.supports(JobKind::Headshot), Support::Ready);
    let shard = models.path().join("FLUX.2-klein-4B/text_encoder/model-00002-of-00003.safetensors");
    std::fs::remove_file(shard).unwrap();
    assert!(matches!(with.supports(JobKind::Headshot), Support::NeedsWeights(_)));
}

#[test]
fn damaged_weights_are_the_operators_and_the_tensor_is_named() {
    let models = models();
    let file = models.path().join("FLUX.2-klein-4B/transformer/diffusion_pytorch_model.safetensors");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let broken = runner(&models);
    let job = headshot(picture(64, 64), AspectRatio::Square);
    let Err(RunError::Operator(reason)) = run(&broken, &job, 1) else { panic!("it ran") };
    assert!(reason.contains("transformer") && reason.contains("ends before the tensor"), "{reason}");
    // Mended, it works without a restart.
    std::fs::write(&file, &whole).unwrap();
    assert!(run(&broken, &job, 1).is_ok());
}

#[test]
fn progress_rises_to_its_end_and_a_cancel_stops_the_run() {
    let models = models();
    let runner = runner(&models);
    let (cancel, seen) = (CancelToken::default(), Mutex::new(Vec::new()));
    let job = headshot(picture(64, 64), AspectRatio::Square);
    let note = |progress: Progress| seen.lock().unwrap().push((progress.step, progress.steps));
    runner.run(&job, &RunContext { seed: 1, cancel: &cancel, progress: &note }).unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && seen.last() == Some(&(8, 8)), "{seen:?}");

    let stop = |progress: Progress| {
        if progress.step == 4 {
            cancel.cancel();
        }
    };
    let stopped = runner.run(&job, &RunContext { seed: 1, cancel: &cancel, progress: &stop });
    assert_eq!(stopped.unwrap_err(), RunError::Cancelled);
}

#[test]
fn a_model_that_is_drawn_otherwise_is_refused_with_the_setting() {
    let models = models();
    for (file, is, other) in [
        ("model_index.json", "\"is_distilled\": true", "\"is_distilled\": false"),
        ("scheduler/scheduler_config.json", "\"exponential\"", "\"linear\""),
        ("transformer/config.json", "\"guidance_embeds\": false", "\"guidance_embeds\": true"),
        ("text_encoder/config.json", "\"attention_bias\": false", "\"attention_bias\": true"),
    ] {
        let path = models.path().join("FLUX.2-klein-4B").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(is), "{text}");
        std::fs::write(&path, text.replace(is, other)).unwrap();
        let job = headshot(picture(64, 64), AspectRatio::Square);
        let refused = run(&runner(&models), &job, 1);
        let Err(RunError::Operator(reason)) = refused else { panic!("{other} was drawn") };
        assert!(reason.contains(file) && reason.contains("does not know"), "{reason}");
        std::fs::write(&path, text).unwrap();
    }
}

/// Finds everything unsafe that is brighter than nothing.
struct Strict;

impl SafetyClassifier for Strict {
    fn ready(&self) -> bool {
        true
    }

    fn judge(&self, picture: &Picture) -> Result<Verdict, RunError> {
        assert!(picture.rgba().iter().any(|&value| value > 0));
        Ok(Verdict::Unsafe { concept: "light".to_owned(), confidence: 0.9 })
    }
}

#[test]
fn a_classifier_refuses_and_its_absence_is_said() {
    let (models, job) = (models(), headshot(picture(64, 64), AspectRatio::Square));
    let refused = run(&runner(&models).with_classifier(Box::new(Strict)), &job, 1);
    assert_eq!(refused.unwrap_err(), RunError::Unsafe { concept: "light".to_owned(), confidence: 0.9 });
    let unchecked = runner(&models);
    let notice = unchecked.notice().unwrap();
    assert!(run(&unchecked, &job, 1).unwrap().notes.iter().any(|note| note == notice));
}

#[test]
fn an_input_that_the_installed_classifier_refuses_costs_no_computation() {
    let models = models();
    let runner = runner(&models);
    // The picture that the tiny classifier's first concept was made of; see `tests/golden/safety.py`.
    let channel = |x: u32, y: u32, c: u32| ((x * x / 7 + y * 5 + x * y / 31 + c * 83 + 29) % 256) as u8;
    let pixel = |i: u32| [0, 1, 2, 3].map(|c| if c == 3 { 255 } else { channel(i % 75, i / 75, c) });
    let person = Picture::from_rgba(75, 100, (0..7500).flat_map(pixel).collect()).unwrap();
    let job = headshot(person, AspectRatio::Square);
    assert!(run(&runner, &job, 1).is_ok());
    copy(&Path::new(GOLDEN).join("safety-tiny"), &models.path().join("stable-diffusion-safety-checker"));
    assert_eq!(runner.notice(), None);
    let (cancel, reported) = (CancelToken::default(), Mutex::new(0));
    let count = |_| *reported.lock().unwrap() += 1;
    let refused = runner.run(&job, &RunContext { seed: 1, cancel: &cancel, progress: &count });
    assert!(matches!(refused, Err(RunError::Unsafe { .. })), "{refused:?}");
    assert_eq!(*reported.lock().unwrap(), 0);
}
