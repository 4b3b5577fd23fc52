//! Where a mouth is and what it shows, from the light around it.
//!
//! Places are in distances between the eyes, from their middle: across and down. Decided here: the mouth is followed as an
//! arc over its whole width, because any single row of a face has something darker or brighter nearby: a nostril, a gleam,
//! the shadow under a lip.

use crate::colour::{Rgb, luminance};
use crate::geometry::smoothstep;

/// A line across a mouth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arc {
    /// Its row in the middle of the face.
    pub(crate) row: f32,
    /// How it runs from there with the square of the distance; below 0 the corners are higher.
    pub(crate) curve: f32,
}

impl Arc {
    /// Its row at `x` across.
    pub(crate) fn at(self, x: f32) -> f32 {
        self.row + self.curve * x * x
    }
}

/// A mouth as the picture shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mouth {
    /// Where it opens: between the lips, or along the lower end of what is seen between them.
    pub(crate) line: Arc,
    /// The upper end of teeth, or of the dark inside, where the lips are apart.
    pub(crate) apart: Option<Arc>,
    /// Where its middle is across.
    pub(crate) middle: f32,
    /// Half its width.
    pub(crate) half: f32,
}

/// Where lips usually meet, and teeth usually show.
const USUAL: f32 = 1.08;
const SMILING: f32 = 1.02;
/// How far from the line lips end, about.
const LIP: f32 = 0.12;
/// Distance of searched columns.
const STEP: f32 = 0.03;
/// How far apart lips can be that show teeth; and others, since the line between closed ones is dark, too. A beard is a
/// taller dark place.
const TEETH: f32 = 0.075;
const DARK: f32 = 0.125;
const MOST: f32 = 0.4;

impl Mouth {
    /// Finds it; `light` is linear.
    pub(crate) fn find(light: impl Fn(f32, f32) -> Rgb) -> Self {
        let around = Around::new(light);
        let edge = |x: f32, y: f32| around.inside(x, y + STEP) - around.inside(x, y - STEP);
        let off = |row: f32| 0.5 * (row - SMILING).powi(2);
        let (top, begins) = fit(edge, off);
        let (end, ends) = fit(|x, y| if y > top.at(x) + STEP { -edge(x, y) } else { -1.0 }, off);
        let middle = |x: f32| f32::midpoint(top.at(x), end.at(x));
        let teeth = columns().map(|x| around.tooth(x, middle(x))).sum::<f32>() / columns().count() as f32;
        let least = if teeth > 0.3 { TEETH } else { DARK };
        if begins.min(ends) > 0.45 && begins + ends > 1.1 && (least..MOST).contains(&(end.row - top.row)) {
            return Self::new(end, Some(top), |x| around.inside(x, middle(x)) > 0.35);
        }
        // Nostrils lie above far more often than anything like a mouth lies below.
        let (line, _) = fit(
            |x, y| around.dark(x, y) + 0.15 * around.lips(x, y),
            |row| if row < USUAL { 3.0 } else { 2.0 } * (row - USUAL).powi(2),
        );
        let usual = columns().map(|x| around.dark(x, line.at(x))).sum::<f32>() / columns().count() as f32;
        Self::new(line, None, |x| around.dark(x, line.at(x)) > 0.3 * usual.max(0.02))
    }

    /// `within` tells how far out the mouth goes on.
    fn new(line: Arc, apart: Option<Arc>, within: impl Fn(f32) -> bool) -> Self {
        let [left, right] = [-1.0, 1.0].map(|side| reach(|x| within(side * x)));
        let (middle, half) = (0.5 * (right - left), f32::midpoint(left, right));
        // Lips go on where teeth are no longer seen.
        let least = if apart.is_some() { 0.36 } else { 0.26 };
        Self { line, apart, middle: middle.clamp(-0.12, 0.12), half: half.clamp(least, 0.5) }
    }

    /// The middle of what is seen of it, down.
    pub(crate) fn row(&self) -> f32 {
        self.apart.map_or(self.line.row, |top| f32::midpoint(top.row, self.line.row))
    }

    /// How far apart the lips are at `x` across.
    pub(crate) fn gap(&self, x: f32) -> f32 {
        self.apart.map_or(0.0, |top| (self.line.at(x) - top.at(x)).max(0.0))
    }
}

