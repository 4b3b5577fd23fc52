//! Request bodies as clients really send them, turned into one list of named fields.
//!
//! The declared type is a hint only: the published samples send JSON under `multipart/form-data` without a
//! boundary, and `curl -d` sends JSON as a form. Files are spooled to an unnamed temporary file, never held in
//! memory; whether they are pictures is decided later.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use atelier_store::Slice;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use serde_json::Value;

use super::envelope::WiroError;
use crate::config::Limits;

/// What a client sent, in the order of arrival, under the names it used.
pub(crate) struct Fields(pub(crate) Vec<(String, Sent)>);

/// One sent value.
pub(crate) enum Sent {
    /// Text or JSON.
    Value(Value),
    /// A file part of a multipart body.
    File(SpooledFile),
}

/// A received file, in a temporary file that has no name and vanishes with this value.
pub(crate) struct SpooledFile {
    /// What its sender called it; empty if nothing.
    pub(crate) name: String,
    pub(crate) file: std::fs::File,
}

impl SpooledFile {
    /// All bytes. Blocks.
    pub(crate) fn read(mut self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Fields {
    /// The first text or number sent under a name, as text; empty text counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.iter().find_map(|(field, sent)| match sent {
            Sent::Value(Value::String(text)) if field == name && !text.trim().is_empty() => {
                Some(text.trim().to_owned())
            }
            Sent::Value(Value::Number(number)) if field == name => Some(number.to_string()),
            _ => None,
        })
    }

    /// Every text sent under a name, as a list, repeated, or joined by commas.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let sent = self.0.iter().filter(|(field, _)| field.split('[').next() == Some(name));
        let values =
            sent.filter_map(|(_, sent)| if let Sent::Value(value) = sent { Some(value) } else { None });
        let single = values.flat_map(|value| match value {
            Value::Array(items) => items.iter().collect(),
            single => vec![single],
        });
        let pieces = single.filter_map(Value::as_str).flat_map(|text| text.split(','));
        pieces.map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
    }

    /// The part of a list that `start` and `limit` ask for, sent as numbers or texts. What is no number asks for
    /// nothing, and nobody gets more than 100 entries at once.
    pub(crate) fn slice(&self) -> Slice {
        let number = |name| self.text(name).and_then(|text| text.parse::<u64>().ok());
        let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(20).min(100) as u32;
        let oldest_first = self.text("order").is_some_and(|order| order.eq_ignore_ascii_case("asc"));
        Slice { start: number("start").unwrap_or(0), limit, oldest_first }
    }
}

/// Reads a body by the contract's algorithm: real multipart, else JSON if it looks like it, else a form.
pub(crate) async fn decode(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Fields, WiroError> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if let Ok(boundary) = multer::parse_boundary(declared) {
        return multipart(body.into_data_stream(), boundary, limits).await;
    }
    let bytes = collect(body, limits.body_bytes).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| WiroError::BadBody)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if text.is_empty() {
        return Ok(Fields(Vec::new()));
    }
    if text.starts_with('{') {
        let object: serde_json::Map<String, Value> =
            serde_json::from_str(text).map_err(|_| WiroError::BadBody)?;
        return Ok(Fields(object.into_iter().map(|(name, value)| (name, Sent::Value(value))).collect()));
    }
    if declared.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        let field = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            (name.into_owned(), Sent::Value(Value::String(value.into_owned())))
        };
        return Ok(Fields(pairs.map(field).collect()));
    }
    Err(WiroError::BadBody)
}

async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, WiroError> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| WiroError::BadBody)?;
        if bytes.len() + chunk.len() > limit {
            return Err(WiroError::BadBody);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn multipart(stream: BodyDataStream, boundary: String, limits: &Limits) -> Result<Fields, WiroError> {
    // RFC 2046 allows 70 characters; a padded boundary is only good for making the search slow.
    if boundary.len() > 70 {
        return Err(WiroError::BadBody);
    }
    let constraints = multer::Constraints::new()
        .size_limit(multer::SizeLimit::new().whole_stream(limits.request_bytes).per_field(limits.file_bytes));
    let mut form = multer::Multipart::with_constraints(stream, boundary, constraints);
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|error| refused(&error, limits))? {
        if fields.len() == limits.fields {
            return Err(WiroError::BadBody);
        }
        let name = part.name().unwrap_or("").to_owned();
        let sent = if part.file_name().is_some() {
            Sent::File(spool(part, &name, limits).await?)
        } else {
            Sent::Value(Value::String(part_text(part, limits).await?))
        };
        fields.push((name, sent));
    }
    Ok(Fields(fields))
}

