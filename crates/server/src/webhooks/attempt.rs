//! One call of a callback: the task as its dialect shows it, signed as Standard Webhooks wants it.

use std::error::Error;

use atelier_domain::{Task, Timestamp};
use atelier_store::{DeliveryClaim, DeliveryFailure, StoreError, TaskRef};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use crate::app::App;
use crate::fetch::{Answer, FetchError, GuardedClient};
use crate::{tryon, wiro};

/// A call that is ready to be made.
pub(super) struct Call {
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Renders and signs a call. The id stays the same from attempt to attempt, the timestamp does not.
pub(super) async fn prepare(
    app: &App,
    claim: &DeliveryClaim,
    now: Timestamp,
) -> Result<Call, Box<dyn Error + Send + Sync>> {
    let store = &app.storage.store;
    let task = store.task(&TaskRef::Id(claim.task)).await?.ok_or(StoreError::NotFound("task"))?;
    let secret = store.webhook_secret(task.project).await?;
    let body = body(app, &task).await?;
    let signature = Webhook::new(secret.expose())?.sign(claim.id.as_str(), now.seconds(), &body)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HEADER_WEBHOOK_ID, HeaderValue::from_str(claim.id.as_str())?);
    headers.insert(HEADER_WEBHOOK_TIMESTAMP, HeaderValue::from(now.seconds()));
    headers.insert(HEADER_WEBHOOK_SIGNATURE, HeaderValue::from_str(&signature)?);
    Ok(Call { url: task.callback_url, headers, body })
}

/// What is told, in the dialect that the task was submitted in.
async fn body(app: &App, task: &Task) -> Result<Vec<u8>, &'static str> {
    if task.dialect != tryon::DIALECT {
        return Ok(wiro::webhook::body(app, task));
    }
    let status = tryon::status_of(app, task).await.map_err(|_| "the status of a job cannot be read")?;
    Ok(status.to_string().into_bytes())
}

impl Call {
    /// Makes the call.
    pub(super) async fn make(self, client: &GuardedClient) -> Result<Answer, DeliveryFailure> {
        client.post(&self.url, self.headers, self.body).await.map_err(|error| match error {
            FetchError::BadAddress | FetchError::NotPublic => DeliveryFailure::Forbidden,
            error if error.is_timeout() => DeliveryFailure::Timeout,
            error if error.is_tls() => DeliveryFailure::Tls,
            _ => DeliveryFailure::Connection,
        })
    }
}
