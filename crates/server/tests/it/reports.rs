//! What an account can read about itself: its tasks, their numbers, its money.

use atelier_domain::{ApiKey, ApiSecret, Timestamp};
use atelier_store::{Act, AuthMode};
use serde_json::{Value, json};

use crate::support::{Echo, Studio, error, funded_project, project, send};

async fn finished(studio: &Studio) -> Value {
    let token = studio.submit().await;
    studio.until(&token, "task_postprocess_end").await
}

async fn ask(studio: &Studio, path: &str, body: Value) -> Value {
    let (status, reply) = studio.post(path, &body).await;
    assert_eq!(
        (status, &reply["result"], &reply["errors"]),
        (200, &json!(true), &json!([])),
        "{path}: {reply}"
    );
    reply
}

#[tokio::test]
async fn tasks_are_listed_newest_first_as_their_detail_shows_them() {
    let studio = Studio::start(Echo).await;
    assert_eq!(
        ask(&studio, "/v1/Task/List", json!({})).await,
        json!({"errors": [], "total": "0", "tasklist": [], "result": true})
    );
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.insert(0, finished(&studio).await);
    }
    for (body, expected) in [
        (json!({"type": "model", "sort": "id", "order": "DESC", "start": "0", "limit": "20"}), vec![0, 1, 2]),
        (json!({"start": "1", "limit": "1"}), vec![1]),
        (json!({"start": 2, "limit": 100}), vec![2]),
        (json!({"order": "ASC"}), vec![2, 1, 0]),
        (json!({"start": "7"}), vec![]),
        (json!({"modelName": "try-on"}), vec![0, 1, 2]),
        (json!({"modelName": "wiro/Virtual Try-On"}), vec![0, 1, 2]),
    ] {
        let reply = ask(&studio, "/v1/Task/List", body.clone()).await;
        let expected: Vec<_> = expected.into_iter().map(|index: usize| tasks[index].clone()).collect();
        assert_eq!((&reply["total"], &reply["tasklist"]), (&json!("3"), &json!(expected)), "{body}");
    }
    for name in ["flux", "%%", "'; DROP TABLE task"] {
        let reply = ask(&studio, "/v1/Task/List", json!({"modelName": name})).await;
        assert_eq!((&reply["total"], &reply["tasklist"]), (&json!("0"), &json!([])), "{name}");
    }
}

#[tokio::test]
async fn a_list_has_20_entries_unless_asked_otherwise_and_100_at_most() {
    let studio = Studio::start(Echo).await;
    studio
        .app
        .storage
        .store
        .set_unlimited(studio.account, true, &Act::operator(Timestamp::now()))
        .await
        .unwrap();
    let mut tokens = Vec::new();
    for _ in 0..25 {
        tokens.push(studio.submit().await);
    }
    for (limit, entries) in [(json!(null), 20), (json!("5"), 5), (json!(1_000_000), 25), (json!("0"), 20)] {
        let reply = ask(&studio, "/v1/Task/List", json!({"limit": limit})).await;
        assert_eq!(reply["tasklist"].as_array().unwrap().len(), entries, "{limit}");
        assert_eq!(reply["total"], "25");
    }
    for token in tokens {
        studio.until(&token, "task_postprocess_end").await;
    }
}

#[tokio::test]
async fn tasks_are_counted_by_status_and_day_and_project() {
    let studio = Studio::start(Echo).await;
    finished(&studio).await;
    finished(&studio).await;
    let reply = ask(&studio, "/v1/Task/Stat", json!({"days": "1"})).await;
    assert_eq!((&reply["total"], &reply["statuses"]["task_postprocess_end"]), (&json!("2"), &json!("2")));
    assert_eq!(reply["statuses"]["task_queue"], "0");
    let day = &reply["days"][0];
    let start: i64 = day["day"].as_str().unwrap().parse().unwrap();
    assert!(start % 86_400 == 0 && Timestamp::now().seconds() - start < 2 * 86_400);
    let usage = ask(&studio, "/v1/Project/UsageSummary", json!({})).await;
    assert_eq!((&usage["total"], &usage["list"][0]["name"]), (&json!("1"), &json!("test")));
    for summary in [day, &usage["list"][0]] {
        for (name, value) in [
            ("total", "2"),
            ("succeeded", "2"),
            ("failed", "0"),
            ("cancelled", "0"),
            ("unfinished", "0"),
            ("totalcost", "0.180000000000"),
        ] {
            assert_eq!(summary[name], value, "{name} in {summary}");
        }
    }
}

