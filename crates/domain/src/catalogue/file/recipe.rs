//! The `[job]` table: which parameter feeds which field of the job.

use crate::{AspectRatio, Background, Effect, JobKind, PictureFormat, Pose, Shot, Style};

use crate::catalogue::tool::{Holds, JobRecipe, Parameter};

use super::parameter::Parameters;
use super::reader::{Item, Table};

const KINDS: [JobKind; 4] =
    [JobKind::TryOn, JobKind::Headshot, JobKind::IdentityPortrait, JobKind::VideoEffect];

/// A field of a job and what the parameter that feeds it must hold.
struct Field {
    name: &'static str,
    takes: Takes,
}

enum Takes {
    /// From one picture to so many. A field that must be fed.
    Pictures(usize),
    /// A word of a vocabulary. A field that no parameter feeds takes the first word.
    Word(&'static [&'static str]),
    /// An option by its label.
    Option,
    /// Free text.
    Text,
    /// A whole number from 1.
    Count,
    /// A number with decimals.
    Number,
}

const PERSON: Field = Field { name: "person", takes: Takes::Pictures(1) };

fn fields(kind: JobKind) -> &'static [Field] {
    match kind {
        JobKind::TryOn => &[
            PERSON,
            Field { name: "garments", takes: Takes::Pictures(2) },
            Field { name: "style", takes: Takes::Word(Style::WORDS) },
            Field { name: "pose", takes: Takes::Word(Pose::WORDS) },
            Field { name: "shot", takes: Takes::Word(Shot::WORDS) },
        ],
        JobKind::Headshot => &[
            PERSON,
            Field { name: "background", takes: Takes::Word(Background::WORDS) },
            Field { name: "aspect_ratio", takes: Takes::Word(AspectRatio::WORDS) },
            Field { name: "format", takes: Takes::Word(PictureFormat::WORDS) },
        ],
        JobKind::IdentityPortrait => &[
            PERSON,
            Field { name: "model", takes: Takes::Option },
            Field { name: "prompt", takes: Takes::Text },
            Field { name: "negative_prompt", takes: Takes::Text },
            Field { name: "steps", takes: Takes::Count },
            Field { name: "guidance", takes: Takes::Number },
            Field { name: "likeness", takes: Takes::Number },
            Field { name: "count", takes: Takes::Count },
            Field { name: "scheduler", takes: Takes::Option },
        ],
        JobKind::VideoEffect => &[PERSON, Field { name: "effect", takes: Takes::Word(Effect::WORDS) }],
    }
}

pub(super) fn read(root: &Table<'_>, parameters: &Parameters) -> Option<JobRecipe> {
    let table = root.require("job")?.table()?;
    let words = KINDS.map(JobKind::name);
    let kind = table
        .require("kind")
        .and_then(|item| item.word(&words, |word| KINDS.into_iter().find(|kind| kind.name() == word)));
    let seed = table.get("seed").and_then(|item| read_seed(&item, parameters));
    let kind = kind?;
    let mut feeds = Vec::new();
    for field in fields(kind) {
        let item = match field.takes {
            Takes::Pictures(_) => table.require(field.name),
            _ => table.get(field.name),
        };
        let Some(item) = item else { continue };
        let Some(parameter) = named(&item, parameters) else { continue };
        check_feed(&item, parameter, &field.takes);
        feeds.push((field.name.to_owned(), parameter.name.clone()));
    }
    table.finish();
    Some(JobRecipe { kind, feeds, seed })
}

fn named<'p>(item: &Item<'_>, parameters: &'p Parameters) -> Option<&'p Parameter> {
    parameters.find(item, &item.text()?).map(|(_, parameter)| parameter)
}

fn read_seed(item: &Item<'_>, parameters: &Parameters) -> Option<String> {
    let parameter = named(item, parameters)?;
    let fits = match parameter.holds {
        Holds::Integer { limits, .. } => limits.is_none_or(|limits| limits.min >= 0.0),
        _ => false,
    };
    if !fits {
        item.mistake(format!("parameter `{}` must hold whole numbers from 0", parameter.name));
    }
    Some(parameter.name.clone())
}

fn check_feed(item: &Item<'_>, parameter: &Parameter, takes: &Takes) {
    let name = &parameter.name;
    match (takes, &parameter.holds) {
        (Takes::Pictures(most), Holds::Pictures { most: taken, .. }) if taken > most => {
            item.mistake(format!("the job takes {most} of them, but parameter `{name}` takes {taken}"));
        }
        (Takes::Pictures(_), Holds::Pictures { .. })
        | (Takes::Option, Holds::Choice { .. })
        | (Takes::Text, Holds::Text { .. })
        | (Takes::Number, Holds::Number { .. } | Holds::Integer { .. }) => {}
        (Takes::Pictures(_), _) => item.mistake(format!("parameter `{name}` must hold pictures")),
        (Takes::Word(words), Holds::Choice { options, open: false }) => {
            let meanings = options.iter().map(|option| (&option.value, option.meaning()));
            for (value, meaning) in meanings.filter(|(_, meaning)| !words.contains(meaning)) {
                let known = words.join(", ");
                item.mistake(format!(
                    "option `{value}` of `{name}` means `{meaning}`, which is none of: {known}"
                ));
            }
        }
        (Takes::Word(_), _) => item.mistake(format!("parameter `{name}` must be a select that is not open")),
        (Takes::Option, _) => item.mistake(format!("parameter `{name}` must be a select")),
        (Takes::Text, _) => item.mistake(format!("parameter `{name}` must hold text")),
        (Takes::Count, holds) => {
            let fits = matches!(holds, Holds::Integer { limits: Some(limits), .. }
                if limits.min >= 1.0 && limits.max <= f64::from(u32::MAX));
            if !fits {
                item.mistake(format!(
                    "parameter `{name}` must hold whole numbers with a `min` of at least 1 and a `max`"
                ));
            }
        }
        (Takes::Number, _) => item.mistake(format!("parameter `{name}` must hold numbers")),
    }
    if parameter.default.is_none() && !parameter.required {
        item.mistake(format!("parameter `{name}` must be required or have a default"));
    }
}
