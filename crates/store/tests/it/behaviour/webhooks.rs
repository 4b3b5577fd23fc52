//! The outbox: what is owed to callers, who may deliver it when, and what signs it.

use std::time::Duration;

use atelier_domain::{DeliveryId, ProjectId, Task, TaskId, TaskState, Timestamp, Transition};
use atelier_store::{
    Act, Delivery, DeliveryAttempt, DeliveryClaim, DeliveryFailure, DeliveryState, NewTask, NextDelivery,
    StoreError,
};

use super::world::{LEASE, NOW, PRICE, STEPS, World, after, assert_refused, failure, new_project};

async fn submit_to(world: &World, callback: &str) -> Task {
    let new = NewTask { callback_url: callback.into(), ..world.new_task(PRICE) };
    world.store.submit(new, NOW).await.unwrap()
}

/// A task whose caller has been owed the webhook since `at`.
async fn owed(world: &World, callback: &str, at: Timestamp) -> TaskId {
    let task = submit_to(world, callback).await.id;
    let lease = world.claim().await.lease;
    assert_eq!(lease.task, task);
    world.store.finish(&lease, failure(), at).await.unwrap();
    task
}

async fn only_delivery(world: &World, task: TaskId) -> Delivery {
    let mut deliveries = world.store.deliveries(task).await.unwrap();
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries.remove(0)
}

async fn next(world: &World, busy_hosts: &[&str], now: Timestamp) -> NextDelivery {
    let busy_hosts: Vec<String> = busy_hosts.iter().map(|host| (*host).to_owned()).collect();
    world.store.claim_delivery(LEASE, &busy_hosts, now).await.unwrap()
}

async fn take(world: &World, now: Timestamp) -> DeliveryClaim {
    match next(world, &[], now).await {
        NextDelivery::Now(claim) => claim,
        other => panic!("nothing to deliver: {other:?}"),
    }
}

fn answered(answer: Result<u16, DeliveryFailure>) -> DeliveryAttempt {
    DeliveryAttempt { at: NOW, duration: Duration::from_millis(12), answer }
}

pub(crate) async fn every_end_of_a_task_owes_its_callback_one_delivery(world: World) {
    let callback = "https://shop.example/hook";
    let mut told = Vec::new();
    let succeeded = submit_to(&world, callback).await.id;
    let lease = world.claim().await.lease;
    for step in &STEPS[..6] {
        world.store.advance(&lease, *step, NOW).await.unwrap();
    }
    assert_eq!(world.store.deliveries(succeeded).await.unwrap(), [], "not before the end");
    world.succeed(&lease).await.unwrap();
    told.push(succeeded);
    told.push(owed(&world, callback, NOW).await);
    let killed = submit_to(&world, callback).await.id;
    world.claim().await;
    world.store.stop(killed, Transition::Kill, NOW).await.unwrap();
    world.store.stop(killed, Transition::Kill, NOW).await.unwrap();
    told.push(killed);
    let lost = submit_to(&world, callback).await.id;
    world.claim().await;
    world.store.reap(1, NOW.after(LEASE)).await.unwrap();
    told.push(lost);
    for task in told {
        let delivery = only_delivery(&world, task).await;
        assert_eq!((delivery.task, delivery.url.as_str(), delivery.attempts.len()), (task, callback, 0));
        assert!(matches!(delivery.state, DeliveryState::Pending { due } if due == delivery.created));
    }
}

pub(crate) async fn nobody_is_told_without_a_callback_or_of_a_task_that_never_began(world: World) {
    let silent = world.task_in(TaskState::Running).await.lease;
    world.store.finish(&silent, failure(), NOW).await.unwrap();
    let waiting = submit_to(&world, "https://shop.example/hook").await.id;
    world.store.stop(waiting, Transition::Cancel, NOW).await.unwrap();
    for task in [silent.task, waiting] {
        assert_eq!(world.store.deliveries(task).await.unwrap(), []);
    }
    assert_eq!(next(&world, &[], after(1_000_000)).await, NextDelivery::Nothing);
}

pub(crate) async fn a_task_that_goes_back_to_the_queue_still_tells_of_its_cancel(world: World) {
    let task = submit_to(&world, "https://shop.example/hook").await.id;
    world.claim().await;
    world.store.reap(3, NOW.after(LEASE)).await.unwrap();
    world.store.stop(task, Transition::Cancel, NOW).await.unwrap();
    only_delivery(&world, task).await;
}

