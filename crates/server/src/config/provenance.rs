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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_goes_with_its_key() {
        let check = |enabled, certificate: &str, key: &str| {
            RawProvenance { enabled, certificate: certificate.into(), key: key.into() }.check()
        };
        assert_eq!(check(true, "", "").unwrap(), ProvenanceConfig::SelfMade);
        assert_eq!(check(false, "", "k.pem").unwrap(), ProvenanceConfig::Off);
        assert!(matches!(check(true, "c.pem", "k.pem").unwrap(), ProvenanceConfig::Certificate { .. }));
        let half = check(true, "c.pem", "").unwrap_err().to_string();
        assert_eq!(half, "the setting `provenance.key` must be set where `provenance.certificate` is");
    }
}
