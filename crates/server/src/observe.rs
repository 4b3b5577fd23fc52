//! Every request gets an id, a log line and a place in the metrics.
//!
//! What is logged: id, method, route, number of the bearer key, status, time. Never a header, a query, a body or a path, because addresses of
//! files and tasks are secrets.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, field};
use uuid::Uuid;

use crate::app::App;

const HEADER: &str = "x-request-id";

/// The field of the request's span for the number of the bearer key that it was made with.
pub(crate) const KEY: &str = "key";

/// Wraps every route.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = given_id(&request).unwrap_or_else(|| Uuid::new_v4().to_string());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, %method, route, { KEY } = field::Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, time) = (response.status().as_u16(), start.elapsed());
    app.metrics.request(label(&method), &route, status, time);
    span.in_scope(|| tracing::info!(status, seconds = time.as_secs_f64(), "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// A method as a label: callers may invent methods, and every new label is kept for ever.
fn label(method: &Method) -> &str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
    ];
    if KNOWN.contains(method) { method.as_str() } else { "other" }
}

/// A caller's own id, if it is short and plain enough for a log line.
fn given_id(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    (plain && !id.is_empty() && id.len() <= 64).then(|| id.to_owned())
}
