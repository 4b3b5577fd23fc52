//! Addresses of stored files. They need no credentials: each holds a random secret of at least 128 bits.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use atelier_domain::{AccessKey, Output, PublicPath};
use atelier_store::{ObjectKey, StoredFile};

use crate::app::App;
use crate::samples;

/// Where uploads and outputs are read by their access key.
const UPLOADS: &str = "/v1/File";

/// The path of an uploaded file.
pub(crate) fn upload_path(key: &AccessKey, name: &str) -> String {
    format!("{UPLOADS}/{key}/{name}")
}

/// The access key in the path of an uploaded file.
pub(crate) fn upload_key(path: &str) -> Option<AccessKey> {
    let (key, _name) = path.strip_prefix(UPLOADS)?.strip_prefix('/')?.split_once('/')?;
    AccessKey::parse(key)
}

/// The path of an output.
pub(crate) fn output_path(output: &Output) -> String {
    format!("/{}/{}", output.public_path, output.name)
}

/// `GET /v1/File/{key}/{name}`
pub(crate) async fn by_key(
    State(app): State<Arc<App>>,
    Path((key, name)): Path<(String, String)>,
) -> Response {
    let Some(key) = AccessKey::parse(&key) else { return not_found() };
    match app.storage.store.file_by_key(&key).await {
        Ok(file) => send(&app, file.filter(|file| file.name == name)).await,
        Err(error) => unavailable(&error),
    }
}

/// `GET /{public path}/{name}`
pub(crate) async fn by_path(
    State(app): State<Arc<App>>,
    Path((path, name)): Path<(String, String)>,
) -> Response {
    let Some(path) = PublicPath::parse(&path) else { return not_found() };
    match app.storage.store.file_by_path(&path, &name).await {
        Ok(file) => send(&app, file).await,
        Err(error) => unavailable(&error),
    }
}

/// `GET /uploads/sampleinputs/{name}`
pub(crate) async fn sample(Path(name): Path<String>) -> Response {
    match samples::exists(&name).then(|| samples::sample(&name)).flatten() {
        Some(bytes) => with_headers("image/jpeg", bytes.into_owned()),
        None => not_found(),
    }
}

async fn send(app: &App, file: Option<StoredFile>) -> Response {
    let Some(file) = file else { return not_found() };
    match app.storage.files.get(&ObjectKey::of(&file.id)).await {
        Ok(bytes) => with_headers(&file.content_type, bytes),
        Err(error) => unavailable(&error),
    }
}

/// The bytes with headers that keep a browser from running them, whatever they are.
fn with_headers(content_type: &str, bytes: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, bytes.into()).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such file.\n").into_response()
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a file cannot be read");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], "The file cannot be read now.\n")
        .into_response()
}
