//! A task in the hands of one worker, from claim to settlement.

use atelier_domain::{
    EventKind, Failure, Finding, InputRole, Money, Output, Progress, PublicPath, Task, TaskId, TaskState,
    Transition,
};
use atelier_store::{Outcome, QueueDepth, StoreError};

use super::world::{
    CREDIT, LEASE, NOW, PRICE, STEPS, World, after, assert_refused, failure, new_output, success,
};

pub(crate) async fn the_oldest_task_is_claimed_first(world: World) {
    assert!(world.store.claim("worker", LEASE, NOW).await.unwrap().is_none());
    let (first, second) = (world.submit().await, world.submit().await);
    assert_eq!(world.store.queue_depth().await.unwrap(), QueueDepth { waiting: 2, running: 0 });
    let claim = world.store.claim("worker", LEASE, after(3)).await.unwrap().unwrap();
    assert_eq!((claim.lease.task, claim.task.id), (first.id, first.id));
    assert_eq!((claim.task.state, claim.task.attempt), (TaskState::Accepted, 1));
    assert_eq!(claim.task.timeline.accepted, Some(after(3)));
    assert_eq!(claim.task, world.task(first.id).await);
    assert_eq!(world.store.queue_depth().await.unwrap(), QueueDepth { waiting: 1, running: 1 });
    assert_eq!(world.claim().await.lease.task, second.id);
}

pub(crate) async fn a_run_leaves_its_timeline_and_events(world: World) {
    let task = world.submit().await.id;
    let lease = world.store.claim("worker", LEASE, after(1)).await.unwrap().unwrap().lease;
    for (second, step) in (2..).zip(&STEPS[..6]) {
        world.store.advance(&lease, *step, after(second)).await.unwrap();
    }
    world.store.finish(&lease, success(PRICE), after(8)).await.unwrap();
    let task = world.task(task).await;
    let line = task.timeline;
    let entered =
        [line.accepted, line.preprocessing, line.preprocessed, line.assigned, line.running, line.ended];
    assert_eq!(entered, [1, 2, 3, 4, 5, 6].map(|second| Some(after(second))));
    assert_eq!((line.postprocessing, line.finished, line.cancelled), (Some(after(7)), Some(after(8)), None));
    assert_eq!(world.states(task.id).await, &TaskState::ALL[..9]);
    assert_eq!(
        (task.log.as_str(), task.error.as_str(), task.runner.as_deref()),
        ("fitted", "", Some("draft"))
    );
    let dress = Finding { role: InputRole::Garment(0), what: "dress".into(), confidence: 0.75 };
    assert_eq!((task.findings.as_slice(), task.failure, task.dialect.as_str()), (&[dress][..], None, "wiro"));
    let later = world.store.events(task.id, 7).await.unwrap();
    assert_eq!(later.iter().map(|event| event.sequence).collect::<Vec<_>>(), [8, 9]);
    world.audit(&[task.id]).await;
}

pub(crate) async fn every_step_that_the_state_does_not_allow_is_refused(world: World) {
    for state in &TaskState::ALL[1..8] {
        let claim = world.task_in(*state).await;
        let ends = [Transition::Fail, Transition::Cancel, Transition::Kill, Transition::Accept];
        for step in STEPS.into_iter().chain(ends) {
            if state.apply(step).is_ok_and(|next| !next.is_terminal()) {
                continue;
            }
            let refused = world.store.advance(&claim.lease, step, NOW).await;
            assert_refused!(refused, StoreError::Illegal(illegal) if (illegal.state, illegal.transition) == (*state, step));
        }
        if *state != TaskState::Postprocessing {
            assert_refused!(world.succeed(&claim.lease).await, StoreError::Illegal(_));
        }
        assert_eq!(world.task(claim.lease.task).await.state, *state);
        world.audit(&[claim.lease.task]).await;
        world.store.stop(claim.lease.task, Transition::Kill, NOW).await.unwrap();
    }
}

