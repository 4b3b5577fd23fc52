//! One attempt at one task, from its claim to its end.

use std::time::Duration;

use atelier_domain::catalogue::Tool;
use atelier_domain::{Artifact, Failure, Progress, RunError, Runner, Timestamp, Transition};
use atelier_provenance::Origin;
use atelier_store::{Claim, Outcome, StoreError};
use tokio::sync::watch;

use super::Worker;
use super::deliver::{Mark, deliver};
use super::device::Work;
use super::leases::{Held, until_cancelled};
use super::settle;
use super::slots::Slot;
use super::stage::stage;
use crate::app::{App, NoRunner};

/// The shortest time between two progress events of a task.
const PROGRESS_PACE: Duration = Duration::from_millis(200);

/// Why an attempt goes no further.
pub(super) enum Halt {
    /// The task has ended or belongs to another worker: nothing is left to do.
    LeaseLost,
    /// The task fails.
    Failed(Failed),
    /// The store cannot be reached; another attempt may follow when the lease has run out.
    Store(StoreError),
}

/// How a task fails.
#[derive(Debug)]
pub(super) struct Failed {
    failure: Failure,
    /// In words for its caller.
    error: String,
    log: String,
    runner: Option<String>,
}

impl Failed {
    /// Before a runner had anything to do with it.
    pub(super) fn new(failure: Failure, error: String) -> Self {
        Self { failure, error, log: String::new(), runner: None }
    }
}

impl From<Failed> for Halt {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
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
pub(super) async fn attempt(worker: &Worker, claim: &Claim, held: &Held, slot: &mut Slot) {
    let app = &worker.app;
    let (task, claimed) = (&claim.task, Timestamp::now());
    app.metrics.claimed(&task.tool, claimed.since(task.timeline.created));
    let outcome = match work(worker, claim, held, slot).await {
        Ok(outcome) => outcome,
        Err(Halt::Failed(Failed { failure, error, log, runner })) => {
            Outcome::Failed { error, failure, runner, log }
        }
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
async fn work(worker: &Worker, claim: &Claim, held: &Held, slot: &mut Slot) -> Result<Outcome, Halt> {
    let Worker { app, device, marker, .. } = worker;
    let (store, lease, task) = (&app.storage.store, held.lease(), &claim.task);
    let step = async |transition| {
        let now = Timestamp::now();
        store.advance(lease, transition, now).await?;
        app.feed.changed(task.id);
        Ok::<_, StoreError>(now)
    };

    step(Transition::BeginPreprocessing).await?;
    let tool = app.catalogue.find(&task.tool);
    let gone = || Failed::new(Failure::Internal, format!("the tool {} is not offered any more", task.tool));
    let tool = tool.ok_or_else(gone)?;
    let plan = tool.plan(&task.values);
    let plan = plan.map_err(|error| Failed::new(Failure::Parameters, error.to_string()))?;
    let runner = app.runner(plan.kind()).map_err(|error| without_runner(&error))?;
    let stage = stage(app, plan, slot, |role| tool.parameter_of(role).to_owned());
    let job = unless_stopped(held, stage).await??;
    runner.check(&job).map_err(|error| failed(tool, &*runner, error))?;
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
    let findings = artifacts.iter().flat_map(|artifact| artifact.findings.clone()).collect();
    let origin = origin(tool, &*runner, seed, ended);
    let mark = marker.clone().map(|marker| Mark { marker, origin });
    let outputs = match deliver(app, artifacts, mark).await {
        Ok(outputs) => outputs,
        Err(failed) => return Err(Failed { log, runner: Some(name), ..failed }.into()),
    };
    let cost = settle::cost(task, ended, &outputs, inputs);
    Ok(Outcome::Succeeded { outputs, cost, runner: name, log, findings })
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

/// What the outputs say of the run.
fn origin(tool: &Tool, runner: &dyn Runner, seed: u64, made: Timestamp) -> Origin {
    let (tool, kind) = (tool.slug.clone(), tool.job.kind);
    Origin { tool, kind, runner: runner.name().to_owned(), method: runner.method(), seed, made }
}

/// What the run said: which runner it was, and its remarks.
fn log(runner: &dyn Runner, artifacts: &[Artifact]) -> String {
    let notes = artifacts.iter().flat_map(|artifact| artifact.notes.iter());
    let lines = std::iter::once(format!("runner: {}", runner.name())).chain(notes.cloned());
    lines.map(|line| line + "\n").collect()
}

fn without_runner(error: &NoRunner) -> Failed {
    tracing::error!(error = error as &dyn std::error::Error, "no runner works on a task");
    let failure = match error {
        NoRunner::Unknown(_) => Failure::UnknownRunner,
        NoRunner::NeedsWeights(_) | NoRunner::Unsupported(_) => Failure::RunnerSetup,
    };
    Failed::new(failure, "this server has no runner for this tool".into())
}

fn failed(tool: &Tool, runner: &dyn Runner, error: RunError) -> Halt {
    let input = |role, reason| format!("{} ({role}): {reason}", tool.parameter_of(role));
    let (failure, error) = match error {
        RunError::Cancelled => return Halt::LeaseLost,
        RunError::Input { role, reason, confidence } => {
            (Failure::Input { role, confidence }, input(role, reason))
        }
        RunError::Inputs(reason) => (Failure::Inputs, reason),
        error @ RunError::Unsafe { .. } => (Failure::Unsafe, error.to_string()),
        RunError::Operator(details) => {
            tracing::error!(details, "the runner is not set up");
            (Failure::RunnerSetup, "this server is not set up for this tool".into())
        }
        RunError::Engine(details) => {
            tracing::error!(details, "the runner failed");
            (Failure::Computation, "the computation failed".into())
        }
        RunError::Remote(answer) => (Failure::RemoteService, answer),
    };
    let (log, runner) = (format!("runner: {}\n", runner.name()), Some(runner.name().to_owned()));
    Failed { failure, error, log, runner }.into()
}
