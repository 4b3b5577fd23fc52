//! The eyes: what a person's picture shows, found on a small copy of it.

pub(crate) mod body;
pub(crate) mod clothes;
pub(crate) mod confidence;
mod features;
pub(crate) mod ground;
pub(crate) mod limbs;
pub(crate) mod mixture;
pub(crate) mod parts;
mod place;
mod segment;
mod silhouette;
mod visage;
pub(crate) mod walker;

use std::sync::OnceLock;

use atelier_domain::{CancelToken, InputRole, Picture, RunError};
use rayon::prelude::*;

use self::body::{Body, Head};
use self::clothes::Clothes;
use self::ground::Figure;
use self::parts::Skin;
use self::segment::View;
pub(crate) use self::silhouette::Standing;
use crate::colour::{Rgb, oklab};
use crate::face::{self, Eyes};
use crate::geometry::smoothstep;
use crate::raster::{Frame, Grid, Mask, shrink};

/// Pixels on the long side of the copy that the eyes work on.
pub(crate) const SIDE: usize = 384;

/// Everything found in a person's picture, on the small grid.
pub(crate) struct Person {
    /// sRGB in `0..=1`.
    pub(crate) picture: Grid<Rgb>,
    pub(crate) frame: Frame,
    pub(crate) figure: Figure,
    pub(crate) skin: Skin,
    pub(crate) hair: Mask,
    pub(crate) clothes: Clothes,
    pub(crate) body: Body,
    /// How sure it is that this is a person, wholly found, `0..=1`; calibrated on the truth set.
    pub(crate) sure: f32,
    behind: OnceLock<Grid<Rgb>>,
}

impl Person {
    /// The background as if nobody were there, sRGB in `0..=1`.
    pub(crate) fn behind(&self) -> &Grid<Rgb> {
        self.behind.get_or_init(|| ground::behind(&self.picture, &self.figure.mask))
    }
}

/// Below this nobody is believed to be in the picture.
const SURE: f32 = 0.5;

/// Above this there is no need to look again.
const CERTAIN: f32 = 0.97;
/// Up to this nobody is believed who was only seen then: several tries find somebody sooner.
const SURER: f32 = 0.8;
/// What of the first doubts may be left of who is seen then instead: a person keeps their own eyes before a wall full of others.
const LESS: f32 = 0.4;
/// Above this no other eyes are tried.
const SUREST: f32 = 0.98;
/// Pairs of eyes that are tried at most.
const PAIRS: usize = 12;

/// Share of the middle of a face that must be able to be skin.
const FACE: f32 = 0.3;

/// How sure a figure is a person: a logistic function fitted to people and nobodies of the truth set. Eyes are believed on a
/// body only: buckles look like eyes, too.
fn sureness(figure: &Figure, head: Head) -> f32 {
    let fit = figure.standing.fit.max(0.0);
    let eyes = figure.eyes.map_or(0.0, |eyes| eyes.sure) * smoothstep(1.7, 1.95, fit);
    let odds = 4.4 * fit + 15.6 * head.score + 14.0 * figure.clarity + 2.0 * eyes - 34.7;
    1.0 / (1.0 + (-odds).exp())
}

/// How sure it is that somebody is in a small picture (sRGB in `0..=1`), `0..=1`: for those who look for something else.
pub(crate) fn somebody(picture: &Grid<Rgb>, cancel: &CancelToken) -> Result<f32, RunError> {
    let lab = picture.map(oklab);
    let figure = ground::person(&ground::view(&lab), |_| None, None, cancel)?;
    let Some(head) = body::head(&figure.mask, Standing::default()) else { return Ok(0.0) };
    let skin = parts::skin(&lab, &figure.mask, head);
    Ok(if skin.face < FACE { 0.0 } else { sureness(&figure, head) })
}

fn refuse(reason: &str) -> RunError {
    RunError::Input { role: InputRole::Person, reason: reason.to_owned(), confidence: None }
}

/// Refuses what was looked at.
fn unsure(sure: f32, reason: &str) -> RunError {
    RunError::Input { role: InputRole::Person, reason: reason.to_owned(), confidence: Some(sure) }
}

/// Whether a picture (OKLab) is black and white, as compression leaves it.
fn colourless(lab: &Grid<Rgb>) -> bool {
    lab.data.iter().filter(|[_, a, b]| a.hypot(*b) > 0.01).count() * 100 < lab.data.len()
}

/// Somebody told from the background.
struct Found {
    figure: Figure,
    head: Head,
    skin: Skin,
    sure: f32,
}

