//! Who may call `TryonAPI`: bearer keys, and one answer to all that are not good.

use std::num::NonZeroU32;
use std::time::Duration;

use atelier_domain::{
    AccountId, AllowedNetworks, KeyKind, KeyName, KeySecret, ProjectId, TaskToken, Timestamp,
};
use atelier_server::config::Rate;
use atelier_store::{Act, Key, NewKey, TaskRef};
use reqwest::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Echo, PATIENCE, Studio, funded_project, send};

/// The project of an account.
async fn project_of(studio: &Studio, account: AccountId) -> ProjectId {
    let projects = studio.app.storage.store.projects().await.unwrap();
    projects.into_iter().find(|project| project.account == account).unwrap().id
}

/// A key of the studio's account, changed by a test.
async fn key_with(studio: &Studio, change: impl FnOnce(&mut NewKey)) -> (Key, KeySecret) {
    let secret = KeySecret::random();
    let mut new = NewKey {
        project: project_of(studio, studio.account).await,
        kind: KeyKind::Tryon,
        name: KeyName::parse("test").unwrap(),
        secret: secret.clone(),
        expires: None,
        allowed_networks: AllowedNetworks::default(),
    };
    change(&mut new);
    (studio.app.storage.store.create_key(new, &Act::operator(Timestamp::now())).await.unwrap(), secret)
}

async fn key(studio: &Studio) -> (Key, KeySecret) {
    key_with(studio, |_| {}).await
}

/// Asks for a job that does not exist with these authorization headers.
async fn ask(studio: &Studio, authorization: &[&str]) -> Response {
    let path = format!("/api/v1/tryon/status/{}", Uuid::new_v4());
    let request = studio.http.get(studio.at(&path));
    authorization
        .iter()
        .fold(request, |request, value| request.header("authorization", *value))
        .send()
        .await
        .unwrap()
}

async fn ask_with(studio: &Studio, secret: &KeySecret) -> Response {
    ask(studio, &[&format!("Bearer {}", secret.expose())]).await
}

/// All of an answer that its caller can see, but for what differs every time.
async fn seen(response: Response) -> (u16, Vec<(String, String)>, Value) {
    let status = response.status().as_u16();
    let headers =
        response.headers().iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (status, headers, response.json().await.unwrap())
}

#[tokio::test]
async fn without_a_bearer_key_a_caller_is_told_how_to_send_one() {
    let studio = Studio::start(Echo).await;
    let (_, good) = key(&studio).await;
    let good = good.expose();
    let (bearer, basic) = (format!("Bearer {good}"), format!("Basic {good}"));
    for headers in [&[][..], &["Bearer"], &["Bearer "], &[good], &[&basic], &[&bearer, &bearer]] {
        let response = ask(&studio, headers).await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let (status, _, reply) = seen(response).await;
        let words = "Send your API key in the header `Authorization: Bearer <key>`.";
        assert_eq!(
            (status, reply),
            (401, json!({"error": words, "errorCode": "UNAUTHORIZED"})),
            "{headers:?}"
        );
    }
    assert_eq!(ask(&studio, &[&format!("bearer  {good} ")]).await.status(), 404, "the scheme has no case");
}

#[tokio::test]
async fn a14_an_answer_does_not_tell_what_is_wrong_with_a_key() {
    let studio = Studio::start(Echo).await;
    let (revoked, revoked_secret) = key(&studio).await;
    studio.app.storage.store.revoke_key(revoked.id, &Act::operator(Timestamp::now())).await.unwrap();
    let (_, expired) = key_with(&studio, |new| new.expires = Some(Timestamp::now())).await;
    let elsewhere = "203.0.113.0/24 2001:db8::/32".parse().unwrap();
    let (_, foreign) = key_with(&studio, |new| new.allowed_networks = elsewhere).await;
    let (unknown, nonsense) =
        (ask_with(&studio, &KeySecret::random()).await, ask(&studio, &["Bearer x"]).await);
    let expected = seen(unknown).await;
    assert_eq!((expected.0, &expected.2["errorCode"]), (401, &json!("UNAUTHORIZED")));
    assert_eq!(seen(nonsense).await, expected);
    let wiros = ask(&studio, &[&format!("Bearer {}", studio.key)]).await;
    assert_eq!(seen(wiros).await, expected, "a key of the other dialect is none");
    for secret in [revoked_secret, expired, foreign] {
        assert_eq!(seen(ask_with(&studio, &secret).await).await, expected);
    }
}

