//! Content credentials (C2PA): every output says, signed, what made it and how.
//!
//! A [`Marker`] signs finished files for the server; [`read()`] tells what a file says of itself and whether that
//! still holds. What is signed is about the making and never about the people: no names, no inputs, no previews.

mod certificate;
mod mark;
mod origin;
mod read;

pub use certificate::{Certificate, CertificateError};
pub use mark::{MarkError, Marker};
pub use origin::{Origin, SourceType};
pub use read::{ReadError, Report, Run, Signer, State, read};
