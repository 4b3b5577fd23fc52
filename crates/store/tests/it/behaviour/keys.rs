//! Bearer keys: made, found by their secret, revoked, and how their use is noted.

use std::time::Duration;

use atelier_domain::{AllowedNetworks, KeyId, KeyKind, KeyName, KeySecret, ProjectId, Timestamp};
use atelier_store::{Act, Key, KeyState, NewKey, StoreError};

use super::world::{NOW, World, after, assert_refused, new_project};

pub(crate) fn new_key(project: ProjectId, secret: &KeySecret) -> NewKey {
    NewKey {
        project,
        kind: KeyKind::Tryon,
        name: KeyName::parse("the shop's server").unwrap(),
        secret: secret.clone(),
        expires: None,
        allowed_networks: AllowedNetworks::default(),
    }
}

/// A fresh key of the world's project.
async fn made(world: &World) -> (Key, KeySecret) {
    let secret = KeySecret::random();
    (world.store.create_key(new_key(world.project, &secret), &Act::operator(NOW)).await.unwrap(), secret)
}

async fn found(world: &World, secret: &KeySecret) -> Option<Key> {
    world.store.key_by_secret(KeyKind::Tryon, secret).await.unwrap()
}

pub(crate) async fn a_bearer_key_is_found_by_its_secret_and_by_nothing_else(world: World) {
    let secret = KeySecret::random();
    let networks: AllowedNetworks = "203.0.113.0/24 2001:db8::/32".parse().unwrap();
    let expires = Some(after(60));
    let new = NewKey { allowed_networks: networks.clone(), expires, ..new_key(world.project, &secret) };
    let made = world.store.create_key(new, &Act::operator(NOW)).await.unwrap();
    let expected = Key {
        id: made.id,
        project: world.project,
        account: world.account,
        kind: KeyKind::Tryon,
        name: KeyName::parse("the shop's server").unwrap(),
        hint: secret.hint().to_owned(),
        allowed_networks: networks,
        created: NOW,
        expires,
        last_used: None,
        revoked: None,
    };
    assert_eq!(made, expected);
    assert_eq!(found(&world, &secret).await, Some(expected));
    assert_eq!(found(&world, &KeySecret::random()).await, None);
    let again = world.store.create_key(new_key(world.project, &secret), &Act::operator(NOW)).await;
    assert_refused!(again, StoreError::Exists("key"));
}

pub(crate) async fn the_bearer_keys_of_a_project_are_listed_oldest_first(world: World) {
    let (first, _) = made(&world).await;
    let other = world.store.create_project(new_project(world.account), &Act::operator(NOW)).await.unwrap().id;
    let elsewhere = new_key(other, &KeySecret::random());
    let elsewhere = world.store.create_key(elsewhere, &Act::operator(NOW)).await.unwrap();
    let (second, _) = made(&world).await;
    let revoked = world.store.revoke_key(first.id, &Act::operator(after(1))).await.unwrap();
    assert_eq!(world.store.keys(world.project).await.unwrap(), [revoked, second]);
    assert_eq!(world.store.keys(other).await.unwrap(), [elsewhere]);
    assert_eq!(world.store.keys(ProjectId(99)).await.unwrap(), []);
    let nowhere = new_key(ProjectId(99), &KeySecret::random());
    assert_refused!(
        world.store.create_key(nowhere, &Act::operator(NOW)).await,
        StoreError::NotFound("project")
    );
}

pub(crate) async fn a_bearer_key_is_revoked_alone_and_for_ever(world: World) {
    let ((key, secret), (other, others)) = (made(&world).await, made(&world).await);
    assert_eq!(key.state(NOW), KeyState::Active);
    let revoked = world.store.revoke_key(key.id, &Act::operator(after(1))).await.unwrap();
    assert_eq!(revoked, Key { revoked: Some(after(1)), ..key });
    assert_eq!(world.store.revoke_key(revoked.id, &Act::operator(after(2))).await.unwrap(), revoked);
    assert_eq!(found(&world, &secret).await.unwrap().state(NOW), KeyState::Revoked);
    assert_eq!(found(&world, &others).await, Some(other));
    assert_refused!(
        world.store.revoke_key(KeyId(99), &Act::operator(NOW)).await,
        StoreError::NotFound("key")
    );
}

pub(crate) async fn a_bearer_key_expires_at_its_moment(world: World) {
    let new = NewKey { expires: Some(after(60)), ..new_key(world.project, &KeySecret::random()) };
    let key = world.store.create_key(new, &Act::operator(NOW)).await.unwrap();
    assert_eq!(key.state(after(59)), KeyState::Active);
    assert_eq!(key.state(after(60)), KeyState::Expired);
    let revoked = world.store.revoke_key(key.id, &Act::operator(NOW)).await.unwrap();
    assert_eq!(revoked.state(after(60)), KeyState::Revoked);
}

pub(crate) async fn the_use_of_a_bearer_key_is_written_down_once_a_minute(world: World) {
    let ((key, secret), (other, _)) = (made(&world).await, made(&world).await);
    let used = async |key: KeyId, at: Timestamp| {
        world.store.note_key_use(key, at).await.unwrap();
        found(&world, &secret).await.unwrap().last_used
    };
    assert_eq!(used(other.id, NOW).await, None);
    assert_eq!(used(key.id, NOW).await, Some(NOW));
    assert_eq!(used(key.id, after(59)).await, Some(NOW));
    assert_eq!(used(key.id, after(60)).await, Some(after(60)));
    assert_eq!(used(key.id, after(119)).await, Some(after(60)));
}

pub(crate) async fn f15_a_clock_that_went_back_does_not_stop_the_noting_of_uses(world: World) {
    let (key, secret) = made(&world).await;
    let before = Timestamp(NOW.0 - Duration::from_mins(10).as_millis() as i64);
    for at in [NOW, before] {
        world.store.note_key_use(key.id, at).await.unwrap();
        assert_eq!(found(&world, &secret).await.unwrap().last_used, Some(at));
    }
}