pub(crate) async fn success_is_charged_once(world: World) {
    let lease = world.task_in(TaskState::Postprocessing).await.lease;
    world.store.finish(&lease, success(Money(15)), NOW).await.unwrap();
    assert_refused!(world.store.finish(&lease, success(Money(15)), NOW).await, StoreError::LeaseLost(_));
    assert_refused!(world.store.finish(&lease, failure(), NOW).await, StoreError::LeaseLost(_));
    let task = world.task(lease.task).await;
    assert_eq!((task.state, task.cost), (TaskState::Succeeded, Money(15)));
    assert_eq!(world.balance().await, CREDIT - Money(15));
    world.audit(&[task.id]).await;
}

pub(crate) async fn a_charge_never_exceeds_the_reservation(world: World) {
    for (cost, charged) in [(Money(PRICE.0 + 1), PRICE), (Money(i64::MAX), PRICE), (Money(-5), Money::ZERO)] {
        let lease = world.task_in(TaskState::Postprocessing).await.lease;
        world.store.finish(&lease, success(cost), NOW).await.unwrap();
        assert_eq!(world.task(lease.task).await.cost, charged);
        world.audit(&[lease.task]).await;
    }
}

pub(crate) async fn failure_costs_nothing(world: World) {
    let lease = world.task_in(TaskState::Preprocessing).await.lease;
    world.store.finish(&lease, failure(), after(4)).await.unwrap();
    let task = world.task(lease.task).await;
    assert_eq!(
        (task.state, task.error.as_str(), task.cost),
        (TaskState::Failed, "no person found", Money::ZERO)
    );
    assert_eq!((task.timeline.finished, task.runner.as_deref()), (Some(after(4)), Some("draft")));
    let unsure = Failure::Input { role: InputRole::Person, confidence: Some(0.25) };
    assert_eq!((task.failure, task.findings.is_empty()), (Some(unsure), true));
    assert_eq!(world.balance().await, CREDIT);
    world.audit(&[task.id]).await;
}

fn succeeded(outputs: Vec<Output>) -> Outcome {
    Outcome::Succeeded {
        outputs,
        cost: PRICE,
        runner: "draft".into(),
        log: String::new(),
        findings: Vec::new(),
    }
}

pub(crate) async fn success_needs_outputs(world: World) {
    let lease = world.task_in(TaskState::Postprocessing).await.lease;
    let empty = succeeded(Vec::new());
    assert_refused!(world.store.finish(&lease, empty, NOW).await, StoreError::Illegal(_));
    // Refused as a whole: the first output of the two leaves no trace.
    let (kept, doubled) = (new_output(), new_output());
    let outputs = vec![kept.clone(), doubled.clone(), doubled];
    let twice = succeeded(outputs);
    assert_refused!(world.store.finish(&lease, twice, NOW).await, StoreError::Exists("file"));
    assert_eq!(world.store.file_by_key(&kept.access_key).await.unwrap(), None);
    assert_eq!(world.task(lease.task).await.state, TaskState::Postprocessing);
    world.succeed(&lease).await.unwrap();
    world.audit(&[lease.task]).await;
}

pub(crate) async fn outputs_are_found_by_their_addresses(world: World) {
    let lease = world.task_in(TaskState::Postprocessing).await.lease;
    let mut outputs = vec![new_output(), new_output()];
    outputs[1].name = "1.png".into();
    outputs[1].folder = outputs[0].folder.clone();
    world.store.finish(&lease, succeeded(outputs.clone()), NOW).await.unwrap();
    assert_eq!(world.task(lease.task).await.outputs, outputs);
    for output in &outputs {
        let by_key = world.store.file_by_key(&output.access_key).await.unwrap().unwrap();
        let by_path = world.store.file_by_path(&output.public_path, &output.name).await.unwrap().unwrap();
        assert_eq!(by_key, by_path);
        assert_eq!((&by_key.id, by_key.account, &by_key.sha256), (&output.id, world.account, &output.sha256));
        assert_eq!(world.store.file_by_path(&output.public_path, "other.png").await.unwrap(), None);
    }
    assert_eq!(world.store.file_by_path(&PublicPath::random(), "0.png").await.unwrap(), None);
}

