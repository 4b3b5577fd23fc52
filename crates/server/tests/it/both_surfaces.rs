//! A19: a rule that holds on one surface holds on the other. Each test breaks one rule on both, and both refuse.

use std::num::NonZeroU32;

use atelier_domain::{ApiKey, Money};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use atelier_server::config::{Config, Rate};
use reqwest::multipart::{Form, Part};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::support::{Echo, Gate, Studio, error, funded_project, objects, pixel};
use crate::tryon_client::{Tryon, animation, file, garment, key, painted, person, read};

/// A caller with a key for each surface.
struct Caller {
    tryon: Tryon,
    key: ApiKey,
}

impl Caller {
    async fn of(studio: Studio) -> Self {
        Self { key: studio.key.clone(), tryon: Tryon::of(studio).await }
    }

    /// One of another account, with so much credit.
    async fn with_credit(studio: Studio, usd: &str) -> Self {
        let (account, api_key) = funded_project(&studio.app.storage, "other@example.com", usd).await;
        let projects = studio.app.storage.store.projects().await.unwrap();
        let project = projects.iter().find(|project| project.account == account).unwrap().id;
        Self { tryon: Tryon { secret: key(&studio, project).await, studio }, key: api_key }
    }

    fn wiro(&self, form: Form) -> RequestBuilder {
        let request = self.tryon.studio.http.post(self.tryon.studio.at("/v1/Run/wiro/virtual-try-on"));
        request.header("x-api-key", self.key.as_str()).multipart(form)
    }

    /// Submits the same two pictures and the same texts on both.
    async fn submit(&self, person: &[u8], garment: &[u8], texts: &[(&str, &str)]) -> [(u16, Value); 2] {
        let form = |names: [&'static str; 2]| {
            let [a, b] = names;
            let pictures = Form::new().part(a, file(person.to_vec())).part(b, file(garment.to_vec()));
            let add = |form: Form, (name, value): &(&str, &str)| {
                form.part((*name).to_owned(), Part::text((*value).to_owned()))
            };
            texts.iter().fold(pictures, add)
        };
        let wiro = self.wiro(form(["inputImageHuman", "inputImageClothes"])).send().await.unwrap();
        let tryon = self.tryon.post(form(["person_images", "garment_images"])).send().await.unwrap();
        [read(wiro).await, read(tryon).await]
    }
}

/// What is wrong with a picture, as each surface says it behind the name that it has there.
fn reasons([(_, wiro), (status, tryon)]: &[(u16, Value); 2]) -> [String; 2] {
    assert_eq!(*status, 400, "{tryon}");
    let wiro = error(wiro).1.strip_prefix("Request files [inputImageHuman] ");
    let tryon = tryon["error"].as_str().unwrap().strip_prefix("person_images ");
    [wiro.unwrap().to_owned(), tryon.unwrap().trim_end_matches('.').to_owned()]
}

fn small_limits(config: &mut Config) {
    config.limits.file_bytes = 3_000_000;
    config.limits.pixels = 500_000;
    config.limits.side = 2_000;
    config.limits.fields = 5;
    config.limits.body_bytes = 50_000;
}

#[tokio::test]
async fn a19_limits_of_files() {
    let caller = Caller::of(Studio::start_with(Echo, small_limits).await).await;
    let png = painted(64, 64, |x, y| [x as u8, y as u8, 0]);
    for (what, bytes, reason) in [
        ("size", vec![0; 3_000_001], "must be at most 3 MB"),
        (
            "type",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "must be a jpeg, png, webp or gif image",
        ),
        ("emptiness", Vec::new(), "must be a jpeg, png, webp or gif image"),
        ("damage", png[..png.len() / 2].to_vec(), "is damaged and cannot be decoded"),
        (
            "area",
            painted(1000, 501, |_, _| [0; 3]),
            "must be at most 2000 pixels a side and 0 megapixels, but is 1000x501",
        ),
        (
            "side",
            painted(2001, 2, |_, _| [0; 3]),
            "must be at most 2000 pixels a side and 0 megapixels, but is 2001x2",
        ),
        ("movement", animation(), "must not be animated"),
    ] {
        let refused = reasons(&caller.submit(&bytes, &pixel(), &[]).await);
        assert!(refused.iter().all(|said| said.starts_with(reason)), "{what}: {refused:?}");
    }
    assert_eq!(objects(&caller.tryon.studio).await, 0, "nothing was kept");
}

#[tokio::test]
async fn a19_limits_of_bodies() {
    let caller = Caller::of(Studio::start_with(Echo, small_limits).await).await;
    let long = "x".repeat(60_000);
    let many: Vec<_> = (0..4).map(|_| ("note", "x")).collect();
    for texts in [&[("note", long.as_str())][..], &many] {
        let [(_, wiro), (status, tryon)] = caller.submit(&pixel(), &pixel(), texts).await;
        assert_eq!(error(&wiro).1, "Request parameters are invalid.");
        assert_eq!((status, tryon["error"].as_str()), (400, Some("The multipart body cannot be read.")));
    }
}

#[tokio::test]
async fn a19_limits_of_credit() {
    let caller = Caller::with_credit(Studio::start(Echo).await, "0.49").await;
    let [(_, wiro), (status, _)] = caller.submit(&pixel(), &pixel(), &[]).await;
    assert_eq!((error(&wiro), status), ((97, "Insufficient balance"), 402));
    let accounts = caller.tryon.studio.app.storage.store.accounts().await.unwrap();
    assert!(accounts.iter().any(|account| account.balance == Money::parse_usd("0.49").unwrap()));
}

