//! Noise from a seed: the numbers of PyTorch's CPU generator, so that a seed means the same picture as there.
//!
//! They are made on the CPU whatever the device, because devices disagree. PyTorch draws 16 numbers or more in single
//! precision, with approximations of its own ([`cephes`]), and fewer in double precision; both ways are here.

mod cephes;

use candle_core::{Device, Result, Shape, Tensor};

/// Words of the Mersenne Twister's state, and the distance of the words that are mixed.
const WORDS: usize = 624;
const DISTANCE: usize = 397;
/// From this many on, PyTorch fills in blocks of this many.
const BLOCK: usize = 16;

/// Standard normal numbers of the shape, in f32 on the CPU. Of the seed only the low 32 bits count, as there. Lower
/// precisions are drawn in f32 and rounded there too.
pub fn normal(seed: u64, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    let values = draw(&mut Generator::new(seed), shape.elem_count());
    Tensor::from_vec(values, shape, &Device::Cpu)
}

fn draw(generator: &mut Generator, count: usize) -> Vec<f32> {
    if count < BLOCK {
        return few(generator, count);
    }
    let mut values: Vec<f32> = (0..count).map(|_| generator.single()).collect();
    for block in values.chunks_exact_mut(BLOCK) {
        box_muller(block);
    }
    if !count.is_multiple_of(BLOCK) {
        // The last block overlaps the one before, with fresh numbers.
        let last = &mut values[count - BLOCK..];
        last.fill_with(|| generator.single());
        box_muller(last);
    }
    values
}

/// Turns 16 uniform numbers into normal ones: the first half are radii, the second half angles.
fn box_muller(block: &mut [f32]) {
    let (radii, angles) = block.split_at_mut(BLOCK / 2);
    for (radius, angle) in radii.iter_mut().zip(angles) {
        let r = (-2.0 * cephes::ln(1.0 - *radius)).sqrt();
        let (sin, cos) = cephes::sin_cos(std::f32::consts::TAU * *angle);
        (*radius, *angle) = (r * cos, r * sin);
    }
}

/// Fewer than a block: pairs in double precision.
fn few(generator: &mut Generator, count: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let theta = std::f64::consts::TAU * generator.double();
        let r = (-2.0 * (-generator.double()).ln_1p()).sqrt();
        values.extend([(r * theta.cos()) as f32, (r * theta.sin()) as f32]);
    }
    values.truncate(count);
    values
}

/// The Mersenne Twister MT19937.
struct Generator {
    state: [u32; WORDS],
    next: usize,
}

impl Generator {
    fn new(seed: u64) -> Self {
        let mut state = [0; WORDS];
        state[0] = seed as u32;
        for i in 1..WORDS {
            let before = state[i - 1];
            state[i] = 1_812_433_253_u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(i as u32);
        }
        Self { state, next: WORDS }
    }

    fn word(&mut self) -> u32 {
        if self.next == WORDS {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Uniform in [0, 1) with 24 random bits.
    fn single(&mut self) -> f32 {
        (self.word() & 0xff_ffff) as f32 / 16_777_216.0
    }

    /// Uniform in [0, 1) with 53 random bits.
    fn double(&mut self) -> f64 {
        let word = (u64::from(self.word()) << 32) | u64::from(self.word());
        (word & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64
    }

    fn twist(&mut self) {
        for i in 0..WORDS {
            let mixed = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % WORDS] & 0x7fff_ffff);
            let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + DISTANCE) % WORDS] ^ (mixed >> 1) ^ odd;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests;
