//! A device: one OS thread that runs one job at a time. Async code never blocks on a computation.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use atelier_domain::{Artifact, CancelToken, Job, Picture, Progress, RunContext, RunError, Runner};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::leases::until_cancelled;

/// One job for the device.
pub(super) struct Work {
    pub(super) runner: Arc<dyn Runner>,
    pub(super) job: Job<Picture>,
    pub(super) seed: u64,
    pub(super) cancel: CancelToken,
    /// Gets the latest progress; a slow reader misses steps, not the last one.
    pub(super) progress: watch::Sender<Option<Progress>>,
}

struct Order {
    work: Work,
    reply: oneshot::Sender<Result<Vec<Artifact>, RunError>>,
}

/// See the module.
pub(super) struct Device {
    turn: Arc<Semaphore>,
    thread: Mutex<mpsc::Sender<Order>>,
    cancel_grace: Duration,
}

/// The right to use the device next; staged tasks wait for it in the order of their claims.
pub(super) struct Turn(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Device {
    /// A device whose thread is given up when a run goes on this long after its cancel.
    pub(super) fn new(cancel_grace: Duration) -> std::io::Result<Self> {
        Ok(Self { turn: Arc::new(Semaphore::new(1)), thread: Mutex::new(spawn()?), cancel_grace })
    }

    pub(super) async fn turn(&self) -> Result<Turn, RunError> {
        let permit = self.turn.clone().acquire_owned().await;
        permit.map(Turn).map_err(|_| RunError::Engine("the device is gone".into()))
    }

    /// Runs one job. A panic is an engine error; a run that ignores its cancel is left behind.
    pub(super) async fn run(&self, _turn: &Turn, work: Work) -> Result<Vec<Artifact>, RunError> {
        let cancel = work.cancel.clone();
        let (reply, answer) = oneshot::channel();
        let sent = self.thread.lock().unwrap_or_else(PoisonError::into_inner).send(Order { work, reply });
        sent.map_err(|_| RunError::Engine("the device thread has ended".into()))?;
        tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| Err(RunError::Engine("the device thread has ended".into()))),
            () = outlasts(&cancel, self.cancel_grace) => {
                tracing::error!("a runner ignored its cancel; its thread is left behind");
                let fresh = spawn().map_err(|error| RunError::Operator(error.to_string()))?;
                *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
                Err(RunError::Cancelled)
            }
        }
    }
}

/// Completes when `cancel` has been set for longer than `grace`.
async fn outlasts(cancel: &CancelToken, grace: Duration) {
    until_cancelled(cancel).await;
    tokio::time::sleep(grace).await;
}

fn spawn() -> std::io::Result<mpsc::Sender<Order>> {
    let (sender, orders) = mpsc::channel::<Order>();
    std::thread::Builder::new().name("device".into()).spawn(move || {
        for Order { work, reply } in orders {
            // Nobody waits any more if the task was given up; the result is dropped then.
            let _ = reply.send(run(&work));
        }
    })?;
    Ok(sender)
}

fn run(work: &Work) -> Result<Vec<Artifact>, RunError> {
    let progress = |step: Progress| drop(work.progress.send_replace(Some(step)));
    let context = RunContext { seed: work.seed, cancel: &work.cancel, progress: &progress };
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| work.runner.run(&work.job, &context)));
    result.unwrap_or_else(|panic| Err(RunError::Engine(format!("the runner panicked: {}", words(&*panic)))))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