#[tokio::test]
async fn the_wallet_shows_the_balance_and_every_movement() {
    let studio = Studio::start(Echo).await;
    let task = finished(&studio).await;
    let wallet = ask(&studio, "/v1/Wallet/List", json!({})).await["list"][0].take();
    assert_eq!(
        wallet,
        json!({"uuid": studio.account.to_string(), "currency": "USD", "balance": "99.910000000000"})
    );
    let reply = ask(&studio, "/v1/Wallet/TransactionList", json!({})).await;
    let list = reply["list"].as_array().unwrap();
    let short: Vec<_> = list
        .iter()
        .map(|entry| (entry["type"].as_str().unwrap(), entry["amount"].as_str().unwrap()))
        .collect();
    let expected = [
        ("charge", "-0.090000000000"),
        ("release", "0.090000000000"),
        ("reserve", "-0.090000000000"),
        ("grant", "100.000000000000"),
    ];
    assert_eq!((&short[..], &reply["total"]), (&expected[..], &json!("4")));
    assert_eq!((&list[0]["taskid"], &list[3]["taskid"]), (&task["id"], &json!("0")));
    let part = ask(&studio, "/v1/Wallet/TransactionList", json!({"start": "3", "limit": "5"})).await;
    assert_eq!(part["list"].as_array().unwrap().len(), 1);
}

const PRIVATE: [&str; 8] = [
    "/v1/Task/List",
    "/v1/Task/Stat",
    "/v1/Task/Detail",
    "/v1/Project/UsageSummary",
    "/v1/Wallet/List",
    "/v1/Wallet/TransactionList",
    "/v1/File/FolderCreate",
    "/v1/File/Upload",
];

#[tokio::test]
async fn a25_nothing_private_is_read_without_credentials() {
    let studio = Studio::start(Echo).await;
    finished(&studio).await;
    for path in PRIVATE.into_iter().chain(["/v1/Task/InputOutputDelete"]) {
        let (status, reply) = send(studio.http.post(studio.at(path)).json(&json!({}))).await;
        let expected = (99, "Authorization bearer token is not founded in headers.");
        assert_eq!((status, error(&reply)), (401, expected), "{path}");
        let (status, reply) = send(studio.http.post(studio.at(path)).header("x-api-key", "unknown")).await;
        assert_eq!((status, error(&reply)), (401, (0, "Project authorization is not founded.")), "{path}");
    }
}

#[tokio::test]
async fn a25_an_account_reads_about_itself_only() {
    let studio = Studio::start(Echo).await;
    finished(&studio).await;
    let (_, stranger) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let ask = async |path: &str| {
        let request = studio.http.post(studio.at(path)).header("x-api-key", stranger.as_str());
        send(request.json(&json!({}))).await.1
    };
    assert_eq!(ask("/v1/Task/List").await["tasklist"], json!([]));
    assert_eq!(ask("/v1/Task/Stat").await["total"], "0");
    assert_eq!(ask("/v1/Project/UsageSummary").await["list"][0]["total"], "0");
    assert_eq!(ask("/v1/Wallet/List").await["list"][0]["balance"], "1.000000000000");
    assert_eq!(ask("/v1/Wallet/TransactionList").await["total"], "1");
    // Another project of the same account sees the account.
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let second = project(studio.account, AuthMode::Key, &key, &secret);
    studio.app.storage.store.create_project(second, &Act::operator(Timestamp::now())).await.unwrap();
    let request = studio.http.post(studio.at("/v1/Task/List")).header("x-api-key", key.as_str());
    assert_eq!(send(request.json(&json!({}))).await.1["total"], "1");
}
