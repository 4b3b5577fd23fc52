//! Bad input: the exact error, nothing queued, nothing charged.

use atelier_domain::Money;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Echo, PIXEL, Studio, error, funded_project, send};

const TRY_ON: &str = "/v1/Run/wiro/virtual-try-on";

/// Nothing waits, runs or was paid for.
async fn assert_untouched(studio: &Studio) {
    let depth = studio.app.storage.store.queue_depth().await.unwrap();
    assert_eq!((depth.waiting, depth.running), (0, 0));
    let ledger = studio.app.storage.store.ledger(studio.account).await.unwrap();
    assert_eq!(ledger.len(), 1, "only the grant: {ledger:?}");
}

async fn upload(studio: &Studio, bytes: Vec<u8>) -> (u16, Value) {
    let form = Form::new()
        .part("inputImageHuman", Part::bytes(bytes).file_name("person.jpg"))
        .text("inputImageClothes", "wiro-virtual-try-on-input-1-2.jpg");
    send(studio.http.post(studio.at(TRY_ON)).header("x-api-key", studio.key.as_str()).multipart(form)).await
}

/// A PNG whose header declares the given sides, padded to 1 KB.
fn png_declaring(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png.extend([8, 2, 0, 0, 0]);
    png.extend(crc32fast::hash(&png[12..29]).to_be_bytes());
    png.extend(b"\0\0\x03\xd0IDAT");
    png.resize(1024, 0);
    png
}

#[tokio::test]
async fn parameters_are_refused_by_name_and_limit() {
    let studio = Studio::start(Echo).await;
    let both = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let with = |name: &str, value: Value| {
        let mut body = both.clone();
        body[name] = value;
        body
    };
    for (body, message) in [
        (json!({}), "Request files [inputImageHuman] required"),
        (json!({"inputImageHuman": PIXEL}), "Request files [inputImageClothes] required"),
        (with("style", json!("nowhere")), "Request parameter [style] must be one of its options"),
        (with("pose", json!(["auto"])), "Request parameters are invalid."),
        (
            with("inputImageHuman", json!("nobody.jpg")),
            "Request files [inputImageHuman] names no sample input: nobody.jpg",
        ),
        (
            with("inputImageHuman", json!("ftp://h/x.jpg")),
            "Request files [inputImageHuman] must be files or http or https addresses",
        ),
        (
            with("inputImageHuman", json!("data:image/png;base64,!")),
            "Request files [inputImageHuman] holds a data: URI that cannot be decoded",
        ),
    ] {
        let (status, reply) = studio.post(TRY_ON, &body).await;
        assert_eq!((status, error(&reply)), (200, (0, message)), "{body}");
    }
    assert_untouched(&studio).await;
}

#[tokio::test]
async fn files_that_are_no_usable_picture_are_refused() {
    let studio = Studio::start(Echo).await;
    for (bytes, message) in [
        (b"hello".to_vec(), "Request files [inputImageHuman] must be a jpeg, png, webp or gif image"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "Request files [inputImageHuman] must be a jpeg, png, webp or gif image",
        ),
        (Vec::new(), "Request files [inputImageHuman] must be a jpeg, png, webp or gif image"),
        (
            png_declaring(60_000, 60_000),
            "Request files [inputImageHuman] must be at most 16384 pixels a side and 50 megapixels, but is 60000x60000",
        ),
        (png_declaring(60, 60), "Request files [inputImageHuman] is damaged and cannot be decoded"),
    ] {
        let (status, reply) = upload(&studio, bytes).await;
        assert_eq!((status, error(&reply)), (200, (0, message)));
    }
    assert_untouched(&studio).await;
}

#[tokio::test]
async fn a17_an_upload_of_101_mb_is_refused_with_the_limit() {
    let studio = Studio::start(Echo).await;
    let (status, reply) = upload(&studio, vec![0; 101_000_000]).await;
    let message = "Request files [inputImageHuman] must be at most 100 MB each";
    assert_eq!((status, error(&reply)), (200, (0, message)));
    assert_untouched(&studio).await;
}

