//! Reading the JSON files that lie beside weights.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::weights::WeightsError;

/// The file's content, checked against the type.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, WeightsError> {
    let text = std::fs::read(path).map_err(|source| WeightsError::File { path: path.to_owned(), source })?;
    serde_json::from_slice(&text)
        .map_err(|error| WeightsError::Format { path: path.to_owned(), reason: error.to_string() })
}
