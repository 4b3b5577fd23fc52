//! Real multipart bodies: texts are held, files are spooled, and neither is trusted to end. Every dialect reads them
//! here.
//!
//! What is bounded is what a whole request makes this server hold: all its names and texts together as a body
//! without files is, and what lies between two parts, because the parser keeps that until it understands it.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{BodyDataStream, Bytes};
use axum::http::header;
use futures_util::Stream;
use multer::{Constraints, Field, SizeLimit};
use thiserror::Error;

use crate::config::Limits;

/// Bytes between two parts, which are a boundary and a few headers.
const HEAD_BYTES: usize = 64 << 10;

/// RFC 2046 allows 70 characters; a padded boundary is only good for making the search slow.
const BOUNDARY_CHARS: usize = 70;

/// One part of a body.
pub(crate) enum Part {
    Text(String),
    File(SpooledFile),
}

/// A received file, in a temporary file that has no name and vanishes with this value.
pub(crate) struct SpooledFile {
    /// What its sender called it; empty if nothing.
    pub(crate) name: String,
    /// How many bytes it has.
    pub(crate) size: u64,
    pub(crate) file: std::fs::File,
}

impl SpooledFile {
    /// All bytes. Blocks.
    pub(crate) fn read(mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Why a body is not read.
#[derive(Debug, Error)]
pub(crate) enum MultipartError {
    /// The caller: it does not parse, does not end, or holds what the call does not take.
    #[error("the multipart body cannot be read")]
    Malformed,
    /// The caller: a file is too large.
    #[error("the file {field} must be at most {megabytes} MB")]
    FileTooLarge {
        /// The name of its part.
        field: String,
        /// The limit.
        megabytes: u64,
    },
    /// The operator: a file cannot be kept while it is looked at.
    #[error("an upload cannot be spooled")]
    Spool(#[source] io::Error),
}

/// Whether a call takes files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    Taken,
    Refused,
}

impl Files {
    /// Bytes of everything that is no file.
    pub(crate) fn texts(self, limits: &Limits) -> usize {
        match self {
            Self::Taken => limits.body_bytes,
            Self::Refused => limits.call_bytes,
        }
    }
}

/// Reads every part, in the order of arrival.
pub(crate) async fn read(
    stream: BodyDataStream,
    boundary: String,
    limits: &Limits,
    files: Files,
) -> Result<Vec<(String, Part)>, MultipartError> {
    if boundary.len() > BOUNDARY_CHARS {
        return Err(MultipartError::Malformed);
    }
    let whole = match files {
        Files::Taken => limits.request_bytes,
        Files::Refused => limits.call_bytes as u64,
    };
    let size = SizeLimit::new().whole_stream(whole).per_field(limits.file_bytes);
    let turns = Arc::new(AtomicUsize::new(0));
    let stream = BoundedHeads { stream, turns: turns.clone(), seen: 0, head: 0, burst: 0 };
    let mut form = multer::Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(size));
    let mut texts = Allowance(files.texts(limits));
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|error| refused(&error, limits))? {
        turns.fetch_add(1, Ordering::Relaxed);
        if fields.len() == limits.fields {
            return Err(MultipartError::Malformed);
        }
        let name = part.name().unwrap_or_default().to_owned();
        texts.take(name.len())?;
        let sent = match (file_name(&part), files) {
            (Some(_), Files::Refused) => return Err(MultipartError::Malformed),
            (Some(called), Files::Taken) => {
                texts.take(called.len())?;
                Part::File(spool(part, called, &name, limits).await?)
            }
            (None, _) => Part::Text(text(part, limits, &mut texts).await?),
        };
        fields.push((name, sent));
        turns.fetch_add(1, Ordering::Relaxed);
    }
    Ok(fields)
}

/// The refusal of a file over the size limit.
fn too_large(name: &str, limits: &Limits) -> MultipartError {
    MultipartError::FileTooLarge { field: name.to_owned(), megabytes: limits.file_bytes / 1_000_000 }
}

fn refused(error: &multer::Error, limits: &Limits) -> MultipartError {
    match error {
        multer::Error::FieldSizeExceeded { field_name, .. } => {
            too_large(field_name.as_deref().unwrap_or("file"), limits)
        }
        _ => MultipartError::Malformed,
    }
}

/// What a part that is a file is called; nothing for a text. Old clients write names in other encodings than
/// UTF-8, which the parser takes for no name at all.
fn file_name(part: &Field<'_>) -> Option<String> {
    if let Some(name) = part.file_name() {
        return Some(name.to_owned());
    }
    let disposition = part.headers().get(header::CONTENT_DISPOSITION)?.as_bytes();
    if std::str::from_utf8(disposition).is_ok() {
        return None;
    }
    let disposition = String::from_utf8_lossy(disposition);
    let (_, name) = disposition.split_once("filename=")?;
    let name = name.strip_prefix('"').unwrap_or(name);
    Some(name.split('"').next().unwrap_or_default().to_owned())
}

/// How many bytes of names and texts may still be held.
struct Allowance(usize);

impl Allowance {
    fn take(&mut self, bytes: usize) -> Result<(), MultipartError> {
        self.0 = self.0.checked_sub(bytes).ok_or(MultipartError::Malformed)?;
        Ok(())
    }
}

async fn text(
    mut part: Field<'_>,
    limits: &Limits,
    allowed: &mut Allowance,
) -> Result<String, MultipartError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| refused(&error, limits))? {
        allowed.take(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| MultipartError::Malformed)
}

async fn spool(
    mut part: Field<'_>,
    called: String,
    field: &str,
    limits: &Limits,
) -> Result<SpooledFile, MultipartError> {
    let mut file = tempfile::tempfile().map_err(MultipartError::Spool)?;
    let mut size: u64 = 0;
    while let Some(chunk) = part.chunk().await.map_err(|error| refused(&error, limits))? {
        size += chunk.len() as u64;
        if size > limits.file_bytes {
            return Err(too_large(field, limits));
        }
        file = write(file, chunk).await.map_err(MultipartError::Spool)?;
    }
    Ok(SpooledFile { name: called, size, file })
}

async fn write(mut file: std::fs::File, chunk: Bytes) -> io::Result<std::fs::File> {
    let written = tokio::task::spawn_blocking(move || file.write_all(&chunk).map(|()| file)).await;
    written.map_err(io::Error::other)?
}

/// A stream that ends in an error when what lies between two parts does not end.
///
/// The parser reads all that is there before it looks at any of it. So a burst of much data is interrupted once,
/// to let it look; only what it asks for after that shows that it is still between parts.
struct BoundedHeads {
    stream: BodyDataStream,
    /// Counts the beginnings and the ends of parts: even between two parts, odd within one.
    turns: Arc<AtomicUsize>,
    /// The turn that `head` belongs to.
    seen: usize,
    /// Bytes read since that turn began.
    head: usize,
    /// Bytes read since the parser last looked.
    burst: usize,
}

impl Stream for BoundedHeads {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.burst >= HEAD_BYTES {
            self.burst = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let turn = self.turns.load(Ordering::Relaxed);
        if turn != self.seen {
            (self.seen, self.head) = (turn, 0);
        }
        let between_parts = turn.is_multiple_of(2);
        if between_parts && self.burst == 0 && self.head >= HEAD_BYTES {
            return Poll::Ready(Some(Err(axum::Error::new("too much between two parts"))));
        }
        let next = Pin::new(&mut self.stream).poll_next(context);
        match &next {
            Poll::Ready(Some(Ok(bytes))) => {
                self.head += bytes.len();
                self.burst += bytes.len();
            }
            _ => self.burst = 0,
        }
        next
    }
}
