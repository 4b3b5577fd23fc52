//! The native runner: open diffusion models in Rust, on the CPU or a GPU.

mod config;
mod device;
#[cfg(test)]
mod golden;
pub mod models;
pub mod noise;
mod ops;
mod pictures;
pub mod pipelines;
pub mod schedulers;
pub mod weights;

pub use device::{DeviceChoice, Placement};
