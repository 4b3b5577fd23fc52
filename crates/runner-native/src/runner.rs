//! The runner: jobs become instructions and pictures of the right size, and the result a picture again.

use std::path::PathBuf;
use std::time::Duration;

use atelier_domain::{
    Artifact, Content, Headshot, InputRole, Job, JobKind, Picture, PictureFormat, RunContext, RunError,
    Runner, Shot, Support, TryOn,
};
use candle_core::{DeviceLocation, Tensor};

use crate::pictures::{Size, from_tensor, resized, size_of_shape, to_tensor};
use crate::pipelines::{EditError, EditRequest, Klein, edit};
use crate::prompts;
use crate::safety::{ConceptChecker, SafetyCheck, SafetyClassifier};
use crate::warm::Warm;
use crate::{DeviceChoice, Placement};

/// The model's folder below that of all models.
const KLEIN: &str = "FLUX.2-klein-4B";
/// What an operator has to install.
const KLEIN_WEIGHTS: &str = "FLUX.2 [klein] 4B (Apache-2.0, 16 GB)";
/// The distilled model is made for so many.
const STEPS: usize = 4;
/// Sides of pictures are multiples of this many pixels.
const SIDE: usize = 16;
/// Pictures longer than this many times their width, or wider, are refused: too little would be left of them.
const LONGEST: u32 = 8;
/// A result is enlarged to the size of its input by at most so much; beyond that it would only look soft.
const ENLARGE: f64 = 1.5;

/// What an operator can set.
#[derive(Debug, Clone)]
pub struct NativeOptions {
    /// The folder that holds a folder for each model.
    pub models: PathBuf,
    /// Where to run.
    pub device: DeviceChoice,
    /// Bytes of memory that weights may take; unless set, what the machine has.
    pub memory: Option<u64>,
    /// How long weights stay in memory after the last run.
    pub idle: Duration,
    /// Pixels of a picture that is made, and of references at most. The model is made for a megapixel.
    pub pixels: usize,
}

impl NativeOptions {
    /// The defaults for a folder of models.
    pub fn new(models: PathBuf) -> Self {
        let idle = Duration::from_mins(15);
        Self { models, device: DeviceChoice::Auto, memory: None, idle, pixels: 1 << 20 }
    }
}

/// See the module.
pub struct NativeRunner {
    options: NativeOptions,
    placement: Placement,
    safety: SafetyCheck,
    klein: Warm<Klein>,
}

/// A job as the model takes it.
struct Order<'a> {
    instruction: String,
    /// The first is the one whose shape counts.
    pictures: Vec<(InputRole, &'a Picture)>,
    /// Width to height of the result.
    shape: (u32, u32),
    /// The size that the result is given if that is about its own.
    size: Option<(u32, u32)>,
    format: PictureFormat,
    /// Remarks on what was asked for.
    notes: Vec<&'static str>,
}

impl NativeRunner {
    /// Opens the device; models are opened when they are wanted.
    pub fn new(options: NativeOptions) -> Result<Self, RunError> {
        let placement = Placement::open(options.device).map_err(|error| RunError::Operator(chain(&error)))?;
        let no_thread = |error| RunError::Operator(chain(&error));
        let klein = Warm::new(options.idle).map_err(no_thread)?;
        let checker = ConceptChecker::new(&options.models, &placement, options.idle).map_err(no_thread)?;
        Ok(Self { options, placement, safety: SafetyCheck::new(Box::new(checker)), klein })
    }

    /// The same with another classifier.
    #[must_use]
    pub fn with_classifier(mut self, classifier: Box<dyn SafetyClassifier>) -> Self {
        self.safety = SafetyCheck::new(classifier);
        self
    }

