//! `/docs`: the OpenAPI document and the catalogue as pages for people, made here, without a script and without any
//! outside host. An index, a page for each dialect, a page for each tool.

mod calls;
mod tool;

use std::sync::Arc;

use atelier_domain::ToolSlug;
use atelier_domain::catalogue::Catalogue;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::app::App;
use crate::tryon;
use calls::{Operation, code_spans};

const STYLE: &str = include_str!("docs.css");

/// The part of the document with a call for each tool; each has a page of its own here.
const TOOLS: &str = "Tools";

/// The pages. Those that are the same for everybody are made once.
pub(crate) fn routes(document: &Value, catalogue: &Catalogue) -> Router<Arc<App>> {
    let made = |page: Markup| {
        let page = Bytes::from(page.into_string());
        get(async move || respond(page.clone()))
    };
    Router::new()
        .route("/docs", made(index(document, catalogue)))
        .route("/docs/wiro", made(dialect(document, catalogue, &WIRO)))
        .route("/docs/tryon", made(dialect(document, catalogue, &TRYON)))
        .route("/docs/tools/{owner}/{model}", get(tool_page))
}

/// `GET /docs/tools/{owner}/{model}`
async fn tool_page(State(app): State<Arc<App>>, Path((owner, model)): Path<(String, String)>) -> Response {
    let nav = contents(&app.catalogue, &[]);
    if let Some(tool) = app.catalogue.find(&ToolSlug::new(&owner, &model)) {
        let page = frame(&tool.title, &nav, &tool::content(tool, &app));
        return respond(Bytes::from(page.into_string()));
    }
    let content = html! { h1 { "There is no such tool" } p { a href="/docs" { "All tools" } } };
    let page = frame("No such tool", &nav, &content).into_string();
    (StatusCode::NOT_FOUND, respond(Bytes::from(page))).into_response()
}

/// A page that can load nothing but pictures from this server.
fn respond(page: Bytes) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; \
                          form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, page).into_response()
}

/// A dialect: a page of calls.
struct Dialect {
    name: &'static str,
    path: &'static str,
    /// What its callers prove themselves by, as the document names it.
    credentials: &'static [&'static str],
    /// In a sentence.
    text: &'static str,
}

const WIRO: Dialect = Dialect {
    name: "Wiro task API",
    path: "/docs/wiro",
    credentials: &["key", "nonce", "signature"],
    text: "Every tool: submit a run, follow its task, read its outputs.",
};

const TRYON: Dialect = Dialect {
    name: "TryonAPI",
    path: "/docs/tryon",
    credentials: &["bearer"],
    text: "Try-ons alone: two pictures in, one out.",
};

impl Dialect {
    fn has(&self, operation: &Operation<'_>) -> bool {
        (operation.tag == tryon::TAG) == (self.path == TRYON.path)
    }
}

/// The page around its content.
fn frame(title: &str, nav: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Atelier documentation" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "To the content" }
                nav aria-label="Documentation" { (nav) }
                main #content tabindex="-1" { (content) }
            }
        }
    }
}

/// What is on every page's left: the parts of the documentation, and those of this page.
fn contents(catalogue: &Catalogue, here: &[(&str, Vec<&Operation<'_>>)]) -> Markup {
    html! {
        p { a.home href="/docs" { "Atelier documentation" } }
        ul {
            @for dialect in [&WIRO, &TRYON] { li { a href=(dialect.path) { (dialect.name) } } }
            li { a href="/dashboard" { "Dashboard" } }
        }
        @for (tag, operations) in here {
            h2 { (tag) }
            ul { @for operation in operations { li {
                a href={ "#" (operation.anchor()) } { (operation.name()) } } } }
        }
        h2 { "Tools" }
        ul { @for tool in catalogue.tools() { li {
            a href={ "/docs/tools/" (tool.slug) } { (tool.raw_names().1) } } } }
    }
}

fn index(document: &Value, catalogue: &Catalogue) -> Markup {
    let operations = calls::operations(document);
    let content = html! {
        h1 { "Atelier" }
        p.lead { (document["info"]["summary"].as_str().unwrap_or_default()) "." }
        div.cards { @for dialect in [&WIRO, &TRYON] {
            section.card { h2 { a href=(dialect.path) { (dialect.name) } } p { (dialect.text) } }
        } }
        h2 { "Tools" }
        div.cards { @for tool in catalogue.tools() {
            section.card { h3 { a href={ "/docs/tools/" (tool.slug) } { (tool.title) } }
                p { (tool.description) } }
        } }
        h2 { "Every call" }
        p { "The same as a document for programs: " a href="/openapi.json" { "openapi.json" } "." }
        ul.calls { @for operation in &operations {
            li { a href=(address(operation)) {
                code { (operation.method.to_uppercase()) " " (operation.path) } } }
        } }
    };
    frame("Atelier", &contents(catalogue, &[]), &content)
}

/// Where a call is described.
fn address(operation: &Operation<'_>) -> String {
    match operation.path.strip_prefix("/v1/Run/") {
        Some(tool) if operation.tag == TOOLS => format!("/docs/tools/{tool}"),
        _ => {
            let dialect = if TRYON.has(operation) { &TRYON } else { &WIRO };
            format!("{}#{}", dialect.path, operation.anchor())
        }
    }
}

fn dialect(document: &Value, catalogue: &Catalogue, dialect: &Dialect) -> Markup {
    let operations = calls::operations(document);
    let here: Vec<_> =
        operations.iter().filter(|operation| dialect.has(operation) && operation.tag != TOOLS).collect();
    let tags = document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let of_tag =
        |tag| (tag, here.iter().copied().filter(|operation| operation.tag == tag).collect::<Vec<_>>());
    let parts: Vec<_> = tags.map(of_tag).filter(|(_, operations)| !operations.is_empty()).collect();
    let content = html! {
        h1 { (dialect.name) }
        p.lead { (dialect.text) }
        @if dialect.path == WIRO.path {
            p { (code_spans(document["info"]["description"].as_str().unwrap_or_default())) } }
        h2 { "Credentials" }
        (credentials(document, dialect))
        @for (tag, operations) in &parts {
            h2 { (tag) }
            @for operation in operations { (calls::section(document, operation)) }
        }
        (calls::shapes(document, &here))
    };
    frame(dialect.name, &contents(catalogue, &parts), &content)
}

/// What callers of a dialect prove themselves by.
fn credentials(document: &Value, dialect: &Dialect) -> Markup {
    html! {
        dl { @for name in dialect.credentials {
            @let scheme = &document["components"]["securitySchemes"][name];
            dt { code { @match scheme["name"].as_str() { Some(header) => (header), None => "Authorization: Bearer" } } }
            dd { (code_spans(scheme["description"].as_str().unwrap_or_default())) }
        } }
        p { "Keys are made in the " a href="/dashboard/projects" { "dashboard" } "." }
    }
}
