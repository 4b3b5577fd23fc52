//! Projects, keys, people and operations, as people change them in the dashboard.

use std::time::Duration;

use atelier_domain::{Money, ProjectId, Role, Timestamp};
use atelier_store::{Act, Slice, WorkerCard, WorkerState};
use serde_json::json;

use crate::support::{Echo, Gate, PIXEL, Studio, funded_project, send};
use crate::visitor::{Answer, Visitor};

async fn owner(studio: &Studio) -> Visitor<'_> {
    Visitor::with_role(studio, "ada@example.com", Role::Owner).await
}

/// The text between two others.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

/// The text in a field of a page that shows secrets.
fn shown<'t>(answer: &'t Answer, id: &str) -> &'t str {
    between(between(&answer.body, &format!("id=\"{id}\""), ">"), "value=\"", "\"")
}

/// The number of the studio's first project.
async fn first_project(studio: &Studio) -> ProjectId {
    studio.app.storage.store.projects_of(studio.account).await.unwrap()[0].id
}

/// What the audit log of the studio's account says, the newest line first.
async fn log(studio: &Studio) -> Vec<String> {
    let slice = Slice { start: 0, limit: 50, oldest_first: false };
    let page = studio.app.storage.store.audit(studio.account, &slice).await.unwrap();
    let who =
        |entry: &atelier_store::AuditEntry| entry.person.as_ref().map_or("-".to_owned(), ToString::to_string);
    page.entries.iter().map(|entry| format!("{} {}", who(entry), entry.action)).collect()
}

/// The answer to a call of the Wiro API with a key.
async fn call(studio: &Studio, key: &str) -> (u16, serde_json::Value) {
    send(
        studio.http.post(studio.at("/v1/Task/Detail")).header("x-api-key", key).json(&json!({"taskid": "1"})),
    )
    .await
}

/// The answer to a call of `TryonAPI` with a key.
async fn ask_tryon(studio: &Studio, key: &str) -> u16 {
    let path = studio.at("/api/v1/tryon/status/6f9619ff-8b86-d011-b42d-00c04fc964ff");
    studio.http.get(path).bearer_auth(key).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_project_shows_its_key_once_and_the_key_works() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let made = ada
        .submit(
            "/dashboard/projects",
            &[("name", "shop"), ("auth", "key"), ("networks", "127.0.0.1 ::1/128")],
        )
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let key = shown(&made, "key").to_owned();
    assert!(!made.body.contains("id=\"secret\""), "a key-only project signs nothing");
    let webhook = shown(&made, "webhook-secret").to_owned();
    let programs = made.body.matches(&key).count();
    assert_eq!(programs, 5, "the field, and a program in each language");
    assert_eq!(call(&studio, &key).await.0, 200);
    let there = made.body.split("href=\"/dashboard/projects/").nth(1).unwrap().split('"').next().unwrap();
    for path in ["/dashboard/projects".to_owned(), format!("/dashboard/projects/{there}")] {
        let page = ada.open(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&key[..6]) && !page.body.contains(&key) && !page.body.contains(&webhook));
    }
    assert_eq!(log(&studio).await[0], "ada@example.com project.create");
}

#[tokio::test]
async fn a_signing_project_shows_a_secret_that_signs() {
    let studio = Studio::start(Echo).await;
    let made =
        owner(&studio).await.submit("/dashboard/projects", &[("name", "shop"), ("auth", "signature")]).await;
    let secret = shown(&made, "secret");
    assert_eq!(made.body.matches(secret).count(), 5);
    let (status, reply) = call(&studio, shown(&made, "key")).await;
    assert_eq!((status, reply["result"].as_bool()), (401, Some(false)), "the key alone is not enough");
}

