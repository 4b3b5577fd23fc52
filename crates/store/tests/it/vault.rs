//! The master key and what it seals.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use atelier_store::{MasterKey, VaultError};

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_once_and_private() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("secret.key");
    let sealed = MasterKey::load_or_create(&path).unwrap().seal(b"secret", b"here").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(MasterKey::load_or_create(&path).unwrap().open(&sealed, b"here").unwrap(), b"secret");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn processes_that_make_the_key_at_once_agree() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("secret.key");
    let make = || MasterKey::load_or_create(&path).unwrap();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sealed = keys[0].seal(b"secret", b"").unwrap();
    assert!(keys.iter().all(|key| key.open(&sealed, b"").unwrap() == b"secret"));
}

#[test]
fn a_key_that_others_may_read_or_of_the_wrong_length_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("secret.key");
    MasterKey::load_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644] {
        set_mode(&path, mode);
        let refused = MasterKey::load_or_create(&path).unwrap_err();
        assert!(matches!(refused, VaultError::Exposed { mode: found, .. } if found == mode), "{refused:?}");
        assert!(refused.to_string().contains("chmod 600"));
    }
    set_mode(&path, 0o600);
    for length in [0, 31, 33, 64] {
        std::fs::write(&path, vec![1; length]).unwrap();
        assert!(
            matches!(MasterKey::load_or_create(&path), Err(VaultError::NotAKey { .. })),
            "{length} bytes"
        );
    }
}

#[test]
fn what_was_sealed_opens_with_its_key_and_context_only() {
    let home = tempfile::tempdir().unwrap();
    let [one, other] =
        ["one", "other"].map(|name| MasterKey::load_or_create(&home.path().join(name)).unwrap());
    let sealed = one.seal(b"secret", b"project 1").unwrap();
    assert_ne!(sealed, one.seal(b"secret", b"project 1").unwrap(), "nonces are fresh");
    assert!(!sealed.windows(6).any(|window| window == b"secret"));
    assert!(matches!(one.open(&sealed, b"project 2"), Err(VaultError::Open)));
    assert!(matches!(other.open(&sealed, b"project 1"), Err(VaultError::Open)));
    for place in [0, 30, sealed.len() - 1] {
        let mut damaged = sealed.clone();
        damaged[place] ^= 1;
        assert!(matches!(one.open(&damaged, b"project 1"), Err(VaultError::Open)));
    }
    assert!(matches!(one.open(b"short", b""), Err(VaultError::Open)));
    assert_eq!(format!("{one:?}"), "MasterKey(..)");
}

#[test]
fn a_derived_key_is_the_same_for_one_purpose_and_another_for_each() {
    let home = tempfile::tempdir().unwrap();
    let key = |name: &str| MasterKey::load_or_create(&home.path().join(name)).unwrap();
    let derived = key("secret.key").derive("addresses");
    assert_eq!(key("secret.key").derive("addresses"), derived);
    assert_ne!(key("secret.key").derive("cookies"), derived);
    assert_ne!(key("other.key").derive("addresses"), derived);
    assert_ne!(std::fs::read(home.path().join("secret.key")).unwrap(), derived);
}
