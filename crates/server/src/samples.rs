//! The sample inputs, drawn by us and carried in the binary, under the names that the published pages use.

use std::borrow::Cow;

/// Where they are served.
pub(crate) const PATH: &str = "/uploads/sampleinputs";

#[derive(rust_embed::RustEmbed)]
#[folder = "../../samples"]
#[include = "*.jpg"]
struct Embedded;

/// The bytes of a sample by its exact file name.
pub(crate) fn sample(name: &str) -> Option<Cow<'static, [u8]>> {
    Embedded::get(name).map(|file| file.data)
}

/// The name of a sample if `name` is one.
pub(crate) fn exists(name: &str) -> bool {
    // Names come from requests: nothing but a plain file name is looked up, also where a debug build reads a folder.
    !name.contains(['/', '\\']) && Embedded::get(name).is_some()
}
