//! A try-on from pictures to picture, top to bottom.

use std::time::Instant;

use atelier_domain::{
    Artifact, CancelToken, Content, InputRole, Picture, PictureFormat, Pose, Progress, RunContext, RunError,
    Shot, Style, TryOn,
};

use rayon::prelude::*;

use crate::composite::{Fronts, Scene, coverage};
use crate::eyes::{self, Person};
use crate::fit::{self, Fitted, Piece, Place};
use crate::garment::{self, Found, Garment};
use crate::stages::Stages;
use crate::warp::{self, Layer};
use crate::{DraftOptions, label, shade, undress};

/// What the person who asked should know first.
const WHAT_IT_IS: &str = "draft: classical CPU preview without a generative model";
const STEPS: u32 = 5;

/// A garment with its place in the job and on the body.
struct Worn<'a> {
    picture: &'a Picture,
    garment: Box<Garment>,
    fitted: Fitted,
}

/// Runs one try-on. `stages` is told how long each step took and, if it asks, what it found.
pub(crate) fn run(
    job: &TryOn<Picture>,
    context: &RunContext<'_>,
    options: DraftOptions,
    stages: &mut Stages,
) -> Result<Artifact, RunError> {
    let cancel = context.cancel;
    let report = |step: u32, stage: &str| {
        (context.progress)(Progress { stage: stage.to_owned(), step, steps: STEPS });
        cancel.check()
    };
    let mut notes = vec![WHAT_IT_IS.to_owned()];
    let mut clock = Instant::now();

    report(1, "find person and garments")?;
    let (person, found) = rayon::join(|| eyes::look(&job.person, cancel), || find_garments(job, cancel));
    let person = person?;
    let found = chosen(found?, &mut notes)?;
    stages.took("find", &mut clock);
    stages.person(&person);
    for (_, garment) in &found {
        stages.garment(garment);
    }
    clock = Instant::now();

    report(2, "fit")?;
    let worn = put_on(found, &person);
    let replaces = [0, 1].map(|i| worn.iter().any(|worn| worn.fitted.replaces[i]));
    stages.took("fit", &mut clock);

    report(3, "warp")?;
    let layers = draw(&worn, &person, job, cancel)?;
    stages.took("warp", &mut clock);

    report(4, "shade")?;
    let sleeves = [0, 1].map(|side| worn.iter().map(|worn| worn.fitted.sleeves[side]).fold(0.0, f32::max));
    let neckline = worn.iter().map(|worn| worn.fitted.neckline).fold(0.0, f32::max);
    let undressed = undress::undress(&person, replaces, sleeves, neckline);
    cancel.check()?;
    let fronts = Fronts::find(&person, &undressed, replaces);
    let cover = coverage(&person, &layers);
    let light = shade::light(&person, &undressed, &cover, &fronts.all(&person.figure.mask), replaces);
    stages.took("shade", &mut clock);
    stages.light(&person, &undressed, &fronts, &light);

    report(5, "composite")?;
    let scene = Scene {
        picture: &job.person,
        person: &person,
        undressed: &undressed,
        fronts: &fronts,
        layers: &layers,
        light: &light,
    };
    let (width, height) = (job.person.width(), job.person.height());
    let mut rgba = scene.compose(cancel);
    cancel.check()?;
    if options.label {
        label::draw(&mut rgba, width as usize, height as usize);
    }
    stages.took("composite", &mut clock);

    remark(job, &person, &mut notes);
    let picture =
        Picture::from_rgba(width, height, rgba).map_err(|error| RunError::Engine(error.to_string()))?;
    Ok(Artifact {
        content: Content::Picture { picture, format: PictureFormat::Png },
        notes,
        findings: vec![],
    })
}

/// Looks at every garment.
fn find_garments<'a>(
    job: &'a TryOn<Picture>,
    cancel: &CancelToken,
) -> Result<Vec<(&'a Picture, Found)>, RunError> {
    let look = |(index, picture)| Ok((picture, garment::look(picture, index, cancel)?));
    job.garments.par_iter().enumerate().map(look).collect()
}

/// Those that can be fitted; the others are noted, and refused if nothing is left.
fn chosen<'a>(
    found: Vec<(&'a Picture, Found)>,
    notes: &mut Vec<String>,
) -> Result<Vec<(&'a Picture, Box<Garment>)>, RunError> {
    let mut wear = Vec::new();
    for (number, (picture, found)) in (1..).zip(found) {
        match found {
            Found::Wear(garment) => {
                notes.push(format!("draft: garment {number} was taken for {}", garment.shape.name()));
                wear.push((picture, garment));
            }
            Found::Ignored(name) => {
                notes.push(format!(
                    "draft: garment {number} looks like {name}, which the draft does not fit yet"
                ));
            }
        }
    }
    if wear.is_empty() {
        let reason = "the draft fits tops, dresses, trousers and skirts; none was found".to_owned();
        return Err(RunError::Input { role: InputRole::Garment(0), reason });
    }
    Ok(wear)
}

/// Fits all garments; what hangs from the waist goes under what hangs from the shoulders, in whatever order it came.
fn put_on<'a>(found: Vec<(&'a Picture, Box<Garment>)>, person: &Person) -> Vec<Worn<'a>> {
    let mut worn: Vec<Worn<'a>> = found
        .into_iter()
        .map(|(picture, garment)| {
            let fitted = fit::fit(&garment, person);
            Worn { picture, garment, fitted }
        })
        .collect();
    worn.sort_by_key(|worn| worn.fitted.replaces[0]);
    worn
}

/// Draws every piece at full size, back to front.
fn draw(
    worn: &[Worn<'_>],
    person: &Person,
    job: &TryOn<Picture>,
    cancel: &CancelToken,
) -> Result<Vec<(Place, Layer)>, RunError> {
    let size = [job.person.width() as usize, job.person.height() as usize];
    let drawn = worn.par_iter().map(|Worn { picture, garment, fitted }| {
        cancel.check()?;
        let long = picture.width().max(picture.height()) as f32;
        let wanted = garment.frame.to_small(long, long).0.max(1.0) * fitted.scale * person.frame.factor[0];
        let side = (wanted * 1.15).max(64.0).min(long.min(4096.0)) as usize;
        let (texture, parts) = rayon::join(|| garment.texture(picture, side, cancel), || garment.parts());
        let piece = |piece: &Piece| {
            cancel.check()?;
            let mesh = piece.mesh.mapped(person.frame, texture.frame);
            Ok((piece.place, warp::draw(&mesh, &texture, &parts[piece.part], size, cancel)))
        };
        fitted.pieces.iter().map(piece).collect()
    });
    let layers: Vec<Vec<(Place, Layer)>> = drawn.collect::<Result<_, RunError>>()?;
    Ok(layers.into_iter().flatten().collect())
}

/// Says what was asked for and not done.
fn remark(job: &TryOn<Picture>, person: &Person, notes: &mut Vec<String>) {
    if !matches!(job.pose, Pose::Auto) {
        notes.push(format!(
            "draft: pose `{}` was asked for; the pose of the picture was kept",
            job.pose.word()
        ));
    }
    if !matches!(job.style, Style::KeepScene) {
        notes.push(format!(
            "draft: style `{}` was asked for; the scene of the picture was kept",
            job.style.word()
        ));
    }
    if !matches!(job.shot, Shot::Auto) {
        notes.push(format!(
            "draft: shot `{}` was asked for; the framing of the picture was kept",
            job.shot.word()
        ));
    }
    if person.body.head.score < 0.6 {
        notes.push("draft: the person's outline was hard to read; the fit may be off".to_owned());
    }
}
