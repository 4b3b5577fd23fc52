//! The networks, one folder per family, a file per component. Names are those of the checkpoints, so that a missing
//! tensor names its place in the code; shapes stand where they change.

pub mod clip;
pub mod flux2;
pub mod qwen3;

use atelier_domain::CancelToken;
use thiserror::Error;

/// Why a network gave no result.
#[derive(Debug, Error)]
pub enum ModelError {
    /// Nobody wants the result any more. Asked between blocks.
    #[error("cancelled")]
    Cancelled,
    /// The device could not do it: out of memory, or shapes that do not fit.
    #[error("a tensor operation failed")]
    Tensor(#[from] candle_core::Error),
}

/// `Err` once the run is cancelled: for use with `?` between blocks.
fn wanted(cancel: &CancelToken) -> Result<(), ModelError> {
    if cancel.is_cancelled() { Err(ModelError::Cancelled) } else { Ok(()) }
}
