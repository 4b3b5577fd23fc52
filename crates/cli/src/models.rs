//! `atelier models`: weights of open models, from a hub or from this machine, and whether they are whole.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use atelier_domain::catalogue::Catalogue;
use atelier_hub::{
    Event, FilePath, Hub, MODELS, Means, Model, Offer, Patience, Report, State, find, import, import_file,
    pull, state, verify,
};
use atelier_server::config::{Config, HubToken};
use atelier_server::{Weights, WeightsList, WeightsState};
use indicatif::DecimalBytes;
use serde_json::{Value, json};

use crate::admin::print;
use crate::args::{Admin, ModelsCommand};
use crate::studio;
use crate::transfers::Transfers;

pub(crate) async fn models(command: ModelsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ModelsCommand::List { admin } => list(&admin),
        ModelsCommand::Pull { model, accept_licence, endpoint, admin } => {
            let model = named(&model)?;
            let pulled = download(model, accept_licence, endpoint, &studio::config(&admin.place)?).await?;
            Ok(print(&admin, &pulled))
        }
        ModelsCommand::Import { source, model, place, link, accept_licence, admin } => {
            let (model, folder) = (named(&model)?, studio::models(&studio::config(&admin.place)?));
            if model.licence.limits_use && !accept_licence {
                consent(model.licence.name, model.repo)?;
            }
            let means = if link { Means::HardLink } else { Means::Copy };
            take(model, &source, place.as_deref(), &folder, means)?;
            Ok(print(&admin, &described(model, &folder, state(model, &folder)?)))
        }
        ModelsCommand::Verify { model, deep, admin } => check(model.as_deref(), deep, &admin),
    }
}

/// How a server looks at the weights in a folder, at any time: they may be installed while it runs.
pub(crate) fn weights(folder: PathBuf) -> WeightsList {
    let look = move |model: &Model| {
        let (state, installed) = match state(model, &folder) {
            Ok(State::Missing) => (WeightsState::Missing, 0),
            Ok(State::Partial(bytes)) => (WeightsState::Partial, bytes),
            Ok(State::Installed(bytes)) => (WeightsState::Installed, bytes),
            Err(error) => {
                tracing::warn!(model = model.name, error = chain(&error), "weights cannot be looked at");
                (WeightsState::Unreadable, 0)
            }
        };
        Weights {
            name: model.name.to_owned(),
            title: model.title.to_owned(),
            licence: model.licence.name.to_owned(),
            limits_use: model.licence.limits_use,
            state,
            installed,
            bytes: model.bytes,
            jobs: model.jobs.to_vec(),
        }
    };
    Arc::new(move || MODELS.iter().map(&look).collect())
}

async fn download(
    model: &Model,
    accepted: bool,
    endpoint: Option<String>,
    config: &Config,
) -> anyhow::Result<Value> {
    let (hub, folder) = (hub(config, endpoint)?, studio::models(config));
    let offer = hub.offer(model).await?;
    announce(model, &offer, &folder);
    if offer.needs_consent && !accepted {
        consent(&offer.licence, &offer.url)?;
    }
    let transfers = Transfers::new();
    let show = |file: &FilePath, size, event: Event<'_>| transfers.show(file, size, event);
    let pulled = pull(&hub, model, &offer, &folder, &show).await?;
    Ok(json!({
        "model": model.name,
        "folder": pulled.folder,
        "commit": offer.commit,
        "licence": offer.licence,
        "bytes": offer.bytes(),
        "fetched_bytes": pulled.fetched,
    }))
}

fn take(
    model: &Model,
    source: &Path,
    place: Option<&str>,
    folder: &Path,
    means: Means,
) -> anyhow::Result<()> {
    let transfers = Transfers::new();
    let show = |file: &FilePath, size, event: Event<'_>| transfers.show(file, size, event);
    if let Some(place) = place {
        let place = FilePath::parse(place).context("--as is wrong")?;
        import_file(model, source, place, folder, means, &show)?;
    } else {
        let words = "is a file; --as says where it belongs in";
        anyhow::ensure!(!source.is_file(), "{} {words} {}", source.display(), model.name);
        import(model, source, folder, means, &show)?;
    }
    Ok(())
}

fn named(name: &str) -> anyhow::Result<&'static Model> {
    find(name).with_context(|| format!("there is no model {name}; `atelier models list` has them all"))
}

/// The hub by flag and environment, then by the settings.
fn hub(config: &Config, endpoint: Option<String>) -> anyhow::Result<Hub> {
    let endpoint = endpoint.filter(|endpoint| !endpoint.is_empty());
    let endpoint = endpoint.unwrap_or_else(|| config.models.endpoint.clone());
    let token = std::env::var("HF_TOKEN").ok().filter(|token| !token.is_empty());
    let token = token.as_deref().or(config.models.token.as_ref().map(HubToken::expose));
    Ok(Hub::new(&endpoint, token, Patience::default())?)
}