#[tokio::test]
async fn a_mistake_in_a_form_is_named_and_what_was_typed_stays() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let count = async || studio.app.storage.store.projects_of(studio.account).await.unwrap().len();
    let before = count().await;
    for (form, words) in [
        (&[("name", ""), ("auth", "key")][..], "Give it a name"),
        (&[("name", "shop"), ("auth", "none")], "Choose one of the two"),
        (
            &[("name", "my shop"), ("auth", "key"), ("networks", "10.0.0.0/8 10.0.0.0/64")],
            "“10.0.0.0/64” is no network",
        ),
    ] {
        let refused = ada.submit("/dashboard/projects", form).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains(words), "{}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{}\"", form[0].1)));
    }
    assert_eq!(count().await, before);
    let project = first_project(&studio).await;
    let networks = format!("/dashboard/projects/{project}/networks");
    let refused = ada.submit(&networks, &[("networks", "203.0.113.300")]).await;
    assert!(refused.status == 400 && refused.body.contains("“203.0.113.300” is no network"));
    let done = ada.submit(&networks, &[("networks", "203.0.113.7")]).await;
    assert_eq!((done.status, done.location), (303, format!("/dashboard/projects/{project}")));
    let (status, reply) = call(&studio, studio.key.as_str()).await;
    assert_eq!(status, 401, "calls from here are refused now: {reply}");
}

#[tokio::test]
async fn a_replaced_key_is_good_until_its_overlap_is_over() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let project = first_project(&studio).await;
    let regenerate = format!("/dashboard/projects/{project}/regenerate");
    let old = studio.key.as_str().to_owned();
    let second = ada.submit(&regenerate, &[("overlap", "24h")]).await;
    let second = shown(&second, "key").to_owned();
    assert_eq!((call(&studio, &old).await.0, call(&studio, &second).await.0), (200, 200));
    let page = ada.open(&format!("/dashboard/projects/{project}")).await.body;
    assert!(page.contains("An older key is still good") && page.contains(&old[..6]), "{page}");
    let third = ada.submit(&regenerate, &[("overlap", "none")]).await;
    assert!(third.body.contains("The old key is good no more"));
    for gone in [&old, &second] {
        let (status, reply) = call(&studio, gone).await;
        let unknown = call(&studio, atelier_domain::ApiKey::random().as_str()).await;
        assert_eq!((status, reply), unknown, "as a key that never was");
    }
    assert_eq!(call(&studio, shown(&third, "key")).await.0, 200);
    assert_eq!(ada.submit(&regenerate, &[("overlap", "99y")]).await.status, 400);
    assert_eq!(
        log(&studio).await[..2],
        ["ada@example.com project.regenerate", "ada@example.com project.regenerate"]
    );
}

#[tokio::test]
async fn the_webhook_secret_is_shown_to_owners_who_ask() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let project = first_project(&studio).await;
    let path = format!("/dashboard/projects/{project}");
    let kept = studio.app.storage.store.webhook_secret(project).await.unwrap();
    assert!(!ada.open(&path).await.body.contains(kept.expose()));
    let asked = ada.submit(&format!("{path}/webhook-secret"), &[]).await;
    assert_eq!(shown(&asked, "webhook-secret"), kept.expose());
}

#[tokio::test]
async fn a_tryon_key_is_shown_once_works_and_is_refused_once_revoked() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let project = first_project(&studio).await;
    let keys = format!("/dashboard/projects/{project}/keys");
    let refused = ada.submit(&keys, &[("name", "shop"), ("expires", "never"), ("networks", "home")]).await;
    assert!(refused.status == 400 && refused.body.contains("“home” is no network"));
    let made = ada.submit(&keys, &[("name", "shop"), ("expires", "30d"), ("networks", "")]).await;
    let key = shown(&made, "key").to_owned();
    assert_eq!(made.body.matches(&key).count(), 5);
    assert_eq!(ask_tryon(&studio, &key).await, 404, "it is let in, and there is no such job");
    let page = ada.open(&format!("/dashboard/projects/{project}")).await.body;
    assert!(page.contains(&key[..12]) && !page.contains(&key));
    assert!(page.contains(">active<") && page.contains("Revoke shop"), "{page}");
    let id = studio.app.storage.store.keys(project).await.unwrap()[0].id;
    let revoked = ada.submit(&format!("{keys}/{id}/revoke"), &[]).await;
    assert_eq!(revoked.status, 303);
    assert_eq!(ask_tryon(&studio, &key).await, 401);
    assert!(ada.open(&format!("/dashboard/projects/{project}")).await.body.contains(">revoked<"));
    assert_eq!(log(&studio).await[..2], ["ada@example.com key.revoke", "ada@example.com key.create"]);
}

