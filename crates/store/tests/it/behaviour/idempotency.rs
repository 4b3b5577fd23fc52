//! Requests that come more than once.

use std::collections::BTreeSet;
use std::sync::Arc;

use atelier_domain::{IdempotencyKey, Money, TaskState, Transition};
use atelier_store::{Act, Idempotency, NewTask, StoreError, TaskRef};
use futures_util::future::join_all;

use super::world::{CREDIT, NOW, PRICE, STEPS, World, after, assert_refused, new_project, success};

/// A task under a key, as a request with this hash asked for it.
fn under(world: &World, key: &str, request: &str) -> NewTask {
    let key = IdempotencyKey::parse(key).unwrap();
    let idempotency = Idempotency { caller: world.project, key, request: request.into() };
    NewTask { idempotency: Some(idempotency), ..world.new_task(PRICE) }
}

pub(crate) async fn a_repeated_request_gets_the_same_task(world: World) {
    let task = world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap();
    let again = under(&world, "order-1", "a");
    assert_eq!(world.store.submit(again.clone(), after(1)).await.unwrap(), task);
    assert_eq!(world.store.task(&TaskRef::Token(again.token)).await.unwrap(), None);
    // Also when it has ended, with its outputs.
    let claim = world.claim().await;
    for step in &STEPS[..6] {
        world.store.advance(&claim.lease, *step, NOW).await.unwrap();
    }
    world.store.finish(&claim.lease, success(PRICE), NOW).await.unwrap();
    let ended = world.store.submit(under(&world, "order-1", "a"), after(2)).await.unwrap();
    assert_eq!((ended.state, ended.outputs.len()), (TaskState::Succeeded, 1));
    assert_eq!(ended, world.task(task.id).await);
    world.audit(&[task.id]).await;
    assert_eq!(world.balance().await, CREDIT - PRICE);
}

pub(crate) async fn f6_another_request_under_the_same_key_is_refused(world: World) {
    let task = world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap();
    assert_refused!(world.store.submit(under(&world, "order-1", "b"), NOW).await, StoreError::KeyReused);
    assert_eq!(world.store.queue_depth().await.unwrap().waiting, 1);
    assert_eq!(world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap(), task);
    assert_ne!(world.store.submit(under(&world, "Order-1", "b"), NOW).await.unwrap().id, task.id);
}

pub(crate) async fn a_key_belongs_to_one_caller(world: World) {
    let other = world.store.create_project(new_project(world.account), &Act::operator(NOW)).await.unwrap().id;
    let task = world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap();
    let mut theirs = under(&world, "order-1", "b");
    theirs.idempotency.as_mut().unwrap().caller = other;
    assert_ne!(world.store.submit(theirs, NOW).await.unwrap().id, task.id);
}

pub(crate) async fn f5_fifty_equal_requests_make_one_task(world: World) {
    let world = Arc::new(world);
    let submits = (0..50).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.store.submit(under(&world, "order-1", "a"), NOW).await })
    });
    let tasks: Vec<_> = join_all(submits).await.into_iter().map(|task| task.unwrap().unwrap()).collect();
    let tokens: BTreeSet<_> = tasks.iter().map(|task| task.token.clone()).collect();
    assert_eq!((tasks.len(), tokens.len()), (50, 1));
    assert_eq!(world.balance().await, CREDIT - PRICE);
    world.audit(&[tasks[0].id]).await;
}

pub(crate) async fn a_refused_request_leaves_its_key_free(world: World) {
    let all = world.store.submit(world.new_task(CREDIT), NOW).await.unwrap();
    let refused = world.store.submit(under(&world, "order-1", "a"), NOW).await;
    assert_refused!(refused, StoreError::InsufficientBalance { .. });
    world.store.stop(all.id, Transition::Cancel, NOW).await.unwrap();
    world.store.submit(under(&world, "order-1", "b"), NOW).await.unwrap();
}

pub(crate) async fn a_repeated_request_needs_no_credit(world: World) {
    let task = world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap();
    world.store.submit(world.new_task(CREDIT - PRICE), NOW).await.unwrap();
    assert_eq!(world.balance().await, Money::ZERO);
    assert_eq!(world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap().id, task.id);
}

pub(crate) async fn a_key_is_forgotten_after_a_day(world: World) {
    let day = Idempotency::KEPT.as_secs();
    let task = world.store.submit(under(&world, "order-1", "a"), NOW).await.unwrap();
    let late = world.store.submit(under(&world, "order-1", "a"), after(day - 1)).await.unwrap();
    assert_eq!(late.id, task.id);
    let next = world.store.submit(under(&world, "order-1", "b"), after(day)).await.unwrap();
    assert_ne!(next.id, task.id);
    assert_eq!(world.store.submit(under(&world, "order-1", "b"), after(day + 1)).await.unwrap().id, next.id);
}
