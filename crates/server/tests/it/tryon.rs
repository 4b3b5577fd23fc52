//! TryonAPI as a client sees it: what is taken, what is answered, and who may ask.

use std::collections::BTreeSet;

use atelier_domain::Money;
use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::conformance;
use crate::receiver::{Answer, Receiver};
use crate::support::{Echo, Gate, Studio, eventually, funded_project, objects, pixel};
use crate::tryon_client::{Tryon, answer, file, key, pictures, read};

/// The names of the members of an object.
fn members(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Nothing waits, runs or was paid for, and no picture is kept.
async fn assert_untouched(tryon: &Tryon) {
    let depth = tryon.studio.app.storage.store.queue_depth().await.unwrap();
    assert_eq!((depth.waiting, depth.running), (0, 0));
    let ledger = tryon.studio.app.storage.store.ledger(tryon.studio.account).await.unwrap();
    assert_eq!(ledger.len(), 1, "only the grant: {ledger:?}");
    assert_eq!(objects(&tryon.studio).await, 0);
}

#[tokio::test]
async fn a_job_is_accepted_followed_and_fetched() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let (status, reply) = answer(tryon.post(pictures(pixel(), pixel()))).await;
    let job = reply["jobId"].as_str().unwrap().to_owned();
    assert!(Uuid::parse_str(&job).is_ok());
    assert_eq!(
        (status, &reply),
        (202, &json!({"jobId": job, "statusUrl": format!("/api/v1/tryon/status/{job}")}))
    );
    tryon.until_message(&job, "starting, 10 %").await;
    let running = tryon.status(&job).await;
    assert_eq!(
        members(&running),
        BTreeSet::from(["jobId", "status", "message", "createdAt", "updatedAt"]),
        "{running}"
    );
    assert_eq!(
        (running["status"].as_str(), running["jobId"].as_str()),
        (Some("processing"), Some(job.as_str()))
    );
    gate.open();
    let done = tryon.end_of(&job).await;
    let expected = ["jobId", "status", "imageUrl", "resultImageUrl", "result", "createdAt", "updatedAt"];
    assert_eq!((done["status"].as_str(), members(&done)), (Some("completed"), BTreeSet::from(expected)));
    assert_eq!(done["imageUrl"], done["resultImageUrl"]);
    let result = &done["result"];
    assert_eq!(
        (&result["contentType"], &result["width"], &result["height"]),
        (&json!("image/png"), &json!(1), &json!(1))
    );
    assert_eq!((&result["runner"], &result["seed"]), (&json!("gate"), &json!(0)));
    assert!(result["elapsedSeconds"].as_f64().unwrap() > 0.0);
    for (name, length) in [("objectKey", 32), ("sha256", 64)] {
        assert_eq!(result[name].as_str().unwrap().len(), length, "{name}");
    }
    let picture = tryon.studio.http.get(done["imageUrl"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(
        (picture.status().as_u16(), &picture.headers()["content-type"]),
        (200, &"image/png".parse().unwrap())
    );
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
    for time in [&done["createdAt"], &done["updatedAt"]] {
        let text = time.as_str().unwrap();
        assert!(humantime::parse_rfc3339(text).is_ok() && text.len() == 24 && text.ends_with('Z'), "{text}");
    }
    assert!(done["updatedAt"].as_str() >= done["createdAt"].as_str());
}

#[tokio::test]
async fn a_job_is_charged_once_at_the_price_of_its_tool() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let job = tryon.submit_pixels().await;
    assert_eq!(tryon.end_of(&job).await["status"], "completed");
    let account = tryon.studio.app.storage.store.accounts().await.unwrap().remove(0);
    let spent = Money::parse_usd("100").unwrap() - account.balance;
    assert_eq!((spent, account.reserved), (Money::parse_usd("0.09").unwrap(), Money::ZERO));
    // The other surface shows the same task, and nothing is charged for looking.
    let (_, list) = tryon.studio.post("/v1/Task/List", &json!({})).await;
    let task = &list["tasklist"][0];
    assert_eq!((&task["pexit"], &task["totalcost"]), (&json!("0"), &json!("0.090000000000")));
    assert!(task["parameters"]["inputImageHuman"].as_str().unwrap().contains("/v1/File/"));
}

#[tokio::test]
async fn a_request_that_is_none_is_told_what_is_missing_and_queues_nothing() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let both = || pictures(pixel(), pixel());
    let text = |name: &'static str| Form::new().text(name, "https://example.com/me.jpg");
    let half = |name: &'static str| Form::new().part(name, file(pixel()));
    for (form, sentence) in [
        (Form::new().text("style", "studio"), "person_images is missing: send one picture as a file."),
        (half("garment_images"), "person_images is missing: send one picture as a file."),
        (half("person_images"), "garment_images is missing: send one picture as a file."),
        (
            half("person_images").text("garment_images", "https://example.com/shirt.jpg"),
            "garment_images must be a file: texts and addresses are not taken.",
        ),
        (
            text("person_images").part("garment_images", file(pixel())),
            "person_images must be a file: texts and addresses are not taken.",
        ),
        (both().part("person_images", file(pixel())), "person_images must be exactly one file."),
        (both().text("garment_images", "x"), "garment_images must be exactly one file."),
        (
            half("person_images").part("garment_images", Part::bytes(Vec::new()).file_name("")),
            "garment_images is missing: send one picture as a file.",
        ),
        (
            both().text("callbackUrl", "tell me"),
            "callbackUrl must be an http or https address of at most 2048 bytes, without a password or a fragment.",
        ),
    ] {
        let (status, reply) = answer(tryon.post(form)).await;
        conformance::check_call(&tryon.studio, ("post", "/api/v1/tryon"), status, &reply).await;
        assert_eq!((status, reply), (400, json!({"error": sentence, "errorCode": "INVALID_REQUEST"})));
    }
    for body in ["", "{}", "person_images=x"] {
        let request = tryon.studio.http.post(tryon.studio.at("/api/v1/tryon"));
        let request = request.bearer_auth(tryon.secret.expose()).body(body);
        let (status, reply) = answer(request.header("content-type", "application/json")).await;
        let sentence = "Send multipart/form-data with one file as person_images and one as garment_images.";
        assert_eq!((status, reply["error"].as_str()), (400, Some(sentence)));
    }
    assert_untouched(&tryon).await;
}

