//! A professional headshot from a picture, top to bottom.

pub(crate) mod retouch;

use std::time::Instant;

use atelier_domain::{
    Artifact, Background, Content, Finding, Headshot, InputRole, Picture, RunContext, RunError,
};
use rayon::prelude::*;

use crate::backdrop::{self, Backdrop, Chance, Sweep};
use crate::colour::{linear, linear_at, srgb};
use crate::eyes::confidence::Part;
use crate::eyes::{self, Person};
use crate::face::crop::{self, Crop, EYES};
use crate::face::matte::{self, Cutout};
use crate::face::{self, Face, others};
use crate::geometry::{mix, vec2};
use crate::raster::{Plane, blur};
use crate::stages::Stages;
use crate::{DraftOptions, label};

/// What the person who asked should know first.
const WHAT_IT_IS: &str = "draft: classical CPU retouching without a generative model: pose, expression and clothes stay \
                          those of the picture";
const STEPS: u32 = 4;
/// Heads smaller than this many pixels are refused: nothing would be left of the face.
const SMALLEST: f32 = 40.0;
/// How sure a person must be whose eyes are not seen.
const VAGUE: f32 = 0.75;
/// Enlarged by more than this, a note says so.
const SOFT: f32 = 1.6;
/// Frame pixels per pixel of the light.
const COARSE: usize = 8;

/// Runs one headshot.
pub(crate) fn run(
    job: &Headshot<Picture>,
    context: &RunContext<'_>,
    options: DraftOptions,
    stages: &mut Stages,
) -> Result<Artifact, RunError> {
    let cancel = context.cancel;
    let report = |step, stage| context.begin(step, STEPS, stage);
    let mut clock = Instant::now();
    report(1, "find person and face")?;
    let person = eyes::look(&job.person, cancel)?;
    let face = face::find(&job.person, &person);
    visible(&person, &face)?;
    let size = crop::size(job.aspect_ratio, [job.person.width(), job.person.height()]);
    let crop = crop::crop(&person, &face, size, crop::HEIGHT);
    let beside = others::alone(&job.person, &person, &face, crop.framing)?;
    stages.took("find", &mut clock);

    report(2, "cut out")?;
    let mut cutout = matte::cut(&job.person, &person, &face, crop.framing, cancel)?;
    stages.cutout(&cutout, &face);
    stages.took("cut out", &mut clock);

    report(3, "retouch")?;
    let mut chance = Chance::new(context.seed);
    let side = if chance.within(0.0, 1.0) < 0.7 { -1.0 } else { 1.0 };
    let key = vec2(side * chance.within(0.6, 0.9), -chance.within(0.3, 0.6)).unit();
    let (backdrop, light) = rayon::join(
        || backdrop_for(job.background, &crop, &face, context.seed),
        || {
            retouch::even_skin(&mut cutout, &person, &face, 1.0);
            retouch::gentle_light(&cutout, &face, key, COARSE)
        },
    );
    stages.took("retouch", &mut clock);

    report(4, "compose")?;
    let mut rgba = compose(&cutout, &backdrop, &light);
    cancel.check()?;
    if options.label {
        label::draw(&mut rgba, size[0], size[1]);
    }
    stages.took("compose", &mut clock);
    let picture = Picture::from_rgba(size[0] as u32, size[1] as u32, rgba)
        .map_err(|error| RunError::Engine(error.to_string()))?;
    Ok(Artifact {
        content: Content::Picture { picture, format: job.format },
        notes: notes(&face, &crop)
            .into_iter()
            .chain(beside)
            .chain(person.doubts(&[Part::Head, Part::Shoulders]))
            .collect(),
        findings: vec![
            Finding { role: InputRole::Person, what: "face".to_owned(), confidence: face.sure },
            Finding {
                role: InputRole::Person,
                what: "outline".to_owned(),
                confidence: person.figure.clarity,
            },
        ],
    })
}

/// Refuses faces of which nothing would be left, and a person of whom neither eyes nor outline are sure.
pub(crate) fn visible(person: &Person, face: &Face) -> Result<(), RunError> {
    if !face.seen() && person.sure < VAGUE {
        let reason = "neither the eyes nor the outline can be made out: use a picture in which both eyes are seen, before a \
                      calm background";
        let (reason, confidence) = (reason.to_owned(), Some(person.sure));
        return Err(RunError::Input { role: InputRole::Person, reason, confidence });
    }
    if face.unit() >= SMALLEST {
        return Ok(());
    }
    let reason = format!(
        "the head is only about {:.0} pixels tall: use a picture in which it has at least {SMALLEST}, better 400",
        face.unit()
    );
    Err(RunError::Input { role: InputRole::Person, reason, confidence: None })
}

