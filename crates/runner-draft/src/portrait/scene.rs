//! One portrait before its look: the person cut out, lit anew, set in a place.

use rayon::prelude::*;

use super::HEADS;
use super::form::{COARSE, Form, Lights};
use super::words::{Mood, Treatment, Wishes};
use crate::backdrop::{self, Backdrop, Chance, Hour, Place, Sweep};
use crate::colour::{Rgb, linear, linear_at, linear_from_srgb, luminance, srgb};
use crate::face::Face;
use crate::face::crop::Crop;
use crate::face::matte::{self, Cutout};
use crate::geometry::{Vec2, mix, vec2};
use crate::raster::{Grid, Plane, blur};

/// What differs between the portraits of one task.
#[derive(Debug, Clone)]
pub(super) struct Variation {
    pub(super) seed: u64,
    /// Height of the frame in heads.
    pub(super) heads: f32,
    pub(super) place: Place,
    pub(super) hour: Hour,
    pub(super) mood: Mood,
    pub(super) treatment: Treatment,
    /// sRGB.
    pub(super) accent: Option<Rgb>,
    /// Where the key comes from: -1 left, 1 right.
    pub(super) side: f32,
    pub(super) height: f32,
}

/// Colours for studio backdrops where no word asks for one, in sRGB.
const PAPERS: [[u8; 3]; 6] =
    [[96, 104, 116], [122, 104, 92], [70, 96, 104], [108, 84, 96], [86, 100, 82], [128, 124, 120]];

impl Variation {
    /// The portrait number `index` of a task.
    pub(super) fn new(wishes: &Wishes, seed: u64, index: u32) -> Self {
        let seed = seed.wrapping_add(u64::from(index).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut chance = Chance::new(seed);
        let pick = |list: &[Rgb]| (!list.is_empty()).then(|| list[index as usize % list.len()]);
        let place = wishes.places.get(index as usize % wishes.places.len().max(1));
        let flip = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
        let side = if seed.is_multiple_of(3) { -flip } else { flip };
        let moods = [Mood::Plain, Mood::Soft, Mood::Backlit, Mood::Dramatic];
        Self {
            seed: chance.bits(),
            heads: HEADS * [1.0, 0.86, 1.12, 0.95][index as usize % 4] * chance.within(0.96, 1.04),
            place: place.copied().unwrap_or(Place::Studio),
            hour: wishes.hour.unwrap_or(Hour::Day),
            mood: wishes.mood.unwrap_or(moods[index as usize % 4]),
            treatment: wishes.treatment.unwrap_or(Treatment::Natural),
            accent: pick(&wishes.accents),
            side,
            height: chance.within(0.25, 0.7),
        }
    }

    /// The lights on the person that suit hour and mood.
    pub(super) fn lights(&self) -> Lights {
        let sun: Rgb = match self.hour {
            Hour::Day => [1.0, 0.98, 0.95],
            Hour::Sunset => [1.22, 0.93, 0.66],
            Hour::Night => [0.80, 0.84, 1.0],
            Hour::Neon => [0.98, 0.72, 1.02],
        };
        let (key, fill, back) = match self.mood {
            Mood::Plain => (0.55, 0.55, 0.25),
            Mood::Dramatic => (1.05, 0.18, 0.35),
            Mood::Soft => (0.32, 0.76, 0.15),
            Mood::Backlit => (0.40, 0.52, 0.85),
        };
        let accent = self.accent.map(|accent| accent.map(linear_from_srgb));
        let rim: Rgb = match (self.hour, accent) {
            (Hour::Neon, _) => [0.15, 0.9, 1.2],
            (Hour::Sunset, _) => [1.5, 0.75, 0.3],
            (_, Some(accent)) => accent.map(|c| 0.3 + 1.2 * c),
            _ => [1.0, 1.0, 1.0],
        };
        let other: Rgb = if self.hour == Hour::Neon { [1.3, 0.15, 0.75] } else { rim.map(|c| c * 0.5) };
        let away = vec2(-self.side * 0.9, -0.44);
        Lights {
            key: [self.side * 0.75, -self.height, 0.62],
            key_colour: sun.map(|c| c * key),
            ambient: sun.map(|c| mix(1.0, c, 0.4) * fill),
            rims: vec![(away, rim.map(|c| c * back)), (vec2(self.side, -0.1), other.map(|c| c * back * 0.6))],
        }
    }

    fn backdrop(&self, size: [usize; 2], head: Vec2, unit: f32) -> Backdrop {
        match self.place {
            Place::Office => backdrop::office(size, head, unit, self.seed),
            Place::Studio => {
                let paper = Chance::new(self.seed).pick(&PAPERS).map(linear);
                let colour = self.accent.map_or(paper, |accent| accent.map(linear_from_srgb));
                let dim = match (self.hour, self.mood) {
                    (Hour::Night | Hour::Neon, _) => 0.25,
                    (_, Mood::Dramatic) => 0.45,
                    (_, Mood::Soft) => 1.5,
                    _ => 1.0,
                };
                let sweep = Sweep {
                    bright: colour.map(|c| (c * 1.5 + 0.03) * dim),
                    dark: colour.map(|c| c * 0.32 * dim),
                    pool: 0.95,
                    mottled: 0.2,
                };
                backdrop::studio(sweep, size, head, unit, self.seed)
            }
            place => backdrop::place(place, self.hour, self.accent, size, (head, unit), self.seed),
        }
    }
}

/// A portrait before its look.
pub(super) struct Scene<'a> {
    pub(super) face: &'a Face,
    pub(super) variation: &'a Variation,
    pub(super) cutout: Cutout<'a>,
    pub(super) form: Form,
    /// sRGB in `0..=1`, person and place.
    pub(super) picture: Grid<Rgb>,
    /// The person's skin without eyes and lips, on a grid [`COARSE`] times coarser.
    pub(super) skin: Plane,
    /// The person's hair, on the same grid.
    pub(super) hair: Plane,
}

