//! Hats, glasses, shoes and bags: told by their outline and put where they belong.

use atelier_domain::{InputRole, Picture, RunError, Shot, Style};

use super::puppet::{Canvas, Ground};
use super::{asked, garment, job, puppet, run};

const RED: [f32; 3] = [0.8, 0.15, 0.1];
const GROUND: Ground = Ground::Plain([0.97; 3]);

fn drawn(inside: impl Fn((f32, f32)) -> f32 + Copy) -> Picture {
    let mut canvas = Canvas::new(400, 400, GROUND);
    canvas.fill(inside, |_, _| RED);
    canvas.picture()
}

fn ellipse((x, y): (f32, f32), [cx, cy, rx, ry]: [f32; 4]) -> f32 {
    (1.0 - ((x - cx) / rx).hypot((y - cy) / ry)) * rx.min(ry)
}

fn hat() -> Picture {
    drawn(|p| {
        ellipse(p, [200.0, 250.0, 160.0, 38.0]).max(ellipse(p, [200.0, 235.0, 85.0, 120.0]).min(250.0 - p.1))
    })
}

fn glasses() -> Picture {
    let ring = |p, cx| ellipse(p, [cx, 200.0, 70.0, 55.0]).min(-ellipse(p, [cx, 200.0, 58.0, 43.0]));
    drawn(move |p| {
        ring(p, 115.0).max(ring(p, 285.0)).max((18.0 - (p.0 - 200.0).abs()).min(6.0 - (p.1 - 190.0).abs()))
    })
}

fn bag() -> Picture {
    let handle = |p| {
        ellipse(p, [200.0, 190.0, 75.0, 120.0]).min(-ellipse(p, [200.0, 190.0, 58.0, 103.0])).min(195.0 - p.1)
    };
    drawn(move |p| (110.0 - (p.0 - 200.0).abs()).min(85.0 - (p.1 - 270.0).abs()).max(handle(p)))
}

fn shoes() -> Picture {
    drawn(|p| ellipse(p, [125.0, 210.0, 52.0, 110.0]).max(ellipse(p, [275.0, 210.0, 52.0, 110.0])))
}

/// Mean row of what turned red, as a share of the height.
fn where_red(picture: &Picture) -> f32 {
    let red = |p: &[u8]| f32::from(p[0]) > 2.2 * f32::from(p[1].max(p[2]));
    let width = picture.width() as usize;
    let rows =
        picture.rgba().chunks_exact(4).enumerate().filter(|(_, p)| red(p)).map(|(i, _)| (i / width) as f32);
    let (sum, count) = rows.fold((0.0, 0.0_f32), |(sum, count), row| (sum + row, count + 1.0));
    sum / count.max(1.0) / picture.height() as f32
}

#[test]
fn each_accessory_is_told_and_put_in_its_place() {
    let cases = [
        ("a hat", hat(), 0.0..0.25),
        ("glasses", glasses(), 0.05..0.25),
        ("a bag", bag(), 0.4..0.85),
        ("shoes", shoes(), 0.85..1.0),
    ];
    for (name, picture, place) in cases {
        let artifact = asked(Style::KeepScene, Shot::Auto, vec![picture]).unwrap();
        assert_eq!(artifact.findings[1].what, name);
        let row = where_red(artifact.picture().unwrap());
        assert!(place.contains(&row), "{name} at {row}");
    }
}

#[test]
fn shoes_seen_from_above_are_as_wide_as_feet() {
    let artifact = asked(Style::KeepScene, Shot::Auto, vec![shoes()]).unwrap();
    let red = |p: &[u8]| f32::from(p[0]) > 2.2 * f32::from(p[1].max(p[2]));
    let rows = artifact.picture().unwrap().rgba().chunks_exact(480 * 4);
    let widest = rows.map(|row| row.chunks_exact(4).filter(|p| red(p)).count()).max().unwrap();
    let head = 640.0 * 0.92 / 7.5;
    assert!((0.6..1.0).contains(&(widest as f32 / head)), "both are {widest} pixels wide");
}

#[test]
fn a_bag_hangs_from_an_arm_when_no_hand_is_free() {
    let arms = [(42.0, -55.0); 2];
    let (canvas, truth) = puppet::Person { arms, ..puppet::Person::default() }.draw(480, 640);
    let result = run(&job(canvas.picture(), vec![bag()])).unwrap().picture().unwrap().clone();
    let red = |p: &[u8]| f32::from(p[0]) > 2.2 * f32::from(p[1].max(p[2]));
    let first = result.rgba().chunks_exact(4).position(red).unwrap();
    let handle = ((first % 480) as f32, (first / 480) as f32);
    let reach = truth.elbows.map(|elbow| (elbow.0 - handle.0).hypot(elbow.1 - handle.1) / truth.unit);
    assert!(reach[0].min(reach[1]) < 0.6, "{reach:?}");
}

#[test]
fn a_dress_and_a_hat_are_worn_together() {
    let artifact = asked(Style::KeepScene, Shot::Auto, vec![hat(), garment(puppet::Kind::Dress)]).unwrap();
    let whats: Vec<_> = artifact.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(whats, ["person", "a hat", "a dress"]);
}

#[test]
fn close_framings_show_no_shoes_and_no_bag() {
    for picture in [shoes(), bag()] {
        let error = asked(Style::KeepScene, Shot::Headshot, vec![picture]).unwrap_err();
        assert!(matches!(error, RunError::Input { role: InputRole::Garment(0), .. }), "{error}");
    }
    assert!(asked(Style::KeepScene, Shot::Headshot, vec![hat()]).is_ok());
}

#[test]
fn nothing_is_put_on_below_a_picture_that_ends_above_it() {
    let whole = super::person();
    let (width, rows) = (whole.width(), whole.height() * 2 / 5);
    let above = whole.rgba()[..(width * rows * 4) as usize].to_vec();
    let bust = Picture::from_rgba(width, rows, above).unwrap();
    let trousers = || garment(puppet::Kind::Trousers);
    assert!(matches!(
        run(&job(bust.clone(), vec![trousers()])),
        Err(RunError::Input { role: InputRole::Garment(0), reason, .. }) if reason.contains("ends above")
    ));
    let both = run(&job(bust, vec![garment(puppet::Kind::TShirt), trousers()])).unwrap();
    assert!(both.notes.iter().any(|note| note.contains("trousers, was left out")), "{:?}", both.notes);
}
