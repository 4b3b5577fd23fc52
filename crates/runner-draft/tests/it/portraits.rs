//! Headshots and identity portraits from outside.

use atelier_domain::{
    Artifact, AspectRatio, Background, CancelToken, Content, Headshot, IdentityPortrait, InputRole, Job,
    Picture, PictureFormat, Progress, RunContext, RunError, Runner,
};
use atelier_runner_draft::{DraftOptions, DraftRunner};

use crate::puppet::{self, Ground, Person};

fn run(job: &Job<Picture>, seed: u64) -> Result<Vec<Artifact>, RunError> {
    let cancel = CancelToken::default();
    let context = RunContext { seed, cancel: &cancel, progress: &|_| {} };
    DraftRunner::new(DraftOptions { label: false }).run(job, &context)
}

/// A person of 1000 pixels' height, of which the upper part is seen.
fn bust() -> (Picture, puppet::Truth) {
    let (canvas, truth) = Person { long_sleeves: true, ..Person::default() }.draw(900, 2400);
    let rows = 1000;
    let rgba = canvas.picture().rgba()[..900 * rows * 4].to_vec();
    (Picture::from_rgba(900, rows as u32, rgba).unwrap(), truth)
}

fn headshot(background: Background, aspect_ratio: AspectRatio) -> Job<Picture> {
    Job::Headshot(Headshot { person: bust().0, background, aspect_ratio, format: PictureFormat::Jpeg })
}

fn identity(model: &str, prompt: &str, count: u32) -> IdentityPortrait<Picture> {
    IdentityPortrait {
        person: bust().0,
        model: model.to_owned(),
        prompt: prompt.to_owned(),
        negative_prompt: String::new(),
        steps: 20,
        guidance: 5.0,
        likeness: 0.8,
        count,
        scheduler: "EulerAncestralDiscreteScheduler".to_owned(),
    }
}

fn picture(artifact: &Artifact) -> &Picture {
    artifact.picture().unwrap()
}

fn ratios() -> impl Iterator<Item = AspectRatio> {
    AspectRatio::WORDS.iter().filter_map(|word| AspectRatio::from_word(word))
}

/// Mean of a square of pixels.
fn patch(picture: &Picture, x: usize, y: usize, side: usize) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for row in y..y + side {
        for column in x..x + side {
            let pixel = &picture.rgba()[(row * picture.width() as usize + column) * 4..][..3];
            sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += f32::from(*value));
        }
    }
    sum.map(|v| v / (side * side) as f32)
}

/// The middle of the dark pixels of both eyes: they are the only black things on a puppet's face.
fn eye_line(picture: &Picture) -> f32 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let dark = |i: &usize| picture.rgba()[i * 4..][..3].iter().all(|&c| c < 45);
    let rows: Vec<usize> = (0..width * height)
        .filter(|i| (width / 3..width * 2 / 3).contains(&(i % width)) && i / width < height * 6 / 10)
        .filter(dark)
        .map(|i| i / width)
        .collect();
    rows.iter().sum::<usize>() as f32 / rows.len() as f32 / height as f32
}

#[test]
fn the_eyes_of_a_headshot_are_at_two_fifths_of_its_height() {
    for ratio in [AspectRatio::Square, AspectRatio::R4x5, AspectRatio::R3x2] {
        let made = run(&headshot(Background::White, ratio), 1).unwrap();
        let line = eye_line(picture(&made[0]));
        assert!((line - 0.4).abs() < 0.03, "eyes at {line} in {}", ratio.word());
    }
}

#[test]
fn every_aspect_ratio_is_met_to_the_pixel() {
    for ratio in ratios() {
        let made = run(&headshot(Background::Gray, ratio), 1).unwrap();
        let picture = picture(&made[0]);
        let (width, height) = ratio.ratio().unwrap_or((900, 1000));
        assert_eq!(picture.width() * height, picture.height() * width, "{}", ratio.word());
        let long = picture.width().max(picture.height());
        assert!((1000..=1536).contains(&long), "{long} in {}", ratio.word());
        let Content::Picture { format, .. } = made[0].content else { unreachable!() };
        assert_eq!(format, PictureFormat::Jpeg);
    }
}