impl<'a> Scene<'a> {
    pub(super) fn set(
        cutout: Cutout<'a>,
        [skin, hair]: [Plane; 2],
        crop: &Crop,
        face: &'a Face,
        variation: &'a Variation,
    ) -> Self {
        let framing = crop.framing;
        let head = framing.to_frame(face.middle());
        let unit = face.unit() / framing.scale;
        let (backdrop, form) =
            rayon::join(|| variation.backdrop(framing.size, head, unit), || Form::of(&cutout, face));
        let lit = form.lit(&variation.lights());
        let picture = compose(&cutout, &backdrop, &lit);
        Self { face, variation, cutout, form, picture, skin, hair }
    }

    /// One head height in pixels of the portrait.
    pub(super) fn unit(&self) -> f32 {
        self.face.unit() / self.cutout.framing.scale
    }

    /// A place of the face (see [`Face::at`]) in the portrait.
    pub(super) fn at(&self, across: f32, down: f32) -> Vec2 {
        self.cutout.framing.to_frame(self.face.at(across, down))
    }
}

/// Where a pixel lies on a grid `step` times coarser.
pub(super) fn on_coarse(v: usize, step: usize) -> f32 {
    (v as f32 + 0.5) / step as f32 - 0.5
}

fn compose(cutout: &Cutout<'_>, backdrop: &Backdrop, lit: &Grid<[f32; 6]>) -> Grid<Rgb> {
    let [width, height] = cutout.framing.size;
    let step = matte::COARSE * 2;
    let small = cutout.framing.coarser(step).size;
    let open = blur(&matte::shrunk_plane(&cutout.alpha, step, small).map(|share| 1.0 - share), 2.2);
    Grid::par_from_fn(width, height, |x, y| {
        let alpha = cutout.alpha.at(x, y);
        let behind = backdrop.at(x, y);
        if alpha <= 0.0 {
            return behind.map(|c| f32::from(srgb(c)) / 255.0);
        }
        let light = lit.sample(on_coarse(x, COARSE), on_coarse(y, COARSE));
        let wrap = 0.12 * open.sample(on_coarse(x, step), on_coarse(y, step));
        let colour = cutout.colour.at(x, y);
        std::array::from_fn(|c| {
            let own = linear_at(colour[c]);
            let own = own * light[c] + light[c + 3] * (0.10 + 0.9 * own);
            let own = own + (behind[c] - own).max(0.0) * wrap;
            encoded(mix(behind[c], own, alpha))
        })
    })
}

/// sRGB of linear light, with a shoulder instead of a hard end.
fn encoded(linear: f32) -> f32 {
    let soft = if linear > 0.8 { 0.8 + 0.25 * (1.0 - (-(linear - 0.8) / 0.25).exp()) } else { linear };
    f32::from(srgb(soft)) / 255.0
}

/// What is done to colours in the end, in sRGB.
pub(super) fn treat(picture: &mut Grid<Rgb>, treatment: Treatment) {
    let toned = |grey: f32, t: Rgb| t.map(|t| (grey.powf(t)).clamp(0.0, 1.0));
    picture.data.par_iter_mut().for_each(|rgb| {
        let grey = luminance(*rgb);
        *rgb = match treatment {
            Treatment::Natural => *rgb,
            Treatment::Monochrome => [contrast(grey, 0.35); 3],
            Treatment::Sepia => toned(contrast(grey, 0.2), [0.82, 1.0, 1.3]),
            Treatment::Vivid => rgb.map(|c| (grey + (c - grey) * 1.4).clamp(0.0, 1.0)),
            Treatment::Muted => rgb.map(|c| (grey + (c - grey) * 0.6) * 0.88 + 0.08),
        };
    });
}

/// An S-curve; 0 leaves everything as it is.
pub(super) fn contrast(value: f32, amount: f32) -> f32 {
    let v = value.clamp(0.0, 1.0);
    mix(v, v * v * (3.0 - 2.0 * v), amount)
}
