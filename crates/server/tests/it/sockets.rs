//! What clients are told on the socket, and what they may say.

use std::time::Duration;

use atelier_domain::{TaskId, Timestamp, Transition};
use atelier_store::Storage;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::header;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::listener::{Listener, RUN, Talking, types};
use crate::support::{Echo, Gate, Studio, error, send};

#[tokio::test]
async fn a_whole_run_is_told_in_order_to_one_that_came_while_it_ran() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let token = studio.submit().await;
    let mut listener = Listener::to(&studio, &token).await;
    let mut frames = listener.until("task_output").await;
    gate.open();
    frames.extend(listener.until("task_postprocess_end").await);
    assert_eq!(types(&frames), RUN);
    let task = studio.task(&token).await;
    for frame in &frames {
        assert_eq!((&frame["id"], &frame["tasktoken"]), (&task["id"], &json!(token)));
        assert_eq!(frame["result"], json!(true));
        assert!(frame.as_object().unwrap().contains_key("message"));
    }
    for quiet in frames[..6].iter().chain(&frames[8..10]) {
        assert!(quiet["message"].is_null(), "{quiet}");
    }
    assert_progress(&frames[6]["message"]);
    assert_eq!(frames[7]["message"], json!({"raw": task["debugoutput"]}));
    assert_eq!((&frames[10]["message"], &frames[10]["pexit"]), (&task["outputs"], &json!("0")));
    let url = frames[10]["message"][0]["url"].as_str().unwrap();
    assert!(studio.http.get(url).send().await.unwrap().status().is_success());
}

fn assert_progress(message: &Value) {
    let members = message.as_object().unwrap();
    assert!(members.values().all(Value::is_string), "{message}");
    for name in ["speed", "speedType", "elapsedTime", "remainingTime"] {
        assert!(members.contains_key(name), "{name}");
    }
    let expected = [
        ("type", "progressGenerate"),
        ("task", "Generate"),
        ("stage", "look"),
        ("percentage", "25"),
        ("stepCurrent", "1"),
        ("stepTotal", "4"),
    ];
    for (name, value) in expected {
        assert_eq!(message[name], value, "{name}");
    }
}

#[tokio::test]
async fn one_that_comes_after_the_end_is_told_the_same() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let token = studio.submit().await;
    let mut early = Listener::to(&studio, &token).await;
    let mut told = early.until("task_output").await;
    gate.open();
    told.extend(early.until("task_postprocess_end").await);
    let mut late = Listener::to(&studio, &token).await;
    assert_eq!(late.until("task_postprocess_end").await, told);
    // The server leaves the closing to the client, and hears what it still says.
    late.say("{}").await;
    assert_eq!(late.frame().await["message"], "tasktoken-required");
}

#[tokio::test]
async fn one_that_comes_before_the_run_is_told_everything() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let running = studio.submit().await;
    // Not together: of those that are prepared side by side any may run first.
    studio.until(&running, "task_start").await;
    let mut last = running;
    for _ in 0..4 {
        last = studio.submit().await;
    }
    // The worker stages ahead, but not so far.
    let mut listener = Listener::to(&studio, &last).await;
    assert_eq!(listener.frame().await["type"], "task_queue");
    gate.open();
    let rest = listener.until("task_postprocess_end").await;
    let without_progress = types(&rest).into_iter().filter(|kind| *kind != "task_output");
    assert!(without_progress.eq(RUN[1..].iter().copied().filter(|kind| *kind != "task_output")));
}

#[tokio::test]
async fn f16_a_dropped_connection_misses_nothing() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let token = studio.submit().await;
    let mut told = Vec::new();
    for part in RUN[..7].iter().copied() {
        // A new connection each time; the one before is cut without a close.
        told = Listener::to(&studio, &token).await.until(part).await;
    }
    assert_eq!(types(&told), RUN[..7]);
    gate.open();
    studio.until(&token, "task_postprocess_end").await;
    assert_eq!(types(&Listener::to(&studio, &token).await.until("task_postprocess_end").await), RUN);
}

#[tokio::test]
async fn several_tasks_share_a_socket_and_several_sockets_a_task() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let one = studio.submit().await;
    let mut single = Listener::to(&studio, &one).await;
    single.until("task_output").await;
    // Not before: of two that are prepared side by side either may run first.
    let two = studio.submit().await;
    let mut both = Listener::to(&studio, &one).await;
    both.register(&two).await;
    // Twice is once: nothing is told again.
    single.register(&one).await;
    gate.open();
    let frames = single.until("task_postprocess_end").await;
    assert_eq!(types(&frames), RUN[7..]);
    let mut frames = both.until("task_postprocess_end").await;
    frames.extend(both.until("task_postprocess_end").await);
    for token in [&one, &two] {
        let of_one: Vec<Value> =
            frames.iter().filter(|frame| frame["tasktoken"] == **token).cloned().collect();
        assert_eq!((of_one[0]["type"].as_str(), of_one.len() >= 10), (Some("task_queue"), true));
        assert_eq!(types(&of_one)[of_one.len() - 4..], RUN[7..]);
    }
}

#[tokio::test]
async fn a_killed_task_ends_with_its_cancel() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate)).await;
    let token = studio.submit().await;
    let mut listener = Listener::to(&studio, &token).await;
    listener.until("task_output").await;
    studio.post("/v1/Task/Kill", &json!({"tasktoken": token})).await;
    let end = listener.frame().await;
    assert_eq!(
        (&end["type"], &end["message"], &end["result"]),
        (&json!("task_cancel"), &Value::Null, &json!(false))
    );
    let replay = Listener::to(&studio, &token).await.until("task_cancel").await;
    assert_eq!(types(&replay), [&RUN[..7], &["task_cancel"]].concat());
}

