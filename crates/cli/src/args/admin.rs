//! What can be typed after the administrative commands.

use std::time::Duration;

use clap::{ArgAction, Args, Subcommand, ValueEnum};

use super::Place;

/// Options of every administrative command.
#[derive(Debug, Args)]
pub(crate) struct Admin {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account
    Create {
        /// Its address
        #[arg(long)]
        email: String,
        /// Its tasks are free and unlimited in number
        #[arg(long)]
        unlimited: bool,
        #[command(flatten)]
        admin: Admin,
    },
    /// Change an account
    Set {
        /// Its address
        #[arg(long)]
        email: String,
        /// Whether the tasks it submits from now on are free and unlimited in number
        #[arg(long, action = ArgAction::Set)]
        unlimited: bool,
        #[command(flatten)]
        admin: Admin,
    },
    /// List all accounts with their balances
    List {
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// Make a project and print its credential, once
    Create {
        /// The account that pays
        #[arg(long, value_name = "EMAIL")]
        account: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// How its callers prove themselves; cannot be changed later
        #[arg(long, value_enum)]
        auth: Auth,
        /// A network its callers may come from, as 203.0.113.0/24 or 203.0.113.7; repeat for more. Any without it or with *
        #[arg(long, value_name = "NETWORK")]
        allow: Vec<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// List all projects
    List {
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Auth {
    /// Key, nonce and signature
    Signature,
    /// The key alone
    Key,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Print a link by which somebody joins, once
    Invite {
        /// The account they join; without it they get one of their own
        #[arg(long, value_name = "EMAIL")]
        account: Option<String>,
        /// What they may do in it
        #[arg(long, value_enum, default_value = "owner")]
        role: PersonRole,
        /// For whom, in words
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// List everybody who may sign in
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Print a link by which somebody sets a new password, once
    Reset {
        /// Their address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Let somebody in no more
    Remove {
        /// Their address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PersonRole {
    /// Look at everything but secrets
    Viewer,
    /// Run, stop and delete
    Member,
    /// Make projects and keys, invite people
    Owner,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print it, once
    Create {
        /// The project whose account pays
        #[arg(long, value_name = "ID")]
        project: i64,
        /// Where it is good
        #[arg(long, value_enum, default_value = "tryon")]
        kind: Kind,
        /// What people call it
        #[arg(long, default_value = "unnamed")]
        name: String,
        /// How long it is good, as 30d, 12h or "1year 6months"; for ever without it
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
        /// A network its holders may come from, as 203.0.113.0/24 or 203.0.113.7; repeat for more. Any without it or with *
        #[arg(long, value_name = "NETWORK")]
        allow: Vec<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// List the keys of a project
    List {
        /// The project's number
        #[arg(long, value_name = "ID")]
        project: i64,
        #[command(flatten)]
        admin: Admin,
    },
    /// Make a key useless, at once and for ever
    Revoke {
        /// The key's number
        #[arg(value_name = "ID")]
        key: i64,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// TryonAPI
    Tryon,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CreditsCommand {
    /// Give credit to an account
    Grant {
        /// The account
        #[arg(long, value_name = "EMAIL")]
        account: String,
        /// US dollars, as 25 or 0.5
        #[arg(long)]
        usd: String,
        /// Words for the ledger
        #[arg(long, default_value = "granted by the operator")]
        note: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// List every movement of an account's credit
    List {
        /// The account
        #[arg(long, value_name = "EMAIL")]
        account: String,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// List the webhooks of a task with every attempt to deliver them
    List {
        /// The task's number
        #[arg(long, value_name = "ID")]
        task: i64,
        #[command(flatten)]
        admin: Admin,
    },
    /// Deliver a webhook again, under the same id, whatever became of it
    Replay {
        /// The webhook's id
        #[arg(value_name = "DELIVERY")]
        delivery: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Print what the webhooks of a project are signed with
    Secret {
        /// The project's number
        #[arg(long, value_name = "ID")]
        project: i64,
        #[command(flatten)]
        admin: Admin,
    },
}
