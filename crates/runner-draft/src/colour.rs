//! Colour: sRGB bytes, linear light, and OKLab for telling things apart.
//!
//! Pictures arrive and leave as sRGB bytes; light is added and scaled in linear light; the eyes compare colours
//! in OKLab, where equal steps look equal (Ottosson 2020).

use std::sync::LazyLock;

/// Red, green and blue; sRGB or linear in `0..=1`, as the name of the value says.
pub(crate) type Rgb = [f32; 3];

static TO_LINEAR: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|i| linear_from_srgb(i as f32 / 255.0)));
static TO_LINEAR_FINE: LazyLock<Vec<f32>> =
    LazyLock::new(|| (0..=LINEAR_STEPS).map(|i| linear_from_srgb(i as f32 / LINEAR_STEPS as f32)).collect());
const LINEAR_STEPS: usize = 4096;
static TO_SRGB: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=SRGB_STEPS).map(|i| encode(i as f32 / SRGB_STEPS as f32)).collect());
/// Fine enough that the darkest sRGB steps (1/3295 of linear light apart) stay apart.
const SRGB_STEPS: usize = 8192;

fn encode(linear: f32) -> u8 {
    let value = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0 + 0.5) as u8
}

/// IEC 61966-2-1, for one value in `0..=1`.
pub(crate) fn linear_from_srgb(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Linear light of one sRGB byte.
pub(crate) fn linear(byte: u8) -> f32 {
    TO_LINEAR[byte as usize]
}

/// The sRGB byte of linear light; clipped to `0..=1`.
pub(crate) fn srgb(linear: f32) -> u8 {
    TO_SRGB[(linear.clamp(0.0, 1.0) * SRGB_STEPS as f32 + 0.5) as usize]
}

/// As [`linear_from_srgb`], read off a table: right to a thirtieth of a byte.
pub(crate) fn linear_at(value: f32) -> f32 {
    TO_LINEAR_FINE[(value.clamp(0.0, 1.0) * LINEAR_STEPS as f32 + 0.5) as usize]
}

/// Relative luminance of linear light (Rec. 709).
pub(crate) fn luminance(rgb: Rgb) -> f32 {
    0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
}

/// OKLab of an sRGB colour in `0..=1`: lightness `0..=1`, then two opponent axes of about `-0.3..=0.3`.
pub(crate) fn oklab(rgb: Rgb) -> Rgb {
    let [r, g, b] = rgb.map(linear_at);
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// Distance in OKLab with the weight on chroma that separates cloth from wall best: a lightness step of 0.1 and
/// a chroma step of 0.05 count the same.
pub(crate) fn difference(a: Rgb, b: Rgb) -> f32 {
    let (l, p, q) = (a[0] - b[0], (a[1] - b[1]) * 2.0, (a[2] - b[2]) * 2.0);
    (l * l + p * p + q * q).sqrt()
}
