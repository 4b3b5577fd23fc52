//! What every request handler and worker shares.

use std::sync::Arc;

use atelier_domain::catalogue::Catalogue;
use atelier_domain::{JobKind, Runner, Support, Task, TaskId, Timestamp, ToolSlug, Transition};
use atelier_store::{Storage, StoreError};
use thiserror::Error;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::dashboard::Thumbnails;
use crate::feed::Feed;
use crate::fetch::GuardedClient;
use crate::metrics::Metrics;
use crate::rates::Rates;
use crate::socket::Sockets;
use crate::{tryon, uploads};

/// Pictures that are decoded at the same time while requests are taken in; bounds memory.
const INTAKE_SLOTS: usize = 2;

/// One installation: its data, its tools, its runners.
pub struct App {
    /// Database and object store.
    pub storage: Storage,
    /// The tools.
    pub catalogue: Catalogue,
    /// What serves them.
    pub runners: Runners,
    /// Checked settings.
    pub config: Config,
    /// The public address, without a trailing slash: every link in a reply begins with it.
    pub base: String,
    pub(crate) fetch: GuardedClient,
    pub(crate) metrics: Metrics,
    pub(crate) rates: Rates,
    /// What happens to tasks, for those who listen.
    pub(crate) feed: Arc<Feed>,
    pub(crate) sockets: Sockets,
    /// Tells the worker of this process that a task was submitted.
    pub(crate) submitted: Notify,
    /// Tells the deliverer of this process that a webhook may be due.
    pub(crate) owed: Notify,
    /// Small pictures of outputs, for lists.
    pub(crate) thumbnails: Thumbnails,
    /// Limits how many uploads are decoded at once.
    pub(crate) intake: Arc<Semaphore>,
    /// Set when this process is told to stop: nobody is kept waiting for what will not happen here any more.
    pub(crate) stopping: CancellationToken,
}

impl App {
    /// The runner that the settings want for a kind of job.
    pub(crate) fn runner(&self, kind: JobKind) -> Result<Arc<dyn Runner>, NoRunner> {
        match &self.config.worker.runner {
            Some(name) => self.runners.named(name, kind),
            None => self.runners.pick(kind).ok_or(NoRunner::Unsupported(kind.name())),
        }
    }

    /// Puts an installation together. `base` is the public address without a trailing slash.
    pub fn new(
        storage: Storage,
        catalogue: Catalogue,
        runners: Runners,
        config: Config,
        base: String,
    ) -> Result<Arc<Self>, AppError> {
        if !tryon::can_serve(&catalogue, &config.tryon.tool) {
            return Err(AppError::TryonTool(config.tryon.tool));
        }
        let fetch = GuardedClient::new(
            config.worker.fetch_timeout,
            config.worker.fetch_timeout,
            &config.worker.fetch_allow,
        )?;
        let (feed, sockets) = (Feed::new(storage.store.clone()), Sockets::new(config.sockets.clone()));
        let (submitted, owed) = (Notify::new(), Notify::new());
        let intake = Arc::new(Semaphore::new(INTAKE_SLOTS));
        let (metrics, rates) = (Metrics::default(), Rates::new(&config.rates));
        Ok(Arc::new(Self {
            storage,
            catalogue,
            runners,
            config,
            base,
            fetch,
            metrics,
            rates,
            feed,
            sockets,
            submitted,
            owed,
            thumbnails: Thumbnails::default(),
            intake,
            stopping: CancellationToken::new(),
        }))
    }

    /// Cancels or kills a task, and tells whoever follows it or is owed a webhook.
    pub(crate) async fn stop_task(&self, task: TaskId, how: Transition) -> Result<Task, StoreError> {
        let stopped = self.storage.store.stop(task, how, Timestamp::now()).await?;
        self.feed.changed(task);
        self.owed.notify_one();
        Ok(stopped)
    }

    /// Deletes what an ended task made and what was uploaded for it. The task stays.
    pub(crate) async fn delete_files_of(&self, task: TaskId) -> Result<(), StoreError> {
        let forgotten = self.storage.store.forget_files_of(task).await?;
        uploads::delete_objects(&self.storage.files, &forgotten).await;
        Ok(())
    }

