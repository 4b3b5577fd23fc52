//! Leases that this process holds: extended while their tasks run, and the first to notice that one is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use atelier_domain::{CancelToken, TaskId, Timestamp};
use atelier_store::{Lease, Store};
use tokio::time::MissedTickBehavior;

/// How often the store is asked whether held tasks are still ours: a kill is seen within this time.
const LOOK: Duration = Duration::from_millis(100);

/// The leases of one worker process.
#[derive(Clone, Default)]
pub(super) struct Leases {
    held: Arc<Mutex<HashMap<TaskId, Entry>>>,
}

struct Entry {
    lease: Lease,
    cancel: CancelToken,
}

/// A lease that is watched until this value is dropped.
pub(super) struct Held {
    leases: Leases,
    lease: Lease,
    cancel: CancelToken,
}

impl Held {
    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Set when the lease is lost: the task was stopped, or given to another worker.
    pub(super) fn cancel(&self) -> &CancelToken {
        &self.cancel
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.leases.lock();
        // The same task may have been claimed again meanwhile, under a newer fence.
        if held.get(&self.lease.task).is_some_and(|entry| entry.lease == self.lease) {
            held.remove(&self.lease.task);
        }
    }
}

/// Completes when a token is set. A runner's token cannot wake anybody, so it is looked at as often as leases are.
pub(super) async fn until_cancelled(cancel: &CancelToken) {
    while !cancel.is_cancelled() {
        tokio::time::sleep(LOOK / 2).await;
    }
}

impl Leases {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TaskId, Entry>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to watch a lease.
    pub(super) fn hold(&self, lease: Lease) -> Held {
        let cancel = CancelToken::default();
        self.lock().insert(lease.task, Entry { lease: lease.clone(), cancel: cancel.clone() });
        Held { leases: self.clone(), lease, cancel }
    }

    /// Extends and checks the held leases for ever.
    pub(super) async fn watch(&self, store: &dyn Store, span: Duration) {
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut extended = Instant::now();
        loop {
            tick.tick().await;
            let held: Vec<Lease> = self.lock().values().map(|entry| entry.lease.clone()).collect();
            if held.is_empty() {
                continue;
            }
            let extend = extended.elapsed() >= span / 4;
            match store.renew(&held, span, extend, Timestamp::now()).await {
                Ok(lost) => {
                    if extend {
                        extended = Instant::now();
                    }
                    self.cancel(&lost);
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "leases could not be checked");
                }
            }
        }
    }

    fn cancel(&self, lost: &[TaskId]) {
        let held = self.lock();
        for entry in lost.iter().filter_map(|task| held.get(task)) {
            entry.cancel.cancel();
        }
    }
}
