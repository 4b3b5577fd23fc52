//! What the operator looks at: workers, failed tasks, what is stored.

use atelier_domain::TaskState;
use atelier_store::{Act, Slice, WorkerCard, WorkerState};

use super::world::{NOW, World, after, failure, new_upload};

fn card(name: &str) -> WorkerCard {
    let (host, version, runners) = ("studio-1".into(), "0.1.0".into(), "draft on cpu".into());
    WorkerCard { name: name.into(), host, process: 4711, version, runners }
}

async fn names(world: &World) -> Vec<String> {
    let workers = world.store.workers().await.unwrap();
    workers.into_iter().map(|worker| worker.card.name).collect()
}

pub(crate) async fn a_worker_is_known_from_its_first_heartbeat_until_it_leaves(world: World) {
    world.store.heartbeat(&card("one"), NOW).await.unwrap();
    world.store.heartbeat(&card("two"), after(1)).await.unwrap();
    world.store.heartbeat(&card("one"), after(30)).await.unwrap();
    let workers = world.store.workers().await.unwrap();
    let expected = WorkerState { card: card("one"), started: NOW, seen: after(30), tasks: 0 };
    assert_eq!(workers[0], expected);
    assert!(workers[1].is_silent(after(30)) && !workers[0].is_silent(after(30)));
    world.store.worker_left("two").await.unwrap();
    assert_eq!(names(&world).await, ["one"]);
}

pub(crate) async fn a_silent_worker_is_forgotten_in_the_end(world: World) {
    world.store.heartbeat(&card("killed"), NOW).await.unwrap();
    let last = NOW.after(WorkerState::KEPT);
    world.store.heartbeat(&card("new"), last).await.unwrap();
    assert_eq!(names(&world).await, ["killed", "new"]);
    world.store.heartbeat(&card("new"), last.after(WorkerState::HEARTBEAT)).await.unwrap();
    assert_eq!(names(&world).await, ["new"]);
}

pub(crate) async fn a_worker_is_shown_with_what_it_holds(world: World) {
    let claim = world.task_in(TaskState::Running).await;
    // The name under which the world claims.
    world.store.heartbeat(&card("worker"), NOW).await.unwrap();
    assert_eq!(world.store.workers().await.unwrap()[0].tasks, 1);
    world.store.finish(&claim.lease, failure(), after(9)).await.unwrap();
    assert_eq!(world.store.workers().await.unwrap()[0].tasks, 0);
}

pub(crate) async fn the_task_that_waits_longest_is_known(world: World) {
    assert_eq!(world.store.oldest_waiting().await.unwrap(), None);
    let first = world.submit().await;
    world.submit().await;
    assert_eq!(world.store.oldest_waiting().await.unwrap(), Some(first.timeline.created));
    world.claim().await;
    world.claim().await;
    assert_eq!(world.store.oldest_waiting().await.unwrap(), None);
}

pub(crate) async fn failed_tasks_are_listed_with_their_account(world: World) {
    world.submit().await;
    let mut failed = Vec::new();
    for _ in 0..3 {
        let claim = world.task_in(TaskState::Running).await;
        world.store.finish(&claim.lease, failure(), after(9)).await.unwrap();
        failed.push(claim.task.id);
    }
    let newest = Slice { start: 0, limit: 2, oldest_first: false };
    let page = world.store.failed_tasks(&newest).await.unwrap();
    assert_eq!(page.total, 3);
    let listed: Vec<_> = page.entries.iter().map(|failed| failed.task.id).collect();
    assert_eq!(listed, [failed[2], failed[1]]);
    let account = world.account().await;
    assert_eq!(
        (&page.entries[0].account, page.entries[0].task.error.as_str()),
        (&account.email, "no person found")
    );
}

pub(crate) async fn what_is_stored_is_counted_along(world: World) {
    let empty = world.store.storage_use().await.unwrap();
    assert_eq!((empty.files, empty.bytes), (0, 0));
    let files = [new_upload(world.account), new_upload(world.account)];
    world.store.add_files(&files).await.unwrap();
    let both = world.store.storage_use().await.unwrap();
    assert_eq!((both.files, both.bytes), (2, files[0].size + files[1].size));
    assert!(both.database > 0);
    world.store.forget_files_older(after(60), 1).await.unwrap();
    let one = world.store.storage_use().await.unwrap();
    assert_eq!((one.files, one.bytes), (1, files[0].size));
}

pub(crate) async fn a25_what_is_done_in_an_accounts_name_is_noted_there(world: World) {
    let act = Act::operator(after(3));
    world.store.note(world.account, "task.retry", "task 7", &act).await.unwrap();
    let slice = Slice { start: 0, limit: 1, oldest_first: false };
    let entry = world.store.audit(world.account, &slice).await.unwrap().entries.remove(0);
    assert_eq!((entry.action.as_str(), entry.subject.as_str(), entry.at), ("task.retry", "task 7", after(3)));
}