/// Whether a figure is a person, wholly found.
fn told(lab: &Grid<Rgb>, figure: Figure) -> Result<Found, RunError> {
    let share = figure.mask.count() as f32 / figure.mask.data.len() as f32;
    if !(0.03..0.9).contains(&share) {
        return Err(unsure(
            0.0,
            "no person stands out from the background: use a picture before a plain background",
        ));
    }
    let head = body::head(&figure.mask, figure.standing);
    let head = head.ok_or_else(|| {
        unsure(0.0, "no head and shoulders were found: use a picture of one person facing the camera")
    })?;
    let head = figure.eyes.map_or(head, |eyes| head.of_face(eyes));
    let skin = parts::skin(lab, &figure.mask, head);
    if skin.face < FACE {
        return Err(unsure(0.0, "no face was found: use a picture of one person facing the camera"));
    }
    let sure = sureness(&figure, head);
    if sure < SURE {
        return Err(unsure(
            sure,
            "no person can be told from the background with confidence: use a picture of one person, facing the camera, \
             before a calm background",
        ));
    }
    Ok(Found { figure, head, skin, sure })
}

/// Looks again where the first look left doubts: for eyes in heads anywhere, and then for whom they belong to. Buckles and
/// folds pass for eyes; but only around a head does somebody come out who stands there.
fn again(
    lab: &Grid<Rgb>,
    view: &View<'_>,
    eyes: impl Fn(Standing) -> Option<Eyes> + Sync,
    first: Result<Found, RunError>,
    cancel: &CancelToken,
) -> Result<Found, RunError> {
    let sure = |found: &Result<Found, RunError>| found.as_ref().map_or(0.0, |found| found.sure);
    let seen: Vec<_> = view
        .heads()
        .into_par_iter()
        .map(|head| eyes(head).map(|eyes| (head.face * eyes.sure, eyes)))
        .collect();
    // The same eyes seen from several heads are one pair, and the more often seen the likelier eyes.
    let mut pairs: Vec<(f32, Eyes)> = Vec::new();
    for (counts, seen) in seen.into_iter().flatten() {
        match pairs.iter_mut().find(|(_, pair)| pair.alike(&seen)) {
            Some((sum, _)) => *sum += counts,
            None => pairs.push((counts, seen)),
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let enough = (1.0 - LESS * (1.0 - sure(&first))).max(SURER);
    let mut best = first;
    for (_, known) in pairs.into_iter().take(PAIRS) {
        cancel.check()?;
        if sure(&best) > SUREST {
            break;
        }
        let other = told(lab, ground::person(view, &eyes, Some(known), cancel)?);
        if sure(&other) > sure(&best).max(enough) {
            best = other;
        }
    }
    best
}

/// Looks at the person's picture.
pub(crate) fn look(picture: &Picture, cancel: &CancelToken) -> Result<Person, RunError> {
    if picture.width().min(picture.height()) < 64 {
        return Err(refuse("the picture is too small: at least 64 pixels on each side are needed"));
    }
    if picture.width() > picture.height() * 4 || picture.height() > picture.width() * 6 {
        return Err(refuse("the picture is too narrow to show a person"));
    }
    let (small, frame) = shrink(picture, SIDE);
    let on_white = small.map(|[r, g, b, a]| [r, g, b].map(|c| c * a + 1.0 - a));
    let lab = on_white.par_map(oklab);
    if colourless(&lab) {
        return Err(unsure(
            0.0,
            "the picture is black and white, and skin is told by its colour: use a picture in colour",
        ));
    }
    cancel.check()?;
    let transparent = small.data.iter().filter(|p| p[3] < 0.5).count() * 50 > small.data.len();
    let found = if transparent {
        told(&lab, ground::from_alpha(&small.map(|p| p[3])))?
    } else {
        let eyes = |place: Standing| face::eyes(picture, frame, place, parts::face(&lab, place)?, face::SURE);
        let view = ground::view(&lab);
        let first = told(&lab, ground::person(&view, eyes, None, cancel)?);
        cancel.check()?;
        if first.as_ref().is_ok_and(|found| found.sure > CERTAIN) {
            first?
        } else {
            again(&lab, &view, eyes, first, cancel)?
        }
    };
    let Found { figure, head, mut skin, sure } = found;
    let body = body::body(&figure, &lab, &skin, head);
    cancel.check()?;
    let hair = parts::hair(&lab, &figure.mask, &skin, &body);
    skin.likely = skin.likely.zip(&hair, |skin, hair| if hair { 0.0 } else { skin });
    let clothes = clothes::clothes(&lab, &figure.mask, &skin, &hair, &body);
    Ok(Person { picture: on_white, frame, figure, skin, hair, clothes, body, sure, behind: OnceLock::new() })
}
