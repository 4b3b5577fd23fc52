//! Weights of open models: which there are, getting them, and checking them.
//!
//! [`MODELS`] says what each job needs. [`Hub`] asks a Hugging Face hub or a mirror of it what it offers, [`pull()`] brings
//! it onto the disk in the upstream layout, [`import()`] takes files that are there already, and [`verify()`] and [`state`]
//! say what is installed. No tensors and no inference here, and no HTTP client where those are.

mod checksum;
mod content;
mod download;
mod hub;
mod import;
mod install;
mod known;
mod layout;
mod manifest;
mod offer;
mod part;
mod path;
mod pull;
mod retries;
mod verify;

pub use checksum::{Checksum, InvalidChecksum};
pub use content::ContentError;
pub use download::DownloadError;
pub use hub::{Hub, HubError, Patience, RequestError};
pub use import::{ImportError, Means, import, import_file};
pub use install::InstallError;
pub use known::{Licence, MODELS, Model, find};
pub use layout::{Fault, Problem};
pub use offer::{Offer, OfferError, RemoteFile};
pub use path::{FilePath, UnsafePath};
pub use pull::{PullError, Pulled, pull};
pub use verify::{Report, State, state, verify};

/// What happens to one file while it is pulled, imported or verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// So many of its bytes are there, or looked at.
    At(u64),
    /// Something went wrong and is tried again after a pause.
    Waiting(&'a str),
    /// It is finished.
    Done,
}

/// Who is told of [`Event`]s, with the file and its size.
pub type Watcher<'a> = &'a (dyn Fn(&FilePath, u64, Event<'_>) + Sync);
