//! Workers that are late, lost, or come back from the dead.

use atelier_domain::{Failure, Progress, TaskState, Transition};
use atelier_store::{Lease, QueueDepth, Reaped, StoreError};

use super::world::{CREDIT, LEASE, NOW, World, after, assert_refused, failure};

/// Just before, and at, the end of a lease that was given at `NOW`.
const BEFORE: u64 = LEASE.as_secs() - 1;
const EXPIRED: u64 = LEASE.as_secs();

/// Every write that a worker can try is refused and changes nothing.
async fn assert_powerless(world: &World, stale: &Lease) {
    let before = (world.task(stale.task).await, world.store.events(stale.task, 0).await.unwrap());
    let progress = Progress { stage: "denoise".into(), step: 1, steps: 2 };
    assert_refused!(
        world.store.advance(stale, Transition::BeginPreprocessing, NOW).await,
        StoreError::LeaseLost(_)
    );
    assert_refused!(world.store.advance(stale, Transition::Requeue, NOW).await, StoreError::LeaseLost(_));
    assert_refused!(world.store.progress(stale, &progress, NOW).await, StoreError::LeaseLost(_));
    assert_refused!(world.succeed(stale).await, StoreError::LeaseLost(_));
    assert_refused!(world.store.finish(stale, failure(), NOW).await, StoreError::LeaseLost(_));
    for extend in [true, false] {
        let lost = world.store.renew(std::slice::from_ref(stale), LEASE, extend, NOW).await.unwrap();
        assert_eq!(lost, [stale.task]);
    }
    assert_eq!((world.task(stale.task).await, world.store.events(stale.task, 0).await.unwrap()), before);
}

pub(crate) async fn f2_a_lost_worker_can_change_nothing(world: World) {
    let stale = world.task_in(TaskState::Running).await.lease;
    world.store.reap(3, after(EXPIRED)).await.unwrap();
    assert_powerless(&world, &stale).await;
    let fresh = world.store.claim("other", LEASE, after(EXPIRED)).await.unwrap().unwrap().lease;
    assert_eq!(fresh.task, stale.task);
    assert!(fresh.fence > stale.fence);
    assert_powerless(&world, &stale).await;
    // Nor may a fence be guessed, or a live one be used for another task.
    assert_powerless(&world, &Lease { fence: fresh.fence + 1, ..fresh.clone() }).await;
    let other = world.task_in(TaskState::Accepted).await.lease;
    assert_powerless(&world, &Lease { task: other.task, fence: fresh.fence }).await;
    world.store.finish(&fresh, failure(), NOW).await.unwrap();
    assert_powerless(&world, &stale).await;
    world.audit(&[stale.task, other.task]).await;
}

pub(crate) async fn a_fence_is_never_given_twice(world: World) {
    let mut last = 0;
    for _ in 0..4 {
        let lease = world.task_in(TaskState::Accepted).await.lease;
        assert!(lease.fence > last);
        last = lease.fence;
        world.store.stop(lease.task, Transition::Kill, NOW).await.unwrap();
    }
}

pub(crate) async fn a_renewed_lease_outlives_its_first_term(world: World) {
    let renewed = world.task_in(TaskState::Running).await.lease;
    let silent = world.task_in(TaskState::Running).await.lease;
    let lost = world.store.renew(std::slice::from_ref(&renewed), LEASE, true, after(BEFORE)).await.unwrap();
    assert_eq!(lost, []);
    let reaped = world.store.reap(3, after(EXPIRED)).await.unwrap();
    assert_eq!(reaped, Reaped { requeued: vec![silent.task], failed: vec![] });
    let both = [renewed.clone(), silent.clone()];
    assert_eq!(world.store.renew(&both, LEASE, true, after(EXPIRED)).await.unwrap(), [silent.task]);
    world.store.advance(&renewed, Transition::End, NOW).await.unwrap();
}

