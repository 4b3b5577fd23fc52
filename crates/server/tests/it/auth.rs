//! Who may call: the decision procedure of the contract, message by message.

use atelier_domain::{ApiKey, ApiSecret, Timestamp};
use atelier_store::{Act, AuthMode};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::support::{Echo, Studio, error, funded_project, project, send};

fn sign(key: &ApiKey, secret: &ApiSecret, nonce: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_str().as_bytes()).unwrap();
    mac.update(format!("{}{nonce}", secret.expose()).as_bytes());
    format!("{:x}", mac.finalize().into_bytes())
}

async fn detail(studio: &Studio, headers: &[(&str, &str)]) -> (u16, serde_json::Value) {
    let request = studio.http.post(studio.at("/v1/Task/Detail")).json(&json!({"tasktoken": "test"}));
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn each_missing_or_wrong_credential_has_its_own_message() {
    let studio = Studio::start(Echo).await;
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let signing = project(studio.account, AuthMode::Signature, &key, &secret);
    studio.app.storage.store.create_project(signing, &Act::operator(Timestamp::now())).await.unwrap();
    let (key, wrong) = (key.as_str(), "0".repeat(64));
    let required = "Project requires signature authentication. x-signature and x-nonce headers are required.";
    for (headers, code, message) in [
        (vec![], 99, "Authorization bearer token is not founded in headers."),
        (vec![("authorization", "Bearer x")], 99, "Authorization bearer token is invalid."),
        (vec![("x-api-key", "unknown")], 0, "Project authorization is not founded."),
        (vec![("x-api-key", key)], 0, required),
        (vec![("x-api-key", key), ("x-nonce", "1")], 0, required),
        (vec![("x-api-key", key), ("x-signature", &wrong)], 0, required),
        (
            vec![("x-api-key", key), ("x-nonce", "1"), ("x-signature", &wrong)],
            0,
            "Project authorization is not valid.",
        ),
        (
            vec![("x-api-key", key), ("x-nonce", "1"), ("x-signature", "x")],
            0,
            "Project authorization is not valid.",
        ),
    ] {
        let (status, reply) = detail(&studio, &headers).await;
        assert_eq!((status, error(&reply)), (401, (code, message)), "{headers:?}");
    }
}

#[tokio::test]
async fn a_signature_is_accepted_in_openssl_form_and_its_nonce_again_and_again() {
    let studio = Studio::start(Echo).await;
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let signing = project(studio.account, AuthMode::Signature, &key, &secret);
    studio.app.storage.store.create_project(signing, &Act::operator(Timestamp::now())).await.unwrap();
    let signature = sign(&key, &secret, "1734513807");
    for form in [signature.clone(), format!("SHA2-256(stdin)= {signature}"), signature.to_uppercase()] {
        let headers =
            [("x-api-key", key.as_str()), ("x-nonce", "1734513807"), ("x-signature", form.as_str())];
        let (status, reply) = detail(&studio, &headers).await;
        assert_eq!((status, error(&reply)), (200, (1, "There is no task yet.")));
    }
}

#[tokio::test]
async fn a_key_only_project_ignores_signatures() {
    let studio = Studio::start(Echo).await;
    let headers = [("x-api-key", studio.key.as_str()), ("x-nonce", "1"), ("x-signature", "nonsense")];
    assert_eq!(detail(&studio, &headers).await.0, 200);
}

#[tokio::test]
async fn a_caller_from_another_network_is_refused() {
    let studio = Studio::start(Echo).await;
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let mut elsewhere = project(studio.account, AuthMode::Key, &key, &secret);
    elsewhere.allowed_networks = "203.0.113.0/24".parse().unwrap();
    studio.app.storage.store.create_project(elsewhere, &Act::operator(Timestamp::now())).await.unwrap();
    let (status, reply) = detail(&studio, &[("x-api-key", key.as_str())]).await;
    assert_eq!((status, error(&reply)), (401, (0, "Requested ip 127.0.0.1 is not allowed.")));
}

#[tokio::test]
async fn another_account_sees_and_stops_nothing() {
    let studio = Studio::start(Echo).await;
    let token = studio.submit().await;
    let (_, stranger) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    for call in ["Detail", "Cancel", "Kill"] {
        let request =
            studio.http.post(studio.at(&format!("/v1/Task/{call}"))).json(&json!({"tasktoken": token}));
        let (status, reply) = send(request.header("x-api-key", stranger.as_str())).await;
        let expected = (0, "You don't have any permission for this action.");
        assert_eq!((status, error(&reply)), (200, expected), "{call}");
    }
}
