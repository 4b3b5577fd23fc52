//! The sample inputs and the covers of tools, drawn by us and carried in the binary, under the names that the
//! published pages use.

use std::borrow::Cow;

/// Where sample inputs are served.
pub(crate) const PATH: &str = "/uploads/sampleinputs";
/// Where covers are served.
pub(crate) const COVERS: &str = "/uploads/models";

#[derive(rust_embed::RustEmbed)]
#[folder = "../../samples"]
#[include = "*.jpg"]
#[include = "covers/*"]
struct Embedded;

/// The bytes of a sample by its exact file name.
pub(crate) fn sample(name: &str) -> Option<Cow<'static, [u8]>> {
    is_plain(name).then(|| Embedded::get(name)).flatten().map(|file| file.data)
}

/// The bytes of a cover by its exact file name.
pub(crate) fn cover(name: &str) -> Option<Cow<'static, [u8]>> {
    is_plain(name).then(|| Embedded::get(&format!("covers/{name}"))).flatten().map(|file| file.data)
}

/// The name of a sample if `name` is one.
pub(crate) fn exists(name: &str) -> bool {
    is_plain(name) && Embedded::get(name).is_some()
}

/// Names come from requests: nothing but a plain file name is looked up, also where a debug build reads a folder.
fn is_plain(name: &str) -> bool {
    !name.contains(['/', '\\'])
}
