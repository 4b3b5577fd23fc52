//! What can be typed after `atelier`.

mod admin;
mod models;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use admin::{
    AccountCommand, Admin, Auth, CreditsCommand, KeyCommand, Kind, PersonCommand, PersonRole, ProjectCommand,
    WebhooksCommand,
};
pub(crate) use models::ModelsCommand;

/// A self-hosted studio for pictures of people.
#[derive(Debug, Parser)]
#[command(name = "atelier", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every tool on the sample inputs through a private server of its own, and keep the results
    Demo(DemoArgs),
    /// Serve the API and work on its tasks
    Serve(ServeArgs),
    /// Submit one task, follow it and save its outputs
    Run(RunArgs),
    /// Say where a file comes from, by its content credentials
    Verify(VerifyArgs),
    /// Who pays
    #[command(subcommand)]
    Account(AccountCommand),
    /// What groups keys and usage
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Who may sign in to the dashboard
    #[command(subcommand)]
    Person(PersonCommand),
    /// Bearer keys, for TryonAPI
    #[command(subcommand)]
    Key(KeyCommand),
    /// Prepaid credit
    #[command(subcommand)]
    Credits(CreditsCommand),
    /// The catalogue
    #[command(subcommand)]
    Tools(ToolsCommand),
    /// Weights of open models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Telling callers that their tasks have ended
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the results go
    #[arg(long, default_value = "atelier-demo")]
    pub(crate) out: PathBuf,
    /// Go on serving afterwards, until interrupted
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Which part of the work this process does
    #[arg(long, value_enum, default_value = "all", env = "ATELIER_ROLE")]
    pub(crate) role: Role,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 unchanged since it was signed, 1 not to be read, 3 unmarked, 4 changed or never \
                        signed properly, 5 unchanged but by nobody that --trust names"
)]
pub(crate) struct VerifyArgs {
    /// A picture or clip, of Atelier or of any other maker
    pub(crate) file: PathBuf,
    /// Certificates, in PEM, of the authorities or signers to be believed
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where an installation lives.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The data folder [default: ./atelier-data]
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// A file with settings; see config.default.toml
    #[arg(long, env = "ATELIER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// API and worker
    All,
    /// Only take requests
    Api,
    /// Only work on tasks
    Worker,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Which tool, as `wiro/virtual-try-on`
    #[arg(value_name = "OWNER/TOOL")]
    pub(crate) tool: String,
    /// An input: `name=value`, or `name=@file` to upload one; repeat for more
    #[arg(short, long = "input", value_name = "NAME=VALUE")]
    pub(crate) input: Vec<String>,
    /// Where the outputs go
    #[arg(long, default_value = ".")]
    pub(crate) out: PathBuf,
    /// The server; without it a private one works on the task here
    #[arg(long, env = "ATELIER_URL", requires = "key")]
    pub(crate) url: Option<String>,
    /// The project's API key
    #[arg(long, env = "ATELIER_KEY")]
    pub(crate) key: Option<String>,
    /// The project's secret, where the project signs
    #[arg(long, env = "ATELIER_SECRET", hide_env_values = true)]
    pub(crate) secret: Option<String>,
    /// Print the finished task as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ToolsCommand {
    /// List the tools and what serves them
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a tool's page
    Show {
        /// Which tool, as `wiro/virtual-try-on`
        #[arg(value_name = "OWNER/TOOL")]
        tool: String,
    },
    /// Check a catalogue file
    Check {
        /// The file
        file: PathBuf,
    },
}
