//! `atelier key`: bearer keys, shown once when they are made.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_domain::{KeyId, KeyKind, KeyName, KeySecret, ProjectId, Timestamp};
use atelier_store::{Act, Key, KeyState, NewKey};
use serde_json::{Value, json};

use crate::admin::{networks, open, print};
use crate::args::{KeyCommand, Kind};

pub(crate) async fn keys(command: KeyCommand) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    match command {
        KeyCommand::Create { project, kind, name, expires, allow, admin } => {
            anyhow::ensure!(
                expires.is_none_or(|time| !time.is_zero()),
                "--expires must be longer than no time"
            );
            let secret = KeySecret::random();
            let new = NewKey {
                project: ProjectId(project),
                kind: match kind {
                    Kind::Tryon => KeyKind::Tryon,
                },
                name: key_name(&name)?,
                secret: secret.clone(),
                expires: expires.map(|time| now.after(time)),
                allowed_networks: networks(&allow)?,
            };
            let key = open(&admin).await?.store.create_key(new, &Act::operator(now)).await?;
            let mut shown = described(&key, now);
            shown["key"] = json!(secret.expose());
            Ok(print(&admin, &shown))
        }
        KeyCommand::List { project, admin } => {
            let (store, project) = (open(&admin).await?.store, ProjectId(project));
            store.project(project).await?.context("there is no such project")?;
            let keys = store.keys(project).await?;
            Ok(print(&admin, &keys.iter().map(|key| described(key, now)).collect()))
        }
        KeyCommand::Revoke { key, admin } => {
            let key = open(&admin).await?.store.revoke_key(KeyId(key), &Act::operator(now)).await?;
            Ok(print(&admin, &described(&key, now)))
        }
    }
}

fn key_name(text: &str) -> anyhow::Result<KeyName> {
    let max = KeyName::MAX;
    KeyName::parse(text.trim()).with_context(|| format!("--name must be one line of 1 to {max} characters"))
}

fn described(key: &Key, now: Timestamp) -> Value {
    let kind = match key.kind {
        KeyKind::Tryon => "tryon",
    };
    let state = match key.state(now) {
        KeyState::Active => "active",
        KeyState::Expired => "expired",
        KeyState::Revoked => "revoked",
    };
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "kind": kind,
        "key_hint": key.hint,
        "state": state,
        "created": key.created.seconds(),
        "expires": key.expires.map(Timestamp::seconds),
        "last_used": key.last_used.map(Timestamp::seconds),
        "revoked": key.revoked.map(Timestamp::seconds),
        "allow": key.allowed_networks.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
