//! Uploads, their folders, and how files are forgotten.

use atelier_domain::{AccountId, FileId, InputFile, TaskId, TaskState, Transition, Value, Values};
use atelier_store::{Act, Folder, NewTask, Outcome, StoreError, StoredFile};

use super::world::{NOW, PRICE, World, after, assert_refused, new_output, new_project, new_upload, success};

fn new_folder(account: AccountId, parent: Option<FileId>) -> Folder {
    Folder { id: FileId::random(), account, name: "summer".into(), parent, added: NOW }
}

/// Uploads a file and submits a task that uses it.
async fn task_with_upload(world: &World, upload: &StoredFile) -> TaskId {
    let person = Value::Files(vec![InputFile::Stored(upload.access_key.clone())]);
    let values = Values([("person".to_owned(), person)].into());
    world.store.submit(NewTask { values, ..world.new_task(PRICE) }, NOW).await.unwrap().id
}

async fn exists(world: &World, file: &StoredFile) -> bool {
    world.store.file_by_key(&file.access_key).await.unwrap().is_some()
}

pub(crate) async fn uploads_are_recorded_all_or_none(world: World) {
    let files = [new_upload(world.account), new_upload(world.account)];
    world.store.add_files(&files).await.unwrap();
    for file in &files {
        assert_eq!(world.store.file_by_key(&file.access_key).await.unwrap().as_ref(), Some(file));
    }
    let fresh = new_upload(world.account);
    let refused = world.store.add_files(&[fresh.clone(), files[0].clone()]).await;
    assert_refused!(refused, StoreError::Exists("file"));
    assert!(!exists(&world, &fresh).await);
    let orphan = new_upload(AccountId::random());
    assert_refused!(world.store.add_files(&[orphan]).await, StoreError::NotFound("account"));
}

pub(crate) async fn a10_folders_belong_to_one_account(world: World) {
    let outer = new_folder(world.account, None);
    world.store.add_folder(&outer).await.unwrap();
    let inner = new_folder(world.account, Some(outer.id.clone()));
    world.store.add_folder(&inner).await.unwrap();
    assert_eq!(world.store.folder(world.account, &inner.id).await.unwrap(), inner);
    let upload = StoredFile { parent: Some(inner.id.clone()), ..new_upload(world.account) };
    world.store.add_files(std::slice::from_ref(&upload)).await.unwrap();
    assert_eq!(world.store.file_by_key(&upload.access_key).await.unwrap(), Some(upload));

    let bob = world.store.create_account("bob@example.org", NOW).await.unwrap().id;
    assert_refused!(world.store.folder(bob, &inner.id).await, StoreError::NotFound("folder"));
    let intruder = new_folder(bob, Some(outer.id.clone()));
    assert_refused!(world.store.add_folder(&intruder).await, StoreError::NotFound("folder"));
    let smuggled = StoredFile { parent: Some(inner.id), ..new_upload(bob) };
    assert_refused!(world.store.add_files(&[smuggled]).await, StoreError::NotFound("folder"));
    let nobody = new_folder(AccountId::random(), None);
    assert_refused!(world.store.add_folder(&nobody).await, StoreError::NotFound("account"));
}

pub(crate) async fn an_ended_task_loses_its_files_and_stays(world: World) {
    let (with_run, before) = (new_upload(world.account), new_upload(world.account));
    world.store.add_files(std::slice::from_ref(&before)).await.unwrap();
    let person = Value::Files(vec![InputFile::Stored(before.access_key.clone())]);
    let values = Values([("person".to_owned(), person)].into());
    let new = NewTask { values, uploads: vec![with_run.clone()], ..world.new_task(PRICE) };
    let task = world.store.submit(new, NOW).await.unwrap().id;
    assert_refused!(world.store.forget_files_of(task).await, StoreError::Unfinished(id) if id == task);
    let lease = world.claim().await.lease;
    for step in &super::world::STEPS[..6] {
        world.store.advance(&lease, *step, NOW).await.unwrap();
    }
    let output = new_output();
    let outcome = Outcome::Succeeded {
        outputs: vec![output.clone()],
        cost: PRICE,
        runner: "draft".into(),
        log: String::new(),
        findings: Vec::new(),
    };
    world.store.finish(&lease, outcome, NOW).await.unwrap();

    let mut forgotten = world.store.forget_files_of(task).await.unwrap();
    forgotten.sort();
    let mut expected = vec![with_run.id.clone(), before.id.clone(), output.id.clone()];
    expected.sort();
    assert_eq!(forgotten, expected);
    assert!(!exists(&world, &with_run).await && !exists(&world, &before).await);
    assert_eq!(world.store.file_by_path(&output.public_path, "0.png").await.unwrap(), None);
    let after = world.task(task).await;
    assert_eq!((after.state, after.cost, after.outputs), (TaskState::Succeeded, PRICE, vec![]));
    assert_eq!(world.store.forget_files_of(task).await.unwrap(), []);
    assert_refused!(world.store.forget_files_of(TaskId(77)).await, StoreError::NotFound("task"));
}

