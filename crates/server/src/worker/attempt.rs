//! One attempt at one task, from its claim to its end.

use std::sync::Arc;
use std::time::Duration;

use atelier_domain::catalogue::Tool;
use atelier_domain::{Artifact, Progress, RunError, Runner, Timestamp, Transition};
use atelier_store::{Claim, Outcome, StoreError};
use tokio::sync::watch;

use super::deliver::deliver;
use super::device::{Device, Work};
use super::leases::{Held, until_cancelled};
use super::settle;
use super::slots::Slot;
use super::stage::stage;
use crate::app::App;

/// The shortest time between two progress events of a task.
const PROGRESS_PACE: Duration = Duration::from_millis(200);

/// Why an attempt goes no further.
pub(super) enum Halt {
    /// The task has ended or belongs to another worker: nothing is left to do.
    LeaseLost,
    /// The task fails, with words for its caller.
    Failed { error: String, log: String, runner: Option<String> },
    /// The store cannot be reached; another attempt may follow when the lease has run out.
    Store(StoreError),
}

impl Halt {
    pub(super) fn failed(error: String) -> Self {
        Self::Failed { error, log: String::new(), runner: None }
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost(_) => Self::LeaseLost,
            other => Self::Store(other),
        }
    }
}

/// Works on a claimed task and records its end.
pub(super) async fn attempt(app: &Arc<App>, device: &Device, claim: &Claim, held: &Held, slot: &mut Slot) {
    let (task, claimed) = (&claim.task, Timestamp::now());
    app.metrics.claimed(&task.tool, claimed.since(task.timeline.created));
    let outcome = match work(app, device, claim, held, slot).await {
        Ok(outcome) => outcome,
        Err(Halt::Failed { error, log, runner }) => Outcome::Failed { error, runner, log },
        Err(Halt::LeaseLost) => {
            return tracing::info!(task = %task.id, "stopped or given to another worker");
        }
        Err(Halt::Store(error)) => return store_failed(claim, &error),
    };
    let ended = Timestamp::now();
    let name = if matches!(outcome, Outcome::Succeeded { .. }) { "succeeded" } else { "failed" };
    match app.storage.store.finish(held.lease(), outcome, ended).await {
        Ok(()) => {
            app.feed.changed(task.id);
            app.owed.notify_one();
            app.metrics.ended(&task.tool, name, ended.since(claimed));
            tracing::info!(task = %task.id, outcome = name, "ended");
        }
        Err(StoreError::LeaseLost(_)) => {
            tracing::info!(task = %task.id, "ended by somebody else meanwhile");
        }
        Err(error) => store_failed(claim, &error),
    }
}

fn store_failed(claim: &Claim, error: &StoreError) {
    let error: &dyn std::error::Error = error;
    tracing::error!(task = %claim.task.id, error, "the store failed; the task will be taken up again");
}

/// The attempt, readable from top to bottom.
async fn work(
    app: &Arc<App>,
    device: &Device,
    claim: &Claim,
    held: &Held,
    slot: &mut Slot,
) -> Result<Outcome, Halt> {
    let (store, lease, task) = (&app.storage.store, held.lease(), &claim.task);
    let step = async |transition| {
        let now = Timestamp::now();
        store.advance(lease, transition, now).await?;
        app.feed.changed(task.id);
        Ok::<_, StoreError>(now)
    };

    step(Transition::BeginPreprocessing).await?;
    let tool = app.catalogue.find(&task.tool);
    let tool = tool.ok_or_else(|| Halt::failed(format!("the tool {} is not offered any more", task.tool)))?;
    let plan = tool.plan(&task.values).map_err(|error| Halt::failed(error.to_string()))?;
    let runner = app.runners.pick(plan.kind());
    let runner = runner.ok_or_else(|| Halt::failed("this server has no runner for this tool".into()))?;
    let stage = stage(app, plan, slot, |role| tool.parameter_of(role).to_owned());
    let job = unless_stopped(held, stage).await??;
    let inputs = settle::input_sizes(&job);
    step(Transition::FinishPreprocessing).await?;

    let turn = unless_stopped(held, device.turn()).await?;
    let turn = turn.map_err(|error| failed(tool, &*runner, error))?;
    step(Transition::Assign).await?;
    let (progress, reports) = watch::channel(None);
    let (cancel, seed) = (held.cancel().clone(), tool.seed(&task.values));
    step(Transition::Start).await?;
    let run = device.run(&turn, Work { runner: runner.clone(), job, seed, cancel, progress });
    let artifacts = tokio::select! {
        artifacts = run => artifacts,
        halt = report(app, held, reports) => return Err(halt),
    };
    drop(turn);
    let artifacts = artifacts.map_err(|error| failed(tool, &*runner, error));
    if matches!(artifacts, Err(Halt::LeaseLost)) {
        return Err(Halt::LeaseLost);
    }
    // The run has ended, well or not; its end is when the clock of the price stops.
    let ended = step(Transition::End).await?;
    let artifacts = artifacts?;

    step(Transition::BeginPostprocessing).await?;
    let (name, log) = (runner.name().to_owned(), log(&*runner, &artifacts));
    let outputs = match deliver(app, artifacts).await {
        Ok(outputs) => outputs,
        Err(error) => return Err(Halt::Failed { error, log, runner: Some(name) }),
    };
    let cost = settle::cost(task, ended, &outputs, inputs);
    Ok(Outcome::Succeeded { outputs, cost, runner: name, log })
}

/// Waits for something, unless the task is stopped meanwhile: what nobody wants must not keep its place.
async fn unless_stopped<T>(held: &Held, waited_for: impl Future<Output = T>) -> Result<T, Halt> {
    tokio::select! {
        done = waited_for => Ok(done),
        () = until_cancelled(held.cancel()) => Err(Halt::LeaseLost),
    }
}

/// Records progress until the run ends; returns only when there is no point in going on.
async fn report(app: &App, held: &Held, mut reports: watch::Receiver<Option<Progress>>) -> Halt {
    while reports.changed().await.is_ok() {
        let latest = reports.borrow_and_update().clone();
        let Some(latest) = latest else { continue };
        match app.storage.store.progress(held.lease(), &latest, Timestamp::now()).await {
            Ok(()) => app.feed.changed(held.lease().task),
            // The run sees its cancel and stops by itself.
            Err(StoreError::LeaseLost(_)) => {}
            Err(error) => return error.into(),
        }
        tokio::time::sleep(PROGRESS_PACE).await;
    }
    std::future::pending().await
}

/// What the run said: which runner it was, and its remarks.
fn log(runner: &dyn Runner, artifacts: &[Artifact]) -> String {
    let notes = artifacts.iter().flat_map(|artifact| artifact.notes.iter());
    let lines = std::iter::once(format!("runner: {}", runner.name())).chain(notes.cloned());
    lines.map(|line| line + "\n").collect()
}

fn failed(tool: &Tool, runner: &dyn Runner, error: RunError) -> Halt {
    let error = match error {
        RunError::Cancelled => return Halt::LeaseLost,
        RunError::Input { role, reason } => format!("{} ({role}): {reason}", tool.parameter_of(role)),
        RunError::Operator(details) => {
            tracing::error!(details, "the runner is not set up");
            "this server is not set up for this tool".into()
        }
        RunError::Engine(details) => {
            tracing::error!(details, "the runner failed");
            "the computation failed".into()
        }
    };
    Halt::Failed {
        error,
        log: format!("runner: {}\n", runner.name()),
        runner: Some(runner.name().to_owned()),
    }
}