    /// What the operator should know when the server starts.
    pub fn notice(&self) -> Option<&'static str> {
        self.safety.notice()
    }

    fn folder(&self) -> PathBuf {
        self.options.models.join(KLEIN)
    }

    fn make(&self, order: &Order<'_>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        order.pictures.iter().try_for_each(|(_, picture)| self.safety.pass(picture))?;
        let [width, height] = size_of_shape(order.shape.0, order.shape.1, self.options.pixels, SIDE);
        let references = self.references(order, [width, height])?;
        let request =
            EditRequest { prompt: &order.instruction, references: &references, width, height, steps: STEPS };
        let open = || Ok(Klein::open(&self.folder(), self.placement.clone(), self.options.memory)?);
        let made = self.klein.with(open, |klein| edit(klein, &request, context)).map_err(run_error)?;

        let picture = from_tensor(&made).map_err(|error| RunError::Engine(chain(&error)))?;
        self.safety.pass(&picture)?;
        let picture = match order.size {
            Some(size) => resized(&picture, delivered([width, height], size))
                .map_err(|error| RunError::Engine(chain(&error)))?,
            None => picture,
        };
        let made =
            format!("native: FLUX.2 klein 4B, {STEPS} steps, {width} x {height}, seed {}", context.seed);
        let notes = std::iter::once(made)
            .chain(order.notes.iter().map(|&note| note.to_owned()))
            .chain(self.notice().map(str::to_owned));
        let content = Content::Picture { picture, format: order.format };
        Ok(vec![Artifact { content, notes: notes.collect(), findings: vec![] }])
    }

    /// Every picture at the size that the model looks at. The first has the size of the result where it has its shape,
    /// so that what stays stays at its place.
    fn references(&self, order: &Order<'_>, result: Size) -> Result<Vec<Tensor>, RunError> {
        let reference = |(index, &(role, picture)): (usize, &(InputRole, &Picture))| {
            let (width, height) = (picture.width(), picture.height());
            if width > LONGEST * height || height > LONGEST * width {
                let reason =
                    format!("the picture is {width} x {height}; one side may be {LONGEST} times the other");
                return Err(RunError::Input { role, reason, confidence: None });
            }
            let same_shape = index == 0 && order.size.is_some();
            let size = if same_shape { result } else { self.looked_at(width, height) };
            let picture = resized(picture, size).map_err(|error| RunError::Engine(chain(&error)))?;
            to_tensor(&picture).map_err(|error| RunError::Engine(chain(&error)))
        };
        order.pictures.iter().enumerate().map(reference).collect()
    }

    /// The picture's own size as far as the model takes it; small ones are enlarged, since a garment of 100 pixels
    /// would be looked at as 36 tokens.
    fn looked_at(&self, width: u32, height: u32) -> Size {
        let most = self.options.pixels;
        let own = (width as usize * height as usize).clamp(most / 4, most);
        size_of_shape(width, height, own, SIDE)
    }
}

/// The size of a result that has the shape of an input: the input's own, if the result need not grow much for it.
fn delivered(made: Size, input: (u32, u32)) -> Size {
    let (width, height) = (f64::from(input.0), f64::from(input.1));
    let made = (made[0] * made[1]) as f64;
    let growth = (width * height / made).sqrt();
    let scale = growth.clamp(1.0, ENLARGE) / growth;
    [width, height].map(|side| ((side * scale).round() as usize).max(1))
}

fn headshot(job: &Headshot<Picture>) -> Order<'_> {
    let own = (job.person.width(), job.person.height());
    Order {
        instruction: prompts::headshot::instruction(job.background),
        pictures: vec![(InputRole::Person, &job.person)],
        shape: job.aspect_ratio.ratio().unwrap_or(own),
        size: job.aspect_ratio.ratio().is_none().then_some(own),
        format: job.format,
        notes: vec![],
    }
}

fn try_on(job: &TryOn<Picture>) -> Order<'_> {
    let own = (job.person.width(), job.person.height());
    let garments =
        job.garments.iter().enumerate().map(|(index, picture)| (InputRole::Garment(index), picture));
    let note = match job.shot {
        Shot::Headshot => Some("native: a headshot leaves footwear out"),
        Shot::Medium => Some("native: a medium shot leaves out what is worn below the waist"),
        Shot::Auto | Shot::Wide => None,
    };
    Order {
        instruction: prompts::try_on::instruction(job.garments.len(), job.style, job.pose, job.shot),
        pictures: std::iter::once((InputRole::Person, &job.person)).chain(garments).collect(),
        shape: own,
        size: Some(own),
        format: PictureFormat::Png,
        notes: note.into_iter().collect(),
    }
}

impl Runner for NativeRunner {
    fn name(&self) -> &'static str {
        "native"
    }

    fn device(&self) -> String {
        match self.placement.device.location() {
            DeviceLocation::Cpu => "cpu".to_owned(),
            DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
            DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
        }
    }

    fn supports(&self, kind: JobKind) -> Support {
        match kind {
            JobKind::TryOn | JobKind::Headshot if Klein::installed(&self.folder()) => Support::Ready,
            JobKind::TryOn | JobKind::Headshot => {
                Support::NeedsWeights(format!("{KLEIN_WEIGHTS} in {}", self.folder().display()))
            }
            JobKind::IdentityPortrait | JobKind::VideoEffect => Support::No,
        }
    }

    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        match job {
            Job::Headshot(job) => self.make(&headshot(job), context),
            Job::TryOn(job) => self.make(&try_on(job), context),
            other => {
                Err(RunError::Operator(format!("no model of this version makes {}", other.kind().name())))
            }
        }
    }
}

/// Who must act on an edit that failed.
fn run_error(error: EditError) -> RunError {
    match error {
        error if error.is_cancelled() => RunError::Cancelled,
        EditError::Klein(error) => RunError::Operator(chain(&error)),
        other => RunError::Engine(chain(&other)),
    }
}

/// An error and its causes in one line, since the worker's log is all that is seen of them.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests;
