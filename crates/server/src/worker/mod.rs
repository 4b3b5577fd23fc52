//! The worker: takes tasks from the queue, stages, runs and delivers them.
//!
//! The store is the queue; this module only decides when to ask it. Of the tasks a worker holds, one runs on
//! the device while the next is staged and the one before is being stored. A killed process leaves nothing
//! behind but leases that run out, after which the reaper, here or in another process, hands the tasks on.

mod attempt;
mod deliver;
mod device;
mod heartbeat;
mod leases;
mod settle;
mod slots;
mod stage;
pub mod sweep;

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::Timestamp;
use atelier_provenance::{Certificate, CertificateError, Marker};
use atelier_store::{Claim, WorkerCard};
use rand::Rng as _;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::config::{Config, ProvenanceConfig};
use device::Device;
use leases::Leases;
use slots::{Slot, Slots};

/// How often the queue is looked at without being told, for tasks submitted through another process.
const POLL: Duration = Duration::from_millis(500);
/// How long to wait after the store failed.
const RETRY: Duration = Duration::from_secs(1);

/// A worker process's one worker.
pub struct Worker {
    app: Arc<App>,
    card: WorkerCard,
    device: Device,
    leases: Leases,
    /// Signs what outputs say of their making, unless they are to say nothing.
    marker: Option<Marker>,
}

/// Why a worker cannot begin. The operator must act.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The system gives no thread.
    #[error("the worker's thread cannot be started")]
    Thread(#[from] std::io::Error),
    /// Outputs cannot be signed.
    #[error("outputs cannot be given content credentials; see [provenance] in the settings")]
    Provenance(#[from] CertificateError),
}

impl Worker {
    /// A worker with one device thread.
    pub fn new(app: Arc<App>) -> Result<Arc<Self>, WorkerError> {
        let name = format!("{}-{:08x}", std::process::id(), rand::rng().random::<u32>());
        let marker = marker(&app.config)?;
        let device = Device::new(app.config.worker.cancel_grace)?;
        let card = heartbeat::card(&app, &name);
        Ok(Arc::new(Self { app, card, device, leases: Leases::default(), marker }))
    }

    /// Works until `stop` is set, then finishes what it holds.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let running = TaskTracker::new();
        let store = self.app.storage.store.clone();
        let all = async {
            tokio::join!(
                self.leases.watch(&*store, self.app.config.worker.lease),
                heartbeat::beat(&*store, &self.card),
                self.reap(),
                sweep::sweep(&self.app),
                self.take(&running)
            );
        };
        tokio::pin!(all);
        tokio::select! {
            () = &mut all => {}
            () = stop.cancelled() => {}
        }
        running.close();
        // The leases of what still runs must be kept up while it is waited for.
        tokio::select! {
            () = self.leases.watch(&*store, self.app.config.worker.lease) => {}
            () = heartbeat::beat(&*store, &self.card) => {}
            () = running.wait() => {}
        }
        heartbeat::leave(&*store, &self.card).await;
    }

    async fn take(self: &Arc<Self>, running: &TaskTracker) {
        let slots = Slots::new();
        loop {
            let slot = slots.take().await;
            // Registered before the queue is looked at, so that no submit falls between the two.
            let submitted = self.app.submitted.notified();
            let lease = self.app.config.worker.lease;
            match self.app.storage.store.claim(&self.card.name, lease, Timestamp::now()).await {
                Ok(Some(claim)) => drop(running.spawn(self.clone().attempt(claim, slot))),
                Ok(None) => {
                    drop(slot);
                    let _ = tokio::time::timeout(POLL, submitted).await;
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the queue cannot be read");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    async fn attempt(self: Arc<Self>, claim: Claim, mut slot: Slot) {
        let held = self.leases.hold(claim.lease.clone());
        attempt::attempt(&self, &claim, &held, &mut slot).await;
    }

    async fn reap(&self) {
        let config = &self.app.config.worker;
        loop {
            match self.app.storage.store.reap(config.max_attempts, Timestamp::now()).await {
                Ok(reaped) => {
                    for task in &reaped.requeued {
                        tracing::warn!(%task, "its worker was lost; it waits again");
                        self.app.submitted.notify_one();
                    }
                    self.app.metrics.lost(reaped.requeued.len() + reaped.failed.len());
                    for task in &reaped.failed {
                        tracing::error!(%task, "its workers were lost too often; it failed");
                    }
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "lost leases cannot be looked for"
                    );
                }
            }
            tokio::time::sleep((config.lease / 4).min(RETRY)).await;
        }
    }
}

/// What outputs are signed with.
fn marker(config: &Config) -> Result<Option<Marker>, CertificateError> {
    let certificate = match &config.provenance {
        ProvenanceConfig::Off => return Ok(None),
        ProvenanceConfig::SelfMade => Certificate::load_or_create(&config.data.join("provenance"))?,
        ProvenanceConfig::Certificate { certificate, key } => Certificate::load(certificate, key)?,
    };
    Marker::new(&certificate).map(Some)
}
