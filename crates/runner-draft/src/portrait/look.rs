//! Which look a checkpoint's name stands for.
//!
//! Decided here: a draft has no checkpoints, only four looks. The name's own words choose, so that checkpoints an operator
//! adds have a look too; a name that says nothing gets the photographic one.

/// How a portrait is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// As taken by a camera.
    Photo,
    /// Flat tones, lines, large eyes.
    Anime,
    /// Brush strokes on canvas.
    Artful,
    /// As rendered: smooth, glossy, with coloured rim lights.
    Crystal,
}

/// Beginnings of words in names of checkpoints, and what they stand for; the first that fits decides.
const HINTS: [(Look, &[&str]); 4] = [
    (
        Look::Anime,
        &[
            "anime",
            "manga",
            "toon",
            "cartoon",
            "comic",
            "ghibli",
            "waifu",
            "pony",
            "illustrious",
            "animagine",
        ],
    ),
    (
        Look::Artful,
        &[
            "art",
            "paint",
            "oil",
            "canvas",
            "watercolor",
            "watercolour",
            "impression",
            "sketch",
            "illustration",
        ],
    ),
    (Look::Crystal, &["crystal", "clear", "3d", "render", "cgi", "pixar", "clay", "toy", "gloss"]),
    (Look::Photo, &["photo", "real", "rdxl", "cinema", "portrait", "film", "raw"]),
];

impl Look {
    /// The look for a checkpoint's name, and whether the name said so.
    pub(crate) fn of(model: &str) -> (Self, bool) {
        // The owner of a checkpoint says nothing about its look.
        let name = model.rsplit('/').next().unwrap_or(model).to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        let fits = |hint: &&&str| words.iter().any(|word| word.starts_with(**hint));
        let found = HINTS.iter().find(|(_, hints)| hints.iter().any(|hint| fits(&hint)));
        found.map_or((Self::Photo, false), |(look, _)| (*look, true))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Anime => "anime",
            Self::Artful => "painting",
            Self::Crystal => "glossy 3d",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_checkpoint_choose_its_look() {
        for (model, look, said) in [
            ("sinatra/RDXL-SFW", Look::Photo, true),
            ("Magenttta/Purple-XL-Anime", Look::Anime, true),
            ("sinatra/Real-Dream-SDXL-Classic", Look::Photo, true),
            ("J1B/Jib-Mix-Artful", Look::Artful, true),
            ("WarAnakin/Crystal Clear v1.0", Look::Crystal, true),
            ("anime-lovers/RealVisXL", Look::Photo, true),
            ("somebody/OilPainting_v3", Look::Artful, true),
            ("79", Look::Photo, false),
            ("", Look::Photo, false),
        ] {
            assert_eq!(Look::of(model), (look, said), "{model}");
        }
    }
}
