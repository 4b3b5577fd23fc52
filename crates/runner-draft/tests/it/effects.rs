//! Video effects from outside: every one begins with the picture, happens, ends after three seconds and can be stopped.

use std::time::Duration;

use atelier_domain::{
    Artifact, CancelToken, Clip, Content, Effect, InputRole, Job, Picture, Progress, RunContext, RunError,
    Runner, VideoEffect,
};
use atelier_runner_draft::{DraftOptions, DraftRunner, stills};

use super::puppet::Person;

fn person() -> Picture {
    Person::default().draw(240, 320).0.picture()
}

fn run(effect: Effect, label: bool, progress: &(dyn Fn(Progress) + Sync)) -> Result<Artifact, RunError> {
    let job = Job::VideoEffect(VideoEffect { person: person(), effect });
    let cancel = CancelToken::default();
    let context = RunContext { seed: 7, cancel: &cancel, progress };
    DraftRunner::new(DraftOptions { label }).run(&job, &context).map(|mut artifacts| artifacts.remove(0))
}

fn clip(effect: Effect, label: bool) -> Clip {
    match run(effect, label, &|_| {}).unwrap().content {
        Content::Clip(clip) => clip,
        Content::Picture { .. } => panic!("a clip was expected"),
    }
}

/// Mean difference of two pictures of one size, in steps of 1/255.
fn difference(a: &Picture, b: &Picture) -> f64 {
    let pairs = a.rgba().iter().zip(b.rgba());
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.rgba().len() as f64
}

#[test]
fn every_effect_begins_with_the_picture_and_then_happens() {
    let plain = VideoEffect { person: person(), effect: Effect::CameraControls };
    let picture = stills(&plain, 7, &[0.0]).unwrap().remove(0);
    for word in Effect::WORDS {
        let job = VideoEffect { person: person(), effect: Effect::from_word(word).unwrap() };
        let [first, later] = &stills(&job, 7, &[0.0, 2.0]).unwrap()[..] else { panic!("two stills") };
        assert_eq!((first.width(), first.height()), (480, 640));
        assert!(difference(first, &picture) < 0.5, "{word} begins with something else");
        assert!(difference(later, &picture) > 2.0, "nothing happens in {word}");
    }
}

/// Share of the pixels in a box (left, top, right, bottom) whose red stands out from their blue by a factor.
fn reddish(picture: &Picture, [left, top, right, bottom]: [f32; 4], factor: f32) -> f32 {
    let (mut red, mut all) = (0.0, 0.0);
    for y in top.max(0.0) as u32..(bottom as u32).min(picture.height()) {
        for x in left.max(0.0) as u32..(right as u32).min(picture.width()) {
            let at = ((y * picture.width() + x) * 4) as usize;
            let [r, _, b, _] = picture.rgba()[at..at + 4] else { continue };
            all += 1.0;
            red += f32::from(u8::from(f32::from(r) > factor * f32::from(b) + 8.0));
        }
    }
    red / f32::max(all, 1.0)
}

#[test]
fn arms_are_raised_to_shoot() {
    let (canvas, truth) = Person::default().draw(240, 320);
    let job = VideoEffect { person: canvas.picture(), effect: Effect::GunShooting };
    let [before, after] = &stills(&job, 7, &[0.0, 0.93]).unwrap()[..] else { panic!("two stills") };
    for (wrist, outwards) in truth.wrists.into_iter().zip([-1.0, 1.0]) {
        let [x, y, unit] = [wrist.0, wrist.1, truth.unit].map(|length| length * 2.0);
        let hanging = [x - 0.1 * unit, y - 0.1 * unit, x + 0.1 * unit, y + 0.1 * unit];
        assert!(reddish(before, hanging, 1.25) > 0.5, "the hand hangs here at first");
        assert!(reddish(after, hanging, 1.25) < 0.1, "and has left");
        let beside = x + 0.9 * unit * outwards;
        let raised = [beside - 0.5 * unit, y - 2.2 * unit, beside + 0.5 * unit, y - 0.9 * unit];
        assert!(reddish(before, raised, 1.25) < 0.01 && reddish(after, raised, 1.25) > 0.03, "it went up");
    }
}

