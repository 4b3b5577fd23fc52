//! What an output says of its making, and in which words of the published vocabulary.

use atelier_domain::{JobKind, Method, Timestamp, ToolSlug};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

/// The label of our own assertion. It must begin with a domain of its maker's; `.internal` is everybody's, so it
/// cannot be mistaken for the label of somebody else.
pub(crate) const RUN_LABEL: &str = "internal.atelier.run";

/// How one output was made.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Which tool.
    pub tool: ToolSlug,
    /// What kind of work.
    pub kind: JobKind,
    /// The name of the runner.
    pub runner: String,
    /// How that runner makes pictures.
    pub method: Method,
    /// What fixed its random choices.
    pub seed: u64,
    /// When it was made.
    pub made: Timestamp,
}

/// A term of the IPTC's vocabulary "digital source type", as far as we use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceType {
    /// Several elements put together, any of which may or may not come from generative AI.
    Composite,
    /// An existing picture that generative AI changed.
    CompositeWithTrainedAlgorithmicMedia,
    /// Made by generative AI.
    TrainedAlgorithmicMedia,
}

impl SourceType {
    /// The term for what a runner of a method makes of a kind of work.
    ///
    /// Drafts put together what the caller sent, drawn scenery and light. That is a composite; not one "of
    /// captures", because nobody knows where the inputs came from, and not an "enhanced" picture, because its
    /// content changes. A generative runner edits the picture of a try-on or a headshot, and makes portraits
    /// and clips anew.
    pub fn of(method: Method, kind: JobKind) -> Self {
        match (method, kind) {
            (Method::Draft, _) => Self::Composite,
            (Method::Generative, JobKind::TryOn | JobKind::Headshot) => {
                Self::CompositeWithTrainedAlgorithmicMedia
            }
            (Method::Generative, JobKind::IdentityPortrait | JobKind::VideoEffect) => {
                Self::TrainedAlgorithmicMedia
            }
        }
    }

    /// The term's address.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Composite => "http://cv.iptc.org/newscodes/digitalsourcetype/composite",
            Self::CompositeWithTrainedAlgorithmicMedia => {
                "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
            }
            Self::TrainedAlgorithmicMedia => {
                "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
            }
        }
    }
}

impl Origin {
    /// The manifest to be signed. One action: `c2pa.created`. `c2pa.opened` would have to name the input by its
    /// hash, and a hash of a person's photograph in a public file is a way to find that person.
    pub(crate) fn manifest(&self) -> Value {
        let version = env!("CARGO_PKG_VERSION");
        let made = DateTime::from_timestamp_millis(self.made.0).unwrap_or_default();
        let draft = self.method == Method::Draft;
        let action = json!({
            "action": "c2pa.created",
            "when": made.to_rfc3339_opts(SecondsFormat::Secs, true),
            "digitalSourceType": SourceType::of(self.method, self.kind).uri(),
            "softwareAgent": { "name": format!("Atelier, runner {}", self.runner), "version": version },
        });
        // The seed as text: not every reader takes all 64 bits of a number.
        let (tool, seed) = (self.tool.to_string(), self.seed.to_string());
        let run = json!({ "tool": tool, "runner": self.runner, "draft": draft, "seed": seed });
        json!({
            "claim_generator_info": [{ "name": "Atelier", "version": version }],
            "assertions": [
                { "label": "c2pa.actions.v2", "data": { "actions": [action] }, "created": true },
                { "label": RUN_LABEL, "data": run, "created": true },
            ],
        })
    }
}
