//! The transforms of two sizes of tile. Matrices: Lavin and Gray, "Fast algorithms for convolutional neural networks",
//! 2015, section 4.

use crate::ops::simd::Simd;

/// A size of tile along one side: `OUT` results of three taps from `IN = OUT + 2` numbers, with `IN` products.
pub(super) trait Tile<const IN: usize, const OUT: usize>: Copy + Send + Sync {
    /// Three taps as `IN` factors.
    fn taps(taps: [f32; 3]) -> [f32; IN];
    /// Numbers as the other factors.
    fn numbers<S: Simd>(s: S, d: [S::V; IN]) -> [S::V; IN];
    /// Products to results.
    fn results<S: Simd>(s: S, m: [S::V; IN]) -> [S::V; OUT];
    /// `OUT` vectors in a row to vectors of every `OUT`th number.
    fn split<S: Simd>(s: S, x: [S::V; OUT]) -> [S::V; OUT];
    /// The opposite of [`Tile::split`].
    fn join<S: Simd>(s: S, x: [S::V; OUT]) -> [S::V; OUT];
}

/// Two results: as exact as the plain sum, with 16 products for 36.
#[derive(Clone, Copy)]
pub(super) struct F2;

impl Tile<4, 2> for F2 {
    fn taps([a, b, c]: [f32; 3]) -> [f32; 4] {
        [a, (a + b + c) * 0.5, (a - b + c) * 0.5, c]
    }

    #[inline(always)]
    fn numbers<S: Simd>(s: S, [a, b, c, d]: [S::V; 4]) -> [S::V; 4] {
        [s.sub(a, c), s.add(b, c), s.sub(c, b), s.sub(b, d)]
    }

    #[inline(always)]
    fn results<S: Simd>(s: S, [a, b, c, d]: [S::V; 4]) -> [S::V; 2] {
        [s.add(s.add(a, b), c), s.sub(s.sub(b, c), d)]
    }

    #[inline(always)]
    fn split<S: Simd>(s: S, [a, b]: [S::V; 2]) -> [S::V; 2] {
        s.deinterleave(a, b)
    }

    #[inline(always)]
    fn join<S: Simd>(s: S, [a, b]: [S::V; 2]) -> [S::V; 2] {
        s.interleave(a, b)
    }
}

/// Four results: ten times the rounding error, with 36 products for 144.
#[derive(Clone, Copy)]
pub(super) struct F4;

impl Tile<6, 4> for F4 {
    fn taps([a, b, c]: [f32; 3]) -> [f32; 6] {
        let (even, far) = (a + c, a + 4.0 * c);
        [a / 4.0, -(even + b) / 6.0, (b - even) / 6.0, (far + 2.0 * b) / 24.0, (far - 2.0 * b) / 24.0, c]
    }

    #[inline(always)]
    fn numbers<S: Simd>(s: S, [a, b, c, d, e, f]: [S::V; 6]) -> [S::V; 6] {
        let (two, four, five) = (s.splat(2.0), s.splat(4.0), s.splat(-5.0));
        let (minus_four, minus_two) = (s.splat(-4.0), s.splat(-2.0));
        let (near, odd) = (s.mul_add(c, minus_four, e), s.mul_add(b, minus_four, d));
        let (far, steep) = (s.sub(e, c), s.sub(d, b));
        [
            s.mul_add(a, four, s.mul_add(c, five, e)),
            s.add(near, odd),
            s.sub(near, odd),
            s.mul_add(steep, two, far),
            s.mul_add(steep, minus_two, far),
            s.mul_add(b, four, s.mul_add(d, five, f)),
        ]
    }

    #[inline(always)]
    fn results<S: Simd>(s: S, [a, b, c, d, e, f]: [S::V; 6]) -> [S::V; 4] {
        let (two, four, eight) = (s.splat(2.0), s.splat(4.0), s.splat(8.0));
        let (near, steep) = (s.add(b, c), s.sub(b, c));
        let (far, steeper) = (s.add(d, e), s.sub(d, e));
        [
            s.add(a, s.add(near, far)),
            s.mul_add(steeper, two, steep),
            s.mul_add(far, four, near),
            s.add(s.mul_add(steeper, eight, steep), f),
        ]
    }

    #[inline(always)]
    fn split<S: Simd>(s: S, [a, b, c, d]: [S::V; 4]) -> [S::V; 4] {
        let ([even, odd], [more_even, more_odd]) = (s.deinterleave(a, b), s.deinterleave(c, d));
        let ([a, c], [b, d]) = (s.deinterleave(even, more_even), s.deinterleave(odd, more_odd));
        [a, b, c, d]
    }

    #[inline(always)]
    fn join<S: Simd>(s: S, [a, b, c, d]: [S::V; 4]) -> [S::V; 4] {
        let ([even, more_even], [odd, more_odd]) = (s.interleave(a, c), s.interleave(b, d));
        let ([a, b], [c, d]) = (s.interleave(even, odd), s.interleave(more_even, more_odd));
        [a, b, c, d]
    }
}
