//! What tasks cost, and how many of them an account may have.

use atelier_domain::catalogue::Catalogue;
use atelier_domain::{ApiKey, Money};
use atelier_server::ExposureError;
use atelier_store::{Act, LedgerKind};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Echo, Gate, PIXEL, Studio, error, funded_project, send};

const TRY_ON: &str = "/v1/Run/wiro/virtual-try-on";
const TOOL: &str = include_str!("../../../../catalog/virtual-try-on.toml");

/// The built-in tools and `test/metered`, a try-on with a price of its own.
fn metered(price: &str) -> Catalogue {
    let tool = TOOL.split("[[prices]]").next().unwrap();
    let tool = tool.replacen("1611", "9001", 1).replacen("wiro/virtual-try-on", "test/metered", 1);
    let tool = tool.replacen("wiro/Virtual Try-On", "test/metered", 1);
    let mut catalogue = Catalogue::builtin().unwrap();
    catalogue.add_file("metered.toml", &format!("{tool}[[prices]]\n{price}")).unwrap();
    catalogue
}

async fn run(studio: &Studio, key: &ApiKey, path: &str) -> Value {
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    send(studio.http.post(studio.at(path)).header("x-api-key", key.as_str()).json(&body)).await.1
}

fn usd(text: &str) -> Money {
    Money::parse_usd(text).unwrap()
}

#[tokio::test]
async fn seconds_are_charged_as_they_are_shown() {
    let gate = Gate::default();
    let price = "method = \"cps\"\namount = \"0.000585\"\nreserve = 120";
    let studio = Studio::start_offering(metered(price), gate.clone(), |_| {}).await;
    let reply = run(&studio, &studio.key, "/v1/Run/test/metered").await;
    let token = reply["socketaccesstoken"].as_str().unwrap().to_owned();
    let running = studio.until(&token, "task_start").await;
    assert_eq!((&running["cps"], &running["totalcost"]), (&json!("0.000585000000"), &json!("0")));
    let account = studio.app.storage.store.accounts().await.unwrap().remove(0);
    assert_eq!((account.reserved, account.unfinished), (usd("0.0702"), 1));
    gate.open();
    let task = studio.until(&token, "task_postprocess_end").await;
    let elapsed = usd(task["elapsedseconds"].as_str().unwrap());
    let milliseconds = u32::try_from(elapsed.0 / 1_000_000_000).unwrap();
    assert!(milliseconds > 0, "{}", task["elapsedseconds"]);
    // 0.000585 a second is 0.000000585 a millisecond.
    let cost = usd("0.000000585").times(milliseconds).unwrap();
    assert_eq!(task["totalcost"], cost.to_string());
    let account = studio.app.storage.store.accounts().await.unwrap().remove(0);
    assert_eq!((account.balance, account.reserved, account.unfinished), (usd("100") - cost, Money::ZERO, 0));
}

#[tokio::test]
async fn more_than_was_reserved_is_never_charged() {
    // Two inputs of one tier each, where one was reserved.
    let price = "method = \"cp-pixel\"\namount = \"0.03\"\ninput = \"0.002\"\nreserve = 1";
    let studio = Studio::start_offering(metered(price), Echo, |_| {}).await;
    let reply = run(&studio, &studio.key, "/v1/Run/test/metered").await;
    let token = reply["socketaccesstoken"].as_str().unwrap();
    let task = studio.until(token, "task_postprocess_end").await;
    assert_eq!((&task["totalcost"], &task["cps"]), (&json!("0.032000000000"), &json!("0")));
}

#[tokio::test]
async fn fifty_cents_are_needed_to_submit() {
    let studio = Studio::start(Echo).await;
    let (_, poor) = funded_project(&studio.app.storage, "poor@example.com", "0.499999999999").await;
    assert_eq!(error(&run(&studio, &poor, TRY_ON).await), (97, "Insufficient balance"));
    let (_, enough) = funded_project(&studio.app.storage, "enough@example.com", "0.5").await;
    assert_eq!(run(&studio, &enough, TRY_ON).await["result"], true);
}

#[tokio::test]
async fn a_tenth_of_the_balance_may_be_unfinished_at_once() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    for (balance, limit) in [("10", 1), ("50", 5), ("150", 15), ("250", 25)] {
        let (_, key) = funded_project(&studio.app.storage, &format!("{balance}@example.com"), balance).await;
        for _ in 0..limit {
            assert_eq!(run(&studio, &key, TRY_ON).await["result"], true, "{balance}");
        }
        let refused = run(&studio, &key, TRY_ON).await;
        let message = format!(
            "You have reached your concurrent task limit. With your current balance of ${balance}.00, you can run up \
             to {limit} tasks at the same time. Add funds to increase your limit."
        );
        assert_eq!(error(&refused), (96, message.as_str()));
    }
    let (_, rich) = funded_project(&studio.app.storage, "251@example.com", "251").await;
    for _ in 0..30 {
        assert_eq!(run(&studio, &rich, TRY_ON).await["result"], true);
    }
    gate.open();
}

