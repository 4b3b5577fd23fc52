//! Webhooks as their receivers see them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atelier_domain::catalogue::Catalogue;
use atelier_domain::{TaskId, Timestamp};
use atelier_server::config::Config;
use atelier_server::{App, Deliverer, Runners};
use atelier_store::{Delivery, DeliveryFailure, DeliveryState, Storage, Store};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::receiver::{Answer, Call, Receiver, self_signed};
use crate::support::{Echo, Gate, PATIENCE, PIXEL, Studio, funded_project, send, serve};

/// Settings under which a test need not wait: three attempts, almost at once, also to this machine.
fn quick(config: &mut Config) {
    config.worker.fetch_allow = vec!["127.0.0.0/8".parse().unwrap()];
    config.webhooks.retries = vec![Duration::from_millis(10); 2];
}

/// The same, and silence is not listened to for long.
fn impatient(config: &mut Config) {
    quick(config);
    config.webhooks.timeout = Duration::from_millis(500);
}

async fn studio(set: fn(&mut Config)) -> Studio {
    let studio = Studio::start_with(Echo, set).await;
    deliver(studio.app.clone());
    studio
}

fn deliver(app: Arc<App>) {
    tokio::spawn(Deliverer::new(app).unwrap().run(CancellationToken::new()));
}

/// Submits a try-on with a callback; gives its token and number.
async fn submit(studio: &Studio, callback: &str) -> (String, TaskId) {
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL, "callbackUrl": callback});
    let (_, reply) = studio.post("/v1/Run/wiro/virtual-try-on", &body).await;
    let task = reply["taskid"].as_str().unwrap_or_else(|| panic!("no task in {reply}")).parse().unwrap();
    (reply["socketaccesstoken"].as_str().unwrap().to_owned(), TaskId(task))
}

