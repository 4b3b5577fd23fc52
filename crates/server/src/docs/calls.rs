//! Calls and shapes of the OpenAPI document as parts of pages.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::{Map, Value};

/// One call of the document.
pub(super) struct Operation<'a> {
    /// Its path.
    pub(super) path: &'a str,
    /// Its method, in lower case.
    pub(super) method: &'a str,
    /// The part of the document that it belongs to.
    pub(super) tag: &'a str,
    body: &'a Value,
}

impl Operation<'_> {
    /// Its path without what all of them begin with.
    pub(super) fn name(&self) -> &str {
        self.path.strip_prefix("/v1/").unwrap_or(self.path)
    }

    /// Its name in addresses of its page.
    pub(super) fn anchor(&self) -> String {
        atelier_domain::slug(&format!("{} {}", self.method, self.path))
    }
}

/// Every call, in the order of the document.
pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
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

/// What a call takes and answers.
pub(super) fn section(document: &Value, operation: &Operation<'_>) -> Markup {
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
                            @if let Some(default) = property.get("default") { " Default: "
                                code { (plain(default)) } "." }
                        }
                    }
                } }
            }
        }
    }
}

/// The shapes that some calls refer to by name, each once.
pub(super) fn shapes(document: &Value, operations: &[&Operation<'_>]) -> Markup {
    let mut used = BTreeSet::new();
    for operation in operations {
        collect(document, operation.body, &mut used);
    }
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let shared = schemas.filter(|(name, schema)| {
        used.contains(name.as_str())
            && schema["properties"].is_object()
            && schema["properties"]["result"]["const"].is_null()
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

/// The names of the shapes that a part of the document leads to.
fn collect<'a>(document: &'a Value, part: &'a Value, into: &mut BTreeSet<&'a str>) {
    match part {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
            if let Some(name) = name
                && into.insert(name)
            {
                collect(document, &document["components"]["schemas"][name], into);
            }
            members.values().for_each(|member| collect(document, member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(document, item, into)),
        _ => {}
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
pub(super) fn code_spans(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
