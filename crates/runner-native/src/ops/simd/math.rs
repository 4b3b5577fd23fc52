//! Functions of whole vectors.

use super::Simd;

/// 2^f on -0.5..0.5 as a polynomial, lowest power first, fitted for the least relative error: 7.5e-8.
const EXP2: [f32; 6] = [1.0, 0.693_146_97, 0.240_221_2, 0.055_507_133, 0.009_675_541, 0.001_327_646_7];

/// 2^x to 3e-7 of its value; infinity and zero at the ends; no number stays none.
#[inline(always)]
pub(crate) fn exp2<S: Simd>(s: S, x: S::V) -> S::V {
    // In this order what is no number passes through both.
    let x = s.min(s.splat(200.0), s.max(s.splat(-200.0), x));
    let n = s.round(x);
    let f = s.sub(x, n);
    let mut y = s.splat(EXP2[5]);
    let mut power = 5;
    while power > 0 {
        power -= 1;
        y = s.mul_add(y, f, s.splat(EXP2[power]));
    }
    s.scale(y, n)
}

/// `x / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn silu<S: Simd>(s: S, x: S::V) -> S::V {
    let e = exp2(s, s.mul(x, s.splat(-std::f32::consts::LOG2_E)));
    s.div(x, s.add(s.splat(1.0), e))
}
