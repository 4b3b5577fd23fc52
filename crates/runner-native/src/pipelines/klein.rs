//! FLUX.2 klein as it lies on the disk, and the parts of it that are in memory.
//!
//! A part is loaded when it is first wanted and stays for the next run. When another part does not fit beside it, it
//! goes: a run wants them one after the other, so a machine with room for the largest can still run all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use atelier_domain::{Progress, RunContext};
use serde::Deserialize;
use thiserror::Error;

use super::memory;
use crate::Placement;
use crate::config::read_json;
use crate::models::flux2::{Transformer, TransformerConfig, Vae, VaeConfig};
use crate::models::qwen3::{TextConfig, TextEncoder, Tokenizer, TokenizerError};
use crate::schedulers::FlowMatchConfig;
use crate::weights::{Checkpoint, Inventory, Weights, WeightsError, installed, load};

/// After which layers the text encoder's states make the embedding.
const TEXT_LAYERS: [usize; 3] = [9, 18, 27];

/// Why a part of the model is not there. All of it is the operator's to mend.
#[derive(Debug, Error)]
pub enum KleinError {
    /// Files of the model.
    #[error("the {part} of FLUX.2 klein cannot be loaded")]
    Weights {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        source: WeightsError,
    },
    /// The tokenizer's file.
    #[error("the tokenizer of FLUX.2 klein cannot be loaded")]
    Tokenizer(#[from] TokenizerError),
    /// Not enough memory, even with everything else given up.
    #[error("the {part} of FLUX.2 klein takes {} MB of memory, and {} MB are free", .needed >> 20, .free >> 20)]
    Memory {
        /// Which part.
        part: &'static str,
        /// Bytes that it takes.
        needed: u64,
        /// Bytes that there are.
        free: u64,
    },
}

/// On the CPU the autoencoder's convolutions keep their weights transformed, at 36 numbers for every 9.
const VAE_GROWTH: u64 = 4;

/// What the model is, as a whole.
const INDEX: &str = "model_index.json";

/// The part of the index that decides anything here.
#[derive(Deserialize)]
struct ModelIndex {
    #[serde(default)]
    is_distilled: Option<bool>,
}

impl ModelIndex {
    /// A setting with a value that this code does not know. The base models are drawn with fifty steps and guidance.
    fn unknown(&self) -> Option<String> {
        (self.is_distilled == Some(false)).then(|| "`is_distilled` off".to_owned())
    }
}

/// See the module.
pub struct Klein {
    folder: PathBuf,
    placement: Placement,
    /// Bytes that weights may take; unless set, what the machine has.
    budget: Option<u64>,
    tokenizer: Tokenizer,
    scheduler: FlowMatchConfig,
    text_config: TextConfig,
    transformer_config: TransformerConfig,
    vae_config: VaeConfig,
    text_encoder: Part<TextEncoder>,
    transformer: Part<Transformer>,
    vae: Part<Vae>,
}

/// A part that may be in memory.
struct Part<M>(Option<(Arc<M>, u64)>);

impl<M> Part<M> {
    fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |(_, bytes)| *bytes)
    }
}

/// The step of a run in which something is loaded.
pub(super) struct Loading<'a> {
    pub(super) context: &'a RunContext<'a>,
    pub(super) step: u32,
    pub(super) steps: u32,
}

impl Klein {
    /// The files that must lie in a folder for it to be the model, besides the tensors' own.
    const CONFIGS: [&str; 5] = [
        "tokenizer/tokenizer.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "transformer/config.json",
        "vae/config.json",
    ];

    /// Whether every file of the model lies in the folder. What is in them is looked at when it is loaded.
    pub fn installed(folder: &Path) -> bool {
        installed(folder, &Self::CONFIGS, &["text_encoder", "transformer", "vae"])
    }

    /// Reads the configs and the tokenizer; weights are read when they are wanted.
    pub fn open(folder: &Path, placement: Placement, budget: Option<u64>) -> Result<Self, KleinError> {
        let tokenizer = Tokenizer::open(&folder.join("tokenizer/tokenizer.json"))?;
        let failed = |part| move |source| KleinError::Weights { part, source };
        let path = |part: &str| folder.join(part).join("config.json");
        let scheduler = folder.join("scheduler/scheduler_config.json");
        let klein = Self {
            folder: folder.to_owned(),
            placement,
            budget,
            tokenizer,
            scheduler: read_json(&scheduler).map_err(failed("scheduler"))?,
            text_config: read_json(&path("text_encoder")).map_err(failed("text encoder"))?,
            transformer_config: read_json(&path("transformer")).map_err(failed("transformer"))?,
            vae_config: read_json(&path("vae")).map_err(failed("autoencoder"))?,
            text_encoder: Part(None),
            transformer: Part(None),
            vae: Part(None),
        };
        // A folder that was put together by hand may be without it.
        let index = folder.join(INDEX);
        let read =
            index.exists().then(|| read_json::<ModelIndex>(&index)).transpose().map_err(failed("index"))?;
        let otherwise = read.and_then(|index| index.unknown());
        let unknown = [
            ("index", index, otherwise),
            ("scheduler", scheduler, klein.scheduler.unknown()),
            ("text encoder", path("text_encoder"), klein.text_config.unknown()),
            ("transformer", path("transformer"), klein.transformer_config.unknown()),
            ("autoencoder", path("vae"), klein.vae_config.unknown()),
        ];
        for (part, path, setting) in unknown {
            if let Some(setting) = setting {
                return Err(failed(part)(WeightsError::Config { path, setting }));
            }
        }
        Ok(klein)
    }

