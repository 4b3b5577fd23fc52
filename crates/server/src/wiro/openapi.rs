//! The OpenAPI document: what the handlers say of themselves, and one path for each tool of the catalogue.

use atelier_domain::Tool;
use atelier_domain::catalogue::{Catalogue, Holds, Parameter};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// What stands above the list of calls.
const INTRODUCTION: &str = "Submit a run of a tool, follow its task until `task_postprocess_end` or `task_cancel`, \
read its outputs. Calls are POST and take JSON, multipart or form bodies. A refusal is `result: false` under HTTP \
200, with a code and a sentence in `errors`; only authentication (401), unknown paths (404), rate limits (429) and an \
unavailable server (503) use the status. Tasks can be followed over a WebSocket at `/v1` instead of polling.";

/// The parts of the document, in the order in which a reader needs them.
const TAGS: [(&str, &str); 5] = [
    ("Tools", "One call for each tool: what it takes and gives"),
    ("Tasks", "Following and stopping what was submitted"),
    ("Files", "Files to run tools on"),
    ("Catalogue", "Which tools there are; needs no credentials"),
    ("Account", "What was used and what is left"),
];

/// Answers that every call can give, besides its own.
const COMMON: [(&str, &str); 4] = [
    ("401", "The key is missing or unknown, or the signature does not fit"),
    ("404", "There is no such path or method"),
    ("429", "Too many requests; `Retry-After` says when to come back"),
    ("503", "The server cannot do it now; `Retry-After` says when to come back"),
];

/// The whole document. `handlers` is what the routes collected; `base` is this server's public address.
pub(crate) fn document(handlers: &OpenApi, catalogue: &Catalogue, base: &str) -> Value {
    let mut document = serde_json::to_value(handlers).unwrap_or_else(|_| json!({}));
    document["info"] = json!({
        "title": "Atelier",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "A self-hosted studio for pictures of people, in the Wiro dialect",
        "description": INTRODUCTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["tags"] = TAGS.map(|(name, text)| json!({"name": name, "description": text})).into();
    document["servers"] = json!([{"url": base}]);
    document["security"] = json!([{"key": []}, {"key": [], "nonce": [], "signature": []}]);
    let header =
        |name: &str, text: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": text});
    document["components"]["securitySchemes"] = json!({
        "key": header("x-api-key", "The key of a project."),
        "nonce": header("x-nonce", "Any text; for projects that sign."),
        "signature": header("x-signature", "HMAC-SHA256 of secret and nonce under the key, in hexadecimal."),
    });
    tell_refusals_apart(&mut document);
    drop_paths_from_summaries(&mut document);
    add_tools(&mut document, catalogue);
    add_common_answers(&mut document);
    document
}

/// `result` is what a client tells a reply from a refusal by.
fn tell_refusals_apart(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        let result = schema.pointer_mut("/properties/result");
        if let Some(result) = result.filter(|result| result["type"] == "boolean") {
            result["const"] = json!(name != "Refusal");
        }
    }
}

/// The comment above a handler begins with its path, which the document says already.
fn drop_paths_from_summaries(document: &mut Value) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for operation in paths.filter_map(|(_, methods)| methods.as_object_mut()).flat_map(Map::values_mut) {
        let summary = operation["summary"].as_str().unwrap_or_default();
        if summary.starts_with('`') {
            operation["summary"] = json!(summary.split_once(": ").map_or("", |(_, rest)| rest));
        }
    }
}

/// `/v1/Run/{owner}/{model}` spelt out for each tool, with its own parameters.
fn add_tools(document: &mut Value, catalogue: &Catalogue) {
    let run = document["paths"]["/v1/Run/{owner}/{model}"]["post"].clone();
    for tool in catalogue.tools() {
        let mut operation = run.clone();
        operation["operationId"] = json!(format!("run {}", tool.slug));
        operation["summary"] = json!(format!("Run {}", tool.title));
        operation["description"] = json!(tool.description);
        operation["tags"] = json!(["Tools"]);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        operation["parameters"] =
            parameters.into_iter().filter(|parameter| parameter["in"] != "path").collect();
        operation["requestBody"] = json!({
            "required": true,
            "content": {
                "application/json": {"schema": schema(tool, false), "example": example(tool)},
                "multipart/form-data": {"schema": schema(tool, true)},
            },
        });
        document["paths"][format!("/v1/Run/{}", tool.slug)] = json!({"post": operation});
    }
}

fn schema(tool: &Tool, multipart: bool) -> Value {
    let mut properties: Map<String, Value> = tool
        .parameters
        .iter()
        .map(|parameter| (parameter.name.clone(), property(parameter, multipart)))
        .collect();
    properties.insert(
        "callbackUrl".into(),
        json!({"type": "string", "description": "Where to tell the end of the task"}),
    );
    properties.insert(
        "externalTaskId".into(),
        json!({"type": "string", "maxLength": 255, "description": "Your own id of the task"}),
    );
    let required: Vec<&str> = tool
        .parameters
        .iter()
        .filter(|parameter| parameter.required)
        .map(|parameter| parameter.name.as_str())
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(parameter: &Parameter, multipart: bool) -> Value {
    let mut property = match &parameter.holds {
        Holds::Text { max_length } => json!({"type": "string", "maxLength": max_length}),
        Holds::Choice { options, open } => {
            let values: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
            if *open || values.is_empty() {
                json!({"type": "string"})
            } else {
                json!({"type": "string", "enum": values})
            }
        }
        Holds::Integer { .. } => json!({"type": ["integer", "string"]}),
        Holds::Number { .. } => json!({"type": ["number", "string"]}),
        Holds::Pictures { most, .. } if multipart => {
            json!({"type": "array", "maxItems": most, "items": {"type": "string", "format": "binary"}})
        }
        Holds::Pictures { most, .. } => {
            let one =
                json!({"type": "string", "description": "An address, a data: URI or the name of a sample"});
            json!({"anyOf": [one, {"type": "array", "maxItems": most, "items": one}]})
        }
    };
    property["title"] = json!(parameter.label);
    if !parameter.help.is_empty() {
        property["description"] = json!(parameter.help);
    }
    if let Some(limits) = parameter.limits() {
        property["minimum"] = json!(limits.min);
        property["maximum"] = json!(limits.max);
    }
    let default = parameter.default_text();
    if !default.is_empty() && !multipart {
        property["default"] = json!(default);
    }
    property
}

fn example(tool: &Tool) -> Value {
    tool.parameters
        .iter()
        .map(|parameter| (parameter.name.clone(), parameter.sample.clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn add_common_answers(document: &mut Value) {
    let refusal = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}});
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, operations) in paths.iter_mut().filter(|(path, _)| path.starts_with("/v1/")) {
        let Some(operation) = operations.get_mut("post") else { continue };
        let public = path.starts_with("/v1/Tool/");
        if public {
            operation["security"] = json!([{}, {"key": []}]);
        }
        for (status, description) in COMMON {
            operation["responses"][status] = json!({"description": description, "content": refusal});
        }
    }
}