#[tokio::test]
async fn a_job_is_seen_by_its_own_account_only() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let job = tryon.submit_pixels().await;
    let path = format!("/api/v1/tryon/status/{job}");
    let store = &tryon.studio.app.storage.store;
    let same_account = key(&tryon.studio, store.projects().await.unwrap()[0].id).await;
    let ask =
        |secret: &str, path: &str| answer(tryon.studio.http.get(tryon.studio.at(path)).bearer_auth(secret));
    assert_eq!(ask(same_account.expose(), &path).await.0, 200, "another key of the same account");
    let (other, _) = funded_project(&tryon.studio.app.storage, "other@example.com", "10").await;
    let projects = store.projects().await.unwrap();
    let project = projects.iter().find(|project| project.account == other).unwrap().id;
    let stranger = key(&tryon.studio, project).await;
    let (status, reply) = ask(stranger.expose(), &path).await;
    assert_eq!((status, &reply["errorCode"]), (403, &json!("FORBIDDEN")));
    for unknown in [Uuid::new_v4().to_string(), "1".into(), "..%2f..".into(), "%ff".into()] {
        let (status, reply) = ask(stranger.expose(), &format!("/api/v1/tryon/status/{unknown}")).await;
        assert_eq!((status, &reply["errorCode"]), (404, &json!("JOB_NOT_FOUND")), "{unknown}");
    }
}

#[tokio::test]
async fn an_account_without_credit_is_told_so() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let (poor, _) = funded_project(&tryon.studio.app.storage, "poor@example.com", "0.08").await;
    let projects = tryon.studio.app.storage.store.projects().await.unwrap();
    let project = projects.iter().find(|project| project.account == poor).unwrap().id;
    let Tryon { studio, .. } = tryon;
    let tryon = Tryon { secret: key(&studio, project).await, studio };
    let (status, reply) = answer(tryon.post(pictures(pixel(), pixel()))).await;
    let expected = json!({"error": "The credits do not cover one run.", "errorCode": "INSUFFICIENT_CREDITS"});
    assert_eq!((status, reply), (402, expected));
    assert_untouched(&tryon).await;
}

#[tokio::test]
async fn paths_and_methods_that_are_none_are_told_in_the_same_shape() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    for path in ["/api/v1/other", "/api/v1/tryon/status", "/api/x"] {
        let (status, reply) = answer(tryon.get(path)).await;
        assert_eq!((status, &reply["errorCode"]), (404, &json!("NOT_FOUND")), "{path}");
    }
    let (status, reply) = answer(tryon.get("/api/v1/tryon")).await;
    assert_eq!((status, &reply["errorCode"]), (405, &json!("METHOD_NOT_ALLOWED")));
}

#[tokio::test]
async fn f5_a_submit_that_is_repeated_under_its_key_is_one_job() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let submit = || answer(tryon.post(pictures(pixel(), pixel())).header("Idempotency-Key", "order-1"));
    let replies = join_all((0..20).map(|_| submit())).await;
    assert!(replies.iter().all(|reply| *reply == replies[0] && reply.0 == 202), "{replies:?}");
    gate.open();
    tryon.end_of(replies[0].1["jobId"].as_str().unwrap()).await;
    assert_eq!(submit().await, replies[0], "also after the end");
    assert_eq!(objects(&tryon.studio).await, 3, "two inputs and one output");
}