pub(crate) async fn looking_at_a_lease_does_not_extend_it(world: World) {
    let lease = world.task_in(TaskState::Running).await.lease;
    let lost = world.store.renew(std::slice::from_ref(&lease), LEASE, false, after(BEFORE)).await.unwrap();
    assert_eq!(lost, []);
    assert_eq!(world.store.reap(3, after(EXPIRED)).await.unwrap().requeued, [lease.task]);
}

pub(crate) async fn a_late_worker_keeps_its_task_until_the_reaper_comes(world: World) {
    let lease = world.task_in(TaskState::Running).await.lease;
    world.store.advance(&lease, Transition::End, after(EXPIRED + 600)).await.unwrap();
    let lost =
        world.store.renew(std::slice::from_ref(&lease), LEASE, true, after(EXPIRED + 600)).await.unwrap();
    assert_eq!(lost, []);
    assert_eq!(world.store.reap(3, after(EXPIRED + 601)).await.unwrap(), Reaped::default());
}

pub(crate) async fn f1_a_lost_task_is_taken_up_again(world: World) {
    let mut tasks = Vec::new();
    for state in &TaskState::ALL[1..8] {
        let lease = world.task_in(*state).await.lease;
        assert_eq!(world.store.reap(3, after(BEFORE)).await.unwrap(), Reaped::default());
        assert_eq!(world.store.reap(3, after(EXPIRED)).await.unwrap().requeued, [lease.task]);
        let back = world.task(lease.task).await;
        assert_eq!((back.state, back.attempt), (TaskState::Queued, 1));
        let line = back.timeline;
        let entered = [line.accepted, line.preprocessing, line.preprocessed, line.assigned, line.running];
        assert_eq!((entered, line.ended, line.postprocessing), ([None; 5], None, None));
        assert_eq!(line.created, NOW);
        assert_eq!(world.store.queue_depth().await.unwrap(), QueueDepth { waiting: 1, running: 0 });
        let again = world.claim().await;
        assert_eq!((again.lease.task, again.task.attempt), (lease.task, 2));
        world.store.finish(&again.lease, failure(), NOW).await.unwrap();
        tasks.push(lease.task);
    }
    world.audit(&tasks).await;
}

pub(crate) async fn f8_a_task_that_kills_its_workers_fails_in_the_end(world: World) {
    let (poison, next) = (world.submit().await.id, world.submit().await.id);
    for attempt in 1..=3 {
        let claim = world.claim().await;
        assert_eq!((claim.lease.task, claim.task.attempt), (poison, attempt));
        let reaped = world.store.reap(3, after(EXPIRED)).await.unwrap();
        let (requeued, failed) = if attempt < 3 { (vec![poison], vec![]) } else { (vec![], vec![poison]) };
        assert_eq!(reaped, Reaped { requeued, failed });
    }
    let task = world.task(poison).await;
    assert_eq!((task.state, task.error.as_str()), (TaskState::Failed, "the worker was lost 3 times"));
    assert_eq!(task.failure, Some(Failure::WorkersLost));
    assert_eq!(task.timeline.finished, Some(after(EXPIRED)));
    assert_eq!(world.claim().await.lease.task, next);
    assert_eq!(world.balance().await, CREDIT - task.price);
    world.audit(&[poison, next]).await;
}

pub(crate) async fn a_worker_can_hand_its_task_back(world: World) {
    let lease = world.task_in(TaskState::Preprocessed).await.lease;
    world.store.advance(&lease, Transition::Requeue, NOW).await.unwrap();
    let back = world.task(lease.task).await;
    assert_eq!((back.state, back.timeline.preprocessing), (TaskState::Queued, None));
    assert_powerless(&world, &lease).await;
    assert_eq!(world.claim().await.lease.task, lease.task);
}

pub(crate) async fn a_stopped_task_is_lost_to_its_worker(world: World) {
    let lease = world.task_in(TaskState::Postprocessing).await.lease;
    world.store.stop(lease.task, Transition::Kill, NOW).await.unwrap();
    assert_powerless(&world, &lease).await;
    assert_eq!(world.store.reap(3, after(EXPIRED)).await.unwrap(), Reaped::default());
    assert_eq!(world.balance().await, CREDIT);
}
