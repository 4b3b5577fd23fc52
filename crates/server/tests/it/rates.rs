//! How many requests are answered.

use std::num::NonZeroU32;

use atelier_server::config::Rate;
use serde_json::json;

use crate::support::{Echo, PIXEL, Studio, error, send};

/// So many at once, and next to none afterwards.
fn rate(burst: u32) -> Rate {
    Rate { per_second: NonZeroU32::new(1).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

async fn assert_told_to_wait(studio: &Studio, request: reqwest::RequestBuilder) {
    let reply = request.send().await.unwrap();
    assert_eq!(reply.status(), 429);
    assert_eq!(reply.headers()["retry-after"], "1");
    let reply = reply.json().await.unwrap();
    assert_eq!(
        error(&reply),
        (0, "Too many requests. Please try again in 1 seconds."),
        "{}",
        studio.app.base
    );
}

#[tokio::test]
async fn a_project_has_its_rate_but_polls_are_always_answered() {
    let studio = Studio::start_with(Echo, |config| config.rates.project = Some(rate(3))).await;
    let token = studio.submit().await;
    let submit = || {
        let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
        let request = studio.http.post(studio.at("/v1/Run/wiro/virtual-try-on"));
        request.header("x-api-key", studio.key.as_str()).json(&body)
    };
    for _ in 0..2 {
        assert_eq!(send(submit()).await.0, 200);
    }
    assert_told_to_wait(&studio, submit()).await;
    for _ in 0..100 {
        studio.task(&token).await;
    }
    let (_, others) = crate::support::funded_project(&studio.app.storage, "other@example.com", "10").await;
    let request = studio.http.post(studio.at("/v1/Run/wiro/virtual-try-on"));
    assert_eq!(send(request.header("x-api-key", others.as_str()).json(&json!({}))).await.0, 200);
}

#[tokio::test]
async fn an_address_has_its_rate_but_polls_are_always_answered() {
    let studio = Studio::start_with(Echo, |config| config.rates.address = Some(rate(3))).await;
    let sample = studio.at("/uploads/sampleinputs/wiro-virtual-try-on-input-1-1.jpg");
    for _ in 0..3 {
        assert_eq!(studio.http.get(&sample).send().await.unwrap().status(), 200);
    }
    assert_told_to_wait(&studio, studio.http.get(&sample)).await;
    for _ in 0..100 {
        let (status, reply) = studio.post("/v1/Task/Detail", &json!({"tasktoken": "test"})).await;
        assert_eq!((status, error(&reply).0), (200, 1));
    }
}

#[tokio::test]
async fn a14_wrong_credentials_are_throttled_and_right_ones_let_in() {
    let studio = Studio::start_with(Echo, |config| config.rates.failed_logins = Some(rate(3))).await;
    let guess = |key: String| {
        let request = studio.http.post(studio.at("/v1/Task/Detail")).header("x-api-key", key);
        request.json(&json!({"tasktoken": "test"}))
    };
    let wrong = || atelier_domain::ApiKey::random().to_string();
    for _ in 0..3 {
        assert_eq!(send(guess(wrong())).await.0, 401);
    }
    assert_told_to_wait(&studio, guess(wrong())).await;
    assert_told_to_wait(&studio, guess("short".into())).await;
    assert_eq!(send(guess(studio.key.to_string())).await.0, 200);
}
