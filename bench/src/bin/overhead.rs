//! What the system itself costs: from the submit of a task to its terminal state, with a runner that does nothing.
//!
//! `cargo run --release -p atelier-bench --bin overhead -- [FOLDER]`. The data folder is made below FOLDER
//! (default: the current folder), because durability costs what its disk costs.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use atelier_bench::{Server, percentiles};
use serde_json::{Value, json};

/// A PNG of one pixel: decoding it costs nothing.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/// Tasks measured for each number of clients.
const TASKS: usize = 1000;
/// Time between two looks at a task; part of what is measured.
const POLL: Duration = Duration::from_millis(2);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let data = tempfile::tempdir_in(folder)?;
    let server = Server::start(data.path()).await?;
    server.work()?;
    let Server { base, key, .. } = &server;
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
