//! Requests that are sent more than once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Echo, Gate, PIXEL, Studio, error, send};

const TRY_ON: &str = "/v1/Run/wiro/virtual-try-on";
const SHIRT: &str = "wiro-virtual-try-on-input-1-2.jpg";

async fn run(studio: &Studio, key: &str, body: &Value) -> Value {
    let request = studio.http.post(studio.at(TRY_ON)).header("x-api-key", studio.key.as_str());
    send(request.header("Idempotency-Key", key).json(body)).await.1
}

fn body() -> Value {
    json!({"inputImageHuman": PIXEL, "inputImageClothes": SHIRT})
}

async fn accepted(studio: &Studio) -> usize {
    let ledger = studio.app.storage.store.ledger(studio.account).await.unwrap();
    ledger.iter().filter(|entry| entry.kind == atelier_store::LedgerKind::Reserve).count()
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_reply_however_it_is_spelt() {
    let studio = Studio::start(Echo).await;
    let first = run(&studio, "order-1", &body()).await;
    assert_eq!(first["result"], true);
    assert_eq!(run(&studio, "order-1", &body()).await, first);
    // The default spelt out, an alias, another order, a field that the tool does not know.
    let spelt = json!({"unknown": 1, "style": "virtual-try-on", "inputImageClothesUrl": [SHIRT],
                       "inputImageHuman": [PIXEL]});
    assert_eq!(run(&studio, "order-1", &spelt).await, first);
    // The same picture as a file, under two boundaries.
    let png = base64_of(PIXEL);
    for _ in 0..2 {
        let form = Form::new()
            .part("inputImageHuman", Part::bytes(png.clone()).file_name("me.png"))
            .text("inputImageClothes", SHIRT);
        let request = studio.http.post(studio.at(TRY_ON)).header("x-api-key", studio.key.as_str());
        assert_eq!(send(request.header("idempotency-key", "order-1").multipart(form)).await.1, first);
    }
    let token = first["socketaccesstoken"].as_str().unwrap();
    studio.until(token, "task_postprocess_end").await;
    assert_eq!(run(&studio, "order-1", &body()).await, first, "also after the end");
    assert_eq!(accepted(&studio).await, 1);
}

fn base64_of(uri: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(uri.split_once(',').unwrap().1).unwrap()
}

#[tokio::test]
async fn f5_fifty_submits_with_one_key_make_one_task() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let body = body();
    let replies = join_all((0..50).map(|_| run(&studio, "order-1", &body))).await;
    let tokens: BTreeSet<_> =
        replies.iter().map(|reply| reply["socketaccesstoken"].as_str().unwrap()).collect();
    assert_eq!((replies.len(), tokens.len(), accepted(&studio).await), (50, 1, 1));
    gate.open();
}

#[tokio::test]
async fn f6_another_request_under_the_same_key_is_refused_and_queues_nothing() {
    let studio = Studio::start(Echo).await;
    run(&studio, "order-1", &body()).await;
    let reused =
        "This Idempotency-Key was used for another request. Repeat that request unchanged or use a new key.";
    for (name, value) in [
        ("style", json!("studio")),
        ("inputImageHuman", json!(SHIRT)),
        ("callbackUrl", json!("https://example.com/hook")),
        ("externalTaskId", json!("4711")),
    ] {
        let mut other = body();
        other[name] = value;
        assert_eq!(error(&run(&studio, "order-1", &other).await), (0, reused), "{name}");
    }
    assert_eq!(accepted(&studio).await, 1);
    let mut other = body();
    other["style"] = json!("studio");
    assert_eq!(run(&studio, "order-2", &other).await["result"], true);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let studio = Studio::start(Echo).await;
    let message = "Idempotency-Key must have 1 to 255 visible ASCII characters.";
    for key in ["", "two words", &"x".repeat(256)] {
        assert_eq!(error(&run(&studio, key, &body()).await), (0, message), "{key:?}");
    }
    let twice = studio.http.post(studio.at(TRY_ON)).header("x-api-key", studio.key.as_str());
    let twice = twice.header("Idempotency-Key", "a").header("Idempotency-Key", "b").json(&body());
    assert_eq!(error(&send(twice).await.1), (0, message));
    assert_eq!(accepted(&studio).await, 0);
}

#[tokio::test]
async fn a_repeated_request_leaves_no_second_upload_behind() {
    let studio = Studio::start(Echo).await;
    let first = run(&studio, "order-1", &body()).await;
    let token = first["socketaccesstoken"].as_str().unwrap();
    let task = studio.until(token, "task_postprocess_end").await;
    let upload = task["parameters"]["inputImageHuman"].as_str().unwrap().to_owned();
    run(&studio, "order-1", &body()).await;
    assert_eq!(studio.task(token).await["parameters"]["inputImageHuman"], upload);
    assert!(studio.http.get(&upload).send().await.unwrap().status().is_success());
    let mut objects = 0;
    for folder in 0..=255 {
        objects += studio.app.storage.files.list(folder).await.unwrap().len();
    }
    assert_eq!(objects, 2, "one input and one output");
}

#[tokio::test]
async fn a_task_carries_its_callers_own_name() {
    let studio = Studio::start(Echo).await;
    for (given, shown) in [(json!("order 4711 é"), "order 4711 é"), (json!(4711), "4711"), (json!(""), "")]
    {
        let mut body = body();
        body["externalTaskId"] = given;
        let (_, reply) = studio.post(TRY_ON, &body).await;
        let task = studio.task(reply["socketaccesstoken"].as_str().unwrap()).await;
        assert_eq!(task["externaltaskid"], shown);
    }
    let mut long = body();
    long["externalTaskId"] = json!("é".repeat(256));
    let (_, reply) = studio.post(TRY_ON, &long).await;
    let message = "Request parameter [externalTaskId] must have at most 255 characters";
    assert_eq!(error(&reply), (0, message));
}
