//! A task's life as its client sees it.

use std::time::{Duration, Instant};

use atelier_domain::Money;
use serde_json::json;

use crate::support::{Echo, Gate, PIXEL, Studio, error, eventually};

#[tokio::test]
async fn a_finished_task_has_every_member_of_the_contract() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let task = studio.until(&token, "task_postprocess_end").await;
    for name in [
        "id",
        "uuid",
        "name",
        "socketaccesstoken",
        "debugoutput",
        "debugerror",
        "status",
        "pexit",
        "cps",
        "elapsedseconds",
        "totalcost",
        "projectid",
        "modelid",
        "basemodelid",
        "description",
        "modelfolderid",
        "modelfileid",
        "callbackurl",
        "runtype",
        "categories",
        "modeldescription",
        "modelslugowner",
        "modelslugproject",
        "size",
        "createtime",
        "accepttime",
        "assigntime",
        "preprocessstarttime",
        "preprocessendtime",
        "starttime",
        "endtime",
        "postprocessstarttime",
        "postprocessendtime",
        "canceltime",
    ] {
        assert!(task[name].is_string(), "{name}: {}", task[name]);
    }
    assert!(task["guestid"].is_null() && task["marketplaceid"].is_null());
    assert_eq!(task["totalcost"], "0.090000000000");
    assert_eq!(task["modelid"], "1611");
    assert_eq!(task["canceltime"], "0");
    assert!(task["debugoutput"].as_str().unwrap().starts_with("runner: echo\n"));
    let categories: Vec<String> = serde_json::from_str(task["categories"].as_str().unwrap()).unwrap();
    assert!(categories.contains(&"image-to-image".to_owned()));
    let output = &task["outputs"][0];
    assert_eq!((&output["name"], &output["contenttype"]), (&json!("0.png"), &json!("image/png")));
    assert_eq!((&output["ispublic"], &output["expiretime"]), (&json!(0), &json!(null)));
    let file = studio.http.get(output["url"].as_str().unwrap()).send().await.unwrap();
    let bytes = file.error_for_status().unwrap().bytes().await.unwrap();
    assert_eq!(output["size"], json!(bytes.len().to_string()));
    assert_eq!(&bytes[1..4], b"PNG");
}

#[tokio::test]
async fn a_running_task_shows_no_exit_code_and_no_outputs() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let token = studio.submit().await;
    let task = studio.until(&token, "task_start").await;
    assert_eq!((&task["pexit"], &task["outputs"], &task["totalcost"]), (&json!(""), &json!([]), &json!("0")));
    gate.open();
    studio.until(&token, "task_postprocess_end").await;
}

#[tokio::test]
async fn a_kill_ends_the_task_at_once_and_reaches_its_run_within_200_ms() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let token = studio.submit().await;
    eventually("the run has begun", || gate.entered() == 1).await;
    let start = Instant::now();
    let (_, reply) = studio.post("/v1/Task/Kill", &json!({"socketaccesstoken": token})).await;
    let task = &reply["tasklist"][0];
    assert_eq!(
        (&task["status"], &task["pexit"], &task["totalcost"]),
        (&json!("task_cancel"), &json!("137"), &json!("0"))
    );
    assert_ne!(task["canceltime"], "0");
    eventually("the run was cancelled", || gate.was_cancelled()).await;
    // Twice the promise: a busy machine may delay the watcher once.
    assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
    let (_, again) = studio.post("/v1/Task/Kill", &json!({"taskid": task["id"]})).await;
    assert_eq!(again["result"], json!(true), "a kill can be repeated");
    assert_eq!(balance(&studio).await, Money::parse_usd("100").unwrap());
    // The device is free again.
    gate.open();
    let next = studio.submit().await;
    studio.until(&next, "task_postprocess_end").await;
}

