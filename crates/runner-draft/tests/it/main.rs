//! The draft runner from outside: what it gives, what it refuses, and that it stops when told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says so by failing")]

mod accessories;
mod effects;
mod eyes;
mod portraits;
#[expect(dead_code, reason = "shared with the unit tests")]
mod puppet;
#[expect(dead_code, reason = "shared with the measurement")]
#[path = "../truth/mod.rs"]
mod truth;
mod worn;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use atelier_domain::{
    Artifact, CancelToken, InputRole, Job, JobKind, Picture, Pose, Progress, RunContext, RunError, Runner,
    Shot, Style, Support, TryOn,
};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use proptest::prelude::*;
use puppet::{Ground, Kind, Person};

const WHITE: Ground = Ground::Plain([0.97; 3]);
const RED: [f32; 3] = [0.8, 0.15, 0.1];

fn job(person: Picture, garments: Vec<Picture>) -> Job<Picture> {
    Job::TryOn(TryOn { person, garments, style: Style::KeepScene, pose: Pose::Auto, shot: Shot::Auto })
}

fn run(job: &Job<Picture>) -> Result<Artifact, RunError> {
    let cancel = CancelToken::default();
    let context = RunContext { seed: 7, cancel: &cancel, progress: &|_| {} };
    DraftRunner::new(DraftOptions { label: false })
        .run(job, &context)
        .map(|mut artifacts| artifacts.remove(0))
}

fn garment(kind: Kind) -> Picture {
    puppet::garment(kind, 400, RED, WHITE).picture()
}

fn person() -> Picture {
    Person::default().draw(480, 640).0.picture()
}

fn plain(width: u32, height: u32, rgba: [u8; 4]) -> Picture {
    Picture::from_rgba(width, height, rgba.repeat((width * height) as usize)).unwrap()
}

/// Share of a box (in heads from the top of the middle of the person) that is as red as the garment.
fn red_share(picture: &Picture, truth: &puppet::Truth, [x0, x1]: [f32; 2], [y0, y1]: [f32; 2]) -> f32 {
    let (mut red, mut all) = (0, 0);
    for y in (truth.top + y0 * truth.unit) as usize..(truth.top + y1 * truth.unit) as usize {
        for x in (truth.x + x0 * truth.unit) as usize..(truth.x + x1 * truth.unit) as usize {
            let pixel = &picture.rgba()[(y * picture.width() as usize + x) * 4..][..3];
            all += 1;
            red += usize::from(f32::from(pixel[0]) > 2.2 * f32::from(pixel[1].max(pixel[2])));
        }
    }
    red as f32 / all as f32
}

