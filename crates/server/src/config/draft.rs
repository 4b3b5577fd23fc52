//! Settings of `[draft]`.

use serde::Deserialize;

/// How drafts are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftConfig {
    /// Whether a small label in a corner says that a picture or clip is a draft. Its task and its metadata always do.
    pub label: bool,
}
