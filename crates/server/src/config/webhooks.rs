//! Settings of `[webhooks]`.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, seconds};

/// More calls than any process can make at once.
const MOST: usize = 10_000;

/// How callers are told that their tasks have ended.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// How long connecting to a callback may take.
    pub connect_timeout: Duration,
    /// How long a whole call may take.
    pub timeout: Duration,
    /// The pauses after failed attempts; after one attempt more than there are pauses, a webhook is given up.
    pub retries: Vec<Duration>,
    /// Calls at the same time.
    pub parallel: usize,
    /// Calls to the same host at the same time.
    pub parallel_per_host: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWebhooks {
    connect_timeout_seconds: f64,
    timeout_seconds: f64,
    retry_seconds: Vec<f64>,
    parallel: usize,
    parallel_per_host: usize,
}

impl RawWebhooks {
    pub(super) fn check(self) -> Result<WebhookConfig, ConfigError> {
        let retries = self.retry_seconds.into_iter().map(|pause| seconds("webhooks.retry_seconds", pause));
        Ok(WebhookConfig {
            connect_timeout: seconds("webhooks.connect_timeout_seconds", self.connect_timeout_seconds)?,
            timeout: seconds("webhooks.timeout_seconds", self.timeout_seconds)?,
            retries: retries.collect::<Result<_, _>>()?,
            parallel: calls("webhooks.parallel", self.parallel)?,
            parallel_per_host: calls("webhooks.parallel_per_host", self.parallel_per_host)?,
        })
    }
}

fn calls(name: &'static str, value: usize) -> Result<usize, ConfigError> {
    let problem = || format!("must be a number from 1 to {MOST}");
    if (1..=MOST).contains(&value) { Ok(value) } else { Err(ConfigError::Value { name, problem: problem() }) }
}