/// Columns in which every mouth is.
fn columns() -> impl Iterator<Item = f32> {
    (-9..=9).map(|i| STEP * i as f32)
}

/// The arc along which `sign` is the most in the mean, less what its row costs; and how much that is.
fn fit(sign: impl Fn(f32, f32) -> f32, cost: impl Fn(f32) -> f32) -> (Arc, f32) {
    let rows = (0..=92).map(|i| 0.84 + 0.01 * i as f32);
    let arcs = rows.flat_map(|row| (-5..=4).map(move |i| Arc { row, curve: 0.16 * i as f32 }));
    let worth = |arc: Arc| {
        let all = columns().map(|x| sign(x, arc.at(x))).sum::<f32>();
        all / columns().count() as f32 - cost(arc.row) - 0.05 * arc.curve.powi(2)
    };
    let none = (Arc { row: USUAL, curve: 0.0 }, f32::MIN);
    arcs.map(|arc| (arc, worth(arc))).fold(none, |best, new| if new.1 > best.1 { new } else { best })
}

/// How far out something goes on, gaps bridged; at most 0.55.
fn reach(goes_on: impl Fn(f32) -> bool) -> f32 {
    let mut last = 0.2;
    for x in (0..36).map(|i| 0.2 + 0.01 * i as f32) {
        if goes_on(x) {
            last = x;
        } else if x > last + 0.045 {
            break;
        }
    }
    last
}

/// The light around a mouth, against that of the cheeks.
struct Around<F> {
    light: F,
    cheek: Tone,
}

/// A colour as a face shows it.
struct Tone {
    /// A cube root, whose steps look even.
    bright: f32,
    /// How much blue and green there is against red, as logarithms: at most 0 on skin.
    blue: f32,
    green: f32,
}

impl Tone {
    fn of(rgb: Rgb) -> Self {
        let against = |c: usize| ((rgb[c].max(0.0) + 0.004) / (rgb[0].max(0.0) + 0.004)).ln();
        Self { bright: luminance(rgb).max(0.0).cbrt(), blue: against(2), green: against(1) }
    }
}

impl<F: Fn(f32, f32) -> Rgb> Around<F> {
    fn new(light: F) -> Self {
        let places = (0..64).map(|i| (0.32 + 0.04 * (i % 8) as f32, 0.55 + 0.05 * (i / 8) as f32));
        let tones: Vec<Tone> = places.flat_map(|(x, y)| [-x, x].map(|x| Tone::of(light(x, y)))).collect();
        let among = |share: f32, part: fn(&Tone) -> f32| {
            let mut all: Vec<f32> = tones.iter().map(part).collect();
            all.sort_by(f32::total_cmp);
            all[(share * all.len() as f32) as usize]
        };
        let cheek = Tone {
            bright: among(0.6, |tone| tone.bright).max(0.05),
            blue: among(0.5, |tone| tone.blue),
            green: among(0.5, |tone| tone.green),
        };
        Self { light, cheek }
    }

    fn tone(&self, x: f32, y: f32) -> Tone {
        Tone::of((self.light)(x, y))
    }

    /// How much darker a place is than what is above and below.
    fn dark(&self, x: f32, y: f32) -> f32 {
        let bright = |y: f32| self.tone(x, y).bright;
        (f32::midpoint(bright(y - LIP), bright(y + LIP)) - bright(y)).clamp(-0.1, 0.18)
    }

    /// How much of what is above and below differs from skin, `0..=1`.
    fn lips(&self, x: f32, y: f32) -> f32 {
        let unlike = |off: f32| {
            let Tone { bright, blue, green } = self.tone(x, y + off);
            let hue = (2.5 * (green - self.cheek.green).abs()).max(1.2 * (blue - self.cheek.blue).abs());
            hue.max(1.6 * (0.75 - bright / self.cheek.bright)).clamp(0.0, 1.0)
        };
        [-0.09, -0.05, 0.05, 0.09].map(unlike).iter().sum::<f32>() / 4.0
    }

