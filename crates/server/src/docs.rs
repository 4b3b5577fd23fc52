//! `/docs`: the OpenAPI document as a page for people, made here, without a script and without any outside host.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Map, Value};

const STYLE: &str = include_str!("docs.css");

/// The page of a document, made once at the start.
pub(crate) fn page(document: &Value) -> String {
    let operations = operations(document);
    let tags: Vec<&str> =
        document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (text(&document["info"]["title"])) " API" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav aria-label="Calls" {
                    @for tag in &tags {
                        h2 { (tag) }
                        ul { @for operation in operations.iter().filter(|operation| operation.tag == *tag) {
                            li { a href={ "#" (operation.anchor()) } { (operation.name()) } }
                        } }
                    }
                }
                main {
                    h1 { (text(&document["info"]["title"])) " API" }
                    p { (code_spans(&text(&document["info"]["description"]))) }
                    p { "The same as a document for programs: " a href="/openapi.json" { "openapi.json" } "." }
                    @for tag in &tags {
                        @for operation in operations.iter().filter(|operation| operation.tag == *tag) {
                            (section(document, operation))
                        }
                    }
                    (shapes(document))
                }
            }
        }
    };
    page.into_string()
}

/// A page that can load nothing but itself.
pub(crate) fn respond(page: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, page).into_response()
}

struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    tag: &'a str,
    body: &'a Value,
}

impl Operation<'_> {
    fn name(&self) -> &str {
        self.path.strip_prefix("/v1/").unwrap_or(self.path)
    }

    fn anchor(&self) -> String {
        atelier_domain::slug(&format!("{} {}", self.method, self.path))
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, body)| {
                let tag = body["tags"][0].as_str().unwrap_or("Other");
                Operation { path, method, tag, body }
            })
        })
        .collect()
}

fn section(document: &Value, operation: &Operation<'_>) -> Markup {
    let text = |name: &str| operation.body[name].as_str().unwrap_or_default();
    let request = &operation.body["requestBody"]["content"];
    let body = request.as_object().and_then(|kinds| kinds.iter().next()).map(|(_, kind)| kind);
    html! {
        section id=(operation.anchor()) {
            h3 { code { (operation.method.to_uppercase()) " " (operation.path) } }
            @if !text("summary").is_empty() { p { strong { (code_spans(text("summary"))) } } }
            @if !text("description").is_empty() { p { (code_spans(text("description"))) } }
            @if let Some(body) = body {
                h4 { "Request" }
                (fields(document, &body["schema"]))
                @if let Some(example) = body.get("example") {
                    pre { code { (serde_json::to_string_pretty(example).unwrap_or_default()) } }
                }
            }
            h4 { "Answers" }
            dl { @for (status, answer) in operation.body["responses"].as_object().into_iter().flatten() {
                dt { (status) }
                dd {
                    (code_spans(answer["description"].as_str().unwrap_or_default()))
                    @if status.starts_with('2') { (answer_fields(document, &answer["content"])) }
                }
            } }
        }
    }
}

/// The members of the reply that is not a refusal.
fn answer_fields(document: &Value, content: &Value) -> Markup {
    let schema = resolve(document, &content["application/json"]["schema"]);
    let reply = schema["oneOf"].as_array().and_then(|either| either.first()).unwrap_or(schema);
    fields(document, reply)
}

fn fields(document: &Value, schema: &Value) -> Markup {
    let schema = resolve(document, schema);
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|one| one == name));
    html! {
        @if !properties.is_empty() {
            table {
                thead { tr { th { "Name" } th { "Type" } th { "Meaning" } } }
                tbody { @for (name, property) in properties {
                    tr {
                        td { code { (name) } @if required(name) { " *" } }
                        td { (kind(property)) }
                        td {
                            (code_spans(property["description"].as_str().or(property["title"].as_str()).unwrap_or_default()))
                            @if let Some(options) = property["enum"].as_array() {
                                " One of " @for (index, option) in options.iter().enumerate() {
                                    @if index > 0 { ", " } code { (plain(option)) }
                                } "."
                            }
                            @if let Some(default) = property.get("default") { " Default: " code { (plain(default)) } "." }
                        }
                    }
                } }
            }
        }
    }
}

/// The shapes that calls refer to by name, each once.
fn shapes(document: &Value) -> Markup {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let shared = schemas.filter(|(_, schema)| {
        schema["properties"].is_object() && schema["properties"]["result"]["const"].is_null()
    });
    html! {
        h2 { "Shapes" }
        @for (name, schema) in shared {
            section id=(shape_anchor(name)) {
                h3 { code { (name) } }
                p { (code_spans(schema["description"].as_str().unwrap_or_default())) }
                (fields(document, schema))
            }
        }
    }
}

fn shape_anchor(name: &str) -> String {
    format!("shape-{}", name.to_lowercase())
}

fn kind(property: &Value) -> Markup {
    if let Some(name) = property["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return html! { a href={ "#" (shape_anchor(name)) } { (name) } };
    }
    let text = match &property["type"] {
        Value::String(kind) if kind == "array" => return html! { "list of " (kind_of_items(property)) },
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(plain).collect::<Vec<_>>().join(" or "),
        _ if property["anyOf"].is_array() => "text or list of text".into(),
        _ => "any".into(),
    };
    html! { (text) }
}

fn kind_of_items(property: &Value) -> Markup {
    kind(&property["items"])
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next());
    name.map_or(schema, |name| &document["components"]["schemas"][name])
}

/// Text with `spans` of code.
fn code_spans(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
