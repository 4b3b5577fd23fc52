//! The truth that the eyes are measured on: rendered people and garments with known outlines and joints
//! (`cutouts/`, made by `samples/make/truth.py`), composed before painted backgrounds, and how far off an answer is.
//!
//! Everything follows from the number of a scene, so that a figure in `bench/eyes.md` can be looked at again.

pub(crate) mod cutouts;
pub(crate) mod grounds;
pub(crate) mod scenes;
pub(crate) mod score;

/// A small generator (SplitMix64): the same numbers everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly in `from..to`.
    pub(crate) fn within(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Close to a normal distribution of standard deviation 1.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.within(-1.0, 1.0)).sum::<f32>() * 0.866
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    /// True in a share of all throws.
    pub(crate) fn chance(&mut self, share: f32) -> bool {
        self.within(0.0, 1.0) < share
    }
}
