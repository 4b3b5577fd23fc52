//! What a drawing needs to know of a head: its outline, its skin, and how brows and mouth run.
//!
//! Everything is measured in distances between the eyes, from their middle: `x` across, `y` down.

use super::parts::middle;
use crate::colour::{Rgb, linear_at, luminance};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::mouth::Mouth;
use crate::portrait::scene::Scene;
use crate::raster::{Grid, Plane, blur};

/// Half the width of a face at the eyes.
const CHEEKS: f32 = 1.2;
/// Where the chin ends.
const CHIN: f32 = 1.9;

/// A line across part of a face: its row in the middle and how it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) row: f32,
    /// Of a brow how far it falls outwards, of a mouth how far its corners hang.
    pub(super) fall: f32,
}

/// A head as it is in the picture.
pub(super) struct Head {
    /// Whether the eyes were found; without them nothing of the face is drawn anew.
    pub(super) seen: bool,
    /// Whether something dark lies before the eyes.
    pub(super) shaded: bool,
    /// Whether the mouth shows teeth.
    pub(super) teeth: bool,
    /// The usual tone of the face in light, sRGB.
    pub(super) skin: Rgb,
    /// The colour of the lips, if it is not the skin's.
    pub(super) lips: Option<Rgb>,
    pub(super) brow: Line,
    pub(super) mouth: Line,
    middle: Vec2,
    along: Vec2,
    /// How dark the lower face is on both sides, against its skin; see [`Head::beard`].
    dark: Plane,
}

/// Rows and columns of [`Head::dark`] per distance between the eyes.
const FINE: f32 = 16.0;

impl Head {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let middle = scene.at(0.0, 0.0);
        let before = |x: f32, y: f32| scene.cutout.before(scene.at(x, y));
        let skin = tone(before);
        let bright = |x: f32, y: f32| luminance(before(x, y));
        let light = |x: f32, y: f32| before(x, y).map(linear_at);
        let usual = luminance(skin).max(0.05);
        let mouth = Mouth::find(light);
        Self {
            seen: scene.face.seen(),
            shaded: shaded(&|x, y| bright(x, y) / usual),
            teeth: mouth.apart.is_some(),
            skin,
            lips: lips(&before, skin, mouth.row()),
            brow: brow(&bright),
            mouth: smile(&bright, mouth.row()),
            middle,
            along: scene.at(1.0, 0.0) - middle,
            dark: dark(&|x, y| bright(x, y) / usual, mouth),
        }
    }

    /// A pixel of the portrait in the face's measure.
    pub(super) fn place(&self, pixel: Vec2) -> Vec2 {
        let off = pixel - self.middle;
        let per = 1.0 / self.along.dot(self.along).max(1e-3);
        vec2(off.dot(self.along) * per, off.dot(self.along.turned()) * per)
    }

    /// Distance between the eyes in pixels of the portrait.
    pub(super) fn between(&self) -> f32 {
        self.along.length()
    }

    /// Whether a beard covers the chin.
    pub(super) fn bearded(&self) -> bool {
        [0.35, 0.5].iter().all(|x| self.beard(vec2(*x, 1.55)) > 0.4)
    }

    /// How sure a place is covered by a beard: darker than skin on this side as on the other, which no shadow is.
    pub(super) fn beard(&self, place: Vec2) -> f32 {
        if !self.seen || place.x.abs() > 1.3 || !(0.45..2.1).contains(&place.y) {
            return 0.0;
        }
        let at = |x: f32| self.dark.sample((x + 1.5) * FINE, (place.y - 0.2) * FINE);
        at(place.x).min(at(-place.x))
    }
}

/// How far within the outline of cheeks and chin a place is, about; negative outside. Upwards it has no end: there hair
/// ends a face.
pub(super) fn inside(place: Vec2) -> f32 {
    let t = ((place.y - 0.2) / (CHIN - 0.2)).max(0.0);
    let half = CHEEKS * (1.0 - t.min(1.0).powf(2.6)).powf(0.7);
    // Near the chin the nearest border lies below.
    (half - place.x.abs()).min(1.4 * (CHIN - place.y))
}

/// Whether a place lies on the face below where hair begins.
pub(super) fn covers(place: Vec2) -> bool {
    place.y > -0.95 && inside(place) > 0.0
}

