//! Webhooks: tells callers that their tasks have ended.
//!
//! What is owed lies in the store's outbox, written by the transaction that ended the task; the deliverer takes
//! from there and calls at least once. Several processes may: each delivery is claimed for longer than an
//! attempt can last, and is due again if the deliverer was lost meanwhile. How many calls are under way is
//! bounded, overall and by host, so that a slow host fills its own places and delays nobody else.

mod attempt;
mod hosts;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::Timestamp;
use atelier_store::{DeliveryAttempt, DeliveryClaim, DeliveryState, NextDelivery, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::fetch::GuardedClient;
use hosts::{Hosts, Place};

/// How often the outbox is looked at without being told, for tasks that ended in another process.
const POLL: Duration = Duration::from_millis(500);
/// How long to wait after the store failed.
const RETRY: Duration = Duration::from_secs(1);

/// A process's one deliverer of webhooks.
pub struct Deliverer {
    app: Arc<App>,
    client: GuardedClient,
    hosts: Hosts,
}

impl Deliverer {
    /// A deliverer with a client of its own, which waits less patiently than the one for inputs.
    pub fn new(app: Arc<App>) -> Result<Arc<Self>, reqwest::Error> {
        let config = &app.config.webhooks;
        let allowed = &app.config.worker.fetch_allow;
        let client = GuardedClient::new(config.connect_timeout, config.timeout, allowed)?;
        let hosts = Hosts::new(config.parallel_per_host);
        Ok(Arc::new(Self { app, client, hosts }))
    }

    /// Delivers until `stop` is set, then waits for the calls that are under way.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let running = TaskTracker::new();
        tokio::select! {
            () = self.take(&running) => {}
            () = stop.cancelled() => {}
        }
        running.close();
        running.wait().await;
    }

    async fn take(self: &Arc<Self>, running: &TaskTracker) {
        let slots = Arc::new(Semaphore::new(self.app.config.webhooks.parallel));
        loop {
            let Ok(slot) = slots.clone().acquire_owned().await else { return };
            // Registered before the outbox is looked at, so that no end falls between the two.
            let owed = self.app.owed.notified();
            let now = Timestamp::now();
            let wait = match self.claim(now).await {
                Ok(NextDelivery::Now(claim)) => {
                    let place = self.hosts.enter(&claim.host);
                    running.spawn(self.clone().deliver(claim, slot, place));
                    continue;
                }
                Ok(NextDelivery::NotBefore(due)) => due.since(now).min(POLL),
                Ok(NextDelivery::Nothing) => POLL,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the outbox cannot be read");
                    RETRY
                }
            };
            let _ = tokio::time::timeout(wait, owed).await;
        }
    }

    async fn claim(&self, now: Timestamp) -> Result<NextDelivery, StoreError> {
        // Twice the longest call: what a busy database adds must not make it be repeated.
        let lease = self.app.config.webhooks.timeout * 2;
        self.app.storage.store.claim_delivery(lease, &self.hosts.busy(), now).await
    }

    async fn deliver(self: Arc<Self>, claim: DeliveryClaim, slot: OwnedSemaphorePermit, place: Place) {
        if let Err(error) = self.attempt(&claim).await {
            let error: &dyn std::error::Error = &*error;
            tracing::error!(webhook = %claim.id, task = %claim.task, error, "a webhook waits for its next attempt");
        }
        drop((slot, place));
        self.app.owed.notify_one();
    }

    async fn attempt(&self, claim: &DeliveryClaim) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let (store, began) = (&self.app.storage.store, Timestamp::now());
        let call = attempt::prepare(&self.app, claim, began).await?;
        let answer = call.make(&self.client).await;
        let ended = Timestamp::now();
        let then = verdict::after(&answer, claim.try_number, &self.app.config.webhooks.retries, ended);
        let answer = answer.map(|answer| answer.status);
        log(claim, answer, then);
        let attempt = DeliveryAttempt { at: began, duration: ended.since(began), answer };
        Ok(store.record_delivery(claim, attempt, then).await?)
    }
}

/// Says what became of an attempt, without anything that was answered.
fn log(claim: &DeliveryClaim, answer: Result<u16, atelier_store::DeliveryFailure>, then: DeliveryState) {
    let (webhook, task, number) = (&claim.id, &claim.task, claim.try_number);
    match then {
        DeliveryState::Delivered => tracing::info!(%webhook, %task, number, "webhook delivered"),
        DeliveryState::Pending { .. } => tracing::info!(%webhook, %task, number, ?answer, "webhook failed"),
        DeliveryState::Gone | DeliveryState::Abandoned => {
            tracing::warn!(%webhook, %task, number, ?answer, "webhook given up");
        }
    }
}