    /// Gives up all weights.
    pub fn release(&mut self) {
        self.text_encoder.0 = None;
        self.transformer.0 = None;
        self.vae.0 = None;
    }

    /// Bytes of weights in memory.
    pub fn resident(&self) -> u64 {
        self.text_encoder.bytes() + self.transformer.bytes() + self.vae.bytes()
    }

    /// Where it runs.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    pub(super) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub(super) fn scheduler(&self) -> &FlowMatchConfig {
        &self.scheduler
    }

    /// Pixels along the side of a token: sides of pictures are multiples of it.
    pub fn token_side(&self) -> usize {
        self.vae_config.token_side()
    }

    pub(super) fn token_channels(&self) -> usize {
        self.vae_config.token_channels()
    }

    pub(super) fn text_encoder(&mut self, loading: &Loading<'_>) -> Result<Arc<TextEncoder>, KleinError> {
        let config = self.text_config.clone();
        let build = |weights: &Weights<'_>| TextEncoder::new(&config, &TEXT_LAYERS, weights);
        self.part(("text encoder", "text_encoder"), 1, |klein| &mut klein.text_encoder, build, loading)
    }

    pub(super) fn transformer(&mut self, loading: &Loading<'_>) -> Result<Arc<Transformer>, KleinError> {
        let config = self.transformer_config.clone();
        let build = |weights: &Weights<'_>| Transformer::new(&config, weights);
        self.part(("transformer", "transformer"), 1, |klein| &mut klein.transformer, build, loading)
    }

    pub(super) fn vae(&mut self, loading: &Loading<'_>) -> Result<Arc<Vae>, KleinError> {
        let config = self.vae_config.clone();
        let build = |weights: &Weights<'_>| Vae::new(&config, weights);
        let growth = if self.placement.device.is_cpu() { VAE_GROWTH } else { 1 };
        self.part(("autoencoder", "vae"), growth, |klein| &mut klein.vae, build, loading)
    }

    /// The part that `slot` holds, loaded if it is not there. In memory it takes `growth` times what its tensors do.
    fn part<M>(
        &mut self,
        (part, folder): (&'static str, &str),
        growth: u64,
        slot: impl Fn(&mut Self) -> &mut Part<M>,
        build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>,
        loading: &Loading<'_>,
    ) -> Result<Arc<M>, KleinError> {
        if let Some((model, _)) = &slot(self).0 {
            return Ok(model.clone());
        }
        let failed = |source| KleinError::Weights { part, source };
        let inventory = Inventory::of(&build).map_err(failed)?;
        let needed = self.placement.bytes(inventory.elements()) * growth;
        self.make_room(part, needed)?;
        let files = Checkpoint::open(&self.folder.join(folder)).map_err(failed)?;
        let Loading { context, step, steps } = *loading;
        let progress = |done: u64, total: u64| {
            let stage = format!("load the {part}, {} %", done * 100 / total.max(1));
            (context.progress)(Progress { stage, step, steps });
        };
        let model =
            Arc::new(load(&files, &self.placement, context.cancel, &progress, build).map_err(failed)?);
        slot(self).0 = Some((model.clone(), needed));
        Ok(model)
    }

    fn make_room(&mut self, part: &'static str, needed: u64) -> Result<(), KleinError> {
        if needed > self.free() {
            self.release();
        }
        let free = self.free();
        if needed > free { Err(KleinError::Memory { part, needed, free }) } else { Ok(()) }
    }

    /// Bytes that more weights may take beside those that are there.
    fn free(&self) -> u64 {
        match self.budget {
            Some(budget) => budget.saturating_sub(self.resident()),
            // What a GPU has left, its driver knows and says when asked for too much.
            None if !self.placement.device.is_cpu() => u64::MAX,
            None => memory::available().unwrap_or(u64::MAX),
        }
    }
}
