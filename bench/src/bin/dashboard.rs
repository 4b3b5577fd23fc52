//! How long the server takes for each page of the dashboard, and how much it sends.
//!
//! `cargo run --release -p atelier-bench --bin dashboard -- FOLDER`, where FOLDER was filled by the store's example
//! `fill`. One request at a time over one connection, each page many times; what is measured ends with the last byte.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use atelier_bench::percentiles;
use atelier_domain::catalogue::Catalogue;
use atelier_domain::{AccountId, Email, LinkSecret, SessionSecret, Timestamp};
use atelier_server::config::{Config, RateConfig};
use atelier_server::{App, Runners, transport};
use atelier_store::{Act, LinkPurpose, NewLink, NewSession, PasswordHash, Place, Storage, Store, TaskFilter};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Requests of each page that are measured, after some that are not.
const TIMES: usize = 100;
const BEFORE: usize = 5;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder =
        std::env::args().nth(1).map(PathBuf::from).context("the first argument is the data folder")?;
    let storage = Storage::open(&folder).await?;
    let store = storage.store.clone();
    let account = store.account_by_email("bench@localhost").await?.id;
    let cookie = enter(&*store).await?;
    let pages = pages(&*store, account).await?;
    let base = serve(storage, folder).await?;
    let http = reqwest::Client::new();
    println!("| page | p50 | p99 | bytes |");
    println!("| --- | --- | --- | --- |");
    for page in pages {
        let (mut times, mut size) = (Vec::new(), 0);
        for _ in 0..BEFORE + TIMES {
            let start = Instant::now();
            let asked = http.get(format!("{base}/dashboard{page}")).header("cookie", &cookie);
            let answer = asked.header("accept", "text/html").send().await?;
            ensure!(answer.status().is_success(), "{page}: {}", answer.status());
            size = answer.bytes().await?.len();
            times.push(start.elapsed());
        }
        let (half, most) = percentiles(&mut times[BEFORE..]);
        println!("| `{page}` | {half} | {most} | {size} |");
    }
    Ok(())
}

/// Signs the operator in, who sees everything; gives what their browser sends.
async fn enter(store: &dyn Store) -> anyhow::Result<String> {
    let now = Timestamp::now();
    let expires = now.after(Duration::from_hours(1));
    let email = Email::parse("bench@localhost").context("not an address")?;
    let person = if let Some((person, _)) = store.person_by_email(&email).await? {
        person.id
    } else {
        let secret = LinkSecret::random();
        let purpose = LinkPurpose::FirstRun { unlimited: false };
        let link = NewLink { purpose, secret: secret.clone(), note: String::new(), expires };
        store.make_link(link, &Act::operator(now)).await?;
        store.use_link(&secret, Some(&email), PasswordHash("none matches".into()), now).await?.id
    };
    let secret = SessionSecret::random();
    store
        .start_session(NewSession { person, secret: secret.clone(), agent: "bench".into(), expires }, now)
        .await?;
    Ok(format!("atelier={}", secret.expose()))
}

/// The pages, among them lists in the middle of the history and filters that match little.
async fn pages(store: &dyn Store, account: AccountId) -> anyhow::Result<Vec<String>> {
    let all = TaskFilter { account, tool: None, states: Vec::new(), project: None, from: None, until: None };
    let now = Timestamp::now();
    let middle = Timestamp(now.0 - Duration::from_hours(45 * 24).as_millis() as i64);
    let newest = store.task_history(&all, Place::Newest, 1).await?.entries;
    let half = TaskFilter { until: Some(middle), ..all };
    let half = store.task_history(&half, Place::Newest, 1).await?.entries;
    let (newest, half) = (newest.first().context("no task")?.id, half.first().context("no task")?.id);
    let movement = store.ledger_history(account, false, Place::Newest, 1).await?.entries;
    let movement = movement.first().context("no movement")?.id / 2;
    let fixed = [
        "",
        "/tools/wiro/virtual-try-on",
        "/projects",
        "/projects/1",
        "/people",
        "/operations",
        "/me",
        "/tasks",
        "/tasks?status=failed",
        "/tasks?tool=wiro%2Finstant-id&status=cancelled",
        "/tasks?tool=wiro%2Fnever-run",
        "/tasks?from=2020-01-01&to=2020-12-31",
        "/credit",
        "/credit?days=90",
        "/credit?kind=grants",
    ];
    let mut pages = fixed.map(str::to_owned).to_vec();
    pages.extend([
        format!("/tasks?before={half}"),
        format!("/tasks?after={half}"),
        format!("/tasks/{newest}"),
        format!("/credit?before={movement}"),
    ]);
    pages.sort();
    Ok(pages)
}

async fn serve(storage: Storage, folder: PathBuf) -> anyhow::Result<String> {
    let mut config = Config::load(None)?;
    (config.data, config.rates) = (folder, RateConfig::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let runners = Runners::new(Vec::new());
    let app = App::new(storage, Catalogue::builtin()?, runners, config, base.clone())?;
    tokio::spawn(transport::serve(Arc::clone(&app), listener, CancellationToken::new()));
    Ok(base)
}