#[tokio::test]
async fn a_failed_task_says_why_and_ends_without_outputs() {
    let studio = Studio::start(Gate::that_panics()).await;
    let token = studio.submit().await;
    let frames = Listener::to(&studio, &token).await.until("task_postprocess_end").await;
    let closing = ["task_output_full", "task_error_full", "task_end", "task_postprocess_start"];
    assert_eq!(types(&frames), [&RUN[..6], &closing, &RUN[10..]].concat());
    assert_eq!(frames[7]["message"], json!({"raw": "the computation failed"}));
    assert_eq!((&frames[10]["message"], &frames[10]["pexit"]), (&json!([]), &json!("1")));
}

#[tokio::test]
async fn what_another_process_does_is_told_too() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate)).await;
    let token = studio.submit().await;
    let mut listener = Listener::to(&studio, &token).await;
    let running = listener.until("task_output").await;
    let id = TaskId(running[0]["id"].as_str().unwrap().parse().unwrap());
    // Nobody tells the feed of this process.
    let elsewhere = Storage::open(&studio.app.config.data).await.unwrap();
    elsewhere.store.stop(id, Transition::Kill, Timestamp::now()).await.unwrap();
    assert_eq!(types(&listener.until("task_cancel").await), ["task_cancel"]);
}

#[tokio::test]
async fn f1_a_lost_attempt_does_not_end_its_task_on_the_socket() {
    let gate = Gate::default();
    let studio = Studio::start(Talking(gate.clone())).await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(studio.submit().await);
    }
    // The worker has its hands full with three; another one takes the fourth and dies after its run.
    studio.until(&tokens[2], "task_preprocess_end").await;
    let elsewhere = Storage::open(&studio.app.config.data).await.unwrap().store;
    let lease = elsewhere.claim("lost", Duration::ZERO, Timestamp::now()).await.unwrap().unwrap().lease;
    for step in [
        Transition::BeginPreprocessing,
        Transition::FinishPreprocessing,
        Transition::Assign,
        Transition::Start,
        Transition::End,
    ] {
        // The reaper may be faster; then there is only less to forget.
        let _ = elsewhere.advance(&lease, step, Timestamp::now()).await;
    }
    let mut listener = Listener::to(&studio, &tokens[3]).await;
    gate.open();
    let frames = listener.until("task_postprocess_end").await;
    let count = |kind| types(&frames).into_iter().filter(|other| *other == kind).count();
    assert_eq!((count("task_queue"), count("task_end"), count("task_output_full")), (2, 1, 1));
    assert_eq!(types(&frames)[frames.len() - 4..], RUN[7..]);
}

#[tokio::test]
async fn an_unknown_token_ends_a_socket_that_has_no_other() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let id = studio.until(&token, "task_postprocess_end").await["id"].as_str().unwrap().to_owned();
    let absent = "a".repeat(30);
    // A task's number is no secret and does not open it.
    for wrong in [absent.as_str(), id.as_str(), "test", "../..", "ünbekannt"] {
        let refusal =
            json!({"type": "error", "message": "task-not-founded", "tasktoken": wrong, "result": false});
        let mut listener = Listener::to(&studio, wrong).await;
        assert_eq!(listener.frame().await, refusal);
        assert_eq!(listener.closed().await, 1008);
        let mut listener = Listener::to(&studio, &token).await;
        listener.until("task_postprocess_end").await;
        listener.register(wrong).await;
        assert_eq!(listener.frame().await, refusal);
        listener.say("{}").await;
        assert_eq!(listener.frame().await["message"], "tasktoken-required");
    }
}

#[tokio::test]
async fn a_malformed_registration_is_refused_and_everything_else_is_dropped() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let mut listener = Listener::connect(&studio).await;
    for text in [r#"{"type":"task_info"}"#, r#"{"type":"task_info","tasktoken":null}"#, "{", "7", ""] {
        // Nothing comes for these, or it would come first.
        listener.say(&json!({"type": "task_session_end", "tasktoken": token}).to_string()).await;
        listener.say(r#"{"type":"agent_info","agenttoken":"a"}"#).await;
        listener.send(Message::binary(format!("{token}|\u{0}\u{1}"))).await.unwrap();
        listener.say(text).await;
        let refusal = json!({"type": "error", "message": "tasktoken-required", "result": false});
        assert_eq!(listener.frame().await, refusal, "{text}");
    }
    listener.send(Message::Ping(Bytes::from_static(b"there?"))).await.unwrap();
    assert_eq!(listener.message().await, Message::Pong(Bytes::from_static(b"there?")));
    listener.register(&token).await;
    listener.until("task_postprocess_end").await;
}

#[tokio::test]
async fn the_socket_is_found_where_clients_look_and_only_by_upgrading() {
    let studio = Studio::start(Echo).await;
    for path in ["/v1", "/v1/", "/"] {
        Listener::connect_at(&studio, path).await;
    }
    // A browser finds the dashboard at the root.
    for path in ["/v1", "/v1/"] {
        let (status, reply) = send(studio.http.get(studio.at(path))).await;
        assert_eq!((status, error(&reply)), (404, (0, "Error parsing url.")));
    }
}

#[tokio::test]
async fn a12_a_page_of_any_origin_may_connect_and_its_cookies_mean_nothing() {
    let studio = Studio::start(Echo).await;
    for origin in ["null", "https://elsewhere.example", "http://[::1]:99999"] {
        let mut request = studio.at("/v1").replacen("http", "ws", 1).into_client_request().unwrap();
        request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        request.headers_mut().insert(header::COOKIE, "session=1".parse().unwrap());
        let (_, response) = tokio_tungstenite::connect_async(request).await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers().get(header::SET_COOKIE)), (101, None));
    }
}
