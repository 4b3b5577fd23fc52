//! Chance that is the same for the same seed.

use crate::geometry::floor;

/// A sequence of numbers from a seed (`SplitMix64`, Steele and others 2014).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Anything from `low` up to `high`.
    pub(crate) fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// One of them.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.bits() % from.len() as u64) as usize]
    }
}

/// A number in `0..=1` for a whole place, without pattern.
pub(crate) fn at_pixel(x: usize, y: usize) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    ((h ^ (h >> 15)) & 0xFFFF) as f32 / 65535.0
}

fn value(x: f32, y: f32) -> f32 {
    let ((i, x), (j, y)) = (floor(x), floor(y));
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (smooth(x), smooth(y));
    let at = |dx: i32, dy: i32| at_pixel((i + dx + 4096) as usize, (j + dy + 4096) as usize);
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * tx;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * tx;
    top + (bottom - top) * ty
}

/// Soft clouds of several sizes, `-1..=1`; features of about one unit and finer.
pub(crate) fn clouds(x: f32, y: f32, octaves: usize) -> f32 {
    let (mut sum, mut weight, mut size) = (0.0, 0.0, 1.0_f32);
    for octave in 0..octaves {
        let shift = octave as f32 * 17.3;
        sum += (value(x * size + shift, y * size - shift) * 2.0 - 1.0) / size;
        weight += 1.0 / size;
        size *= 2.0;
    }
    sum / weight
}