    /// Closes every open socket: at once where its client waits for nothing, else when the tasks it follows
    /// have ended or the time to drain is over. For the end of a server, after its requests and its worker.
    pub async fn close_sockets(&self) {
        self.sockets.close().await;
    }
}

/// Why an installation cannot be put together. The operator must act.
#[derive(Debug, Error)]
pub enum AppError {
    /// The settings name a tool that `TryonAPI` cannot run.
    #[error("the setting `tryon.tool` is {0}, which is no tool that makes a try-on of two pictures alone")]
    TryonTool(ToolSlug),
    /// Addresses that users give cannot be fetched.
    #[error("no client for other people's addresses can be made")]
    Client(#[from] reqwest::Error),
}

/// Why no runner works on a kind of job. The operator must act.
#[derive(Debug, Error)]
pub(crate) enum NoRunner {
    /// The settings name one that there is not.
    #[error("`worker.runner` is {0:?}, which is no runner of this program")]
    Unknown(String),
    /// It cannot work yet.
    #[error("the runner needs the weights {0}")]
    NeedsWeights(String),
    /// None does this.
    #[error("no runner makes a {0}")]
    Unsupported(&'static str),
}

/// The installed runners, best first, and the weights that some of them need.
#[derive(Clone)]
pub struct Runners {
    best_first: Vec<Arc<dyn Runner>>,
    weights: WeightsList,
}

/// Looks at the weights of open models that this program knows, installed or not. May read files.
pub type WeightsList = Arc<dyn Fn() -> Vec<Weights> + Send + Sync>;

/// The weights of an open model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// The name to install them by.
    pub name: String,
    /// Their name for people.
    pub title: String,
    /// Their licence.
    pub licence: String,
    /// Whether the licence forbids some uses.
    pub limits_use: bool,
    /// How much of them is there.
    pub state: WeightsState,
    /// Bytes that are there.
    pub installed: u64,
    /// About how many bytes they have.
    pub bytes: u64,
    /// The kinds of job they are for.
    pub jobs: Vec<JobKind>,
}

/// How much of a model's weights is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsState {
    /// Nothing.
    Missing,
    /// A part.
    Partial,
    /// Everything.
    Installed,
    /// Their folder cannot be read.
    Unreadable,
}

impl Runners {
    /// Runners in the order in which they are preferred.
    pub fn new(best_first: Vec<Arc<dyn Runner>>) -> Self {
        Self { best_first, weights: Arc::new(Vec::new) }
    }

    /// The same runners, with how to look at weights.
    #[must_use]
    pub fn with_weights(self, weights: WeightsList) -> Self {
        Self { weights, ..self }
    }

    /// Every runner, the best first.
    pub(crate) fn all(&self) -> &[Arc<dyn Runner>] {
        &self.best_first
    }

    /// How to look at weights.
    pub(crate) fn weights(&self) -> &WeightsList {
        &self.weights
    }

    /// What there is on which device, as `native on cuda:0, draft on cpu`.
    pub(crate) fn words(&self) -> String {
        let words = self.best_first.iter().map(|runner| format!("{} on {}", runner.name(), runner.device()));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The runner of a name, if it is ready for a kind of job.
    fn named(&self, name: &str, kind: JobKind) -> Result<Arc<dyn Runner>, NoRunner> {
        let runner = self.best_first.iter().find(|runner| runner.name() == name);
        let runner = runner.ok_or_else(|| NoRunner::Unknown(name.to_owned()))?;
        match runner.supports(kind) {
            Support::Ready => Ok(runner.clone()),
            Support::NeedsWeights(weights) => Err(NoRunner::NeedsWeights(weights)),
            Support::No => Err(NoRunner::Unsupported(kind.name())),
        }
    }

    /// The best runner that is ready for a kind of job.
    pub fn pick(&self, kind: JobKind) -> Option<Arc<dyn Runner>> {
        self.best_first.iter().find(|runner| runner.supports(kind) == Support::Ready).cloned()
    }
}
