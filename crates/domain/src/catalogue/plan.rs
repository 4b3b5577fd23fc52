//! From checked parameters to the job that a runner gets.

use thiserror::Error;

use crate::{InputFile, InputRole, Job, JobKind, Pose, Shot, Style, Tool, TryOn, Value, Values};

/// Why no job can be made.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// The catalogue describes this kind of job, but [`Job`] has no variant for it yet.
    #[error("jobs of the kind {} cannot be made yet", .0.name())]
    NotYet(JobKind),
    /// A stored value does not fit: the tool was changed after the values were checked.
    #[error("the value of parameter {parameter} does not fit the job any more")]
    Unfit {
        /// The parameter.
        parameter: String,
    },
}

impl Tool {
    /// The job for values that [`Tool::check`] has returned. So far only try-ons: other kinds of job are
    /// described by the catalogue but answered with [`PlanError::NotYet`].
    pub fn plan(&self, values: &Values) -> Result<Job<InputFile>, PlanError> {
        match self.job.kind {
            JobKind::TryOn => Ok(Job::TryOn(TryOn {
                person: self.pictures("person", values)?.swap_remove(0),
                garments: self.pictures("garments", values)?,
                style: self.word("style", values, Style::KeepScene, Style::from_word)?,
                pose: self.word("pose", values, Pose::Auto, Pose::from_word)?,
                shot: self.word("shot", values, Shot::Auto, Shot::from_word)?,
            })),
            kind @ (JobKind::Headshot | JobKind::IdentityPortrait | JobKind::VideoEffect) => {
                Err(PlanError::NotYet(kind))
            }
        }
    }

    /// The seed of a run; 0 for a tool that takes none.
    pub fn seed(&self, values: &Values) -> u64 {
        match self.job.seed.as_ref().and_then(|name| values.0.get(name)) {
            Some(Value::Integer(seed)) => u64::try_from(*seed).unwrap_or(0),
            _ => 0,
        }
    }

    /// The parameter that a picture of the job came from, so that a message can name it.
    pub fn parameter_of(&self, role: InputRole) -> &str {
        let field = match role {
            InputRole::Person => "person",
            InputRole::Garment(_) => "garments",
        };
        self.job.feed(field).unwrap_or(field)
    }

    /// The pictures for a field: at least one.
    fn pictures(&self, field: &str, values: &Values) -> Result<Vec<InputFile>, PlanError> {
        let parameter = self.job.feed(field).unwrap_or(field);
        match values.0.get(parameter) {
            Some(Value::Files(files)) if !files.is_empty() => Ok(files.clone()),
            _ => Err(PlanError::Unfit { parameter: parameter.to_owned() }),
        }
    }

    /// The word for a field; `unfed` where no parameter feeds it.
    fn word<T>(
        &self,
        field: &str,
        values: &Values,
        unfed: T,
        from_word: fn(&str) -> Option<T>,
    ) -> Result<T, PlanError> {
        let Some(name) = self.job.feed(field) else { return Ok(unfed) };
        let chosen = match values.0.get(name) {
            Some(Value::Text(value)) => self
                .parameter(name)
                .and_then(|parameter| parameter.options().iter().find(|option| option.value == *value)),
            _ => None,
        };
        let word = chosen.and_then(|option| from_word(option.meaning()));
        word.ok_or_else(|| PlanError::Unfit { parameter: name.to_owned() })
    }
}
