//! The contact sheet of everything.

use std::error::Error;

use atelier_domain::{AspectRatio, Background, Effect, Picture, RunError, Shot, Style};
use image::RgbImage;

use crate::jobs::{PORTRAITS, SETS, frames, headshot, portrait, rgb, run, sample, try_on};
use crate::sheet::Sheet;

const TILE: [u32; 2] = [220, 293];
const COLUMNS: u32 = 8;
/// The looks of identity portraits, by words that name them.
const LOOKS: [&str; 4] = ["photo", "anime", "artful", "crystal"];
/// The second of a clip in which an effect shows best.
const TELLING: f32 = 1.8;

type Tile = (String, Option<RgbImage>);

pub(crate) fn write(path: &str) -> Result<(), Box<dyn Error>> {
    let mut sheet = Sheet::new(TILE, COLUMNS);
    sheet.heading("Inputs: four people with their garments, two portraits");
    let names = SETS.iter().flat_map(|set| set.iter()).chain(&PORTRAITS);
    let inputs = names.map(|name| Ok((short(name), Some(rgb(&sample(name)?)))));
    sheet.tiles(&inputs.collect::<Result<Vec<_>, Box<dyn Error>>>()?);
    sheet.heading("Try-on: every set in every style and plan");
    for set in SETS {
        sheet.tiles(&try_ons(set)?);
    }
    sheet.heading("Headshot: every background");
    sheet.tiles(&headshots()?);
    sheet.heading("Identity portrait: every look");
    sheet.tiles(&portraits()?);
    sheet.heading("Video effects: a frame of each");
    sheet.tiles(&effects()?);
    sheet.save(path)
}

fn try_ons(set: &[&str]) -> Result<Vec<Tile>, Box<dyn Error>> {
    let words = |words: &[&'static str]| words.to_vec();
    let (styles, shots) = (words(Style::WORDS), words(Shot::WORDS));
    let mut tiles = Vec::new();
    for (style, shot) in styles.iter().flat_map(|style| shots.iter().map(move |shot| (*style, *shot))) {
        let (Some(a), Some(b)) = (Style::from_word(style), Shot::from_word(shot)) else { continue };
        let label = format!("{} {}", style.trim_start_matches("keep-"), shot.trim_end_matches("-shot"));
        tiles.push(tile(label, run(&try_on(set, a, b)?)));
    }
    Ok(tiles)
}

fn headshots() -> Result<Vec<Tile>, Box<dyn Error>> {
    let mut tiles = Vec::new();
    for name in PORTRAITS.iter().chain(&[SETS[2][0]]) {
        for word in Background::WORDS {
            let Some(background) = Background::from_word(word) else { continue };
            let job = headshot(sample(name)?, background, AspectRatio::R3x4);
            tiles.push(tile((*word).to_owned(), run(&job)));
        }
    }
    Ok(tiles)
}

fn portraits() -> Result<Vec<Tile>, Box<dyn Error>> {
    let mut tiles = Vec::new();
    for name in PORTRAITS.iter().chain(&[SETS[0][0], SETS[3][0]]) {
        for look in LOOKS {
            tiles.push(tile(look.to_owned(), run(&portrait(sample(name)?, look, ""))));
        }
    }
    Ok(tiles)
}

fn effects() -> Result<Vec<Tile>, Box<dyn Error>> {
    let people: Vec<Picture> = PORTRAITS
        .iter()
        .chain(&[SETS[0][0], SETS[3][0]])
        .map(|name| sample(name))
        .collect::<Result<_, _>>()?;
    let mut tiles = Vec::new();
    for (index, word) in Effect::WORDS.iter().enumerate() {
        let Some(effect) = Effect::from_word(word) else { continue };
        let label = word.trim_end_matches("-transformation").trim_end_matches("-effect");
        let made = frames(people[index % people.len()].clone(), effect, &[TELLING]);
        tiles.push(tile(label.to_owned(), made.map(|mut frames| frames.remove(0))));
    }
    Ok(tiles)
}

/// What was made, or a tile without a picture; the reason goes to the terminal.
fn tile(label: String, made: Result<RgbImage, RunError>) -> Tile {
    match made {
        Ok(picture) => (label, Some(picture)),
        Err(error) => {
            println!("{label}: {error}");
            (label, None)
        }
    }
}

/// `input-1-2` and the like.
fn short(name: &str) -> String {
    name.trim_start_matches("wiro-virtual-try-on-")
        .trim_start_matches("wiro_professional-")
        .replace("_input", "")
}
