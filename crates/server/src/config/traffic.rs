//! Settings of `[rates]` and `[transport]`: how much may come in, and how slowly.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, seconds};

/// How many requests are answered. A rate of 0 in the file is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateConfig {
    /// Requests of one project.
    pub project: Option<Rate>,
    /// Requests from one address.
    pub address: Option<Rate>,
    /// Failed authentications from one address.
    pub failed_logins: Option<Rate>,
}

/// A rate that may be exceeded for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// On average.
    pub per_second: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy)]
pub struct TransportConfig {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// How long the head of a request may take, from its first byte or from the end of the one before.
    pub head_timeout: Duration,
    /// Bytes of the head of a request, and of the trailers of its body.
    pub head_bytes: usize,
    /// How long a body may keep the server waiting, without having been faster before.
    pub body_pause: Duration,
    /// The slowest a body may come in, on average.
    pub body_bytes_per_second: NonZeroU32,
    /// How long a client may refuse to take any of a reply.
    pub write_timeout: Duration,
    /// How long requests may go on after the server was told to stop.
    pub drain: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRates {
    project_per_second: u32,
    project_burst: u32,
    address_per_second: u32,
    address_burst: u32,
    failed_logins_per_second: u32,
    failed_logins_burst: u32,
}

impl RawRates {
    pub(super) fn check(self) -> Result<RateConfig, ConfigError> {
        Ok(RateConfig {
            project: rate("rates.project_burst", self.project_per_second, self.project_burst)?,
            address: rate("rates.address_burst", self.address_per_second, self.address_burst)?,
            failed_logins: rate(
                "rates.failed_logins_burst",
                self.failed_logins_per_second,
                self.failed_logins_burst,
            )?,
        })
    }
}

fn rate(burst_name: &'static str, per_second: u32, burst: u32) -> Result<Option<Rate>, ConfigError> {
    let Some(per_second) = NonZeroU32::new(per_second) else { return Ok(None) };
    let burst = positive(burst_name, burst)?;
    Ok(Some(Rate { per_second, burst }))
}

fn positive(name: &'static str, value: u32) -> Result<NonZeroU32, ConfigError> {
    NonZeroU32::new(value).ok_or_else(|| ConfigError::Value { name, problem: "must be at least 1".into() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTransport {
    connections: u32,
    head_seconds: f64,
    head_bytes: u32,
    body_pause_seconds: f64,
    body_bytes_per_second: u32,
    write_seconds: f64,
    drain_seconds: f64,
}

impl RawTransport {
    pub(super) fn check(self) -> Result<TransportConfig, ConfigError> {
        Ok(TransportConfig {
            connections: positive("transport.connections", self.connections)?.get() as usize,
            head_timeout: seconds("transport.head_seconds", self.head_seconds)?,
            head_bytes: positive("transport.head_bytes", self.head_bytes)?.get() as usize,
            body_pause: seconds("transport.body_pause_seconds", self.body_pause_seconds)?,
            body_bytes_per_second: positive("transport.body_bytes_per_second", self.body_bytes_per_second)?,
            write_timeout: seconds("transport.write_seconds", self.write_seconds)?,
            drain: seconds("transport.drain_seconds", self.drain_seconds)?,
        })
    }
}
