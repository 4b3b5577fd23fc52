//! The models that runners of this version know, and what of their repositories is needed.

use atelier_domain::JobKind;

use crate::FilePath;

/// Kinds of files that are taken. None of them can carry code.
const KINDS: [&str; 3] = ["safetensors", "json", "txt"];

/// Parts of names by which publishers tell the same weights in other precisions. The full ones are taken.
const VARIANTS: [&str; 3] = [".fp16.", ".bf16.", ".non_ema."];

/// Weights that a runner knows how to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The name of its folder below that of all models.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its repository on the hub, `owner/name`.
    pub repo: &'static str,
    /// Under which terms it may be used.
    pub licence: Licence,
    /// About so many bytes; a hub says it exactly.
    pub bytes: u64,
    /// What it is needed for.
    pub jobs: &'static [JobKind],
    /// Files that must be there, besides weights.
    pub configs: &'static [&'static str],
    /// Folders with weights: a single file or several with an index.
    pub weights: &'static [&'static str],
    /// Files that are taken along where they are offered.
    pub extras: &'static [&'static str],
}

/// Terms of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Licence {
    /// Its SPDX identifier, or the name that the publisher gives it.
    pub name: &'static str,
    /// Whether it forbids some uses, as commercial ones, so that an operator has to agree to it.
    pub limits_use: bool,
}

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "FLUX.2-klein-4B",
        title: "FLUX.2 [klein] 4B",
        repo: "black-forest-labs/FLUX.2-klein-4B",
        licence: Licence { name: "Apache-2.0", limits_use: false },
        bytes: 16_000_000_000,
        jobs: &[JobKind::TryOn, JobKind::Headshot],
        configs: &[
            "scheduler/scheduler_config.json",
            "text_encoder/config.json",
            "tokenizer/tokenizer.json",
            "transformer/config.json",
            "vae/config.json",
        ],
        weights: &["text_encoder", "transformer", "vae"],
        extras: &["model_index.json", "LICENSE.md"],
    },
    // It was published as a part of this model, and under its licence.
    Model {
        name: "stable-diffusion-safety-checker",
        title: "Safety checker of Stable Diffusion",
        repo: "stable-diffusion-v1-5/stable-diffusion-v1-5",
        licence: Licence { name: "CreativeML-OpenRAIL-M", limits_use: true },
        bytes: 1_220_000_000,
        jobs: &[JobKind::TryOn, JobKind::Headshot],
        configs: &["feature_extractor/preprocessor_config.json", "safety_checker/config.json"],
        weights: &["safety_checker"],
        extras: &[],
    },
];

/// The known model of this name or repository.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(name) || model.repo.eq_ignore_ascii_case(name))
}

impl Model {
    /// Whether a file of the repository is part of what is needed. Beside the folders, repositories hold pictures and
    /// the same weights once more in other layouts.
    pub fn wants(&self, path: &FilePath) -> bool {
        match path.as_str().split_once('/') {
            None => self.extras.contains(&path.as_str()),
            Some((folder, name)) => {
                !name.contains('/')
                    && !VARIANTS.iter().any(|variant| name.contains(variant))
                    && self.folders().any(|known| known == folder)
                    && KINDS.contains(&path.extension().as_str())
            }
        }
    }

    /// The folders that it has files in; some come twice.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &'static str> {
        let of_configs = self.configs.iter().filter_map(|path| Some(path.split_once('/')?.0));
        of_configs.chain(self.weights.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_weights_in_several_precisions_the_full_ones_are_wanted() {
        let model = find("stable-diffusion-safety-checker").unwrap();
        let wanted = |path: &str| model.wants(&FilePath::parse(path).unwrap());
        assert!(wanted("safety_checker/model.safetensors") && wanted("safety_checker/config.json"));
        assert!(!wanted("safety_checker/model.fp16.safetensors") && !wanted("unet/config.json"));
    }

    #[test]
    fn the_folders_of_the_pipeline_are_wanted_and_other_layouts_and_pickles_are_not() {
        let model = find("flux.2-klein-4b").unwrap();
        let wanted = |path: &str| model.wants(&FilePath::parse(path).unwrap());
        for path in [
            "model_index.json",
            "LICENSE.md",
            "transformer/diffusion_pytorch_model.safetensors",
            "text_encoder/model-00001-of-00002.safetensors",
            "tokenizer/merges.txt",
        ] {
            assert!(wanted(path), "{path}");
        }
        for path in [
            "flux-2-klein-4b.safetensors",
            "README.md",
            "teaser.png",
            "transformer/diffusion_pytorch_model.bin",
            "vae/model.ckpt",
            "vae/model.pt",
            "vae/deeper/config.json",
            "other/config.json",
        ] {
            assert!(!wanted(path), "{path}");
        }
    }
}
