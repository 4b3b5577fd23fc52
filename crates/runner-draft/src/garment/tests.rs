use atelier_domain::{CancelToken, Picture};

use super::kind::{self, Kind};
use super::outline::{agreement, corner};
use super::{at_border, look, segment};
use crate::colour::{difference, oklab};
use crate::raster::{Grid, Mask};

/// A rectangle of cloth of one colour in the middle of a ground of another, sRGB.
fn laid(
    cloth: impl Fn(usize, usize) -> [f32; 3],
    ground: impl Fn(usize, usize) -> [f32; 3],
) -> (Grid<[f32; 3]>, Mask) {
    let truth = Mask::from_fn(160, 200, |x, y| (45..115).contains(&x) && (40..160).contains(&y));
    let picture = Grid::from_fn(160, 200, |x, y| if truth.at(x, y) { cloth(x, y) } else { ground(x, y) });
    (picture, truth)
}

fn overlap(a: &Mask, b: &Mask) -> f32 {
    a.and(b).count() as f32 / a.zip(b, |a, b| a || b).count() as f32
}

#[test]
fn grey_cloth_on_white_is_no_shadow() {
    let (picture, truth) = laid(|_, _| [0.84; 3], |_, _| [0.95; 3]);
    assert!(overlap(&segment::segment(&picture).0.mask, &truth) > 0.95);
}

#[test]
fn a_soft_shadow_is_no_cloth() {
    let shadow = |x: usize, y: usize| {
        let off = (x as f32 - 84.0).abs().max((y as f32 - 104.0).abs() - 25.0);
        [0.9, 0.86, 0.8].map(|c| c * (1.0 - 0.2 / (1.0 + ((off - 38.0) / 3.0).exp())))
    };
    let (picture, truth) = laid(|_, _| [0.2, 0.3, 0.6], shadow);
    assert!(overlap(&segment::segment(&picture).0.mask, &truth) > 0.95);
}

#[test]
fn cloth_is_told_from_boards_of_its_own_lightness() {
    let board = |x: usize, y: usize| {
        let shade = 0.06 * ((y / 25) % 3) as f32
            + if y.is_multiple_of(25) { -0.25 } else { 0.0 }
            + 0.02 * ((x / 7) % 2) as f32;
        [0.55 + shade, 0.42 + shade, 0.3 + shade]
    };
    let (picture, truth) = laid(|_, _| [0.36, 0.46, 0.36], board);
    assert!(overlap(&segment::segment(&picture).0.mask, &truth) > 0.9);
}

#[test]
fn a_ball_is_no_garment_and_legs_are_trousers() {
    let told = |mask: Mask| {
        kind::likeliest(&kind::probabilities(&kind::measured(&mask).unwrap())).map(|told| told.0)
    };
    let ball = Mask::from_fn(120, 120, |x, y| (x as f32 - 60.0).hypot(y as f32 - 60.0) < 40.0);
    assert_eq!(told(ball), None);
    let legs = Mask::from_fn(120, 160, |x, y| {
        (35..85).contains(&x) && (10..150).contains(&y) && (y < 55 || !(57..63).contains(&x))
    });
    assert_eq!(told(legs), Some(Kind::Trousers));
}

#[test]
fn the_end_of_a_rounded_hem_is_its_corner() {
    // Straight sides at 20 that turn into a curve ten rows above the last one.
    let edges: Vec<[f32; 2]> = (0..100)
        .map(|y| 0.08 * ((y as f32 - 89.0).max(0.0)).powi(2))
        .map(|off| [20.0 + off, 80.0 - off])
        .collect();
    let end = corner(&edges, [70.0, 99.0], 0, 1.0);
    assert!((end.y - 95.0).abs() < 3.0 && end.x < 24.0, "{end:?}");
}

#[test]
fn sides_that_disagree_are_believed_less() {
    assert!(agreement(0.0, 200.0) > 0.99 && agreement(8.0, 200.0) < 0.51);
}

#[test]
fn what_fills_the_border_is_counted() {
    assert!(at_border(&Mask::new(40, 40, true)) > 0.99);
    assert!(at_border(&Mask::from_fn(40, 40, |x, y| (5..35).contains(&x) && (5..35).contains(&y))) < 1e-6);
}

#[test]
fn nothing_of_the_ground_hangs_between_trouser_legs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/wiro-virtual-try-on-input");
    for (name, columns) in [("1-3", 480..550), ("2-3", 500..560), ("4-3", 470..550)] {
        let image = image::open(format!("{folder}-{name}.jpg")).unwrap().into_rgba8();
        let picture = Picture::from_rgba(image.width(), image.height(), image.into_raw()).unwrap();
        let cancel = CancelToken::default();
        let garment = look(&picture, 0, &cancel).unwrap();
        let texture = garment.texture(&picture, picture.height() as usize, &cancel).colour;
        let seen = |x: usize, y: usize| {
            let at = (y * picture.width() as usize + x) * 4;
            oklab(std::array::from_fn(|c| f32::from(picture.rgba()[at + c]) / 255.0))
        };
        let (ground, cloth) = (seen(20, 20), seen(picture.width() as usize / 2 - 60, 500));
        let pale = (300..520).flat_map(|y| columns.clone().map(move |x| (x, y))).filter(|&(x, y)| {
            let off = difference(seen(x, y), ground);
            texture.at(x, y)[3] > 0.5 && off < 0.5 * difference(seen(x, y), cloth)
        });
        let pale = pale.count();
        assert!(pale < 25, "{pale} pixels of ground at the fork of {name}");
    }
}