pub(crate) async fn a_file_that_an_unfinished_task_uses_is_kept(world: World) {
    let upload = new_upload(world.account);
    world.store.add_files(std::slice::from_ref(&upload)).await.unwrap();
    let (first, second) = (task_with_upload(&world, &upload).await, task_with_upload(&world, &upload).await);
    world.store.stop(first, Transition::Cancel, NOW).await.unwrap();
    assert_eq!(world.store.forget_files_of(first).await.unwrap(), []);
    assert_eq!(world.store.forget_files_older(after(60), 10).await.unwrap(), []);
    assert!(exists(&world, &upload).await);
    world.store.stop(second, Transition::Cancel, NOW).await.unwrap();
    assert_eq!(world.store.forget_files_of(first).await.unwrap(), std::slice::from_ref(&upload.id));
    assert!(!exists(&world, &upload).await);
}

pub(crate) async fn a10_a_task_never_takes_files_of_others_with_it(world: World) {
    // What another task made, and what another account uploaded, can both be named as inputs.
    let lease = world.task_in(TaskState::Postprocessing).await.lease;
    world.store.finish(&lease, success(PRICE), NOW).await.unwrap();
    let made = world.task(lease.task).await.outputs.remove(0);
    let bob = world.store.create_account("bob@example.org", NOW).await.unwrap().id;
    world.store.create_project(new_project(bob), &Act::operator(NOW)).await.unwrap();
    let his = new_upload(bob);
    world.store.add_files(std::slice::from_ref(&his)).await.unwrap();
    for key in [&made.access_key, &his.access_key] {
        let person = Value::Files(vec![InputFile::Stored(key.clone())]);
        let values = Values([("person".to_owned(), person)].into());
        let task = world.store.submit(NewTask { values, ..world.new_task(PRICE) }, NOW).await.unwrap().id;
        world.store.stop(task, Transition::Cancel, NOW).await.unwrap();
        assert_eq!(world.store.forget_files_of(task).await.unwrap(), []);
        assert!(world.store.file_by_key(key).await.unwrap().is_some());
    }
}

pub(crate) async fn old_files_are_forgotten_in_bounded_numbers(world: World) {
    let aged = |seconds| StoredFile { added: after(seconds), ..new_upload(world.account) };
    let files = [aged(3), aged(1), aged(2), aged(9)];
    world.store.add_files(&files).await.unwrap();
    let oldest = [files[1].id.clone(), files[2].id.clone()];
    assert_eq!(world.store.forget_files_older(after(5), 2).await.unwrap(), oldest);
    assert_eq!(world.store.forget_files_older(after(5), 2).await.unwrap(), [files[0].id.clone()]);
    assert_eq!(world.store.forget_files_older(after(5), 2).await.unwrap(), []);
    assert!(exists(&world, &files[3]).await);
}

pub(crate) async fn files_that_nobody_knows_are_told(world: World) {
    let known = new_upload(world.account);
    world.store.add_files(std::slice::from_ref(&known)).await.unwrap();
    let stray = FileId::random();
    assert_eq!(world.store.unknown_files(&[known.id, stray.clone()]).await.unwrap(), [stray]);
    assert_eq!(world.store.unknown_files(&[]).await.unwrap(), []);
}
