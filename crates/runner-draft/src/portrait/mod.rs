//! Portraits of one identity, top to bottom: the person is cut out of the picture, lit anew, set in a place that the
//! prompt names, and drawn in the look that the checkpoint's name stands for.

mod anime;
mod artful;
mod crystal;
mod flow;
mod form;
mod look;
mod photo;
mod scene;
mod words;

use std::time::Instant;

use atelier_domain::{
    Artifact, CancelToken, Content, Finding, IdentityPortrait, InputRole, Picture, PictureFormat, RunContext,
    RunError,
};
use rayon::prelude::*;

use self::look::Look;
use self::scene::{Scene, Variation, treat};
use self::words::Wishes;
use crate::colour::Rgb;
use crate::eyes::{self, Person};
use crate::face::{self, Face, crop, matte, others};
use crate::headshot::{retouch, visible};
use crate::raster::{Grid, blur};
use crate::stages::Stages;
use crate::{DraftOptions, label};

/// What the person who asked should know first.
const WHAT_IT_IS: &str = "draft: classical CPU imaging without a generative model: pose, expression and clothes stay \
                          those of the picture";
/// Width and height of a portrait.
const SIZE: [usize; 2] = [896, 1152];
/// Height of a portrait in heads, as usual.
const HEADS: f32 = 2.3;
/// Words of a prompt that are told back at most.
const TOLD: usize = 16;

/// Runs one task of portraits.
pub(crate) fn run(
    job: &IdentityPortrait<Picture>,
    context: &RunContext<'_>,
    options: DraftOptions,
    stages: &mut Stages,
) -> Result<Vec<Artifact>, RunError> {
    let cancel = context.cancel;
    let steps = job.count + 1;
    let mut clock = Instant::now();
    context.begin(1, steps, "find person and face")?;
    let person = eyes::look(&job.person, cancel)?;
    let face = face::find(&job.person, &person);
    visible(&person, &face)?;
    let usual = crop::crop(&person, &face, SIZE, HEADS);
    let beside = others::alone(&job.person, &person, &face, usual.framing)?;
    stages.took("find", &mut clock);
    let (look, _) = Look::of(&job.model);
    let wishes = Wishes::read(&job.prompt, &job.negative_prompt);
    let mut made = Vec::new();
    for index in 0..job.count {
        context.begin(index + 2, steps, format!("portrait {} of {}", index + 1, job.count))?;
        let variation = Variation::new(&wishes, context.seed, index);
        let mut picture = portrait(job, (&person, &face), (look, &variation), cancel, stages)?;
        clock = Instant::now();
        treat(&mut picture, variation.treatment);
        let mut rgba = bytes(&picture);
        if options.label {
            label::draw(&mut rgba, SIZE[0], SIZE[1]);
        }
        stages.took("deliver", &mut clock);
        let picture = Picture::from_rgba(SIZE[0] as u32, SIZE[1] as u32, rgba)
            .map_err(|error| RunError::Engine(error.to_string()))?;
        let content = Content::Picture { picture, format: PictureFormat::Png };
        made.push(Artifact {
            content,
            notes: notes(job, &face, &wishes).into_iter().chain(beside.clone()).collect(),
            findings: findings(&face, &person),
        });
    }
    Ok(made)
}

/// One portrait as sRGB.
fn portrait(
    job: &IdentityPortrait<Picture>,
    (person, face): (&Person, &Face),
    (look, variation): (Look, &Variation),
    cancel: &CancelToken,
    stages: &mut Stages,
) -> Result<Grid<Rgb>, RunError> {
    let mut clock = Instant::now();
    let crop = crop::crop(person, face, SIZE, variation.heads);
    let mut cutout = matte::cut(&job.person, person, face, crop.framing, cancel)?;
    stages.took("cut out", &mut clock);
    retouch::even_skin(&mut cutout, person, face, 1.0);
    cancel.check()?;
    let coarse = crop.framing.coarser(form::COARSE);
    let skin = retouch::skin_only(person, face, coarse);
    let hair = coarse.of_small(&blur(&person.hair.plane(), 0.7), person.frame);
    let scene = Scene::set(cutout, [skin, hair], &crop, face, variation);
    stages.took("light", &mut clock);
    cancel.check()?;
    // Guidance 5 is the usual; likeness 0.8 keeps what identifies, more of it keeps more.
    let strength = (0.55 + 0.09 * job.guidance as f32).clamp(0.4, 1.35);
    let detail = (job.likeness as f32).clamp(0.0, 1.25) / 1.25;
    let drawn = match look {
        Look::Photo => photo::develop(&scene, strength),
        Look::Anime => anime::draw(&scene, strength, detail),
        Look::Artful => artful::paint(&scene, strength, detail),
        Look::Crystal => crystal::render(&scene, strength, detail),
    };
    stages.took("draw", &mut clock);
    cancel.check()?;
    Ok(drawn)
}

fn bytes(picture: &Grid<Rgb>) -> Vec<u8> {
    let mut rgba = vec![255; picture.data.len() * 4];
    rgba.par_chunks_exact_mut(4).zip(&picture.data).for_each(|(pixel, rgb)| {
        for c in 0..3 {
            pixel[c] = (rgb[c].clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    });
    rgba
}

fn findings(face: &Face, person: &Person) -> Vec<Finding> {
    let found =
        |what: &str, confidence: f32| Finding { role: InputRole::Person, what: what.to_owned(), confidence };
    vec![found("face", face.sure), found("outline", person.figure.clarity)]
}

/// What was understood and what was not, for the person who asked.
fn notes(job: &IdentityPortrait<Picture>, face: &Face, wishes: &Wishes) -> Vec<String> {
    let mut notes = vec![WHAT_IT_IS.to_owned()];
    let (look, said) = Look::of(&job.model);
    notes.push(if said {
        format!("draft: checkpoint `{}` was taken for the {} look", job.model, look.name())
    } else {
        format!("draft: the name of checkpoint `{}` says no look; {} is the default", job.model, look.name())
    });
    if !wishes.honoured.is_empty() {
        notes.push(format!("draft: of the prompt these words were honoured: {}", wishes.honoured.join(", ")));
    }
    if !wishes.ignored.is_empty() {
        let told = &wishes.ignored[..wishes.ignored.len().min(TOLD)];
        let rest = wishes.ignored.len() - told.len();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        notes.push(format!("draft: these words mean nothing to a draft: {}{more}", told.join(", ")));
    }
    notes.push("draft: steps and scheduler mean nothing without a diffusion model".to_owned());
    if !face.seen() {
        notes.push("draft: the eyes could not be made out; proportion stood in".to_owned());
    }
    notes
}