    /// How sure a place is a tooth, `0..=1`: as bright as a cheek, and less coloured.
    fn tooth(&self, x: f32, y: f32) -> f32 {
        let Tone { bright, blue, .. } = self.tone(x, y);
        let white = (blue - self.cheek.blue) / -self.cheek.blue.min(-0.25);
        smoothstep(0.28, 0.52, white) * smoothstep(0.80, 0.92, bright / self.cheek.bright)
    }

    /// How sure a place is between parted lips, `0..=1`: a tooth, or far darker than skin.
    fn inside(&self, x: f32, y: f32) -> f32 {
        let dark = smoothstep(0.55, 0.45, self.tone(x, y).bright / self.cheek.bright);
        self.tooth(x, y).max(dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIN: Rgb = [0.50, 0.28, 0.19];
    const LIPS: Rgb = [0.36, 0.13, 0.11];
    const BLACK: Rgb = [0.03, 0.012, 0.01];
    const TEETH: Rgb = [0.62, 0.58, 0.52];

    /// A face with nostrils, the shadow of a chin, and lips around what is between them.
    fn face(line: Arc, apart: f32, between: Rgb) -> impl Fn(f32, f32) -> Rgb {
        move |x: f32, y: f32| {
            let half = 0.4;
            let bow = (1.0 - (x / half).powi(2)).max(0.0);
            let off = y - line.at(x);
            if (x.abs() - 0.13).hypot((y - 0.74) * 1.6) < 0.06 || y > 1.75 {
                BLACK
            } else if bow > 0.0 && off < 0.02 && off > -0.02 - apart * bow.powf(0.3) {
                between
            } else if off.abs() < 0.02 && x.abs() < half {
                BLACK
            } else if bow > 0.0 && (-apart - 0.1 * bow..0.12 * bow).contains(&off) {
                LIPS
            } else {
                SKIN
            }
        }
    }

    #[test]
    fn closed_lips_are_followed_and_show_nothing() {
        for (row, curve) in [(0.98, 0.2), (1.1, 0.0), (1.15, -0.4)] {
            let line = Arc { row, curve };
            // In hard light the line is thick.
            assert!(Mouth::find(face(line, 0.05, BLACK)).apart.is_none(), "{row}");
            let mouth = Mouth::find(face(line, 0.0, BLACK));
            assert!(mouth.apart.is_none(), "{mouth:?}");
            assert!((mouth.line.row - row).abs() < 0.035, "{row}: {mouth:?}");
            assert!((mouth.line.at(0.3) - line.at(0.3)).abs() < 0.05, "{row}: {mouth:?}");
            assert!((0.3..0.48).contains(&mouth.half), "{mouth:?}");
        }
    }

    #[test]
    fn a_smile_opens_at_the_lower_end_of_its_teeth() {
        for (row, tall) in [(1.05, 0.1), (1.2, 0.15), (1.36, 0.18)] {
            let line = Arc { row, curve: -0.45 };
            let mouth = Mouth::find(face(line, tall, TEETH));
            assert!((mouth.line.row - row).abs() < 0.05, "{row}: {mouth:?}");
            let top = mouth.apart.unwrap();
            assert!((top.row - (row - tall)).abs() < 0.05, "{row}: {mouth:?}");
            assert!((mouth.line.at(0.3) - line.at(0.3)).abs() < 0.05, "{row}: {mouth:?}");
        }
    }

    #[test]
    fn an_open_mouth_is_no_pair_of_nostrils() {
        let mouth = Mouth::find(face(Arc { row: 1.45, curve: 0.1 }, 0.25, BLACK));
        assert!((mouth.line.row - 1.45).abs() < 0.06 && mouth.apart.is_some(), "{mouth:?}");
    }

    #[test]
    fn a_dark_beard_is_no_open_mouth() {
        let lips = face(Arc { row: 1.08, curve: 0.0 }, 0.0, BLACK);
        let mouth = Mouth::find(|x, y| {
            let beard = y > 0.88 && (x / 0.42).hypot((y - 1.08) / 0.14) > 1.0;
            if beard { [0.03, 0.02, 0.015] } else { lips(x, y) }
        });
        assert!(mouth.apart.is_none() && (mouth.line.row - 1.08).abs() < 0.06, "{mouth:?}");
    }
}