/// Waits until the only delivery of a task is not pending any more.
async fn settled(store: &dyn Store, task: TaskId) -> Delivery {
    let mut last = Vec::new();
    let settled = async {
        loop {
            last = store.deliveries(task).await.unwrap();
            if matches!(&last[..], [only] if !matches!(only.state, DeliveryState::Pending { .. })) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, settled).await.is_ok();
    assert!(in_time, "never settled: {last:?}");
    last.remove(0)
}

/// What was answered to each attempt.
fn answers(delivery: &Delivery) -> Vec<Result<u16, DeliveryFailure>> {
    delivery.attempts.iter().map(|attempt| attempt.answer).collect()
}

/// Runs a task whose callback answers so; gives the delivery and the calls.
async fn run_with(set: fn(&mut Config), script: Vec<Answer>) -> (Delivery, Vec<Call>) {
    let (studio, receiver) = (studio(set).await, Receiver::start(script).await);
    let (_, task) = submit(&studio, &receiver.url()).await;
    let delivery = settled(&*studio.app.storage.store, task).await;
    let calls = receiver.calls();
    let secret = secret(&studio).await;
    for call in &calls {
        call.verify(&secret);
        assert_eq!(call.header("webhook-id"), delivery.id.as_str());
        assert_eq!(call.bytes, calls[0].bytes);
    }
    (delivery, calls)
}

async fn secret(studio: &Studio) -> atelier_domain::WebhookSecret {
    let store = &studio.app.storage.store;
    let project = store.projects().await.unwrap()[0].id;
    store.webhook_secret(project).await.unwrap()
}

#[tokio::test]
async fn a_finished_task_is_told_at_once_with_its_whole_detail_and_a_signature() {
    let (studio, receiver) = (studio(quick).await, Receiver::start([Answer::Status(200)]).await);
    let (token, _) = submit(&studio, &receiver.url()).await;
    let call = receiver.called(1).await.remove(0);
    call.verify(&secret(&studio).await);
    assert_eq!(call.header("content-type"), "application/json");
    let body = call.body();
    let (_, detail) = studio.post("/v1/Task/Detail", &json!({"tasktoken": token})).await;
    for (name, value) in detail.as_object().unwrap() {
        assert_eq!(&body[name], value, "{name}");
    }
    let task = &body["tasklist"][0];
    assert_eq!((&task["pexit"], &task["callbackurl"]), (&json!("0"), &json!(receiver.url())));
    assert_eq!((&body["taskid"], &body["tasktoken"]), (&task["id"], &json!(token)));
    let mirrored = "id socketaccesstoken status pexit outputs debugoutput debugerror elapsedseconds totalcost parameters";
    for name in mirrored.split(' ') {
        assert!(!task[name].is_null(), "{name}");
        assert_eq!(body[name], task[name], "{name}");
    }
}

#[tokio::test]
async fn a_failure_and_a_kill_are_told_and_a_cancel_in_the_queue_is_not() {
    let receiver = Receiver::start([Answer::Status(204)]).await;
    let failing = Studio::start_with(Gate::that_panics(), quick).await;
    deliver(failing.app.clone());
    submit(&failing, &receiver.url()).await;
    let body = receiver.called(1).await[0].body();
    assert_eq!((&body["status"], &body["pexit"]), (&json!("task_postprocess_end"), &json!("1")));
    assert_eq!((&body["outputs"], &body["debugerror"]), (&json!([]), &json!("the computation failed")));

    let gate = Gate::default();
    let waiting = Studio::start_with(gate.clone(), quick).await;
    deliver(waiting.app.clone());
    let (running, killed) = submit(&waiting, &receiver.url()).await;
    waiting.until(&running, "task_start").await;
    // The worker stages ahead; the last one stays in the queue.
    let mut last = submit(&waiting, &receiver.url()).await;
    for _ in 0..4 {
        last = submit(&waiting, &receiver.url()).await;
    }
    waiting.post("/v1/Task/Cancel", &json!({"tasktoken": last.0})).await;
    assert_eq!(waiting.task(&last.0).await["status"], "task_cancel");
    waiting.post("/v1/Task/Kill", &json!({"tasktoken": running})).await;
    let body = receiver.called(2).await[1].body();
    assert_eq!((&body["status"], &body["pexit"]), (&json!("task_cancel"), &json!("137")));
    assert_eq!((&body["taskid"], &body["outputs"]), (&json!(killed.to_string()), &json!([])));
    assert_eq!(waiting.app.storage.store.deliveries(last.1).await.unwrap(), []);
    gate.open();
}

#[tokio::test]
async fn a_sentence_in_place_of_a_callback_is_no_callback() {
    let studio = studio(quick).await;
    let sentences =
        ["Optional: Webhook URL for task completion notifications", "", "hook", "ftp://127.0.0.1/x"];
    for callback in sentences {
        let (token, task) = submit(&studio, callback).await;
        let ended = studio.until(&token, "task_postprocess_end").await;
        assert_eq!((&ended["pexit"], &ended["callbackurl"]), (&json!("0"), &json!("")));
        assert_eq!(studio.app.storage.store.deliveries(task).await.unwrap(), []);
    }
}

#[tokio::test]
async fn f13_a_slow_target_is_tried_again_under_the_same_id() {
    let (delivery, _) = run_with(impatient, vec![Answer::Silence, Answer::Status(200)]).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    assert_eq!(answers(&delivery)[0], Err(DeliveryFailure::Timeout));
}

#[tokio::test]
async fn f13_a_broken_target_is_tried_by_the_schedule_and_then_abandoned() {
    let (delivery, calls) = run_with(quick, vec![Answer::Status(500), Answer::Status(404)]).await;
    assert_eq!((delivery.state, calls.len()), (DeliveryState::Abandoned, 3));
    assert_eq!(answers(&delivery), [Ok(500), Ok(404), Ok(404)]);
}

#[tokio::test]
async fn f13_a6_a_redirect_is_not_followed() {
    let elsewhere = Receiver::start([Answer::Status(200)]).await;
    for status in [301, 302, 307, 308] {
        let redirect = Answer::With(status, "location", elsewhere.url());
        let (delivery, calls) = run_with(quick, vec![redirect]).await;
        assert_eq!((delivery.state, calls.len()), (DeliveryState::Abandoned, 3));
        assert_eq!(answers(&delivery), [Ok(status); 3]);
    }
    assert_eq!(elsewhere.calls().len(), 0);
}

#[tokio::test]
async fn f13_a_target_that_is_gone_is_called_no_more() {
    let (delivery, calls) = run_with(quick, vec![Answer::Status(500), Answer::Status(410)]).await;
    assert_eq!((delivery.state, calls.len()), (DeliveryState::Gone, 2));
}

#[tokio::test]
async fn f13_a_target_that_asks_for_a_pause_gets_it() {
    for status in [429, 503] {
        let busy = Answer::With(status, "retry-after", "1".into());
        let (delivery, calls) = run_with(quick, vec![busy, Answer::Status(202)]).await;
        assert_eq!((delivery.state, calls.len()), (DeliveryState::Delivered, 2));
        assert!(calls[1].at - calls[0].at >= Duration::from_millis(990), "{:?}", calls[1].at - calls[0].at);
        let at = |call: &Call| call.header("webhook-timestamp").parse::<i64>().unwrap();
        assert!(at(&calls[1]) > at(&calls[0]), "a fresh timestamp");
    }
}

#[tokio::test]
async fn f13_a_target_that_does_not_prove_who_it_is_learns_nothing() {
    let (studio, plain) = (studio(quick).await, Receiver::start([Answer::Status(200)]).await);
    for port in [self_signed().await, plain.address.port()] {
        let (_, task) = submit(&studio, &format!("https://localhost:{port}/hook")).await;
        let delivery = settled(&*studio.app.storage.store, task).await;
        assert_eq!(delivery.state, DeliveryState::Abandoned);
        assert_eq!(answers(&delivery), [Err(DeliveryFailure::Tls); 3]);
    }
    assert_eq!(plain.calls().len(), 0);
}

#[tokio::test]
async fn f13_an_endless_reply_counts_by_its_status() {
    let (delivery, _) = run_with(quick, vec![Answer::Endless(200)]).await;
    assert_eq!(answers(&delivery), [Ok(200)]);
    let (delivery, _) = run_with(quick, vec![Answer::Endless(500), Answer::Endless(201)]).await;
    assert_eq!(answers(&delivery), [Ok(500), Ok(201)]);
}

#[tokio::test]
async fn f13_a_target_that_is_not_there_is_tried_again() {
    let studio = studio(quick).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (_, task) = submit(&studio, &format!("http://{nobody}/hook")).await;
    let delivery = settled(&*studio.app.storage.store, task).await;
    assert_eq!(delivery.state, DeliveryState::Abandoned);
    assert_eq!(answers(&delivery), [Err(DeliveryFailure::Connection); 3]);
}

#[tokio::test]
async fn f13_a_slow_target_delays_nobody_else() {
    let few = |config: &mut Config| {
        quick(config);
        (config.webhooks.timeout, config.webhooks.parallel_per_host) = (Duration::from_mins(1), 2);
    };
    let (studio, slow) = (studio(few).await, Receiver::start([Answer::Silence]).await);
    let quick = Receiver::start([Answer::Status(200)]).await;
    for _ in 0..6 {
        submit(&studio, &format!("http://localhost:{}/hook", slow.address.port())).await;
    }
    slow.called(2).await;
    for _ in 0..6 {
        submit(&studio, &quick.url()).await;
    }
    // Long before the calls that the slow one keeps waiting are given up.
    quick.called(6).await;
    assert_eq!(slow.calls().len(), 2, "no more than its places");
}

#[tokio::test]
async fn a1_a3_a5_no_spelling_of_a_private_target_is_called() {
    let closed = |config: &mut Config| config.webhooks.retries = vec![Duration::from_millis(10)];
    let (studio, receiver) = (studio(closed).await, Receiver::start([Answer::Status(200)]).await);
    let port = receiver.address.port();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
    ];
    for host in hosts {
        let (_, task) = submit(&studio, &format!("http://{host}:{port}/hook")).await;
        let delivery = settled(&*studio.app.storage.store, task).await;
        assert_eq!(delivery.state, DeliveryState::Abandoned, "{host}");
        assert_eq!(answers(&delivery), [Err(DeliveryFailure::Forbidden)], "{host}");
    }
    assert_eq!(receiver.calls().len(), 0);
}