#[tokio::test]
async fn a_key_is_good_from_its_networks_until_it_expires() {
    let studio = Studio::start(Echo).await;
    let (_, secret) = key_with(&studio, |new| {
        new.allowed_networks = "127.0.0.0/8 ::1/128".parse().unwrap();
        new.expires = Some(Timestamp::now().after(Duration::from_hours(1)));
    })
    .await;
    assert_eq!(ask_with(&studio, &secret).await.status(), 404);
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_its_neighbour_is_not() {
    let studio = Studio::start(Echo).await;
    let ((first, first_secret), (_, second_secret)) = (key(&studio).await, key(&studio).await);
    assert_eq!(ask_with(&studio, &first_secret).await.status(), 404);
    studio.app.storage.store.revoke_key(first.id, &Act::operator(Timestamp::now())).await.unwrap();
    assert_eq!(ask_with(&studio, &first_secret).await.status(), 401);
    assert_eq!(ask_with(&studio, &second_secret).await.status(), 404);
}

#[tokio::test]
async fn a25_every_key_of_the_account_sees_its_jobs_and_no_other_does() {
    let studio = Studio::start(Echo).await;
    let token = TaskToken::parse(&studio.submit().await).unwrap();
    let task = studio.app.storage.store.task(&TaskRef::Token(token)).await.unwrap().unwrap();
    let path = studio.at(&format!("/api/v1/tryon/status/{}", task.uuid));
    let ask = |secret: &KeySecret| send(studio.http.get(&path).bearer_auth(secret.expose()));
    let (stranger, _) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let strange = project_of(&studio, stranger).await;
    let (_, strangers) = key_with(&studio, |new| new.project = strange).await;
    for secret in [key(&studio).await.1, key(&studio).await.1] {
        assert_eq!(ask(&secret).await.0, 200);
    }
    let words = "This job belongs to another account.";
    assert_eq!(ask(&strangers).await, (403, json!({"error": words, "errorCode": "FORBIDDEN"})));
}

#[tokio::test]
async fn a13_what_a_browser_sends_by_itself_is_no_credential() {
    let studio = Studio::start(Echo).await;
    let (_, secret) = key(&studio).await;
    let form = reqwest::multipart::Form::new().text("person_images", "x").text("garment_images", "x");
    let request = studio.http.post(studio.at("/api/v1/tryon")).multipart(form);
    let request = request.header("origin", "null").header("cookie", format!("key={}", secret.expose()));
    let response = request.basic_auth("key", Some(secret.expose())).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(!response.headers().contains_key("access-control-allow-credentials"));
    assert!(!response.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn a19_a_bearer_key_is_no_credential_of_the_other_dialect() {
    let studio = Studio::start(Echo).await;
    let (_, secret) = key(&studio).await;
    let request = studio.http.post(studio.at("/v1/Task/Detail")).json(&json!({"taskid": "1"}));
    assert_eq!(send(request.header("x-api-key", secret.expose())).await.0, 401);
}

#[tokio::test]
async fn the_use_of_a_key_is_noted() {
    let studio = Studio::start(Echo).await;
    let (made, secret) = key(&studio).await;
    for _ in 0..10 {
        assert_eq!(ask_with(&studio, &secret).await.status(), 404);
    }
    let noted = async {
        while studio.app.storage.store.keys(made.project).await.unwrap()[0].last_used.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, noted).await.expect("the use is noted");
}

/// So many at once, and next to none afterwards.
fn rate(burst: u32) -> Rate {
    Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(burst).unwrap() }
}

async fn assert_told_to_wait(response: Response) {
    assert_eq!(response.headers()["retry-after"], "1");
    let (status, _, reply) = seen(response).await;
    let words = "Too many requests. Try again in 1 seconds.";
    assert_eq!((status, reply), (429, json!({"error": words, "errorCode": "RATE_LIMITED"})));
}

#[tokio::test]
async fn a14_wrong_keys_are_throttled_and_right_ones_let_in() {
    let studio = Studio::start_with(Echo, |config| config.rates.failed_logins = Some(rate(3))).await;
    let (_, secret) = key(&studio).await;
    for _ in 0..3 {
        assert_eq!(ask_with(&studio, &KeySecret::random()).await.status(), 401);
    }
    assert_told_to_wait(ask_with(&studio, &KeySecret::random()).await).await;
    assert_told_to_wait(ask(&studio, &[]).await).await;
    assert_eq!(ask_with(&studio, &secret).await.status(), 404);
}

#[tokio::test]
async fn polls_are_answered_however_many_there_are() {
    let studio = Studio::start_with(Echo, |config| {
        config.rates.project = Some(rate(1));
        config.rates.address = Some(rate(1));
    })
    .await;
    let (_, secret) = key(&studio).await;
    for _ in 0..100 {
        assert_eq!(ask_with(&studio, &secret).await.status(), 404);
    }
}

#[tokio::test]
async fn submits_count_for_the_project_of_their_key() {
    let studio = Studio::start_with(Echo, |config| config.rates.project = Some(rate(2))).await;
    let (_, secret) = key(&studio).await;
    let submit =
        |secret: &KeySecret| studio.http.post(studio.at("/api/v1/tryon")).bearer_auth(secret.expose()).send();
    for _ in 0..2 {
        assert_eq!(submit(&secret).await.unwrap().status(), 400, "there are no pictures in it");
    }
    assert_told_to_wait(submit(&secret).await.unwrap()).await;
    let (other, _) = funded_project(&studio.app.storage, "other@example.com", "1").await;
    let others = project_of(&studio, other).await;
    let (_, secret) = key_with(&studio, |new| new.project = others).await;
    assert_eq!(submit(&secret).await.unwrap().status(), 400);
}

#[tokio::test]
async fn requests_count_for_their_address() {
    let studio = Studio::start_with(Echo, |config| config.rates.address = Some(rate(2))).await;
    let submit = || studio.http.post(studio.at("/api/v1/tryon")).send();
    for _ in 0..2 {
        assert_eq!(submit().await.unwrap().status(), 401);
    }
    assert_told_to_wait(submit().await.unwrap()).await;
}
