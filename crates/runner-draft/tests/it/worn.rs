//! How the sample garments look on the sample people: each test measures one fault that was seen.

use std::sync::LazyLock;

use atelier_domain::{InputRole, Job, Picture, Pose, RunError, Shot, Style, TryOn};

use crate::puppet::{Kind, Person};
use crate::{WHITE, garment, job, puppet, run};

/// A sample picture by the end of its name.
fn sample(name: &str) -> Picture {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/wiro-virtual-try-on-input");
    let image = image::open(format!("{folder}-{name}.jpg")).unwrap().into_rgba8();
    Picture::from_rgba(image.width(), image.height(), image.into_raw()).unwrap()
}

/// What becomes of a sample person and garments.
fn worn(person: &str, garments: &[&str], style: Style, shot: Shot) -> Picture {
    let garments = garments.iter().map(|name| sample(name)).collect();
    let job = Job::TryOn(TryOn { person: sample(person), garments, style, pose: Pose::Auto, shot });
    run(&job).unwrap().picture().unwrap().clone()
}

fn pixel(picture: &Picture, x: usize, y: usize) -> [f32; 3] {
    let at = (y * picture.width() as usize + x) * 4;
    std::array::from_fn(|c| f32::from(picture.rgba()[at + c]))
}

/// Share of the pixels in a box that are of a kind.
fn share(picture: &Picture, [x0, y0, x1, y1]: [usize; 4], kind: impl Fn([f32; 3]) -> bool) -> f32 {
    let all = (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y)));
    let hits = all.filter(|&(x, y)| kind(pixel(picture, x, y))).count();
    hits as f32 / ((x1 - x0) * (y1 - y0)) as f32
}

static DRESS: LazyLock<Picture> = LazyLock::new(|| worn("3-1", &["3-2"], Style::Studio, Shot::Auto));

#[test]
fn white_soles_stay_in_a_made_set() {
    let before = sample("3-1");
    let white = |[r, g, b]: [f32; 3]| r.min(g).min(b) > 180.0;
    let soles: Vec<(usize, usize)> = (1280..1320)
        .flat_map(|y| (400..665).map(move |x| (x, y)))
        .filter(|&(x, y)| white(pixel(&before, x, y)))
        .collect();
    assert!(soles.len() > 1500, "{} pixels of sole", soles.len());
    let kept = soles.iter().filter(|&&(x, y)| {
        let [r, g, b] = pixel(&DRESS, x, y);
        r.min(g).min(b) > 130.0 && r.max(g).max(b) - r.min(g).min(b) < 30.0
    });
    let share = kept.count() as f32 / soles.len() as f32;
    assert!(share > 0.8, "{share} of the soles");
}

#[test]
fn bare_legs_end_where_the_shoes_begin() {
    let before = sample("3-1");
    let dark = |[r, g, b]: [f32; 3]| r.max(g).max(b) < 85.0;
    let upper: Vec<(usize, usize)> = (1248..1290)
        .flat_map(|y| (400..665).map(move |x| (x, y)))
        .filter(|&(x, y)| dark(pixel(&before, x, y)))
        .collect();
    let kept = upper.iter().filter(|&&(x, y)| dark(pixel(&DRESS, x, y))).count();
    let share = kept as f32 / upper.len() as f32;
    assert!(upper.len() > 2000 && share > 0.9, "{share} of {} pixels of dark shoe", upper.len());
}

/// A top with short sleeves that ends at the waist.
fn short_top() -> Picture {
    let mut canvas = puppet::Canvas::new(400, 400, WHITE);
    let half = [(9.0, 14.0), (24.0, 19.0), (44.0, 38.0), (34.0, 48.0), (22.5, 39.0), (22.0, 70.0)];
    let mirrored = half.iter().rev().map(|&(x, y)| (-x, y)).chain([(-5.4, 18.5), (0.0, 20.0), (5.4, 18.5)]);
    let outline = half.into_iter().chain(mirrored).map(|(x, y)| (200.0 + x * 4.0, y * 4.0)).collect();
    canvas.fill(puppet::polygon(outline), |_, _| [0.2, 0.35, 0.85]);
    canvas.picture()
}

#[test]
fn new_trousers_are_seen_wherever_the_old_ones_were() {
    for style in [Style::KeepScene, Style::Studio] {
        let garments = vec![short_top(), garment(Kind::Trousers)];
        let person = Person::default().draw(480, 640).0.picture();
        let job = Job::TryOn(TryOn { person, garments, style, pose: Pose::Auto, shot: Shot::Medium });
        let picture = run(&job).unwrap().picture().unwrap().clone();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let rows = [width * 4 / 10, height - 12, width * 6 / 10, height - 2];
        let red = share(&picture, rows, |[r, g, b]| r > 1.6 * g.max(b));
        assert!(red > 0.9, "{red} of what is under the top, {style:?}");
    }
}

