//! Settings of `[native]`.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, seconds};

/// Pixels of a picture that models can make sense of.
const PIXELS: std::ops::RangeInclusive<usize> = 4_096..=4_194_304;

/// Where models run, and what they may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeConfig {
    /// Where they run, as the runner understands it.
    pub device: String,
    /// Bytes of memory that weights may take; what the machine has unless set.
    pub memory: Option<u64>,
    /// How long weights stay in memory after the last run.
    pub idle: Duration,
    /// Pixels of a picture that is made.
    pub pixels: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNative {
    device: String,
    memory_mb: u64,
    idle_seconds: f64,
    pixels: usize,
}

impl RawNative {
    pub(super) fn check(self) -> Result<NativeConfig, ConfigError> {
        if !PIXELS.contains(&self.pixels) {
            let problem = format!("must be from {} to {}", PIXELS.start(), PIXELS.end());
            return Err(ConfigError::Value { name: "native.pixels", problem });
        }
        Ok(NativeConfig {
            device: self.device,
            memory: (self.memory_mb > 0).then(|| self.memory_mb.saturating_mul(1 << 20)),
            idle: seconds("native.idle_seconds", self.idle_seconds)?,
            pixels: self.pixels,
        })
    }
}