#[tokio::test]
async fn f6_another_submit_under_the_same_key_is_refused_and_queues_nothing() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let submit = |form: Form| answer(tryon.post(form).header("Idempotency-Key", "order-1"));
    let (_, first) = submit(pictures(pixel(), pixel())).await;
    tryon.end_of(first["jobId"].as_str().unwrap()).await;
    let other = pictures(pixel(), pixel()).text("callbackUrl", "https://example.com/hook");
    let (status, reply) = submit(other).await;
    assert_eq!((status, &reply["errorCode"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    assert_eq!(objects(&tryon.studio).await, 3, "two inputs and one output");
    let bad = tryon.post(pictures(pixel(), pixel())).header("Idempotency-Key", "two words");
    assert_eq!(answer(bad).await.0, 400);
}

#[tokio::test]
async fn whoever_prefers_to_wait_gets_the_end_in_one_answer() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    // Nothing ends yet: the wait is over first.
    let response = tryon.post(pictures(pixel(), pixel())).header("Prefer", "wait=0").send().await.unwrap();
    assert_eq!(response.headers()["preference-applied"], "wait=0");
    let (status, reply) = read(response).await;
    assert_eq!((status, &reply["status"]), (202, &json!("processing")));
    let job = reply["jobId"].as_str().unwrap();
    let waiting = tryon.get(&format!("/api/v1/tryon/status/{job}")).header("Prefer", "wait=600").send();
    let ended = async {
        eventually("the run has begun", || gate.entered() == 1).await;
        gate.open();
    };
    let (response, ()) = tokio::join!(waiting, ended);
    let response = response.unwrap();
    assert_eq!(response.headers()["preference-applied"], "wait=60", "no longer than a minute");
    let (_, done) = read(response).await;
    assert_eq!(done["status"], "completed");
    let response = tryon.post(pictures(pixel(), pixel())).header("Prefer", "wait=20").send().await.unwrap();
    let (status, reply) = read(response).await;
    assert_eq!((status, &reply["status"]), (202, &json!("completed")));
    assert!(reply["imageUrl"].is_string() && reply["statusUrl"].is_string());
    // A client that never heard of it sees nothing of it.
    let plain = tryon.get(&format!("/api/v1/tryon/status/{job}")).send().await.unwrap();
    assert!(!plain.headers().contains_key("preference-applied"));
}

#[tokio::test]
async fn a_server_that_stops_keeps_nobody_waiting() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let job = tryon.submit_pixels().await;
    let waiting = tryon.get(&format!("/api/v1/tryon/status/{job}")).header("Prefer", "wait=60").send();
    let stopped = async {
        eventually("the run has begun", || gate.entered() == 1).await;
        tryon.studio.stop();
    };
    let both = async { tokio::join!(waiting, stopped).0 };
    let response = tokio::time::timeout(crate::support::PATIENCE, both).await.expect("an answer").unwrap();
    let (status, reply) = read(response).await;
    assert_eq!((status, &reply["status"]), (200, &json!("processing")));
    gate.open();
}

#[tokio::test]
async fn a_callback_is_told_the_end_as_a_status() {
    let studio = Studio::start_with(Echo, |config| {
        config.worker.fetch_allow = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let tryon = Tryon::of(studio).await;
    let app = tryon.studio.app.clone();
    tokio::spawn(atelier_server::Deliverer::new(app).unwrap().run(CancellationToken::new()));
    let receiver = Receiver::start([Answer::Status(200)]).await;
    let form = pictures(pixel(), pixel()).text("callbackUrl", receiver.url());
    let (_, reply) = answer(tryon.post(form)).await;
    let call = receiver.called(1).await.remove(0);
    let project = tryon.studio.app.storage.store.projects().await.unwrap()[0].id;
    call.verify(&tryon.studio.app.storage.store.webhook_secret(project).await.unwrap());
    let (told, asked) = (call.body(), tryon.status(reply["jobId"].as_str().unwrap()).await);
    assert_eq!((&told["status"], &told["result"]), (&json!("completed"), &asked["result"]));
    let picture = tryon.studio.http.get(told["imageUrl"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(picture.status(), 200);
}

#[tokio::test]
async fn a_job_that_is_stopped_through_the_other_surface_has_failed() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let job = tryon.submit_pixels().await;
    let (_, list) = tryon.studio.post("/v1/Task/List", &json!({})).await;
    tryon.studio.post("/v1/Task/Kill", &json!({"taskid": list["tasklist"][0]["id"]})).await;
    let status = tryon.status(&job).await;
    assert_eq!((&status["status"], &status["error"]), (&json!("failed"), &json!("The job was cancelled.")));
    gate.open();
}
