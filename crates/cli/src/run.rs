//! `atelier run`: one task from the command line.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::args::RunArgs;
use crate::client::{Client, Input, STEP_COUNT, failure};
use crate::studio::PrivateStudio;
use crate::terminal::Board;

pub(crate) async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let inputs = args.input.iter().map(|text| Input::parse(text)).collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(url) = &args.url {
        let key = args.key.as_deref().context("--url needs --key")?;
        return follow(&args, &Client::new(url, key, args.secret.clone())?, &inputs).await;
    }
    let studio = PrivateStudio::open().await?;
    let code = follow(&args, &studio.client, &inputs).await;
    studio.close().await;
    code
}

async fn follow(args: &RunArgs, client: &Client, inputs: &[Input]) -> anyhow::Result<ExitCode> {
    let mut line = Board::new().line(&args.tool, STEP_COUNT);
    let task = client.run(&args.tool, inputs, &mut line).await?;
    let problem = failure(&task);
    line.end(problem.as_deref().unwrap_or("done"));
    let stem = format!("{}-{}", args.tool.replace('/', "-"), task["id"].as_str().unwrap_or("0"));
    let saved = client.save(&task, &args.out, &stem).await?;
    if args.json {
        println!("{task:#}");
    } else {
        for path in &saved {
            println!("{}", path.display());
        }
    }
    Ok(if problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
