//! How long sockets last, how many there may be, and what one may cost.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::listener::{Listener, RUN, Talking, types};
use crate::support::{Echo, Gate, PATIENCE, Studio};

#[tokio::test]
async fn an_idle_socket_is_closed_and_one_that_waits_and_answers_pings_is_not() {
    let gate = Gate::default();
    let idle = Duration::from_millis(200);
    let studio = Studio::start_with(Talking(gate.clone()), |config| config.sockets.idle = idle).await;
    let token = studio.submit().await;
    let mut waiting = Listener::to(&studio, &token).await;
    waiting.until("task_output").await;
    let answering = tokio::spawn(async move { (waiting.until("task_postprocess_end").await, waiting) });
    let mut mute = Listener::to(&studio, &token).await;
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(Listener::connect(&studio).await.closed().await, 1000);
        assert!(start.elapsed() >= idle);
    }
    // Waited too, but was not polled and so gave no sign of life.
    mute.ended().await;
    gate.open();
    let (frames, mut waiting) = answering.await.unwrap();
    assert_eq!(types(&frames), RUN[7..]);
    assert_eq!(waiting.closed().await, 1000, "after the end it is idle like any other");
}

#[tokio::test]
async fn f16_a_client_that_does_not_read_is_dropped_while_others_go_on() {
    let gate = Gate::default();
    let patience = Duration::from_millis(200);
    let runner = Talking(gate.clone());
    let studio = Studio::start_with(runner, |config| config.sockets.send_timeout = patience).await;
    let token = studio.submit().await;
    let mut other = Listener::to(&studio, &token).await;
    other.until("task_output").await;
    let mut deaf = Listener::to(&studio, &token).await;
    // Every answer is as long as the question and none is read: the server stops reading, then gives up.
    let question = json!({"type": "task_info", "tasktoken": "x".repeat(60 << 10)}).to_string();
    let mut asked = 0;
    while deaf.send(Message::text(question.as_str())).await.is_ok() {
        asked += 1;
        assert!(asked < 10_000, "the server takes in more than it can give out");
    }
    gate.open();
    assert_eq!(types(&other.until("task_postprocess_end").await), RUN[7..]);
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_its_socket() {
    let studio = Studio::start(Echo).await;
    let mut listener = Listener::connect(&studio).await;
    let padded = |bytes| format!(r#"{{"type":"{}"}}"#, "x".repeat(bytes));
    listener.say(&padded(65_000)).await;
    listener.say("{}").await;
    assert_eq!(listener.frame().await["message"], "tasktoken-required");
    // The server may be gone before everything is sent.
    let _ = listener.send(Message::text(padded(1 << 20))).await;
    // Or its last words are lost in the cut.
    assert!(matches!(listener.ended().await, Some(1009) | None));
}

#[tokio::test]
async fn beyond_the_last_place_a_socket_is_refused_until_one_is_free() {
    let studio = Studio::start_with(Echo, |config| config.sockets.max_open = 2).await;
    let first = Listener::connect(&studio).await;
    let _second = Listener::connect(&studio).await;
    match Listener::open(&studio.at("/v1")).await.err() {
        Some(Error::Http(response)) => {
            assert_eq!(
                (response.status().as_u16(), &response.headers()["retry-after"]),
                (503, &"2".parse().unwrap())
            );
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let free = async { while Listener::open(&studio.at("/v1")).await.is_err() {} };
    timeout(PATIENCE, free).await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_lets_sockets_see_the_end_of_their_tasks() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let token = studio.submit().await;
    let mut waiting = Listener::to(&studio, &token).await;
    waiting.until("task_output").await;
    let mut idle = Listener::connect(&studio).await;
    let app = studio.app.clone();
    let closing = tokio::spawn(async move { app.close_sockets().await });
    assert_eq!(idle.closed().await, 1001);
    gate.open();
    assert_eq!(types(&waiting.until("task_postprocess_end").await), RUN[7..]);
    assert_eq!(waiting.closed().await, 1001);
    timeout(PATIENCE, closing).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_ever() {
    let drain = Duration::from_millis(100);
    let runner = Talking(Gate::default());
    let studio = Studio::start_with(runner, |config| config.sockets.drain = drain).await;
    let token = studio.submit().await;
    let mut waiting = Listener::to(&studio, &token).await;
    waiting.until("task_output").await;
    let app = studio.app.clone();
    let closing = tokio::spawn(async move { app.close_sockets().await });
    assert_eq!(waiting.closed().await, 1001);
    timeout(PATIENCE, closing).await.unwrap().unwrap();
}

/// Resident memory of this process.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? << 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_sockets_follow_one_run() {
    const SOCKETS: usize = 5000;
    // Both ends of every connection are in this process.
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let sockets = SOCKETS.min(usize::try_from(files).unwrap() / 2 - 200);
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let token = studio.submit().await;
    studio.until(&token, "task_start").await;
    let before = resident();
    let mut listeners = Vec::new();
    while listeners.len() < sockets {
        listeners.extend(join_all((0..100).map(|_| Listener::to(&studio, &token))).await);
    }
    for told in join_all(listeners.iter_mut().map(|listener| listener.until("task_output"))).await {
        assert_eq!(types(&told), RUN[..7]);
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        let each = after.saturating_sub(before) / sockets;
        println!("{sockets} sockets, {each} bytes for both ends of each");
        assert!(each < 64 << 10, "{each} bytes for both ends of each socket");
    }
    let start = Instant::now();
    gate.open();
    for told in join_all(listeners.iter_mut().map(|listener| listener.until("task_postprocess_end"))).await {
        assert_eq!(types(&told), RUN[7..]);
    }
    println!("the end reached all after {:?}", start.elapsed());
}
