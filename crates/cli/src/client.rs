//! A small client of the Wiro dialect, as an integrator would write it.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use hmac::{Hmac, Mac as _};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::terminal::Line;

/// Time between two looks at a task.
const POLL: Duration = Duration::from_millis(150);

/// The statuses of a run in order, with what they mean to a person.
const STEPS: [(&str, &str); 8] = [
    ("task_queue", "waiting"),
    ("task_accept", "accepted"),
    ("task_preprocess_start", "reading inputs"),
    ("task_preprocess_end", "inputs ready"),
    ("task_assign", "device bound"),
    ("task_start", "running"),
    ("task_end", "run done"),
    ("task_postprocess_start", "storing the result"),
];

/// How many steps a [`Line`] for a task has.
pub(crate) const STEP_COUNT: u64 = STEPS.len() as u64;

/// One value of a run.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) value: InputValue,
}

#[derive(Debug, Clone)]
pub(crate) enum InputValue {
    Text(String),
    File(std::path::PathBuf),
}

impl Input {
    /// Parses `name=value` and `name=@file`.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (name, value) = text.split_once('=').with_context(|| format!("`{text}` is not NAME=VALUE"))?;
        let value = match value.strip_prefix('@') {
            Some(path) => InputValue::File(path.into()),
            None => InputValue::Text(value.to_owned()),
        };
        Ok(Self { name: name.to_owned(), value })
    }
}

/// A server and the credential of a project on it.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
    secret: Option<String>,
}

impl Client {
    /// `base` is the server's address, with or without the `/v1` that other clients want in it.
    pub(crate) fn new(base: &str, key: &str, secret: Option<String>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_mins(2)).build()?;
        let base = base.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        Ok(Self { http, base: base.to_owned(), key: key.to_owned(), secret })
    }

    /// Submits a run and follows it to its end; returns the task object.
    pub(crate) async fn run(&self, tool: &str, inputs: &[Input], line: &mut Line) -> anyhow::Result<Value> {
        let mut form = Form::new();
        for input in inputs {
            form = match &input.value {
                InputValue::Text(text) => form.text(input.name.clone(), text.clone()),
                InputValue::File(path) => form.part(input.name.clone(), file_part(path).await?),
            };
        }
        let (owner, model) = tool.split_once('/').context("a tool is named OWNER/TOOL")?;
        let request = self.http.post(format!("{}/v1/Run/{owner}/{model}", self.base)).multipart(form);
        let reply = self.send(request).await?;
        let token = reply["socketaccesstoken"].as_str().context("the server gave no task token")?.to_owned();
        loop {
            let task = self.task(&token).await?;
            let status = task["status"].as_str().unwrap_or_default();
            if matches!(status, "task_postprocess_end" | "task_cancel") {
                return Ok(task);
            }
            if let Some(step) = STEPS.iter().position(|(name, _)| *name == status) {
                line.at(step as u64, STEPS[step].1);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn task(&self, token: &str) -> anyhow::Result<Value> {
        let request =
            self.http.post(format!("{}/v1/Task/Detail", self.base)).json(&json!({"tasktoken": token}));
        let mut reply = self.send(request).await?;
        Ok(reply["tasklist"][0].take())
    }

    /// Downloads every output of a finished task into a folder and returns their paths.
    pub(crate) async fn save(
        &self,
        task: &Value,
        folder: &Path,
        stem: &str,
    ) -> anyhow::Result<Vec<std::path::PathBuf>> {
        tokio::fs::create_dir_all(folder)
            .await
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let mut saved = Vec::new();
        for (index, output) in task["outputs"].as_array().into_iter().flatten().enumerate() {
            let url = output["url"].as_str().context("an output without an address")?;
            let bytes = self.http.get(url).send().await?.error_for_status()?.bytes().await?;
            let extension = Path::new(url).extension().and_then(|text| text.to_str()).unwrap_or("bin");
            let number = if index == 0 { String::new() } else { format!("-{index}") };
            let path = folder.join(format!("{stem}{number}.{extension}"));
            tokio::fs::write(&path, bytes)
                .await
                .with_context(|| format!("cannot write {}", path.display()))?;
            saved.push(path);
        }
        Ok(saved)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let mut request = request.header("x-api-key", &self.key);
        if let Some(secret) = &self.secret {
            let nonce = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().to_string();
            let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes())?;
            mac.update(format!("{secret}{nonce}").as_bytes());
            let signature = format!("{:x}", mac.finalize().into_bytes());
            request = request.header("x-nonce", nonce).header("x-signature", signature);
        }
        let response = request.send().await.context("the server cannot be reached")?;
        let status = response.status();
        let reply: Value = response.json().await.with_context(|| format!("the server answered {status}"))?;
        if reply["result"] != json!(true) {
            let message = reply["errors"][0]["message"].as_str().unwrap_or("unknown error").to_owned();
            bail!("the server refused: {message}");
        }
        Ok(reply)
    }
}

async fn file_part(path: &Path) -> anyhow::Result<Part> {
    let bytes = tokio::fs::read(path).await.with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Part::bytes(bytes).file_name(name))
}

/// Why a finished task has no result; `None` if it succeeded.
pub(crate) fn failure(task: &Value) -> Option<String> {
    match (task["status"].as_str(), task["pexit"].as_str()) {
        (Some("task_cancel"), _) => Some("cancelled".into()),
        (_, Some("0")) => None,
        _ => Some(task["debugerror"].as_str().unwrap_or("failed").to_owned()),
    }
}
