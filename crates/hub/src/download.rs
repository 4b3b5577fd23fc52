//! One file from a hub to the disk: as often as it takes, each time from where the last attempt ended.

use std::io;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Response, StatusCode, Url};
use thiserror::Error;

use crate::part::Part;
use crate::retries::Retries;
use crate::{Checksum, ContentError, Event, Hub, RemoteFile, RequestError, Watcher, content, install};

/// Why a file did not come. Where the bytes are not those that the hub lists, whoever runs the hub or the mirror must
/// act; for the rest the operator can try again, and what is there already is not fetched a second time.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// The request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The connection ended before the file did.
    #[error("the connection broke after {reached} of {size} bytes")]
    Broken {
        /// Bytes that are there.
        reached: u64,
        /// Bytes of the file.
        size: u64,
        /// Why, if the client knows.
        source: Option<reqwest::Error>,
    },
    /// The server has another file.
    #[error("the server sends {found} bytes where the hub lists {expected}")]
    Length {
        /// By the listing.
        expected: u64,
        /// By the server, or as many as came until it was clear.
        found: u64,
    },
    /// The server answers a question for the rest with something else.
    #[error("the server does not send the part of the file that it was asked for")]
    Range,
    /// Everything came, and it is not the file.
    #[error("what came has the checksum {found}, and the hub lists {expected}")]
    Checksum {
        /// By the listing.
        expected: Checksum,
        /// Of the bytes.
        found: Checksum,
    },
    /// It is the file, and the file is not what its name says.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The disk.
    #[error("it cannot be written")]
    Write(#[from] io::Error),
    /// It failed too often.
    #[error(
        "given up after {attempts} attempts without progress, with {reached} of {size} bytes kept for the next time"
    )]
    GivenUp {
        /// Attempts since the last new byte.
        attempts: u32,
        /// Bytes that are there.
        reached: u64,
        /// Bytes of the file.
        size: u64,
        /// How the last attempt ended.
        source: Box<Self>,
    },
}

impl DownloadError {
    fn is_temporary(&self) -> bool {
        match self {
            Self::Request(error) => error.is_temporary(),
            Self::Broken { .. } | Self::Range => true,
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Request(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// Brings the file behind `url` to `place`, checked and complete.
pub(crate) async fn download(
    hub: &Hub,
    url: &Url,
    remote: &RemoteFile,
    place: &Path,
    watch: Watcher<'_>,
) -> Result<(), DownloadError> {
    let mut part = Part::open(place, remote).await?;
    let mut retries = Retries::new(hub.patience(), part.length());
    let mut damaged = false;
    loop {
        let error = match attempt(hub, url, remote, &mut part, watch).await {
            Ok(()) => match finish(&mut part, remote, place).await {
                // The old part may have been damaged, or a proxy's memory; once.
                Err(DownloadError::Checksum { .. }) if !damaged => {
                    damaged = true;
                    watch(&remote.path, remote.size, Event::Waiting("the checksum is wrong, once more"));
                    continue;
                }
                done => return done,
            },
            Err(error) => error,
        };
        part.flush().await?;
        if !error.is_temporary() {
            return Err(error);
        }
        let reached = part.length();
        let Some(pause) = retries.pause(reached, error.retry_after()) else {
            let (attempts, size, source) = (retries.failures(), remote.size, Box::new(error));
            return Err(DownloadError::GivenUp { attempts, reached, size, source });
        };
        let words = format!("{error}; again in {} s", pause.as_secs_f32().ceil());
        watch(&remote.path, remote.size, Event::Waiting(&words));
        tokio::time::sleep(pause).await;
    }
}

/// Asks for what is missing, and takes what comes.
async fn attempt(
    hub: &Hub,
    url: &Url,
    remote: &RemoteFile,
    part: &mut Part,
    watch: Watcher<'_>,
) -> Result<(), DownloadError> {
    if part.length() == remote.size {
        return Ok(());
    }
    let mut answer = match hub.get(url, rest(part)).await {
        Err(RequestError::Status { status: 416, .. }) => {
            // Asked for everything, the same server may well deliver.
            part.restart().await?;
            return Err(DownloadError::Range);
        }
        answer => answer?,
    };
    begin(&answer, remote, part).await?;
    loop {
        watch(&remote.path, remote.size, Event::At(part.length()));
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                let reached = part.length() + chunk.len() as u64;
                if reached > remote.size {
                    part.restart().await?;
                    return Err(DownloadError::Length { expected: remote.size, found: reached });
                }
                part.append(&chunk).await?;
            }
            Ok(None) if part.length() == remote.size => return Ok(()),
            ended => {
                let source = ended.err().map(reqwest::Error::without_url);
                return Err(DownloadError::Broken { reached: part.length(), size: remote.size, source });
            }
        }
    }
}

/// The headers that ask for what is missing of the same version.
fn rest(part: &Part) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if part.length() > 0 {
        if let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", part.length())) {
            headers.insert(RANGE, range);
        }
        if let Some(etag) = part.etag() {
            headers.insert(IF_RANGE, etag.clone());
        }
    }
    headers
}

/// Whether what comes fits what is there; a server that sends everything makes us begin again.
async fn begin(answer: &Response, remote: &RemoteFile, part: &mut Part) -> Result<(), DownloadError> {
    if answer.status() == StatusCode::PARTIAL_CONTENT {
        match range(answer.headers()) {
            Some((_, Some(found))) if found != remote.size => {
                return Err(DownloadError::Length { expected: remote.size, found });
            }
            Some((start, _)) if start == part.length() => {}
            _ => {
                part.restart().await?;
                return Err(DownloadError::Range);
            }
        }
    } else {
        if let Some(found) = answer.content_length().filter(|length| *length != remote.size) {
            return Err(DownloadError::Length { expected: remote.size, found });
        }
        if part.length() > 0 {
            part.restart().await?;
        }
    }
    part.remember(answer.headers().get(ETAG));
    Ok(())
}

/// Start and total of `bytes START-END/TOTAL`.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    let (range, total) = text.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, total.trim().parse().ok()))
}

/// Checks a file that has all its bytes, and gives it its name.
async fn finish(part: &mut Part, remote: &RemoteFile, place: &Path) -> Result<(), DownloadError> {
    let found = part.seal().await?;
    if found != remote.checksum {
        part.restart().await?;
        return Err(DownloadError::Checksum { expected: remote.checksum.clone(), found });
    }
    if let Err(error) = content::check(part.on_disk(), &remote.path.extension()) {
        // Never to be taken up again.
        part.restart().await?;
        return Err(error.into());
    }
    install::adopt(part.on_disk(), place)?;
    part.forget();
    Ok(())
}
