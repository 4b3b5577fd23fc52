//! Holds every reply that a test gets against the OpenAPI document, so that the two cannot drift apart.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::support::Studio;

/// The document of the first server of this process; all servers have the same but for their address.
static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// Fails if the document does not describe this reply to a POST.
pub(crate) async fn check(studio: &Studio, path: &str, status: u16, reply: &Value) {
    let path = if path.starts_with("/v1/Run/") { "/v1/Run/{owner}/{model}" } else { path };
    check_call(studio, ("post", path), status, reply).await;
}

/// The same for a call by its method and its path in the document.
pub(crate) async fn check_call(studio: &Studio, (method, path): (&str, &str), status: u16, reply: &Value) {
    if DOCUMENT.get().is_none() {
        let reply = studio.http.get(studio.at("/openapi.json")).send().await.unwrap();
        let mut document: Value = reply.json().await.unwrap();
        // A server whose rate the test has used up gives no document.
        if document.get("openapi").is_none() {
            return;
        }
        // Members that are not described are welcome to clients, but not to us.
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            if schema.get("properties").is_some() {
                schema["additionalProperties"] = json!(false);
            }
        }
        // Another test of this process may have been faster.
        let _ = DOCUMENT.set(document);
    }
    let document = DOCUMENT.get().unwrap();
    // A path that nothing serves is answered, but described nowhere.
    let Some(operation) = document["paths"].get(path) else { return };
    let answer = &operation[method]["responses"][status.to_string()]["content"]["application/json"]["schema"];
    assert!(answer.is_object(), "{path} answered {status}, which is not documented: {reply}");
    let schema = json!({"allOf": [answer], "components": document["components"]});
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(reply).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{path}: {problems:?}\n{reply:#}");
}
