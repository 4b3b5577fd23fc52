//! The scenes: cut-outs put before backgrounds, lit, shadowed, blurred, and sent through a camera's noise and a JPEG.

use std::collections::BTreeMap;

use atelier_domain::Picture;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, ExtendedColorType};

use super::Dice;
use super::cutouts::Cutout;
use super::grounds::{self, Canvas, Ground};

/// What is true of a scene; places and outline in its pixels.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    /// `person`, a kind of garment, or `nobody`.
    pub(crate) kind: String,
    /// How much of a person is in the frame: `whole`, `knees`, `waist`, `chest`.
    pub(crate) view: &'static str,
    /// Coverage by the figure, a pixel each.
    pub(crate) mask: Vec<f32>,
    pub(crate) points: BTreeMap<String, [f32; 2]>,
    /// What errors are given in shares of: a person's whole height, a garment's longer side.
    pub(crate) unit: f32,
}

/// One picture and the truth about it.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) group: &'static str,
    pub(crate) picture: Picture,
    pub(crate) truth: Truth,
}

/// What a scene is made of; composed when it is needed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Index of the cut-out; none for pictures of nobody.
    cutout: Option<usize>,
    ground: Ground,
    pub(crate) number: usize,
}

const PEOPLE_BEFORE: [Ground; 10] = [
    Ground::Plain,
    Ground::Gradient,
    Ground::Brick,
    Ground::Wood,
    Ground::Foliage,
    Ground::Stripes,
    Ground::Bokeh,
    Ground::Room,
    Ground::Plain,
    Ground::Gradient,
];
const GARMENTS_ON: [Ground; 5] =
    [Ground::Plain, Ground::Gradient, Ground::Plain, Ground::Linen, Ground::Wood];

/// Pictures of nobody.
const NOBODIES: usize = 48;

/// All scenes of the measurement, in order.
pub(crate) fn all(cutouts: &[Cutout]) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (i, cutout) in cutouts.iter().enumerate() {
        let grounds = if cutout.known.kind == "person" { &PEOPLE_BEFORE[..] } else { &GARMENTS_ON[..] };
        for &ground in grounds {
            plans.push(Plan { cutout: Some(i), ground, number: plans.len() });
        }
    }
    let nobodies = (0..NOBODIES).map(|i| Plan { cutout: None, ground: Ground::Plain, number: 10_000 + i });
    plans.extend(nobodies);
    plans
}

impl Plan {
    /// What the scene will be called.
    pub(crate) fn name(&self, cutouts: &[Cutout]) -> String {
        let figure = self.cutout.map_or("nobody", |i| &cutouts[i].name);
        format!("{}-{figure}-{:?}", self.number, self.ground).to_lowercase()
    }

    /// The group of the background, `nobody` without a figure.
    pub(crate) fn group(&self) -> &'static str {
        if self.cutout.is_some() { self.ground.group() } else { "nobody" }
    }

    /// Whether a person is in the picture.
    pub(crate) fn has_person(&self, cutouts: &[Cutout]) -> bool {
        self.cutout.is_some_and(|i| cutouts[i].known.kind == "person")
    }

    /// What it shows: `person`, `garment` or `nobody`.
    pub(crate) fn what(&self, cutouts: &[Cutout]) -> &'static str {
        match self.cutout {
            Some(_) if self.has_person(cutouts) => "person",
            Some(_) => "garment",
            None => "nobody",
        }
    }

    /// Makes the picture.
    pub(crate) fn compose(&self, cutouts: &[Cutout]) -> Scene {
        let mut dice = Dice::new(self.number as u64 + 77);
        let Some(cutout) = self.cutout.map(|i| &cutouts[i]) else {
            let canvas = grounds::nobody(self.number - 10_000, 420, 560, &mut dice);
            let truth = Truth {
                kind: "nobody".into(),
                view: "",
                mask: vec![0.0; canvas.rgb.len()],
                points: BTreeMap::new(),
                unit: 1.0,
            };
            return Scene {
                name: self.name(cutouts),
                group: "nobody",
                picture: photographed(canvas, &mut dice),
                truth,
            };
        };
        let frame = Framing::choose(cutout, &mut dice);
        let mut canvas = grounds::paint(self.ground, frame.width, frame.height, &mut dice);
        let (layer, truth) = frame.place(cutout);
        cast_shadow(&mut canvas, &truth, cutout.known.kind == "person", &mut dice);
        blend(&mut canvas, &layer, &mut dice);
        let name = self.name(cutouts);
        Scene { name, group: self.group(), picture: photographed(canvas, &mut dice), truth }
    }
}

