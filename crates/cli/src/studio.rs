//! Putting an installation together: settings, data folder, catalogue, runners; and a private one for
//! commands that need a server only for themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use atelier_domain::catalogue::Catalogue;
use atelier_domain::{AllowedNetworks, ApiKey, ApiSecret, KeyKind, KeyName, KeySecret, Timestamp};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use atelier_server::config::Config;
use atelier_server::{App, Deliverer, Runners, Worker, transport};
use atelier_store::{Act, AuthMode, NewKey, NewProject, Storage};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
#[cfg(feature = "native")]
use {
    atelier_domain::{JobKind, Runner as _, Support},
    atelier_runner_native::{NativeOptions, NativeRunner},
};

use crate::args::Place;
use crate::client::Client;

/// Whose credit a private studio uses up: nobody's. Its account pays nothing and has no limits.
pub(crate) const DEMO_ACCOUNT: &str = "demo@localhost";

/// The settings of a place, with its flags on top.
pub(crate) fn config(place: &Place) -> anyhow::Result<Config> {
    let mut config = Config::load(place.config.as_deref())?;
    if let Some(data) = &place.data {
        config.data.clone_from(data);
    }
    Ok(config)
}

/// The built-in tools and the operator's own.
pub(crate) fn catalogue(folder: Option<&Path>) -> anyhow::Result<Catalogue> {
    let mut catalogue = Catalogue::builtin()?;
    let Some(folder) = folder else { return Ok(catalogue) };
    let read =
        || -> std::io::Result<Vec<_>> { std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut files = read().with_context(|| format!("cannot read the tools in {}", folder.display()))?;
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        catalogue.add_file(&file.display().to_string(), &text)?;
    }
    Ok(catalogue)
}

/// Every runner of this binary, best first.
#[cfg_attr(not(feature = "native"), expect(clippy::unnecessary_wraps, reason = "the draft is always there"))]
pub(crate) fn runners(config: &Config) -> anyhow::Result<Runners> {
    let draft = Arc::new(DraftRunner::new(DraftOptions { label: config.draft.label }));
    #[cfg(feature = "native")]
    let runners = Runners::new(vec![Arc::new(native(config)?), draft]);
    #[cfg(not(feature = "native"))]
    let runners = Runners::new(vec![draft]);
    Ok(runners.with_weights(crate::models::weights(models(config))))
}

#[cfg(feature = "native")]
fn native(config: &Config) -> anyhow::Result<NativeRunner> {
    let native = &config.native;
    let options = NativeOptions {
        models: models(config),
        device: native.device.parse().context("the setting `native.device` is wrong")?,
        memory: native.memory,
        idle: native.idle,
        pixels: native.pixels,
    };
    let runner = NativeRunner::new(options)?;
    if let (Support::Ready, Some(notice)) = (runner.supports(JobKind::TryOn), runner.notice()) {
        tracing::warn!("{notice}");
    }
    Ok(runner)
}

/// The folder with a folder for each model.
pub(crate) fn models(config: &Config) -> PathBuf {
    config.models.folder.clone().unwrap_or_else(|| config.data.join("models"))
}

/// Opens the data folder and puts the parts together.
pub(crate) async fn open(config: Config, base: String) -> anyhow::Result<Arc<App>> {
    let storage = Storage::open(&config.data).await?;
    let catalogue = catalogue(config.tools.as_deref())?;
    Ok(App::new(storage, catalogue, runners(&config)?, config, base)?)
}

/// A whole installation in a temporary folder, on a free port of this machine, with one funded project.
pub(crate) struct PrivateStudio {
    pub(crate) app: Arc<App>,
    pub(crate) client: Client,
    pub(crate) credentials: Credentials,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    _data: TempDir,
}

impl PrivateStudio {
    /// Opens it and begins to serve.
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let data = tempfile::tempdir().context("cannot make a temporary folder")?;
        let mut config = Config::load(None)?;
        config.data = data.path().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on this machine")?;
        let base = format!("http://{}", listener.local_addr()?);
        let app = open(config, base.clone()).await?;
        let credentials = project(&app.storage).await?;
        let secret = credentials.secret.expose().to_owned();
        let client = Client::new(&base, credentials.key.as_str(), Some(secret))?;
        let stop = CancellationToken::new();
        let (worker, deliverer) = (Worker::new(app.clone())?, Deliverer::new(app.clone())?);
        let (http, http_stop, worker_stop) = (app.clone(), stop.clone(), stop.clone());
        let tasks = vec![
            tokio::spawn(async move {
                if let Err(error) = transport::serve(http, listener, http_stop).await {
                    tracing::error!(%error, "the private server ended");
                }
            }),
            tokio::spawn(worker.run(worker_stop)),
            tokio::spawn(deliverer.run(stop.clone())),
        ];
        Ok(Self { app, client, credentials, stop, tasks, _data: data })
    }

    /// Stops serving and removes the data.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        for task in self.tasks {
            // A panic in it has been reported already.
            let _ = task.await;
        }
    }
}

/// What the dialects ask of the callers of a private studio.
pub(crate) struct Credentials {
    /// For the Wiro task API.
    pub(crate) key: ApiKey,
    /// What its calls are signed with.
    pub(crate) secret: ApiSecret,
    /// For `TryonAPI`.
    pub(crate) tryon: KeySecret,
}

async fn project(storage: &Storage) -> anyhow::Result<Credentials> {
    let now = Timestamp::now();
    let account = storage.store.create_account(DEMO_ACCOUNT, now).await?;
    storage.store.set_unlimited(account.id, true, &Act::operator(Timestamp::now())).await?;
    let made = Credentials { key: ApiKey::random(), secret: ApiSecret::random(), tryon: KeySecret::random() };
    let new = NewProject {
        account: account.id,
        name: "private".into(),
        auth: AuthMode::Signature,
        key: made.key.clone(),
        secret: made.secret.clone(),
        allowed_networks: AllowedNetworks::default(),
    };
    let project = storage.store.create_project(new, &Act::operator(now)).await?.id;
    let new = NewKey {
        project,
        kind: KeyKind::Tryon,
        name: KeyName::parse("private").context("a name is a line")?,
        secret: made.tryon.clone(),
        expires: None,
        allowed_networks: AllowedNetworks::default(),
    };
    storage.store.create_key(new, &Act::operator(now)).await?;
    Ok(made)
}
