//! What a draft understands of a prompt: places, hours, light, treatment and colours, and nothing else.
//!
//! Decided here: a short list, documented in `docs/drafts.md`. Words outside it are told back to the caller, who then
//! knows what the draft did not even try.

use crate::backdrop::{Hour, Place};
use crate::colour::Rgb;

/// How the person is lit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Plain,
    Dramatic,
    Soft,
    Backlit,
}

/// What is done to colours in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    Natural,
    Monochrome,
    Sepia,
    Vivid,
    Muted,
}

#[derive(Debug, Clone, Copy)]
enum Wish {
    Place(Place),
    Hour(Hour),
    Mood(Mood),
    Treatment(Treatment),
    /// An sRGB accent, `0..=1`.
    Colour(Rgb),
}

use Wish::{Colour, Hour as H, Mood as M, Place as P, Treatment as T};

/// Phrases of up to three words; longer ones first where one begins like another.
const PHRASES: &[(&str, Wish)] = &[
    ("black and white", T(Treatment::Monochrome)),
    ("golden hour", H(Hour::Sunset)),
    ("soft light", M(Mood::Soft)),
    ("soft lighting", M(Mood::Soft)),
    ("rim light", M(Mood::Backlit)),
    ("rim lighting", M(Mood::Backlit)),
    // Lamps of a studio may stand anywhere.
    ("studio light", M(Mood::Plain)),
    ("studio lighting", M(Mood::Plain)),
    ("low key", M(Mood::Dramatic)),
    ("high key", M(Mood::Soft)),
    // Too many things are white, black or grey to take these words alone for a wish.
    ("white background", Colour([0.94, 0.94, 0.94])),
    ("white backdrop", Colour([0.94, 0.94, 0.94])),
    ("black background", Colour([0.10, 0.10, 0.11])),
    ("black backdrop", Colour([0.10, 0.10, 0.11])),
    ("dark background", Colour([0.16, 0.16, 0.18])),
    ("gray background", Colour([0.55, 0.55, 0.56])),
    ("grey background", Colour([0.55, 0.55, 0.56])),
    ("eiffel tower", P(Place::Paris)),
    ("studio", P(Place::Studio)),
    ("office", P(Place::Office)),
    ("stadium", P(Place::Stadium)),
    ("arena", P(Place::Stadium)),
    ("paris", P(Place::Paris)),
    ("eiffel", P(Place::Paris)),
    ("beach", P(Place::Beach)),
    ("sea", P(Place::Beach)),
    ("ocean", P(Place::Beach)),
    ("forest", P(Place::Forest)),
    ("woods", P(Place::Forest)),
    ("jungle", P(Place::Forest)),
    ("city", P(Place::City)),
    ("street", P(Place::City)),
    ("urban", P(Place::City)),
    ("skyline", P(Place::City)),
    ("mountain", P(Place::Mountains)),
    ("mountains", P(Place::Mountains)),
    ("alps", P(Place::Mountains)),
    ("garden", P(Place::Garden)),
    ("park", P(Place::Garden)),
    ("flowers", P(Place::Garden)),
    ("space", P(Place::Space)),
    ("stars", P(Place::Space)),
    ("galaxy", P(Place::Space)),
    ("day", H(Hour::Day)),
    ("daylight", H(Hour::Day)),
    ("sunset", H(Hour::Sunset)),
    ("sunrise", H(Hour::Sunset)),
    ("dusk", H(Hour::Sunset)),
    ("night", H(Hour::Night)),
    ("midnight", H(Hour::Night)),
    ("neon", H(Hour::Neon)),
    ("cyberpunk", H(Hour::Neon)),
    ("dramatic", M(Mood::Dramatic)),
    ("moody", M(Mood::Dramatic)),
    ("cinematic", M(Mood::Dramatic)),
    ("soft", M(Mood::Soft)),
    ("backlit", M(Mood::Backlit)),
    ("backlight", M(Mood::Backlit)),
    ("floodlights", M(Mood::Backlit)),
    ("monochrome", T(Treatment::Monochrome)),
    ("grayscale", T(Treatment::Monochrome)),
    ("noir", T(Treatment::Monochrome)),
    ("sepia", T(Treatment::Sepia)),
    ("vintage", T(Treatment::Sepia)),
    ("vivid", T(Treatment::Vivid)),
    ("vibrant", T(Treatment::Vivid)),
    ("colorful", T(Treatment::Vivid)),
    ("colourful", T(Treatment::Vivid)),
    ("muted", T(Treatment::Muted)),
    ("pastel", T(Treatment::Muted)),
    ("red", Colour([0.80, 0.12, 0.12])),
    ("orange", Colour([0.92, 0.48, 0.10])),
    ("yellow", Colour([0.95, 0.80, 0.20])),
    ("gold", Colour([0.85, 0.66, 0.25])),
    ("green", Colour([0.15, 0.60, 0.25])),
    ("teal", Colour([0.08, 0.55, 0.55])),
    ("cyan", Colour([0.10, 0.70, 0.85])),
    ("blue", Colour([0.12, 0.30, 0.80])),
    ("purple", Colour([0.48, 0.18, 0.70])),
    ("violet", Colour([0.48, 0.18, 0.70])),
    ("pink", Colour([0.92, 0.42, 0.62])),
    ("brown", Colour([0.42, 0.28, 0.17])),
];

