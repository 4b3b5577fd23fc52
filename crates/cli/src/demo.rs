//! `atelier demo`: the whole system, once, on the sample inputs.
//!
//! Every tool that a runner of this binary serves is run through the server's own HTTP API, as a client
//! would: with the sample sets of its page, and with [`SHOWN`] where the page has none. A tool without a runner is
//! named as not yet available; nothing is made up for it.

use std::path::PathBuf;
use std::process::ExitCode;

use atelier_domain::catalogue::{Inspire, Tool};

use crate::args::DemoArgs;
use crate::client::{Client, Input, InputValue, STEP_COUNT, failure};
use crate::serve::stop_on_signal;
use crate::studio::{Credentials, DEMO_ACCOUNT, PrivateStudio};
use crate::terminal::{Board, Line};

/// What is shown of tools whose pages have no sample sets: the tool and its inputs.
const SHOWN: [(&str, &[(&str, &str)]); 5] = [
    (
        "wiro/professional-headshot",
        &[("inputImageUrl", "wiro_professional-headshot_input_2.jpg"), ("background", "office")],
    ),
    (
        "wiro/professional-headshot",
        &[("inputImageUrl", "input-portrait-2.jpg"), ("aspectRatio", "4:5"), ("outputFormat", "png")],
    ),
    (
        "wiro/instant-id",
        &[
            ("inputImageUrl", "input-portrait-2.jpg"),
            ("selectedModel", "1049"),
            ("prompt", "portrait in a garden, golden evening light"),
            ("samples", "2"),
        ],
    ),
    ("wiro/wan2-2-effects-extra", &[("inputImage", "input-portrait-2.jpg"), ("effectType", "electrify")]),
    (
        "wiro/wan2-2-effects-extra",
        &[("inputImage", "wiro_professional-headshot_input_2.jpg"), ("effectType", "hulk-transformation")],
    ),
];

pub(crate) async fn demo(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let studio = PrivateStudio::open().await?;
    let board = Board::new();
    let (mut runs, mut waiting) = (Vec::new(), Vec::new());
    for tool in studio.app.catalogue.tools() {
        if studio.app.runners.pick(tool.job.kind).is_none() {
            waiting.push(tool.title.clone());
            continue;
        }
        for (index, inputs) in sets(tool).into_iter().enumerate() {
            let stem = format!("{}-{}", tool.slug.model, index + 1);
            let line = board.line(&format!("{} {}", tool.slug, index + 1), STEP_COUNT);
            let (client, slug) = (studio.client.clone(), tool.slug.to_string());
            runs.push(one(client, slug, inputs, stem, args.out.clone(), line));
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
        if let Some(link) = atelier_server::first_run_link(&studio.app, true).await? {
            println!(
                "  dashboard: {link}\n             (good once; sign up as {DEMO_ACCOUNT} to see these runs)"
            );
        }
        for link in &links {
            println!("  {link}");
        }
        stop_on_signal()?.cancelled().await;
    }
    studio.close().await;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The sets of inputs to run a tool with.
fn sets(tool: &Tool) -> Vec<Vec<Input>> {
    let input = |name: &str, value: &str| Input { name: name.into(), value: InputValue::Text(value.into()) };
    let inspired = tool.inspires.iter().map(|Inspire(values)| {
        values.iter().flat_map(|(name, files)| files.iter().map(move |file| input(name, file))).collect()
    });
    let slug = tool.slug.to_string();
    let shown = SHOWN.iter().filter(|(tool, _)| *tool == slug);
    let shown = shown.map(|(_, values)| values.iter().map(|(name, value)| input(name, value)).collect());
    inspired.chain(shown).collect()
}

/// Runs one set; gives the saved files and their addresses on the server.
async fn one(
    client: Client,
    tool: String,
    inputs: Vec<Input>,
    stem: String,
    out: PathBuf,
    mut line: Line,
) -> anyhow::Result<(Vec<PathBuf>, Vec<String>)> {
    let task = client.run(&tool, &inputs, &mut line).await?;
    if let Some(problem) = failure(&task) {
        line.end("failed");
        anyhow::bail!("{stem}: {problem}");
    }
    line.end("done");
    let urls = task["outputs"].as_array().into_iter().flatten();
    let urls = urls.filter_map(|output| output["url"].as_str().map(str::to_owned)).collect();
    Ok((client.save(&task, &out, &stem).await?, urls))
}
