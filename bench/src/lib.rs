//! What the timings share: a whole server with a runner that does nothing, and percentiles.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use atelier_domain::catalogue::Catalogue;
use atelier_domain::{
    AllowedNetworks, ApiKey, ApiSecret, Artifact, Content, Job, JobKind, KeyKind, KeyName, KeySecret, Money,
    Picture, PictureFormat, ProjectId, RunContext, RunError, Runner, Support, Timestamp,
};
use atelier_server::config::{Config, RateConfig};
use atelier_server::{App, Runners, Worker, transport};
use atelier_store::{Act, AuthMode, NewKey, NewProject, Storage};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Gives the person's picture back.
struct Nothing;

impl Runner for Nothing {
    fn name(&self) -> &'static str {
        "nothing"
    }

    fn supports(&self, kind: JobKind) -> Support {
        if kind == JobKind::TryOn { Support::Ready } else { Support::No }
    }

    fn check(&self, _: &Job<Picture>) -> Result<(), RunError> {
        Ok(())
    }

    fn run(&self, job: &Job<Picture>, _: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        let (_, person) = job.inputs().swap_remove(0);
        let content = Content::Picture { picture: person.clone(), format: PictureFormat::Png };
        Ok(vec![Artifact { content, notes: Vec::new(), findings: Vec::new() }])
    }
}

/// A server that takes requests and works on nothing yet.
pub struct Server {
    /// Its address.
    pub base: String,
    /// The key of a project with more credit than it can spend.
    pub key: String,
    /// A key of the same project for `TryonAPI`.
    pub bearer: String,
    app: Arc<App>,
}

impl Server {
    /// On a free port, with its data in a folder, and with no limit on requests.
    pub async fn start(data: &Path) -> anyhow::Result<Self> {
        let mut config = Config::load(None)?;
        data.clone_into(&mut config.data);
        config.rates = RateConfig::default();
        let storage = Storage::open(data).await?;
        let now = Timestamp::now();
        let account = storage.store.create_account("bench@localhost", now).await?.id;
        let credit = Money::parse_usd("1000000").context("not an amount")?;
        storage.store.grant(account, credit, "bench", &Act::operator(now)).await?;
        let key = ApiKey::random();
        let new = NewProject {
            account,
            name: "bench".into(),
            auth: AuthMode::Key,
            key: key.clone(),
            secret: ApiSecret::random(),
            allowed_networks: AllowedNetworks::default(),
        };
        let project = storage.store.create_project(new, &Act::operator(now)).await?.id;
        let bearer = bearer(&storage, project, now).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let runners = Runners::new(vec![Arc::new(Nothing)]);
        let app = App::new(storage, Catalogue::builtin()?, runners, config, base.clone())?;
        tokio::spawn(transport::serve(app.clone(), listener, CancellationToken::new()));
        Ok(Self { base, key: key.to_string(), bearer, app })
    }

    /// Begins to work.
    pub fn work(&self) -> anyhow::Result<()> {
        tokio::spawn(Worker::new(self.app.clone())?.run(CancellationToken::new()));
        Ok(())
    }
}

async fn bearer(storage: &Storage, project: ProjectId, now: Timestamp) -> anyhow::Result<String> {
    let secret = KeySecret::random();
    let new = NewKey {
        project,
        kind: KeyKind::Tryon,
        name: KeyName::parse("bench").context("not a name")?,
        secret: secret.clone(),
        expires: None,
        allowed_networks: AllowedNetworks::default(),
    };
    storage.store.create_key(new, &Act::operator(now)).await?;
    Ok(secret.expose().to_owned())
}

/// The median and the 99th percentile, in milliseconds.
pub fn percentiles(times: &mut [Duration]) -> (String, String) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    let show = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    (show(at(0.5)), show(at(0.99)))
}
