//! The addresses of results: signed, good for a while, and silent about everything else.

use std::time::Duration;

use base64::Engine as _;
use reqwest::Method;
use serde_json::json;

use crate::support::{Echo, Studio};
use crate::tryon_client::{Tryon, answer};

async fn completed(tryon: &Tryon) -> (String, String) {
    let job = tryon.submit_pixels().await;
    let done = tryon.end_of(&job).await;
    (job, done["imageUrl"].as_str().unwrap_or_else(|| panic!("no address in {done}")).to_owned())
}

#[tokio::test]
async fn a10_an_altered_address_gets_one_answer_whatever_exists() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let (job, address) = completed(&tryon).await;
    let (path, query) = address.split_once('?').unwrap();
    let expires: i64 = query.split(['=', '&']).nth(1).unwrap().parse().unwrap();
    let signature = query.rsplit_once('=').unwrap().1;
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let other_job = uuid::Uuid::new_v4();
    let signed = |expires: i64, signature: &str| format!("expires={expires}&signature={signature}");
    let altered = [
        path.to_owned(),
        format!("{path}?expires={expires}"),
        format!("{path}?{}", signed(expires + 1, signature)),
        format!("{path}?{}", signed(expires - 1, signature)),
        format!("{path}?{}", signed(expires, &format!("{flipped}{}", &signature[1..]))),
        format!("{path}?{}", signed(expires, &signature[..42])),
        format!("{path}?{}", signed(expires, "")),
        format!("{path}?{query}&x=1"),
        format!("{}?{query}", path.replace(&job, &other_job.to_string())),
        format!("{}?{query}", path.replace("0.png", "1.png")),
        format!("{}?{query}", path.replace(&job, "..%2f..%2fsecret.key")),
        format!("{}?{query}", path.replace("0.png", "%ff")),
    ];
    let refusal = json!({
        "error": "This address is not valid, or not any more. Ask for the job's status again.",
        "errorCode": "FORBIDDEN",
    });
    for address in altered {
        let (status, reply) = answer(tryon.studio.http.get(&address)).await;
        assert_eq!((status, reply), (403, refusal.clone()), "{address}");
    }
    assert_eq!(tryon.studio.http.get(&address).send().await.unwrap().status(), 200, "the right one");
}

#[tokio::test]
async fn an_address_ends_with_its_time_and_the_next_status_has_a_new_one() {
    let studio = Studio::start_with(Echo, |config| {
        config.tryon.result_lifetime = Duration::from_millis(1);
    })
    .await;
    let tryon = Tryon::of(studio).await;
    let (job, address) = completed(&tryon).await;
    let expired = async {
        while tryon.studio.http.get(&address).send().await.unwrap().status() != 403 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, expired).await.expect("it expires");
    // What was deleted and what expired are answered alike.
    let before = answer(tryon.studio.http.get(&address)).await;
    delete_files(&tryon).await;
    assert_eq!(answer(tryon.studio.http.get(&address)).await, before);
    assert_eq!(tryon.status(&job).await["errorCode"], "RESULT_UNAVAILABLE");
}

/// Deletes the files of the only task, as its owner.
async fn delete_files(tryon: &Tryon) {
    let (_, list) = tryon.studio.post("/v1/Task/List", &json!({})).await;
    let task = json!({"taskid": list["tasklist"][0]["id"]});
    let (_, reply) = tryon.studio.post("/v1/Task/InputOutputDelete", &task).await;
    assert_eq!(reply["result"], true, "{reply}");
}

#[tokio::test]
async fn a_good_address_of_a_deleted_result_says_so() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let (_, address) = completed(&tryon).await;
    delete_files(&tryon).await;
    let (status, reply) = answer(tryon.studio.http.get(&address)).await;
    assert_eq!((status, &reply["errorCode"]), (404, &json!("RESULT_UNAVAILABLE")));
}

#[tokio::test]
async fn a_result_is_sent_whole_in_part_or_not_again() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let (_, address) = completed(&tryon).await;
    let whole = tryon.studio.http.get(&address).send().await.unwrap();
    let headers = whole.headers().clone();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!(headers["cache-control"], "private, no-cache");
    assert_eq!(
        (&headers["accept-ranges"], &headers["x-content-type-options"]),
        (&"bytes".parse().unwrap(), &"nosniff".parse().unwrap())
    );
    let etag = headers["etag"].to_str().unwrap();
    let part = tryon.studio.http.get(&address).header("range", "bytes=1-3").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap()), (206, bytes.slice(1..4)));
    let known = tryon.studio.http.get(&address).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(known.status(), 304);
    let head = tryon.studio.http.request(Method::HEAD, &address).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], bytes.len().to_string().as_str());
}

#[tokio::test]
async fn the_picture_itself_comes_with_the_status_where_the_operator_wants_it() {
    let studio = Studio::start_with(Echo, |config| config.tryon.image_base64 = true).await;
    let tryon = Tryon::of(studio).await;
    let done = tryon.end_of(&tryon.submit_pixels().await).await;
    let picture = base64::engine::general_purpose::STANDARD.decode(done["imageBase64"].as_str().unwrap());
    let fetched = tryon.studio.http.get(done["imageUrl"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(picture.unwrap(), fetched.bytes().await.unwrap());
}

#[tokio::test]
async fn a_server_that_does_not_know_its_address_sends_the_picture_instead() {
    let studio = Studio::start_with(Echo, |config| config.listen = "0.0.0.0:8080".parse().unwrap()).await;
    let tryon = Tryon::of(studio).await;
    let job = tryon.submit_pixels().await;
    let done = tryon.end_of(&job).await;
    assert_eq!(done["status"], "completed");
    assert!(done["imageBase64"].as_str().unwrap().starts_with("iVBORw0KGgo"), "a PNG");
    assert!(done.get("imageUrl").is_none() && done.get("resultImageUrl").is_none());
}
