//! The native runner: open diffusion models in Rust, on the CPU or a GPU.
//!
//! [`pipelines`] say what is done, [`models`] are the networks, `ops` the operations that decide the speed. Weights come
//! from files in the upstream layout ([`weights`]); that the numbers are the reference's is shown by golden tensors
//! (`tests/golden`), component by component and for a whole edit.

#[cfg(feature = "bench")]
pub mod bench;
mod config;
mod device;
#[cfg(test)]
mod golden;
pub mod models;
pub mod noise;
mod ops;
mod pictures;
pub mod pipelines;
mod prompts;
mod runner;
mod safety;
pub mod schedulers;
mod warm;
pub mod weights;

pub use device::{DeviceChoice, DeviceError, Placement};
pub use runner::{NativeOptions, NativeRunner};
pub use safety::{ConceptChecker, SafetyClassifier, Verdict};