#[test]
fn each_background_has_its_colour_in_the_corners() {
    for (background, bright) in [
        (Background::White, 225.0..256.0),
        (Background::Black, 0.0..30.0),
        (Background::Neutral, 110.0..190.0),
        (Background::Gray, 55.0..115.0),
    ] {
        let made = run(&headshot(background, AspectRatio::R4x5), 1).unwrap();
        let picture = picture(&made[0]);
        for x in [8, picture.width() as usize - 40] {
            let corner = patch(picture, x, 8, 32);
            let spread = corner.iter().fold(0.0_f32, |most, c| most.max((c - corner[1]).abs()));
            assert!(corner.iter().all(|c| bright.contains(c)), "{} {corner:?}", background.word());
            assert!(spread < 14.0, "{} is tinted: {corner:?}", background.word());
        }
    }
    let made = run(&headshot(Background::Office, AspectRatio::R3x2), 1).unwrap();
    let corners = [8, picture(&made[0]).width() as usize - 40].map(|x| patch(picture(&made[0]), x, 300, 32));
    assert!((corners[0][0] - corners[1][0]).abs() > 5.0, "a room is not the same on both sides: {corners:?}");
}

#[test]
fn a_seed_fixes_a_headshot_and_another_changes_it() {
    let job = headshot(Background::Office, AspectRatio::Square);
    let [one, same, other] = [5, 5, 6].map(|seed| run(&job, seed).unwrap().remove(0));
    assert_eq!(picture(&one), picture(&same));
    assert_ne!(picture(&one), picture(&other));
}

#[test]
fn clothes_that_the_picture_does_not_show_are_carried_on_and_said() {
    let (whole, truth) = bust();
    let rows = (truth.top + 1.75 * truth.unit) as usize;
    let rgba = whole.rgba()[..900 * rows * 4].to_vec();
    let person = Picture::from_rgba(900, rows as u32, rgba).unwrap();
    let job = Headshot {
        person,
        background: Background::White,
        aspect_ratio: AspectRatio::R9x16,
        format: PictureFormat::Png,
    };
    let made = run(&Job::Headshot(job), 1).unwrap();
    assert!(made[0].notes.iter().any(|note| note.contains("carried on")), "{:?}", made[0].notes);
    let picture = picture(&made[0]);
    let bottom = patch(picture, picture.width() as usize / 2 - 20, picture.height() as usize - 48, 40);
    assert!(bottom[2] > bottom[0] + 20.0, "no blue shirt below: {bottom:?}");
}

#[test]
fn somebody_else_in_the_picture_is_told_and_alone_nobody_is() {
    let (one, _) = bust();
    let rgba: Vec<u8> = one.rgba().chunks_exact(900 * 4).flat_map(|row| [row, row].concat()).collect();
    let person = Picture::from_rgba(1800, 1000, rgba).unwrap();
    let job = |person: Picture| {
        let (background, aspect_ratio) = (Background::White, AspectRatio::R4x5);
        Job::Headshot(Headshot { person, background, aspect_ratio, format: PictureFormat::Png })
    };
    let told = |made: &[Artifact]| made[0].notes.iter().any(|note| note.contains("somebody else"));
    assert!(told(&run(&job(person), 1).unwrap()));
    assert!(!told(&run(&job(one), 1).unwrap()));
}

#[test]
fn as_many_portraits_are_made_as_were_asked_for_and_all_differ() {
    for model in ["RDXL", "Purple-XL-Anime", "Artful", "Crystal Clear"] {
        let job = Job::IdentityPortrait(identity(model, "paris, stadium", 2));
        let made = run(&job, 3).unwrap();
        assert_eq!(made.len(), 2);
        assert_ne!(picture(&made[0]), picture(&made[1]));
        assert_eq!(picture(&made[1]), picture(&run(&job, 3).unwrap()[1]), "{model} is not the same again");
    }
    assert_eq!(run(&Job::IdentityPortrait(identity("photo", "", 4)), 3).unwrap().len(), 4);
}

