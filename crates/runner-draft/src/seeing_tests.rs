//! What the eyes find, against drawn people and garments whose truth is known.

use atelier_domain::{CancelToken, Picture};

use crate::eyes::{self, Person as Seen};
use crate::garment::{self, Shape};
use crate::geometry::{Vec2, vec2};
use crate::puppet::{self, ARMS_DOWN, ARMS_OUT, Canvas, Ground, Kind, ONE_ON_HIP, Person, Truth};

const GROUNDS: [Ground; 3] = [
    Ground::Plain([0.85, 0.85, 0.84]),
    Ground::Gradient([0.9, 0.87, 0.82], [0.6, 0.63, 0.7]),
    Ground::Noisy([0.78, 0.8, 0.84], 0.05),
];

fn see(person: Person) -> (Seen, Canvas, Truth) {
    let (canvas, truth) = person.draw(480, 640);
    let seen = eyes::look(&canvas.picture(), &CancelToken::default()).unwrap();
    (seen, canvas, truth)
}

fn off(seen: &Seen, found: Vec2, (x, y): (f32, f32), truth: &Truth) -> f32 {
    (seen.frame.to_full(found) - vec2(x, y)).length() / truth.unit
}

#[test]
fn a_person_is_told_from_calm_backgrounds() {
    for ground in GROUNDS {
        for arms in [ARMS_DOWN, ONE_ON_HIP, ARMS_OUT] {
            let (seen, canvas, _) = see(Person { arms, ground, ..Person::default() });
            let (mut both, mut either) = (0, 0);
            for y in 0..seen.picture.height {
                for x in 0..seen.picture.width {
                    let full = seen.frame.to_full(vec2(x as f32, y as f32));
                    let truth = canvas.figure[full.y as usize * canvas.width + full.x as usize] > 0.5;
                    let found = seen.figure.mask.at(x, y);
                    both += usize::from(truth && found);
                    either += usize::from(truth || found);
                }
            }
            let overlap = both as f32 / either as f32;
            assert!(overlap > 0.94, "overlap {overlap}");
        }
    }
}

#[test]
fn joints_are_found_within_a_fraction_of_a_head() {
    for ground in GROUNDS {
        for arms in [ARMS_DOWN, ONE_ON_HIP, ARMS_OUT] {
            for (long_hair, long_sleeves) in [(false, false), (true, false), (false, true)] {
                let (seen, _, truth) =
                    see(Person { arms, long_hair, long_sleeves, ground, ..Person::default() });
                let chin = (seen.frame.to_full(vec2(0.0, seen.body.chin)).y - truth.chin).abs() / truth.unit;
                assert!(chin < 0.2, "chin off by {chin}");
                for side in [0, 1] {
                    let arm = &seen.body.arms[side];
                    let errors = [
                        (off(&seen, arm.shoulder, truth.shoulders[side], &truth), 0.35),
                        (off(&seen, arm.elbow, truth.elbows[side], &truth), 0.4),
                        (off(&seen, arm.wrist, truth.wrists[side], &truth), 0.5),
                    ];
                    for (joint, (error, most)) in errors.into_iter().enumerate() {
                        assert!(
                            error < most,
                            "joint {joint} of side {side} off by {error} heads, arms {arms:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn arms_that_the_picture_cuts_off_hang() {
    for long_sleeves in [false, true] {
        let (canvas, truth) = Person { long_sleeves, ..Person::default() }.draw(480, 640);
        let picture = canvas.picture();
        let rows = (truth.chin + 1.6 * truth.unit) as u32;
        let bust = picture.rgba()[..(picture.width() * rows * 4) as usize].to_vec();
        let bust = Picture::from_rgba(picture.width(), rows, bust).unwrap();
        let seen = eyes::look(&bust, &CancelToken::default()).unwrap();
        for arm in &seen.body.arms {
            assert!(arm.hand.y > arm.elbow.y, "folded up into the chest: {arm:?}");
        }
    }
}

#[test]
fn raised_hands_are_no_head() {
    for arms in [[(150.0, 170.0), (150.0, 170.0)], [(12.0, 6.0), (155.0, 175.0)]] {
        let (seen, _, truth) = see(Person { arms, ..Person::default() });
        let head = seen.body.head;
        let top = seen.frame.to_full(vec2(head.x, head.top));
        assert!((top.y - truth.top).abs() < 0.2 * truth.unit, "top {} of {}", top.y, truth.top);
        assert!((top.x - truth.x).abs() < 0.2 * truth.unit, "middle {} of {}", top.x, truth.x);
    }
}

#[test]
fn clothes_part_at_the_hem() {
    let (seen, _, truth) = see(Person::default());
    let hem = seen.frame.to_full(vec2(0.0, seen.clothes.hem)).y;
    assert!(((hem - truth.top) / truth.unit - 3.4).abs() < 0.1);
    assert!(seen.clothes.two);
}

#[test]
fn each_kind_of_garment_is_told() {
    let white = Ground::Plain([0.97; 3]);
    for (kind, name) in [
        (Kind::TShirt, "a top with sleeves"),
        (Kind::LongShirt, "a top with sleeves"),
        (Kind::Dress, "a dress"),
        (Kind::Trousers, "trousers"),
        (Kind::Skirt, "a skirt"),
    ] {
        for colour in [[0.75, 0.2, 0.2], [0.15, 0.2, 0.35], [0.8, 0.7, 0.5]] {
            let picture = puppet::garment(kind, 500, colour, white).picture();
            let garment = garment::look(&picture, 0, &CancelToken::default()).unwrap();
            assert_eq!(garment.shape.name(), name);
        }
    }
}

#[test]
fn seams_of_a_shirt_are_where_they_were_drawn() {
    let picture = puppet::garment(Kind::TShirt, 320, [0.2, 0.4, 0.6], Ground::Plain([0.97; 3])).picture();
    let garment = garment::look(&picture, 0, &CancelToken::default()).unwrap();
    let Shape::Upper(upper) = &garment.shape else { panic!() };
    let drawn = |x: f32, y: f32| vec2(x * 3.2, y * 3.2);
    let sleeve = upper.sleeves[1].unwrap();
    for (found, truth) in [
        (upper.neck[1], drawn(59.0, 14.0)),
        (upper.tips[1], drawn(74.0, 19.0)),
        (upper.armpits[1], drawn(72.5, 39.0)),
        (sleeve.outer, drawn(94.0, 38.0)),
        (sleeve.inner, drawn(84.0, 48.0)),
        (vec2(160.0, upper.hem), drawn(50.0, 86.0)),
    ] {
        assert!((found - truth).length() < 16.0, "found {found:?}, drawn at {truth:?}");
    }
}
