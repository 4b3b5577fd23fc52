//! People: links that let them in once, roles, sessions, and what the audit log keeps of it all.

use atelier_domain::{
    AccountId, AllowedNetworks, ApiKey, ApiSecret, Email, KeySecret, LinkSecret, Money, PersonId, Role,
    SessionSecret, Timestamp,
};
use atelier_store::{
    Act, AuthMode, Credential, LinkPurpose, NewLink, NewProject, NewSession, PasswordHash, Person, Slice,
    StoreError,
};

use super::keys::new_key;
use super::world::{NOW, World, after, assert_refused, new_project};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash(text.into())
}

/// Makes a link that is good for a minute.
async fn link(world: &World, purpose: LinkPurpose) -> Result<LinkSecret, StoreError> {
    let secret = LinkSecret::random();
    let new = NewLink { purpose, secret: secret.clone(), note: "for ada".into(), expires: after(60) };
    world.store.make_link(new, &Act::operator(NOW)).await.map(|_| secret)
}

/// Lets somebody into the world's account.
async fn joined(world: &World, name: &str, role: Role) -> Person {
    let invite = LinkPurpose::Invite { account: Some(world.account), role };
    let secret = link(world, invite).await.unwrap();
    world.store.use_link(&secret, Some(&email(name)), hash("x"), NOW).await.unwrap()
}

async fn signed_in(world: &World, person: PersonId) -> SessionSecret {
    let secret = SessionSecret::random();
    let new = NewSession { person, secret: secret.clone(), agent: "a browser".into(), expires: after(60) };
    world.store.start_session(new, NOW).await.unwrap();
    secret
}

async fn who(world: &World, secret: &SessionSecret, now: Timestamp) -> Option<PersonId> {
    world.store.person_of_session(secret, now).await.unwrap().map(|person| person.id)
}

/// The audit log of an account as `who: action subject`, oldest first.
async fn audit(world: &World, account: AccountId) -> Vec<String> {
    let all = Slice { start: 0, limit: 100, oldest_first: true };
    let page = world.store.audit(account, &all).await.unwrap();
    let line = |entry: &atelier_store::AuditEntry| {
        let who = entry.person.as_ref().map_or("operator", Email::as_str);
        format!("{who}: {} {}", entry.action, entry.subject)
    };
    page.entries.iter().map(line).collect()
}

pub(crate) async fn the_first_run_makes_one_operator(world: World) {
    let first = link(&world, LinkPurpose::FirstRun { unlimited: true }).await.unwrap();
    let second = link(&world, LinkPurpose::FirstRun { unlimited: true }).await.unwrap();
    assert!(world.store.link(&first, NOW).await.unwrap().is_none(), "the newer one takes its place");
    let ada = email("Ada@example.com");
    let person = world.store.use_link(&second, Some(&ada), hash("x"), NOW).await.unwrap();
    assert_eq!((person.role, person.operator, &person.email), (Role::Owner, true, &ada));
    assert!(world.store.account(person.account).await.unwrap().unlimited);
    let found = world.store.person_by_email(&ada).await.unwrap();
    assert_eq!(found, Some((person, hash("x"))));
    let again = link(&world, LinkPurpose::FirstRun { unlimited: true }).await;
    assert_refused!(again, StoreError::Exists("person"));
}

pub(crate) async fn an_operator_takes_over_the_account_of_their_address(world: World) {
    let account = world.store.create_account("ada@example.com", NOW).await.unwrap().id;
    let other = LinkPurpose::Invite { account: None, role: Role::Owner };
    let other = link(&world, other).await.unwrap();
    let refused = world.store.use_link(&other, Some(&email("ada@example.com")), hash("x"), NOW).await;
    assert_refused!(refused, StoreError::Exists("account"));
    let first = link(&world, LinkPurpose::FirstRun { unlimited: false }).await.unwrap();
    let ada = world.store.use_link(&first, Some(&email("ada@example.com")), hash("x"), NOW).await.unwrap();
    assert_eq!(ada.account, account);
}

