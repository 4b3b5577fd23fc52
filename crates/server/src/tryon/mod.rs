//! The TryonAPI dialect and nothing else: two pictures in, a job id out, and a status until there is a result.
//!
//! A job is a task of the tool that the settings name; queue, ledger, worker and files are those of every task.

mod auth;
mod error;

pub(crate) use error::TryonError;

use std::sync::Arc;

use atelier_domain::InputRole;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::callers;

/// The call that clients repeat for every job they wait for.
pub(crate) const STATUS: &str = "/api/v1/tryon/status/{job}";

/// Counts requests by address, except polls.
pub(crate) async fn limit_address(
    app: State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, TryonError> {
    Ok(callers::limit_address(app, request, next).await?)
}

/// The parts of a submit that hold the pictures.
const PERSON: &str = "person_images";
const GARMENT: &str = "garment_images";

/// The part that a picture came in.
fn part_of(role: InputRole) -> &'static str {
    match role {
        InputRole::Person => PERSON,
        InputRole::Garment(_) => GARMENT,
    }
}

/// The picture that a part holds.
fn role_of(part: &str) -> Option<InputRole> {
    match part {
        PERSON => Some(InputRole::Person),
        GARMENT => Some(InputRole::Garment(0)),
        _ => None,
    }
}