#[tokio::test]
async fn a25_only_owners_change_projects_and_nobody_reaches_those_of_others() {
    let studio = Studio::start(Echo).await;
    let (other, _) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let stranger = Visitor::of_account(&studio, other, "eve@example.com", Role::Owner).await;
    let member = Visitor::with_role(&studio, "bob@example.com", Role::Member).await;
    let project = first_project(&studio).await;
    let path = format!("/dashboard/projects/{project}");
    assert_eq!(member.open(&path).await.status, 200, "everybody of the account looks");
    assert_eq!(stranger.open(&path).await.status, 404);
    assert!(!stranger.open("/dashboard/projects").await.body.contains(studio.key.as_str().split_at(6).0));
    for action in ["regenerate", "networks", "keys", "webhook-secret", "keys/1/revoke"] {
        let form = [("overlap", "none"), ("name", "x"), ("expires", "never"), ("networks", "")];
        assert_eq!(member.submit(&format!("{path}/{action}"), &form).await.status, 403, "{action}");
        assert_eq!(stranger.submit(&format!("{path}/{action}"), &form).await.status, 404, "{action}");
        assert_eq!(member.send(&format!("{path}/{action}"), &form).await.status, 403, "{action}");
    }
    let form = [("name", "x"), ("auth", "key")];
    assert_eq!(member.submit("/dashboard/projects", &form).await.status, 403);
    assert_eq!(call(&studio, studio.key.as_str()).await.0, 200, "nothing was changed");
}

#[tokio::test]
async fn a_key_of_another_project_is_not_revoked_through_ones_own() {
    let studio = Studio::start(Echo).await;
    let (other, _) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let eve = Visitor::of_account(&studio, other, "eve@example.com", Role::Owner).await;
    let (ada, project) = (owner(&studio).await, first_project(&studio).await);
    let form = [("name", "shop"), ("expires", "never")];
    let key = ada.submit(&format!("/dashboard/projects/{project}/keys"), &form).await;
    let id = studio.app.storage.store.keys(project).await.unwrap()[0].id;
    let hers = studio.app.storage.store.projects_of(other).await.unwrap()[0].id;
    assert_eq!(eve.submit(&format!("/dashboard/projects/{hers}/keys/{id}/revoke"), &[]).await.status, 404);
    assert_eq!(ask_tryon(&studio, shown(&key, "key")).await, 404);
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_and_can_be_taken_back() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let form = [("note", "Bob <of> the shop"), ("role", "member")];
    let invited = ada.submit("/dashboard/people/invite", &form).await;
    let link = shown(&invited, "link").to_owned();
    let page = ada.open("/dashboard/people").await.body;
    assert!(page.contains("Bob &lt;of&gt; the shop") && !page.contains(&link), "{page}");
    let account = [("email", "bob@example.com"), ("password", "a long password of bob")];
    let join = async |account: &[(&str, &str)]| {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        http.post(&link).form(account).send().await.unwrap().status().as_u16()
    };
    assert_eq!(join(&account).await, 303);
    assert_eq!(join(&[("email", "eve@example.com"), ("password", "a long password of eve")]).await, 410);
    let people = studio.app.storage.store.people(Some(studio.account)).await.unwrap();
    assert_eq!(people[1].role, Role::Member);
    let again = ada.submit("/dashboard/people/invite", &form).await;
    let id = studio.app.storage.store.invites(Some(studio.account), Timestamp::now()).await.unwrap()[0].id;
    assert_eq!(ada.submit(&format!("/dashboard/people/invitations/{id}/revoke"), &[]).await.status, 303);
    assert_eq!(studio.http.get(shown(&again, "link")).send().await.unwrap().status(), 410);
    let log = log(&studio).await;
    assert_eq!(
        log[..3],
        ["ada@example.com person.uninvite", "ada@example.com person.invite", "bob@example.com person.join"]
    );
}

