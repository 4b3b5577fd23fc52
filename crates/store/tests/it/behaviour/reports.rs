//! Lists and statistics.

use std::time::Duration;

use atelier_domain::{Money, TaskId, TaskState, Timestamp, ToolSlug, Transition};
use atelier_store::{Act, LedgerKind, NewTask, Slice, TaskQuery};

use super::world::{NOW, PRICE, STEPS, World, after, failure, new_project, success};

const ALL: Slice = Slice { start: 0, limit: 100, oldest_first: false };
const DAY: u64 = 86_400;

/// A task that ran from second 1 to second 6 and succeeded.
async fn succeeded(world: &World) -> TaskId {
    world.submit().await;
    let lease = world.store.claim("worker", Duration::from_secs(30), after(1)).await.unwrap().unwrap().lease;
    for (second, step) in (2..).zip(&STEPS[..6]) {
        world.store.advance(&lease, *step, after(second)).await.unwrap();
    }
    world.store.finish(&lease, success(Money(15)), after(9)).await.unwrap();
    lease.task
}

async fn failed(world: &World) -> TaskId {
    let lease = world.task_in(TaskState::Preprocessing).await.lease;
    world.store.finish(&lease, failure(), NOW).await.unwrap();
    lease.task
}

async fn listed(world: &World, tool: Option<&str>, slice: Slice) -> (Vec<TaskId>, u64) {
    let wanted = TaskQuery { account: world.account, tool: tool.map(str::to_owned), slice };
    let page = world.store.tasks(&wanted).await.unwrap();
    for task in &page.entries {
        assert_eq!(*task, world.task(task.id).await, "a listed task is the whole task");
    }
    (page.entries.iter().map(|task| task.id).collect(), page.total)
}

pub(crate) async fn tasks_are_listed_newest_first_in_parts(world: World) {
    assert_eq!(listed(&world, None, ALL).await, (vec![], 0));
    let done = succeeded(&world).await;
    let (second, third) = (world.submit().await.id, world.submit().await.id);
    assert_eq!(listed(&world, None, ALL).await, (vec![third, second, done], 3));
    assert_eq!(listed(&world, None, Slice { limit: 2, ..ALL }).await, (vec![third, second], 3));
    assert_eq!(listed(&world, None, Slice { start: 2, ..ALL }).await, (vec![done], 3));
    assert_eq!(listed(&world, None, Slice { start: 3, ..ALL }).await, (vec![], 3));
    let rising = Slice { oldest_first: true, ..ALL };
    assert_eq!(listed(&world, None, rising).await, (vec![done, second, third], 3));
}

pub(crate) async fn a25_a_list_shows_the_tasks_of_its_account_only(world: World) {
    let bob = world.store.create_account("bob@example.org", NOW).await.unwrap().id;
    let project = world.store.create_project(new_project(bob), &Act::operator(NOW)).await.unwrap().id;
    let his = NewTask { account: bob, project, ..world.new_task(Money::ZERO) };
    world.store.submit(his, NOW).await.unwrap();
    assert_eq!(listed(&world, None, ALL).await, (vec![], 0));
    assert_eq!(world.store.task_counts(world.account, Timestamp(0)).await.unwrap(), []);
}

pub(crate) async fn tasks_are_found_by_a_part_of_their_tool(world: World) {
    let first = world.submit().await.id;
    let other = NewTask { tool: ToolSlug::new("wiro", "instant-id"), ..world.new_task(PRICE) };
    let other = world.store.submit(other, NOW).await.unwrap().id;
    assert_eq!(listed(&world, Some("try"), ALL).await, (vec![first], 1));
    assert_eq!(listed(&world, Some("wiro/instant-id"), ALL).await, (vec![other], 1));
    assert_eq!(listed(&world, Some("%"), ALL).await, (vec![], 0));
}

pub(crate) async fn tasks_are_counted_by_project_day_and_state(world: World) {
    succeeded(&world).await;
    succeeded(&world).await;
    failed(&world).await;
    world.store.submit(world.new_task(PRICE), after(DAY)).await.unwrap();
    let counts = world.store.task_counts(world.account, Timestamp(0)).await.unwrap();
    let midnight = Timestamp(NOW.0 - NOW.0 % 86_400_000);
    let mut short: Vec<_> =
        counts.iter().map(|count| (count.day, count.state, count.tasks, count.cost)).collect();
    short[..2].sort_by_key(|(_, _, tasks, _)| *tasks);
    let tomorrow = midnight.after(Duration::from_secs(DAY));
    assert_eq!(
        short,
        [
            (midnight, TaskState::Failed, 1, Money::ZERO),
            (midnight, TaskState::Succeeded, 2, Money(30)),
            (tomorrow, TaskState::Queued, 1, Money::ZERO),
        ]
    );
    assert!(counts.iter().all(|count| count.project == world.project));
    assert_eq!(world.store.task_counts(world.account, after(1)).await.unwrap().len(), 1);
}

pub(crate) async fn a_tool_remembers_how_it_has_done(world: World) {
    assert_eq!(world.store.tool_stats().await.unwrap(), []);
    succeeded(&world).await;
    succeeded(&world).await;
    failed(&world).await;
    let waiting = world.store.submit(world.new_task(PRICE), after(70)).await.unwrap().id;
    world.store.stop(waiting, Transition::Cancel, after(71)).await.unwrap();
    let [stat] = <[_; 1]>::try_from(world.store.tool_stats().await.unwrap()).unwrap();
    assert_eq!(stat.tool, ToolSlug::new("wiro", "virtual-try-on"));
    assert_eq!((stat.runs, stat.succeeded, stat.failed, stat.last_run), (4, 2, 1, after(70)));
    assert_eq!(stat.average(), Some(Duration::from_secs(5)));
}

pub(crate) async fn the_ledger_is_read_in_parts(world: World) {
    succeeded(&world).await;
    let page = world.store.ledger_page(world.account, &Slice { limit: 2, ..ALL }).await.unwrap();
    let kinds: Vec<_> = page.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!((kinds, page.total), (vec![LedgerKind::Charge, LedgerKind::Release], 4));
    let rising = Slice { oldest_first: true, ..ALL };
    let page = world.store.ledger_page(world.account, &rising).await.unwrap();
    assert_eq!(page.entries, world.store.ledger(world.account).await.unwrap());
}