#[test]
fn sleeves_follow_the_arm_in_believable_width() {
    let arms = puppet::ARMS_OUT;
    let (canvas, truth) = Person { arms, ..Person::default() }.draw(480, 640);
    let result = run(&job(canvas.picture(), vec![garment(Kind::LongShirt)])).unwrap();
    let picture = result.picture().unwrap();
    for (elbow, wrist) in truth.elbows.into_iter().zip(truth.wrists) {
        for along in [0.2, 0.5, 0.8] {
            let (dx, dy) = (wrist.0 - elbow.0, wrist.1 - elbow.1);
            let (x, y) = (elbow.0 + dx * along, elbow.1 + dy * along);
            let length = dx.hypot(dy);
            let red = |out: f32| {
                let [r, g, b] =
                    pixel(picture, (x - dy / length * out) as usize, (y + dx / length * out) as usize);
                r > 1.6 * g.max(b)
            };
            let width = (-60..=60).filter(|out| red(*out as f32)).count() as f32;
            let arm = 2.0 * truth.unit * (0.165 + (0.12 - 0.165) * along);
            assert!((1.0..1.6).contains(&(width / arm)), "{width} on an arm of {arm}");
        }
    }
}

#[test]
fn a_long_dress_falls_below_the_knee() {
    // The navy of its ground, between the legs of the person.
    let navy = |[r, g, b]: [f32; 3]| b > 1.5 * r && b > 1.15 * g && b < 190.0;
    let columns = |y: usize| share(&DRESS, [440, y, 560, y + 1], navy);
    let hem = (600..1200).rev().find(|&y| columns(y) > 0.3).unwrap();
    // Head and soles of the person are in rows 80 and 1320: 5.5 heads down is the knee.
    let heads = (hem - 80) as f32 / ((1320 - 80) as f32 / 7.5);
    assert!((5.4..6.5).contains(&heads), "{heads} heads below the top");
}

#[test]
fn the_back_of_a_collar_is_seen_beside_the_neck() {
    let picture = worn("2-1", &["2-2"], Style::KeepScene, Shot::Auto);
    // The inside of the collar is a darker blue than its front, the wall behind it no blue at all.
    let inside = |[r, g, b]: [f32; 3]| b > r + 22.0 && b > g + 5.0;
    let [left, right] =
        [[440, 235, 478, 285], [550, 235, 592, 285]].map(|area| share(&picture, area, inside));
    assert!(left > 0.08 && right > 0.08, "{left} left of the neck, {right} right of it");
}

#[test]
fn an_old_top_of_the_colour_of_skin_is_no_arm() {
    let shirt = [0.88, 0.7, 0.58];
    for arms in [puppet::ONE_ON_HIP, [(35.0, -60.0); 2]] {
        let (canvas, truth) = Person { arms, shirt, ..Person::default() }.draw(480, 640);
        let result = run(&job(canvas.picture(), vec![garment(Kind::TShirt)])).unwrap();
        let row = |heads: f32| (truth.top + heads * truth.unit) as usize;
        let column = |heads: f32| (truth.x + heads * truth.unit) as usize;
        let trunk = [column(-0.4), row(1.9), column(0.4), row(3.1)];
        let red = share(result.picture().unwrap(), trunk, |[r, g, b]| r > 1.6 * g.max(b));
        assert!(red > 0.97, "{red} of the trunk");
    }
}

#[test]
fn no_ground_of_a_garments_picture_comes_along_at_its_shoulders() {
    let picture = worn("2-1", &["2-2"], Style::KeepScene, Shot::Auto);
    // Its ground is a warm white, the wall darker and the shirt blue.
    let ground = share(&picture, [560, 255, 720, 330], |[r, g, b]| r.min(g) > 180.0 && r >= b);
    assert!(ground < 0.003, "{ground} of what is around the shoulder");
}

#[test]
fn the_inside_of_the_back_is_not_seen_before_the_throat() {
    let picture = worn("4-1", &["4-2"], Style::KeepScene, Shot::Auto);
    let red = share(&picture, [480, 284, 530, 296], |[r, g, _]| r > 1.6 * g);
    assert!(red < 0.05, "{red} of the throat");
}

#[test]
fn who_does_not_stand_gets_no_trousers() {
    let drawn = Person::default();
    let (mut canvas, truth) = drawn.draw(480, 640);
    // One leg goes where it is not seen.
    let ground = canvas.rgb[0];
    for y in (truth.top + 4.4 * truth.unit) as usize..640 {
        canvas.rgb[y * 480 + truth.x as usize..(y + 1) * 480].fill(ground);
    }
    let refused = run(&job(canvas.picture(), vec![garment(Kind::Trousers)])).unwrap_err();
    assert!(matches!(&refused, RunError::Input { role: InputRole::Person, .. }), "{refused}");
    let both = run(&job(canvas.picture(), vec![garment(Kind::TShirt), garment(Kind::Trousers)])).unwrap();
    assert!(both.notes.iter().any(|note| note.contains("trousers, was left out")), "{:?}", both.notes);
}
