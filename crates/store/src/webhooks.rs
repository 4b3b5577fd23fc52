//! The outbox: which ends of tasks are owed to their callers, and how telling them went.

use std::time::Duration;

use atelier_domain::{DeliveryId, TaskId, Timestamp};

/// A webhook: the end of one task, to be told to its callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The same in every attempt.
    pub id: DeliveryId,
    /// Whose end.
    pub task: TaskId,
    /// Where to.
    pub url: String,
    /// What became of it.
    pub state: DeliveryState,
    /// When the task ended.
    pub created: Timestamp,
    /// Every attempt that came to its end, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is attempted again, or for the first time.
    Pending {
        /// Not before this moment.
        due: Timestamp,
    },
    /// The callback acknowledged it.
    Delivered,
    /// The callback said that it does not exist any more.
    Gone,
    /// It was attempted often enough.
    Abandoned,
}

/// One attempt at a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The HTTP status, or why there was none.
    pub answer: Result<u16, DeliveryFailure>,
}

/// Why a callback gave no HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFailure {
    /// Its address may not be called.
    Forbidden,
    /// No connection, or it broke.
    Connection,
    /// It could not prove that it is who it claims to be.
    Tls,
    /// It took too long.
    Timeout,
}

/// The right to make the next attempt at a delivery, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// Which delivery.
    pub id: DeliveryId,
    /// Whose end it tells.
    pub task: TaskId,
    /// The callback's host.
    pub host: String,
    /// Numbers all attempts of the delivery; what an older one leads to is ignored.
    pub number: u32,
    /// Which attempt it is since the delivery was owed or replayed, counted from 1.
    pub try_number: u32,
}

/// What the outbox holds for a deliverer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextDelivery {
    /// This one, now.
    Now(DeliveryClaim),
    /// Nothing before this moment.
    NotBefore(Timestamp),
    /// Nothing at all.
    Nothing,
}
