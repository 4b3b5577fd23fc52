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

/// A page of the documentation, which must be there and load nothing from elsewhere.
async fn page(studio: &Studio, path: &str) -> String {
    let response = studio.http.get(studio.at(path)).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"), "{path}: {policy}");
    let page = response.text().await.unwrap();
    for outside in ["<script", "src=\"http", "src=\"//", "@import", "url("] {
        assert!(!page.contains(outside), "{path}: {outside}");
    }
    page
}

#[tokio::test]
async fn the_page_shows_every_call_and_leads_to_where_it_is_described() {
    let studio = Studio::start(Echo).await;
    let index = page(&studio, "/docs").await;
    let described = [page(&studio, "/docs/wiro").await, page(&studio, "/docs/tryon").await].concat();
    for (path, methods) in document(&studio).await["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let call = format!("{} {path}", method.to_uppercase());
            assert!(index.contains(&call), "{call}");
            let of_tool = path.strip_prefix("/v1/Run/").filter(|tool| !tool.starts_with('{'));
            match of_tool {
                Some(tool) => assert!(index.contains(&format!("href=\"/docs/tools/{tool}\"")), "{tool}"),
                None => assert!(described.contains(&call), "{call}"),
            }
        }
    }
}

#[tokio::test]
async fn every_tool_has_a_page_with_its_parameters_prices_and_code() {
    let studio = Studio::start(Echo).await;
    for tool in studio.app.catalogue.tools() {
        let page = page(&studio, &format!("/docs/tools/{}", tool.slug)).await;
        for parameter in &tool.parameters {
            assert!(
                page.contains(&format!("<code>{}</code>", parameter.name)),
                "{}: {}",
                tool.slug,
                parameter.name
            );
        }
        for words in ["Price", "$", "curl", "Python", "JavaScript", "Rust", &studio.at("/v1/Run/")] {
            assert!(page.contains(words), "{}: {words}", tool.slug);
        }
    }
    let missing = studio.http.get(studio.at("/docs/tools/wiro/nothing")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}
