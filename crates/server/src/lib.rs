//! HTTP in, tasks out.
//!
//! `wiro` speaks the vendor's dialect, `files` serves stored pictures, `worker` works on tasks. All three
//! share one [`App`]. Nothing here knows a tensor: runners come in through the `Runner` trait.

mod app;
pub mod config;
mod feed;
mod fetch;
mod files;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod media;
mod metrics;
mod observe;
mod samples;
mod socket;
mod webhooks;
mod wiro;
mod worker;

use std::sync::Arc;

use atelier_domain::catalogue::Tool;
use axum::Router;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

pub use app::{App, Runners};
pub use fetch::install_crypto;
pub use webhooks::Deliverer;
pub use worker::Worker;

/// Every path that this server answers.
pub fn router(app: Arc<App>) -> Router {
    wiro::routes()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(metrics::ready))
        .route("/metrics", get(metrics::serve))
        .route("/v1/File/{key}/{name}", get(files::by_key))
        .route("/uploads/sampleinputs/{name}", get(files::sample))
        .route("/{path}/{name}", get(files::by_path))
        .fallback(wiro::unknown_path)
        .method_not_allowed_fallback(wiro::unknown_path)
        .layer(CorsLayer::permissive())
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

/// A tool's product page as text, with `base` as the server's public address.
pub fn tool_page(tool: &Tool, base: &str) -> String {
    wiro::page::page(tool, base)
}
