//! `atelier account`, `project` and `credits`: administration without prompts, also beside a running server.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_domain::{AllowedNetworks, ApiKey, ApiSecret, Money, Timestamp};
use atelier_server::config::Config;
use atelier_store::{Account, Act, AuthMode, LedgerKind, NewProject, Project, Storage};
use serde_json::{Value, json};

use crate::args::{AccountCommand, Admin, Auth, CreditsCommand, ProjectCommand};
use crate::studio;

/// The data folder that a command is about. It must be there: a new one in the place of a mistyped one would only
/// look as if everything were gone.
pub(crate) async fn open(admin: &Admin) -> anyhow::Result<Storage> {
    let data = studio::config(&admin.place)?.data;
    let shown = data.display();
    anyhow::ensure!(data.is_dir(), "there is no data folder {shown}; `atelier serve` makes one");
    Ok(Storage::open(&data).await?)
}

/// The same for the command that may come before the first `atelier serve`.
async fn open_or_make(admin: &Admin) -> anyhow::Result<Storage> {
    Ok(Storage::open(&studio::config(&admin.place)?.data).await?)
}

/// Prints an object or a list of objects: as JSON, or as lines of its values.
pub(crate) fn print(admin: &Admin, value: &Value) -> ExitCode {
    if admin.json {
        println!("{value}");
        return ExitCode::SUCCESS;
    }
    let row = |object: &Value| {
        let values = object.as_object().into_iter().flatten();
        values
            .map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect::<Vec<_>>()
    };
    match value {
        Value::Array(rows) => rows.iter().for_each(|object| println!("{}", row(object).join("\t"))),
        object => {
            for (name, value) in object.as_object().into_iter().flatten() {
                println!("{name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
    }
    ExitCode::SUCCESS
}

pub(crate) async fn account(command: AccountCommand) -> anyhow::Result<ExitCode> {
    match command {
        AccountCommand::Create { email, unlimited, admin } => {
            anyhow::ensure!(email.contains('@'), "`{email}` is not an e-mail address");
            let store = open_or_make(&admin).await?.store;
            let mut account = store.create_account(&email, Timestamp::now()).await?;
            if unlimited {
                account = store.set_unlimited(account.id, true, &Act::operator(Timestamp::now())).await?;
            }
            Ok(print(&admin, &described_account(&account, &studio::config(&admin.place)?)))
        }
        AccountCommand::Set { email, unlimited, admin } => {
            let store = open(&admin).await?.store;
            let account = store.account_by_email(&email).await?;
            let account =
                store.set_unlimited(account.id, unlimited, &Act::operator(Timestamp::now())).await?;
            Ok(print(&admin, &described_account(&account, &studio::config(&admin.place)?)))
        }
        AccountCommand::List { admin } => {
            let accounts = open(&admin).await?.store.accounts().await?;
            let config = studio::config(&admin.place)?;
            Ok(print(&admin, &accounts.iter().map(|account| described_account(account, &config)).collect()))
        }
    }
}

fn described_account(account: &Account, config: &Config) -> Value {
    let credit = match (&config.billing.rules, account.unlimited) {
        (None, _) => "billing is off",
        (Some(_), true) => "unlimited",
        (Some(_), false) => "prepaid",
    };
    json!({
        "id": account.id.to_string(),
        "email": account.email,
        "balance_usd": account.balance.to_string(),
        "reserved_usd": account.reserved.to_string(),
        "unfinished_tasks": account.unfinished,
        "credit": credit,
        "unlimited": account.unlimited || config.billing.rules.is_none(),
    })
}

pub(crate) async fn project(command: ProjectCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProjectCommand::Create { account, name, auth, allow, admin } => {
            let store = open(&admin).await?.store;
            let (key, secret) = (ApiKey::random(), ApiSecret::random());
            let new = NewProject {
                account: store.account_by_email(&account).await?.id,
                name,
                auth: match auth {
                    Auth::Signature => AuthMode::Signature,
                    Auth::Key => AuthMode::Key,
                },
                key: key.clone(),
                secret: secret.clone(),
                allowed_networks: networks(&allow)?,
            };
            let project = store.create_project(new, &Act::operator(Timestamp::now())).await?;
            let mut shown = described(&project);
            shown["api_key"] = json!(key);
            if project.auth == AuthMode::Signature {
                shown["api_secret"] = json!(secret.expose());
            }
            shown["webhook_secret"] = json!(store.webhook_secret(project.id).await?.expose());
            Ok(print(&admin, &shown))
        }
        ProjectCommand::List { admin } => {
            let projects = open(&admin).await?.store.projects().await?;
            Ok(print(&admin, &projects.iter().map(described).collect()))
        }
    }
}

/// The networks that callers may come from. Every network is what no list means, and so does `*`.
pub(crate) fn networks(allow: &[String]) -> anyhow::Result<AllowedNetworks> {
    let networks = allow.iter().filter(|text| *text != "*").map(|text| network(text));
    let networks = networks.collect::<anyhow::Result<_>>()?;
    Ok(if allow.iter().any(|text| text == "*") { AllowedNetworks::default() } else { networks })
}

/// A network, or a single address as the network of itself.
fn network(text: &str) -> anyhow::Result<ipnet::IpNet> {
    let single = || text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    text.parse().or_else(|_| single()).with_context(|| format!("`{text}` is not an address or a network"))
}

fn described(project: &Project) -> Value {
    let auth = match project.auth {
        AuthMode::Signature => "signature",
        AuthMode::Key => "key",
    };
    json!({"id": project.id.to_string(), "name": project.name, "auth": auth, "key_hint": project.key_hint})
}

pub(crate) async fn credits(command: CreditsCommand) -> anyhow::Result<ExitCode> {
    match command {
        CreditsCommand::Grant { account, usd, note, admin } => {
            let amount = Money::parse_usd(&usd).filter(|amount| *amount > Money::ZERO);
            let amount = amount.with_context(|| format!("`{usd}` is not a positive amount of dollars"))?;
            let store = open(&admin).await?.store;
            let account = store.account_by_email(&account).await?;
            let balance = store.grant(account.id, amount, &note, &Act::operator(Timestamp::now())).await?;
            Ok(print(&admin, &json!({"id": account.id.to_string(), "balance_usd": balance.to_string()})))
        }
        CreditsCommand::List { account, admin } => {
            let store = open(&admin).await?.store;
            let account = store.account_by_email(&account).await?;
            let rows = store.ledger(account.id).await?;
            let rows = rows.iter().map(|entry| {
                json!({
                    "at": entry.at.seconds(),
                    "kind": kind(entry.kind),
                    "task": entry.task.map(|task| task.to_string()),
                    "usd": entry.amount.to_string(),
                    "note": entry.note,
                })
            });
            Ok(print(&admin, &rows.collect()))
        }
    }
}

fn kind(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Grant => "grant",
        LedgerKind::Reserve => "reserve",
        LedgerKind::Release => "release",
        LedgerKind::Charge => "charge",
    }
}
