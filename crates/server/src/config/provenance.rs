//! Settings of `[provenance]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigError;

/// How outputs say where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvenanceConfig {
    /// They do not.
    Off,
    /// Signed with a certificate that is made in the data folder.
    SelfMade,
    /// Signed with the operator's certificate.
    Certificate {
        /// The chain, the signer's certificate first.
        certificate: PathBuf,
        /// The signer's key.
        key: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProvenance {
    enabled: bool,
    certificate: PathBuf,
    key: PathBuf,
}

impl RawProvenance {
    pub(super) fn check(self) -> Result<ProvenanceConfig, ConfigError> {
        let is_set = |path: &PathBuf| !path.as_os_str().is_empty();
        match (is_set(&self.certificate), is_set(&self.key)) {
            _ if !self.enabled => Ok(ProvenanceConfig::Off),
            (false, false) => Ok(ProvenanceConfig::SelfMade),
            (true, true) => {
                Ok(ProvenanceConfig::Certificate { certificate: self.certificate, key: self.key })
            }
            (true, false) => Err(missing("provenance.key", "provenance.certificate")),
            (false, true) => Err(missing("provenance.certificate", "provenance.key")),
        }
    }
}

fn missing(name: &'static str, other: &str) -> ConfigError {
    ConfigError::Value { name, problem: format!("must be set where `{other}` is") }
}