#[tokio::test]
async fn a_webhook_can_be_replayed_under_its_id() {
    let answers = [Answer::Status(410), Answer::Status(200), Answer::Status(200)];
    let (studio, receiver) = (studio(quick).await, Receiver::start(answers).await);
    let (_, task) = submit(&studio, &receiver.url()).await;
    let store = &studio.app.storage.store;
    let gone = settled(&**store, task).await;
    assert_eq!(gone.state, DeliveryState::Gone);
    for attempts in 2..=3 {
        store.replay_delivery(&gone.id, Timestamp::now()).await.unwrap();
        let call = receiver.called(attempts).await.pop().unwrap();
        assert_eq!(call.header("webhook-id"), gone.id.as_str());
        let delivered = settled(&**store, task).await;
        assert_eq!((delivered.state, delivered.attempts.len()), (DeliveryState::Delivered, attempts));
    }
}

/// An installation on a folder, with a worker and without a deliverer.
async fn open(data: &Path, set: fn(&mut Config)) -> Arc<App> {
    let mut config = Config::load(None).unwrap();
    config.data = data.to_owned();
    set(&mut config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let storage = Storage::open(data).await.unwrap();
    let runners = Runners::new(vec![Arc::new(Echo)]);
    let app = App::new(storage, Catalogue::builtin().unwrap(), runners, config, base).unwrap();
    serve(app.clone(), listener, CancellationToken::new());
    app
}

/// Runs one task of a fresh account to its end; gives its number.
async fn finish_one(app: &App, callback: &str) -> TaskId {
    let (_, key) = funded_project(&app.storage, "owner@example.com", "100").await;
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL, "callbackUrl": callback});
    let post = async |path: &str, body: &Value| {
        let request = reqwest::Client::new().post(format!("{}{path}", app.base)).json(body);
        send(request.header("x-api-key", key.as_str())).await.1
    };
    let reply = post("/v1/Run/wiro/virtual-try-on", &body).await;
    let began = Instant::now();
    let named = json!({"taskid": reply["taskid"]});
    while post("/v1/Task/Detail", &named).await["tasklist"][0]["status"] != "task_postprocess_end" {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    TaskId(reply["taskid"].as_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn f14_what_a_server_owed_when_it_crashed_is_delivered_by_the_next() {
    let (data, receiver) = (tempfile::tempdir().unwrap(), Receiver::start([Answer::Status(200)]).await);
    let (folder, callback) = (data.path().to_owned(), receiver.url());
    // A server on a runtime of its own: with that, everything of it is gone at once, as by a kill.
    let first = Runtime::new().unwrap();
    let ended = first.spawn(async move { finish_one(&*open(&folder, quick).await, &callback).await });
    let task = ended.await.unwrap();
    first.shutdown_background();
    assert_eq!(receiver.calls().len(), 0);
    let second = open(data.path(), quick).await;
    deliver(second.clone());
    let delivery = settled(&*second.storage.store, task).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    let calls = receiver.calls();
    assert_eq!((calls.len(), calls[0].header("webhook-id")), (1, delivery.id.as_str()));
    assert_eq!(calls[0].body()["taskid"], json!(task.to_string()));
}

#[tokio::test]
async fn f14_a_call_cut_short_by_a_crash_is_made_again_under_the_same_id() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([Answer::Silence, Answer::Status(200)]).await;
    let (folder, callback) = (data.path().to_owned(), receiver.url());
    let first = Runtime::new().unwrap();
    let ended = first.spawn(async move {
        let app = open(&folder, impatient).await;
        deliver(app.clone());
        finish_one(&app, &callback).await
    });
    let task = ended.await.unwrap();
    let cut = receiver.called(1).await.remove(0);
    first.shutdown_background();
    let second = open(data.path(), impatient).await;
    deliver(second.clone());
    let delivery = settled(&*second.storage.store, task).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    let again = receiver.calls().pop().unwrap();
    assert_eq!(again.header("webhook-id"), cut.header("webhook-id"));
    assert_ne!(again.header("webhook-signature"), cut.header("webhook-signature"), "a fresh timestamp");
}
