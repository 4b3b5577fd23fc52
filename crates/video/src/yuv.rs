//! sRGB bytes to the planes that H.264 wants: BT.709, limited range, colour at half the size.

use openh264::formats::YUVSource;
use rayon::prelude::*;

/// One frame: luma at full size, then both colour differences at half of it.
pub(crate) struct Yuv {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

/// Pairs of rows in one piece of parallel work.
const PAIRS: usize = 16;

/// Weights in units of 1/65536: 219/255 of the primaries' shares of luma.
const LUMA: [i32; 3] = [11966, 40254, 4064];
/// The same for the differences, which span 224/255.
const BLUE: [i32; 3] = [-6596, -22189, 28785];
const RED: [i32; 3] = [28785, -26145, -2640];

/// The weighted sum above an offset, rounded; `shift` is 16 for one pixel and 18 for the sum of four.
fn weigh(weights: [i32; 3], rgb: [i32; 3], offset: i32, shift: u32) -> u8 {
    let sum = weights[0] * rgb[0] + weights[1] * rgb[1] + weights[2] * rgb[2];
    // Weights and offsets keep every sum of bytes within 16..=240.
    ((sum + (offset << shift) + (1 << (shift - 1))) >> shift) as u8
}

impl Yuv {
    /// A frame of even sides, in pixels.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let quarter = width / 2 * (height / 2);
        Self { width, height, luma: vec![0; width * height], blue: vec![0; quarter], red: vec![0; quarter] }
    }

    /// Takes over `width * height` pixels of 4 bytes.
    pub(crate) fn read(&mut self, rgba: &[u8]) {
        let (row, half) = (self.width * 4, self.width / 2);
        let luma = self.luma.par_chunks_mut(2 * self.width * PAIRS);
        let blue = self.blue.par_chunks_mut(half * PAIRS);
        let red = self.red.par_chunks_mut(half * PAIRS);
        rgba.par_chunks(2 * row * PAIRS).zip(luma).zip(blue.zip(red)).for_each(
            |((rgba, luma), (blue, red))| {
                let rows = rgba.chunks_exact(2 * row).zip(luma.chunks_exact_mut(row / 2));
                let colours = blue.chunks_exact_mut(half).zip(red.chunks_exact_mut(half));
                for ((rgba, luma), (blue, red)) in rows.zip(colours) {
                    pair(rgba.split_at(row), luma, blue, red);
                }
            },
        );
    }
}

/// Two rows of pixels to two rows of luma and one of each difference.
fn pair((top, bottom): (&[u8], &[u8]), luma: &mut [u8], blue: &mut [u8], red: &mut [u8]) {
    let (upper, lower) = luma.split_at_mut(top.len() / 4);
    for (source, target) in [(top, upper), (bottom, lower)] {
        for (pixel, target) in source.chunks_exact(4).zip(target) {
            *target = weigh(LUMA, [0, 1, 2].map(|c| i32::from(pixel[c])), 16, 16);
        }
    }
    let squares = top.chunks_exact(8).zip(bottom.chunks_exact(8));
    for ((top, bottom), (blue, red)) in squares.zip(blue.iter_mut().zip(red)) {
        let sum =
            [0, 1, 2].map(|c| [top[c], top[c + 4], bottom[c], bottom[c + 4]].map(i32::from).iter().sum());
        *blue = weigh(BLUE, sum, 128, 18);
        *red = weigh(RED, sum, 128, 18);
    }
}

impl YUVSource for Yuv {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.luma
    }

    fn u(&self) -> &[u8] {
        &self.blue
    }

    fn v(&self) -> &[u8] {
        &self.red
    }
}

#[cfg(test)]
mod tests {
    use super::Yuv;

    fn flat(rgb: [u8; 3]) -> [u8; 3] {
        let mut yuv = Yuv::new(16, 34);
        yuv.read(&[rgb[0], rgb[1], rgb[2], 0].repeat(16 * 34));
        assert!(yuv.luma.iter().all(|&y| y == yuv.luma[0]), "every row is converted");
        assert!(yuv.blue.iter().all(|&u| u == yuv.blue[0]) && yuv.red.iter().all(|&v| v == yuv.red[0]));
        [yuv.luma[0], yuv.blue[0], yuv.red[0]]
    }

    #[test]
    fn known_colours_have_their_bt709_values() {
        assert_eq!(flat([0, 0, 0]), [16, 128, 128]);
        assert_eq!(flat([255, 255, 255]), [235, 128, 128]);
        assert_eq!(flat([255, 0, 0]), [63, 102, 240]);
        assert_eq!(flat([0, 255, 0]), [173, 42, 26]);
        assert_eq!(flat([0, 0, 255]), [32, 240, 118]);
    }
}
