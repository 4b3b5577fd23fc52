//! The `Idempotency-Key` header: a request that is sent again under its key gets the answer of the first time.

use std::collections::HashMap;

use atelier_domain::{AccessKey, IdempotencyKey, InputFile, ProjectId, Value};
use atelier_store::{Idempotency, NewTask};
use axum::http::HeaderMap;
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

const HEADER: &str = "idempotency-key";

/// The caller: the header is there and holds no key, or is there twice.
#[derive(Debug, Error)]
#[error("Idempotency-Key must have 1 to 255 visible ASCII characters.")]
pub(crate) struct NotAKey;

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, NotAKey> {
    let mut given = headers.get_all(HEADER).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let key = first.to_str().ok().and_then(IdempotencyKey::parse);
    match (key, given.next()) {
        (Some(key), None) => Ok(Some(key)),
        _ => Err(NotAKey),
    }
}

/// What makes a request for a task one that can be repeated by `caller`.
pub(crate) fn idempotency(caller: ProjectId, key: IdempotencyKey, new: &NewTask) -> Idempotency {
    Idempotency { caller, key, request: fingerprint(new) }
}

/// A hash of what is asked for, however it was spelt: checked values in the order of their names, with uploads by
/// their bytes.
fn fingerprint(new: &NewTask) -> String {
    let bytes: HashMap<&AccessKey, &str> =
        new.uploads.iter().map(|file| (&file.access_key, file.sha256.as_str())).collect();
    let file = |file: &InputFile| match file {
        InputFile::Stored(key) if bytes.contains_key(key) => json!({"bytes": bytes[key]}),
        other => json!(other),
    };
    let value = |value: &Value| match value {
        Value::Files(files) => files.iter().map(file).collect(),
        single => json!(single),
    };
    let values: Map<_, _> = new.values.0.iter().map(|(name, it)| (name.clone(), value(it))).collect();
    let asked = json!([new.project, new.tool, new.callback_url, new.external_id, values]);
    format!("{:x}", Sha256::digest(asked.to_string()))
}
