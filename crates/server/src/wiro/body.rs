//! Request bodies as clients really send them, turned into one list of named fields.
//!
//! The declared type is a hint only: the published samples send JSON under `multipart/form-data` without a
//! boundary, and `curl -d` sends JSON as a form. Files are spooled to an unnamed temporary file, never held in
//! memory; whether they are pictures is decided later. Calls that take no files refuse them unread.

use atelier_store::Slice;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use serde_json::{Number, Value};

use super::envelope::WiroError;
use crate::config::Limits;
use crate::multipart::{self, Files, Part, SpooledFile};

/// What a client sent, in the order of arrival, under the names it used.
pub(crate) struct Fields(pub(crate) Vec<(String, Sent)>);

/// One sent value.
pub(crate) enum Sent {
    /// Text or JSON.
    Value(Value),
    /// A file part of a multipart body.
    File(SpooledFile),
}

impl FromIterator<(String, Part)> for Fields {
    fn from_iter<T: IntoIterator<Item = (String, Part)>>(parts: T) -> Self {
        let sent = |part| match part {
            Part::Text(text) => Sent::Value(Value::String(text)),
            Part::File(file) => Sent::File(file),
        };
        Self(parts.into_iter().map(|(name, part)| (name, sent(part))).collect())
    }
}

impl Fields {
    /// The first text or number sent under a name, as text; empty text counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.iter().find_map(|(field, sent)| match sent {
            Sent::Value(Value::String(text)) if field == name && !text.trim().is_empty() => {
                Some(text.trim().to_owned())
            }
            Sent::Value(Value::Number(number)) if field == name => Some(whole(number)),
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

/// A number as text. Languages without integers write the id 3 as 3.0.
fn whole(number: &Number) -> String {
    /// Up to here every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT) {
        Some(float) => format!("{float:.0}"),
        None => number.to_string(),
    }
}

