//! Whether pictures may be worked on and delivered: a place for a classifier, and the one that stands there.

mod checker;
mod preprocess;

use atelier_domain::{Picture, RunError};

pub use checker::ConceptChecker;

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

/// Looks at pictures that come in and go out.
pub trait SafetyClassifier: Send + Sync {
    /// Whether it can look now. An operator may install its weights at any time.
    fn ready(&self) -> bool;

    /// What it thinks of one picture.
    fn judge(&self, picture: &Picture) -> Result<Verdict, RunError>;
}

/// The place for a classifier.
pub(crate) struct SafetyCheck(Box<dyn SafetyClassifier>);

impl SafetyCheck {
    pub(crate) fn new(classifier: Box<dyn SafetyClassifier>) -> Self {
        Self(classifier)
    }

    /// What the operator and whoever asks for pictures should know; nothing where all is checked.
    pub(crate) fn notice(&self) -> Option<&'static str> {
        (!self.0.ready()).then_some("safety check: off, no classifier is installed")
    }

    /// Lets a picture pass, or refuses it: a failure of the task, which costs nothing.
    pub(crate) fn pass(&self, picture: &Picture) -> Result<(), RunError> {
        if !self.0.ready() {
            return Ok(());
        }
        match self.0.judge(picture)? {
            Verdict::Fine => Ok(()),
            Verdict::Unsafe { concept, confidence } => Err(RunError::Unsafe { concept, confidence }),
        }
    }
}
