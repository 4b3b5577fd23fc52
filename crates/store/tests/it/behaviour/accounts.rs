//! Accounts, credit, projects and their keys.

use atelier_domain::{AccountId, AllowedNetworks, ApiKey, Money, ProjectId};
use atelier_store::{Act, AuthMode, LedgerKind, NewProject, StoreError};

use super::world::{CREDIT, NOW, World, after, assert_refused, new_project};

pub(crate) async fn an_address_names_one_account_whatever_its_case(world: World) {
    assert_refused!(world.store.create_account("Ada@Example.org", NOW).await, StoreError::Exists("account"));
    assert_eq!(world.store.account_by_email("ADA@example.org").await.unwrap().id, world.account);
    assert_refused!(world.store.account_by_email("bob@example.org").await, StoreError::NotFound("account"));
    assert_eq!(world.store.account(world.account).await.unwrap().email, "ada@example.org");
    assert_refused!(world.store.account(AccountId::random()).await, StoreError::NotFound("account"));
    let bob = world.store.create_account("Bob@example.org", after(1)).await.unwrap();
    assert_eq!((bob.email.as_str(), bob.balance, bob.created), ("bob@example.org", Money::ZERO, after(1)));
    let emails: Vec<_> =
        world.store.accounts().await.unwrap().into_iter().map(|account| account.email).collect();
    assert_eq!(emails, ["ada@example.org", "bob@example.org"]);
}

pub(crate) async fn grants_add_up_in_the_ledger(world: World) {
    assert_eq!(
        world.store.grant(world.account, Money(5), "sorry", &Act::operator(after(1))).await.unwrap(),
        CREDIT + Money(5)
    );
    let ledger = world.store.ledger(world.account).await.unwrap();
    let last = ledger.last().unwrap();
    assert_eq!((ledger.len(), last.kind, last.task, last.amount), (2, LedgerKind::Grant, None, Money(5)));
    assert_eq!((last.note.as_str(), last.at), ("sorry", after(1)));
    world.audit(&[]).await;
}

pub(crate) async fn grants_that_are_no_gift_or_leave_the_range_are_refused(world: World) {
    for amount in [0, -1, i64::MIN, i64::MAX, i64::MAX - CREDIT.0 + 1].map(Money) {
        let refused = world.store.grant(world.account, amount, "", &Act::operator(NOW)).await;
        assert_refused!(refused, StoreError::BadAmount(given) if given == amount);
    }
    let nobody = world.store.grant(AccountId::random(), Money(1), "", &Act::operator(NOW)).await;
    assert_refused!(nobody, StoreError::NotFound("account"));
    assert_eq!(world.balance().await, CREDIT);
    let all_there_is =
        world.store.grant(world.account, Money(i64::MAX - CREDIT.0), "", &Act::operator(NOW)).await;
    assert_eq!(all_there_is.unwrap(), Money(i64::MAX));
}

pub(crate) async fn a_key_finds_its_project_and_nothing_else(world: World) {
    let networks: AllowedNetworks = "203.0.113.0/24 2001:db8::/32".parse().unwrap();
    let new = NewProject { allowed_networks: networks.clone(), ..new_project(world.account) };
    let key = new.key.clone();
    let made = world.store.create_project(new, &Act::operator(after(1))).await.unwrap();
    let found = world.store.project_by_key(&key, NOW).await.unwrap().unwrap();
    assert_eq!((found.id, found.account, found.created), (made.id, world.account, after(1)));
    assert_eq!(found.allowed_networks, networks);
    assert!(key.as_str().starts_with(&found.key_hint) && found.key_hint.len() < 10);
    assert!(world.store.project_by_key(&ApiKey::random(), NOW).await.unwrap().is_none());
    let numbers: Vec<_> =
        world.store.projects().await.unwrap().into_iter().map(|project| project.id).collect();
    assert_eq!(numbers, [world.project, made.id]);
    assert_eq!(world.store.project(made.id).await.unwrap().unwrap().name, "shop");
    assert!(world.store.project(ProjectId(77)).await.unwrap().is_none());
}

pub(crate) async fn a_secret_is_opened_only_for_projects_that_sign(world: World) {
    for (auth, opened) in [(AuthMode::Signature, true), (AuthMode::Key, false)] {
        let new = NewProject { auth, ..new_project(world.account) };
        let (key, secret) = (new.key.clone(), new.secret.clone());
        let made = world.store.create_project(new, &Act::operator(NOW)).await.unwrap();
        assert_eq!(made.auth, auth);
        let found = world.store.project_by_key(&key, NOW).await.unwrap().unwrap();
        assert_eq!(found.secret, opened.then_some(secret));
    }
    assert!(world.store.projects().await.unwrap().iter().all(|project| project.secret.is_none()));
}

pub(crate) async fn a_project_needs_its_account(world: World) {
    let orphan = new_project(AccountId::random());
    assert_refused!(
        world.store.create_project(orphan, &Act::operator(NOW)).await,
        StoreError::NotFound("account")
    );
    let new = new_project(world.account);
    world.store.create_project(new.clone(), &Act::operator(NOW)).await.unwrap();
    assert_refused!(
        world.store.create_project(new, &Act::operator(NOW)).await,
        StoreError::Exists("project")
    );
}
