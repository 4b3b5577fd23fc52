//! Settings of `[models]`.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigError;

/// Where weights lie, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsConfig {
    /// The folder with a folder for each model; `models` in the data folder unless set.
    pub folder: Option<PathBuf>,
    /// The hub that they are pulled from, or a mirror of it.
    pub endpoint: String,
    /// What the hub asks for.
    pub token: Option<HubToken>,
}

/// A token for the hub. It does not print itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct HubToken(String);

impl HubToken {
    /// The plain text, for sending to the hub.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HubToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HubToken(..)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModels {
    folder: PathBuf,
    endpoint: String,
    token: HubToken,
}

impl RawModels {
    pub(super) fn check(self) -> Result<ModelsConfig, ConfigError> {
        let address = url::Url::parse(&self.endpoint).ok();
        if !address.is_some_and(|url| matches!(url.scheme(), "http" | "https")) {
            let problem = "must be an http or https address".to_owned();
            return Err(ConfigError::Value { name: "models.endpoint", problem });
        }
        Ok(ModelsConfig {
            folder: Some(self.folder).filter(|folder| !folder.as_os_str().is_empty()),
            endpoint: self.endpoint,
            token: Some(self.token).filter(|token| !token.0.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_print_itself() {
        let raw = RawModels {
            folder: PathBuf::new(),
            endpoint: "https://huggingface.co".to_owned(),
            token: HubToken("hf_secret".to_owned()),
        };
        let config = raw.check().unwrap();
        assert_eq!(config.token.as_ref().map(HubToken::expose), Some("hf_secret"));
        assert!(!format!("{config:?}").contains("secret"), "{config:?}");
    }
}