#[tokio::test]
async fn owners_change_roles_and_an_account_keeps_one_of_them() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    let bob = Visitor::with_role(&studio, "bob@example.com", Role::Member).await;
    let people = studio.app.storage.store.people(Some(studio.account)).await.unwrap();
    let (ada_id, bob_id) = (people[0].id, people[1].id);
    let role = |id| format!("/dashboard/people/{id}/role");
    assert_eq!(bob.submit(&role(bob_id), &[("role", "owner")]).await.status, 403);
    let refused = ada.submit(&role(ada_id), &[("role", "viewer")]).await;
    assert!(refused.status == 400 && refused.body.contains("needs an owner"));
    assert_eq!(ada.submit(&role(bob_id), &[("role", "emperor")]).await.status, 400);
    assert_eq!(ada.submit(&role(bob_id), &[("role", "owner")]).await.status, 303);
    let remove = |id| format!("/dashboard/people/{id}/remove");
    assert_eq!(bob.submit(&remove(ada_id), &[]).await.status, 303);
    let gone = ada.open("/dashboard/people").await;
    assert!(gone.location.starts_with("/dashboard/sign-in"), "her session has ended: {}", gone.body);
    let page = bob.open("/dashboard/people").await.body;
    for line in ["role changed", "removed", "ada@example.com"] {
        assert!(page.contains(line), "{line}");
    }
}

#[tokio::test]
async fn a25_people_of_other_accounts_are_the_operators_alone() {
    let studio = Studio::start(Echo).await;
    let ada = Visitor::operator(&studio, "owner@example.com").await;
    let (other, _) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let eve = Visitor::of_account(&studio, other, "eve@example.com", Role::Owner).await;
    let people = studio.app.storage.store.people(None).await.unwrap();
    let id = |email: &str| people.iter().find(|person| person.email.as_str() == email).unwrap().id;
    let (ada_id, eve_id) = (id("owner@example.com"), id("eve@example.com"));
    for action in ["role", "remove", "reset"] {
        let answer = eve.submit(&format!("/dashboard/people/{ada_id}/{action}"), &[("role", "viewer")]).await;
        assert_eq!(answer.status, 404, "{action}");
    }
    assert!(!eve.open("/dashboard/people").await.body.contains("owner@example.com"));
    let page = ada.open("/dashboard/people").await.body;
    assert!(page.contains("All accounts") && page.contains("eve@example.com"));
    let reset = ada.submit(&format!("/dashboard/people/{eve_id}/reset"), &[]).await;
    let opened = studio.http.get(shown(&reset, "link")).send().await.unwrap();
    assert!(opened.text().await.unwrap().contains("Set a new password"));
    let form = [("note", "Carol"), ("role", "viewer"), ("own-account", "on")];
    assert_eq!(eve.submit("/dashboard/people/invite", &form).await.status, 404);
    assert_eq!(ada.submit("/dashboard/people/invite", &form).await.status, 200);
    assert!(ada.open("/dashboard/people").await.body.contains("an account of their own"));
}

#[tokio::test]
async fn an_owner_cannot_set_the_password_of_the_operator() {
    let studio = Studio::start(Echo).await;
    Visitor::operator(&studio, "owner@example.com").await;
    let bob = Visitor::with_role(&studio, "bob@example.com", Role::Owner).await;
    let operator = studio.app.storage.store.people(Some(studio.account)).await.unwrap()[0].id;
    assert_eq!(bob.submit(&format!("/dashboard/people/{operator}/reset"), &[]).await.status, 400);
    assert_eq!(bob.submit(&format!("/dashboard/people/{operator}/remove"), &[]).await.status, 400);
}

#[tokio::test]
async fn operations_are_for_the_operator_and_show_no_secret() {
    let set = |config: &mut atelier_server::config::Config| config.listen.set_port(4711);
    let studio = Studio::start_with(Echo, set).await;
    let ada = Visitor::operator(&studio, "owner@example.com").await;
    let bob = Visitor::with_role(&studio, "bob@example.com", Role::Owner).await;
    assert_eq!(bob.open("/dashboard/operations").await.status, 404);
    assert_eq!(bob.submit("/dashboard/operations/tasks/1/retry", &[]).await.status, 404);
    let page = ada.open("/dashboard/operations").await.body;
    for words in ["127.0.0.1:4711", "echo on cpu", "no runner makes a", "models.token", "not set"] {
        assert!(page.contains(words), "{words} in {page}");
    }
}

