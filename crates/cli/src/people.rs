//! `atelier person`: who may sign in to the dashboard.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_domain::{Email, LinkSecret, Role, Timestamp};
use atelier_server::config::Config;
use atelier_server::join_address;
use atelier_store::{Act, LinkPurpose, NewLink, Person, Store};
use serde_json::{Value, json};

use crate::admin::{open, print};
use crate::args::{Admin, PersonCommand, PersonRole};
use crate::studio;

pub(crate) async fn people(command: PersonCommand) -> anyhow::Result<ExitCode> {
    match command {
        PersonCommand::Invite { account, role, note, admin } => {
            let store = open(&admin).await?.store;
            let account = match account {
                Some(email) => Some(store.account_by_email(&email).await?.id),
                None => None,
            };
            let role = match role {
                PersonRole::Viewer => Role::Viewer,
                PersonRole::Member => Role::Member,
                PersonRole::Owner => Role::Owner,
            };
            link(&*store, &admin, LinkPurpose::Invite { account, role }, note).await
        }
        PersonCommand::List { admin } => {
            let people = open(&admin).await?.store.people(None).await?;
            Ok(print(&admin, &people.iter().map(described).collect()))
        }
        PersonCommand::Reset { email, admin } => {
            let store = open(&admin).await?.store;
            let person = person(&*store, &email).await?;
            link(&*store, &admin, LinkPurpose::Reset(person.id), String::new()).await
        }
        PersonCommand::Remove { email, admin } => {
            let store = open(&admin).await?.store;
            let person = person(&*store, &email).await?;
            store.remove_person(person.id, &Act::operator(Timestamp::now())).await?;
            Ok(print(&admin, &described(&person)))
        }
    }
}

async fn person(store: &dyn Store, email: &str) -> anyhow::Result<Person> {
    let email = Email::parse(email).with_context(|| format!("`{email}` is not an e-mail address"))?;
    let found = store.person_by_email(&email).await?;
    Ok(found.with_context(|| format!("nobody signs in as {email}"))?.0)
}

async fn link(
    store: &dyn Store,
    admin: &Admin,
    purpose: LinkPurpose,
    note: String,
) -> anyhow::Result<ExitCode> {
    let (config, secret, now) = (studio::config(&admin.place)?, LinkSecret::random(), Timestamp::now());
    let expires = now.after(config.dashboard.link);
    let new = NewLink { purpose, secret: secret.clone(), note, expires };
    store.make_link(new, &Act::operator(now)).await?;
    Ok(print(admin, &json!({"link": join_address(&base(&config), &secret), "expires": expires.seconds()})))
}

/// Where the server is reached, as far as the settings tell.
fn base(config: &Config) -> String {
    config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen))
}

fn described(person: &Person) -> Value {
    json!({
        "email": person.email.as_str(),
        "role": person.role.word(),
        "operator": person.operator,
        "account": person.account.to_string(),
        "created": person.created.seconds(),
    })
}
