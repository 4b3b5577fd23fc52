//! What the rest of the system knows about inference: one trait, its input, output and error.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{InputRole, Job, JobKind, Picture, PictureFormat};

/// Turns jobs into pictures and clips. Called on a thread that may block for minutes.
pub trait Runner: Send + Sync {
    /// A short fixed name, recorded on the task and in the artifact: `draft`, `native`, ...
    fn name(&self) -> &'static str;

    /// How it makes pictures, which decides what its results say of themselves. Unless a runner says otherwise
    /// its results count as made by a trained model: the mistake in this direction deceives nobody.
    fn method(&self) -> Method {
        Method::Generative
    }

    /// The device that it computes on, for people.
    fn device(&self) -> String {
        "cpu".to_owned()
    }

    /// Whether it can serve jobs of a kind now.
    fn supports(&self, kind: JobKind) -> Support;

    /// Refuses pictures that are of no use to any run, before a device is taken for one.
    fn check(&self, job: &Job<Picture>) -> Result<(), RunError> {
        job.check()
    }

    /// Runs one job to its end. Looks at `context.cancel` at least every 100 ms and reports progress.
    /// The same job and seed give the same artifacts.
    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError>;
}

/// How a runner makes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By classical imaging, without a trained model: a stand-in for the real result.
    Draft,
    /// With a trained generative model.
    Generative,
}

/// Whether a runner can serve a kind of job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It can.
    Ready,
    /// It could with these weights installed.
    NeedsWeights(String),
    /// It cannot.
    No,
}

/// What a run may use besides its job.
pub struct RunContext<'a> {
    /// Fixes every random choice of the run.
    pub seed: u64,
    /// Set when nobody wants the result any more.
    pub cancel: &'a CancelToken,
    /// Takes progress reports. Cheap: may be called often.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl RunContext<'_> {
    /// Begins a step, counted from 1: reports it, and stops the run that nobody waits for any more.
    pub fn begin(&self, step: u32, steps: u32, stage: impl Into<String>) -> Result<(), RunError> {
        (self.progress)(Progress { stage: stage.into(), step, steps });
        self.cancel.check()
    }
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done, in a word or two for a person: `find garment`.
    pub stage: String,
    /// The step that is being done, counted from 1.
    pub step: u32,
    /// Steps in the whole run.
    pub steps: u32,
}

/// One finished result.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// What was made, at the size it is delivered in.
    pub content: Content,
    /// Remarks for the person who asked, one line each: what was found, what was ignored and why.
    pub notes: Vec<String>,
    /// What was recognised in the inputs.
    pub findings: Vec<Finding>,
}

impl Artifact {
    /// The picture, where it is one.
    pub fn picture(&self) -> Option<&Picture> {
        match &self.content {
            Content::Picture { picture, .. } => Some(picture),
            Content::Clip(_) => None,
        }
    }
}

/// A picture or a clip.
#[derive(Debug, Clone)]
pub enum Content {
    /// A picture, and how it is to be encoded.
    Picture {
        /// Its pixels.
        picture: Picture,
        /// Its encoding.
        format: PictureFormat,
    },
    /// A clip.
    Clip(Clip),
}

/// A finished clip: H.264 in MP4. Runners encode while they draw, since a clip's frames do not fit into memory
/// side by side.
#[derive(Clone, PartialEq, Eq)]
pub struct Clip {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How long it plays.
    pub length: Duration,
    /// The file.
    pub mp4: Vec<u8>,
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clip({}x{}, {:?}, {} bytes)", self.width, self.height, self.length, self.mp4.len())
    }
}

/// Something recognised in an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The picture it was found in.
    pub role: InputRole,
    /// What it is, in a word or two for a person: `person`, `dress`.
    pub what: String,
    /// From 0, a guess, to 1, certain.
    pub confidence: f32,
}

/// A flag shared between the one who cancels and the run that stops.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks the run to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// `Err(RunError::Cancelled)` once it was asked to stop: for use with `?` between steps.
    pub fn check(&self) -> Result<(), RunError> {
        if self.is_cancelled() { Err(RunError::Cancelled) } else { Ok(()) }
    }
}

/// Why a run ended without a result, sorted by who must act.
#[derive(Debug, Error, PartialEq)]
pub enum RunError {
    /// The caller: an input cannot be used.
    #[error("{role}: {reason}")]
    Input {
        /// The picture it is about.
        role: InputRole,
        /// What is wrong, as a sentence in the caller's terms.
        reason: String,
        /// How sure the runner is that the input shows what it should, from 0 to 1; none if it did not look.
        confidence: Option<f32>,
    },
    /// The caller: every input can be used, but not all of them together.
    #[error("{0}")]
    Inputs(String),
    /// The caller: the safety check does not let the result pass.
    #[error("the result is not delivered: the safety check sees {concept}")]
    Unsafe {
        /// What it shows, in a word or two for a person.
        concept: String,
        /// How sure the check is, from 0 to 1.
        confidence: f32,
    },
    /// The operator: weights, memory or configuration.
    #[error("the server is not set up for this: {0}")]
    Operator(String),
    /// The engine: the computation went wrong.
    #[error("the computation failed: {0}")]
    Engine(String),
    /// The remote service that the runner calls: its own words.
    #[error("the service answered: {0}")]
    Remote(String),
    /// Nobody: the run was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl fmt::Display for InputRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.write_str("person"),
            Self::Garment(index) => write!(f, "garment {}", index + 1),
        }
    }
}
