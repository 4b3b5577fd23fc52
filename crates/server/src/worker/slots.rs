//! How much work a worker has in hand.
//!
//! A task takes a place from its claim to its end, so that not more is staged ahead than the device needs. While
//! its inputs come from somebody else's server it gives the place to the next one: slow addresses must not hold up
//! tasks that are ready. Only so many may be away at once; beyond that they keep their places and the queue waits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for one device: one task staged, one running, one being stored.
const PLACES: usize = 3;
/// Tasks whose inputs may be fetched at once besides.
const FETCHES: usize = 32;

/// The places of a worker.
#[derive(Clone)]
pub(super) struct Slots {
    places: Arc<Semaphore>,
    fetches: Arc<Semaphore>,
}

/// A task's place, given back when dropped.
pub(super) struct Slot {
    slots: Slots,
    place: Option<OwnedSemaphorePermit>,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), fetches: Arc::new(Semaphore::new(FETCHES)) }
    }

    /// Waits for a place.
    pub(super) async fn take(&self) -> Slot {
        Slot { slots: self.clone(), place: self.place().await }
    }

    /// None only if the semaphore were closed, which nobody does.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }
}

impl Slot {
    /// Lends the place to other tasks while `fetch` runs.
    pub(super) async fn lend<T>(&mut self, fetch: impl Future<Output = T>) -> T {
        let _away = self.slots.fetches.clone().acquire_owned().await;
        self.place = None;
        let fetched = fetch.await;
        self.place = self.slots.place().await;
        fetched
    }
}