#[tokio::test]
async fn names_of_nothing_are_told_apart() {
    let studio = Studio::start(Echo).await;
    for (path, body, expected) in [
        ("/v1/Run/wiro/nothing", json!({}), (200, 1, "slug-owner-project-not-exist")),
        ("/v1/Run/nobody/virtual-try-on", json!({}), (200, 1, "slug-owner-project-not-exist")),
        ("/v1/Run/wiro/instant-id", json!({}), (200, 1, "tool-not-accessible")),
        ("/v1/Task/Detail", json!({"taskid": "999"}), (200, 1, "There is no task yet.")),
        ("/v1/Task/Detail", json!({"tasktoken": "test"}), (200, 1, "There is no task yet.")),
        ("/v1/Task/Kill", json!({"taskid": 999}), (200, 1, "There is no task yet.")),
        ("/v1/Task/Cancel", json!({"taskid": "999"}), (200, 1, "There is no task yet.")),
        ("/v1/Task/Detail", json!({}), (200, 0, "taskid or socketaccesstoken is required")),
        ("/v1/Task/Nothing", json!({}), (404, 0, "Error parsing url.")),
        ("/v1/nothing", json!({}), (404, 0, "Error parsing url.")),
        ("/v1/Run/wiro/%FF", json!({}), (404, 0, "Error parsing url.")),
        ("/v1/Task/Detail", json!({"taskid": 999.0}), (200, 1, "There is no task yet.")),
    ] {
        let (status, reply) = studio.post(path, &body).await;
        let (code, message) = error(&reply);
        assert_eq!((status, code, message), expected, "{path} {body}");
    }
    let wrong_method = studio.http.get(studio.at("/v1/Task/Detail"));
    let (status, reply) = send(wrong_method).await;
    assert_eq!((status, error(&reply)), (404, (0, "Error parsing url.")));
    let (status, reply) = send(studio.http.get(studio.at("/models/wiro/%FF/llms.txt"))).await;
    assert_eq!((status, error(&reply)), (404, (0, "Error parsing url.")));
    for path in ["/v1/File/%FF/x", "/%FF/x", "/uploads/sampleinputs/%FF", "/uploads/models/%FF"] {
        assert_eq!(studio.http.get(studio.at(path)).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn an_account_without_credit_cannot_submit() {
    let studio = Studio::start(Echo).await;
    let (poor, key) = funded_project(&studio.app.storage, "poor@example.com", "0.08").await;
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let request = studio.http.post(studio.at(TRY_ON)).header("x-api-key", key.as_str()).json(&body);
    let (status, reply) = send(request).await;
    assert_eq!((status, error(&reply)), (200, (97, "Insufficient balance")));
    let accounts = studio.app.storage.store.accounts().await.unwrap();
    let balance = accounts.iter().find(|account| account.id == poor).unwrap().balance;
    assert_eq!(balance, Money::parse_usd("0.08").unwrap());
}

#[tokio::test]
async fn a_sentence_as_callback_and_unknown_fields_are_harmless() {
    let studio = Studio::start(Echo).await;
    let body = json!({
        "inputImageHuman": PIXEL, "inputImageClothes": PIXEL, "outputType": "image", "style": "", "pose": null,
        "callbackUrl": "You can provide a callback URL; Wiro will send a POST request to it.",
    });
    let (_, reply) = studio.post(TRY_ON, &body).await;
    let task = studio.until(reply["socketaccesstoken"].as_str().unwrap(), "task_postprocess_end").await;
    assert_eq!((&task["callbackurl"], &task["pexit"]), (&json!(""), &json!("0")));
}

#[tokio::test]
async fn a17_addresses_are_no_longer_than_replies_can_carry() {
    let studio = Studio::start(Echo).await;
    let address = |bytes: usize| format!("https://example.com/{}", "x".repeat(bytes - 20));
    for (callback, shown) in [(address(2048), address(2048)), (address(2049), String::new())] {
        let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL, "callbackUrl": callback});
        let (_, reply) = studio.post(TRY_ON, &body).await;
        let task = studio.task(reply["socketaccesstoken"].as_str().unwrap()).await;
        assert_eq!(task["callbackurl"], json!(shown));
    }
    let body = json!({"inputImageHuman": address(8193), "inputImageClothes": PIXEL});
    let (status, reply) = studio.post(TRY_ON, &body).await;
    let message = "Request files [inputImageHuman] must be addresses of at most 8192 bytes";
    assert_eq!((status, error(&reply)), (200, (0, message)));
}

#[tokio::test]
async fn an_input_that_cannot_be_fetched_fails_its_task_without_a_charge() {
    let studio = Studio::start(Echo).await;
    for (address, reason) in [
        ("http://127.0.0.1:1/x.jpg", "inputImageHuman leads to an address that is not public"),
        ("http://169.254.169.254/latest", "inputImageHuman leads to an address that is not public"),
    ] {
        let body = json!({"inputImageHumanUrl": address, "inputImageClothes": PIXEL});
        let (_, reply) = studio.post(TRY_ON, &body).await;
        let task = studio.until(reply["socketaccesstoken"].as_str().unwrap(), "task_postprocess_end").await;
        assert_eq!(task["debugerror"], reason);
        assert_eq!(
            (&task["pexit"], &task["totalcost"], &task["outputs"]),
            (&json!("1"), &json!("0"), &json!([]))
        );
    }
    let account = &studio.app.storage.store.accounts().await.unwrap()[0];
    assert_eq!(account.balance, Money::parse_usd("100").unwrap());
}

#[tokio::test]
async fn a18_a_broken_server_says_so_without_naming_its_insides() {
    let studio = Studio::start(Echo).await;
    let objects = studio.app.config.data.join("objects");
    std::fs::remove_dir_all(&objects).unwrap();
    std::fs::write(&objects, "in the way").unwrap();
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let (status, reply) = studio.post(TRY_ON, &body).await;
    assert_eq!((status, error(&reply)), (503, (0, "The server cannot do this now. Please try again.")));
    assert_untouched(&studio).await;
}
