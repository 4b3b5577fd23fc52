//! What an operator can set. Raw settings come from `config.default.toml`, the operator's file and
//! `ATELIER_*` variables (in this order); what the program runs with is the checked [`Config`].

mod billing;
mod dashboard;
mod draft;
mod models;
mod native;
mod provenance;
mod settings;
mod sockets;
mod traffic;
mod tryon;
mod webhooks;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

pub use billing::BillingConfig;
pub use dashboard::DashboardConfig;
pub use draft::DraftConfig;
pub use models::{HubToken, ModelsConfig};
pub use native::NativeConfig;
pub use provenance::ProvenanceConfig;
pub use settings::Setting;
pub use sockets::SocketConfig;
pub use traffic::{Rate, RateConfig, TransportConfig};
pub use tryon::TryonConfig;
pub use webhooks::WebhookConfig;

use billing::RawBilling;
use dashboard::RawDashboard;
use models::RawModels;
use native::RawNative;
use provenance::RawProvenance;
use sockets::RawSockets;
use traffic::{RawRates, RawTransport};
use tryon::RawTryon;
use webhooks::RawWebhooks;

/// The commented defaults, which also document every setting.
pub const DEFAULTS: &str = include_str!("../../../config.default.toml");

/// The longest span that can be set.
const YEAR: Duration = Duration::from_hours(366 * 24);

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// The address clients reach this server by, without a trailing slash; from `listen` unless set.
    pub public_url: Option<String>,
    /// A folder with further tools, one TOML file each.
    pub tools: Option<PathBuf>,
    /// How long outputs and uploads are kept; for ever unless set.
    pub retention: Option<Duration>,
    /// Networks that may read `/metrics`.
    pub metrics_allow: Vec<ipnet::IpNet>,
    /// What requests may be.
    pub limits: Limits,
    /// How many requests are answered.
    pub rates: RateConfig,
    /// What a connection may do.
    pub transport: TransportConfig,
    /// Who pays.
    pub billing: BillingConfig,
    /// How tasks are worked on.
    pub worker: WorkerConfig,
    /// How drafts are delivered.
    pub draft: DraftConfig,
    /// Where weights lie.
    pub models: ModelsConfig,
    /// How open models run.
    pub native: NativeConfig,
    /// How outputs say where they come from.
    pub provenance: ProvenanceConfig,
    /// How long sockets stay.
    pub sockets: SocketConfig,
    /// How callers are told that their tasks have ended.
    pub webhooks: WebhookConfig,
    /// How `TryonAPI` is served.
    pub tryon: TryonConfig,
    /// How people are let in.
    pub dashboard: DashboardConfig,
    /// All of it as it was set, for people; see [`Config::settings`].
    shown: Vec<Setting>,
}

/// Limits on what comes in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the body of a call that only asks or stops; some of them need no credentials.
    pub call_bytes: usize,
    /// Bytes of everything in a run or an upload that is not a file.
    pub body_bytes: usize,
    /// Bytes of one uploaded or fetched file.
    pub file_bytes: u64,
    /// Bytes of one request with files.
    pub request_bytes: u64,
    /// Fields of one multipart request.
    pub fields: usize,
    /// Pixels of one picture.
    pub pixels: u64,
    /// Pixels of one side of a picture.
    pub side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_bytes: 256 << 10,
            body_bytes: 16 << 20,
            file_bytes: 100_000_000,
            request_bytes: 420_000_000,
            fields: 200,
            pixels: 50_000_000,
            side: 16_384,
        }
    }
}

/// How tasks are worked on.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// How long a silent worker keeps its tasks.
    pub lease: Duration,
    /// The runner that works on every task; the best that is ready unless set.
    pub runner: Option<String>,
    /// How often a task is tried when its workers are lost.
    pub max_attempts: u32,
    /// How long a fetched input may take.
    pub fetch_timeout: Duration,
    /// Networks besides the public internet from which inputs may be fetched and to which webhooks may be sent.
    pub fetch_allow: Vec<ipnet::IpNet>,
    /// How long a runner may go on after a cancel before its thread is given up.
    pub cancel_grace: Duration,
}

/// The settings as written, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: String,
    data: PathBuf,
    public_url: String,
    tools: PathBuf,
    retention_days: u32,
    metrics_allow: Vec<ipnet::IpNet>,
    limits: Limits,
    rates: RawRates,
    transport: RawTransport,
    billing: RawBilling,
    worker: RawWorker,
    draft: DraftConfig,
    models: RawModels,
    native: RawNative,
    provenance: RawProvenance,
    sockets: RawSockets,
    webhooks: RawWebhooks,
    tryon: RawTryon,
    dashboard: RawDashboard,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorker {
    runner: String,
    lease_seconds: f64,
    max_attempts: u32,
    fetch_timeout_seconds: f64,
    cancel_grace_seconds: f64,
    fetch_allow: Vec<ipnet::IpNet>,
}

