//! What an operator sees: health, metrics, request ids.

use crate::support::{Echo, Studio};

async fn get(studio: &Studio, path: &str) -> (u16, String) {
    let response = studio.http.get(studio.at(path)).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_serving_process_is_healthy_and_ready() {
    let studio = Studio::start(Echo).await;
    assert_eq!(get(&studio, "/healthz").await, (200, "ok\n".into()));
    assert_eq!(get(&studio, "/readyz").await, (200, "ready\n".into()));
}

#[tokio::test]
async fn requests_and_tasks_are_counted_by_route_and_tool() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    studio.until(&token, "task_postprocess_end").await;
    let invented = reqwest::Method::from_bytes(b"BREW1").unwrap();
    studio.http.request(invented, studio.at("/v1/Task/Detail")).send().await.unwrap();
    let (status, text) = get(&studio, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "atelier_http_requests_total{method=\"POST\",route=\"/v1/Run/{owner}/{model}\",status=\"200\"} 1",
        "atelier_tasks_submitted_total{tool=\"wiro/virtual-try-on\"} 1",
        "atelier_tasks_ended_total{tool=\"wiro/virtual-try-on\",outcome=\"succeeded\"} 1",
        "atelier_task_run_seconds_count{tool=\"wiro/virtual-try-on\"} 1",
        "atelier_tasks{state=\"waiting\"} 0",
    ] {
        assert!(text.contains(line), "{line} is missing from\n{text}");
    }
    assert!(text.contains("method=\"other\"") && !text.contains("BREW1"), "{text}");
    assert!(!text.contains(&token), "no secret is a label");
}

#[tokio::test]
async fn every_answer_carries_the_callers_request_id_or_a_new_one() {
    let studio = Studio::start(Echo).await;
    let ask = |id: &'static str| studio.http.get(studio.at("/healthz")).header("x-request-id", id).send();
    assert_eq!(ask("shop-42").await.unwrap().headers()["x-request-id"], "shop-42");
    let replaced = ask("a b\tc").await.unwrap();
    assert_eq!(replaced.headers()["x-request-id"].len(), 36, "an id that would spoil the log is not used");
}
