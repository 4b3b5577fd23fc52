//! A tool as the Wiro dialect shows it in its catalogue.
//!
//! Clients validate a request against this object before they send it, so it must be complete (every value that
//! a run accepts is an option) and must not ask for more than a run does. Members without a value are left out,
//! never null: a null limit reads as 0.

use atelier_domain::catalogue::{Choice, Holds, Parameter, ParameterKind, Price, PriceMethod};
use atelier_domain::{Money, Tool};
use atelier_store::ToolStat;
use serde_json::{Map, Number, Value, json};

use crate::samples;

/// What makes a description long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readme {
    Without,
    With,
}

/// The model object. `base` begins every address in it.
pub(super) fn model(tool: &Tool, base: &str, stat: Option<&ToolStat>, readme: Readme) -> Value {
    let (raw_owner, raw_project) = tool.raw_names();
    let mut model = json!({
        "id": tool.id,
        "title": tool.title,
        "slugowner": raw_owner,
        "slugproject": raw_project,
        "cleanslugowner": tool.slug.owner,
        "cleanslugproject": tool.slug.model,
        "description": tool.description,
        "seotitle": tool.title,
        "seodescription": tool.description,
        "image": cover(tool, base),
        "computingtime": computing_time(stat),
        "categories": tool.categories,
        "tags": tool.tags,
        "samples": example_pictures(tool, base),
        "inspire": inspirations(tool, base),
        "parameters": [{"title": "Inputs", "items": tool.parameters.iter().flat_map(items).collect::<Value>()}],
        "marketplace": 1,
        "onlymembers": "0",
        "averagepoint": "0",
        "commentcount": "0",
        "ratedusercount": "0",
        "dynamicprice": tool.prices().map(price).collect::<Value>().to_string(),
        "cps": rate(tool).unwrap_or(Money::ZERO).to_string(),
        "approximatelycost": approximate_cost(tool, stat).to_string(),
        "taskstat": {
            "runcount": stat.map_or(0, |stat| stat.runs),
            "successcount": stat.map_or(0, |stat| stat.succeeded).to_string(),
            "errorcount": stat.map_or(0, |stat| stat.failed).to_string(),
            "lastruntime": stat.map_or(0, |stat| stat.last_run.seconds()).to_string(),
        },
    });
    if readme == Readme::With {
        model["readme"] = json!(html(tool, base));
    }
    model
}

/// The address of the cover picture.
pub(super) fn cover(tool: &Tool, base: &str) -> String {
    format!("{base}{}/{}", samples::COVERS, tool.cover)
}

fn html(tool: &Tool, base: &str) -> String {
    let escaped = tool.description.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<p>{escaped}</p><p><a href=\"{base}/models/{}/llms.txt\">Parameters and examples</a></p>",
        tool.slug
    )
}

/// What runs have taken on average, or nothing before the first.
fn computing_time(stat: Option<&ToolStat>) -> String {
    let average = stat.and_then(ToolStat::average).map(|average| average.as_secs_f64().ceil().max(1.0));
    average.map(|seconds| format!("{seconds} seconds")).unwrap_or_default()
}

/// The price of a second, of a tool that is paid by the second.
fn rate(tool: &Tool) -> Option<Money> {
    tool.prices().last().filter(|price| price.method == PriceMethod::Second).map(|price| price.amount)
}

/// By the second, what past runs have come to on average; otherwise, and before the first, what is reserved.
fn approximate_cost(tool: &Tool, stat: Option<&ToolStat>) -> Money {
    let reserved = tool.prices().last().map_or(Money::ZERO, Price::reserve);
    let Some((rate, average)) = rate(tool).zip(stat.and_then(ToolStat::average)) else { return reserved };
    let units = i128::from(rate.0) * i128::try_from(average.as_millis()).unwrap_or(i128::MAX / 2) / 1000;
    i64::try_from(units).map_or(reserved, Money)
}

