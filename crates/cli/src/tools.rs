//! `atelier tools`: the catalogue.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_domain::ToolSlug;
use atelier_domain::catalogue::{Catalogue, parse_tool};
use atelier_server::config::Config;
use serde_json::json;

use crate::args::ToolsCommand;
use crate::studio;

pub(crate) fn tools(command: ToolsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ToolsCommand::List { json } => {
            let runners = studio::runners(&Config::load(None)?)?;
            for tool in Catalogue::builtin()?.tools() {
                let runner = runners.pick(tool.job.kind).map(|runner| runner.name());
                if json {
                    let row =
                        json!({"slug": tool.slug.to_string(), "job": tool.job.kind.name(), "runner": runner});
                    println!("{row}");
                } else {
                    let runner = runner.unwrap_or("not yet");
                    println!("{:32} {:18} {runner}", tool.slug.to_string(), tool.job.kind.name());
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        ToolsCommand::Show { tool } => {
            let slug = ToolSlug::parse(&tool).context("a tool is named OWNER/TOOL")?;
            let catalogue = Catalogue::builtin()?;
            let tool = catalogue.find(&slug).with_context(|| format!("there is no tool {slug}"))?;
            print!("{}", atelier_server::tool_page(tool, "http://127.0.0.1:8080"));
            Ok(ExitCode::SUCCESS)
        }
        ToolsCommand::Check { file } => {
            let text =
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            match parse_tool(&text) {
                Ok(tool) => {
                    println!("{}: {} is valid", file.display(), tool.slug);
                    Ok(ExitCode::SUCCESS)
                }
                Err(mistakes) => {
                    for mistake in mistakes {
                        eprintln!("{}: {mistake}", file.display());
                    }
                    Ok(ExitCode::FAILURE)
                }
            }
        }
    }
}