#[cfg(test)]
impl Head {
    /// A plain head looking out of the middle of a square portrait of `side` pixels.
    pub(super) fn plain(side: usize, between: f32) -> Self {
        let line = |row| Line { row, fall: 0.0 };
        let middle = vec2(side as f32, side as f32) * 0.5;
        let (seen, shaded, teeth, skin) = (true, false, false, [0.8, 0.62, 0.52]);
        let dark = Grid::new((3.0 * FINE) as usize + 1, (2.0 * FINE) as usize + 1, 0.0);
        let (brow, mouth, along) = (line(-0.42), line(1.08), vec2(between, 0.0));
        Self { seen, shaded, teeth, skin, lips: None, brow, mouth, middle, along, dark }
    }
}

/// The tone of a face in light: the brighter half of its skin.
fn tone(at: impl Fn(f32, f32) -> Rgb) -> Rgb {
    let mut all = Vec::new();
    for i in -7..=7 {
        for j in -4..=12 {
            let (x, y) = (i as f32 * 0.12, j as f32 * 0.1);
            let feature =
                (0.35..0.65).contains(&x.abs()) && y.abs() < 0.25 || y < -0.15 || x.abs() < 0.45 && y > 0.9;
            if !feature {
                all.push(at(x, y));
            }
        }
    }
    middle(&mut all, [0.5, 0.9], 1).unwrap_or([0.8, 0.62, 0.52])
}

/// Whether most of what lies around the eyes is much darker than skin.
fn shaded(bright: &impl Fn(f32, f32) -> f32) -> bool {
    let mut dark = [0; 2];
    for (side, dark) in [-0.5, 0.5].into_iter().zip(&mut dark) {
        for i in -4..=4 {
            for j in -2..=4 {
                let at = (side + 0.075 * i as f32, 0.07 * j as f32 - 0.12);
                *dark += usize::from(bright(at.0, at.1) < 0.4);
            }
        }
    }
    dark.into_iter().all(|dark| dark * 10 > 63 * 6)
}

/// How dark the lower face is against skin, `0..=1`, coarse enough that neither lips nor nostrils count.
fn dark(bright: &impl Fn(f32, f32) -> f32, mouth: Mouth) -> Plane {
    let apart = 0.2 + 0.7 * mouth.gap(mouth.middle);
    let (wide, tall) = ((3.0 * FINE) as usize + 1, (2.0 * FINE) as usize + 1);
    let plane = Grid::from_fn(wide, tall, |i, j| {
        let (x, y) = (i as f32 / FINE - 1.5, j as f32 / FINE + 0.2);
        let nose = x.abs() < 0.4 && y < (mouth.row() - apart).max(0.85);
        let lips = (x / 0.5).hypot((y - mouth.row()) / apart) < 1.0;
        if nose || lips { 0.0 } else { smoothstep(0.66, 0.46, bright(x, y)) }
    });
    blur(&plane, 0.07 * FINE)
}

/// How much darker a row is than what lies `reach` above and below it.
fn notch(bright: &impl Fn(f32, f32) -> f32, x: f32, y: f32, reach: f32) -> f32 {
    f32::midpoint(bright(x, y - reach), bright(x, y + reach)) - bright(x, y)
}

/// How the brows run, the mean of both: an expression is known by it.
fn brow(bright: &impl Fn(f32, f32) -> f32) -> Line {
    // Weighted least squares of the darkest rows against how far out they are.
    let mut sums = [0.0_f32; 5];
    for side in [-1.0, 1.0] {
        for i in 0..10 {
            let out = 0.2 + 0.065 * i as f32;
            let dark = |y: f32| notch(bright, side * out, y, 0.13) - 0.5 * (y + 0.42).powi(2);
            let rows = (0..24).map(|j| -0.76 + 0.022 * j as f32);
            let Some(row) = rows.max_by(|a, b| dark(*a).total_cmp(&dark(*b))) else { continue };
            let (weight, off) = (dark(row).max(0.0), out - 0.5);
            for (sum, value) in sums.iter_mut().zip([1.0, off, off * off, row, row * off]) {
                *sum += weight * value;
            }
        }
    }
    let [weight, x, xx, y, xy] = sums;
    // A prior of brows as they usually are, so that light ones do no harm.
    let (weight, xx, y) = (weight + 0.1, xx + 0.02, y - 0.1 * 0.44);
    let fall = ((xy * weight - x * y) / (xx * weight - x * x).max(1e-4)).clamp(-0.3, 0.45);
    Line { row: ((y - fall * x) / weight).clamp(-0.62, -0.32), fall: (0.7 * fall).max(-0.12) }
}

