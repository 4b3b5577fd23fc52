//! Addresses of stored files. They need no credentials: each holds a random secret of at least 128 bits.
//!
//! Files are sent as they lie in the object store, whole or in part, and never in a way that lets a browser run
//! them: types are not guessed, scripts and frames are forbidden, and what is no picture, film, sound or plain
//! text is offered for saving. A deleted file is gone at once, so nothing between here and the reader may keep it.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use atelier_domain::{AccessKey, Output, PublicPath};
use atelier_store::{FilesError, ObjectKey, StoreError, StoredFile};
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

use crate::app::App;
use crate::{samples, uploads};

/// Where uploads and outputs are read by their access key.
const UPLOADS: &str = "/v1/File";

/// What a file name keeps in an address or a header: RFC 3986's unreserved characters.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The variable parts of a path. Parts that are no text name no file.
type Segments<T> = Result<Path<T>, PathRejection>;

/// The path of an uploaded file.
pub(crate) fn upload_path(key: &AccessKey, name: &str) -> String {
    format!("{UPLOADS}/{key}/{}", utf8_percent_encode(name, UNRESERVED))
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

/// The path in an address of this server, whose public address is `base`. The scheme makes no difference, nor
/// by which of its loopback names a local server is called.
pub(crate) fn own_path(base: &str, address: &str) -> Option<String> {
    let (base, address) = (Url::parse(base).ok()?, Url::parse(address).ok()?);
    let local = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let same = base.host() == address.host() || (local(&base) && local(&address));
    let path = address.path().strip_prefix(base.path().trim_end_matches('/'))?;
    (same && base.port() == address.port() && matches!(address.scheme(), "http" | "https"))
        .then(|| path.to_owned())
}

/// The stored file that an address of this server leads to.
pub(crate) async fn find(app: &App, address: &str) -> Result<Option<StoredFile>, StoreError> {
    let Some(path) = own_path(&app.base, address) else { return Ok(None) };
    if let Some(key) = upload_key(&path) {
        return app.storage.store.file_by_key(&key).await;
    }
    let Some((folder, name)) = path.trim_start_matches('/').split_once('/') else { return Ok(None) };
    let name = percent_decode_str(name).decode_utf8_lossy();
    match PublicPath::parse(folder) {
        Some(folder) => app.storage.store.file_by_path(&folder, &name).await,
        None => Ok(None),
    }
}

/// `GET /v1/File/{key}/{name}`
pub(crate) async fn by_key(
    State(app): State<Arc<App>>,
    segments: Segments<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((key, name))) = segments else { return not_found() };
    let Some(key) = AccessKey::parse(&key) else { return not_found() };
    match app.storage.store.file_by_key(&key).await {
        Ok(file) => send(&app, &method, &headers, file.filter(|file| file.name == name)).await,
        Err(error) => unavailable(&error),
    }
}

/// `GET /{public path}/{name}`
pub(crate) async fn by_path(
    State(app): State<Arc<App>>,
    segments: Segments<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((path, name))) = segments else { return not_found() };
    let Some(path) = PublicPath::parse(&path) else { return not_found() };
    match app.storage.store.file_by_path(&path, &name).await {
        Ok(file) => send(&app, &method, &headers, file).await,
        Err(error) => unavailable(&error),
    }
}

/// `GET /uploads/sampleinputs/{name}`
pub(crate) async fn sample(name: Segments<String>) -> Response {
    embedded(name, samples::sample)
}

/// `GET /uploads/models/{name}`: the cover of a tool.
pub(crate) async fn cover(name: Segments<String>) -> Response {
    embedded(name, samples::cover)
}

fn embedded(name: Segments<String>, find: fn(&str) -> Option<Cow<'static, [u8]>>) -> Response {
    let Ok(Path(name)) = name else { return not_found() };
    let extension = name.rsplit('.').next().unwrap_or_default();
    match (find(&name), uploads::media_type(extension)) {
        (Some(bytes), Some(media_type)) => {
            let mut response = with_type(media_type, bytes.into_owned().into());
            let public = HeaderValue::from_static("public, max-age=86400");
            response.headers_mut().insert(header::CACHE_CONTROL, public);
            response
        }
        _ => not_found(),
    }
}

/// What a request asks for.
enum Wanted {
    Whole,
    Part(RangeInclusive<u64>),
    Nothing,
}