#[tokio::test]
async fn an_ended_task_makes_room_and_a_cancelled_one_too() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let (_, key) = funded_project(&studio.app.storage, "ten@example.com", "10").await;
    let first = run(&studio, &key, TRY_ON).await;
    assert_eq!(error(&run(&studio, &key, TRY_ON).await).0, 96);
    let kill = studio.http.post(studio.at("/v1/Task/Kill")).header("x-api-key", key.as_str());
    send(kill.json(&json!({"taskid": first["taskid"]}))).await;
    gate.open();
    let second = run(&studio, &key, TRY_ON).await;
    assert_eq!(second["result"], true);
}

#[tokio::test]
async fn f5_fifty_submits_at_once_do_not_pass_the_limit() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let (_, key) = funded_project(&studio.app.storage, "fifty@example.com", "50").await;
    let replies = join_all((0..50).map(|_| run(&studio, &key, TRY_ON))).await;
    assert_eq!(replies.iter().filter(|reply| reply["result"] == true).count(), 5);
    assert!(replies.iter().filter(|reply| reply["result"] == false).all(|reply| error(reply).0 == 96));
    gate.open();
}

#[tokio::test]
async fn an_unlimited_account_runs_anything_for_nothing() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    studio
        .app
        .storage
        .store
        .set_unlimited(studio.account, true, &Act::operator(atelier_domain::Timestamp::now()))
        .await
        .unwrap();
    let mut token = String::new();
    for _ in 0..15 {
        token = studio.submit().await;
    }
    gate.open();
    let task = studio.until(&token, "task_postprocess_end").await;
    assert_eq!((&task["pexit"], &task["cps"], &task["totalcost"]), (&json!("0"), &json!("0"), &json!("0")));
    let account = studio.app.storage.store.accounts().await.unwrap().remove(0);
    assert_eq!((account.balance, account.reserved, account.unlimited), (usd("100"), Money::ZERO, true));
}

#[tokio::test]
async fn with_billing_off_nothing_is_reserved_charged_or_limited() {
    let studio = Studio::start_with(Echo, |config| config.billing.rules = None).await;
    let broke =
        studio.app.storage.store.create_account("broke@example.com", atelier_domain::Timestamp::now());
    let broke = broke.await.unwrap().id;
    let key = ApiKey::random();
    let secret = atelier_domain::ApiSecret::random();
    let project = crate::support::project(broke, atelier_store::AuthMode::Key, &key, &secret);
    studio
        .app
        .storage
        .store
        .create_project(project, &Act::operator(atelier_domain::Timestamp::now()))
        .await
        .unwrap();
    let replies = join_all((0..20).map(|_| run(&studio, &key, TRY_ON))).await;
    assert!(replies.iter().all(|reply| reply["result"] == true));
    let detail = studio.http.post(studio.at("/v1/Task/Detail")).header("x-api-key", key.as_str());
    let (_, reply) = send(detail.json(&json!({"taskid": replies[0]["taskid"]}))).await;
    let task = &reply["tasklist"][0];
    assert_eq!((&task["cps"], &task["totalcost"]), (&json!("0"), &json!("0")));
    let ledger = studio.app.storage.store.ledger(broke).await.unwrap();
    assert!(ledger.iter().all(|entry| entry.amount == Money::ZERO && entry.kind != LedgerKind::Grant));
}

#[tokio::test]
async fn a28_work_for_nothing_is_not_offered_to_other_machines() {
    let studio = Studio::start(Echo).await;
    let (everybody, here) = ("0.0.0.0:80".parse().unwrap(), "[::1]:80".parse().unwrap());
    studio.app.may_listen(everybody).await.unwrap();
    studio
        .app
        .storage
        .store
        .set_unlimited(studio.account, true, &Act::operator(atelier_domain::Timestamp::now()))
        .await
        .unwrap();
    let refused = studio.app.may_listen(everybody).await;
    assert!(
        matches!(&refused, Err(ExposureError::UnlimitedAccount(_, email)) if email == "owner@example.com")
    );
    studio.app.may_listen(here).await.unwrap();

    let free = Studio::start_with(Echo, |config| config.billing.rules = None).await;
    assert!(matches!(free.app.may_listen(everybody).await, Err(ExposureError::BillingOff(_))));
    free.app.may_listen(here).await.unwrap();

    let meant = Studio::start_with(Echo, |config| {
        config.billing.rules = None;
        config.billing.free_on_public_address = true;
    });
    meant.await.app.may_listen(everybody).await.unwrap();
}
