//! What people look back on.

use std::time::Duration;

use atelier_domain::{Money, TaskId, TaskState, Timestamp, ToolSlug, Transition};
use atelier_store::{Act, LedgerKind, NewTask, Place, Spread, TaskFilter};

use super::world::{NOW, PRICE, STEPS, World, after, assert_refused, failure, new_project, success};

const DAY: u64 = 86_400;

fn any(world: &World) -> TaskFilter {
    TaskFilter { account: world.account, tool: None, states: vec![], project: None, from: None, until: None }
}

async fn found(world: &World, filter: &TaskFilter) -> Vec<TaskId> {
    let part = world.store.task_history(filter, Place::Newest, 100).await.unwrap();
    assert!(!part.newer && !part.older);
    part.entries.iter().map(|task| task.id).collect()
}

/// A task that was submitted at [`NOW`], waited and ran for so many milliseconds and succeeded.
async fn succeeded(world: &World, wait: u64, run: u64) -> TaskId {
    world.submit().await;
    let taken = NOW.after(Duration::from_millis(wait));
    let lease = world.store.claim("worker", Duration::from_secs(30), taken).await.unwrap().unwrap().lease;
    for step in &STEPS[..6] {
        let at = if *step == Transition::End { taken.after(Duration::from_millis(run)) } else { taken };
        world.store.advance(&lease, *step, at).await.unwrap();
    }
    world.store.finish(&lease, success(Money(15)), after(900)).await.unwrap();
    lease.task
}

async fn failed(world: &World) -> TaskId {
    let lease = world.task_in(TaskState::Preprocessing).await.lease;
    world.store.finish(&lease, failure(), NOW).await.unwrap();
    lease.task
}

pub(crate) async fn tasks_are_found_by_everything_a_filter_says(world: World) {
    let (good, bad) = (succeeded(&world, 0, 5).await, failed(&world).await);
    let other = world.store.create_project(new_project(world.account), &Act::operator(NOW)).await.unwrap().id;
    let tool = ToolSlug::new("wiro", "instant-id");
    let new = NewTask { project: other, tool: tool.clone(), ..world.new_task(PRICE) };
    let waiting = world.store.submit(new, after(DAY)).await.unwrap().id;
    let any = any(&world);
    assert_eq!(found(&world, &any).await, [waiting, bad, good]);
    for (filter, expected) in [
        (TaskFilter { tool: Some(tool), ..any.clone() }, vec![waiting]),
        (TaskFilter { project: Some(world.project), ..any.clone() }, vec![bad, good]),
        (
            TaskFilter { states: vec![TaskState::Failed, TaskState::Queued], ..any.clone() },
            vec![waiting, bad],
        ),
        (TaskFilter { states: vec![TaskState::Succeeded], ..any.clone() }, vec![good]),
        (TaskFilter { from: Some(after(1)), ..any.clone() }, vec![waiting]),
        (TaskFilter { until: Some(after(DAY)), ..any.clone() }, vec![bad, good]),
        (TaskFilter { from: Some(NOW), until: Some(NOW), ..any.clone() }, vec![]),
        (TaskFilter { project: Some(other), states: vec![TaskState::Failed], ..any.clone() }, vec![]),
    ] {
        assert_eq!(found(&world, &filter).await, expected, "{filter:?}");
    }
    let listed = world.store.task_history(&any, Place::Newest, 9).await.unwrap().entries;
    assert_eq!(listed[2].outputs, world.task(good).await.outputs, "a task comes with its outputs");
}

pub(crate) async fn a_list_goes_on_beside_its_neighbours(world: World) {
    // All at one moment: their numbers alone tell them apart.
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.insert(0, world.submit().await.id);
    }
    let part = |place| {
        let (store, filter) = (world.store.clone(), any(&world));
        async move {
            let part = store.task_history(&filter, place, 3).await.unwrap();
            (part.entries.iter().map(|task| task.id).collect::<Vec<_>>(), part.newer, part.older)
        }
    };
    assert_eq!(part(Place::Newest).await, (ids[..3].to_vec(), false, true));
    assert_eq!(part(Place::Before(ids[2].0)).await, (ids[3..6].to_vec(), true, true));
    assert_eq!(part(Place::Before(ids[5].0)).await, (ids[6..].to_vec(), true, false));
    assert_eq!(part(Place::After(ids[6].0)).await, (ids[3..6].to_vec(), true, true));
    assert_eq!(part(Place::After(ids[3].0)).await, (ids[..3].to_vec(), false, true));
    assert_eq!(part(Place::After(ids[0].0)).await, (vec![], false, true));
}