#[tokio::test]
async fn a_worker_is_seen_and_one_that_fell_silent_too() {
    let studio = Studio::start(Echo).await;
    let ada = Visitor::operator(&studio, "owner@example.com").await;
    let store = &studio.app.storage.store;
    // The worker says that it is there when it begins.
    let seen = async {
        while store.workers().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, seen).await.unwrap();
    let mine = &store.workers().await.unwrap()[0].card;
    assert_eq!((mine.process, mine.runners.as_str()), (std::process::id(), "echo on cpu"));
    let page = ada.open("/dashboard/operations").await.body;
    assert!(page.contains(">working<") && !page.contains(">silent<"), "{page}");
    let card = WorkerCard { name: "killed".into(), host: "studio-2".into(), ..mine.clone() };
    let long_ago = Timestamp::now().0 - 2 * i64::try_from(WorkerState::PATIENCE.as_millis()).unwrap();
    store.heartbeat(&card, Timestamp(long_ago)).await.unwrap();
    let page = ada.open("/dashboard/operations").await.body;
    assert!(page.contains("studio-2") && page.contains(">silent<"), "{page}");
    studio.stop();
    let left = async {
        while store.workers().await.unwrap().len() > 1 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, left).await.unwrap();
    assert_eq!(store.workers().await.unwrap()[0].card.name, "killed");
}

#[tokio::test]
async fn a_failed_task_is_run_again_while_its_pictures_are_there() {
    let studio = Studio::start(Gate::that_panics()).await;
    let ada = Visitor::operator(&studio, "operator@example.com").await;
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL, "externalTaskId": "order 7"});
    let (_, reply) = studio.post("/v1/Run/wiro/virtual-try-on", &body).await;
    let token = reply["socketaccesstoken"].as_str().unwrap().to_owned();
    let failed = studio.until(&token, "task_postprocess_end").await;
    let id: i64 = failed["id"].as_str().unwrap().parse().unwrap();
    let page = ada.open("/dashboard/operations").await.body;
    assert!(page.contains("owner@example.com") && page.contains(&format!("/tasks/{id}/retry")), "{page}");
    let retry = format!("/dashboard/operations/tasks/{id}/retry");
    let again = ada.submit(&retry, &[]).await;
    assert_eq!(again.location, format!("/dashboard/operations?retried={}#failed", id + 1));
    let second =
        studio.app.storage.store.task(&atelier_store::TaskRef::Id(atelier_domain::TaskId(id + 1))).await;
    let second = second.unwrap().unwrap();
    assert_eq!((second.external_id.as_str(), second.account), ("order 7", studio.account));
    assert!(second.price > Money::ZERO, "priced as any other");
    assert_eq!(log(&studio).await[0], "operator@example.com task.retry");
    studio.until(second.token.as_str(), "task_postprocess_end").await;
    let store = &studio.app.storage.store;
    for id in [id, id + 1] {
        store.forget_files_of(atelier_domain::TaskId(id)).await.unwrap();
    }
    let refused = ada.submit(&retry, &[]).await;
    assert!(refused.status == 400 && refused.body.contains("has been deleted"), "{}", refused.body);
    assert_eq!(ada.submit("/dashboard/operations/tasks/999/retry", &[]).await.status, 404);
}

#[tokio::test]
async fn the_log_is_read_page_by_page() {
    let studio = Studio::start(Echo).await;
    let ada = owner(&studio).await;
    for number in 0..30 {
        let amount = Money::parse_usd("1").unwrap();
        let note = format!("gift {number}");
        studio
            .app
            .storage
            .store
            .grant(studio.account, amount, &note, &Act::operator(Timestamp::now()))
            .await
            .unwrap();
    }
    let first = ada.open("/dashboard/people").await.body;
    assert!(
        first.contains("gift 29") && !first.contains("gift 1<") && first.contains("Page 1 of 2"),
        "{first}"
    );
    let second = ada.open("/dashboard/people?page=2").await.body;
    assert!(second.contains("gift 1<") && !second.contains("gift 29"));
    assert!(ada.open("/dashboard/people?page=99").await.body.contains("There is nothing on this page"));
}
