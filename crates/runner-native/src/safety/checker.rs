//! The classifier that was published with Stable Diffusion: a picture's CLIP vector against those of concepts, each with
//! a threshold. Reference: `StableDiffusionSafetyChecker` of diffusers 0.42.
//!
//! What its concepts are called the publisher does not say. All of the first kind stand for sexual content, and the three
//! of the second for small children, with whom it is stricter (Rando et al. 2022, arXiv:2210.04610).

use std::path::{Path, PathBuf};
use std::time::Duration;

use atelier_domain::{CancelToken, Picture, RunError};
use candle_core::{DType, Result, Tensor};
use serde::Deserialize;
use thiserror::Error;

use super::preprocess::{Preprocess, PreprocessError};
use super::{SafetyClassifier, Verdict};
use crate::config::read_json;
use crate::models::clip::{VisionConfig, VisionEncoder};
use crate::runner::chain;
use crate::warm::Warm;
use crate::weights::{Checkpoint, Weights, WeightsError, installed, load};
use crate::{Placement, ops::Linear};

/// The model's folder below that of all models.
const FOLDER: &str = "stable-diffusion-safety-checker";
const CONFIGS: [&str; 2] = [CONFIG, PREPROCESS];
const CONFIG: &str = "safety_checker/config.json";
const PREPROCESS: &str = "feature_extractor/preprocessor_config.json";
const WEIGHTS: &str = "safety_checker";

/// Concepts that are not let pass.
const CONCEPTS: usize = 17;
/// Concepts that make the others stricter.
const SPECIAL: usize = 3;
/// By so much.
const STRICTER: f64 = 0.01;
/// CLIP's probabilities are a logistic function of similarities times this (its learned temperature).
const LOGIT_SCALE: f64 = 100.0;

