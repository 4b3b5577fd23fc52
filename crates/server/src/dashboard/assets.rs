//! Styles and scripts: a handful of files written by hand, in the binary, named with their content so that browsers keep
//! them for ever.

use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::ROOT;
use super::error::DashboardError;

/// One file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
    /// The first digits of its SHA-256.
    version: String,
}

macro_rules! assets {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("assets/", $name)))),+]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let files = assets![
        "admin.css",
        "base.css",
        "base.js",
        "charts.css",
        "follow.js",
        "history.css",
        "motion.js",
        "picker.js",
        "playground.js",
        "studio.css",
    ];
    let kind = |name: &str| match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };
    let asset = |(name, content): (&'static str, &'static str)| {
        let version = format!("{:x}", Sha256::digest(content))[..12].to_owned();
        Asset { name, kind: kind(name), content, version }
    };
    files.into_iter().map(asset).collect()
});

/// The address of a file with its version. Modules that import each other do so without; browsers then ask whether it
/// has changed.
pub(super) fn address(name: &str) -> String {
    let version = ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| &asset.version);
    format!("{ROOT}/assets/{name}?v={version}")
}

/// `GET /dashboard/assets/{name}`
pub(super) async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, DashboardError> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(DashboardError::NotFound)?;
    let tag = format!("\"{}\"", asset.version);
    let named_with_version = query.is_some_and(|query| query == format!("v={}", asset.version));
    let keep = if named_with_version { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let about = [(header::ETAG, tag), (header::CACHE_CONTROL, keep.to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    Ok((about, [(header::CONTENT_TYPE, asset.kind)], asset.content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_changes_with_its_content() {
        let asset = &ASSETS[0];
        assert_eq!(address(asset.name), format!("/dashboard/assets/{}?v={}", asset.name, asset.version));
        assert_eq!(asset.version.len(), 12);
    }
}