fn refused(error: &multer::Error, limits: &Limits) -> WiroError {
    match error {
        multer::Error::FieldSizeExceeded { field_name, .. } => {
            too_large(field_name.as_deref().unwrap_or("file"), limits)
        }
        _ => WiroError::BadBody,
    }
}

/// The refusal of a file over the size limit.
pub(crate) fn too_large(name: &str, limits: &Limits) -> WiroError {
    WiroError::File(name.to_owned(), format!("must be at most {} MB each", limits.file_bytes / 1_000_000))
}

async fn part_text(mut part: multer::Field<'_>, limits: &Limits) -> Result<String, WiroError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| refused(&error, limits))? {
        if bytes.len() + chunk.len() > limits.body_bytes {
            return Err(WiroError::BadBody);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| WiroError::BadBody)
}

async fn spool(mut part: multer::Field<'_>, name: &str, limits: &Limits) -> Result<SpooledFile, WiroError> {
    let failed = |error: std::io::Error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot spool an upload");
        WiroError::Unavailable
    };
    let called = part.file_name().unwrap_or_default().to_owned();
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut size: u64 = 0;
    while let Some(chunk) = part.chunk().await.map_err(|error| refused(&error, limits))? {
        size += chunk.len() as u64;
        if size > limits.file_bytes {
            return Err(too_large(name, limits));
        }
        file = write(file, chunk).await.map_err(failed)?;
    }
    Ok(SpooledFile { name: called, file })
}

async fn write(mut file: std::fs::File, chunk: Bytes) -> std::io::Result<std::fs::File> {
    let written = tokio::task::spawn_blocking(move || file.write_all(&chunk).map(|()| file)).await;
    written.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fields(declared: &str, body: &str) -> Result<Vec<(String, String)>, WiroError> {
        let mut headers = HeaderMap::new();
        if !declared.is_empty() {
            headers.insert(header::CONTENT_TYPE, declared.parse().unwrap());
        }
        let decoded = decode(&headers, Body::from(body.to_owned()), &Limits::default()).await?;
        let show = |(name, sent)| match sent {
            Sent::Value(value) => (name, value.to_string()),
            Sent::File(file) => (name, format!("file of {} bytes", file.read().unwrap().len())),
        };
        Ok(decoded.0.into_iter().map(show).collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    #[tokio::test]
    async fn json_is_read_under_whatever_type_it_was_declared() {
        for declared in
            ["application/json", "multipart/form-data", "application/x-www-form-urlencoded", "text/plain", ""]
        {
            let read = fields(declared, "\n { \"taskid\": \"7\" }").await.unwrap();
            assert_eq!(read, [pair("taskid", "\"7\"")], "{declared}");
        }
    }

    #[tokio::test]
    async fn an_empty_body_has_no_fields_and_anything_else_is_refused() {
        assert!(fields("", "  ").await.unwrap().is_empty());
        for (declared, body) in
            [("application/json", "{"), ("text/plain", "hello"), ("application/json", "[1]")]
        {
            assert!(matches!(fields(declared, body).await, Err(WiroError::BadBody)), "{body}");
        }
    }

    #[tokio::test]
    async fn forms_and_multipart_keep_repeats_and_order() {
        let form = fields("application/x-www-form-urlencoded", "a=1&b=x%20y&a=2").await.unwrap();
        assert_eq!(form, [pair("a", "\"1\""), pair("b", "\"x y\""), pair("a", "\"2\"")]);
        let body = "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f.png\"\r\n\r\nxyz\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhttps://h/x\r\n--B--\r\n";
        let read = fields("multipart/form-data; boundary=B", body).await.unwrap();
        assert_eq!(read, [pair("a", "file of 3 bytes"), pair("a", "\"https://h/x\"")]);
    }

    #[tokio::test]
    async fn a15_a_boundary_padded_with_dashes_is_refused_at_once() {
        let declared = format!("multipart/form-data; boundary={}", "-".repeat(5000));
        assert!(matches!(fields(&declared, "--").await, Err(WiroError::BadBody)));
    }
}
