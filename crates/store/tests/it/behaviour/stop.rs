//! Stopping tasks on their owner's word.

use atelier_domain::{IllegalTransition, Money, TaskId, TaskState, Transition};
use atelier_store::StoreError;

use super::world::{CREDIT, NOW, PRICE, World, after, assert_refused, failure};

pub(crate) async fn a_waiting_task_can_be_taken_back(world: World) {
    let task = world.submit().await;
    let stopped = world.store.stop(task.id, Transition::Cancel, after(2)).await.unwrap();
    assert_eq!((stopped.state, stopped.timeline.cancelled), (TaskState::Cancelled, Some(after(2))));
    assert_eq!(stopped, world.task(task.id).await);
    assert_eq!(world.store.claim("worker", std::time::Duration::ZERO, NOW).await.unwrap().map(|_| ()), None);
    assert_eq!(world.balance().await, CREDIT);
    world.audit(&[task.id]).await;
}

pub(crate) async fn a_running_task_can_be_killed_but_not_taken_back(world: World) {
    let task = world.task_in(TaskState::Running).await.lease.task;
    let refused = world.store.stop(task, Transition::Cancel, NOW).await;
    assert_refused!(refused, StoreError::Illegal(IllegalTransition { state: TaskState::Running, .. }));
    assert_eq!(world.task(task).await.state, TaskState::Running);
    assert_eq!(world.store.stop(task, Transition::Kill, NOW).await.unwrap().state, TaskState::Cancelled);
    assert_eq!(world.balance().await, CREDIT);
    world.audit(&[task]).await;
}

pub(crate) async fn stopping_twice_is_stopping_once(world: World) {
    let task = world.submit().await.id;
    let first = world.store.stop(task, Transition::Cancel, NOW).await.unwrap();
    for how in [Transition::Cancel, Transition::Kill] {
        assert_eq!(world.store.stop(task, how, after(9)).await.unwrap(), first);
    }
    world.audit(&[task]).await;
}

pub(crate) async fn what_has_ended_stays_as_it_is(world: World) {
    let succeeded = world.task_in(TaskState::Postprocessing).await.lease;
    world.succeed(&succeeded).await.unwrap();
    let failed = world.task_in(TaskState::Running).await.lease;
    world.store.finish(&failed, failure(), NOW).await.unwrap();
    for task in [succeeded.task, failed.task] {
        let before = world.task(task).await;
        for how in [Transition::Cancel, Transition::Kill] {
            assert_refused!(world.store.stop(task, how, NOW).await, StoreError::Illegal(_));
        }
        assert_eq!(world.task(task).await, before);
    }
    assert_eq!(world.balance().await, CREDIT - PRICE);
    world.audit(&[succeeded.task, failed.task]).await;
}

pub(crate) async fn stop_only_stops(world: World) {
    let task = world.submit().await.id;
    for how in [Transition::Accept, Transition::Fail, Transition::Succeed, Transition::Requeue] {
        let refused = world.store.stop(task, how, NOW).await;
        assert_refused!(refused, StoreError::Illegal(illegal) if illegal.transition == how);
    }
    assert_refused!(world.store.stop(TaskId(99), Transition::Kill, NOW).await, StoreError::NotFound("task"));
    assert_eq!(world.balance().await + PRICE, CREDIT + Money::ZERO);
    world.audit(&[task]).await;
}
