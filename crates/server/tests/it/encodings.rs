//! Every way in which clients encode a run gives the same task.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Echo, Studio, send};

const PERSON: &str = "wiro-virtual-try-on-input-1-1.jpg";
const SHIRT: &str = "wiro-virtual-try-on-input-1-2.jpg";

fn post(studio: &Studio, path: &str) -> reqwest::RequestBuilder {
    studio.http.post(studio.at(path)).header("x-api-key", studio.key.as_str())
}

async fn ends_well(studio: &Studio, request: reqwest::RequestBuilder, what: &str) -> Value {
    let (status, reply) = send(request).await;
    assert_eq!(
        (status, &reply["result"], &reply["errors"]),
        (200, &json!(true), &json!([])),
        "{what}: {reply}"
    );
    assert!(reply["taskid"].is_string(), "{what}");
    let task = studio.until(reply["socketaccesstoken"].as_str().unwrap(), "task_postprocess_end").await;
    assert_eq!(task["pexit"], "0", "{what}: {}", task["debugerror"]);
    task
}

#[tokio::test]
async fn a_run_is_understood_in_every_encoding() {
    let studio = Studio::start(Echo).await;
    let path = "/v1/Run/wiro/virtual-try-on";
    let body = json!({"inputImageHuman": PERSON, "inputImageClothes": [SHIRT]}).to_string();
    for declared in ["application/json", "multipart/form-data", "application/x-www-form-urlencoded"] {
        let request = post(&studio, path).header("content-type", declared).body(body.clone());
        ends_well(&studio, request, declared).await;
    }
    let pairs = [("inputImageHuman", PERSON), ("inputImageClothes[0]", SHIRT), ("style", "")];
    ends_well(&studio, post(&studio, path).form(&pairs), "form").await;
    let form = Form::new().text("inputImageHumanUrl", PERSON).text("inputImageClothes", SHIRT);
    ends_well(&studio, post(&studio, path).multipart(form), "multipart text").await;
}

#[tokio::test]
async fn a_run_is_found_under_every_spelling_of_its_slug() {
    let studio = Studio::start(Echo).await;
    let body = json!({"inputImageHuman": PERSON, "inputImageClothes": SHIRT});
    for path in
        ["/v1/Run/wiro/Virtual%20Try-On", "/v1/Run/Wiro/VIRTUAL_TRY_ON", "/v1/Run/%20wiro%20/virtual-try-on"]
    {
        ends_well(&studio, post(&studio, path).json(&body), path).await;
    }
}

#[tokio::test]
async fn uploads_are_stored_echoed_as_addresses_and_served() {
    let studio = Studio::start(Echo).await;
    let sample = studio.http.get(studio.at("/uploads/sampleinputs/wiro-virtual-try-on-input-1-1.jpg"));
    let bytes = sample.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec();
    let form = Form::new()
        .part("inputImageHuman", Part::bytes(bytes).file_name("me \"x\".bin"))
        .text("inputImageHumanUrl", "")
        .text("inputImageClothes", SHIRT)
        .text("inputImageClothes", SHIRT);
    let task =
        ends_well(&studio, post(&studio, "/v1/Run/wiro/virtual-try-on").multipart(form), "upload").await;
    let address = task["parameters"]["inputImageHuman"].as_str().unwrap();
    assert!(address.starts_with(&studio.at("/v1/File/")), "{address}");
    let stored = studio.http.get(address).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(stored.headers()["content-type"], "image/jpeg");
    assert_eq!(stored.headers()["x-content-type-options"], "nosniff");
    assert_eq!(task["parameters"]["inputImageClothes"].as_array().unwrap().len(), 2);
    // The address of a stored file is itself an input, and is not fetched over the network.
    let again = json!({"inputImageHuman": address, "inputImageClothes": SHIRT});
    ends_well(&studio, post(&studio, "/v1/Run/wiro/virtual-try-on").json(&again), "own address").await;
}

#[tokio::test]
async fn a_file_without_a_byte_leaves_the_word_to_the_address_beside_it() {
    let studio = Studio::start(Echo).await;
    let form = Form::new()
        .part("inputImageHuman", Part::bytes(Vec::new()).file_name(""))
        .text("inputImageHumanUrl", PERSON)
        .text("inputImageClothes", SHIRT);
    let task =
        ends_well(&studio, post(&studio, "/v1/Run/wiro/virtual-try-on").multipart(form), "empty").await;
    assert_eq!(
        task["parameters"]["inputImageHuman"],
        studio.at(&format!("/uploads/sampleinputs/{PERSON}")),
        "not the file"
    );
}

#[tokio::test]
async fn a_task_is_named_by_id_or_token_under_any_field_and_in_any_encoding() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let id = studio.task(&token).await["id"].as_str().unwrap().to_owned();
    for body in [
        json!({"taskid": id}),
        json!({"taskid": id.parse::<i64>().unwrap()}),
        json!({"taskid": id.parse::<f64>().unwrap()}),
        json!({"tasktoken": token}),
        json!({"socketaccesstoken": token}),
        json!({"tasktoken": id}),
        json!({"taskid": id, "tasktoken": token}),
    ] {
        let (_, reply) = studio.post("/v1/Task/Detail", &body).await;
        assert_eq!(reply["tasklist"][0]["id"], json!(id), "{body}");
        assert_eq!(reply["total"], "1");
    }
    let form = post(&studio, "/v1/Task/Detail").form(&[("taskid", &id)]);
    assert_eq!(send(form).await.1["result"], json!(true));
    let multipart = post(&studio, "/v1/Task/Detail").multipart(Form::new().text("taskid", id.clone()));
    assert_eq!(send(multipart).await.1["result"], json!(true));
    let other = studio.submit().await;
    let (_, reply) = studio.post("/v1/Task/Detail", &json!({"taskid": id, "tasktoken": other})).await;
    assert_eq!(reply["result"], json!(false));
}

/// A PNG that cannot be compressed: about three bytes a pixel.
fn noise(side: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let picture = image::RgbImage::from_fn(side, side, |_, _| image::Rgb([next(), next(), next()]));
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_of_several_megabytes_arrive_in_one_request() {
    let studio = Studio::start(Echo).await;
    let picture = noise(1000);
    assert!(picture.len() > 2_000_000);
    let file = || Part::bytes(picture.clone()).file_name("noise.png");
    let form = Form::new()
        .part("inputImageHuman", file())
        .part("inputImageClothes", file())
        .text("style", "studio")
        .part("inputImageClothes", file());
    ends_well(&studio, post(&studio, "/v1/Run/wiro/virtual-try-on").multipart(form), "large uploads").await;
}