/// Reads the body of a call that takes no files.
pub(crate) async fn decode(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Fields, WiroError> {
    read(headers, body, limits, Files::Refused).await
}

/// Reads the body of a call that takes files.
pub(crate) async fn decode_with_files(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<Fields, WiroError> {
    read(headers, body, limits, Files::Taken).await
}

/// The contract's algorithm: real multipart, else JSON if it looks like it, else a form.
async fn read(headers: &HeaderMap, body: Body, limits: &Limits, files: Files) -> Result<Fields, WiroError> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if let Ok(boundary) = multer::parse_boundary(declared) {
        let parts = multipart::read(body.into_data_stream(), boundary, limits, files).await?;
        return Ok(parts.into_iter().collect());
    }
    let bytes = collect(body, files.texts(limits)).await?;
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
        let fields: Vec<_> = pairs.take(limits.fields + 1).map(field).collect();
        return if fields.len() > limits.fields { Err(WiroError::BadBody) } else { Ok(Fields(fields)) };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn declaring(declared: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !declared.is_empty() {
            headers.insert(header::CONTENT_TYPE, declared.parse().unwrap());
        }
        headers
    }

    async fn fields(declared: &str, body: &str) -> Result<Vec<(String, String)>, WiroError> {
        let body = Body::from(body.to_owned());
        let decoded = decode_with_files(&declaring(declared), body, &Limits::default()).await?;
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

    fn part(disposition: &[u8], content: &[u8]) -> Vec<u8> {
        let start = b"--B\r\nContent-Disposition: form-data; ".as_slice();
        [start, disposition, b"\r\n\r\n", content, b"\r\n"].concat()
    }

    /// A multipart body that arrives in chunks of 1000 bytes.
    fn in_chunks(parts: &[Vec<u8>]) -> Body {
        let whole = [parts.concat(), b"--B--\r\n".to_vec()].concat();
        let chunks: Vec<_> =
            whole.chunks(1000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
        Body::from_stream(futures_util::stream::iter(chunks))
    }

    #[tokio::test]
    async fn files_arrive_whole_in_chunks_of_any_size() {
        let headers = declaring("multipart/form-data; boundary=B");
        let file = |length| part(b"name=\"a\"; filename=\"f\"", &vec![b'x'; length]);
        let whole = [file(300_000), file(70_000), file(1), file(300_000), b"--B--\r\n".to_vec()].concat();
        for size in [1_000, 65_536, 70_000, 200_000, 400_000, whole.len()] {
            let chunks: Vec<_> = whole.chunks(size).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect();
            let body = Body::from_stream(futures_util::stream::iter(chunks));
            let read = decode_with_files(&headers, body, &Limits::default()).await;
            assert_eq!(read.map(|fields| fields.0.len()).ok(), Some(4), "chunks of {size}");
        }
    }

    #[tokio::test]
    async fn a17_all_texts_together_are_bounded_and_files_do_not_count() {
        let (headers, limits) = (
            declaring("multipart/form-data; boundary=B"),
            Limits { body_bytes: 100_000, ..Limits::default() },
        );
        let text = part(b"name=\"a\"", &vec![b'x'; 30_000]);
        let file = part(b"name=\"a\"; filename=\"f\"", &vec![b'x'; 300_000]);
        let read = async |parts: &[Vec<u8>]| decode_with_files(&headers, in_chunks(parts), &limits).await;
        let good = [text.clone(), file.clone(), text.clone(), text.clone()];
        assert_eq!(read(&good).await.map(|fields| fields.0.len()).ok(), Some(4));
        let bad = [text.clone(), text.clone(), text.clone(), text];
        assert!(matches!(read(&bad).await, Err(WiroError::BadBody)));
        let plain = decode(&headers, in_chunks(&[file]), &limits).await;
        assert!(matches!(plain, Err(WiroError::BadBody)), "a call without files takes none");
    }

    #[tokio::test]
    async fn a17_what_lies_between_parts_is_bounded() {
        let headers = declaring("multipart/form-data; boundary=B");
        let read = async |first: &[u8]| {
            let body = in_chunks(&[first.to_vec(), part(b"name=\"a\"", b"x")]);
            decode_with_files(&headers, body, &Limits::default()).await
        };
        let head = |bytes| part(&[b"name=\"b\"\r\nx: ".as_slice(), &vec![b'x'; bytes]].concat(), b"y");
        assert_eq!(read(&head(30_000)).await.map(|fields| fields.0.len()).ok(), Some(2));
        for endless in [head(300_000), vec![b' '; 300_000]] {
            assert!(matches!(read(&endless).await, Err(WiroError::BadBody)));
        }
    }

    #[tokio::test]
    async fn a_file_whose_name_is_not_utf8_is_still_a_file() {
        let body = in_chunks(&[part(b"name=\"a\"; filename=\"caf\xe9.png\"", b"\xff\xd8")]);
        let headers = declaring("multipart/form-data; boundary=B");
        let fields = decode_with_files(&headers, body, &Limits::default()).await.map(|fields| fields.0).ok();
        let Some([(name, Sent::File(file))]) = fields.as_deref() else { panic!("not one file") };
        assert_eq!((name.as_str(), file.name.as_str(), file.size), ("a", "caf\u{fffd}.png", 2));
    }

    #[tokio::test]
    async fn a_form_has_no_more_fields_than_a_multipart_body() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(fields(form, &"a&".repeat(200)).await.unwrap().len(), 200);
        assert!(matches!(fields(form, &"a&".repeat(201)).await, Err(WiroError::BadBody)));
    }

    #[test]
    fn a_whole_number_is_read_in_every_notation() {
        for (sent, read) in [("3", "3"), ("3.0", "3"), ("3e2", "300"), ("3.5", "3.5"), ("-0.5", "-0.5")] {
            let fields = Fields(vec![("id".into(), Sent::Value(serde_json::from_str(sent).unwrap()))]);
            assert_eq!(fields.text("id").as_deref(), Some(read), "{sent}");
        }
    }
}
