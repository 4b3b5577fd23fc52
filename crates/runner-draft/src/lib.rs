//! The draft runner: previews of every product by classical imaging on the CPU, without weights.
//!
//! For a try-on it finds the person before the background and the garment in its picture, lays the garment over the body by its
//! seams, lights it with the person's own light, and puts back in front what belongs there. It never passes for a
//! generative model: the result carries a label and its first note says what it is. What it cannot find it refuses.
//!
//! Eyes ([`eyes`], [`garment`]) work on a small copy; only [`warp`] and [`composite`] touch every pixel.

mod backdrop;
mod bearing;
mod carry;
mod colour;
mod composite;
mod effects;
mod eyes;
mod face;
mod feet;
mod fit;
mod garment;
mod geometry;
mod headshot;
pub mod inspect;
mod label;
mod mouth;
mod portrait;
mod raster;
mod scenes;
mod shade;
mod skin;
mod stages;
mod try_on;
mod undress;
mod view;
mod warp;

#[cfg(test)]
#[path = "../tests/it/puppet.rs"]
mod puppet;
#[cfg(test)]
mod seeing_tests;

use atelier_domain::{Artifact, Job, JobKind, Method, Picture, RunContext, RunError, Runner, Support};

pub use effects::stills;
pub use stages::Stages;

/// How drafts are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftOptions {
    /// Whether the word DRAFT is written into the lower right corner.
    pub label: bool,
}

impl Default for DraftOptions {
    fn default() -> Self {
        Self { label: true }
    }
}

/// See the crate's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct DraftRunner {
    options: DraftOptions,
}

impl DraftRunner {
    /// A runner that delivers as told.
    pub fn new(options: DraftOptions) -> Self {
        Self { options }
    }

    /// As [`Runner::run`], and fills `stages` on the way.
    pub fn run_with_stages(
        &self,
        job: &Job<Picture>,
        context: &RunContext<'_>,
        stages: &mut Stages,
    ) -> Result<Vec<Artifact>, RunError> {
        match job {
            Job::TryOn(job) => Ok(vec![try_on::run(job, context, self.options, stages)?]),
            Job::Headshot(job) => Ok(vec![headshot::run(job, context, self.options, stages)?]),
            Job::IdentityPortrait(job) => portrait::run(job, context, self.options, stages),
            Job::VideoEffect(job) => Ok(vec![effects::run(job, context, self.options, stages)?]),
        }
    }
}

impl Runner for DraftRunner {
    fn name(&self) -> &'static str {
        "draft"
    }

    fn method(&self) -> Method {
        Method::Draft
    }

    fn supports(&self, _: JobKind) -> Support {
        Support::Ready
    }

    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        self.run_with_stages(job, context, &mut Stages::default())
    }
}
