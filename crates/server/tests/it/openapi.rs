//! The OpenAPI document and its page.

use serde_json::{Value, json};

use crate::support::{Echo, Studio};

async fn document(studio: &Studio) -> Value {
    studio.http.get(studio.at("/openapi.json")).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_document_changes_only_on_purpose() {
    let studio = Studio::start(Echo).await;
    let mut document = document(&studio).await;
    document["servers"] = json!([]);
    document["info"]["version"] = json!("0");
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn every_tool_has_a_path_of_its_own_with_its_parameters() {
    let studio = Studio::start(Echo).await;
    let document = document(&studio).await;
    assert_eq!(document["openapi"], "3.1.0");
    let body = &document["paths"]["/v1/Run/wiro/virtual-try-on"]["post"]["requestBody"]["content"];
    let style = &body["application/json"]["schema"]["properties"]["style"];
    assert_eq!(style["enum"], json!(["virtual-try-on", "studio", "indoor", "outdoor"]));
    assert_eq!(
        body["multipart/form-data"]["schema"]["properties"]["inputImageHuman"]["items"]["format"],
        "binary"
    );
}

#[tokio::test]
async fn the_page_shows_every_call_and_loads_nothing_from_elsewhere() {
    let studio = Studio::start(Echo).await;
    let response = studio.http.get(studio.at("/docs")).send().await.unwrap();
    assert!(
        response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
    );
    let page = response.text().await.unwrap();
    for (path, methods) in document(&studio).await["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            assert!(page.contains(&format!("{} {path}", method.to_uppercase())), "{method} {path}");
        }
    }
    for outside in ["<script", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}
