//! What outputs say of their making, all the way from a run to a download.

use atelier_provenance::{State, read};
use atelier_server::config::ProvenanceConfig;
use serde_json::{Value, json};

use crate::outputs::{Forms, run};
use crate::support::{Echo, PIXEL, Studio};

/// The first output of a finished task, downloaded.
async fn download(studio: &Studio, task: &Value) -> Vec<u8> {
    let address = task["outputs"][0]["url"].as_str().unwrap();
    let reply = studio.http.get(address).send().await.unwrap().error_for_status().unwrap();
    reply.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_downloaded_picture_tells_how_it_was_made_and_names_nobody() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let task = studio.until(&token, "task_postprocess_end").await;
    let bytes = download(&studio, &task).await;
    let report = read(&bytes, "", None).unwrap();
    assert_eq!((report.state, report.problems), (State::Valid, vec![]));
    let run = report.run.unwrap();
    assert_eq!((run.tool.as_str(), run.runner.as_str(), run.draft), ("wiro/virtual-try-on", "echo", false));
    let term = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
    assert_eq!(report.digital_source_type.as_deref(), Some(term), "who says nothing counts as generative");
    for secret in ["owner@example.com", token.as_str(), task["uuid"].as_str().unwrap()] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
    }
    assert!(bytes.len() < 8000, "a picture of one pixel with previews in it: {} bytes", bytes.len());
}

#[tokio::test]
async fn a_downloaded_clip_tells_how_it_was_made() {
    let studio = Studio::start(Forms).await;
    let task = run(&studio, "wan2-2-effects-extra", &json!({"inputImage": PIXEL})).await;
    let mut bytes = download(&studio, &task).await;
    assert_eq!(read(&bytes, "", None).unwrap().state, State::Valid);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(read(&bytes, "", None).unwrap().state, State::Invalid);
}

#[tokio::test]
async fn a_marked_picture_that_is_uploaded_is_stripped_and_its_result_speaks_for_itself() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let task = studio.until(&token, "task_postprocess_end").await;
    let body = json!({"inputImageHuman": task["outputs"][0]["url"], "inputImageClothes": PIXEL});
    let again = run(&studio, "virtual-try-on", &body).await;
    let bytes = download(&studio, &again).await;
    assert_eq!(read(&bytes, "", None).unwrap().state, State::Valid);
    let claims = bytes.windows(12).filter(|part| part == b"c2pa.created").count();
    assert_eq!(claims, 1, "nothing is left of the first claim");
}

#[tokio::test]
async fn outputs_say_nothing_where_the_operator_wants_it_so() {
    let studio = Studio::start_with(Echo, |config| config.provenance = ProvenanceConfig::Off).await;
    let token = studio.submit().await;
    let task = studio.until(&token, "task_postprocess_end").await;
    assert_eq!(read(&download(&studio, &task).await, "", None).unwrap().state, State::Unmarked);
    assert!(!studio.app.config.data.join("provenance").exists());
}