pub(crate) async fn a_link_is_used_once_and_before_it_ends(world: World) {
    let invite = || LinkPurpose::Invite { account: Some(world.account), role: Role::Viewer };
    let (late, secret) = (link(&world, invite()).await.unwrap(), link(&world, invite()).await.unwrap());
    assert_eq!(world.store.link(&secret, NOW).await.unwrap().unwrap().purpose, invite());
    assert_eq!(world.store.invites(Some(world.account), NOW).await.unwrap().len(), 2);
    let use_it = async |secret: &LinkSecret, name: &str, now| {
        world.store.use_link(secret, Some(&email(name)), hash("x"), now).await
    };
    let bob = use_it(&secret, "bob@example.com", NOW).await.unwrap();
    assert_eq!((bob.account, bob.role, bob.operator), (world.account, Role::Viewer, false));
    assert_refused!(use_it(&secret, "eve@example.com", NOW).await, StoreError::NotFound("link"));
    assert_refused!(use_it(&late, "eve@example.com", after(60)).await, StoreError::NotFound("link"));
    assert_refused!(use_it(&late, "bob@example.com", NOW).await, StoreError::Exists("person"));
    use_it(&late, "eve@example.com", NOW).await.unwrap();
    assert_eq!(world.store.people(Some(world.account)).await.unwrap().len(), 2);
    assert_eq!(world.store.invites(Some(world.account), NOW).await.unwrap(), []);
}

pub(crate) async fn an_invitation_can_be_taken_back_by_its_account_alone(world: World) {
    let invite = LinkPurpose::Invite { account: Some(world.account), role: Role::Viewer };
    let secret = link(&world, invite).await.unwrap();
    let id = world.store.link(&secret, NOW).await.unwrap().unwrap().id;
    let other = world.store.create_account("other@example.com", NOW).await.unwrap().id;
    let act = Act::operator(NOW);
    assert_refused!(world.store.revoke_link(Some(other), id, &act).await, StoreError::NotFound("invitation"));
    assert_refused!(world.store.revoke_link(None, id, &act).await, StoreError::NotFound("invitation"));
    world.store.revoke_link(Some(world.account), id, &act).await.unwrap();
    assert!(world.store.link(&secret, NOW).await.unwrap().is_none());
}

pub(crate) async fn an_invitation_to_an_account_of_its_own_is_listed_apart(world: World) {
    let secret = link(&world, LinkPurpose::Invite { account: None, role: Role::Owner }).await.unwrap();
    assert_eq!(world.store.invites(Some(world.account), NOW).await.unwrap(), []);
    let id = world.store.invites(None, NOW).await.unwrap()[0].id;
    let act = Act::operator(NOW);
    assert_refused!(
        world.store.revoke_link(Some(world.account), id, &act).await,
        StoreError::NotFound("invitation")
    );
    world.store.revoke_link(None, id, &act).await.unwrap();
    assert!(world.store.link(&secret, NOW).await.unwrap().is_none());
}

pub(crate) async fn an_account_keeps_an_owner(world: World) {
    let ada = joined(&world, "ada@example.com", Role::Owner).await;
    let act = Act::person(ada.id, after(1));
    assert_refused!(world.store.set_role(ada.id, Role::Member, &act).await, StoreError::LastOwner);
    assert_refused!(world.store.remove_person(ada.id, &act).await, StoreError::LastOwner);
    let bob = joined(&world, "bob@example.com", Role::Viewer).await;
    world.store.set_role(bob.id, Role::Owner, &act).await.unwrap();
    world.store.remove_person(ada.id, &act).await.unwrap();
    let left = world.store.people(Some(world.account)).await.unwrap();
    assert_eq!(left, [Person { role: Role::Owner, ..bob }]);
    assert!(world.store.person_by_email(&ada.email).await.unwrap().is_none());
    joined(&world, "ada@example.com", Role::Viewer).await;
}

pub(crate) async fn a_session_ends_by_time_by_sign_out_and_with_its_person(world: World) {
    let _owner = joined(&world, "owner@example.com", Role::Owner).await;
    let ada = joined(&world, "ada@example.com", Role::Member).await;
    let (first, second) = (signed_in(&world, ada.id).await, signed_in(&world, ada.id).await);
    assert_eq!(who(&world, &first, after(59)).await, Some(ada.id));
    assert_eq!(who(&world, &first, after(60)).await, None);
    assert_eq!(who(&world, &SessionSecret::random(), NOW).await, None);
    world.store.end_session(&first).await.unwrap();
    assert_eq!((who(&world, &first, NOW).await, who(&world, &second, NOW).await), (None, Some(ada.id)));
    assert_eq!(world.store.sessions(ada.id, NOW).await.unwrap().len(), 1);
    world.store.end_sessions(ada.id).await.unwrap();
    assert_eq!(who(&world, &second, NOW).await, None);
    let third = signed_in(&world, ada.id).await;
    world.store.remove_person(ada.id, &Act::operator(NOW)).await.unwrap();
    assert_eq!(who(&world, &third, NOW).await, None);
}

