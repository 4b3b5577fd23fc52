//! How many submits and how many whole task cycles the store takes each second, by number of callers at once.
//!
//! `cargo run --release -p atelier-store --example throughput -- [FOLDER]`. Name a folder on the disk that
//! counts; the system's temporary folder, used otherwise, may be memory.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atelier_domain::catalogue::Price;
use atelier_domain::{
    AccessKey, AccountId, AllowedNetworks, ApiKey, ApiSecret, BillingRules, FileId, Money, Output, ProjectId,
    PublicPath, TaskToken, Timestamp, ToolSlug, Transition, Values,
};
use atelier_store::{Act, AuthMode, Billing, NewProject, NewTask, Outcome, Storage, Store, StoreError};

/// Any number of tasks at once, but each is paid for.
const RULES: BillingRules =
    BillingRules { minimum_balance: Money::ZERO, balance_per_task: None, unlimited_above: Money::ZERO };

/// How long each number of callers is measured.
const SPAN: Duration = Duration::from_secs(3);

const LEASE: Duration = Duration::from_secs(90);

const STEPS: [Transition; 6] = [
    Transition::BeginPreprocessing,
    Transition::FinishPreprocessing,
    Transition::Assign,
    Transition::Start,
    Transition::End,
    Transition::BeginPostprocessing,
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    println!("callers  submits/s  p50 ms  p99 ms   cycles/s  p50 ms  p99 ms");
    for callers in [1, 50, 200] {
        let home = tempfile::tempdir_in(&folder)?;
        let submits =
            measure(&Studio::open(&home.path().join("submits")).await?, callers, Studio::submit).await?;
        let cycles =
            measure(&Studio::open(&home.path().join("cycles")).await?, callers, Studio::cycle).await?;
        println!("{callers:>7}  {}   {}", row(submits), row(cycles));
    }
    Ok(())
}

/// Rate, median and 99th percentile.
fn row(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let rate = took.len() as f64 / SPAN.as_secs_f64();
    let at =
        |percent: usize| took.get(took.len() * percent / 100).map_or(0.0, |took| took.as_secs_f64() * 1e3);
    format!("{rate:>9.0}  {:>6.2}  {:>6.2}", at(50), at(99))
}

/// Lets `callers` at once do one thing over and over; returns how long each took.
async fn measure<F>(
    studio: &Studio,
    callers: usize,
    once: fn(Studio) -> F,
) -> Result<Vec<Duration>, Box<dyn Error>>
where
    F: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    let end = Instant::now() + SPAN;
    let call = |studio: Studio| async move {
        let mut took = Vec::new();
        while Instant::now() < end {
            let began = Instant::now();
            once(studio.clone()).await?;
            took.push(began.elapsed());
        }
        Ok::<_, StoreError>(took)
    };
    let calls: Vec<_> = (0..callers).map(|_| tokio::spawn(call(studio.clone()))).collect();
    let mut took = Vec::new();
    for call in calls {
        took.extend(call.await??);
    }
    Ok(took)
}

/// An installation with one rich account.
#[derive(Clone)]
struct Studio {
    store: Arc<dyn Store>,
    account: AccountId,
    project: ProjectId,
}

impl Studio {
    async fn open(folder: &std::path::Path) -> Result<Self, Box<dyn Error>> {
        let store = Storage::open(folder).await?.store;
        let now = Timestamp::now();
        let account = store.create_account("ada@example.org", now).await?.id;
        store.grant(account, Money(i64::MAX), "", &Act::operator(now)).await?;
        let project = NewProject {
            account,
            name: "shop".into(),
            auth: AuthMode::Key,
            key: ApiKey::random(),
            secret: ApiSecret::random(),
            allowed_networks: AllowedNetworks::default(),
        };
        let project = store.create_project(project, &Act::operator(now)).await?.id;
        Ok(Self { store, account, project })
    }

    async fn submit(self) -> Result<(), StoreError> {
        let new = NewTask {
            token: TaskToken::random(),
            project: self.project,
            account: self.account,
            tool: ToolSlug::new("wiro", "virtual-try-on"),
            shown_parameters: serde_json::Map::from_iter([("prompt".into(), "x".repeat(500).into())]),
            values: Values::default(),
            callback_url: String::new(),
            bearer_key: None,
            external_id: String::new(),
            dialect: String::new(),
            billing: Some(Billing { price: Price::per_request(Money(90_000_000_000)), rules: RULES }),
            idempotency: None,
            uploads: Vec::new(),
        };
        self.store.submit(new, Timestamp::now()).await?;
        Ok(())
    }

    /// Submits a task, then takes the oldest one from the queue to its end.
    async fn cycle(self) -> Result<(), StoreError> {
        self.clone().submit().await?;
        let Some(claim) = self.store.claim("worker", LEASE, Timestamp::now()).await? else { return Ok(()) };
        for step in STEPS {
            self.store.advance(&claim.lease, step, Timestamp::now()).await?;
        }
        let (outputs, runner) = (vec![new_output()], "draft".to_owned());
        let outcome =
            Outcome::Succeeded { outputs, cost: Money(1), runner, log: String::new(), findings: Vec::new() };
        self.store.finish(&claim.lease, outcome, Timestamp::now()).await
    }
}

fn new_output() -> Output {
    Output {
        id: FileId::random(),
        folder: FileId::random(),
        name: "0.png".into(),
        content_type: "image/png".into(),
        size: 1,
        width: 768,
        height: 1024,
        length: Duration::ZERO,
        sha256: "ab".repeat(32),
        added: Timestamp::now(),
        access_key: AccessKey::random(),
        public_path: PublicPath::random(),
    }
}
