//! `atelier demo`: the whole system, once, on the sample inputs.
//!
//! Every tool that a runner of this binary serves is run through the server's own HTTP API, as a client
//! would. A tool without a runner is named as not yet available; nothing is made up for it.

use std::path::PathBuf;
use std::process::ExitCode;

use atelier_domain::catalogue::{Inspire, Tool};

use crate::args::DemoArgs;
use crate::client::{Client, Input, InputValue, STEP_COUNT, failure};
use crate::serve::stop_on_signal;
use crate::studio::{Credentials, DEMO_ACCOUNT, PrivateStudio};
use crate::terminal::{Board, Line};

pub(crate) async fn demo(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let studio = PrivateStudio::open().await?;
    let board = Board::new();
    let (mut runs, mut waiting) = (Vec::new(), Vec::new());
    for tool in studio.app.catalogue.tools() {
        if studio.app.runners.pick(tool.job.kind).is_none() {
            waiting.push(tool.title.clone());
            continue;
        }
        for (index, inspire) in tool.inspires.iter().enumerate() {
            let stem = format!("{}-{}", tool.slug.model, index + 1);
            let line = board.line(&format!("{} {}", tool.slug, index + 1), STEP_COUNT);
            runs.push(one(studio.client.clone(), tool, inspire, stem, args.out.clone(), line));
        }
    }
    let mut failed = false;
    let mut links = Vec::new();
    for run in runs.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
        match run.await? {
            Ok((paths, urls)) => {
                for path in &paths {
                    println!("{}", path.display());
                }
                links.extend(urls);
            }
            Err(error) => {
                failed = true;
                eprintln!("atelier: {error:#}");
            }
        }
    }
    for title in waiting {
        println!("not yet: {title} (no runner of this version serves it)");
    }
    if args.keep {
        println!("\nStill serving {} until interrupted.", studio.app.base);
        println!("  account:   {DEMO_ACCOUNT}, unlimited: nothing is charged");
        let Credentials { key, secret, tryon } = &studio.credentials;
        println!("  x-api-key: {key}\n  secret:    {}", secret.expose());
        println!("  bearer:    {} (TryonAPI)", tryon.expose());
        for link in &links {
            println!("  {link}");
        }
        stop_on_signal()?.cancelled().await;
    }
    studio.close().await;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs one sample set; gives the saved files and their addresses on the server.
fn one(
    client: Client,
    tool: &Tool,
    inspire: &Inspire,
    stem: String,
    out: PathBuf,
    mut line: Line,
) -> impl Future<Output = anyhow::Result<(Vec<PathBuf>, Vec<String>)>> + use<> {
    let value =
        |name: &String, file: &String| Input { name: name.clone(), value: InputValue::Text(file.clone()) };
    let inputs: Vec<Input> =
        inspire.0.iter().flat_map(|(name, files)| files.iter().map(move |file| value(name, file))).collect();
    let slug = tool.slug.to_string();
    async move {
        let task = client.run(&slug, &inputs, &mut line).await?;
        if let Some(problem) = failure(&task) {
            line.end("failed");
            anyhow::bail!("{stem}: {problem}");
        }
        line.end("done");
        let urls = task["outputs"].as_array().into_iter().flatten();
        let urls = urls.filter_map(|output| output["url"].as_str().map(str::to_owned)).collect();
        Ok((client.save(&task, &out, &stem).await?, urls))
    }
}
