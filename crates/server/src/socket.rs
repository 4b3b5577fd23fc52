//! WebSocket connections, whatever is said on them: limits, signs of life, and their end.
//!
//! A peer is read only while nothing waits to be written to it, and every write has a time limit: a peer that
//! does not read stops being read, then is dropped, and never makes the server remember anything for it.
//! Connections need no credentials and no cookie is looked at, so a page of any origin may open one.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::config::SocketConfig;

/// Bytes of one message from a peer.
const MAX_IN: usize = 64 << 10;
/// Bytes of one message to a peer: what clients take at most.
pub(crate) const MAX_OUT: usize = 8 << 20;
/// Bytes that are read at once: nearly all messages, and little enough for thousands of idle connections.
const READ: usize = 4 << 10;
/// Pings in the time after which a silent peer is given up.
const PINGS: u32 = 4;
/// How long a peer may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);

/// Every connection of this process.
pub(crate) struct Sockets {
    config: SocketConfig,
    seats: Arc<Semaphore>,
    stop: CancellationToken,
    open: TaskTracker,
}

impl Sockets {
    pub(crate) fn new(config: SocketConfig) -> Self {
        let seats = Arc::new(Semaphore::new(config.max_open));
        Self { config, seats, stop: CancellationToken::new(), open: TaskTracker::new() }
    }

    /// A place for one more connection, unless all are taken.
    pub(crate) fn seat(&self) -> Option<Seat> {
        let permit = self.seats.clone().try_acquire_owned().ok()?;
        let (config, stop) = (self.config.clone(), self.stop.clone());
        Some(Seat { config, stop, _permit: permit, _open: self.open.token() })
    }

    /// Closes every connection: at once where nothing is waited for, else when that has come or the time to
    /// drain is over.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.open.close();
        self.open.wait().await;
    }
}

/// The right to one connection.
pub(crate) struct Seat {
    config: SocketConfig,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
    _open: TaskTrackerToken,
}

impl Seat {
    /// An upgrade with this server's limits.
    pub(crate) fn limit(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
        upgrade
            .max_message_size(MAX_IN)
            .max_frame_size(MAX_IN)
            .read_buffer_size(READ)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_OUT + MAX_IN)
    }

    /// Begins to talk.
    pub(crate) fn take(self, socket: WebSocket) -> Peer {
        let now = Instant::now();
        Peer { socket, seat: self, heard: now, active: now, pinged: now, leave_by: None }
    }
}

/// Why a conversation ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer has gone, or does not read.
    Gone,
    /// This side closes, with a code and a reason.
    Close(u16, &'static str),
}

/// The other side of a connection.
pub(crate) struct Peer {
    socket: WebSocket,
    seat: Seat,
    /// When anything came last.
    heard: Instant,
    /// When either side said something last; signs of life that were asked for do not count.
    active: Instant,
    pinged: Instant,
    /// Set when the server stops: when to close at the latest.
    leave_by: Option<Instant>,
}

impl Peer {
    /// Sends one message.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), End> {
        if text.len() > MAX_OUT {
            tracing::error!(bytes = text.len(), "a message is too large for clients and is not sent");
            return Ok(());
        }
        self.write(Message::text(text)).await?;
        self.active = Instant::now();
        Ok(())
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.seat.config.send_timeout, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                tracing::info!("a socket does not read and is dropped");
                Err(End::Gone)
            }
        }
    }

    /// The next message. `waiting` says that the peer waits for news of this server: as long as it gives signs
    /// of life it then is not idle, and is kept for a while when the server stops. Can be dropped and called
    /// again without losing a message.
    pub(crate) async fn receive(&mut self, waiting: bool) -> Result<Utf8Bytes, End> {
        loop {
            let wake = self.look_after(waiting).await?;
            tokio::select! {
                message = self.socket.recv() => {
                    if let Some(text) = self.take_in(message)? {
                        return Ok(text);
                    }
                }
                () = self.seat.stop.cancelled(), if self.leave_by.is_none() => {
                    self.leave_by = Some(Instant::now() + self.seat.config.drain);
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    fn take_in(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Option<Utf8Bytes>, End> {
        let message = message.ok_or(End::Gone)?;
        // The library does not tell why a message cannot be read; too long is what a sound client can cause.
        let message = message.map_err(|_| End::Close(close_code::SIZE, "the message is too large"))?;
        self.heard = Instant::now();
        if !matches!(message, Message::Pong(_)) {
            self.active = self.heard;
        }
        Ok(if let Message::Text(text) = message { Some(text) } else { None })
    }

    /// Ends what has lasted long enough, or says when to look again.
    async fn look_after(&mut self, waiting: bool) -> Result<Instant, End> {
        let (now, idle) = (Instant::now(), self.seat.config.idle);
        if let Some(by) = self.leave_by
            && (!waiting || by <= now)
        {
            return Err(End::Close(close_code::AWAY, "the server stops"));
        }
        let last = if waiting { self.heard } else { self.heard.min(self.active) };
        let idle_at = last + idle;
        if idle_at <= now {
            return Err(End::Close(close_code::NORMAL, "idle"));
        }
        let mut ping_at = self.pinged + idle / PINGS;
        if ping_at <= now {
            self.pinged = now;
            ping_at = now + idle / PINGS;
            self.write(Message::Ping(bytes::Bytes::new())).await?;
        }
        Ok(self.leave_by.into_iter().fold(idle_at.min(ping_at), Instant::min))
    }

    /// Ends the conversation. Waits a moment for the peer's answer, because a connection that is cut with
    /// something unread in it can lose what was sent last.
    pub(crate) async fn close(mut self, end: End) {
        let End::Close(code, reason) = end else { return };
        let goodbye = async {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // Whoever takes longer is cut off.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}
