//! The hook for a safety check of finished pictures.

use atelier_domain::{Picture, RunError};

/// What a classifier thinks of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing against it.
    Fine,
    /// It shows something that is not to be delivered.
    Unsafe {
        /// What it shows, in a word or two for a person.
        concept: String,
        /// How sure the classifier is, from 0 to 1.
        confidence: f32,
    },
}

/// Looks at pictures before they are delivered. The classifiers meant are of CLIP's kind: they compare a picture's
/// embedding with those of concepts.
pub trait SafetyClassifier: Send + Sync {
    /// What it thinks of one picture.
    fn judge(&self, picture: &Picture) -> Result<Verdict, RunError>;
}

/// The place for a classifier, which may be empty.
#[derive(Default)]
pub enum SafetyCheck {
    /// Nobody looks.
    #[default]
    Off,
    /// This classifier looks.
    On(Box<dyn SafetyClassifier>),
}

impl SafetyCheck {
    /// What the operator and whoever asks for pictures should know; nothing where all is checked.
    pub fn notice(&self) -> Option<&'static str> {
        match self {
            Self::Off => Some("safety check: off, no classifier is installed"),
            Self::On(_) => None,
        }
    }

    /// Lets a picture pass, or refuses it: a failure of the task, which costs nothing.
    pub(crate) fn pass(&self, picture: &Picture) -> Result<(), RunError> {
        let Self::On(classifier) = self else { return Ok(()) };
        match classifier.judge(picture)? {
            Verdict::Fine => Ok(()),
            Verdict::Unsafe { concept, confidence } => Err(RunError::Unsafe { concept, confidence }),
        }
    }
}