#[test]
fn no_shadow_crosses_the_face_of_an_anime_portrait_and_its_cloth_is_flat() {
    for seed in [1, 2, 3] {
        let made = run(&Job::IdentityPortrait(identity("Purple-XL-Anime", "", 1)), seed).unwrap();
        let drawn = picture(&made[0]);
        // Eyes lie at two fifths of the height; about 137 pixels part them, within a tenth.
        let (x, eyes, between) = (drawn.width() as f32 / 2.0, 0.4 * drawn.height() as f32, 137.0);
        let at = |across: f32, down: f32| {
            let [x, y] = [x + across * between - 6.0, eyes + down * between - 6.0];
            patch(drawn, x as usize, y as usize, 12)
        };
        let off = |a: [f32; 3], b: [f32; 3]| (0..3).map(|c| (a[c] - b[c]).abs()).fold(0.0, f32::max);
        for (across, down) in [(0.55, 0.9), (0.62, 1.1), (0.45, 1.35)] {
            let [left, right] = [-across, across].map(|across| at(across, down));
            assert!(off(left, right) < 14.0, "beside the mouth {left:?} and {right:?}, seed {seed}");
        }
        let row = drawn.height() as usize - 90;
        let cloth = [300, 380, 460, 540, 600].map(|x| patch(drawn, x, row, 12));
        assert!(cloth.iter().all(|patch| off(*patch, cloth[0]) < 3.0), "{cloth:?}, seed {seed}");
    }
}

#[test]
fn words_of_a_prompt_show_and_others_are_told_back() {
    let plain = run(&Job::IdentityPortrait(identity("79", "studio", 1)), 1).unwrap();
    let red = run(&Job::IdentityPortrait(identity("79", "a wizard, red studio", 1)), 1).unwrap();
    let (before, after) = (patch(picture(&plain[0]), 8, 200, 32), patch(picture(&red[0]), 8, 200, 32));
    assert!(after[0] - after[2] > before[0] - before[2] + 25.0, "{before:?} {after:?}");
    let said = |needle: &str| red[0].notes.iter().any(|note| note.contains(needle));
    assert!(said("honoured: red, studio") && said("wizard"), "{:?}", red[0].notes);
    assert!(said("says no look") && said("steps and scheduler"));
    let grey = run(&Job::IdentityPortrait(identity("79", "beach, black and white", 1)), 1).unwrap();
    assert!(picture(&grey[0]).rgba().chunks_exact(4).all(|p| p[0] == p[1] && p[1] == p[2]));
}

#[test]
fn without_a_face_there_is_no_portrait() {
    let blank = Picture::from_rgba(400, 500, [200, 210, 220, 255].repeat(400 * 500)).unwrap();
    let (tiny, _) = Person::default().draw(150, 200);
    let jobs = |person: Picture| {
        let portrait = IdentityPortrait { person: person.clone(), ..identity("photo", "", 1) };
        let aspect_ratio = AspectRatio::Square;
        let headshot =
            Headshot { person, background: Background::White, aspect_ratio, format: PictureFormat::Png };
        [Job::IdentityPortrait(portrait), Job::Headshot(headshot)]
    };
    for job in jobs(blank).into_iter().chain(jobs(tiny.picture())) {
        let Err(RunError::Input { role, reason, .. }) = run(&job, 1) else { panic!("no refusal") };
        assert_eq!(role, InputRole::Person);
        assert!(reason.len() > 20, "{reason}");
    }
}

#[test]
fn portraits_stop_when_told() {
    let jobs =
        [headshot(Background::Office, AspectRatio::Square), Job::IdentityPortrait(identity("anime", "", 3))];
    for job in jobs {
        for stage in 1..=4 {
            let cancel = CancelToken::default();
            let progress = |progress: Progress| {
                if progress.step == stage {
                    cancel.cancel();
                }
            };
            let context = RunContext { seed: 1, cancel: &cancel, progress: &progress };
            assert_eq!(DraftRunner::default().run(&job, &context).unwrap_err(), RunError::Cancelled);
        }
    }
}

#[test]
fn a_puppet_before_a_noisy_ground_is_framed_too() {
    let ground = Ground::Noisy([0.55, 0.6, 0.65], 0.05);
    let person = Person { ground, long_hair: true, ..Person::default() }.draw(768, 1024).0.picture();
    let job = Headshot {
        person,
        background: Background::White,
        aspect_ratio: AspectRatio::Square,
        format: PictureFormat::Png,
    };
    let made = run(&Job::Headshot(job), 1).unwrap();
    assert!(made[0].notes.iter().any(|note| note.contains("enlarged")));
    let corner = patch(picture(&made[0]), 4, 4, 16);
    assert!(corner.iter().all(|c| *c > 225.0), "{corner:?}");
}
