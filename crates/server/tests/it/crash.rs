//! Crash safety: a server that is killed with SIGKILL again and again loses nothing and does nothing twice.
//!
//! The server is this test binary itself, started again as a child that serves with the echo runner.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use atelier_domain::catalogue::Catalogue;
use atelier_domain::{AccountId, EventKind, Money, TaskState, TaskToken};
use atelier_server::config::Config;
use atelier_server::{App, Runners};
use atelier_store::{LedgerKind, Storage, TaskRef};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::support::{Echo, PIXEL, funded_project, serve};

const CLIENTS: usize = 50;
const TASKS: usize = 1000;
const KILLS: usize = 20;
const SEED: u64 = 7;

/// Not a test of its own: what the child process runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server process of the crash test"]
async fn child_server() {
    let (Ok(data), Ok(port)) = (std::env::var("CRASH_DATA"), std::env::var("CRASH_PORT")) else { return };
    let mut config = Config::load(None).unwrap();
    config.data = data.into();
    config.worker.lease = Duration::from_millis(700);
    config.worker.max_attempts = 1000;
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let address = listener.local_addr().unwrap();
    let storage = Storage::open(&config.data).await.unwrap();
    let runners = Runners::new(vec![Arc::new(Echo)]);
    let base = format!("http://{address}");
    let app = App::new(storage, Catalogue::builtin().unwrap(), runners, config, base).unwrap();
    serve(app, listener, CancellationToken::new());
    println!("\nlistening {}", address.port());
    std::future::pending::<()>().await;
}

/// Starts the child and waits until it listens; gives it and its port.
async fn start(data: &Path, port: u16) -> (Child, u16) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_server", "--ignored", "--nocapture"])
        .env("CRASH_DATA", data)
        .env("CRASH_PORT", port.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(port) = line.strip_prefix("listening ") {
            let port = port.parse().unwrap();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, port);
        }
    }
    panic!("the child did not start");
}

/// Submits tasks until as many as asked for were acknowledged; one whose reply did not come is sent again, under the
/// same idempotency key.
async fn submitter(base: String, key: String, client: usize, acknowledged: Arc<AtomicUsize>) -> Vec<String> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let mut tokens = Vec::new();
    while tokens.len() < TASKS / CLIENTS {
        let request = http.post(format!("{base}/v1/Run/wiro/virtual-try-on")).header("x-api-key", &key);
        let request = request.header("Idempotency-Key", format!("{client}/{}", tokens.len())).json(&body);
        let reply: Option<Value> = match request.send().await {
            Ok(response) => response.json().await.ok(),
            Err(_) => None,
        };
        match reply.as_ref().and_then(|reply| reply["socketaccesstoken"].as_str()) {
            Some(token) => {
                tokens.push(token.to_owned());
                acknowledged.fetch_add(1, Ordering::AcqRel);
            }
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_a_thousand_tasks_survive_twenty_kills_and_each_ends_exactly_once() {
    atelier_server::install_crypto();
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path()).await.unwrap();
    let (account, key) = funded_project(&storage, "owner@example.com", "1000").await;
    let (mut child, port) = start(data.path(), 0).await;
    let base = format!("http://127.0.0.1:{port}");
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let submitters: Vec<_> = (0..CLIENTS)
        .map(|client| submitter(base.clone(), key.to_string(), client, acknowledged.clone()))
        .map(tokio::spawn)
        .collect();

    // Kills are spread over the submits, and the last few over the rest of the work.
    let mut random = StdRng::seed_from_u64(SEED);
    for kill in 1..=KILLS {
        let enough = (TASKS * kill / (KILLS + 4)).min(TASKS);
        let start_wait = Instant::now();
        while acknowledged.load(Ordering::Acquire) < enough && start_wait.elapsed() < Duration::from_secs(10)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..40))).await;
        child.kill().await.unwrap();
        child = start(data.path(), port).await.0;
    }

    let mut tokens = Vec::new();
    for submitter in submitters {
        tokens.extend(submitter.await.unwrap());
    }
    assert_eq!(tokens.len(), TASKS);
    until_idle(&storage).await;
    child.kill().await.unwrap();
    check_invariants(&storage, account, &tokens).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f4_a_submit_that_was_cut_off_before_or_after_its_commit_is_one_task() {
    const CUTS: u64 = 12;
    atelier_server::install_crypto();
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path()).await.unwrap();
    let (account, key) = funded_project(&storage, "owner@example.com", "1000").await;
    let (mut child, port) = start(data.path(), 0).await;
    let http = reqwest::Client::new();
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let mut tokens = BTreeSet::new();
    for cut in 0..CUTS {
        let submit = || {
            let request = http.post(format!("http://127.0.0.1:{port}/v1/Run/wiro/virtual-try-on"));
            let request = request.header("Idempotency-Key", format!("cut-{cut}"));
            request.header("x-api-key", key.as_str()).json(&body).send()
        };
        // The first ones are killed before they commit, the last ones after.
        let lost = tokio::time::timeout(Duration::from_millis(cut * 2), submit());
        let _ = lost.await;
        child.kill().await.unwrap();
        child = start(data.path(), port).await.0;
        for _ in 0..2 {
            let reply: Value = submit().await.unwrap().json().await.unwrap();
            tokens.insert(reply["socketaccesstoken"].as_str().unwrap().to_owned());
        }
    }
    until_idle(&storage).await;
    child.kill().await.unwrap();
    assert_eq!(tokens.len() as u64, CUTS);
    let tokens: Vec<_> = tokens.into_iter().collect();
    check_invariants(&storage, account, &tokens).await;
}

async fn until_idle(storage: &Storage) {
    let start = Instant::now();
    loop {
        let depth = storage.store.queue_depth().await.unwrap();
        if depth.waiting + depth.running == 0 {
            return;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "still {depth:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn check_invariants(storage: &Storage, account: AccountId, tokens: &[String]) {
    let mut price = Money::ZERO;
    for token in tokens {
        let reference = TaskRef::Token(TaskToken::parse(token).unwrap());
        let task = storage.store.task(&reference).await.unwrap().expect("an acknowledged task is never lost");
        assert_eq!(task.state, TaskState::Succeeded, "{}: {}", task.id, task.error);
        assert_eq!(task.outputs.len(), 1);
        assert_eq!(task.cost, task.price);
        price = task.price;
        let events = storage.store.events(task.id, 0).await.unwrap();
        let ends = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Entered(state) if state.is_terminal()));
        assert_eq!(ends.count(), 1, "task {} ends exactly once", task.id);
    }
    let ledger = storage.store.ledger(account).await.unwrap();
    let of = |kind| ledger.iter().filter(move |entry| entry.kind == kind);
    let (reserves, releases) = (of(LedgerKind::Reserve).count(), of(LedgerKind::Release).count());
    assert_eq!(reserves, releases, "every reservation was given back");
    let charges = of(LedgerKind::Charge).count();
    assert_eq!(charges, tokens.len(), "a submit whose reply was cut off and that was repeated is one task");
    assert_eq!(charges, reserves, "every task succeeded and was charged once");
    let grant = of(LedgerKind::Grant).map(|entry| entry.amount).sum::<Money>();
    let balance = storage.store.accounts().await.unwrap()[0].balance;
    assert_eq!(balance, grant - price.times(u32::try_from(charges).unwrap()).unwrap());
}
