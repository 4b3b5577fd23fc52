//! A try-on from pictures to picture, top to bottom.

use std::time::Instant;

use atelier_domain::{
    Artifact, CancelToken, Content, Finding, InputRole, Picture, PictureFormat, Pose, RunContext, RunError,
    Shot, Style, TryOn,
};

use rayon::prelude::*;

use crate::colour::srgb;
use crate::composite::{Fronts, Scene, coverage};
use crate::eyes::body::Body;
use crate::eyes::confidence::Part;
use crate::eyes::{self, Person};
use crate::face;
use crate::fit::{self, Fitted, Piece, Place};
use crate::garment::{self, AccessoryKind, Garment, Shape};
use crate::geometry::{Vec2, vec2};
use crate::raster::Grid;
use crate::scenes::{self, Camera, Cutout, Set};
use crate::stages::Stages;
use crate::undress::Going;
use crate::view::{self, View};
use crate::warp::{self, Layer};
use crate::{DraftOptions, bearing, carry, feet, label, shade, undress};

/// What the person who asked should know first.
const WHAT_IT_IS: &str = "draft: classical CPU preview without a generative model";
const STEPS: u32 = 5;

/// A garment with its place in the job and on the body.
struct Worn<'a> {
    picture: &'a Picture,
    garment: Box<Garment>,
    fitted: Fitted,
}

/// What the caller is told besides the picture.
struct Told {
    notes: Vec<String>,
    findings: Vec<Finding>,
}

impl Told {
    fn begin(person: &Person, note: Option<String>) -> Self {
        let confidence = (person.figure.clarity * person.body.head.score).sqrt().clamp(0.0, 1.0);
        let what = "person".to_owned();
        Self {
            notes: std::iter::once(WHAT_IT_IS.to_owned()).chain(note).collect(),
            findings: vec![Finding { role: InputRole::Person, what, confidence }],
        }
    }
}

/// Runs one try-on. `stages` is told how long each step took and, if it asks, what it found.
pub(crate) fn run(
    job: &TryOn<Picture>,
    context: &RunContext<'_>,
    options: DraftOptions,
    stages: &mut Stages,
) -> Result<Artifact, RunError> {
    let cancel = context.cancel;
    let report = |step, stage| context.begin(step, STEPS, stage);
    let mut clock = Instant::now();

    report(1, "find person and garments")?;
    let (person, found) = rayon::join(|| eyes::look(&job.person, cancel), || find_garments(job, cancel));
    let (person, found) = (person?, found?);
    bearing::facing(&job.person, &person)?;
    let (view, note) = view::frame(&job.person, &person, job.shot, job.style);
    let mut told = Told::begin(&person, note);
    refuse_clashes(&found)?;
    let found = chosen(found, job.shot, lowest(view, &person), &person, &mut told)?;
    stages.took("find", &mut clock);
    show(stages, &person, &found);
    clock = Instant::now();

    report(2, "fit")?;
    let worn = put_on(found, &person, &job.person);
    let going = going(&worn);
    let replaces = going.replaces;
    stages.took("fit", &mut clock);

    report(3, "warp")?;
    let feet = feet::look(&person);
    let layers = draw(&worn, &person, view, cancel)?;
    stages.took("warp", &mut clock);

    report(4, "shade")?;
    let undressed = undress::undress(&person, going, &feet);
    cancel.check()?;
    let fronts = Fronts::find(&person, &undressed, replaces);
    let cover = coverage(&person, &layers, view, |place| !matches!(place, Place::Behind | Place::Hat));
    let brim = coverage(&person, &layers, view, |place| place == Place::Hat);
    let light =
        shade::light(&person, &undressed, [&cover, &brim], &fronts.all(&person.figure.mask), replaces);
    let alone = job.style != Style::KeepScene;
    let carried = if alone { None } else { carry::look(&job.person, &person, &undressed.open(&cover)) };
    stages.took("shade", &mut clock);
    stages.light(&person, &undressed, &fronts, &light);

    report(5, "composite")?;
    let scene = Scene {
        picture: &job.person,
        person: &person,
        feet: &feet,
        undressed: &undressed,
        fronts: &fronts,
        layers: &layers,
        light: &light,
        carried: carried.as_ref(),
        view,
        alone,
    };
    let pixels = scene.compose(cancel);
    cancel.check()?;
    stages.took("composite", &mut clock);
    let picture = set(job.style, context.seed, &scene, pixels, options)?;
    stages.took("set", &mut clock);

    remark(job, &person, &mut told.notes);
    Ok(Artifact {
        content: Content::Picture { picture, format: PictureFormat::Png },
        notes: told.notes,
        findings: told.findings,
    })
}