/// Why the settings cannot be used. The operator must act.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A setting is missing, unknown or of the wrong type.
    #[error("the settings cannot be read")]
    Read(#[source] Box<figment::Error>),
    /// A setting's value makes no sense.
    #[error("the setting `{name}` {problem}")]
    Value {
        /// Which setting.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Config {
    /// Reads the defaults, then a file if one is given, then the environment, and checks the result.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        use figment::providers::{Env, Format as _, Toml};
        let defaults = figment::Figment::from(Toml::string(DEFAULTS));
        let mut settings = defaults.clone();
        if let Some(file) = file {
            settings = settings.merge(Toml::file_exact(file));
        }
        // `ATELIER_WORKER__LEASE_SECONDS` sets `worker.lease_seconds`.
        let environment = Env::prefixed("ATELIER_")
            .ignore(&["config", "log", "log_format", "key", "role", "secret", "url"])
            .split("__");
        let settings = settings.merge(environment);
        let mut config = settings.extract::<Raw>().map_err(|e| ConfigError::Read(Box::new(e)))?.check()?;
        config.shown = settings::settings(&settings, &defaults).map_err(ConfigError::Read)?;
        Ok(config)
    }

    /// Every setting in effect, for people: no secret is among them. Flags win over what was set.
    pub fn settings(&self) -> Vec<Setting> {
        let flags = [("listen", self.listen.to_string()), ("data", self.data.display().to_string())];
        let mut shown = self.shown.clone();
        for (name, value) in flags {
            if let Some(setting) =
                shown.iter_mut().find(|setting| setting.name == name && setting.value != value)
            {
                *setting = Setting { value, changed: true, ..setting.clone() };
            }
        }
        shown
    }
}

impl Raw {
    fn check(self) -> Result<Config, ConfigError> {
        let wrong = |name, problem: String| ConfigError::Value { name, problem };
        let listen = self.listen.parse().map_err(|_| wrong("listen", "must be ADDRESS:PORT".into()))?;
        let public_url = match self.public_url.trim_end_matches('/') {
            "" => None,
            text => match url::Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => {
                    Some(text.to_owned())
                }
                _ => return Err(wrong("public_url", "must be an http or https address".into())),
            },
        };
        let worker = WorkerConfig {
            runner: Some(self.worker.runner).filter(|name| name != "auto"),
            lease: seconds("worker.lease_seconds", self.worker.lease_seconds)?,
            max_attempts: self.worker.max_attempts.max(1),
            fetch_timeout: seconds("worker.fetch_timeout_seconds", self.worker.fetch_timeout_seconds)?,
            fetch_allow: self.worker.fetch_allow,
            cancel_grace: seconds("worker.cancel_grace_seconds", self.worker.cancel_grace_seconds)?,
        };
        let tools = Some(self.tools).filter(|folder| !folder.as_os_str().is_empty());
        Ok(Config {
            listen,
            data: self.data,
            public_url,
            tools,
            retention: (self.retention_days > 0)
                .then(|| Duration::from_hours(24 * u64::from(self.retention_days))),
            metrics_allow: self.metrics_allow,
            limits: self.limits,
            rates: self.rates.check()?,
            transport: self.transport.check()?,
            billing: self.billing.check()?,
            worker,
            draft: self.draft,
            models: self.models.check()?,
            native: self.native.check()?,
            provenance: self.provenance.check()?,
            sockets: self.sockets.check()?,
            webhooks: self.webhooks.check()?,
            tryon: self.tryon.check()?,
            dashboard: self.dashboard.check()?,
            shown: Vec::new(),
        })
    }
}

/// A positive span, short enough to be added to any date.
fn seconds(name: &'static str, value: f64) -> Result<Duration, ConfigError> {
    let span = Duration::try_from_secs_f64(value).ok().filter(|span| !span.is_zero() && *span <= YEAR);
    let problem = "must be a positive span, at most a year".to_owned();
    span.ok_or(ConfigError::Value { name, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_defaults_are_valid_and_equal_the_built_in_limits() {
        let config = Config::load(None).unwrap();
        assert_eq!(format!("{:?}", config.limits), format!("{:?}", Limits::default()));
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    }
}