/// What is behind the person.
fn backdrop_for(background: Background, crop: &Crop, face: &Face, seed: u64) -> Backdrop {
    let framing = crop.framing;
    let head = framing.to_frame(face.middle());
    let unit = face.unit() / framing.scale;
    let sweep = |bright: [u8; 3], dark: [u8; 3], pool: f32, mottled: f32| {
        let sweep = Sweep { bright: bright.map(linear), dark: dark.map(linear), pool, mottled };
        backdrop::studio(sweep, framing.size, head, unit, seed)
    };
    match background {
        Background::White => sweep([252, 252, 252], [240, 241, 243], 1.1, 0.0),
        Background::Black => sweep([38, 38, 41], [7, 7, 8], 0.8, 0.12),
        Background::Neutral => sweep([205, 199, 191], [134, 128, 121], 1.0, 0.32),
        Background::Gray => sweep([150, 153, 157], [72, 74, 78], 1.0, 0.1),
        Background::Office => backdrop::office(framing.size, head, unit, seed),
    }
}

/// The person in new light before the backdrop, RGBA.
fn compose(cutout: &Cutout, backdrop: &Backdrop, light: &Plane) -> Vec<u8> {
    let [width, height] = cutout.framing.size;
    let mut rgba = vec![255_u8; width * height * 4];
    // Light from the backdrop creeps over the edge of the person.
    let coarse = matte::COARSE * 2;
    let small = cutout.framing.coarser(coarse).size;
    let share = matte::shrunk_plane(&cutout.alpha, coarse, small);
    let open = blur(&share.map(|share| 1.0 - share), 2.2);
    rgba.par_chunks_exact_mut(width * 4).enumerate().for_each(|(y, row)| {
        let (factors, open) = (stretched(light, COARSE, y, width), stretched(&open, coarse, y, width));
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let alpha = cutout.alpha.at(x, y);
            if alpha <= 0.0 {
                let behind = backdrop.at(x, y).map(srgb);
                pixel[..3].copy_from_slice(&behind);
                continue;
            }
            let behind = if alpha < 1.0 || open[x] > 0.01 { backdrop.at(x, y) } else { [0.0; 3] };
            let wrap = 0.14 * open[x];
            let colour = cutout.colour.at(x, y);
            for c in 0..3 {
                let own = linear_at(colour[c]) * factors[x];
                let own = own + (behind[c] - own).max(0.0) * wrap;
                pixel[c] = srgb(mix(behind[c], own, alpha));
            }
        }
    });
    rgba
}

/// Row `y` of a frame `width` pixels wide, of a plane that is `step` times coarser.
fn stretched(plane: &Plane, step: usize, y: usize, width: usize) -> Vec<f32> {
    let place = |v: usize, side: usize| {
        let at = ((v as f32 + 0.5) / step as f32 - 0.5).clamp(0.0, (side - 1) as f32);
        (at as usize, (at as usize + 1).min(side - 1), at.fract())
    };
    let (above, below, down) = place(y, plane.height);
    let rows = plane.row(above).iter().zip(plane.row(below));
    let coarse: Vec<f32> = rows.map(|(above, below)| mix(*above, *below, down)).collect();
    let at = |x: usize| {
        let (left, right, across) = place(x, plane.width);
        mix(coarse[left], coarse[right], across)
    };
    (0..width).map(at).collect()
}

/// What was done and what was not, for the person who asked.
fn notes(face: &Face, crop: &Crop) -> Vec<String> {
    let mut notes = vec![WHAT_IT_IS.to_owned()];
    let enlarged = 1.0 / crop.framing.scale;
    if enlarged > SOFT {
        notes.push(format!(
            "draft: the head is only {:.0} pixels tall in the input; the picture was enlarged {enlarged:.1} times and \
             looks soft",
            face.unit()
        ));
    }
    if !face.seen() {
        notes.push("draft: the eyes could not be made out; the frame was laid by proportion".to_owned());
    } else if crop.framing.roll.abs() > 0.02 {
        notes.push(format!(
            "draft: the head was straightened by {:.0} degrees",
            crop.framing.roll.to_degrees().abs()
        ));
    }
    if crop.eyes > EYES + 0.005 {
        notes.push(format!(
            "draft: the eyes are at {:.0} % of the height instead of {:.0} %, as the input shows too little below",
            crop.eyes * 100.0,
            EYES * 100.0
        ));
    }
    if crop.made_up > 0.02 {
        notes.push(format!(
            "draft: the input ends above the lower border; {:.1} heads of clothes were carried on from what it shows",
            crop.made_up
        ));
    }
    notes
}