/// Keeps what was found, if somebody wants to see it.
fn show(stages: &mut Stages, person: &Person, found: &[(&Picture, Box<Garment>)]) {
    stages.person(person);
    for (_, garment) in found {
        stages.garment(garment);
    }
}

/// Looks at every garment.
fn find_garments<'a>(
    job: &'a TryOn<Picture>,
    cancel: &CancelToken,
) -> Result<Vec<(&'a Picture, Box<Garment>)>, RunError> {
    let look = |(index, picture)| Ok((picture, garment::look(picture, index, cancel)?));
    job.garments.par_iter().enumerate().map(look).collect()
}

/// Refuses two garments that are worn in the same place.
fn refuse_clashes(found: &[(&Picture, Box<Garment>)]) -> Result<(), RunError> {
    let same = |a: &Shape, b: &Shape| match (a, b) {
        (Shape::Upper(_), Shape::Upper(_)) | (Shape::Lower(_), Shape::Lower(_)) => true,
        // Trousers may be worn under a dress.
        (Shape::Upper(upper), Shape::Lower(lower)) | (Shape::Lower(lower), Shape::Upper(upper)) => {
            upper.dress && lower.crotch.is_none()
        }
        (Shape::Accessory(a), Shape::Accessory(b)) => a.kind == b.kind,
        (Shape::Accessory(_), _) | (_, Shape::Accessory(_)) => false,
    };
    for (later, (_, garment)) in found.iter().enumerate() {
        if let Some(earlier) = found[..later].iter().position(|(_, other)| same(&other.shape, &garment.shape))
        {
            let reason = format!(
                "garment {} ({}) and garment {} ({}) are worn in the same place: give only one of them",
                earlier + 1,
                found[earlier].1.shape.name(),
                later + 1,
                garment.shape.name()
            );
            return Err(RunError::Input { role: InputRole::Garment(later), reason, confidence: None });
        }
    }
    Ok(())
}

/// The lowest row of the person's small grid that a view shows.
fn lowest(view: View, person: &Person) -> f32 {
    let end = view.source(0, view.size[1]);
    person.frame.to_small(end.x, end.y).1.min(person.picture.height as f32)
}

/// Those that can be fitted and seen down to the row `lowest`; the others are noted, and refused if nothing is left.
fn chosen<'a>(
    found: Vec<(&'a Picture, Box<Garment>)>,
    shot: Shot,
    lowest: f32,
    person: &Person,
    told: &mut Told,
) -> Result<Vec<(&'a Picture, Box<Garment>)>, RunError> {
    let (mut wear, mut left_out) = (Vec::new(), None);
    for (index, (picture, garment)) in found.into_iter().enumerate() {
        let (number, name) = (index + 1, garment.shape.name());
        let (role, confidence) = (InputRole::Garment(index), garment.confidence());
        told.findings.push(Finding { role, what: name.to_owned(), confidence });
        if let Some(why) = unworn(shot, lowest, &garment.shape, person) {
            told.notes.push(format!("draft: garment {number}, {name}, was left out: {}", why.note()));
            left_out = left_out.or(Some(why));
        } else {
            told.notes.push(format!("draft: garment {number} was taken for {name}"));
            wear.push((picture, garment));
        }
    }
    if wear.is_empty() {
        let reason = left_out.map_or(
            "none of it can be worn: tops, dresses, trousers, skirts, shoes, hats, glasses and bags are fitted",
            Unworn::refusal,
        );
        let role =
            if left_out == Some(Unworn::NotStanding) { InputRole::Person } else { InputRole::Garment(0) };
        return Err(RunError::Input { role, reason: reason.to_owned(), confidence: None });
    }
    Ok(wear)
}

