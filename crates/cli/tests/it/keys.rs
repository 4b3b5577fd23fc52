//! `atelier key`: bearer keys for `TryonAPI`.

use std::fs::File;
use std::process::Command;

use serde_json::{Value, json as value};
use tempfile::TempDir;

use crate::{atelier, fail, json, serve_as, succeed};

/// How often the list is read before a test fails.
const LOOKS: usize = 200;

/// A data folder with an account and its project, number 1.
fn with_a_project() -> TempDir {
    let folder = TempDir::new().unwrap();
    succeed(folder.path(), "account create --email me@example.com");
    succeed(folder.path(), "project create --account me@example.com --name shop --auth key");
    folder
}

fn create(folder: &TempDir, options: &str) -> Value {
    json(&succeed(folder.path(), &format!("key create --project 1 --kind tryon --json {options}")))
}

fn list(folder: &TempDir) -> Value {
    json(&succeed(folder.path(), "key list --project 1 --json"))
}

#[test]
fn a_key_is_printed_when_it_is_made_and_never_again() {
    let folder = with_a_project();
    let made = create(&folder, "--name checkout");
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("atelier_") && key.len() == 40, "{key}");
    assert_eq!(
        (&made["name"], &made["kind"], &made["state"]),
        (&value!("checkout"), &value!("tryon"), &value!("active"))
    );
    let hint = made["key_hint"].as_str().unwrap();
    assert!(key.starts_with(hint));
    let mut known = made.clone();
    known.as_object_mut().unwrap().remove("key");
    assert_eq!(list(&folder), value!([known]));
    let shown = succeed(folder.path(), "key list --project 1");
    assert!(shown.contains("checkout") && shown.contains(hint) && !shown.contains(key), "{shown}");
}

#[test]
fn a_key_has_the_time_and_the_networks_it_was_given() {
    let folder = with_a_project();
    let made = create(&folder, "--expires 30d --allow 203.0.113.0/24 --allow 2001:db8::7");
    let (created, expires) = (made["created"].as_i64().unwrap(), made["expires"].as_i64().unwrap());
    assert_eq!(expires - created, 30 * 24 * 60 * 60);
    assert_eq!(made["allow"], value!(["203.0.113.0/24", "2001:db8::7/128"]));
    let made = create(&folder, "--allow *");
    assert_eq!(
        (&made["expires"], &made["allow"], &made["name"]),
        (&Value::Null, &value!([]), &value!("unnamed"))
    );
}

#[test]
fn a_key_is_revoked_alone() {
    let folder = with_a_project();
    let (first, second) = (create(&folder, ""), create(&folder, ""));
    let revoke = format!("key revoke {} --json", first["id"].as_str().unwrap());
    let revoked = json(&succeed(folder.path(), &revoke));
    assert_eq!((&revoked["id"], &revoked["state"]), (&first["id"], &value!("revoked")));
    let keys = list(&folder);
    assert_eq!(keys[0], revoked);
    assert_eq!((&keys[1]["id"], &keys[1]["state"]), (&second["id"], &value!("active")));
    assert_eq!(json(&succeed(folder.path(), &revoke)), revoked, "again changes nothing");
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let folder = with_a_project();
    let long = "x".repeat(101);
    for (line, words) in [
        ("key create --project 7", "there is no such project"),
        ("key list --project 7", "there is no such project"),
        ("key revoke 7", "there is no such key"),
        ("key create --project 1 --kind wiro", "possible values: tryon"),
        ("key create --project 1 --expires soon", "'--expires <TIME>'"),
        ("key create --project 1 --expires 0d", "--expires must be longer"),
        ("key create --project 1 --allow everywhere", "`everywhere` is not an address or a network"),
        (&format!("key create --project 1 --name {long}"), "--name must be one line of 1 to 100 characters"),
        ("key list --project 1 --data typo", "there is no data folder typo"),
    ] {
        let said = fail(folder.path(), line);
        assert!(said.contains(words), "{line}: {said}");
    }
    assert_eq!(list(&folder), value!([]));
}

/// The status of a poll with a key.
fn poll(base: &str, key: &str) -> String {
    let bearer = format!("Authorization: Bearer {key}");
    let job = format!("{base}/api/v1/tryon/status/00000000-0000-4000-8000-000000000000");
    let mut curl = Command::new("curl");
    let output =
        curl.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", &bearer, &job]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_key_is_made_and_revoked_beside_a_running_server_whose_log_does_not_have_it() {
    let folder = with_a_project();
    let log = folder.path().join("log");
    let mut command = atelier(folder.path());
    let serving = serve_as(command.env("ATELIER_LOG", "trace").stderr(File::create(&log).unwrap()));
    let made = create(&folder, "");
    let key = made["key"].as_str().unwrap();
    assert_eq!(poll(&serving.base, key), "404", "let in, and there is no such job");
    succeed(folder.path(), &format!("key revoke {}", made["id"].as_str().unwrap()));
    assert_eq!(poll(&serving.base, key), "401");
    let used = || list(&folder)[0]["last_used"].is_i64();
    assert!((0..LOOKS).any(|_| used()), "the use is noted");
    drop(serving);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("key=1}: a key is refused reason=\"it was revoked\""), "{log}");
    assert!(!log.contains(&key[made["key_hint"].as_str().unwrap().len()..]), "the log has no secret");
}
