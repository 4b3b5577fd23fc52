//! `atelier account`: who pays, and who does not.

use tempfile::TempDir;

use crate::{atelier, fail, json, serve, succeed};

#[test]
fn an_unlimited_account_is_visible_as_such_until_it_is_ended() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let free = json(&succeed(folder, "account create --email free@example.com --unlimited --json"));
    assert_eq!((&free["unlimited"], &free["credit"]), (&true.into(), &"unlimited".into()));
    let paying = json(&succeed(folder, "account create --email paying@example.com --json"));
    assert_eq!((&paying["unlimited"], &paying["credit"]), (&false.into(), &"prepaid".into()));
    let listed = json(&succeed(folder, "account list --json"));
    assert_eq!((&listed[0], &listed[1]), (&free, &paying));
    let ended = json(&succeed(folder, "account set --email free@example.com --unlimited false --json"));
    assert_eq!((&ended["id"], &ended["credit"]), (&free["id"], &"prepaid".into()));
    assert!(
        fail(folder, "account set --email nobody@example.com --unlimited true").contains("no such account")
    );
}

#[test]
fn that_billing_is_off_is_visible_on_every_account() {
    let folder = TempDir::new().unwrap();
    let mut list = atelier(folder.path());
    succeed(folder.path(), "account create --email me@example.com");
    let output =
        list.args(["account", "list", "--json"]).env("ATELIER_BILLING__ENABLED", "false").output().unwrap();
    let listed = json(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!((&listed[0]["unlimited"], &listed[0]["credit"]), (&true.into(), &"billing is off".into()));
}

#[test]
fn a28_a_server_that_works_for_nothing_is_not_reachable_by_accident() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    succeed(folder, "account create --email free@example.com --unlimited");
    let words = fail(folder, "serve --listen 0.0.0.0:0");
    assert!(words.contains("the account free@example.com is unlimited"), "{words}");
    assert!(words.contains("billing.free_on_public_address"), "{words}");
    drop(serve(folder));
}

#[test]
fn a_data_folder_that_is_not_there_is_not_made_by_looking_into_it() {
    let folder = TempDir::new().unwrap();
    for line in [
        "account list",
        "account set --email me@example.com --unlimited true",
        "project list",
        "project create --account me@example.com --name shop --auth key",
        "credits list --account me@example.com",
        "webhooks list --task 1",
    ] {
        let words = fail(folder.path(), &format!("{line} --data typo"));
        assert!(words.contains("there is no data folder typo; `atelier serve` makes one"), "{words}");
    }
    assert!(!folder.path().join("typo").exists());
}

#[test]
fn a_project_may_be_called_from_everywhere_by_a_star() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    succeed(folder, "account create --email me@example.com");
    let make = "project create --account me@example.com --name shop --auth key --json";
    let project = json(&succeed(folder, &format!("{make} --allow 203.0.113.7 --allow *")));
    let serving = serve(folder);
    let task =
        format!("run wiro/nothing --url {}/v1 --key {}", serving.base, project["api_key"].as_str().unwrap());
    assert!(fail(folder, &task).contains("slug-owner-project-not-exist"), "let in, and told what is wrong");
    assert!(fail(folder, &format!("{make} --allow everywhere")).contains("`everywhere` is not an address"));
}
