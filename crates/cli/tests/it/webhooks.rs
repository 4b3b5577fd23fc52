//! `atelier webhooks`, beside a running server.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::{fail, json, run, serve, succeed};

/// How often the list is read before a test fails.
const LOOKS: usize = 200;

/// The only webhook of task 1 once it has been attempted `times`.
fn attempted(folder: &Path, times: usize) -> Value {
    for _ in 0..LOOKS {
        let mut list = json(&succeed(folder, "webhooks list --task 1 --json"));
        if list[0]["attempts"].as_array().is_some_and(|attempts| attempts.len() == times) {
            return list[0].take();
        }
    }
    panic!("never attempted {times} times");
}

#[test]
fn a_webhook_is_listed_with_its_attempts_and_replayed() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let serving = serve(folder);
    succeed(folder, "account create --email me@example.com");
    succeed(folder, "credits grant --account me@example.com --usd 25");
    let made = "project create --account me@example.com --name shop --auth key --json";
    let project = json(&succeed(folder, made));
    let secret = json(&succeed(folder, "webhooks secret --project 1 --json"));
    assert_eq!(secret["webhook_secret"], project["webhook_secret"]);
    assert!(secret["webhook_secret"].as_str().unwrap().starts_with("whsec_"));
    // Neither the picture nor the callback may be fetched from this machine: the task fails, and so does telling it.
    let key = project["api_key"].as_str().unwrap();
    let task = "run wiro/virtual-try-on -i inputImageHuman=http://127.0.0.1:9/me.jpg \
                -i inputImageClothes=wiro-virtual-try-on-input-1-2.jpg -i callbackUrl=http://127.0.0.1:9/hook";
    assert!(!run(folder, &format!("{task} --url {} --key {key}", serving.base)).status.success());
    let webhook = attempted(folder, 1);
    assert_eq!(webhook["url"], "http://127.0.0.1:9/hook");
    assert_eq!(webhook["state"], "abandoned");
    assert_eq!(webhook["attempts"][0]["error"], "the address may not be called");
    let id = webhook["id"].as_str().unwrap();
    assert!(succeed(folder, "webhooks list --task 1").contains(id));
    succeed(folder, &format!("webhooks replay {id}"));
    assert_eq!(attempted(folder, 2)["id"], id);
}

#[test]
fn a_webhook_that_does_not_exist_is_named_as_such() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    succeed(folder, "account create --email me@example.com");
    assert!(fail(folder, "webhooks list --task 7").contains("no such task"));
    assert!(fail(folder, "webhooks replay nonsense").contains("`nonsense` is not the id of a webhook"));
    assert!(fail(folder, &format!("webhooks replay {}", "0".repeat(32))).contains("no such delivery"));
    assert!(fail(folder, "webhooks secret --project 7").contains("no such project"));
}