fn price(price: &Price) -> Value {
    let dollars = |money: Money| money.to_string().parse::<f64>().map_or(Value::Null, |number| json!(number));
    let mut entry = Map::new();
    entry.insert("inputs".into(), json!(price.inputs));
    entry.insert("price".into(), dollars(price.amount));
    entry.insert("priceMethod".into(), json!(price.method.word()));
    if let Some(extra) = price.extra {
        entry.insert("priceExtra".into(), dollars(extra));
    }
    if let Some(input) = price.input {
        entry.insert("priceInput".into(), dollars(input));
    }
    Value::Object(entry)
}

fn sample_address(base: &str, name: &str) -> String {
    format!("{base}{}/{name}", samples::PATH)
}

/// The pictures of the example request.
fn example_pictures(tool: &Tool, base: &str) -> Vec<String> {
    let pictures = tool.parameters.iter().filter(|parameter| parameter.holds_pictures());
    let names = pictures.flat_map(|parameter| match &parameter.sample {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(name) if !name.is_empty() => vec![name.as_str()],
        _ => Vec::new(),
    });
    names.map(|name| sample_address(base, name)).collect()
}

fn inspirations(tool: &Tool, base: &str) -> Vec<Value> {
    let shown = |name: &str, value: &String| {
        let picture = tool.parameter(name).is_some_and(Parameter::holds_pictures);
        json!(if picture { sample_address(base, value) } else { value.clone() })
    };
    let set = |pairs: &Vec<(String, Vec<String>)>| {
        let members = pairs.iter().map(|(name, values)| match &values[..] {
            [single] => (name.clone(), shown(name, single)),
            several => (name.clone(), several.iter().map(|value| shown(name, value)).collect()),
        });
        Value::Object(members.collect())
    };
    tool.inspires.iter().map(|inspire| set(&inspire.0)).collect()
}

/// A parameter as a form shows it. One that takes a picture under the name of an address becomes two, a file and
/// an address, and neither is required, because either will do.
fn items(parameter: &Parameter) -> Vec<Value> {
    if parameter.kind == ParameterKind::Text && parameter.holds_pictures() {
        let plain = parameter.name.strip_suffix("Url").unwrap_or(&parameter.name);
        let mut file = item(parameter, plain, ParameterKind::Picture);
        let mut address = item(parameter, &format!("{plain}Url"), ParameterKind::Text);
        for either in [&mut file, &mut address] {
            either["required"] = json!(false);
        }
        return vec![file, address];
    }
    vec![item(parameter, &parameter.name, parameter.kind)]
}

fn item(parameter: &Parameter, id: &str, kind: ParameterKind) -> Value {
    let mut item = Map::new();
    let mut put = |name: &str, value: Value| drop(item.insert(name.to_owned(), value));
    put("id", json!(id));
    put("type", json!(kind.word()));
    put("label", json!(parameter.label));
    if !parameter.help.is_empty() {
        put("description", json!(parameter.help));
    }
    put("default", json!(parameter.default_text()));
    put("required", json!(parameter.required));
    if let Holds::Choice { options, open } = &parameter.holds {
        put("options", options_of(options, *open, &parameter.default_text()));
    }
    if let Some(limits) = parameter.limits() {
        put("min", number(limits.min));
        put("max", number(limits.max));
        if let Some(step) = limits.step {
            put("step", number(step));
        }
    }
    Value::Object(item)
}

/// The options; where others are allowed too, the default is one of them even if the page does not list it.
fn options_of(options: &[Choice], open: bool, default: &str) -> Value {
    let shown = |option: &Choice| {
        let mut shown = json!({"label": option.label, "value": option.value});
        if let Some(details) = &option.details {
            shown["description"] = json!(details.description);
            shown["triggerwords"] = json!(details.trigger_words);
            shown["generatesettings"] = json!(details.generate_settings);
        }
        shown
    };
    let unlisted = open && !default.is_empty() && options.iter().all(|option| option.value != default);
    let default = unlisted.then(|| json!({"label": "default", "value": default}));
    default.into_iter().chain(options.iter().map(shown)).collect()
}

/// Whole numbers without a decimal point.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return json!(number as i64);
    }
    Number::from_f64(number).map_or(json!(0), Value::Number)
}