/// Where in the frame a cut-out is, and how large.
struct Framing {
    width: usize,
    height: usize,
    scale: f32,
    left: f32,
    top: f32,
    mirrored: bool,
    view: &'static str,
}

impl Framing {
    fn choose(cutout: &Cutout, dice: &mut Dice) -> Self {
        let known = &cutout.known;
        let (w, h) = (cutout.width as f32, cutout.height as f32);
        let person = known.kind == "person";
        let (width, height) =
            if person { (450, 600) } else { (dice.one_of(&[480, 420]), dice.one_of(&[480, 560])) };
        let (fw, fh) = (width as f32, height as f32);
        let mirrored = dice.chance(0.5);
        if !person {
            let scale = (fw * dice.within(0.62, 0.88) / w).min(fh * dice.within(0.66, 0.9) / h);
            let left = (fw - w * scale) * dice.within(0.35, 0.65);
            let top = (fh - h * scale) * dice.within(0.3, 0.7);
            return Self { width, height, scale, left, top, mirrored, view: "" };
        }
        // How much of the figure, from the top, is in the frame.
        let (view, share) = match (known.view.as_str(), dice.within(0.0, 1.0)) {
            ("full", t) if t < 0.6 => ("whole", 1.0),
            ("full", t) if t < 0.8 => ("knees", 0.70),
            ("full", _) => ("waist", 0.52),
            ("half", t) if t < 0.6 => ("knees", 1.0),
            ("half", _) => ("waist", 0.72),
            _ => ("chest", 1.0),
        };
        let room = dice.within(0.04, 0.13) * fh;
        let below = if view == "whole" { dice.within(0.03, 0.10) * fh } else { 0.0 };
        let scale = (fh - room - below) / (h * share);
        // A bust fills the width of its own frame: it must not end inside this one.
        let scale = if view == "chest" { scale.max(fw * 1.0 / w) } else { scale.min(fw * 0.94 / w) };
        let top = fh - below - h * share * scale;
        let slack = fw - w * scale;
        let left = slack * if slack > 0.0 { dice.within(0.3, 0.7) } else { 0.5 };
        Self { width, height, scale, left, top, mirrored, view }
    }

    /// The cut-out as a layer of the frame's size (straight sRGB and alpha), and the truth about it.
    fn place(&self, cutout: &Cutout) -> (Vec<[f32; 4]>, Truth) {
        let at = |x: f32, y: f32| self.sample(cutout, x, y);
        let mut layer = Vec::with_capacity(self.width * self.height);
        for y in 0..self.height {
            for x in 0..self.width {
                layer.push(at(x as f32, y as f32));
            }
        }
        let flip = |name: &str| {
            if !self.mirrored {
                name.to_owned()
            } else if let Some(stem) = name.strip_suffix("_left") {
                format!("{stem}_right")
            } else if let Some(stem) = name.strip_suffix("_right") {
                format!("{stem}_left")
            } else {
                name.to_owned()
            }
        };
        let put = |[x, y]: [f32; 2]| {
            let x = if self.mirrored { cutout.width as f32 - x } else { x };
            [self.left + x * self.scale, self.top + y * self.scale]
        };
        let points = cutout.known.points.iter().map(|(name, at)| (flip(name), put(*at))).collect();
        let known = &cutout.known;
        let unit = if known.kind == "person" {
            known.body * self.scale
        } else {
            cutout.width.max(cutout.height) as f32 * self.scale
        };
        let mask = layer.iter().map(|rgba| rgba[3]).collect();
        (layer, Truth { kind: known.kind.clone(), view: self.view, mask, points, unit })
    }

