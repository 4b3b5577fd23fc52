//! `atelier webhooks`: what callers were told, telling them again, and what proves that it was us.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_domain::{DeliveryId, ProjectId, TaskId, Timestamp};
use atelier_store::{Delivery, DeliveryAttempt, DeliveryFailure, DeliveryState, TaskRef};
use serde_json::{Value, json};

use crate::admin::{open, print};
use crate::args::WebhooksCommand;

pub(crate) async fn webhooks(command: WebhooksCommand) -> anyhow::Result<ExitCode> {
    match command {
        WebhooksCommand::List { task, admin } => {
            let store = open(&admin).await?.store;
            let task = store.task(&TaskRef::Id(TaskId(task))).await?.context("there is no such task")?;
            let deliveries = store.deliveries(task.id).await?;
            Ok(print(&admin, &deliveries.iter().map(described).collect()))
        }
        WebhooksCommand::Replay { delivery, admin } => {
            let id = DeliveryId::parse(&delivery)
                .with_context(|| format!("`{delivery}` is not the id of a webhook"))?;
            open(&admin).await?.store.replay_delivery(&id, Timestamp::now()).await?;
            Ok(print(&admin, &json!({"id": id})))
        }
        WebhooksCommand::Secret { project, admin } => {
            let secret = open(&admin).await?.store.webhook_secret(ProjectId(project)).await?;
            Ok(print(&admin, &json!({"id": project.to_string(), "webhook_secret": secret.expose()})))
        }
    }
}

fn described(delivery: &Delivery) -> Value {
    let (state, due) = match delivery.state {
        DeliveryState::Pending { due } => ("pending", Some(due.seconds())),
        DeliveryState::Delivered => ("delivered", None),
        DeliveryState::Gone => ("gone", None),
        DeliveryState::Abandoned => ("abandoned", None),
    };
    let attempts: Value = delivery.attempts.iter().map(attempt).collect();
    json!({
        "id": delivery.id,
        "url": delivery.url,
        "state": state,
        "created": delivery.created.seconds(),
        "due": due,
        "attempts": attempts,
    })
}

fn attempt(attempt: &DeliveryAttempt) -> Value {
    let error = attempt.answer.err().map(|failure| match failure {
        DeliveryFailure::Forbidden => "the address may not be called",
        DeliveryFailure::Connection => "no connection, or it broke",
        DeliveryFailure::Tls => "no secure connection",
        DeliveryFailure::Timeout => "no answer in time",
    });
    json!({
        "at": attempt.at.seconds(),
        "milliseconds": attempt.duration.as_millis() as u64,
        "status": attempt.answer.ok(),
        "error": error,
    })
}
