//! Calls of TryonAPI: how many a second, and how long they take.
//!
//! `cargo run --release -p atelier-bench --bin tryon -- [FOLDER]`. The data folder is made below FOLDER (default: the
//! current folder), because durability costs what its disk costs.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use atelier_bench::{Server, percentiles};
use base64::Engine as _;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

/// A PNG of one pixel: decoding it costs nothing.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/// Photographs of 1024 x 1365 pixels, as people send them.
const PHOTOGRAPHS: [&str; 2] = ["wiro-virtual-try-on-input-1-1.jpg", "wiro-virtual-try-on-input-1-2.jpg"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let data = tempfile::tempdir_in(folder)?;
    let server = Arc::new(Server::start(data.path()).await?);
    let pixel = base64::engine::general_purpose::STANDARD.decode(PIXEL)?;
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let [person, garment] = PHOTOGRAPHS.map(|name| std::fs::read(samples.join(name)));
    let pixels = Call::Submit(Arc::new([pixel.clone(), pixel]));
    println!("| call | clients | calls | p50 | p99 | calls/s |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for clients in [1, 16, 64] {
        measure(&server, "submit, two pixels", &pixels, clients, 2000).await?;
    }
    let photographs = Call::Submit(Arc::new([person?, garment?]));
    for clients in [1, 16] {
        measure(&server, "submit, two photographs", &photographs, clients, 100).await?;
    }
    let job = pixels.make(&server, &reqwest::Client::new()).await?["jobId"].as_str().map(str::to_owned);
    let waiting = Call::Status(job.context("no job")?);
    for clients in [1, 16, 64] {
        measure(&server, "status, waiting", &waiting, clients, 10_000).await?;
    }
    server.work()?;
    let http = reqwest::Client::new();
    while waiting.make(&server, &http).await?["status"] != "completed" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for clients in [1, 16, 64] {
        measure(&server, "status, completed", &waiting, clients, 10_000).await?;
    }
    Ok(())
}

/// A call that is repeated.
#[derive(Clone)]
enum Call {
    /// Of two pictures.
    Submit(Arc<[Vec<u8>; 2]>),
    /// Of a job.
    Status(String),
}

impl Call {
    /// Makes the call once.
    async fn make(&self, server: &Server, http: &reqwest::Client) -> anyhow::Result<Value> {
        let request = match self {
            Self::Submit(pictures) => {
                let [person, garment] =
                    (**pictures).clone().map(|bytes| Part::bytes(bytes).file_name("picture"));
                let form = Form::new().part("person_images", person).part("garment_images", garment);
                http.post(format!("{}/api/v1/tryon", server.base)).multipart(form)
            }
            Self::Status(job) => http.get(format!("{}/api/v1/tryon/status/{job}", server.base)),
        };
        let response = request.bearer_auth(&server.bearer).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }
}

/// Prints one line: `calls` calls by so many clients at once, each of which waits for its answer.
async fn measure(
    server: &Arc<Server>,
    name: &str,
    call: &Call,
    clients: usize,
    calls: usize,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let each = (0..clients).map(|_| {
        let (server, call) = (server.clone(), call.clone());
        tokio::spawn(async move {
            let http = reqwest::Client::new();
            let mut times = Vec::new();
            for _ in 0..calls / clients {
                let start = Instant::now();
                call.make(&server, &http).await?;
                times.push(start.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for done in each.collect::<Vec<_>>() {
        times.extend(done.await??);
    }
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    let (p50, p99) = percentiles(&mut times);
    println!("| {name} | {clients} | {} | {p50} | {p99} | {rate:.0} |", times.len());
    Ok(())
}