/// Why a garment is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unworn {
    Headshot,
    Medium,
    EndsAbove,
    NotStanding,
}

impl Unworn {
    /// In the notes, after what was left out.
    fn note(self) -> &'static str {
        match self {
            Self::Headshot => "a headshot ends at the chest",
            Self::Medium => "a medium shot ends at the hips",
            Self::EndsAbove => "the person's picture ends above it",
            Self::NotStanding => "the person's legs are not seen side by side, as of somebody standing",
        }
    }

    /// Where nothing else is left to wear.
    fn refusal(self) -> &'static str {
        match self {
            Self::Headshot | Self::Medium => {
                "nothing of it is in the picture at this framing: ask for a wide shot, or give something for the upper body"
            }
            Self::EndsAbove => {
                "the person's picture ends above where it is worn: give a picture that shows more of the person, or something for the upper body"
            }
            Self::NotStanding => {
                "the person's legs are not seen side by side, and trousers, skirts, dresses and shoes are fitted to somebody standing: \
                 use a picture of one person standing upright, or give a top"
            }
        }
    }
}

/// Why a garment is not put on somebody of whom the rows above `lowest` are shown, if it is not.
fn unworn(shot: Shot, lowest: f32, shape: &Shape, person: &Person) -> Option<Unworn> {
    if fit::begins(shape, person).is_some_and(|row| row >= lowest) {
        return Some(match shot {
            Shot::Headshot => Unworn::Headshot,
            Shot::Medium => Unworn::Medium,
            Shot::Auto | Shot::Wide => Unworn::EndsAbove,
        });
    }
    let on_legs = match shape {
        Shape::Upper(upper) => upper.dress,
        Shape::Lower(_) => true,
        Shape::Accessory(accessory) => accessory.kind == AccessoryKind::Shoes,
    };
    (on_legs && !standing(person)).then_some(Unworn::NotStanding)
}

/// How far apart knees or ankles of somebody standing are at least, in heads: on 13 people 0.6 and more, even in the middle of
/// a step, while of somebody seated both legs are found in the one that hangs down.
const APART: f32 = 0.25;

/// Whether the legs are seen side by side, as far as the picture shows them.
fn standing(person: &Person) -> bool {
    let Body { legs: [left, right], unit, .. } = &person.body;
    let shown = left.knee.y.min(right.knee.y) < person.picture.height as f32;
    let apart = (right.knee.x - left.knee.x).max(right.ankle.x - left.ankle.x);
    !shown || apart > APART * unit
}

/// Fits all garments, in the order in which they are put on, in whatever order they came.
fn put_on<'a>(found: Vec<(&'a Picture, Box<Garment>)>, person: &Person, picture: &Picture) -> Vec<Worn<'a>> {
    let onto_small = |point: Vec2| {
        let (x, y) = person.frame.to_small(point.x, point.y);
        vec2(x, y)
    };
    let worn_on_head = |shape: &Shape| matches!(shape, Shape::Accessory(_));
    let eyes = if found.iter().any(|(_, garment)| worn_on_head(&garment.shape)) {
        face::find(picture, person).eyes.map(onto_small)
    } else {
        [vec2(0.0, 0.0); 2]
    };
    let mut worn: Vec<Worn<'a>> = found
        .into_iter()
        .map(|(picture, garment)| {
            let fitted = fit::fit(&garment, person, eyes);
            Worn { picture, garment, fitted }
        })
        .collect();
    worn.sort_by_key(|worn| worn.fitted.order());
    worn
}

