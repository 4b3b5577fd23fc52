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
