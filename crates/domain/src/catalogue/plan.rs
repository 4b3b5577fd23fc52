//! From checked parameters to the job that a runner gets.

use thiserror::Error;

use super::tool::Choice;
use crate::{
    AspectRatio, Background, Effect, Headshot, IdentityPortrait, InputFile, InputRole, Job, JobKind,
    PictureFormat, Pose, Shot, Style, Tool, TryOn, Value, Values, VideoEffect,
};

/// Why no job can be made.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// A stored value does not fit: the tool was changed after the values were checked.
    #[error("the value of parameter {parameter} does not fit the job any more")]
    Unfit {
        /// The parameter.
        parameter: String,
    },
}

impl Tool {
    /// The job for values that [`Tool::check`] has returned.
    pub fn plan(&self, values: &Values) -> Result<Job<InputFile>, PlanError> {
        let person = self.pictures("person", values)?.swap_remove(0);
        Ok(match self.job.kind {
            JobKind::TryOn => Job::TryOn(TryOn {
                person,
                garments: self.pictures("garments", values)?,
                style: self.word("style", values, Style::KeepScene, Style::from_word)?,
                pose: self.word("pose", values, Pose::Auto, Pose::from_word)?,
                shot: self.word("shot", values, Shot::Auto, Shot::from_word)?,
            }),
            JobKind::Headshot => Job::Headshot(Headshot {
                person,
                background: self.word("background", values, Background::Neutral, Background::from_word)?,
                aspect_ratio: self.word(
                    "aspect_ratio",
                    values,
                    AspectRatio::MatchInput,
                    AspectRatio::from_word,
                )?,
                format: self.word("format", values, PictureFormat::Png, PictureFormat::from_word)?,
            }),
            JobKind::IdentityPortrait => Job::IdentityPortrait(IdentityPortrait {
                person,
                model: self.label("model", values)?,
                prompt: self.text("prompt", values)?,
                negative_prompt: self.text("negative_prompt", values)?,
                steps: self.count("steps", values, 20)?,
                guidance: self.number("guidance", values, 5.0)?,
                likeness: self.number("likeness", values, 0.8)?,
                count: self.count("count", values, 1)?,
                scheduler: self.label("scheduler", values)?,
            }),
            JobKind::VideoEffect => Job::VideoEffect(VideoEffect {
                person,
                effect: self.word("effect", values, Effect::FluffyHair, Effect::from_word)?,
            }),
        })
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
            _ => Err(unfit(parameter)),
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
        let word = self.chosen(name, values).and_then(|option| from_word(option.meaning()));
        word.ok_or_else(|| unfit(name))
    }

    /// What people call the chosen option; the value itself where the tool does not list it.
    fn label(&self, field: &str, values: &Values) -> Result<String, PlanError> {
        let Some(name) = self.job.feed(field) else { return Ok(String::new()) };
        match self.chosen(name, values) {
            Some(option) => Ok(option.label.clone()),
            None => self.text(field, values),
        }
    }

    fn chosen(&self, name: &str, values: &Values) -> Option<&Choice> {
        let Some(Value::Text(value)) = values.0.get(name) else { return None };
        self.parameter(name)?.options().iter().find(|option| option.value == *value)
    }

    fn text(&self, field: &str, values: &Values) -> Result<String, PlanError> {
        let Some(name) = self.job.feed(field) else { return Ok(String::new()) };
        match values.0.get(name) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(unfit(name)),
        }
    }

    fn count(&self, field: &str, values: &Values, unfed: u32) -> Result<u32, PlanError> {
        let Some(name) = self.job.feed(field) else { return Ok(unfed) };
        match values.0.get(name) {
            Some(Value::Integer(count @ 1..)) => u32::try_from(*count).map_err(|_| unfit(name)),
            _ => Err(unfit(name)),
        }
    }

    fn number(&self, field: &str, values: &Values, unfed: f64) -> Result<f64, PlanError> {
        let Some(name) = self.job.feed(field) else { return Ok(unfed) };
        match values.0.get(name) {
            Some(Value::Float(number)) => Ok(*number),
            Some(Value::Integer(number)) => Ok(*number as f64),
            _ => Err(unfit(name)),
        }
    }
}

fn unfit(parameter: &str) -> PlanError {
    PlanError::Unfit { parameter: parameter.to_owned() }
}
