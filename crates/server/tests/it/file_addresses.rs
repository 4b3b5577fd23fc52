//! `GET` of stored files: whole, in part, only the head, unchanged, and what is not there.

use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};

use crate::support::{Echo, Studio, send};

async fn upload(studio: &Studio, text: &str) -> String {
    let form = Form::new().part("file", Part::text(text.to_owned()).file_name("digits.txt"));
    let request = studio.http.post(studio.at("/v1/File/Upload")).header("x-api-key", studio.key.as_str());
    send(request.multipart(form)).await.1["list"][0]["url"].as_str().unwrap().to_owned()
}

async fn ask(
    studio: &Studio,
    method: Method,
    address: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, String) {
    let request = studio.http.request(method, address);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    (response.status(), response.headers().clone(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_part_is_sent_where_a_part_is_asked_for() {
    let studio = Studio::start(Echo).await;
    let address = upload(&studio, "0123456789").await;
    let etag = ask(&studio, Method::GET, &address, &[]).await.1["etag"].to_str().unwrap().to_owned();
    for (range, status, text, content_range) in [
        ("bytes=2-4", 206, "234", Some("bytes 2-4/10")),
        ("bytes=7-", 206, "789", Some("bytes 7-9/10")),
        ("bytes=-3", 206, "789", Some("bytes 7-9/10")),
        ("bytes=0-99", 206, "0123456789", Some("bytes 0-9/10")),
        ("bytes=0-1,4-5", 200, "0123456789", None),
        ("bytes=10-", 416, "", Some("bytes */10")),
    ] {
        let (found, headers, body) = ask(&studio, Method::GET, &address, &[("range", range)]).await;
        assert_eq!((found.as_u16(), body.as_str()), (status, text), "{range}");
        let told = headers.get("content-range").map(|value| value.to_str().unwrap());
        assert_eq!(told, content_range, "{range}");
        assert_eq!(headers["content-length"], text.len().to_string().as_str(), "{range}");
    }
    for (known, status) in [(etag.as_str(), 206), ("\"another\"", 200)] {
        let asked = [("range", "bytes=2-4"), ("if-range", known)];
        assert_eq!(ask(&studio, Method::GET, &address, &asked).await.0.as_u16(), status);
    }
}

#[tokio::test]
async fn the_head_alone_says_what_the_whole_would() {
    let studio = Studio::start(Echo).await;
    let address = upload(&studio, "0123456789").await;
    let (whole, headers, _) = ask(&studio, Method::GET, &address, &[]).await;
    let (head, same, body) = ask(&studio, Method::HEAD, &address, &[]).await;
    assert_eq!((whole, head, body.as_str()), (StatusCode::OK, StatusCode::OK, ""));
    for name in
        ["content-type", "content-length", "content-disposition", "etag", "accept-ranges", "cache-control"]
    {
        assert_eq!(headers[name], same[name], "{name}");
    }
    assert_eq!(headers["accept-ranges"], "bytes");
    let disposition = "inline; filename=\"digits.txt\"; filename*=UTF-8''digits.txt";
    assert_eq!(headers["content-disposition"], disposition);
    let (part, headers, _) = ask(&studio, Method::HEAD, &address, &[("range", "bytes=1-2")]).await;
    assert_eq!((part.as_u16(), &headers["content-length"]), (206, &"2".parse().unwrap()));
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again_and_nobody_keeps_it_unasked() {
    let studio = Studio::start(Echo).await;
    let address = upload(&studio, "0123456789").await;
    let (_, headers, _) = ask(&studio, Method::GET, &address, &[]).await;
    assert_eq!(headers["cache-control"], "private, no-cache");
    let etag = headers["etag"].to_str().unwrap();
    let (status, _, body) = ask(&studio, Method::GET, &address, &[("if-none-match", etag)]).await;
    assert_eq!((status.as_u16(), body.as_str()), (304, ""));
    let (status, ..) = ask(&studio, Method::GET, &address, &[("if-none-match", "\"another\"")]).await;
    assert_eq!(status.as_u16(), 200);
}

#[tokio::test]
async fn a10_an_address_that_is_not_exactly_right_leads_nowhere() {
    let studio = Studio::start(Echo).await;
    let address = upload(&studio, "0123456789").await;
    let (folder, name) = address.rsplit_once('/').unwrap();
    let key = folder.rsplit_once('/').unwrap().1;
    for wrong in [
        format!("{folder}/other.txt"),
        format!("{folder}/..%2f{name}"),
        format!("{}/{name}", folder.replace(key, &key.to_lowercase().to_uppercase())),
        studio.at(&format!("/v1/File/..%2f..%2fatelier.db/{name}")),
        studio.at("/v1/File/short/x"),
        studio.at("/uploads/models/..%2f..%2fCargo.toml"),
        studio.at("/uploads/models/nothing.png"),
        studio.at("/uploads/sampleinputs/..%2fREADME.md"),
        studio.at("/uploads/sampleinputs/covers%2fx.png"),
    ] {
        let (status, _, body) = ask(&studio, Method::GET, &wrong, &[]).await;
        assert_eq!((status.as_u16(), body.as_str()), (404, "There is no such file.\n"), "{wrong}");
    }
}

#[tokio::test]
async fn a13_a_page_of_another_origin_may_call_with_every_header_but_not_with_cookies() {
    let studio = Studio::start(Echo).await;
    let sent = "content-type, x-api-key, x-nonce, x-signature, authorization, idempotency-key";
    for path in ["/v1/Tool/List", "/v1/Run/wiro/virtual-try-on", "/v1/nothing"] {
        let asked = [
            ("origin", "https://shop.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", sent),
        ];
        let (status, headers, _) = ask(&studio, Method::OPTIONS, &studio.at(path), &asked).await;
        assert_eq!((status.as_u16(), &headers["access-control-allow-origin"]), (200, &"*".parse().unwrap()));
        let allowed = headers["access-control-allow-headers"].to_str().unwrap();
        for header in sent.split(", ") {
            assert!(allowed.split(',').any(|one| one.trim() == header), "{header} is not in {allowed}");
        }
        assert!(!headers.contains_key("access-control-allow-credentials"), "a13: cookies stay at home");
    }
    let address = upload(&studio, "x").await;
    let (_, headers, _) = ask(&studio, Method::GET, &address, &[("origin", "null")]).await;
    assert_eq!(headers.get_all("access-control-allow-origin").iter().count(), 1);
}
