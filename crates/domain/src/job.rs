//! The typed work that a runner gets. A job knows no HTTP, task id or database.
//!
//! A job is generic over what stands for a picture: [`crate::InputFile`] while it is planned and waits in the
//! queue, [`crate::Picture`] once its inputs are staged.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;
use crate::{Picture, RunError};

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
    /// See [`Headshot`].
    Headshot(Headshot<F>),
    /// See [`IdentityPortrait`].
    IdentityPortrait(IdentityPortrait<F>),
    /// See [`VideoEffect`].
    VideoEffect(VideoEffect<F>),
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

/// Turn a photograph of a person into a professional head-and-shoulders portrait.
#[derive(Debug, Clone, PartialEq)]
pub struct Headshot<F> {
    /// The person; the face must be seen.
    pub person: F,
    /// What is behind them.
    pub background: Background,
    /// The shape of the result.
    pub aspect_ratio: AspectRatio,
    /// How the result is delivered.
    pub format: PictureFormat,
}

/// Make new portraits of the person in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityPortrait<F> {
    /// Whose portraits; the face must be seen.
    pub person: F,
    /// The checkpoint to draw with, as its option is labelled, or the bare value where the catalogue does not
    /// list it.
    pub model: String,
    /// What to draw.
    pub prompt: String,
    /// What to avoid.
    pub negative_prompt: String,
    /// Denoising steps, from 1.
    pub steps: u32,
    /// How closely the prompt is followed.
    pub guidance: f64,
    /// How closely the face is kept: 0 for not at all, 1 for fully; above that it is forced.
    pub likeness: f64,
    /// How many portraits, from 1.
    pub count: u32,
    /// The name of the sampling method.
    pub scheduler: String,
}

/// Make a short clip from the picture of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoEffect<F> {
    /// The first frame.
    pub person: F,
    /// What happens.
    pub effect: Effect,
}

/// Which picture of a job an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
            Self::Headshot(_) => JobKind::Headshot,
            Self::IdentityPortrait(_) => JobKind::IdentityPortrait,
            Self::VideoEffect(_) => JobKind::VideoEffect,
        }
    }

    /// All pictures with their roles, in the order in which [`Job::try_map`] visits them.
    pub fn inputs(&self) -> Vec<(InputRole, &F)> {
        match self {
            Self::TryOn(job) => {
                let garments = job.garments.iter().enumerate().map(|(i, file)| (InputRole::Garment(i), file));
                std::iter::once((InputRole::Person, &job.person)).chain(garments).collect()
            }
            Self::Headshot(Headshot { person, .. })
            | Self::IdentityPortrait(IdentityPortrait { person, .. })
            | Self::VideoEffect(VideoEffect { person, .. }) => vec![(InputRole::Person, person)],
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
            Self::Headshot(job) => Ok(Job::Headshot(Headshot {
                person: replace(job.person)?,
                background: job.background,
                aspect_ratio: job.aspect_ratio,
                format: job.format,
            })),
            Self::IdentityPortrait(job) => Ok(Job::IdentityPortrait(IdentityPortrait {
                person: replace(job.person)?,
                model: job.model,
                prompt: job.prompt,
                negative_prompt: job.negative_prompt,
                steps: job.steps,
                guidance: job.guidance,
                likeness: job.likeness,
                count: job.count,
                scheduler: job.scheduler,
            })),
            Self::VideoEffect(job) => {
                Ok(Job::VideoEffect(VideoEffect { person: replace(job.person)?, effect: job.effect }))
            }
        }
    }
}

impl Job<Picture> {
    /// Pixels of the shorter side of the smallest picture of a try-on in which a person or a garment can be made out.
    pub const SMALLEST_SIDE: u32 = 256;

    /// Whether its pictures are fit for a run.
    pub(crate) fn check(&self) -> Result<(), RunError> {
        let Self::TryOn(job) = self else { return Ok(()) };
        for (role, picture) in self.inputs() {
            let (width, height) = (picture.width(), picture.height());
            if width.min(height) < Self::SMALLEST_SIDE {
                let side = Self::SMALLEST_SIDE;
                let reason = format!("must be at least {side} pixels a side, but is {width}x{height}");
                return Err(RunError::Input { role, reason, confidence: None });
            }
        }
        if job.garments.contains(&job.person) {
            return Err(RunError::Inputs("the person and the garment are the same picture".into()));
        }
        Ok(())
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
vocabulary!(
    /// What is behind the person of a headshot.
    Background {
        /// A grey that goes with everything.
        Neutral = "neutral",
        /// White.
        White = "white",
        /// Black.
        Black = "black",
        /// Mid grey.
        Gray = "gray",
        /// An office out of focus.
        Office = "office",
    }
);
vocabulary!(
    /// The shape of a result, width to height.
    AspectRatio {
        /// The shape of the input.
        MatchInput = "match-input",
        /// Square.
        Square = "1:1",
        /// Landscape.
        R16x9 = "16:9",
        /// Portrait.
        R9x16 = "9:16",
        /// Landscape.
        R4x3 = "4:3",
        /// Portrait.
        R3x4 = "3:4",
        /// Landscape.
        R3x2 = "3:2",
        /// Portrait.
        R2x3 = "2:3",
        /// Portrait.
        R4x5 = "4:5",
        /// Landscape.
        R5x4 = "5:4",
        /// Landscape.
        R21x9 = "21:9",
        /// Portrait.
        R9x21 = "9:21",
        /// Landscape.
        R2x1 = "2:1",
        /// Portrait.
        R1x2 = "1:2",
    }
);

impl AspectRatio {
    /// Width to height in smallest numbers; none for the shape of the input.
    pub fn ratio(self) -> Option<(u32, u32)> {
        let (width, height) = self.word().split_once(':')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    }
}

vocabulary!(
    /// How a picture is delivered.
    PictureFormat {
        /// Lossless.
        Png = "png",
        /// Small.
        Jpeg = "jpeg",
    }
);
vocabulary!(
    /// What happens in a clip.
    Effect {
        /// Hair turns full and soft.
        FluffyHair = "fluffy-hair",
        /// A hooded figure at dusk.
        Assassin = "assassin",
        /// Surrounded by a jungle.
        Jungle = "jungle",
        /// Shots are fired.
        GunShooting = "gun-shooting",
        /// Something crashes in.
        Crash = "crash",
        /// The person melts.
        Melting = "melting-effect",
        /// A dance from the chest.
        ChestBouncingDance = "chest-bouncing-dance",
        /// A clown's face in paint.
        Joker = "joker-effect",
        /// The camera goes up to an eye.
        EyeCloseUp = "eye-close-up",
        /// The camera moves around the person.
        CameraControls = "camera-controls",
        /// Laughing.
        Laughing = "laughing",
        /// Crying.
        Crying = "crying",
        /// Anger.
        AngryFace = "angry-face",
        /// Becomes a green giant.
        Hulk = "hulk-transformation",
        /// Electricity over the body.
        Electrify = "electrify",
        /// Becomes a hero in a webbed suit.
        Spiderman = "spiderman-transformation",
        /// Becomes a hero in a dark cowl and cape.
        Batman = "batman-transformation",
        /// Becomes a hero in powered armour.
        Ironman = "ironman-transformation",
        /// Becomes a hero in blue with a red cape.
        Superman = "superman-transformation",
    }
);
