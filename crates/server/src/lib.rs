//! HTTP in, tasks out.
//!
//! `wiro` speaks the vendor's dialect, `uploads` takes files in, `files` serves them, `worker` works on tasks. All
//! share one [`App`]. Nothing here knows a tensor: runners come in through the `Runner` trait.

mod app;
mod callers;
pub mod config;
mod dashboard;
mod docs;
mod exposure;
mod feed;
mod fetch;
mod files;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod idempotency;
mod media;
mod metrics;
mod multipart;
mod observe;
mod rates;
mod samples;
mod socket;
mod submit;
pub mod transport;
mod tryon;
mod uploads;
mod webhooks;
mod wiro;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::catalogue::Tool;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, Method, header};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{self, CorsLayer};

pub use app::{App, AppError, Runners, Weights, WeightsList, WeightsState};
pub use dashboard::{first_run_link, join_address};
pub use exposure::ExposureError;
pub use fetch::install_crypto;
pub use webhooks::Deliverer;
pub use worker::{Worker, WorkerError, sweep};

/// Every path that this server answers.
pub fn router(app: Arc<App>) -> Router {
    let (routes, mut handlers) = wiro::routes().split_for_parts();
    let (tryon_routes, tryon_handlers) = tryon::routes().split_for_parts();
    let tryon_routes = tryon_routes
        .method_not_allowed_fallback(tryon::wrong_method)
        .layer(axum::middleware::from_fn_with_state(app.clone(), tryon::limit_address));
    handlers.merge(tryon_handlers);
    let mut document = wiro::openapi::document(&handlers, &app.catalogue, &app.base);
    tryon::describe(&mut document);
    let pages = docs::routes(&document, &app.catalogue);
    // The same for everybody: made once, and shared by every answer.
    let document = Bytes::from(document.to_string());
    routes
        .route(
            "/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], document.clone())),
        )
        .merge(pages)
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(metrics::ready))
        .route("/metrics", get(metrics::serve))
        .route("/v1/File/{key}/{name}", get(files::by_key))
        .route("/uploads/sampleinputs/{name}", get(files::sample))
        .route("/uploads/models/{name}", get(files::cover))
        .route("/{path}/{name}", get(files::by_path))
        .fallback(wiro::unknown_path)
        .method_not_allowed_fallback(wiro::unknown_path)
        .layer(axum::middleware::from_fn_with_state(app.clone(), wiro::limit_address))
        .merge(tryon_routes)
        .layer(cors())
        // Its cookie is for its own pages: no other origin may read an answer.
        .merge(dashboard::routes(&app))
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

/// Pages of every origin may call, with credentials in headers; cookies are never let through. The headers are
/// spelt out because `*` does not cover `authorization`.
fn cors() -> CorsLayer {
    let sent = [
        "content-type",
        "x-api-key",
        "x-nonce",
        "x-signature",
        "authorization",
        "idempotency-key",
        "prefer",
        "range",
    ];
    let read =
        ["content-disposition", "content-range", "etag", "retry-after", "x-request-id", "preference-applied"];
    CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(sent.map(HeaderName::from_static))
        .expose_headers(read.map(HeaderName::from_static))
        .max_age(Duration::from_hours(1))
}

/// A tool's product page as text, with `base` as the server's public address.
pub fn tool_page(tool: &Tool, base: &str) -> String {
    wiro::page::page(tool, base)
}
