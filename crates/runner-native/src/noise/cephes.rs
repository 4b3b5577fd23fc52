//! Logarithm, sine and cosine by the polynomials of the Cephes library, as vectorised code has them: that of PyTorch on
//! x86, whose last bits we want: hence the fused multiplications exactly where its compiler fuses. Tables and steps are
//! those of S. Moshier's single precision functions.

/// Highest power first.
const LN: [f32; 9] = [
    7.037_683_6e-2,
    -1.151_461e-1,
    1.167_699_9e-1,
    -1.242_014_1e-1,
    1.424_932_3e-1,
    -1.666_805_7e-1,
    2.000_071_5e-1,
    -2.499_999_4e-1,
    3.333_333e-1,
];
/// The logarithm of two in two parts, so that a multiple of the first is exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
const SIN: [f32; 3] = [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1];
const COS: [f32; 3] = [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2];
/// An eighth of a turn in three parts, so that multiples of the first two are exact.
const EIGHTH: [f32; 3] = [0.785_156_25, 2.418_756_5e-4, 3.774_895e-8];

fn polynomial(coefficients: &[f32], x: f32) -> f32 {
    coefficients.iter().copied().reduce(|sum, next| sum.mul_add(x, next)).unwrap_or_default()
}

/// For x in (0, 1].
pub(super) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    // x = mantissa 2^exponent, with the mantissa in [0.5, 1).
    let mut exponent = ((bits >> 23) as i32 - 126) as f32;
    let mut x = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    // Around one: the mantissa less one, in [sqrt(1/2), sqrt(2)) - 1.
    if x < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1.0;
        x += x - 1.0;
    } else {
        x -= 1.0;
    }
    let z = x * x;
    let y = polynomial(&LN, x) * x;
    let y = y.mul_add(z, exponent * LN_2[1]);
    let y = (-0.5_f32).mul_add(z, y);
    exponent.mul_add(LN_2[0], x + y)
}

/// For small x of at least zero.
pub(super) fn sin_cos(x: f32) -> (f32, f32) {
    // The nearest even number of eighths of a turn is taken off.
    let eighths = ((x * (4.0 / std::f32::consts::PI)) as u32 + 1) & !1;
    let x = EIGHTH.iter().fold(x, |x, part| (-(eighths as f32)).mul_add(*part, x));
    let z = x * x;
    let cos = (polynomial(&COS, z) * z).mul_add(z, -0.5 * z) + 1.0;
    let sin = (polynomial(&SIN, z) * z).mul_add(x, x);
    let (sin, cos) = if eighths & 2 == 0 { (sin, cos) } else { (cos, sin) };
    let sign = |negative: bool| if negative { -1.0 } else { 1.0 };
    (sign(eighths & 4 != 0) * sin, sign((eighths + 2) & 4 != 0) * cos)
}