fn report(step: u32) -> Progress {
    Progress { stage: "denoise".into(), step, steps: 3 }
}

pub(crate) async fn only_the_latest_progress_is_kept(world: World) {
    let lease = world.task_in(TaskState::Running).await.lease;
    let mut seen = world.store.events(lease.task, 0).await.unwrap().last().unwrap().sequence;
    for step in 1..=3 {
        world.store.progress(&lease, &report(step), after(u64::from(step))).await.unwrap();
        let news = world.store.events(lease.task, seen).await.unwrap();
        assert_eq!(news.len(), 1);
        assert_eq!((&news[0].kind, news[0].at), (&EventKind::Progress(report(step)), after(u64::from(step))));
        assert!(news[0].sequence > seen);
        seen = news[0].sequence;
    }
    world.store.advance(&lease, Transition::End, NOW).await.unwrap();
    let all = world.store.events(lease.task, 0).await.unwrap();
    assert_eq!(all.iter().filter(|event| matches!(event.kind, EventKind::Progress(_))).count(), 1);
    assert_eq!(all.last().unwrap().sequence, seen + 1);
    world.audit(&[lease.task]).await;
}

pub(crate) async fn progress_outside_the_run_is_old_news(world: World) {
    let lease = world.task_in(TaskState::Ended).await.lease;
    let before = world.store.events(lease.task, 0).await.unwrap();
    world.store.progress(&lease, &report(3), NOW).await.unwrap();
    assert_eq!(world.store.events(lease.task, 0).await.unwrap(), before);
}

pub(crate) async fn one_look_finds_the_news_of_several_tasks(world: World) {
    let running = world.task_in(TaskState::Running).await.lease;
    let waiting = world.submit().await.id;
    let unknown = TaskId(waiting.0 + 1);
    let all = world.store.news(&[(waiting, 0), (running.task, 0), (unknown, 0)]).await.unwrap();
    let one_by_one =
        [world.store.events(running.task, 0).await.unwrap(), world.store.events(waiting, 0).await.unwrap()];
    assert_eq!(all, one_by_one.concat());
    let known = [(running.task, 6), (waiting, 1)];
    assert_eq!(world.store.news(&known).await.unwrap(), []);
    world.store.progress(&running, &report(1), NOW).await.unwrap();
    world.store.stop(waiting, Transition::Cancel, NOW).await.unwrap();
    let news = world.store.news(&known).await.unwrap();
    let named: Vec<_> = news.iter().map(|event| (event.task, event.sequence)).collect();
    assert_eq!(named, [(running.task, 7), (waiting, 2)]);
    assert_eq!(news[1].kind, EventKind::Entered(TaskState::Cancelled));
    assert_eq!(world.store.news(&[]).await.unwrap(), []);
}

pub(crate) async fn a_waiting_task_knows_how_many_are_before_it(world: World) {
    let (first, second, third) = (world.submit().await, world.submit().await, world.submit().await);
    let places = async |tasks: [&Task; 3]| {
        let mut places = Vec::new();
        for task in tasks {
            places.push(world.store.place_in_queue(task.id).await.unwrap());
        }
        places
    };
    let all = [&first, &second, &third];
    assert_eq!(places(all).await, [Some(0), Some(1), Some(2)]);
    world.store.stop(second.id, Transition::Cancel, NOW).await.unwrap();
    assert_eq!(places(all).await, [Some(0), None, Some(1)]);
    world.claim().await;
    assert_eq!(places(all).await, [None, None, Some(0)], "one that a worker holds does not wait");
    assert_eq!(world.store.place_in_queue(TaskId(99)).await.unwrap(), None);
}