#[tokio::test]
async fn a19_limits_of_unfinished_tasks_are_one_limit() {
    let gate = Gate::default();
    let caller = Caller::with_credit(Studio::start(gate.clone()).await, "20").await;
    // One on each surface, and the account may have no more.
    let accepted = caller.submit(&pixel(), &pixel(), &[]).await;
    assert_eq!((&accepted[0].1["result"], accepted[1].0), (&Value::Bool(true), 202));
    let [(_, wiro), (status, tryon)] = caller.submit(&pixel(), &pixel(), &[]).await;
    assert_eq!((error(&wiro).0, status, &tryon["errorCode"]), (96, 429, &Value::from("TOO_MANY_JOBS")));
    gate.open();
}

/// Two at once, and next to none afterwards.
fn two() -> Option<Rate> {
    NonZeroU32::new(2).map(|burst| Rate { per_second: NonZeroU32::MIN, burst })
}

fn assert_told_to_wait(response: &Response) {
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
}

#[tokio::test]
async fn a19_rates_are_counted_together() {
    let with = async |set: fn(&mut Config)| Caller::of(Studio::start_with(Echo, set).await).await;
    for caller in
        [with(|config| config.rates.project = two()).await, with(|config| config.rates.address = two()).await]
    {
        for _ in 0..2 {
            caller.wiro(Form::new()).send().await.unwrap();
        }
        assert_told_to_wait(&caller.wiro(Form::new()).send().await.unwrap());
        assert_told_to_wait(&caller.tryon.post(Form::new()).send().await.unwrap());
    }
    let caller = with(|config| config.rates.failed_logins = two()).await;
    let http = &caller.tryon.studio.http;
    let wiro = || http.post(caller.tryon.studio.at("/v1/Task/List")).header("x-api-key", "wrong").send();
    let tryon = || http.post(caller.tryon.studio.at("/api/v1/tryon")).bearer_auth("wrong").send();
    assert_eq!(
        (wiro().await.unwrap().status(), tryon().await.unwrap().status()),
        (401.try_into().unwrap(), 401.try_into().unwrap())
    );
    assert_told_to_wait(&wiro().await.unwrap());
    assert_told_to_wait(&tryon().await.unwrap());
}

#[tokio::test]
async fn a19_callbacks_that_are_no_plain_address_are_never_called() {
    let caller = Caller::of(Studio::start(Echo).await).await;
    let long = format!("https://example.com/{}", "x".repeat(2048));
    for callback in
        ["tell me", "ftp://example.com/", "https://me:secret@example.com/", "https://example.com/#x", &long]
    {
        let [(_, wiro), (status, tryon)] =
            caller.submit(&pixel(), &pixel(), &[("callbackUrl", callback)]).await;
        // The published samples of one page put a sentence there, so that it is ignored; the other page knows none.
        let task = caller.tryon.studio.task(wiro["socketaccesstoken"].as_str().unwrap()).await;
        assert_eq!((&task["callbackurl"], status), (&Value::from(""), 400), "{callback}: {tryon}");
    }
}

#[tokio::test]
async fn a19_idempotency_keys_are_the_same_keys() {
    let caller = Caller::of(Studio::start(Echo).await).await;
    let form =
        |names: [&'static str; 2]| Form::new().part(names[0], file(pixel())).part(names[1], file(pixel()));
    let wiro = |key: &str| {
        caller.wiro(form(["inputImageHuman", "inputImageClothes"])).header("Idempotency-Key", key)
    };
    let tryon = |key: &str| {
        caller.tryon.post(form(["person_images", "garment_images"])).header("Idempotency-Key", key)
    };
    let refused = [
        read(wiro("two words").send().await.unwrap()).await,
        read(tryon("two words").send().await.unwrap()).await,
    ];
    let words = "Idempotency-Key must have 1 to 255 visible ASCII characters.";
    assert_eq!((error(&refused[0].1).1, refused[1].1["error"].as_str()), (words, Some(words)));
    let (_, first) = read(wiro("order-1").send().await.unwrap()).await;
    let (status, second) = read(tryon("order-1").send().await.unwrap()).await;
    assert_eq!((first["result"].as_bool(), status), (Some(true), 202));
    let (_, list) = caller.tryon.studio.post("/v1/Task/List", &serde_json::json!({})).await;
    assert_eq!(list["total"], "1", "the same pictures under the same key are the same task: {second}");
}

#[tokio::test]
async fn a19_pictures_of_a_run() {
    let caller = Caller::of(Studio::start(DraftRunner::new(DraftOptions::default())).await).await;
    let small = painted(255, 400, |x, y| [x as u8, y as u8, 7]);
    for (person, garment, reason) in [
        (small, garment(), "must be at least 256 pixels a side, but is 255x400"),
        (person(), person(), "the person and the garment are the same picture"),
    ] {
        let [(_, wiro), (_, tryon)] = caller.submit(&person, &garment, &[]).await;
        let token = wiro["socketaccesstoken"].as_str().unwrap_or_else(|| panic!("{wiro}"));
        let task = caller.tryon.studio.until(token, "task_postprocess_end").await;
        let job = caller.tryon.end_of(tryon["jobId"].as_str().unwrap()).await;
        for said in [&task["debugerror"], &job["error"]] {
            assert!(said.as_str().unwrap().ends_with(reason), "{said}");
        }
        assert_eq!((&task["pexit"], &job["status"]), (&Value::from("1"), &Value::from("failed")));
    }
}
