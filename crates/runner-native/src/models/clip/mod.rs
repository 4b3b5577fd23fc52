//! CLIP's vision transformer, which turns a picture into a vector of meaning (Radford et al. 2021, arXiv:2103.00020).
//! Reference: `CLIPVisionModel` of transformers 5.23.

mod vision;

pub use vision::{VisionConfig, VisionEncoder};
