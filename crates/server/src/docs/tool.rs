//! The page of a tool: what it takes, what it costs, and a call to paste, all from the catalogue.

use atelier_domain::Tool;
use atelier_domain::catalogue::{Holds, Parameter, Price, PriceMethod};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::calls::code_spans;
use crate::app::App;
use crate::dashboard::{self, dollars};
use crate::samples;

/// All of it below the frame.
pub(super) fn content(tool: &Tool, app: &App) -> Markup {
    html! {
        h1 { (tool.title) }
        p.lead { (tool.description) }
        @if samples::cover(&tool.cover).is_some() {
            img.cover src={ (samples::COVERS) "/" (tool.cover) } alt={ "What " (tool.title) " makes" };
        }
        p { code { "POST /v1/Run/" (tool.slug) } ", as JSON, multipart or form; see the "
            a href="/docs/wiro" { "Wiro task API" } ". As text for language models: "
            a href={ "/models/" (tool.slug) "/llms.txt" } { "llms.txt" } "." }
        h2 { "Parameters" }
        (parameters(tool))
        h2 { "Price" }
        (prices(tool))
        h2 { "Example" }
        h3 { "Request" }
        pre tabindex="0" { code { (example(tool)) } }
        @for (language, code) in dashboard::example(&app.base, tool) {
            details { summary { (language) } pre tabindex="0" { code { (code) } } }
        }
    }
}

fn parameters(tool: &Tool) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Takes" } th scope="col" { "Meaning" }
                th scope="col" { "Default" } } }
            tbody { @for parameter in &tool.parameters {
                @let default = parameter.default_text();
                tr {
                    th scope="row" { code { (parameter.name) } @if parameter.required {
                        span.faint { " required" } } }
                    td { (takes(parameter)) }
                    td {
                        strong { (parameter.label) }
                        @if !parameter.help.is_empty() { br; (code_spans(&parameter.help)) }
                        (options(parameter))
                    }
                    td { @if default.is_empty() { "–" } @else { code { (default) } } }
                }
            } }
        }
    }
}

fn options(parameter: &Parameter) -> Markup {
    let options = parameter.options();
    html! {
        @if !options.is_empty() {
            details { summary { (options.len()) " options" }
                ul { @for option in options {
                    li { code { (option.value) } @if option.label != option.value { " – " (option.label) } }
                } }
            }
        }
    }
}

/// What a parameter's values are, with their limits.
fn takes(parameter: &Parameter) -> String {
    let limits = parameter
        .limits()
        .map_or_else(String::new, |limits| format!(" from {} to {}", limits.min, limits.max));
    match &parameter.holds {
        Holds::Text { max_length } => format!("text of at most {max_length} characters"),
        Holds::Choice { open: true, .. } => "an option, or another value".to_owned(),
        Holds::Choice { open: false, .. } => "an option".to_owned(),
        Holds::Integer { .. } => format!("a whole number{limits}"),
        Holds::Number { .. } => format!("a number{limits}"),
        Holds::Pictures { most: 1, .. } => "a picture".to_owned(),
        Holds::Pictures { most, .. } => format!("1 to {most} pictures"),
    }
}

fn prices(tool: &Tool) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "When" } th scope="col" { "Price" }
                th scope="col" { "Reserved at submit" } } }
            tbody { @for price in tool.prices() { tr {
                td { @if price.inputs.is_empty() { "always" } @else {
                    @for (index, (name, value)) in price.inputs.iter().enumerate() {
                        @if index > 0 { " and " } code { (name) } " is " code { (value) }
                    }
                } }
                td { (amount(price)) }
                td { (dollars(price.reserve())) }
            } } }
        }
        p.faint { "Only a run that succeeds is charged, and never more than was reserved." }
    }
}

fn amount(price: &Price) -> String {
    let unit = match price.method {
        PriceMethod::Request => "a run",
        PriceMethod::Second => "a second of running",
        PriceMethod::Output => "an output",
        PriceMethod::PixelTier => "a megapixel (1,048,576 pixels) of output",
        PriceMethod::VideoSecond => "a second of film",
    };
    let extra =
        price.extra.map_or_else(String::new, |extra| format!(", {} each further one", dollars(extra)));
    let input = price.input.map_or_else(String::new, |input| format!(", {} each of input", dollars(input)));
    format!("{} {unit}{extra}{input}", dollars(price.amount))
}

fn example(tool: &Tool) -> String {
    let member = |parameter: &Parameter| (parameter.name.clone(), parameter.sample.clone());
    let body: Map<String, Value> = tool.parameters.iter().map(member).collect();
    serde_json::to_string_pretty(&body).unwrap_or_default()
}