    /// The cut-out at a pixel of the frame: the mean over the pixel's footprint when it is made smaller.
    fn sample(&self, cutout: &Cutout, x: f32, y: f32) -> [f32; 4] {
        let mut sum = [0.0; 4];
        let taps = if self.scale < 0.9 { 2 } else { 1 };
        for i in 0..taps * taps {
            let offset = |k: usize| (k as f32 + 0.5) / taps as f32;
            let u = (x + offset(i % taps) - self.left) / self.scale - 0.5;
            let u = if self.mirrored { cutout.width as f32 - 1.0 - u } else { u };
            let v = (y + offset(i / taps) - self.top) / self.scale - 0.5;
            let (x0, y0) = (u.floor(), v.floor());
            for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
                let (px, py) = (x0 + dx, y0 + dy);
                let inside = px >= 0.0 && py >= 0.0 && px < cutout.width as f32 && py < cutout.height as f32;
                if !inside {
                    continue;
                }
                let weight = (1.0 - (u - px).abs()).max(0.0) * (1.0 - (v - py).abs()).max(0.0);
                let rgba = cutout.rgba[py as usize * cutout.width + px as usize];
                (0..3).for_each(|c| sum[c] += rgba[c] * rgba[3] * weight);
                sum[3] += rgba[3] * weight;
            }
        }
        let alpha = sum[3].max(1e-6);
        [sum[0] / alpha, sum[1] / alpha, sum[2] / alpha, (sum[3] / (taps * taps) as f32).min(1.0)]
    }
}

fn linear(c: f32) -> f32 {
    if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

fn encoded(c: f32) -> f32 {
    if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 }
}

/// A soft shadow: on the wall beside a person or on the table round a garment, and under feet.
fn cast_shadow(canvas: &mut Canvas, truth: &Truth, person: bool, dice: &mut Dice) {
    let (w, h) = (canvas.width, canvas.height);
    let strength = dice.within(0.0, 0.35);
    let (dx, dy) = if person {
        (dice.within(-28.0, 28.0), dice.within(-4.0, 10.0))
    } else {
        (dice.within(-7.0, 7.0), dice.within(1.0, 8.0))
    };
    let soft = if person { dice.within(8.0, 22.0) } else { dice.within(3.0, 9.0) };
    let shadow = Canvas {
        width: w,
        height: h,
        rgb: (0..w * h)
            .map(|i| {
                let (x, y) = ((i % w) as f32 - dx, (i / w) as f32 - dy);
                let inside = x >= 0.0 && y >= 0.0 && x < w as f32 && y < h as f32;
                [if inside { truth.mask[y as usize * w + x as usize] } else { 0.0 }; 3]
            })
            .collect(),
    }
    .blurred(soft);
    let feet = (truth.view == "whole").then(|| truth.points["sole"]);
    for i in 0..w * h {
        let mut dark = 1.0 - strength * shadow.rgb[i][0];
        if let Some([fx, fy]) = feet {
            let (u, v) =
                (((i % w) as f32 - fx) / (0.14 * truth.unit), ((i / w) as f32 - fy) / (0.022 * truth.unit));
            dark *= 1.0 - 0.5 * (-(u * u + v * v)).exp();
        }
        canvas.rgb[i] = canvas.rgb[i].map(|c| encoded(linear(c) * dark));
    }
}

/// Lays the figure over the background in linear light, exposed and tinted a little otherwise.
fn blend(canvas: &mut Canvas, layer: &[[f32; 4]], dice: &mut Dice) {
    let (gain, warm) = (dice.within(0.75, 1.3), dice.within(0.93, 1.07));
    let tint = [gain * warm, gain, gain / warm];
    for (below, [r, g, b, alpha]) in canvas.rgb.iter_mut().zip(layer.iter().copied()) {
        let own = [r, g, b];
        *below = std::array::from_fn(|c| {
            let over = (linear(own[c]) * tint[c]).min(1.0);
            encoded(over * alpha + linear(below[c]) * (1.0 - alpha))
        });
    }
}

/// Out of focus a little, with the noise of a sensor, stored as JPEG and read again.
fn photographed(canvas: Canvas, dice: &mut Dice) -> Picture {
    let (width, height) = (canvas.width, canvas.height);
    let canvas = canvas.blurred(dice.one_of(&[0.0, 0.0, 0.8, 0.8, 1.2]));
    let (noise, quality) = (dice.within(0.0, 0.03), dice.one_of(&[60, 75, 85, 92]));
    let mut bytes = Vec::with_capacity(width * height * 3);
    for rgb in &canvas.rgb {
        let grey = 0.7 * dice.normal();
        bytes.extend(
            rgb.map(|c| ((c + noise * (grey + 0.5 * dice.normal())).clamp(0.0, 1.0) * 255.0 + 0.5) as u8),
        );
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .encode(&bytes, width as u32, height as u32, ExtendedColorType::Rgb8)
        .unwrap();
    let decoder = JpegDecoder::new(std::io::Cursor::new(jpeg)).unwrap();
    let rgba = DynamicImage::from_decoder(decoder).unwrap().into_rgba8();
    Picture::from_rgba(width as u32, height as u32, rgba.into_raw()).unwrap()
}
