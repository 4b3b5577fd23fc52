use atelier_domain::Picture;
use candle_core::DType;

use super::{from_tensor, resized, size_of_shape, to_tensor};
use crate::golden::{Golden, cropped, error, pattern};

#[test]
fn shrinking_is_pillows_lanczos() {
    let golden = Golden::open("resize");
    let size = golden.get("shrunk.size").to_vec1::<i64>().unwrap();
    let shrunk = resized(&pattern(1531, 1217, 1), [size[0] as usize, size[1] as usize]).unwrap();
    let rgb: Vec<u8> = shrunk.rgba().chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
    let theirs = golden.get("shrunk").to_vec1::<u8>().unwrap();
    let worst = rgb.iter().step_by(997).zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(1), "{worst:?}");
}

#[test]
fn pixels_become_the_references_numbers_and_back() {
    let picture = cropped(&pattern(75, 100, 2), 64, 96);
    let tensor = to_tensor(&picture).unwrap();
    assert!(error(&tensor, Golden::open("resize").get("cropped")) <= 1e-7);
    assert_eq!(from_tensor(&tensor).unwrap(), picture);
}

#[test]
fn values_outside_the_range_are_cut_off() {
    let tensor = (to_tensor(&pattern(16, 16, 1)).unwrap() * 3.0).unwrap().to_dtype(DType::BF16).unwrap();
    let picture = from_tensor(&tensor).unwrap();
    assert!(picture.rgba().contains(&0) && picture.rgba().contains(&255));
}

#[test]
fn transparency_becomes_white() {
    let picture = Picture::from_rgba(2, 1, vec![10, 20, 30, 0, 10, 20, 30, 255]).unwrap();
    assert_eq!(resized(&picture, [2, 1]).unwrap().rgba(), [255, 255, 255, 255, 10, 20, 30, 255]);
}

#[test]
fn sizes_keep_the_shape_within_the_area() {
    assert_eq!(size_of_shape(1, 1, 1 << 20, 16), [1024, 1024]);
    assert_eq!(size_of_shape(16, 9, 1 << 20, 16), [1360, 768]);
    assert_eq!(size_of_shape(64, 64, 64 * 64, 16), [64, 64]);
    for [width, height] in [[1, 1], [7, 1], [1, 8], [1365, 1024], [333, 1000], [21, 9], [4000, 6000]] {
        for area in [16 * 16, 64 * 64, 512 * 512, 1 << 20] {
            let size = size_of_shape(width, height, area, 16);
            assert!(size[0] * size[1] <= area && size.iter().all(|side| *side > 0 && side % 16 == 0));
            let shape = size[0] as f64 / size[1] as f64 * f64::from(height) / f64::from(width);
            assert!(area < 1 << 18 || (0.95..1.05).contains(&shape), "{width}:{height} became {size:?}");
        }
    }
}
