//! The binary `atelier`: reads the command line, wires runners to the server, talks to people.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program answers on its terminal"
)]

mod admin;
mod args;
mod client;
mod demo;
mod keys;
mod models;
mod people;
mod run;
mod serve;
mod studio;
mod terminal;
mod tools;
mod transfers;
mod verify;
mod webhooks;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let quiet = !matches!(cli.command, Command::Serve(_));
    terminal::start_log(quiet);
    atelier_server::install_crypto();
    match tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(dispatch(cli)))
    {
        Ok(code) => code,
        Err(error) => {
            eprintln!("atelier: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Demo(args) => demo::demo(args).await,
        Command::Serve(args) => serve::serve(args).await,
        Command::Run(args) => run::run(args).await,
        Command::Verify(args) => verify::verify(&args),
        Command::Account(command) => admin::account(command).await,
        Command::Project(command) => admin::project(command).await,
        Command::Person(command) => people::people(command).await,
        Command::Key(command) => keys::keys(command).await,
        Command::Credits(command) => admin::credits(command).await,
        Command::Tools(command) => tools::tools(command),
        Command::Models(command) => models::models(command).await,
        Command::Webhooks(command) => webhooks::webhooks(command).await,
    }
}
