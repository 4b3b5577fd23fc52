//! What models together make of inputs: one file per pipeline, read from top to bottom.

mod edit;
mod klein;
mod memory;

pub use edit::{EditError, EditRequest, edit};
pub use klein::{Klein, KleinError};
