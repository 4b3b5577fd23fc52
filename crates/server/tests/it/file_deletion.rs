//! How files go: on request with their task, by age, and as leftovers that nothing refers to.

use std::time::Duration;

use atelier_domain::{FileId, Timestamp};
use atelier_server::sweep;
use atelier_store::ObjectKey;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Echo, Gate, PIXEL, Studio, error, funded_project, objects, pixel, send};

const DELETE: &str = "/v1/Task/InputOutputDelete";
const RUN: &str = "/v1/Run/wiro/virtual-try-on";

async fn status(studio: &Studio, address: &Value) -> u16 {
    studio.http.get(address.as_str().unwrap()).send().await.unwrap().status().as_u16()
}

/// Uploads a picture for whoever has the key; gives its address.
async fn upload(studio: &Studio, key: &str) -> Value {
    let form = Form::new().part("file", Part::bytes(pixel()).file_name("me.png"));
    let request = studio.http.post(studio.at("/v1/File/Upload")).header("x-api-key", key);
    send(request.multipart(form)).await.1["list"][0]["url"].take()
}

async fn submit(studio: &Studio, person: &Value) -> String {
    let body = json!({"inputImageHuman": person, "inputImageClothes": PIXEL});
    let (_, reply) = studio.post(RUN, &body).await;
    reply["socketaccesstoken"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

#[tokio::test]
async fn the_files_of_an_ended_task_are_gone_and_the_task_stays() {
    let studio = Studio::start(Echo).await;
    let person = upload(&studio, studio.key.as_str()).await;
    let token = submit(&studio, &person).await;
    let task = studio.until(&token, "task_postprocess_end").await;
    let files = [&person, &task["parameters"]["inputImageClothes"], &task["outputs"][0]["url"]];
    for address in files {
        assert_eq!(status(&studio, address).await, 200, "{address}");
    }
    assert_eq!(objects(&studio).await, 3);
    assert_ne!(task["outputfolderid"], "0");
    for _ in 0..2 {
        let (code, reply) = studio.post(DELETE, &json!({"tasktoken": token})).await;
        assert_eq!((code, reply), (200, json!({"errors": [], "result": true})));
    }
    for address in files {
        assert_eq!(status(&studio, address).await, 404, "{address}");
    }
    assert_eq!(objects(&studio).await, 0, "the bytes are gone from the disk");
    let after = studio.task(&token).await;
    assert_eq!(
        (&after["outputs"], &after["outputfolderid"], &after["size"]),
        (&json!([]), &json!("0"), &json!("0"))
    );
    for kept in ["id", "status", "pexit", "parameters", "totalcost"] {
        assert_eq!(after[kept], task[kept], "{kept}");
    }
}

#[tokio::test]
async fn only_the_owner_deletes_and_only_after_the_end() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let token = studio.submit().await;
    studio.until(&token, "task_start").await;
    let (_, stranger) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let early = "Task must be completed or cancelled before deleting files";
    for (key, body, expected) in [
        (&studio.key, json!({"tasktoken": token}), (0, early)),
        (&stranger, json!({"tasktoken": token}), (0, "You don't have any permission for this action.")),
        (&studio.key, json!({"tasktoken": "test"}), (1, "task-not-exist")),
        (&studio.key, json!({"taskid": "999"}), (1, "task-not-exist")),
        (&studio.key, json!({}), (0, "taskid or socketaccesstoken is required")),
    ] {
        let request = studio.http.post(studio.at(DELETE)).header("x-api-key", key.as_str()).json(&body);
        let (code, reply) = send(request).await;
        assert_eq!((code, error(&reply)), (200, expected), "{body}");
    }
    gate.open();
    let task = studio.until(&token, "task_postprocess_end").await;
    assert_eq!(status(&studio, &task["outputs"][0]["url"]).await, 200);
    let (_, killed) = studio.post(DELETE, &json!({"taskid": task["id"]})).await;
    assert_eq!(killed["result"], json!(true), "by its number too");
}

#[tokio::test]
async fn a10_a_task_takes_only_files_of_its_own_account_with_it() {
    let studio = Studio::start(Echo).await;
    let (_, stranger) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let theirs = upload(&studio, stranger.as_str()).await;
    let earlier = studio.submit().await;
    let earlier = studio.until(&earlier, "task_postprocess_end").await["outputs"][0]["url"].take();
    let sample = json!(studio.at("/uploads/sampleinputs/wiro-virtual-try-on-input-1-2.jpg"));
    for kept in [theirs, earlier, sample] {
        let token = submit(&studio, &kept).await;
        let task = studio.until(&token, "task_postprocess_end").await;
        assert_eq!(task["pexit"], "0", "{kept}: {}", task["debugerror"]);
        studio.post(DELETE, &json!({"tasktoken": token})).await;
        assert_eq!(status(&studio, &kept).await, 200, "{kept}");
    }
    // The key of somebody else's file is no name of a task.
    let key = FileId::random();
    let (_, reply) = studio.post(DELETE, &json!({"tasktoken": format!("../{key}")})).await;
    assert_eq!(error(&reply), (1, "task-not-exist"));
}

#[tokio::test]
async fn old_files_are_deleted_when_the_operator_says_so_and_kept_otherwise() {
    let month = Timestamp::now().after(Duration::from_hours(24 * 30));
    let keeping = Studio::start(Echo).await;
    let kept = upload(&keeping, keeping.key.as_str()).await;
    assert_eq!(sweep::old_files(&keeping.app, month).await.unwrap(), 0);
    assert_eq!(status(&keeping, &kept).await, 200);

    let gate = Gate::default();
    let week = Some(Duration::from_hours(24 * 7));
    let studio = Studio::start_with(gate.clone(), |config| config.retention = week).await;
    let unused = upload(&studio, studio.key.as_str()).await;
    let person = upload(&studio, studio.key.as_str()).await;
    let token = submit(&studio, &person).await;
    studio.until(&token, "task_start").await;
    assert_eq!(sweep::old_files(&studio.app, Timestamp::now()).await.unwrap(), 0, "nothing is old yet");
    assert_eq!(sweep::old_files(&studio.app, month).await.unwrap(), 1, "a running task keeps its inputs");
    assert_eq!((status(&studio, &unused).await, status(&studio, &person).await), (404, 200));
    gate.open();
    let task = studio.until(&token, "task_postprocess_end").await;
    assert_eq!(sweep::old_files(&studio.app, month).await.unwrap(), 3);
    assert_eq!(status(&studio, &task["outputs"][0]["url"]).await, 404);
    assert_eq!((studio.task(&token).await["pexit"].as_str(), objects(&studio).await), (Some("0"), 0));
}

#[tokio::test]
async fn f9_bytes_that_no_file_refers_to_are_deleted_after_an_hour() {
    let studio = Studio::start(Echo).await;
    let kept = upload(&studio, studio.key.as_str()).await;
    let stray = FileId::random();
    studio.app.storage.files.put(&ObjectKey::of(&stray), pixel().into()).await.unwrap();
    let sweep_all = async |now| {
        let mut swept = 0;
        for folder in 0..=u8::MAX {
            swept += sweep::orphans(&studio.app, folder, now).await.unwrap();
        }
        swept
    };
    let now = Timestamp::now();
    assert_eq!(sweep_all(now.after(Duration::from_mins(59))).await, 0, "a request may still record it");
    assert_eq!(sweep_all(now.after(Duration::from_mins(61))).await, 1);
    assert_eq!((status(&studio, &kept).await, objects(&studio).await), (200, 1));
}
