//! Settings of `[tryon]`.

use std::time::Duration;

use atelier_domain::ToolSlug;
use serde::Deserialize;

use super::{ConfigError, seconds};

/// How TryonAPI is served.
#[derive(Debug, Clone)]
pub struct TryonConfig {
    /// The tool that its jobs run.
    pub tool: ToolSlug,
    /// How long the address of a result is good.
    pub result_lifetime: Duration,
    /// Whether a status carries the picture itself, besides its address.
    pub image_base64: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTryon {
    tool: String,
    result_url_seconds: f64,
    image_base64: bool,
}

impl RawTryon {
    pub(super) fn check(self) -> Result<TryonConfig, ConfigError> {
        let problem = || "must be OWNER/TOOL, as in \"wiro/virtual-try-on\"".to_owned();
        let tool = ToolSlug::parse(&self.tool);
        Ok(TryonConfig {
            tool: tool.ok_or_else(|| ConfigError::Value { name: "tryon.tool", problem: problem() })?,
            result_lifetime: seconds("tryon.result_url_seconds", self.result_url_seconds)?,
            image_base64: self.image_base64,
        })
    }
}
