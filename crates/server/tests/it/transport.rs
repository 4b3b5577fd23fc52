//! Clients that are slow, greedy or endless, on real sockets.

use std::time::Duration;

use atelier_domain::{Artifact, Job, JobKind, Picture, RunContext, RunError, Runner, Support};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::{Echo, PATIENCE, PIXEL, Studio, error};

const SAMPLE: &str = "/uploads/sampleinputs/wiro-virtual-try-on-input-1-1.jpg";
/// Short enough to wait for.
const SOON: Duration = Duration::from_millis(200);

async fn connect(studio: &Studio) -> TcpStream {
    TcpStream::connect(studio.app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// The head of a request with a body.
fn head(studio: &Studio, more: &str) -> String {
    let key = &studio.key;
    format!("POST /v1/Task/Detail HTTP/1.1\r\nHost: atelier\r\nx-api-key: {key}\r\n{more}\r\n\r\n")
}

/// All that the server says until it closes the connection, which it must.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    // A connection that is cut while more is sent ends in a reset.
    let _ = end.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn assert_healthy(studio: &Studio) {
    assert_eq!(studio.http.get(studio.at("/healthz")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let studio = Studio::start_with(Echo, |config| config.transport.head_timeout = SOON).await;
    for begun in ["", "P", "POST /v1/Task/Detail HTTP/1.1\r\nx-api-key: a"] {
        let mut stream = connect(&studio).await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        until_closed(&mut stream).await;
    }
    // Nor is one that comes byte by byte.
    let mut stream = connect(&studio).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nx: ").await.unwrap();
    let (mut from, mut to) = stream.split();
    let trickle = async {
        while to.write_all(b"x").await.is_ok() {
            sleep(SOON / 10).await;
        }
    };
    let closed = async { while from.read_u8().await.is_ok() {} };
    timeout(PATIENCE, async {
        tokio::select! { () = trickle => {}, () = closed => {} }
    })
    .await
    .unwrap();
    assert_healthy(&studio).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let studio = Studio::start_with(Echo, |config| config.transport.head_timeout = SOON).await;
    let mut stream = connect(&studio).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: atelier\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut stream).await.ends_with("ok\n"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let studio = Studio::start_with(Echo, |config| config.transport.body_pause = SOON).await;
    for declared in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
        let mut stream = connect(&studio).await;
        stream.write_all(head(&studio, declared).as_bytes()).await.unwrap();
        let said = until_closed(&mut stream).await;
        assert!(said.contains("Request parameters are invalid."), "{said}");
    }
}

#[tokio::test]
async fn heads_are_bounded() {
    let studio = Studio::start(Echo).await;
    let large = format!("x: {}", "y".repeat(100_000));
    let many = "x: y\r\n".repeat(200);
    for more in [large.as_str(), many.trim_end()] {
        let mut stream = connect(&studio).await;
        stream.write_all(head(&studio, more).as_bytes()).await.unwrap();
        let said = until_closed(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
    }
    assert_healthy(&studio).await;
}

#[tokio::test]
async fn a15_a_padded_boundary_is_refused_at_once() {
    let studio = Studio::start(Echo).await;
    let dashes = "-".repeat(4000);
    let mut stream = connect(&studio).await;
    let declared =
        format!("Content-Type: multipart/form-data; boundary={dashes}\r\nContent-Length: 1000000000");
    stream.write_all(head(&studio, &declared).as_bytes()).await.unwrap();
    let said = until_closed(&mut stream).await;
    assert!(said.contains("Request parameters are invalid."), "{said}");
}

#[tokio::test]
async fn a16_millions_of_tiny_chunks_are_refused_early() {
    let studio = Studio::start(Echo).await;
    for declared in [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=B",
    ] {
        let stream = connect(&studio).await;
        let (mut from, mut to) = stream.into_split();
        to.write_all(head(&studio, declared).as_bytes()).await.unwrap();
        let chunks = "1\r\n \r\n".repeat(10_000);
        let send = async {
            for sent in 0..200 {
                if to.write_all(chunks.as_bytes()).await.is_err() {
                    return sent;
                }
            }
            200
        };
        let (sent, ()) =
            timeout(PATIENCE, async { tokio::join!(send, async { while from.read_u8().await.is_ok() {} }) })
                .await
                .expect("it is over soon");
        assert!(sent < 200, "all two million chunks were taken");
        assert_healthy(&studio).await;
    }
}

#[tokio::test]
async fn a17_a_body_without_files_is_bounded_before_it_is_held() {
    let studio = Studio::start_with(Echo, |config| config.limits.call_bytes = 100_000).await;
    let body = json!({"tasktoken": "x".repeat(100_000)});
    let (status, reply) = studio.post("/v1/Task/Detail", &body).await;
    assert_eq!((status, error(&reply)), (200, (0, "Request parameters are invalid.")));
}

#[tokio::test]
async fn a17_a_call_that_takes_no_files_reads_no_more_of_many_parts_than_of_one_body() {
    let studio = Studio::start_with(Echo, |config| config.limits.call_bytes = 1_000_000).await;
    for named in ["name=\"x\"", "name=\"x\"; filename=\"f\""] {
        let stream = TcpStream::connect(studio.app.base.strip_prefix("http://").unwrap()).await.unwrap();
        let (mut from, mut to) = stream.into_split();
        let declared = "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 360000000";
        let head =
            head(&studio, declared).replace("Task/Detail", "Tool/List").replace("x-api-key", "x-other");
        to.write_all(head.as_bytes()).await.unwrap();
        let part =
            format!("--B\r\nContent-Disposition: form-data; {named}\r\n\r\n{}\r\n", "x".repeat(900_000));
        let send = async {
            for sent in 0..400 {
                if to.write_all(part.as_bytes()).await.is_err() {
                    return sent;
                }
            }
            400
        };
        let read = async { while from.read_u8().await.is_ok() {} };
        let (sent, ()) =
            timeout(PATIENCE, async { tokio::join!(send, read) }).await.expect("it is over soon");
        assert!(sent < 50, "{sent} parts of 900 KB were taken: {named}");
    }
}

/// Says that it serves identity portraits, and is never asked to.
struct Portraits;

impl Runner for Portraits {
    fn name(&self) -> &'static str {
        "portraits"
    }

    fn supports(&self, kind: JobKind) -> Support {
        if kind == JobKind::IdentityPortrait { Support::Ready } else { Support::No }
    }

    fn run(&self, _: &Job<Picture>, _: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        Err(RunError::Engine("not asked for".into()))
    }
}

#[tokio::test]
async fn a17_a_huge_number_of_samples_is_refused() {
    let studio = Studio::start(Portraits).await;
    for samples in [json!(1_000_000_000), json!("5"), json!(-1), json!("99999999999999999999")] {
        let (_, reply) = studio
            .post("/v1/Run/wiro/instant-id", &json!({"samples": samples, "inputImageUrl": PIXEL}))
            .await;
        let expected = (0, "Request parameter [samples] must be between 1 and 4");
        assert_eq!(error(&reply), expected, "{samples}");
    }
    assert_eq!(studio.app.storage.store.queue_depth().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn connections_are_bounded_and_further_ones_wait() {
    let studio = Studio::start_with(Echo, |config| config.transport.connections = 2).await;
    let idle = [connect(&studio).await, connect(&studio).await];
    // Both are taken once one of them is answered.
    let [mut first, _second] = idle;
    first.write_all(b"GET /healthz HTTP/1.1\r\nHost: atelier\r\n\r\n").await.unwrap();
    assert_ne!(first.read_u8().await.unwrap(), 0);
    let mut health = Box::pin(assert_healthy(&studio));
    assert!(timeout(SOON, &mut health).await.is_err(), "a third connection was taken");
    drop(first);
    timeout(PATIENCE, health).await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let studio = Studio::start_with(Echo, |config| config.transport.write_timeout = SOON).await;
    let mut stream = connect(&studio).await;
    let request = format!("GET {SAMPLE} HTTP/1.1\r\nHost: atelier\r\n\r\n");
    let cut = async {
        loop {
            // Its own buffers fill up too, which only shows that nobody reads any more.
            if let Ok(Err(_)) = timeout(SOON / 10, stream.write_all(request.as_bytes())).await {
                return;
            }
        }
    };
    timeout(PATIENCE, cut).await.expect("the server closes the connection");
    assert_healthy(&studio).await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_when_the_server_stops() {
    let studio = Studio::start(Echo).await;
    let (mut busy, mut idle) = (connect(&studio).await, connect(&studio).await);
    let body = r#"{"tasktoken": "test"}"#;
    let declared = format!("Content-Length: {}\r\nExpect: 100-continue", body.len());
    busy.write_all(head(&studio, &declared).as_bytes()).await.unwrap();
    // The server asks for the body: the request is under way.
    let mut go_on = [0; 25];
    busy.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    studio.stop();
    until_closed(&mut idle).await;
    busy.write_all(body.as_bytes()).await.unwrap();
    let said = until_closed(&mut busy).await;
    assert!(said.contains("There is no task yet."), "{said}");
    let refused = TcpStream::connect(studio.app.base.strip_prefix("http://").unwrap()).await;
    assert!(refused.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_request_that_does_not_end_does_not_keep_a_stopping_server() {
    let studio = Studio::start_with(Echo, |config| config.transport.drain = SOON).await;
    let mut stream = connect(&studio).await;
    let declared = "Content-Length: 100\r\nExpect: 100-continue";
    stream.write_all(head(&studio, declared).as_bytes()).await.unwrap();
    assert_ne!(stream.read_u8().await.unwrap(), 0);
    studio.stop();
    until_closed(&mut stream).await;
}