#[tokio::test]
async fn a_waiting_task_is_cancelled_and_a_running_one_is_not() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let running = studio.submit().await;
    studio.until(&running, "task_start").await;
    let (_, reply) = studio.post("/v1/Task/Cancel", &json!({"tasktoken": running})).await;
    assert_eq!(error(&reply), (1, "Task is not in a cancellable state."));
    // The worker stages ahead; what lies beyond that stays in the queue.
    let mut tokens = Vec::new();
    for _ in 0..6 {
        tokens.push(studio.submit().await);
    }
    let waiting = tokens.last().unwrap();
    for _ in 0..2 {
        let (_, reply) = studio.post("/v1/Task/Cancel", &json!({"tasktoken": waiting})).await;
        let task = &reply["tasklist"][0];
        assert_eq!(
            (&task["status"], &task["pexit"], &task["accepttime"]),
            (&json!("task_cancel"), &json!(""), &json!("0"))
        );
    }
    gate.open();
    for token in tokens.iter().take(5).chain([&running]) {
        assert_eq!(studio.until(token, "task_postprocess_end").await["pexit"], "0");
    }
    assert_eq!(studio.task(waiting).await["outputs"], json!([]));
    let spent = Money::parse_usd("100").unwrap() - balance(&studio).await;
    assert_eq!(spent, Money::parse_usd("0.54").unwrap(), "six tasks at 0.09");
    let (_, reply) = studio.post("/v1/Task/Kill", &json!({"tasktoken": running})).await;
    assert_eq!(error(&reply), (1, "Task could not be killed: it has already ended"));
}

#[tokio::test]
async fn the_next_task_is_staged_while_one_runs() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let running = studio.submit().await;
    studio.until(&running, "task_start").await;
    let next = studio.submit().await;
    studio.until(&next, "task_preprocess_end").await;
    assert_eq!(gate.entered(), 1, "one run at a time");
    gate.open();
    studio.until(&next, "task_postprocess_end").await;
}

#[tokio::test]
async fn f17_a_run_that_panics_fails_its_task_and_the_worker_goes_on() {
    let studio = Studio::start(Gate::that_panics()).await;
    for _ in 0..2 {
        let token = studio.submit().await;
        let task = studio.until(&token, "task_postprocess_end").await;
        assert_eq!((&task["pexit"], &task["debugerror"]), (&json!("1"), &json!("the computation failed")));
    }
    assert_eq!(balance(&studio).await, Money::parse_usd("100").unwrap());
}

async fn balance(studio: &Studio) -> Money {
    studio.app.storage.store.accounts().await.unwrap()[0].balance
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inputs_that_are_slow_to_fetch_hold_up_nobody_else_and_a_kill_ends_the_wait() {
    let studio = Studio::start_with(Echo, |config| {
        config.worker.fetch_allow = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    // Accepts connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/person.jpg", silent.local_addr().unwrap());
    let body = json!({"inputImageHuman": address, "inputImageClothes": PIXEL});
    let mut slow = Vec::new();
    for _ in 0..4 {
        let (_, reply) = studio.post("/v1/Run/wiro/virtual-try-on", &body).await;
        slow.push(reply["socketaccesstoken"].as_str().unwrap().to_owned());
    }
    for token in &slow {
        studio.until(token, "task_preprocess_start").await;
    }
    let quick = studio.submit().await;
    assert_eq!(studio.until(&quick, "task_postprocess_end").await["pexit"], "0");
    for token in &slow {
        let (_, reply) = studio.post("/v1/Task/Kill", &json!({"tasktoken": token})).await;
        assert_eq!(reply["tasklist"][0]["status"], "task_cancel");
    }
}

#[tokio::test]
async fn a_killed_task_that_waits_for_the_device_makes_room_at_once() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let running = studio.submit().await;
    studio.until(&running, "task_start").await;
    // Two are staged ahead and keep every place; the last one stays in the queue until one of them goes.
    let (first, second) = (studio.submit().await, studio.submit().await);
    for token in [&first, &second] {
        studio.until(token, "task_preprocess_end").await;
    }
    let last = studio.submit().await;
    let (_, reply) = studio.post("/v1/Task/Kill", &json!({"tasktoken": first})).await;
    assert_eq!(reply["tasklist"][0]["status"], "task_cancel");
    studio.until(&last, "task_preprocess_end").await;
    assert_eq!(gate.entered(), 1, "the device is still busy with the first task");
    gate.open();
    studio.until(&last, "task_postprocess_end").await;
}
