//! Doors for the fuzz targets in `fuzz/` to what takes bytes from outside. Built for them only.

use std::sync::LazyLock;

use atelier_domain::ToolSlug;
use atelier_domain::catalogue::{Catalogue, Tool};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use tokio::runtime::Runtime;

use crate::config::Limits;
use crate::{media, wiro};

static RUNTIME: LazyLock<Option<Runtime>> = LazyLock::new(|| Runtime::new().ok());
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap_or_default());

fn tool() -> Option<&'static Tool> {
    CATALOGUE.find(&ToolSlug::new("wiro", "virtual-try-on"))
}

/// Reads a body under a declared type and sorts it by the parameters of a tool.
pub fn body(declared: &str, bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(declared) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    let (Some(runtime), Some(tool)) = (&*RUNTIME, tool()) else { return };
    let limits = Limits::default();
    let decoded =
        runtime.block_on(wiro::body::decode_with_files(&headers, Body::from(bytes.to_vec()), &limits));
    if let Ok(fields) = decoded {
        drop(wiro::parameters::collect(tool, fields, "http://atelier.test"));
    }
}

/// Takes one text as a file parameter under a field name.
pub fn files(name: &str, text: &str) {
    let Some(tool) = tool() else { return };
    let field = |name: &str| (name.to_owned(), wiro::body::Sent::Value(text.into()));
    let fields = wiro::body::Fields(vec![field("inputImageClothes"), field(name)]);
    drop(wiro::parameters::collect(tool, fields, "http://atelier.test"));
}

/// Decodes a picture; small limits keep one run short.
pub fn media(bytes: &[u8]) {
    let limits = Limits { pixels: 1 << 20, ..Limits::default() };
    if let Ok(encoded) = media::normalise(bytes, &limits) {
        assert!(media::decode(&encoded.bytes, &limits).is_ok(), "what we encode, we can read");
    }
}