pub(crate) async fn a_new_password_ends_the_other_sessions(world: World) {
    let ada = joined(&world, "ada@example.com", Role::Owner).await;
    let (here, elsewhere) = (signed_in(&world, ada.id).await, signed_in(&world, ada.id).await);
    let act = Act::person(ada.id, NOW);
    world.store.set_password(ada.id, hash("y"), Some(&here), &act).await.unwrap();
    assert_eq!((who(&world, &here, NOW).await, who(&world, &elsewhere, NOW).await), (Some(ada.id), None));
    let reset = link(&world, LinkPurpose::Reset(ada.id)).await.unwrap();
    world.store.use_link(&reset, None, hash("z"), NOW).await.unwrap();
    assert_eq!(who(&world, &here, NOW).await, None);
    assert_eq!(world.store.person_by_email(&ada.email).await.unwrap().unwrap().1, hash("z"));
}

pub(crate) async fn a25_the_audit_log_names_who_changed_keys_and_credit(world: World) {
    let before = audit(&world, world.account).await.len();
    let ada = joined(&world, "ada@example.com", Role::Owner).await;
    let act = Act::person(ada.id, after(1));
    let store = &world.store;
    let new = NewProject { name: "shop".into(), ..new_project(world.account) };
    let hint = new.key.as_str()[..6].to_owned();
    let project = store.create_project(new, &act).await.unwrap().id;
    let secret = KeySecret::random();
    let key = store.create_key(new_key(project, &secret), &act).await.unwrap();
    store.revoke_key(key.id, &act).await.unwrap();
    store.revoke_key(key.id, &act).await.unwrap();
    store.grant(world.account, Money::parse_usd("5").unwrap(), "thanks", &Act::operator(NOW)).await.unwrap();
    let bearer = format!("the shop's server {}… of project {project}", secret.hint());
    let expected = [
        "operator: person.invite for ada as owner".to_owned(),
        "ada@example.com: person.join ada@example.com as owner".to_owned(),
        format!("ada@example.com: project.create shop {hint}… (project {project})"),
        format!("ada@example.com: key.create {bearer}"),
        format!("ada@example.com: key.revoke {bearer}"),
        "operator: credit.grant 5 US dollar thanks".to_owned(),
    ];
    assert_eq!(audit(&world, world.account).await[before..], expected);
    let other = store.create_account("other@example.com", NOW).await.unwrap().id;
    assert_eq!(audit(&world, other).await, Vec::<String>::new());
}

pub(crate) async fn a_replaced_credential_is_good_until_its_overlap_is_over(world: World) {
    let store = &world.store;
    let (old, old_secret) = (ApiKey::random(), ApiSecret::random());
    let signing = NewProject {
        auth: AuthMode::Signature,
        key: old.clone(),
        secret: old_secret.clone(),
        ..new_project(world.account)
    };
    let project = store.create_project(signing, &Act::operator(NOW)).await.unwrap().id;
    let replace = async |overlap| {
        let new = Credential { key: ApiKey::random(), secret: ApiSecret::random(), overlap };
        store.replace_credential(project, new.clone(), &Act::operator(NOW)).await.unwrap();
        new
    };
    let secret_of = async |key: &ApiKey, now| {
        store.project_by_key(key, now).await.unwrap().map(|found| found.secret.unwrap().expose().to_owned())
    };
    let second = replace(after(60)).await;
    assert_eq!(secret_of(&second.key, NOW).await.as_deref(), Some(second.secret.expose()));
    assert_eq!(secret_of(&old, after(59)).await.as_deref(), Some(old_secret.expose()));
    assert_eq!(secret_of(&old, after(60)).await, None);
    let retired = store.retired_credential(project, NOW).await.unwrap().unwrap();
    assert_eq!((retired.key_hint.as_str(), retired.until), (&old.as_str()[..6], after(60)));
    let third = replace(NOW).await;
    assert_eq!((secret_of(&second.key, NOW).await, secret_of(&old, NOW).await), (None, None));
    assert!(secret_of(&third.key, NOW).await.is_some());
    assert_eq!(store.retired_credential(project, NOW).await.unwrap(), None);
}

pub(crate) async fn the_networks_of_a_project_can_be_changed(world: World) {
    let allowed: AllowedNetworks = "203.0.113.0/24".parse().unwrap();
    let act = Act::operator(NOW);
    let changed = world.store.set_networks(world.project, allowed.clone(), &act).await.unwrap();
    assert_eq!(changed.allowed_networks, allowed);
    let listed = world.store.projects_of(world.account).await.unwrap();
    assert_eq!(listed[0].allowed_networks, allowed);
    let other = world.store.create_account("other@example.com", NOW).await.unwrap().id;
    assert!(world.store.projects_of(other).await.unwrap().is_empty());
}
