//! Vectors of f32 for the kernels, with AVX-512 or AVX2 and FMA, chosen when the program runs.
//!
//! A kernel is written once, over [`Simd`]. Its value is the proof that the processor has the instructions, since
//! [`Level::best`] alone makes one; so the methods are safe, and this folder is the only one of the crate with unsafe code.
//! [`Simd::run`] enters a function that is compiled with the instructions. Everything that a kernel calls must be
//! `#[inline(always)]`, else it is compiled without them, and closures must not touch vectors, since they cannot be forced
//! inline.

mod math;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use math::{exp2, silu};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

/// A set of instructions.
pub(crate) trait Simd: Copy + Send + Sync {
    /// Numbers in a vector.
    const LANES: usize;
    /// A vector.
    type V: Copy;

    /// Runs a kernel, compiled with these instructions.
    fn run<K: Kernel>(self, kernel: K) -> K::Out;

    /// The same number in every lane.
    fn splat(self, x: f32) -> Self::V;
    /// The first numbers of a slice that has at least as many.
    fn load(self, from: &[f32]) -> Self::V;
    /// As many numbers as there are, at most a vector; zero in the other lanes.
    fn load_part(self, from: &[f32]) -> Self::V;
    /// Over the first numbers of a slice that has at least as many.
    fn store(self, x: Self::V, to: &mut [f32]);
    /// Over as many numbers as there are, at most a vector.
    fn store_part(self, x: Self::V, to: &mut [f32]);

    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a b + c`, rounded once.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger; `b` where one of them is no number.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller; `b` where one of them is no number.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// To the nearest integer.
    fn round(self, x: Self::V) -> Self::V;
    /// `x 2^n` for an integral `n` of -200 to 200.
    fn scale(self, x: Self::V, n: Self::V) -> Self::V;
    /// The even and the odd places of two vectors in a row.
    fn deinterleave(self, a: Self::V, b: Self::V) -> [Self::V; 2];
    /// The opposite of [`Simd::deinterleave`].
    fn interleave(self, even: Self::V, odd: Self::V) -> [Self::V; 2];

    /// Of all lanes.
    #[inline(always)]
    fn sum(self, x: Self::V) -> f32 {
        let mut lanes = [0.0; 16];
        self.store(x, &mut lanes);
        // Pairwise: lanes that a narrower vector has not are zero.
        let mut width = 8;
        while width > 0 {
            for lane in 0..width {
                lanes[lane] += lanes[lane + width];
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// What [`Simd::run`] runs. `run` is to be `#[inline(always)]`.
pub(crate) trait Kernel {
    type Out;
    fn run(self) -> Self::Out;
}

/// The instructions that this processor has.
#[derive(Clone, Copy)]
pub(crate) enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

impl Level {
    /// The widest; none if only the plain forms will run.
    pub(crate) fn best() -> Option<Self> {
        Self::all().next()
    }

    /// All that this processor has, the widest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        return Avx512::detect().map(Self::Avx512).into_iter().chain(Avx2::detect().map(Self::Avx2));
        #[cfg(not(target_arch = "x86_64"))]
        std::iter::empty()
    }
}

/// Does the same with either set of instructions: `$simd` is the set in `$body`.
macro_rules! with_level {
    ($level:expr, $simd:ident => $body:expr) => {
        match $level {
            #[cfg(target_arch = "x86_64")]
            $crate::ops::simd::Level::Avx512($simd) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::ops::simd::Level::Avx2($simd) => $body,
        }
    };
}
pub(crate) use with_level;
