//! A worker's card in the store, so that an operator sees who works and who fell silent.

use std::time::Duration;

use atelier_domain::Timestamp;
use atelier_store::{Store, WorkerCard, WorkerState};
use tokio::time::MissedTickBehavior;

use crate::app::App;

/// How long a worker that stops tries to say so.
const GOODBYE: Duration = Duration::from_secs(2);

/// What a worker of this process tells of itself.
pub(super) fn card(app: &App, name: &str) -> WorkerCard {
    WorkerCard {
        name: name.to_owned(),
        host: host(),
        process: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        runners: app.runners.words(),
    }
}

/// The name of this machine, where the system tells it without a library: on Linux, and where a shell passes it on.
fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernel.or_else(|| std::env::var("HOSTNAME").ok()).map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".to_owned())
}

/// Says for ever that the worker is there.
pub(super) async fn beat(store: &dyn Store, card: &WorkerCard) {
    let mut tick = tokio::time::interval(WorkerState::HEARTBEAT);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = store.heartbeat(card, Timestamp::now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a heartbeat could not be noted");
        }
    }
}

/// Says that the worker stops. If it cannot, it will be seen to have fallen silent.
pub(super) async fn leave(store: &dyn Store, card: &WorkerCard) {
    match tokio::time::timeout(GOODBYE, store.worker_left(&card.name)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a worker could not say that it stops");
        }
        Err(_) => tracing::warn!("a worker could not say in time that it stops"),
    }
}
