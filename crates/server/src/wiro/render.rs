//! A task as the Wiro dialect shows it: the union of the published task objects, numbers as strings, unset
//! times as `"0"`.

use atelier_domain::catalogue::PriceMethod;
use atelier_domain::{Money, Output, Task, TaskState, Timestamp};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::files;

/// The wire name of a state. A failed task ends like a successful one and differs in `pexit` only.
pub(crate) fn status(state: TaskState) -> &'static str {
    match state {
        TaskState::Queued => "task_queue",
        TaskState::Accepted => "task_accept",
        TaskState::Preprocessing => "task_preprocess_start",
        TaskState::Preprocessed => "task_preprocess_end",
        TaskState::Assigned => "task_assign",
        TaskState::Running => "task_start",
        TaskState::Ended => "task_end",
        TaskState::Postprocessing => "task_postprocess_start",
        TaskState::Succeeded | TaskState::Failed => "task_postprocess_end",
        TaskState::Cancelled => "task_cancel",
    }
}

/// Clients take any non-empty value for "finished", so it stays empty until then.
pub(crate) fn exit_code(task: &Task) -> &'static str {
    match task.state {
        TaskState::Succeeded => "0",
        TaskState::Failed => "1",
        // As a shell reports a process that was killed.
        TaskState::Cancelled if task.timeline.accepted.is_some() => "137",
        _ => "",
    }
}

/// The task object of `Task/Detail`, `Task/Cancel` and `Task/Kill`.
pub(crate) fn task(app: &App, task: &Task) -> Value {
    let tool = app.catalogue.find(&task.tool);
    let (model_id, description, categories) = match tool {
        Some(tool) => (tool.id.as_str(), tool.description.as_str(), json!(tool.categories).to_string()),
        None => ("0", "", "[]".to_owned()),
    };
    let size: u64 = task.outputs.iter().map(|output| output.size).sum();
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    put("id", json!(task.id.to_string()));
    put("uuid", json!(task.account.to_string()));
    put("name", json!(""));
    put("socketaccesstoken", json!(task.token));
    put("parameters", Value::Object(parameters(app, task)));
    put("debugoutput", json!(task.log));
    put("debugerror", json!(task.error));
    put("status", json!(status(task.state)));
    put("pexit", json!(exit_code(task)));
    put("elapsedseconds", json!(elapsed(task)));
    put("cps", json!(rate(task)));
    put("totalcost", json!(cost(task)));
    for (name, at) in times(task) {
        put(name, json!(at.map_or(0, Timestamp::seconds).to_string()));
    }
    put("projectid", json!(task.project.to_string()));
    put("modelid", json!(model_id));
    put("basemodelid", json!("0"));
    put("guestid", Value::Null);
    put("marketplaceid", Value::Null);
    for name in ["description", "modelfolderid", "modelfileid"] {
        put(name, json!(""));
    }
    put("callbackurl", json!(task.callback_url));
    put("externaltaskid", json!(task.external_id));
    put("runtype", json!("model"));
    put("categories", json!(categories));
    put("modeldescription", json!(description));
    put("modelslugowner", json!(task.tool.owner));
    put("modelslugproject", json!(task.tool.model));
    put("outputfolderid", json!(task.outputs.first().map_or("0", |output| output.folder.as_str())));
    put("outputs", outputs(app, task));
    put("size", json!(size.to_string()));
    Value::Object(object)
}

fn times(task: &Task) -> [(&'static str, Option<Timestamp>); 10] {
    let timeline = &task.timeline;
    [
        ("createtime", Some(timeline.created)),
        ("accepttime", timeline.accepted),
        ("preprocessstarttime", timeline.preprocessing),
        ("preprocessendtime", timeline.preprocessed),
        ("assigntime", timeline.assigned),
        ("starttime", timeline.running),
        ("endtime", timeline.ended),
        ("postprocessstarttime", timeline.postprocessing),
        ("postprocessendtime", timeline.finished),
        ("canceltime", timeline.cancelled),
    ]
}

/// From the moment a worker took the task (queueing is free) to the end of the run.
fn elapsed(task: &Task) -> String {
    let timeline = &task.timeline;
    let end = timeline.ended.or(timeline.finished).or(timeline.cancelled);
    let span = timeline.accepted.zip(end).map(|(start, end)| end.since(start)).unwrap_or_default();
    format!("{:.4}", span.as_secs_f64())
}

/// Dollars a second, where seconds are what is paid for.
fn rate(task: &Task) -> String {
    match &task.tariff {
        Some(price) if price.method == PriceMethod::Second => price.amount.to_string(),
        _ => "0".into(),
    }
}

fn cost(task: &Task) -> String {
    if task.cost == Money::ZERO { "0".into() } else { task.cost.to_string() }
}

/// The echo of the caller's parameters; paths of our own become addresses.
fn parameters(app: &App, task: &Task) -> Map<String, Value> {
    let address = |value: &Value| match value {
        Value::String(text) if files::upload_key(text).is_some() => json!(format!("{}{text}", app.base)),
        other => other.clone(),
    };
    let shown = task.shown_parameters.iter().map(|(name, value)| match value {
        Value::Array(items) => (name.clone(), items.iter().map(address).collect()),
        single => (name.clone(), address(single)),
    });
    shown.collect()
}

/// What a task made; an empty list unless it succeeded.
pub(crate) fn outputs(app: &App, task: &Task) -> Value {
    task.outputs.iter().map(|output| self::output(app, task, output)).collect()
}

fn output(app: &App, task: &Task, output: &Output) -> Value {
    json!({
        "id": output.id,
        "name": output.name,
        "contenttype": output.content_type,
        "parentid": output.folder,
        "uuid": task.account.to_string(),
        "size": output.size.to_string(),
        "addedtime": output.added.seconds().to_string(),
        "modifiedtime": output.added.seconds().to_string(),
        "accesskey": output.access_key,
        "foldercount": "0",
        "filecount": "0",
        "ispublic": 0,
        "expiretime": null,
        "url": format!("{}{}", app.base, files::output_path(output)),
    })
}