/// What a draft cannot give another colour: a colour before one of these is not the place's.
const OWN: &[&str] = &[
    "beard", "coat", "clothes", "dress", "glasses", "hair", "haired", "hat", "jacket", "jersey", "lips",
    "shirt", "skin", "suit", "sweater", "tie", "uniform",
];

/// Words that ask for nothing.
const FILLERS: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "as",
    "at",
    "background",
    "backdrop",
    "behind",
    "by",
    "color",
    "colour",
    "colors",
    "for",
    "from",
    "front",
    "image",
    "in",
    "is",
    "it",
    "light",
    "lighting",
    "lit",
    "of",
    "on",
    "or",
    "person",
    "photo",
    "picture",
    "portrait",
    "the",
    "this",
    "through",
    "to",
    "with",
];

/// What is asked for, as far as a draft understands it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// In the order of the prompt.
    pub(crate) places: Vec<Place>,
    pub(crate) hour: Option<Hour>,
    pub(crate) mood: Option<Mood>,
    pub(crate) treatment: Option<Treatment>,
    pub(crate) accents: Vec<Rgb>,
    /// Words that were understood, and those that were not, each once.
    pub(crate) honoured: Vec<String>,
    pub(crate) ignored: Vec<String>,
}

impl Wishes {
    /// Reads a prompt; what the negative prompt names is taken back.
    pub(crate) fn read(prompt: &str, negative: &str) -> Self {
        let mut wishes = Self::default();
        let avoided: Vec<&str> =
            phrases(negative).into_iter().filter_map(Result::ok).map(|(p, _)| p).collect();
        for found in phrases(prompt) {
            match found {
                Ok((phrase, _)) if avoided.contains(&phrase) => {}
                Ok((phrase, wish)) => {
                    wishes.take(wish);
                    note(&mut wishes.honoured, phrase.to_owned());
                }
                Err(word) => note(&mut wishes.ignored, word),
            }
        }
        if avoided.iter().any(|phrase| matches!(*phrase, "monochrome" | "black and white" | "grayscale"))
            && wishes.treatment == Some(Treatment::Monochrome)
        {
            wishes.treatment = None;
        }
        wishes
    }

    fn take(&mut self, wish: Wish) {
        match wish {
            P(place) if !self.places.contains(&place) => self.places.push(place),
            P(_) => {}
            H(hour) => self.hour = Some(hour),
            M(mood) => self.mood = Some(mood),
            T(treatment) => self.treatment = Some(treatment),
            Colour(colour) => self.accents.push(colour),
        }
    }
}

fn note(list: &mut Vec<String>, word: String) {
    if !list.contains(&word) {
        list.push(word);
    }
}

/// The phrases of a prompt with their meaning, and the words that have none.
fn phrases(prompt: &str) -> Vec<Result<(&'static str, Wish), String>> {
    let lower = prompt.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let fitting = PHRASES.iter().find(|(phrase, _)| {
            phrase.split(' ').enumerate().all(|(i, word)| words.get(at + i) == Some(&word))
        });
        if let Some((phrase, wish)) = fitting {
            at += phrase.split(' ').count();
            let thing = words.get(at).filter(|word| matches!(wish, Colour(_)) && OWN.contains(word));
            found.push(thing.map_or(Ok((*phrase, *wish)), |thing| Err(format!("{phrase} {thing}"))));
            at += usize::from(thing.is_some());
            continue;
        }
        if !FILLERS.contains(&words[at]) && words[at].parse::<f32>().is_err() {
            found.push(Err(words[at].to_owned()));
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_read_as_far_as_the_list_goes() {
        let wishes = Wishes::read("A wizard in (Paris:1.2), golden hour, blue and gold, black and white", "");
        assert_eq!(wishes.places, [Place::Paris]);
        assert_eq!(wishes.hour, Some(Hour::Sunset));
        assert_eq!(wishes.treatment, Some(Treatment::Monochrome));
        assert_eq!(wishes.accents.len(), 2);
        assert_eq!(wishes.ignored, ["wizard"]);
    }

    #[test]
    fn the_colour_of_a_thing_and_the_light_of_a_studio_are_no_place() {
        let wishes = Wishes::read("woman with red hair on the beach, studio lighting, white background", "");
        assert_eq!(wishes.places, [Place::Beach]);
        assert_eq!((wishes.accents.len(), wishes.mood), (1, Some(Mood::Plain)));
        assert_eq!(wishes.ignored, ["woman", "red hair"]);
        assert!(!wishes.honoured.contains(&"red".to_owned()), "{:?}", wishes.honoured);
    }

    #[test]
    fn what_the_negative_prompt_names_is_not_done() {
        let wishes = Wishes::read("night on the beach, noir", "monochrome, beach");
        assert!(wishes.places.is_empty());
        assert_eq!(wishes.hour, Some(Hour::Night));
        assert_eq!(wishes.treatment, None);
    }
}