pub(crate) async fn a25_a_history_is_of_one_account(world: World) {
    let bob = world.store.create_account("bob@example.org", NOW).await.unwrap().id;
    let project = world.store.create_project(new_project(bob), &Act::operator(NOW)).await.unwrap().id;
    let his = NewTask { account: bob, project, ..world.new_task(Money::ZERO) };
    let his = world.store.submit(his, NOW).await.unwrap().id;
    assert_eq!(found(&world, &any(&world)).await, []);
    assert_eq!(found(&world, &TaskFilter { project: Some(project), ..any(&world) }).await, []);
    let beside = world.store.task_history(&any(&world), Place::Before(his.0), 3).await;
    assert_refused!(beside, atelier_store::StoreError::NotFound("task"));
    assert_eq!(world.store.usage(world.account, Timestamp(0)).await.unwrap(), []);
    assert_eq!(world.store.ledger_history(bob, true, Place::Newest, 9).await.unwrap().entries, []);
}

pub(crate) async fn use_is_counted_by_day_project_and_tool(world: World) {
    succeeded(&world, 0, 5).await;
    succeeded(&world, 0, 5).await;
    failed(&world).await;
    let stopped = world.submit().await.id;
    world.store.stop(stopped, Transition::Cancel, after(DAY)).await.unwrap();
    world.store.submit(world.new_task(PRICE), after(DAY)).await.unwrap();
    let midnight = Timestamp(NOW.0 - NOW.0 % 86_400_000);
    let used = world.store.usage(world.account, midnight).await.unwrap();
    let short: Vec<_> = used
        .iter()
        .map(|line| (line.day, line.runs, line.succeeded, line.failed, line.cancelled, line.cost))
        .collect();
    let tomorrow = midnight.after(Duration::from_secs(DAY));
    assert_eq!(short, [(midnight, 4, 2, 1, 1, Money(30)), (tomorrow, 1, 0, 0, 0, Money::ZERO)]);
    assert!(used.iter().all(|line| line.project == world.project && line.tool.model == "virtual-try-on"));
    assert_eq!(world.store.usage(world.account, tomorrow).await.unwrap().len(), 1);
}

pub(crate) async fn how_long_tasks_took_is_known_to_two_digits(world: World) {
    assert_eq!(world.store.spans(world.account, Timestamp(0)).await.unwrap(), []);
    for (wait, run) in [(0, 1_234), (7, 2_345), (99, 123_456), (1_999, 3_456)] {
        succeeded(&world, wait, run).await;
    }
    failed(&world).await;
    let [day] = <[_; 1]>::try_from(world.store.spans(world.account, Timestamp(0)).await.unwrap()).unwrap();
    let spread = |p50, p95| Spread { p50: Duration::from_millis(p50), p95: Duration::from_millis(p95) };
    assert_eq!(day.day, Timestamp(NOW.0 - NOW.0 % 86_400_000));
    assert_eq!(day.wait, spread(7, 1_900));
    assert_eq!(day.run, spread(2_300, 120_000));
}

pub(crate) async fn grants_are_listed_alone(world: World) {
    let task = succeeded(&world, 0, 5).await;
    world.store.grant(world.account, Money(7), "more", &Act::operator(after(1))).await.unwrap();
    let ledger = |grants_only, place| {
        let store = world.store.clone();
        async move { store.ledger_history(world.account, grants_only, place, 2).await.unwrap() }
    };
    let grants = ledger(true, Place::Newest).await;
    let notes: Vec<_> = grants.entries.iter().map(|entry| entry.note.as_str()).collect();
    assert_eq!((notes, grants.older), (vec!["more", "to begin with"], false));
    let all = world.store.ledger(world.account).await.unwrap();
    let newest = ledger(false, Place::Newest).await;
    assert_eq!(newest.entries, [all[4].clone(), all[3].clone()]);
    let older = ledger(false, Place::Before(newest.entries[1].id)).await;
    assert_eq!((older.entries.len(), older.newer, older.older), (2, true, true));
    assert_eq!(ledger(false, Place::After(older.entries[0].id)).await.entries, newest.entries);
    let kinds: Vec<_> =
        world.store.ledger_of_task(task).await.unwrap().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [LedgerKind::Reserve, LedgerKind::Release, LedgerKind::Charge]);
}
