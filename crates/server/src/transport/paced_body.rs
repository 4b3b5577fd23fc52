//! Request bodies that must keep coming.

use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use thiserror::Error;
use tokio::time::{Instant, Sleep, sleep};

/// Pieces of a body that may be as small as they like.
const FREE_PIECES: u64 = 10_000;
/// The bytes that pieces after those must have on average: each costs as much as many bytes.
const PIECE: u64 = 64;

/// A body whose sender has a stock of patience: waiting for it uses it up, what it sends fills it up again. Only
/// waiting for the sender counts, not the time that its reader takes.
pub(super) struct PacedBody<B> {
    inner: B,
    /// The stock when it is full.
    pause: Duration,
    bytes_per_second: NonZeroU32,
    patience: Duration,
    waiting: Option<Waiting>,
    bytes: u64,
    pieces: u64,
}

struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
}

/// Why a body breaks off. The client must act.
#[derive(Debug, Error)]
pub(super) enum PaceError {
    /// It comes too slowly.
    #[error("the body comes too slowly")]
    Slow,
    /// It comes in too many pieces.
    #[error("the body comes in too many small pieces")]
    Crumbs,
    /// The connection broke, or what comes is no body.
    #[error("the body cannot be received")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl<B> PacedBody<B> {
    pub(super) fn new(inner: B, pause: Duration, bytes_per_second: NonZeroU32) -> Self {
        Self { inner, pause, bytes_per_second, patience: pause, waiting: None, bytes: 0, pieces: 0 }
    }

    fn arrived(&mut self, bytes: usize) -> Result<(), PaceError> {
        let waited = self.waiting.take().map(|waiting| waiting.since.elapsed()).unwrap_or_default();
        let earned = Duration::from_secs(bytes as u64) / self.bytes_per_second.get();
        self.patience = (self.patience.saturating_sub(waited) + earned).min(self.pause);
        self.bytes += bytes as u64;
        self.pieces += 1;
        if self.pieces > FREE_PIECES + self.bytes / PIECE { Err(PaceError::Crumbs) } else { Ok(()) }
    }

    fn wait(&mut self, context: &mut Context<'_>) -> Poll<PaceError> {
        let patience = self.patience;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Waiting { since: Instant::now(), end: Box::pin(sleep(patience)) });
        waiting.end.as_mut().poll(context).map(|()| PaceError::Slow)
    }
}

impl<B> Body for PacedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = PaceError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PaceError>>> {
        let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(context) else {
            let slow = ready!(self.wait(context));
            return Poll::Ready(Some(Err(slow)));
        };
        Poll::Ready(next.map(|frame| {
            let frame = frame.map_err(|error| PaceError::Broken(Box::new(error)))?;
            self.arrived(frame.data_ref().map_or(0, Bytes::len))?;
            Ok(frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body as AnyBody;
    use futures_util::{StreamExt as _, stream};

    use super::*;

    /// A body of pieces, each after a pause.
    fn body(pieces: usize, size: usize, pause: Duration) -> PacedBody<AnyBody> {
        let pieces = stream::iter(0..pieces).then(move |_| async move {
            sleep(pause).await;
            Ok::<_, Infallible>(Bytes::from(vec![0; size]))
        });
        let body = AnyBody::from_stream(pieces);
        PacedBody::new(body, Duration::from_secs(20), NonZeroU32::new(1000).unwrap())
    }

    async fn receive(body: PacedBody<AnyBody>) -> Result<usize, PaceError> {
        let mut body = Box::pin(body);
        let mut received = 0;
        while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
            received += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(received)
    }

    #[tokio::test(start_paused = true)]
    async fn a_steady_body_may_take_its_time() {
        let slow = body(1000, 2000, Duration::from_secs(2));
        assert_eq!(receive(slow).await.unwrap(), 2_000_000);
        let pauses = body(5, 40_000, Duration::from_secs(19));
        assert_eq!(receive(pauses).await.unwrap(), 200_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_and_a_pause_are_cut_off() {
        let start = Instant::now();
        let trickle = receive(body(1000, 1, Duration::from_secs(1))).await;
        assert!(matches!(trickle, Err(PaceError::Slow)), "{trickle:?}");
        assert!(start.elapsed() < Duration::from_secs(22));
        // What came fast before buys no longer pause.
        let pause = receive(body(2, 10_000_000, Duration::from_secs(21))).await;
        assert!(matches!(pause, Err(PaceError::Slow)), "{pause:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a16_crumbs_are_refused() {
        let crumbs = receive(body(1_000_000, 1, Duration::ZERO)).await;
        assert!(matches!(crumbs, Err(PaceError::Crumbs)), "{crumbs:?}");
        assert_eq!(receive(body(100_000, 100, Duration::ZERO)).await.unwrap(), 10_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_its_reader_does_not_count() {
        let mut body = Box::pin(body(3, 10, Duration::from_secs(1)));
        for _ in 0..3 {
            let frame = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await;
            assert!(frame.unwrap().is_ok());
            sleep(Duration::from_mins(1)).await;
        }
    }
}