fn refusal(job: &Job<Picture>) -> InputRole {
    match run(job) {
        Err(RunError::Input { role, reason, .. }) => {
            assert!(reason.len() > 20, "{reason}");
            role
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn it_serves_every_kind_of_job() {
    let runner = DraftRunner::default();
    assert_eq!(runner.name(), "draft");
    for kind in [JobKind::TryOn, JobKind::Headshot, JobKind::IdentityPortrait, JobKind::VideoEffect] {
        assert_eq!(runner.supports(kind), Support::Ready);
    }
}

#[test]
fn a_shirt_covers_the_trunk_and_neither_face_nor_legs() {
    for arms in [puppet::ARMS_DOWN, puppet::ONE_ON_HIP, puppet::ARMS_OUT] {
        for kind in [Kind::TShirt, Kind::LongShirt] {
            let (canvas, truth) = Person { arms, ..Person::default() }.draw(480, 640);
            let result = run(&job(canvas.picture(), vec![garment(kind)])).unwrap().picture().unwrap().clone();
            assert_eq!((result.width(), result.height()), (480, 640));
            let trunk = red_share(&result, &truth, [-0.45, 0.45], [1.9, 3.0]);
            assert!(trunk > 0.93, "trunk {trunk} {kind:?}");
            let face = red_share(&result, &truth, [-0.3, 0.3], [0.2, 0.95]);
            assert!(face < 0.005, "face {face}");
            let legs = red_share(&result, &truth, [-0.6, 0.6], [4.6, 7.0]);
            assert!(legs < 0.01, "legs {legs}");
        }
    }
}

#[test]
fn what_transparency_hides_does_not_show() {
    let (canvas, _) = Person::default().draw(480, 640);
    let opaque = canvas.picture();
    let cut_out = canvas.figure.iter().zip(opaque.rgba().chunks_exact(4)).flat_map(|(share, pixel)| {
        let hidden = [10, 200, 30, 0];
        if *share > 0.5 { [pixel[0], pixel[1], pixel[2], 255] } else { hidden }
    });
    let person = Picture::from_rgba(480, 640, cut_out.collect()).unwrap();
    let result = run(&job(person, vec![garment(Kind::TShirt)])).unwrap().picture().unwrap().clone();
    let green = |pixel: &[u8]| pixel[1] > pixel[0].max(pixel[2]).saturating_add(30);
    assert_eq!(result.rgba().chunks_exact(4).filter(|pixel| green(pixel)).count(), 0);
}

#[test]
fn trousers_cover_the_legs_and_not_the_old_shirt() {
    let (canvas, truth) = Person::default().draw(480, 640);
    let result =
        run(&job(canvas.picture(), vec![garment(Kind::Trousers)])).unwrap().picture().unwrap().clone();
    assert!(red_share(&result, &truth, [0.25, 0.5], [4.6, 6.8]) > 0.9);
    assert!(red_share(&result, &truth, [-0.4, 0.4], [1.8, 3.1]) < 0.02);
}

#[test]
fn a_dress_covers_trunk_and_thighs() {
    let (canvas, truth) = Person::default().draw(480, 640);
    let result = run(&job(canvas.picture(), vec![garment(Kind::Dress)])).unwrap().picture().unwrap().clone();
    assert!(red_share(&result, &truth, [-0.4, 0.4], [2.1, 4.8]) > 0.93);
}

#[test]
fn two_garments_fit_in_either_order() {
    let (top, trousers) = (garment(Kind::TShirt), garment(Kind::Trousers));
    let one = run(&job(person(), vec![top.clone(), trousers.clone()])).unwrap().picture().unwrap().clone();
    let other = run(&job(person(), vec![trousers, top])).unwrap().picture().unwrap().clone();
    assert_eq!(one, other);
}

#[test]
fn two_garments_in_the_same_place_are_refused() {
    for (one, other) in [
        (Kind::TShirt, Kind::LongShirt),
        (Kind::Trousers, Kind::Skirt),
        (Kind::Dress, Kind::TShirt),
        (Kind::Dress, Kind::Skirt),
    ] {
        let refused = refusal(&job(person(), vec![garment(one), garment(other)]));
        assert_eq!(refused, InputRole::Garment(1), "{one:?} {other:?}");
    }
    let over = run(&job(person(), vec![garment(Kind::Dress), garment(Kind::Trousers)])).unwrap();
    let whats: Vec<_> = over.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(whats, ["person", "a dress", "trousers"], "trousers may be worn under a dress");
}

#[test]
fn no_skin_is_painted_beyond_the_figure() {
    for arms in [puppet::ARMS_DOWN, puppet::ONE_ON_HIP] {
        let (canvas, _) = Person { arms, ..Person::default() }.draw(480, 640);
        let blue = puppet::garment(Kind::Dress, 400, [0.2, 0.3, 0.8], WHITE).picture();
        let result = run(&job(canvas.picture(), vec![blue])).unwrap();
        let result = result.picture().unwrap();
        let empty = |x: usize, y: usize| {
            let near = (y - 4..=y + 4).flat_map(|y| (x - 4..=x + 4).map(move |x| y * 480 + x));
            near.map(|i| canvas.figure[i]).fold(0.0, f32::max) <= 0.0
        };
        let skin = |x: usize, y: usize| {
            let p = &result.rgba()[(y * 480 + x) * 4..][..3];
            i32::from(p[0]) - i32::from(p[2]) > 35
        };
        let stray = (4..636).flat_map(|y| (4..476).map(move |x| (x, y)));
        let stray = stray.filter(|&(x, y)| skin(x, y) && empty(x, y)).count();
        assert!(stray < 6, "{stray} pixels of skin beside the figure");
    }
}

#[test]
fn the_same_job_gives_the_same_picture() {
    let job = job(person(), vec![garment(Kind::LongShirt)]);
    assert_eq!(run(&job).unwrap().picture().unwrap().clone(), run(&job).unwrap().picture().unwrap().clone());
}

#[test]
fn it_says_what_it_is_and_what_it_did_not_do() {
    let Job::TryOn(mut asked) = job(person(), vec![garment(Kind::TShirt)]) else { unreachable!() };
    asked.pose = Pose::Sitting;
    asked.style = Style::Outdoor;
    asked.shot = Shot::Medium;
    let notes = run(&Job::TryOn(asked)).unwrap().notes;
    assert_eq!(notes[0], "draft: classical CPU preview without a generative model");
    assert!(
        notes.contains(&"draft: pose `sitting` was asked for; the pose of the picture was kept".to_owned())
    );
    assert!(notes.iter().all(|note| note.starts_with("draft: ")));
}

fn asked(style: Style, shot: Shot, garments: Vec<Picture>) -> Result<Artifact, RunError> {
    run(&Job::TryOn(TryOn { person: person(), garments, style, pose: Pose::Auto, shot }))
}

#[test]
fn close_framings_leave_out_what_they_do_not_show() {
    let both = || vec![garment(Kind::TShirt), garment(Kind::Trousers)];
    let notes = asked(Style::KeepScene, Shot::Headshot, both()).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("garment 2, trousers, was left out")), "{notes:?}");
    assert!(asked(Style::KeepScene, Shot::Headshot, vec![garment(Kind::Skirt)]).is_err());
    let notes = asked(Style::KeepScene, Shot::Wide, both()).unwrap().notes;
    assert!(notes.iter().all(|note| !note.contains("left out")), "{notes:?}");
}

#[test]
fn a_closer_framing_shows_less_of_the_person_at_no_larger_size() {
    let heights = [Shot::Headshot, Shot::Medium, Shot::Wide].map(|shot| {
        let artifact = asked(Style::Studio, shot, vec![garment(Kind::TShirt)]).unwrap();
        let picture = artifact.picture().unwrap();
        assert!(picture.width() <= 480 && picture.height() <= 640);
        let red =
            picture.rgba().chunks_exact(4).filter(|p| f32::from(p[0]) > 2.2 * f32::from(p[1].max(p[2])));
        red.count() as f32 / (picture.width() * picture.height()) as f32
    });
    assert!(heights[0] > heights[2] && heights[1] > heights[2], "{heights:?}");
}

#[test]
fn sets_replace_the_background_and_hang_from_the_seed() {
    let corner = |style: Style, seed: u64| {
        let job = Job::TryOn(TryOn {
            person: person(),
            garments: vec![garment(Kind::TShirt)],
            style,
            pose: Pose::Auto,
            shot: Shot::Auto,
        });
        let (cancel, progress) = (CancelToken::default(), |_| {});
        let context = RunContext { seed, cancel: &cancel, progress: &progress };
        let artifact = DraftRunner::new(DraftOptions { label: false }).run(&job, &context).unwrap().remove(0);
        artifact.picture().unwrap().clone()
    };
    let kept = corner(Style::KeepScene, 1);
    for style in [Style::Studio, Style::Indoor, Style::Outdoor] {
        let one = corner(style, 1);
        assert_ne!(one, kept, "{style:?}");
        assert_eq!(one, corner(style, 1), "{style:?}");
        assert!((2..8).any(|seed| corner(style, seed) != one), "{style:?}");
    }
}

#[test]
fn what_was_recognised_is_reported_for_every_input() {
    let findings = asked(Style::KeepScene, Shot::Auto, vec![garment(Kind::Dress)]).unwrap().findings;
    let whats: Vec<_> = findings.iter().map(|finding| (finding.role, finding.what.as_str())).collect();
    assert_eq!(whats, [(InputRole::Person, "person"), (InputRole::Garment(0), "a dress")]);
    assert!(findings.iter().all(|finding| (0.5..=1.0).contains(&finding.confidence)));
}

#[test]
fn the_label_is_drawn_unless_switched_off() {
    let job = job(person(), vec![garment(Kind::TShirt)]);
    let (cancel, progress) = (CancelToken::default(), |_: Progress| {});
    let context = RunContext { seed: 7, cancel: &cancel, progress: &progress };
    let labelled = DraftRunner::default().run(&job, &context).unwrap().remove(0).picture().unwrap().clone();
    let bare = run(&job).unwrap().picture().unwrap().clone();
    let changed: Vec<usize> =
        (0..480 * 640).filter(|i| labelled.rgba()[i * 4..][..4] != bare.rgba()[i * 4..][..4]).collect();
    assert!(!changed.is_empty());
    assert!(changed.iter().all(|i| i % 480 > 400 && i / 480 > 600));
}

#[test]
fn what_is_no_person_or_no_garment_is_refused() {
    let shirt = || garment(Kind::TShirt);
    let blank = plain(300, 400, [240, 240, 240, 255]);
    assert_eq!(refusal(&job(blank.clone(), vec![shirt()])), InputRole::Person);
    assert_eq!(refusal(&job(person(), vec![blank])), InputRole::Garment(0));
    assert_eq!(refusal(&job(person(), vec![shirt(), plain(64, 64, [0; 4])])), InputRole::Garment(1));
    assert_eq!(refusal(&job(plain(200, 200, [0; 4]), vec![shirt()])), InputRole::Person);
    assert_eq!(refusal(&job(plain(1, 1, [9, 9, 9, 255]), vec![shirt()])), InputRole::Person);
    assert_eq!(refusal(&job(person(), vec![plain(1, 1, [9, 9, 9, 255])])), InputRole::Garment(0));
    assert_eq!(refusal(&job(plain(2000, 70, [90, 9, 9, 255]), vec![shirt()])), InputRole::Person);
    assert_eq!(refusal(&job(person(), vec![plain(50, 4000, [90, 9, 9, 255])])), InputRole::Garment(0));
    assert_eq!(refusal(&job(landscape(), vec![shirt()])), InputRole::Person);
    assert_eq!(refusal(&job(shirt(), vec![shirt()])), InputRole::Person);
}

/// Why the person of a try-on is refused.
fn why_nobody(person: Picture) -> String {
    match run(&job(person, vec![garment(Kind::TShirt)])) {
        Err(RunError::Input { role: InputRole::Person, reason, .. }) => reason,
        other => panic!("not refused: {:?}", other.map(|artifact| artifact.notes)),
    }
}

#[test]
fn nobody_is_dressed_from_the_side() {
    let (mut canvas, truth) = Person::default().draw(480, 640);
    let (x, u) = (truth.x, truth.unit);
    let head = move |p: (f32, f32)| 0.36 * u - (p.0 - x).hypot((p.1 - truth.top - 0.52 * u) * 0.75);
    // One side of the head is hair, the other skin without an eye.
    canvas.fill(move |p| head(p).min(x - p.0), |_, _| [0.23, 0.15, 0.1]);
    canvas.fill(
        move |p| (0.1 * u) - (p.0 - x - 0.13 * u).hypot(p.1 - truth.top - 0.55 * u),
        |_, _| Person::default().skin,
    );
    let reason = why_nobody(canvas.picture());
    assert!(reason.contains("from the side"), "{reason}");
}

#[test]
fn a_black_and_white_picture_is_refused_as_such() {
    let colour = person();
    let grey = |pixel: &[u8]| {
        let [r, g, b, a] = *pixel else { unreachable!() };
        let grey = ((u16::from(r) + 2 * u16::from(g) + u16::from(b)) / 4) as u8;
        [grey, grey, grey, a]
    };
    let bytes = colour.rgba().chunks_exact(4).flat_map(grey).collect();
    let reason = why_nobody(Picture::from_rgba(colour.width(), colour.height(), bytes).unwrap());
    assert!(reason.contains("black and white"), "{reason}");
}

/// Sky, hills and a tree.
fn landscape() -> Picture {
    let mut canvas = puppet::Canvas::new(640, 480, Ground::Gradient([0.45, 0.65, 0.9], [0.8, 0.88, 0.95]));
    canvas.fill(
        |(x, y)| y - 300.0 - 40.0 * (x / 90.0).sin() - 15.0 * (x / 23.0).sin(),
        |(x, y), _| [0.25, 0.45 + 0.08 * ((x + y) / 7.0).sin(), 0.2],
    );
    canvas.fill(
        puppet::polygon(vec![(430.0, 200.0), (450.0, 200.0), (455.0, 380.0), (425.0, 380.0)]),
        |_, _| [0.4, 0.3, 0.2],
    );
    canvas.fill(|(x, y)| 70.0 - (x - 440.0).hypot(y - 170.0), |_, _| [0.15, 0.4, 0.15]);
    canvas.picture()
}

#[test]
fn a_cancelled_run_begins_no_further_stage() {
    let job = job(person(), vec![garment(Kind::TShirt), garment(Kind::Trousers)]);
    for stage in 1..=5 {
        let (cancel, begun) = (CancelToken::default(), AtomicU32::new(0));
        let progress = |progress: Progress| {
            begun.store(progress.step, Ordering::SeqCst);
            if progress.step == stage {
                cancel.cancel();
            }
        };
        let context = RunContext { seed: 1, cancel: &cancel, progress: &progress };
        assert_eq!(DraftRunner::default().run(&job, &context).unwrap_err(), RunError::Cancelled);
        assert_eq!(begun.into_inner(), stage);
    }
}

#[test]
fn a_run_can_be_cancelled_from_outside_at_any_time() {
    let job = job(person(), vec![garment(Kind::TShirt)]);
    for stage in 1..=5 {
        let (cancel, begun) = (CancelToken::default(), AtomicU32::new(0));
        let (tell, told) = mpsc::channel();
        let progress = |progress: Progress| {
            begun.store(progress.step, Ordering::SeqCst);
            if progress.step == stage {
                tell.send(()).unwrap();
            }
        };
        let context = RunContext { seed: 1, cancel: &cancel, progress: &progress };
        std::thread::scope(|scope| {
            let (cancel, begun) = (&cancel, &begun);
            let asked = scope.spawn(move || {
                told.recv().unwrap();
                cancel.cancel();
                begun.load(Ordering::SeqCst)
            });
            let result = DraftRunner::default().run(&job, &context);
            // Whatever the run was at when it was told, it begins at most the next stage, and that one ends it.
            let asked_at = asked.join().unwrap();
            assert!(begun.load(Ordering::SeqCst) <= asked_at + 1);
            assert!(result.is_err() || asked_at == 5, "went on after stage {asked_at}");
        });
    }
}

#[derive(Debug, Clone)]
struct Blotches(u32, u32, Vec<u8>);

prop_compose! {
    /// Small pictures of random rectangles, opaque or not.
    fn blotches()(width in 1_u32..90, height in 1_u32..90)
        (pixels in prop::collection::vec(any::<[u8; 4]>(), 1..12),
         cuts in prop::collection::vec((0..width, 0..height), 1..12),
         width in Just(width), height in Just(height)) -> Blotches {
        let mut rgba = pixels[0].repeat((width * height) as usize);
        for (pixel, (x0, y0)) in pixels.iter().zip(&cuts) {
            for y in *y0..height.min(y0 + 40) {
                for x in *x0..width.min(x0 + 25) {
                    rgba[((y * width + x) * 4) as usize..][..4].copy_from_slice(pixel);
                }
            }
        }
        Blotches(width, height, rgba)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_small_picture_makes_it_panic(a in blotches(), b in blotches()) {
        let picture = |Blotches(w, h, rgba): &Blotches| Picture::from_rgba(*w, *h, rgba.clone()).unwrap();
        let _ = run(&job(picture(&a), vec![garment(Kind::TShirt)]));
        let _ = run(&job(person(), vec![picture(&b)]));
        let _ = run(&job(picture(&b), vec![picture(&a), picture(&b)]));
    }
}