#[test]
fn the_glow_of_electricity_fades_into_the_body() {
    let person = Person { long_hair: true, ..Person::default() };
    let (canvas, truth) = person.draw(240, 320);
    let job = VideoEffect { person: canvas.picture(), effect: Effect::Electrify };
    let [before, after] = &stills(&job, 7, &[0.0, 0.45]).unwrap()[..] else { panic!("two stills") };
    let pixel = |picture: &Picture, x: u32, y: u32| -> [f32; 3] {
        let at = ((y * picture.width() + x) * 4) as usize;
        [0, 1, 2].map(|c| f32::from(picture.rgba()[at + c]))
    };
    let blue = |picture: &Picture, x: u32, y: u32| pixel(picture, x, y)[2] - pixel(picture, x, y)[0];
    // From the outline inwards through hair, in the middle of many rows, as bolts cross some.
    let middle = 2.0 * truth.x;
    let rows: Vec<u32> = (0..15).map(|i| (2.0 * (truth.top + truth.unit)) as u32 - 60 + 4 * i).collect();
    let glow = |row: u32| -> Vec<f32> {
        let ground = pixel(before, 2, row)[1];
        let edge = (0..middle as u32).find(|x| (pixel(before, *x, row)[1] - ground).abs() > 40.0).unwrap();
        (edge + 2..edge + 16).map(|x| blue(after, x, row) - blue(before, x, row)).collect()
    };
    let glows: Vec<Vec<f32>> = rows.iter().map(|row| glow(*row)).collect();
    let mean = |k: usize| {
        let mut all: Vec<f32> = glows.iter().map(|glow| glow[k]).collect();
        all.sort_by(f32::total_cmp);
        all[all.len() / 2]
    };
    let steps: Vec<f32> = (0..13).map(|k| mean(k) - mean(k + 1)).collect();
    assert!(steps.iter().all(|step| *step < 9.0), "{steps:?}");
}

#[test]
fn a_portrait_does_not_hide_the_car() {
    let whole = Person::default().draw(480, 640).0.picture();
    let rows = 240;
    let upper = whole.rgba()[..480 * rows as usize * 4].to_vec();
    let person = Picture::from_rgba(480, rows, upper).unwrap();
    let job = VideoEffect { person, effect: Effect::Crash };
    let [before, after] = &stills(&job, 7, &[0.0, 1.0]).unwrap()[..] else { panic!("two stills") };
    let all = [0.0, 0.0, before.width() as f32, before.height() as f32];
    assert!(reddish(before, all, 2.5) < 0.01 && reddish(after, all, 2.5) > 0.08);
}

#[test]
fn a_clip_lasts_three_seconds_and_says_what_it_is() {
    let artifact = run(Effect::Crash, true, &|_| {}).unwrap();
    assert!(artifact.notes[0].starts_with("draft: "), "{:?}", artifact.notes);
    let Content::Clip(clip) = artifact.content else { panic!("a clip was expected") };
    assert_eq!((clip.width, clip.height, clip.length), (480, 640, Duration::from_secs(3)));
    assert_eq!(&clip.mp4[4..8], b"ftyp");
}

#[test]
fn the_same_seed_gives_the_same_clip() {
    assert!(clip(Effect::Electrify, false) == clip(Effect::Electrify, false));
}

#[test]
fn the_label_is_an_option() {
    assert!(clip(Effect::Crying, true) != clip(Effect::Crying, false));
}

#[test]
fn a_cancelled_run_stops_before_the_next_frame() {
    let job = Job::VideoEffect(VideoEffect { person: person(), effect: Effect::Jungle });
    let cancel = CancelToken::default();
    let last = std::sync::Mutex::new(0);
    let progress = |progress: Progress| {
        *last.lock().unwrap() = progress.step;
        if progress.step == 3 {
            cancel.cancel();
        }
    };
    let context = RunContext { seed: 7, cancel: &cancel, progress: &progress };
    let ended = DraftRunner::default().run(&job, &context);
    assert!(matches!(ended, Err(RunError::Cancelled)));
    assert_eq!(*last.lock().unwrap(), 3, "nothing was drawn after the cancel");
}

#[test]
fn progress_comes_every_quarter_of_a_second() {
    let steps = std::sync::Mutex::new(Vec::new());
    run(Effect::Melting, false, &|progress| steps.lock().unwrap().push((progress.step, progress.steps)))
        .unwrap();
    let steps = steps.into_inner().unwrap();
    assert_eq!(steps, (1..=13).map(|step| (step, 13)).collect::<Vec<_>>());
}

#[test]
fn a_picture_without_a_person_is_refused() {
    let nobody = Picture::from_rgba(200, 200, vec![128; 200 * 200 * 4]).unwrap();
    let job = Job::VideoEffect(VideoEffect { person: nobody, effect: Effect::Joker });
    let cancel = CancelToken::default();
    let context = RunContext { seed: 7, cancel: &cancel, progress: &|_| {} };
    let refused = DraftRunner::default().run(&job, &context);
    assert!(matches!(refused, Err(RunError::Input { role: InputRole::Person, .. })), "{refused:?}");
}
