//! Settings of `[sockets]`.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, seconds};

/// More sockets than any process can hold.
const MOST: usize = 1_000_000;

/// How long sockets stay, and how many.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// Sockets that may be open at once.
    pub max_open: usize,
    /// After so long without traffic, or without a sign of life, one is closed.
    pub idle: Duration,
    /// A client that does not read for so long is dropped.
    pub send_timeout: Duration,
    /// How long a stopping server lets sockets wait for their tasks.
    pub drain: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSockets {
    max_open: usize,
    idle_seconds: f64,
    send_timeout_seconds: f64,
    drain_seconds: f64,
}

impl RawSockets {
    pub(super) fn check(self) -> Result<SocketConfig, ConfigError> {
        if !(1..=MOST).contains(&self.max_open) {
            let problem = format!("must be a number from 1 to {MOST}");
            return Err(ConfigError::Value { name: "sockets.max_open", problem });
        }
        Ok(SocketConfig {
            max_open: self.max_open,
            idle: seconds("sockets.idle_seconds", self.idle_seconds)?,
            send_timeout: seconds("sockets.send_timeout_seconds", self.send_timeout_seconds)?,
            drain: seconds("sockets.drain_seconds", self.drain_seconds)?,
        })
    }
}
