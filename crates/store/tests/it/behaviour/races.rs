//! Many callers at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use atelier_domain::{Money, TaskId, TaskState, Transition};
use atelier_store::{Act, StoreError};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::world::{CREDIT, LEASE, NOW, PRICE, World, assert_refused};

pub(crate) async fn f5_fifty_submits_for_the_last_credit(world: World) {
    let world = Arc::new(world);
    let price = Money(CREDIT.0 / 7);
    let submits = (0..50).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.store.submit(world.new_task(price), NOW).await })
    });
    let mut accepted = Vec::new();
    for result in join_all(submits).await {
        match result.unwrap() {
            Ok(task) => accepted.push(task.id),
            refused => {
                assert_refused!(refused, StoreError::InsufficientBalance { balance } if balance < price);
            }
        }
    }
    assert_eq!(accepted.len(), 7);
    assert_eq!(world.store.queue_depth().await.unwrap().waiting, 7);
    assert_eq!(world.balance().await, Money(CREDIT.0 % 7));
    world.audit(&accepted).await;
}

pub(crate) async fn f7_cancel_races_completion(world: World) {
    let world = Arc::new(world);
    let mut winners = BTreeSet::new();
    for round in 0..60 {
        let lease = world.task_in(TaskState::Postprocessing).await.lease;
        let task = lease.task;
        let (owner, worker) = (Arc::clone(&world), Arc::clone(&world));
        let stop = async move { owner.store.stop(task, Transition::Kill, NOW).await };
        let finish = async move { worker.succeed(&lease).await };
        let (stop, finish) = if round % 2 == 0 {
            let (stop, finish) = (tokio::spawn(stop), tokio::spawn(finish));
            (stop.await.unwrap(), finish.await.unwrap())
        } else {
            let (finish, stop) = (tokio::spawn(finish), tokio::spawn(stop));
            (stop.await.unwrap(), finish.await.unwrap())
        };
        assert_ne!(stop.is_ok(), finish.is_ok(), "{stop:?} {finish:?}");
        let state = world.task(task).await.state;
        assert_eq!(state, if stop.is_ok() { TaskState::Cancelled } else { TaskState::Succeeded });
        winners.insert(stop.is_ok());
        world.audit(&[task]).await;
        world.store.grant(world.account, PRICE, "next round", &Act::operator(NOW)).await.unwrap();
    }
    assert_eq!(winners.len(), 2, "each won at least once");
}

pub(crate) async fn every_task_is_claimed_once(world: World) {
    let world = Arc::new(world);
    let mut submitted = BTreeSet::new();
    for _ in 0..20 {
        submitted.insert(world.submit().await.id);
    }
    let claims = (0..30).map(|number| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.store.claim(&format!("worker {number}"), LEASE, NOW).await.unwrap() })
    });
    let claims: Vec<_> = join_all(claims).await.into_iter().filter_map(Result::unwrap).collect();
    let claimed: BTreeSet<TaskId> = claims.iter().map(|claim| claim.lease.task).collect();
    let fences: BTreeSet<i64> = claims.iter().map(|claim| claim.lease.fence).collect();
    assert_eq!((claims.len(), fences.len()), (20, 20));
    assert_eq!(claimed, submitted);
}

pub(crate) async fn a_caller_who_goes_away_leaves_nothing_half_done(world: World) {
    let mut tokens = Vec::new();
    for _ in 0..20 {
        let new = world.new_task(PRICE);
        tokens.push(new.token.clone());
        // Polled once, so that it is on its way, and dropped.
        let _ = world.store.submit(new, NOW).now_or_never();
    }
    // A change of ours comes after all of theirs.
    world.store.grant(world.account, Money(1), "", &Act::operator(NOW)).await.unwrap();
    let mut accepted = Vec::new();
    for token in tokens {
        accepted.extend(
            world.store.task(&atelier_store::TaskRef::Token(token)).await.unwrap().map(|task| task.id),
        );
    }
    assert_eq!(world.store.queue_depth().await.unwrap().waiting, accepted.len() as u64);
    world.audit(&accepted).await;
}