/// Sends a stored file, as a request wants it.
pub(crate) async fn send(
    app: &App,
    method: &Method,
    asked: &HeaderMap,
    file: Option<StoredFile>,
) -> Response {
    let Some(file) = file else { return not_found() };
    let etag = format!("\"{}\"", file.sha256);
    if sent(asked, header::IF_NONE_MATCH).is_some_and(|known| known == "*" || known.contains(&etag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let (status, range) = match wanted(asked, &etag, file.size) {
        Wanted::Nothing => {
            let all = [(header::CONTENT_RANGE, format!("bytes */{}", file.size))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, all).into_response();
        }
        Wanted::Whole => (StatusCode::OK, None),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
    };
    let body = match body(app, method, &file, range.as_ref()).await {
        Ok(body) => body,
        // Deleted between the two looks.
        Err(FilesError::Missing(_)) => return not_found(),
        Err(error) => return unavailable(&error),
    };
    let mut response = with_type(&file.content_type, body);
    *response.status_mut() = status;
    let length = range.as_ref().map_or(file.size, |range| range.end() - range.start() + 1);
    let headers = response.headers_mut();
    let mut put = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    put(header::CONTENT_LENGTH, length.to_string());
    put(header::CONTENT_DISPOSITION, disposition(&file));
    put(header::ETAG, etag);
    put(header::ACCEPT_RANGES, "bytes".into());
    put(header::CACHE_CONTROL, "private, no-cache".into());
    if let Some(range) = range {
        put(header::CONTENT_RANGE, format!("bytes {}-{}/{}", range.start(), range.end(), file.size));
    }
    response
}

fn sent(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn wanted(headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    let Some(range) = sent(headers, header::RANGE) else { return Wanted::Whole };
    // A part of another version would be joined to what the client has.
    if sent(headers, header::IF_RANGE).is_some_and(|known| known != etag) {
        return Wanted::Whole;
    }
    let ranges = http_range_header::parse_range_header(range).and_then(|ranges| ranges.validate(size));
    match ranges.as_deref() {
        Ok([range]) => Wanted::Part(range.clone()),
        // Several parts in one reply are allowed to be refused in favour of the whole.
        Ok(_) => Wanted::Whole,
        Err(_) => Wanted::Nothing,
    }
}

async fn body(
    app: &App,
    method: &Method,
    file: &StoredFile,
    range: Option<&RangeInclusive<u64>>,
) -> Result<Body, FilesError> {
    if method == Method::HEAD {
        return Ok(Body::empty());
    }
    let range = range.map(|range| *range.start()..range.end() + 1);
    app.storage.files.stream(&ObjectKey::of(&file.id), range).await.map(Body::from_stream)
}

/// Under which name a file is saved, and whether it may be shown in place.
fn disposition(file: &StoredFile) -> String {
    let how = if uploads::shown_in_place(&file.content_type) { "inline" } else { "attachment" };
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let ascii: String = file.name.chars().map(plain).collect();
    format!("{how}; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(&file.name, UNRESERVED))
}

/// The bytes with headers that keep a browser from running them, whatever they are.
fn with_type(content_type: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, policy(content_type)),
    ];
    (headers, body).into_response()
}

/// What a browser may do with a file that somebody opens by itself. A player asks for its film once more, from the
/// page that the browser makes around it; without leave for that, nothing plays.
fn policy(content_type: &str) -> &'static str {
    if content_type.starts_with("video/") || content_type.starts_with("audio/") {
        "default-src 'none'; media-src 'self'; sandbox"
    } else {
        "default-src 'none'; sandbox"
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such file.\n").into_response()
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a file cannot be read");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], "The file cannot be read now.\n")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ours_is_known_under_each_of_our_names() {
        let path = Some("/v1/File/x/y.png".to_owned());
        for (base, address) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/File/x/y.png"),
            ("http://127.0.0.1:8080", "http://localhost:8080/v1/File/x/y.png"),
            ("http://localhost:8080", "http://[::1]:8080/v1/File/x/y.png?download=1"),
            ("https://studio.example.com", "http://STUDIO.example.com/v1/File/x/y.png"),
            ("https://studio.example.com/api", "https://studio.example.com:443/api/v1/File/x/y.png"),
        ] {
            assert_eq!(own_path(base, address), path, "{address}");
        }
        for (base, address) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8081/v1/File/x/y.png"),
            ("http://127.0.0.1:8080", "http://127.0.0.1.example.com:8080/v1/File/x/y.png"),
            ("https://studio.example.com", "https://studio.example.com.evil.org/v1/File/x/y.png"),
            ("https://studio.example.com", "https://studio.example.com@evil.org/v1/File/x/y.png"),
            ("https://studio.example.com", "ftp://studio.example.com/v1/File/x/y.png"),
            ("https://studio.example.com", "/v1/File/x/y.png"),
        ] {
            assert_eq!(own_path(base, address), None, "{address}");
        }
    }
}
