//! What the system itself costs: from the submit of a task to its terminal state, with a runner that does nothing.
//!
//! `cargo run --release -p atelier-bench --bin overhead -- [FOLDER]`. The data folder is made below FOLDER
//! (default: the current folder), because durability costs what its disk costs.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use atelier_domain::catalogue::Catalogue;
use atelier_domain::{
    AllowedNetworks, ApiKey, ApiSecret, Artifact, Content, Job, JobKind, Money, Picture, PictureFormat,
    RunContext, RunError, Runner, Support, Timestamp,
};
use atelier_server::config::Config;
use atelier_server::{App, Runners, Worker, transport};
use atelier_store::{AuthMode, NewProject, Storage};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A PNG of one pixel: decoding it costs nothing.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/// Tasks measured for each number of clients.
const TASKS: usize = 1000;
/// Time between two looks at a task; part of what is measured.
const POLL: Duration = Duration::from_millis(2);

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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let data = tempfile::tempdir_in(folder)?;
    let (base, key) = serve(data.path()).await?;
    println!("| clients | tasks | submit p50 | submit p99 | to terminal p50 | p99 | tasks/s |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for clients in [1, 50, 200] {
        let tasks = if clients == 1 { TASKS / 5 } else { TASKS };
        let start = Instant::now();
        let mut submits = Vec::new();
        let mut totals = Vec::new();
        let each = (0..clients).map(|_| tokio::spawn(client(base.clone(), key.clone(), tasks / clients)));
        for done in each.collect::<Vec<_>>() {
            for (submit, total) in done.await?? {
                submits.push(submit);
                totals.push(total);
            }
        }
        let rate = totals.len() as f64 / start.elapsed().as_secs_f64();
        let (s50, s99) = percentiles(&mut submits);
        let (t50, t99) = percentiles(&mut totals);
        println!("| {clients} | {} | {s50} | {s99} | {t50} | {t99} | {rate:.0} |", totals.len());
    }
    Ok(())
}

/// The whole server on a free port; gives its address and a key.
async fn serve(data: &std::path::Path) -> anyhow::Result<(String, String)> {
    let mut config = Config::load(None)?;
    data.clone_into(&mut config.data);
    let storage = Storage::open(data).await?;
    let now = Timestamp::now();
    let account = storage.store.create_account("bench@localhost", now).await?.id;
    let credit = Money::parse_usd("1000000").context("not an amount")?;
    storage.store.grant(account, credit, "bench", now).await?;
    let key = ApiKey::random();
    let new = NewProject {
        account,
        name: "bench".into(),
        auth: AuthMode::Key,
        key: key.clone(),
        secret: ApiSecret::random(),
        allowed_networks: AllowedNetworks::default(),
    };
    storage.store.create_project(new, now).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let runners = Runners::new(vec![Arc::new(Nothing)]);
    let app = App::new(storage, Catalogue::builtin()?, runners, config, base.clone())?;
    tokio::spawn(Worker::new(app.clone())?.run(CancellationToken::new()));
    tokio::spawn(transport::serve(app, listener, CancellationToken::new()));
    Ok((base, key.to_string()))
}

/// Runs tasks one after the other; gives the time of each submit and of each task to its end.
async fn client(base: String, key: String, tasks: usize) -> anyhow::Result<Vec<(Duration, Duration)>> {
    let http = reqwest::Client::new();
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let post = async |path: &str, body: &Value| -> anyhow::Result<Value> {
        let request = http.post(format!("{base}{path}")).header("x-api-key", &key).json(body);
        Ok(request.send().await?.json().await?)
    };
    let mut times = Vec::new();
    for _ in 0..tasks {
        let start = Instant::now();
        let reply = post("/v1/Run/wiro/virtual-try-on", &body).await?;
        let submitted = start.elapsed();
        let token = reply["socketaccesstoken"].as_str().with_context(|| format!("refused: {reply}"))?;
        loop {
            let reply = post("/v1/Task/Detail", &json!({"tasktoken": token})).await?;
            let task = &reply["tasklist"][0];
            if task["status"] == "task_postprocess_end" {
                anyhow::ensure!(task["pexit"] == "0", "failed: {}", task["debugerror"]);
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        times.push((submitted, start.elapsed()));
    }
    Ok(times)
}

fn percentiles(times: &mut [Duration]) -> (String, String) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    let show = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    (show(at(0.5)), show(at(0.99)))
}