/// How the line between the lips runs around its known middle.
fn smile(bright: &impl Fn(f32, f32) -> f32, row: f32) -> Line {
    let (mut sum, mut weight) = (0.0_f32, 0.25_f32);
    for side in [-1.0, 1.0] {
        for i in 3..8 {
            let x = 0.05 * i as f32;
            // The middle of what is dark near the line, not its darkest row: lips have a thickness.
            let near = (-14..=14).map(|j| 0.012 * j as f32);
            let dark = near.map(|off| (off, notch(bright, side * x, row + off, 0.1).max(0.0).powi(2)));
            let (all, down) =
                dark.fold((1e-6, 0.0), |(all, down), (off, dark)| (all + dark, down + dark * off));
            let share = all.sqrt().min(1.0);
            sum += share * down / all / (x * x);
            weight += share;
        }
    }
    Line { row: row.clamp(0.9, 1.55), fall: (sum / weight).clamp(-0.9, 0.5) }
}

/// The colour of painted lips.
fn lips(at: &impl Fn(f32, f32) -> Rgb, skin: Rgb, row: f32) -> Option<Rgb> {
    let mut all: Vec<Rgb> =
        (-4..=4).flat_map(|i| [-0.06, 0.09, 0.13].map(|y| at(0.05 * i as f32, row + y))).collect();
    let own = middle(&mut all, [0.2, 0.8], 1)?;
    let red = |rgb: Rgb| rgb[0] / rgb[1].max(0.02);
    let painted = smoothstep(1.12, 1.5, red(own) / red(skin).max(0.1));
    (painted > 0.0).then(|| std::array::from_fn(|c| mix(skin[c], own[c], painted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mouth::Arc;

    #[test]
    fn a_face_darker_on_one_side_has_no_beard_and_one_darker_on_both_has() {
        let half = |x: f32, _: f32| if x > 0.1 { 0.35 } else { 1.0 };
        let beard = |x: f32, y: f32| if y > 0.9 || x.abs() > 0.9 { 0.35 } else { 1.0 };
        let head = Head::plain(400, 80.0);
        let mouth = Mouth { line: Arc { row: 1.1, curve: 0.0 }, apart: None, middle: 0.0, half: 0.35 };
        let [shadow, bearded] =
            [dark(&half, mouth), dark(&beard, mouth)].map(|dark| Head { dark, ..Head::plain(400, 80.0) });
        for (x, y) in [(0.8, 1.2), (-0.8, 1.2), (0.3, 1.65), (-0.3, 1.65)] {
            let at = vec2(x, y);
            assert!(head.beard(at) < 0.01 && shadow.beard(at) < 0.1, "a shadow at {at:?}");
            assert!(bearded.beard(at) > 0.7, "no beard at {at:?}: {}", bearded.beard(at));
        }
        assert!(bearded.beard(vec2(0.0, 1.1)) < 0.5, "lips");
        assert!(bearded.bearded() && !shadow.bearded());
        let wide =
            Mouth { line: Arc { row: 1.45, curve: 0.0 }, apart: Some(Arc { row: 1.2, curve: 0.0 }), ..mouth };
        let shout = |x: f32, y: f32| if x.abs() < 0.4 && (1.2..1.45).contains(&y) { 0.1 } else { 1.0 };
        let shouting = Head { dark: dark(&shout, wide), ..Head::plain(400, 80.0) };
        assert!(shouting.beard(vec2(0.2, 1.35)) < 0.1, "an open mouth is no beard");
    }

    #[test]
    fn brows_and_mouths_are_followed() {
        let skin = 0.7;
        let drawn = |x: f32, y: f32| {
            let brow = (y - (-0.5 + 0.2 * (x.abs() - 0.5))).abs() < 0.05 && (0.2..0.8).contains(&x.abs());
            let mouth = (y - (1.1 - 0.5 * x * x)).abs() < 0.03 && x.abs() < 0.4;
            if brow || mouth { 0.2 } else { skin }
        };
        let brow = brow(&drawn);
        assert!((brow.row + 0.5).abs() < 0.06 && brow.fall > 0.05, "{brow:?}");
        let mouth = smile(&drawn, 1.1);
        assert!((-0.7..-0.25).contains(&mouth.fall), "{mouth:?}");
        let blank = super::brow(&|_: f32, _: f32| skin);
        assert!((blank.row + 0.44).abs() < 0.05 && blank.fall.abs() < 0.05, "{blank:?}");
    }
}
