//! How things move: curves over time, and chance that is the same for the same seed.

use std::f32::consts::TAU;

use crate::geometry::{Vec2, floor, mix, smoothstep, vec2};

/// Numbers that look random (splitmix64, Steele and others 2014).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Every `what` of one seed throws its own numbers.
    pub(crate) fn new(seed: u64, what: u64) -> Self {
        Self(seed ^ what.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// `0..1`.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    }

    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        mix(low, high, self.unit())
    }

    /// A direction with a length between two bounds.
    pub(crate) fn direction(&mut self, low: f32, high: f32) -> Vec2 {
        Vec2::hanging(self.range(0.0, TAU)) * self.range(low, high)
    }
}

fn lattice(x: i32, y: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x85eb_ca6b) ^ (y as u32).wrapping_mul(0xc2b2_ae35);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    ((h ^ (h >> 15)) >> 8) as f32 / (1_u32 << 24) as f32
}

/// Smooth noise in `0..=1` with bumps about one unit apart.
pub(crate) fn noise(x: f32, y: f32) -> f32 {
    let ((i, x), (j, y)) = (floor(x), floor(y));
    let (u, v) = (smoothstep(0.0, 1.0, x), smoothstep(0.0, 1.0, y));
    let top = mix(lattice(i, j), lattice(i.wrapping_add(1), j), u);
    let bottom = mix(lattice(i, j.wrapping_add(1)), lattice(i.wrapping_add(1), j.wrapping_add(1)), u);
    mix(top, bottom, v)
}

/// Two octaves of [`noise`], `0..=1`.
pub(crate) fn cloudy(x: f32, y: f32) -> f32 {
    0.65 * noise(x, y) + 0.35 * noise(2.1 * x + 17.0, 2.1 * y - 9.0)
}

/// A wandering displacement of up to `reach` pixels on both axes, `rate` changes a second: a hand-held or shaken camera.
pub(crate) fn shake(time: f32, rate: f32, reach: f32) -> Vec2 {
    let at = |row: f32| (noise(time * rate, row) - 0.5) * 2.0 * reach;
    vec2(at(3.0), at(40.0))
}

/// 0 before `from`, 1 at `to`, and swings a little around 1 before it comes to rest.
pub(crate) fn spring(time: f32, from: f32, to: f32) -> f32 {
    let t = ((time - from) / (to - from)).max(0.0);
    1.0 - (-4.5 * t).exp() * (TAU * 0.9 * t).cos()
}

/// A bell: 1 at 0 and nothing beyond 4, where computing it exactly is slow and cannot be seen.
pub(crate) fn bell(v: f32) -> f32 {
    if v.abs() < 4.0 { (-v * v).exp() } else { 0.0 }
}

/// 1 at `at` and falling off within about `length` seconds after it; 0 before.
pub(crate) fn hit(time: f32, at: f32, length: f32) -> f32 {
    if time < at { 0.0 } else { (-(time - at) * 3.0 / length).exp() }
}

/// Something thrown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Particle {
    /// Seconds.
    pub(crate) born: f32,
    pub(crate) life: f32,
    /// Where from, how fast (pixels a second), and what pulls (pixels a second squared).
    pub(crate) from: Vec2,
    pub(crate) speed: Vec2,
    pub(crate) pull: Vec2,
    /// Share of the speed lost a second.
    pub(crate) drag: f32,
    pub(crate) size: f32,
    /// Radians at birth and a second.
    pub(crate) turn: [f32; 2],
    /// Free for colour and shape, `0..1`.
    pub(crate) kind: f32,
}

/// A particle at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: Vec2,
    pub(crate) speed: Vec2,
    /// Share of its life, `0..1`.
    pub(crate) age: f32,
    pub(crate) angle: f32,
}

impl Particle {
    pub(crate) fn seen(&self, time: f32) -> Option<Seen> {
        let t = time - self.born;
        if t < 0.0 || t > self.life {
            return None;
        }
        let slowed = if self.drag > 1e-3 { (1.0 - (-self.drag * t).exp()) / self.drag } else { t };
        let at = self.from + self.speed * slowed + self.pull * (0.5 * t * t);
        let speed = self.speed * (-self.drag * t).exp() + self.pull * t;
        Some(Seen { at, speed, age: t / self.life, angle: self.turn[0] + self.turn[1] * t })
    }
}