pub(crate) async fn f14_a_delivery_whose_deliverer_is_lost_is_given_to_another(world: World) {
    let task = owed(&world, "https://shop.example/hook", NOW).await;
    let lost = take(&world, NOW).await;
    assert_eq!((lost.task, lost.host.as_str(), lost.try_number), (task, "shop.example", 1));
    assert_eq!(next(&world, &[], after(29)).await, NextDelivery::NotBefore(NOW.after(LEASE)));
    let second = take(&world, NOW.after(LEASE)).await;
    assert_eq!((&second.id, second.try_number), (&lost.id, 2));
    // The lost one comes back: its attempt is in the log and decides nothing.
    world.store.record_delivery(&lost, answered(Ok(500)), DeliveryState::Abandoned).await.unwrap();
    assert!(matches!(only_delivery(&world, task).await.state, DeliveryState::Pending { .. }));
    world.store.record_delivery(&second, answered(Ok(200)), DeliveryState::Delivered).await.unwrap();
    let delivery = only_delivery(&world, task).await;
    assert_eq!(delivery.state, DeliveryState::Delivered);
    assert_eq!(delivery.attempts, [answered(Ok(500)), answered(Ok(200))]);
    assert_eq!(next(&world, &[], after(1_000_000)).await, NextDelivery::Nothing);
}

pub(crate) async fn a_delivery_waits_for_its_next_attempt(world: World) {
    use DeliveryFailure as F;
    let task = owed(&world, "https://shop.example/hook", NOW).await;
    let answers = [Err(F::Forbidden), Err(F::Connection), Err(F::Tls), Err(F::Timeout), Ok(503)];
    for (number, answer) in (0..).zip(answers) {
        let claim = take(&world, after(number * 100)).await;
        let due = after((number + 1) * 100);
        world.store.record_delivery(&claim, answered(answer), DeliveryState::Pending { due }).await.unwrap();
        assert_eq!(next(&world, &[], after(number * 100 + 99)).await, NextDelivery::NotBefore(due));
    }
    let claim = take(&world, after(500)).await;
    assert_eq!(claim.try_number, 6);
    world.store.record_delivery(&claim, answered(Ok(410)), DeliveryState::Gone).await.unwrap();
    let delivery = only_delivery(&world, task).await;
    assert_eq!(delivery.state, DeliveryState::Gone);
    let recorded: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.answer).collect();
    assert_eq!(recorded, answers.into_iter().chain([Ok(410)]).collect::<Vec<_>>());
}

pub(crate) async fn f13_busy_hosts_are_passed_over(world: World) {
    for _ in 0..3 {
        owed(&world, "https://SLOW.example:8443/hook", NOW).await;
    }
    let quick = owed(&world, "https://quick.example/hook", after(1)).await;
    assert!(
        matches!(next(&world, &[], after(2)).await, NextDelivery::Now(claim) if claim.host == "slow.example")
    );
    let passed = next(&world, &["slow.example", "another.example"], after(2)).await;
    assert!(matches!(passed, NextDelivery::Now(claim) if claim.task == quick));
    assert!(matches!(next(&world, &["slow.example"], after(2)).await, NextDelivery::NotBefore(_)));
    assert!(matches!(next(&world, &[], after(2)).await, NextDelivery::Now(_)));
}

pub(crate) async fn a_replay_starts_all_over_under_the_same_id(world: World) {
    let task = owed(&world, "https://shop.example/hook", NOW).await;
    let first = take(&world, NOW).await;
    world.store.record_delivery(&first, answered(Ok(500)), DeliveryState::Abandoned).await.unwrap();
    world.store.replay_delivery(&first.id, after(50)).await.unwrap();
    let again = take(&world, after(50)).await;
    assert_eq!((&again.id, again.try_number), (&first.id, 1));
    // Replayed once more while an attempt is under way: that attempt does not end it.
    world.store.replay_delivery(&first.id, after(51)).await.unwrap();
    world.store.record_delivery(&again, answered(Ok(500)), DeliveryState::Abandoned).await.unwrap();
    let last = take(&world, after(51)).await;
    world.store.record_delivery(&last, answered(Ok(200)), DeliveryState::Delivered).await.unwrap();
    let delivery = only_delivery(&world, task).await;
    assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::Delivered, 3));
    let unknown = world.store.replay_delivery(&DeliveryId::random(), NOW).await;
    assert_refused!(unknown, StoreError::NotFound("delivery"));
}

pub(crate) async fn a_project_has_one_webhook_secret_from_the_first_time_it_is_asked_for(world: World) {
    let asked = (0..8).map(|_| world.store.webhook_secret(world.project));
    let secrets = futures_util::future::join_all(asked).await;
    let secret = secrets[0].as_ref().unwrap();
    assert!(secret.expose().starts_with("whsec_"));
    assert!(secrets.iter().all(|other| other.as_ref().unwrap() == secret));
    let other = world.store.create_project(new_project(world.account), &Act::operator(NOW)).await.unwrap().id;
    assert_ne!(world.store.webhook_secret(other).await.unwrap(), *secret);
    assert_refused!(world.store.webhook_secret(ProjectId(99)).await, StoreError::NotFound("project"));
}