/// Why it cannot look. All of it is the operator's to mend, but for the tensors.
#[derive(Debug, Error)]
enum CheckerError {
    #[error("the safety checker cannot be loaded")]
    Weights(#[from] WeightsError),
    #[error("the safety checker cannot take the picture")]
    Preprocess(#[from] PreprocessError),
    #[error("the safety checker failed")]
    Tensor(#[from] candle_core::Error),
}

/// `safety_checker/config.json`, as far as it says anything.
#[derive(Debug, Clone, Deserialize)]
struct CheckerConfig {
    /// Numbers of a vector.
    projection_dim: usize,
    vision_config: VisionConfig,
}

/// See the module.
pub struct ConceptChecker {
    folder: PathBuf,
    placement: Placement,
    loaded: Warm<Checker>,
}

impl ConceptChecker {
    /// The checker below the folder of all models; nothing is read before it is wanted. Its thresholds are finer than
    /// bf16, so it computes in f32 everywhere.
    pub fn new(models: &Path, placement: &Placement, idle: Duration) -> std::io::Result<Self> {
        let placement = Placement { dtype: DType::F32, ..placement.clone() };
        Ok(Self { folder: models.join(FOLDER), placement, loaded: Warm::new(idle)? })
    }
}

impl SafetyClassifier for ConceptChecker {
    fn ready(&self) -> bool {
        installed(&self.folder, &CONFIGS, &[WEIGHTS])
    }

    fn judge(&self, picture: &Picture) -> std::result::Result<Verdict, RunError> {
        let open = || Checker::open(&self.folder, &self.placement);
        let judged = self.loaded.with(open, |checker| checker.judge(picture));
        judged.map_err(|error| match error {
            CheckerError::Tensor(_) => RunError::Engine(chain(&error)),
            _ => RunError::Operator(chain(&error)),
        })
    }
}

/// The network and what its vectors are compared with.
struct Network {
    vision_model: VisionEncoder,
    visual_projection: Linear,
    concepts: Concepts,
    special: Concepts,
}

impl Network {
    fn new(config: &CheckerConfig, weights: &Weights<'_>) -> std::result::Result<Self, WeightsError> {
        let (hidden, numbers) = (config.vision_config.hidden_size, config.projection_dim);
        Ok(Self {
            vision_model: VisionEncoder::new(
                &config.vision_config,
                &weights.at("vision_model.vision_model"),
            )?,
            visual_projection: Linear::new(&weights.at("visual_projection"), hidden, numbers)?,
            concepts: Concepts::new("concept_embeds", CONCEPTS, numbers, weights)?,
            special: Concepts::new("special_care_embeds", SPECIAL, numbers, weights)?,
        })
    }

    /// From a picture (1, 3, side, side) to its vector (1, numbers).
    fn embed(&self, picture: &Tensor) -> Result<Tensor> {
        self.visual_projection.forward(&self.vision_model.forward(picture)?)
    }
}

/// Vectors of concepts, and how near a picture's may come to each.
struct Concepts {
    vectors: Tensor,
    thresholds: Tensor,
}

impl Concepts {
    fn new(
        name: &str,
        count: usize,
        numbers: usize,
        weights: &Weights<'_>,
    ) -> std::result::Result<Self, WeightsError> {
        let thresholds = weights.get(format!("{name}_weights"), count)?;
        Ok(Self { vectors: weights.get(name, (count, numbers))?, thresholds })
    }

    /// By how much a vector (1, numbers) exceeds the threshold that it exceeds most, to three digits as the reference
    /// rounds it; negative if it exceeds none.
    fn excess(&self, vector: &Tensor, stricter: f64) -> Result<f64> {
        let cosines = unit(vector)?.matmul(&unit(&self.vectors)?.t()?)?.squeeze(0)?;
        let over = (cosines - &self.thresholds)?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        let rounded = |over: f64| ((over + stricter) * 1000.0).round_ties_even() / 1000.0;
        Ok(over.into_iter().map(rounded).fold(f64::NEG_INFINITY, f64::max))
    }
}

/// Rows of length one.
fn unit(rows: &Tensor) -> Result<Tensor> {
    rows.broadcast_div(&rows.sqr()?.sum_keepdim(1)?.sqrt()?)
}

/// Everything that is in memory.
struct Checker {
    preprocess: Preprocess,
    network: Network,
    placement: Placement,
}

impl Checker {
    fn open(folder: &Path, placement: &Placement) -> std::result::Result<Self, CheckerError> {
        let config: CheckerConfig = read_json(&folder.join(CONFIG))?;
        let preprocess: Preprocess = read_json(&folder.join(PREPROCESS))?;
        let unknown = |path: &str, setting: Option<String>| match setting {
            Some(setting) => Err(WeightsError::Config { path: folder.join(path), setting }),
            None => Ok(()),
        };
        unknown(CONFIG, config.vision_config.unknown())?;
        unknown(PREPROCESS, preprocess.unknown(config.vision_config.image_size))?;
        let files = Checkpoint::open(&folder.join(WEIGHTS))?;
        let build = |weights: &Weights<'_>| Network::new(&config, weights);
        let network = load(&files, placement, &CancelToken::default(), &|_, _| {}, build)?;
        Ok(Self { preprocess, network, placement: placement.clone() })
    }

    fn judge(&self, picture: &Picture) -> std::result::Result<Verdict, CheckerError> {
        let picture = self.preprocess.tensor(picture)?.to_device(&self.placement.device)?;
        Ok(self.network.verdict(&picture)?)
    }
}

impl Network {
    fn verdict(&self, picture: &Tensor) -> Result<Verdict> {
        let vector = self.embed(picture)?;
        let stricter = if self.special.excess(&vector, 0.0)? > 0.0 { STRICTER } else { 0.0 };
        let excess = self.concepts.excess(&vector, stricter)?;
        if excess <= 0.0 {
            return Ok(Verdict::Fine);
        }
        let confidence = (1.0 / (1.0 + (-LOGIT_SCALE * excess).exp())) as f32;
        Ok(Verdict::Unsafe { concept: "sexual content".to_owned(), confidence })
    }
}

#[cfg(test)]
mod tests;