/// What they take the place of, all together.
fn going(worn: &[Worn<'_>]) -> Going {
    let any = |is: fn(&Fitted) -> bool| worn.iter().any(|worn| is(&worn.fitted));
    Going {
        replaces: [any(|fitted| fitted.replaces[0]), any(|fitted| fitted.replaces[1])],
        sleeves: [0, 1].map(|side| worn.iter().map(|worn| worn.fitted.sleeves[side]).fold(0.0, f32::max)),
        neckline: worn.iter().map(|worn| worn.fitted.neckline).fold(0.0, f32::max),
        above: worn.iter().find_map(|worn| worn.fitted.above),
        feet: worn.iter().find_map(|worn| worn.fitted.feet),
    }
}

/// Draws every piece at full size, back to front.
fn draw(
    worn: &[Worn<'_>],
    person: &Person,
    view: View,
    cancel: &CancelToken,
) -> Result<Vec<(Place, Layer)>, RunError> {
    let drawn = worn.par_iter().map(|Worn { picture, garment, fitted }| {
        cancel.check()?;
        let long = picture.width().max(picture.height()) as f32;
        let wanted = garment.frame.to_small(long, long).0.max(1.0) * fitted.scale * person.frame.factor[0]
            / view.scale;
        let side = (wanted * 1.15).max(64.0).min(long.min(4096.0)) as usize;
        let (texture, parts) = rayon::join(|| garment.texture(picture, side, cancel), || garment.parts());
        let piece = |piece: &Piece| {
            cancel.check()?;
            let onto = |point| view.target(person.frame.to_full(point));
            let mesh = piece.mesh.mapped(onto, texture.frame);
            Ok((piece.place, warp::draw(&mesh, &texture, &parts[piece.part], view.size, cancel)))
        };
        fitted.pieces.iter().map(piece).collect()
    });
    let layers: Vec<Vec<(Place, Layer)>> = drawn.collect::<Result<_, RunError>>()?;
    Ok(layers.into_iter().flatten().collect())
}

/// The finished picture: as composed, or stood in the set of a style.
fn set(
    style: Style,
    seed: u64,
    scene: &Scene<'_>,
    pixels: Grid<[f32; 4]>,
    options: DraftOptions,
) -> Result<Picture, RunError> {
    let (person, view) = (scene.person, scene.view);
    let body = &person.body;
    let place = |x: f32, y: f32| view.target(person.frame.to_full(vec2(x, y)));
    let feet = place(f32::midpoint(body.legs[0].ankle.x, body.legs[1].ankle.x), scene.feet.sole);
    let camera = Camera::of(place(0.0, body.head.top).y, feet);
    let mut rgba: Vec<u8> = match Set::build(style, seed, camera, view.size) {
        Some(set) => {
            let unit = body.unit * person.frame.factor[1] / view.scale;
            scenes::stand(&set, &Cutout { pixels, feet, unit })
        }
        None => pixels.data.iter().flat_map(|[r, g, b, _]| [srgb(*r), srgb(*g), srgb(*b), 255]).collect(),
    };
    if options.label {
        label::draw(&mut rgba, view.size[0], view.size[1]);
    }
    let [width, height] = view.size.map(|side| side as u32);
    Picture::from_rgba(width, height, rgba).map_err(|error| RunError::Engine(error.to_string()))
}

/// Says what was asked for and not done.
fn remark(job: &TryOn<Picture>, person: &Person, notes: &mut Vec<String>) {
    if !matches!(job.pose, Pose::Auto) {
        notes.push(format!(
            "draft: pose `{}` was asked for; the pose of the picture was kept",
            job.pose.word()
        ));
    }
    if person.body.head.score < 0.6 {
        notes.push("draft: the person's outline was hard to read; the fit may be off".to_owned());
    }
    notes.extend(person.doubts(&Part::ALL));
}
