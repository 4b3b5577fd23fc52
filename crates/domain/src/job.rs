//! The typed work that a runner gets. A job knows no HTTP, task id or database.
//!
//! A job is generic over what stands for a picture: [`crate::InputFile`] while it is planned and waits in the
//! queue, [`crate::Picture`] once its inputs are staged.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

/// The kinds of work that the catalogue can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// A person wearing given garments.
    TryOn,
    /// A professional head-and-shoulders portrait.
    Headshot,
    /// New portraits of one identity.
    IdentityPortrait,
    /// A short clip from one picture.
    VideoEffect,
}

impl JobKind {
    /// The name used in catalogue files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::TryOn => "try-on",
            Self::Headshot => "headshot",
            Self::IdentityPortrait => "identity-portrait",
            Self::VideoEffect => "video-effect",
        }
    }
}

/// One job with its inputs in the form `F`.
#[derive(Debug, Clone, PartialEq)]
pub enum Job<F> {
    /// See [`TryOn`].
    TryOn(TryOn<F>),
}

/// Dress a person in one or two garments.
#[derive(Debug, Clone, PartialEq)]
pub struct TryOn<F> {
    /// The person, roughly facing the camera.
    pub person: F,
    /// One or two garments or accessories, each alone in its picture.
    pub garments: Vec<F>,
    /// The scene around the person.
    pub style: Style,
    /// The posture asked for.
    pub pose: Pose,
    /// The framing asked for.
    pub shot: Shot,
}

/// Which picture of a job an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputRole {
    /// The person of a try-on, the face of a portrait, the first frame of a clip.
    Person,
    /// A garment, counted from 0.
    Garment(usize),
}

impl<F> Job<F> {
    /// Which kind of runner ability it needs.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::TryOn(_) => JobKind::TryOn,
        }
    }

    /// All pictures with their roles, in the order in which [`Job::try_map`] visits them.
    pub fn inputs(&self) -> Vec<(InputRole, &F)> {
        match self {
            Self::TryOn(job) => {
                let garments = job.garments.iter().enumerate().map(|(i, file)| (InputRole::Garment(i), file));
                std::iter::once((InputRole::Person, &job.person)).chain(garments).collect()
            }
        }
    }

    /// The same job with every picture replaced; stops at the first error.
    pub fn try_map<G, E>(self, mut replace: impl FnMut(F) -> Result<G, E>) -> Result<Job<G>, E> {
        match self {
            Self::TryOn(job) => Ok(Job::TryOn(TryOn {
                person: replace(job.person)?,
                garments: job.garments.into_iter().map(replace).collect::<Result<_, _>>()?,
                style: job.style,
                pose: job.pose,
                shot: job.shot,
            })),
        }
    }
}

vocabulary!(
    /// The scene of a try-on.
    Style {
        /// Keep the scene of the person's picture.
        KeepScene = "keep-scene",
        /// A studio sweep.
        Studio = "studio",
        /// An indoor set.
        Indoor = "indoor",
        /// An outdoor set.
        Outdoor = "outdoor",
    }
);
vocabulary!(
    /// The posture of a try-on.
    Pose {
        /// Whatever suits the garment: the pose of the picture.
        Auto = "auto",
        /// Sitting.
        Sitting = "sitting",
        /// Standing.
        Standing = "standing",
        /// Turned to the side.
        SideProfile = "side-profile",
    }
);
vocabulary!(
    /// The framing of a try-on.
    Shot {
        /// Whatever suits the garment: the framing of the picture.
        Auto = "auto",
        /// Shoulders up; footwear is ignored.
        Headshot = "headshot",
        /// Waist up; lower-body garments are ignored.
        Medium = "medium-shot",
        /// The whole body.
        Wide = "wide-shot",
    }
);