/// Says what is about to be installed, on standard error, since the answer goes to standard output.
fn announce(model: &Model, offer: &Offer, folder: &Path) {
    eprintln!("{}", model.title);
    eprintln!("  from     {}, commit {}", offer.url, offer.commit);
    eprintln!("  licence  {}", offer.licence);
    eprintln!("  size     {} in {} files", DecimalBytes(offer.bytes()), offer.files.len());
    eprintln!("  to       {}", folder.join(model.name).display());
}

/// Asks whether the operator agrees to a licence; nobody else can.
fn consent(licence: &str, place: &str) -> anyhow::Result<()> {
    let terms = format!("the licence {licence} limits what the model may be used for");
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("{terms}; read it at {place} and agree with --accept-licence");
    }
    eprint!("{terms}. Read it at {place}\nand type `yes` if you agree: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    anyhow::ensure!(
        answer.trim().eq_ignore_ascii_case("yes"),
        "nothing was installed: the licence was not agreed to"
    );
    Ok(())
}

fn list(admin: &Admin) -> anyhow::Result<ExitCode> {
    let config = studio::config(&admin.place)?;
    let (catalogue, folder) = (studio::catalogue(config.tools.as_deref())?, studio::models(&config));
    let mut rows = Vec::new();
    for model in MODELS {
        let mut row = described(model, &folder, state(model, &folder)?);
        row["tools"] = tools(model, &catalogue).into();
        rows.push(row);
    }
    if admin.json {
        return Ok(print(admin, &rows.into()));
    }
    for (model, row) in MODELS.iter().zip(&rows) {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let there = row["installed_bytes"].as_u64().unwrap_or_default();
        let state = match text("state") {
            "partial" => format!("partial, {} of about {}", DecimalBytes(there), DecimalBytes(model.bytes)),
            "installed" => format!("installed, {}", DecimalBytes(there)),
            state => format!("{state}, about {}", DecimalBytes(model.bytes)),
        };
        println!("{}: {state}", model.name);
        println!("  for      {}", tools(model, &catalogue).join(", "));
        println!("  licence  {}", text("licence"));
        println!("  folder   {}", text("folder"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The tools whose job a model is made for.
fn tools(model: &Model, catalogue: &Catalogue) -> Vec<String> {
    let needing = catalogue.tools().iter().filter(|tool| model.jobs.contains(&tool.job.kind));
    needing.map(|tool| tool.slug.to_string()).collect()
}

fn described(model: &Model, folder: &Path, state: State) -> Value {
    json!({
        "model": model.name,
        "state": state.name(),
        "repo": model.repo,
        "licence": model.licence.name,
        "limits_use": model.licence.limits_use,
        "about_bytes": model.bytes,
        "installed_bytes": state.bytes(),
        "folder": folder.join(model.name),
    })
}

fn check(model: Option<&str>, deep: bool, admin: &Admin) -> anyhow::Result<ExitCode> {
    let folder = studio::models(&studio::config(&admin.place)?);
    let chosen = if let Some(name) = model {
        vec![named(name)?]
    } else {
        let begun = |model: &&Model| !matches!(state(model, &folder), Ok(State::Missing));
        MODELS.iter().filter(begun).collect()
    };
    anyhow::ensure!(!chosen.is_empty(), "no model is installed in {}", folder.display());
    let transfers = Transfers::new();
    // Names and headers are looked at in no time; only hashing is worth a bar.
    let show = |file: &FilePath, size, event: Event<'_>| {
        if deep {
            transfers.show(file, size, event);
        }
    };
    let (mut rows, mut whole) = (Vec::new(), true);
    for model in chosen {
        let report = verify(model, &folder, deep, &show)?;
        whole &= report.problems.is_empty();
        if admin.json {
            rows.push(reported(model, &report, deep));
        } else {
            print_report(model, &report, deep);
        }
    }
    if admin.json {
        print(admin, &rows.into());
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn reported(model: &Model, report: &Report, deep: bool) -> Value {
    let problems =
        report.problems.iter().map(|problem| json!({"file": problem.path, "problem": chain(&problem.fault)}));
    json!({
        "model": model.name,
        "folder": report.folder,
        "origin": report.origin,
        "deep": deep,
        "files": report.files,
        "problems": problems.collect::<Value>(),
    })
}

fn print_report(model: &Model, report: &Report, deep: bool) {
    for problem in &report.problems {
        println!("{}/{}: {}", model.name, problem.path, chain(&problem.fault));
    }
    let looked_at = match (&report.origin, deep) {
        (None, _) => "names and headers; sizes and checksums are not known, since it was put there by hand",
        (Some(_), false) => "names, sizes and headers",
        (Some(_), true) => "every byte",
    };
    let found = match report.problems.len() {
        0 => "whole".to_owned(),
        1 => "1 problem; pull or import it again".to_owned(),
        count => format!("{count} problems; pull or import it again"),
    };
    println!("{}: {found} ({} files, {looked_at})", model.name, report.files);
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
