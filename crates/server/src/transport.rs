//! Connections: a bounded number of them, read and written with bounded patience, and brought to an end when the
//! server stops.
//!
//! `axum::serve` has none of these limits. HTTP/1.1 only: what speaks HTTP/2 to the world is the proxy that ends
//! TLS, and a connection of the older version carries one request at a time, which is what bounds the work that
//! is under way. Overload is met by not accepting, so that clients wait in the system's queue; a store that is
//! too busy answers 503 by itself.

mod paced_body;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::app::App;
use crate::config::TransportConfig;
use paced_body::PacedBody;

type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
type Connection<S> = http1::UpgradeableConnection<TokioIo<Stream>, S>;

/// How long to wait when no connection can be accepted, because no file can be opened for example.
const RETRY: Duration = Duration::from_secs(1);

/// Answers requests until `stop` is set, then finishes those that are under way. Sockets that were opened by a
/// request live on: see [`App::close_sockets`].
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
    let config = app.config.transport;
    let (router, http) = (crate::router(app.clone()), protocol(&config));
    let (seats, open) = (Arc::new(Semaphore::new(config.connections)), TaskTracker::new());
    loop {
        let next = async {
            let seat = seats.clone().acquire_owned().await.map_err(io::Error::other)?;
            let (stream, peer) = accept(&listener).await;
            Ok::<_, io::Error>((seat, stream, peer))
        };
        let (seat, stream, peer) = tokio::select! {
            next = next => next?,
            () = stop.cancelled() => break,
        };
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), request, peer, config));
        let connection =
            http.serve_connection(TokioIo::new(patient(stream, &config)), service).with_upgrades();
        let (stop, drain) = (stop.clone(), config.drain);
        open.spawn(async move {
            converse(connection, stop, drain).await;
            drop(seat);
        });
    }
    drop(listener);
    app.stopping.cancel();
    open.close();
    open.wait().await;
    Ok(())
}

/// Carries a connection to its end; once `stop` is set, no further than the request that is under way.
async fn converse<S>(connection: Connection<S>, stop: CancellationToken, drain: Duration)
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    let mut connection = pin!(connection);
    let end = tokio::select! {
        end = connection.as_mut() => end,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let Ok(end) = timeout(drain, connection).await else {
                return tracing::warn!("a request did not end in time and is cut off");
            };
            end
        }
    };
    if let Err(error) = end {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
    }
}

fn protocol(config: &TransportConfig) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(config.head_timeout).max_header_size(config.head_bytes);
    http
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Gone before it was taken.
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused)
}

/// A stream that breaks when its client takes nothing of what is written to it.
fn patient(stream: TcpStream, config: &TransportConfig) -> Stream {
    // Replies are written whole: nothing is gained by waiting for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection cannot be set to send at once");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(config.write_timeout));
    Box::pin(stream)
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    config: TransportConfig,
) -> Result<Response, Infallible> {
    let mut request =
        request.map(|body| PacedBody::new(body, config.body_pause, config.body_bytes_per_second));
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
