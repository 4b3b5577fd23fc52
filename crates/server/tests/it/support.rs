//! A whole server on a free port with a temporary data folder, and runners that a test controls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use atelier_domain::catalogue::Catalogue;
use atelier_domain::{
    AccountId, AllowedNetworks, ApiKey, ApiSecret, Artifact, Content, Job, JobKind, Money, Picture,
    PictureFormat, Progress, RunContext, RunError, Runner, Support, Timestamp,
};
use atelier_server::config::Config;
use atelier_server::{App, Runners, Worker, transport};
use atelier_store::{Act, AuthMode, NewProject, Storage};
use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::conformance;

/// How long a condition may take before its test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A PNG of one red pixel, as a `data:` URI.
pub(crate) const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// Gives the person's picture back.
pub(crate) struct Echo;

impl Runner for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn supports(&self, kind: JobKind) -> Support {
        if kind == JobKind::TryOn { Support::Ready } else { Support::No }
    }

    /// Takes every picture: most tests use one pixel.
    fn check(&self, _: &Job<Picture>) -> Result<(), RunError> {
        Ok(())
    }

    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        context.cancel.check()?;
        (context.progress)(Progress { stage: "echo".into(), step: 1, steps: 1 });
        let (_, person) = job.inputs().swap_remove(0);
        let content = Content::Picture { picture: person.clone(), format: PictureFormat::Png };
        Ok(vec![Artifact { content, notes: vec!["echo: unchanged".into()], findings: vec![] }])
    }
}

/// Runs until its gate is opened or it is cancelled.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    open: Arc<AtomicBool>,
    entered: Arc<AtomicUsize>,
    cancelled: Arc<AtomicBool>,
    panics: bool,
}

impl Gate {
    pub(crate) fn that_panics() -> Self {
        Self { panics: true, ..Self::default() }
    }

    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    pub(crate) fn entered(&self) -> usize {
        self.entered.load(Ordering::Acquire)
    }

    pub(crate) fn was_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

impl Runner for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn supports(&self, kind: JobKind) -> Support {
        Echo.supports(kind)
    }

    fn check(&self, job: &Job<Picture>) -> Result<(), RunError> {
        Echo.check(job)
    }

    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        self.entered.fetch_add(1, Ordering::AcqRel);
        assert!(!self.panics, "as asked");
        while !self.open.load(Ordering::Acquire) {
            if context.cancel.is_cancelled() {
                self.cancelled.store(true, Ordering::Release);
                return Err(RunError::Cancelled);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Echo.run(job, context)
    }
}

/// A running server.
pub(crate) struct Studio {
    pub(crate) app: Arc<App>,
    pub(crate) http: reqwest::Client,
    pub(crate) account: AccountId,
    /// The key of a key-only project of `account`.
    pub(crate) key: ApiKey,
    stop: CancellationToken,
    _data: TempDir,
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Studio {
    pub(crate) async fn start(runner: impl Runner + 'static) -> Self {
        Self::start_with(runner, |_| {}).await
    }

    /// A server whose settings a test changes.
    pub(crate) async fn start_with(runner: impl Runner + 'static, set: impl FnOnce(&mut Config)) -> Self {
        Self::start_offering(Catalogue::builtin().unwrap(), runner, set).await
    }

    /// A server whose tools and settings a test chooses.
    pub(crate) async fn start_offering(
        catalogue: Catalogue,
        runner: impl Runner + 'static,
        set: impl FnOnce(&mut Config),
    ) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::load(None).unwrap();
        config.data = data.path().to_owned();
        config.worker.lease = Duration::from_secs(2);
        set(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Named as a server that listens there would name itself.
        let port = listener.local_addr().unwrap().port();
        let base = format!("http://{}", SocketAddr::new(config.listen.ip(), port));
        let storage = Storage::open(data.path()).await.unwrap();
        let (account, key) = funded_project(&storage, "owner@example.com", "100").await;
        let runners = Runners::new(vec![Arc::new(runner)]);
        let app = App::new(storage, catalogue, runners, config, base).unwrap();
        let stop = CancellationToken::new();
        serve(app.clone(), listener, stop.clone());
        Self { app, http: reqwest::Client::new(), account, key, stop, _data: data }
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// The full address of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.app.base)
    }

    /// Posts JSON with the key; gives the status and the reply.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(self.at(path)).header("x-api-key", self.key.as_str());
        let (status, reply) = send(request.json(body)).await;
        conformance::check(self, path, status, &reply).await;
        (status, reply)
    }

    /// Submits a try-on of one pixel and gives its token.
    pub(crate) async fn submit(&self) -> String {
        let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
        let (_, reply) = self.post("/v1/Run/wiro/virtual-try-on", &body).await;
        reply["socketaccesstoken"].as_str().unwrap_or_else(|| panic!("no token in {reply}")).to_owned()
    }

    pub(crate) async fn task(&self, token: &str) -> Value {
        let (status, mut reply) = self.post("/v1/Task/Detail", &json!({"tasktoken": token})).await;
        assert_eq!((status, &reply["result"]), (200, &json!(true)), "{reply}");
        reply["tasklist"][0].take()
    }

    /// Waits until a task has a status.
    pub(crate) async fn until(&self, token: &str, status: &str) -> Value {
        let mut last = Value::Null;
        let reached = async {
            loop {
                last = self.task(token).await;
                if last["status"] == status {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        assert!(in_time, "never {status}: {last:#}");
        last
    }
}

/// The picture of [`PIXEL`].
pub(crate) fn pixel() -> Vec<u8> {
    let encoded = PIXEL.split_once(',').unwrap().1;
    base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()
}

/// How many objects lie in the file store.
pub(crate) async fn objects(studio: &Studio) -> usize {
    let mut found = 0;
    for folder in 0..=u8::MAX {
        found += studio.app.storage.files.list(folder).await.unwrap().len();
    }
    found
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) fn serve(app: Arc<App>, listener: TcpListener, stop: CancellationToken) {
    let worker = Worker::new(app.clone()).unwrap();
    tokio::spawn(worker.run(stop.clone()));
    tokio::spawn(transport::serve(app, listener, stop));
}

/// An account with credit and a key-only project.
pub(crate) async fn funded_project(storage: &Storage, email: &str, usd: &str) -> (AccountId, ApiKey) {
    let now = Timestamp::now();
    let account = storage.store.create_account(email, now).await.unwrap().id;
    storage.store.grant(account, Money::parse_usd(usd).unwrap(), "test", &Act::operator(now)).await.unwrap();
    let key = ApiKey::random();
    storage
        .store
        .create_project(project(account, AuthMode::Key, &key, &ApiSecret::random()), &Act::operator(now))
        .await
        .unwrap();
    (account, key)
}

pub(crate) fn project(account: AccountId, auth: AuthMode, key: &ApiKey, secret: &ApiSecret) -> NewProject {
    NewProject {
        account,
        name: "test".into(),
        auth,
        key: key.clone(),
        secret: secret.clone(),
        allowed_networks: AllowedNetworks::default(),
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON ({status}): {text}")))
}

/// The code and message of the only error of a refused request.
pub(crate) fn error(reply: &Value) -> (i64, &str) {
    assert_eq!(reply["result"], json!(false), "{reply}");
    assert_eq!(reply["errors"].as_array().unwrap().len(), 1);
    (reply["errors"][0]["code"].as_i64().unwrap(), reply["errors"][0]["message"].as_str().unwrap())
}
