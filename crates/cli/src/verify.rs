//! `atelier verify`: what a file says of its making, and whether that holds.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_provenance::{Report, State, read};

use crate::args::VerifyArgs;

/// The exit codes besides 0, for a file that is as it was signed, 1 for one that cannot be read, and 2 for a mistake
/// on the command line.
const UNMARKED: u8 = 3;
const INVALID: u8 = 4;
const UNTRUSTED: u8 = 5;

pub(crate) fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let cannot_read = |path: &std::path::Path| format!("cannot read {}", path.display());
    let file = std::fs::read(&args.file).with_context(|| cannot_read(&args.file))?;
    let anchors =
        args.trust.as_deref().map(|path| std::fs::read_to_string(path).with_context(|| cannot_read(path)));
    let anchors = anchors.transpose()?;
    let extension = args.file.extension().and_then(|text| text.to_str()).unwrap_or_default();
    let report = read(&file, extension, anchors.as_deref()).with_context(|| cannot_read(&args.file))?;
    if args.json {
        println!("{:#}", serde_json::to_value(&report)?);
    } else {
        print(&report);
    }
    Ok(match report.state {
        State::Trusted => ExitCode::SUCCESS,
        State::Valid if anchors.is_none() => ExitCode::SUCCESS,
        State::Valid => UNTRUSTED.into(),
        State::Unmarked => UNMARKED.into(),
        State::Invalid => INVALID.into(),
    })
}

fn print(report: &Report) {
    println!("{}", verdict(report));
    let unknown = || "unknown".to_owned();
    if let Some(signer) = &report.signer {
        let organisation = signer.organisation.clone().unwrap_or_else(unknown);
        let name = signer.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        println!("  signed by  {organisation}{name}");
    }
    let lines = [
        ("made with", &report.generator),
        ("made at", &report.made),
        ("source", &report.digital_source_type),
    ];
    for (label, value) in lines {
        if let Some(value) = value {
            println!("  {label:10} {value}");
        }
    }
    if let Some(run) = &report.run {
        let draft = if run.draft { ", a draft: made without a trained model" } else { "" };
        println!("  tool       {}, seed {}", run.tool, run.seed);
        println!("  runner     {}{draft}", run.runner);
    }
    for problem in &report.problems {
        println!("  problem    {problem}");
    }
}

fn verdict(report: &Report) -> &'static str {
    match report.state {
        State::Trusted => "trusted: unchanged since it was signed, by somebody under a given authority",
        State::Valid => {
            "valid: unchanged since it was signed; whether its signer is who it says was not shown"
        }
        State::Unmarked => "unmarked: the file says nothing of its origin",
        State::Invalid => "invalid: the file was changed after it was signed, or was never signed properly",
    }
}
