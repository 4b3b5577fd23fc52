//! The behaviour of `SqliteStore`, and what only a file can show.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use atelier_domain::{Failure, KeyKind, KeySecret, Money, TaskState, Transition};
use atelier_store::{Act, Storage, StoreError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::behaviour::behaviour_of;
use crate::behaviour::keys::new_key;
use crate::behaviour::world::{Home, NOW, PRICE, World, after, assert_refused, new_project};

async fn open() -> (Storage, Home) {
    let home = tempfile::tempdir().unwrap();
    (Storage::open(home.path()).await.unwrap(), Box::new(home))
}

behaviour_of!(open);

/// `SQLITE_CONSTRAINT`, the primary code of every broken rule.
const CONSTRAINT: i32 = 19;

fn folder(world: &World) -> PathBuf {
    world.home.downcast_ref::<TempDir>().unwrap().path().to_owned()
}

/// A connection of a stranger, with the settings of a stranger.
async fn stranger(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(folder.join("atelier.db"))
        .foreign_keys(true)
        .connect()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_opened_at_once_share_one_database() {
    let home = tempfile::tempdir().unwrap();
    let opened = (0..4).map(|_| {
        let folder = home.path().to_owned();
        tokio::spawn(async move { Storage::open(&folder).await.unwrap() })
    });
    let handles: Vec<_> =
        futures_util::future::join_all(opened).await.into_iter().map(Result::unwrap).collect();
    let server = World::new((handles[0].clone(), Box::new(home))).await;
    let administration = &handles[1].store;
    let new = new_project(server.account);
    administration.create_project(new.clone(), &Act::operator(NOW)).await.unwrap();
    let seen = server.store.project_by_key(&new.key, NOW).await.unwrap().unwrap();
    assert_eq!(seen.secret, Some(new.secret));
    let task = server.submit().await.id;
    administration.stop(task, Transition::Cancel, NOW).await.unwrap();
    assert_eq!(server.task(task).await.state, TaskState::Cancelled);
    server.audit(&[task]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_what_a_killed_process_leaves_is_complete() {
    let world = World::new(open().await).await;
    let waiting = world.submit().await.id;
    let lease = world.claim().await.lease;
    world.store.advance(&lease, Transition::BeginPreprocessing, NOW).await.unwrap();
    // What lies on disk now is what kill -9 would leave: the log has not been moved into the database.
    let left = tempfile::tempdir().unwrap();
    for name in ["atelier.db", "atelier.db-wal", "secret.key"] {
        std::fs::copy(folder(&world).join(name), left.path().join(name)).unwrap();
    }
    let reopened = Storage::open(left.path()).await.unwrap();
    let after = World { store: reopened.store, home: Box::new(left), ..world };
    assert_eq!(after.task(waiting).await.state, TaskState::Preprocessing);
    after.store.advance(&lease, Transition::FinishPreprocessing, NOW).await.unwrap();
    after.audit(&[waiting]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_database_opens_again() {
    let (storage, home) = open().await;
    let world = World::new((storage, home)).await;
    let task = world.submit().await.id;
    let folder = folder(&world);
    let World { store, account, project, home } = world;
    drop(store);
    let store = Storage::open(&folder).await.unwrap().store;
    World { store, account, project, home }.audit(&[task]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_a_locked_database_is_waited_for_but_not_for_ever() {
    let world = World::new(open().await).await;
    let mut stranger = stranger(&folder(&world)).await;
    let lock = stranger.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let began = Instant::now();
    let refused = world.store.submit(world.new_task(PRICE), NOW).await;
    assert_refused!(refused, StoreError::Database { doing: "accept a task", .. });
    assert!(began.elapsed() < Duration::from_secs(20));
    // Readers are not kept waiting, and the lock leaves nothing behind.
    assert_eq!(world.store.queue_depth().await.unwrap().waiting, 0);
    lock.rollback().await.unwrap();
    let task = world.submit().await.id;
    world.audit(&[task]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_itself_refuses_what_must_not_be() {
    let world = World::new(open().await).await;
    let done = world.task_in(TaskState::Postprocessing).await.lease;
    world.succeed(&done).await.unwrap();
    let (done, waiting) = (done.task, world.submit().await.id);
    let account = world.account;
    let mut stranger = stranger(&folder(&world)).await;
    let wrongs = [
        "UPDATE account SET balance = -1".to_owned(),
        "UPDATE ledger SET amount = 1".to_owned(),
        "DELETE FROM ledger".to_owned(),
        // Paid twice, released early, charged before success, released to another amount.
        format!("INSERT INTO ledger VALUES (NULL, '{account}', {done}, 'charge', -40, '', 0)"),
        format!("INSERT INTO ledger VALUES (NULL, '{account}', {done}, 'release', 40, '', 0)"),
        format!("INSERT INTO ledger VALUES (NULL, '{account}', {waiting}, 'release', 40, '', 0)"),
        format!("INSERT INTO ledger VALUES (NULL, '{account}', {waiting}, 'charge', -40, '', 0)"),
        format!("INSERT INTO ledger VALUES (NULL, '{account}', NULL, 'grant', -5, '', 0)"),
        // Another end, a second end, an end without outputs or without the moment it came, outputs without an end.
        format!("UPDATE task SET state = 'failed' WHERE id = {done}"),
        format!("UPDATE task SET cost = 1 WHERE id = {done}"),
        format!("INSERT INTO event VALUES ({done}, 99, 0, 'failed', NULL)"),
        format!("UPDATE task SET state = 'succeeded', finished = 1 WHERE id = {waiting}"),
        format!("UPDATE task SET state = 'failed' WHERE id = {waiting}"),
        format!("INSERT INTO output SELECT {waiting}, 0, file, folder, 1, 1, 0 FROM output"),
        // Work without a lease.
        format!("UPDATE task SET state = 'running' WHERE id = {waiting}"),
    ];
    for wrong in wrongs {
        let refused =
            sqlx::query(AssertSqlSafe(wrong.clone())).execute(&mut stranger).await.expect_err(&wrong);
        let refused = refused.into_database_error().unwrap();
        let code: i32 = refused.code().unwrap().parse().unwrap();
        assert_eq!(code & 0xff, CONSTRAINT, "{wrong}: {refused}");
    }
    world.audit(&[done, waiting]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_does_not_write_the_same_use_of_a_bearer_key_again() {
    let world = World::new(open().await).await;
    let other = Storage::open(&folder(&world)).await.unwrap().store;
    let secret = KeySecret::random();
    let key = world.store.create_key(new_key(world.project, &secret), &Act::operator(NOW)).await.unwrap().id;
    for (store, at, noted) in [
        (&world.store, after(0), 0),
        (&other, after(30), 0),
        (&other, after(90), 90),
        (&world.store, after(100), 90),
    ] {
        store.note_key_use(key, at).await.unwrap();
        let found = other.key_by_secret(KeyKind::Tryon, &secret).await.unwrap().unwrap();
        assert_eq!(found.last_used, Some(after(noted)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_bearer_key_only_a_hash_lies_on_disk_and_its_revocation_is_final() {
    let world = World::new(open().await).await;
    let secret = KeySecret::random();
    let key = world.store.create_key(new_key(world.project, &secret), &Act::operator(NOW)).await.unwrap().id;
    world.store.revoke_key(key, &Act::operator(NOW)).await.unwrap();
    let random = &secret.expose().as_bytes()[secret.hint().len()..];
    for name in ["atelier.db", "atelier.db-wal"] {
        let bytes = std::fs::read(folder(&world).join(name)).unwrap();
        assert!(!bytes.windows(random.len()).any(|window| window == random), "{name}");
    }
    let mut stranger = stranger(&folder(&world)).await;
    sqlx::query("UPDATE bearer_key SET revoked = NULL").execute(&mut stranger).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_a_task_whose_parameters_are_damaged_fails_and_the_queue_moves_on() {
    let world = World::new(open().await).await;
    let (waiting, running, next) =
        (world.submit().await.id, world.submit().await.id, world.submit().await.id);
    let mut stranger = stranger(&folder(&world)).await;
    let damage = async |stranger: &mut SqliteConnection, task| {
        let sql = "UPDATE task SET checked_values = '{\"person\":' WHERE id = ?";
        sqlx::query(sql).bind(task).execute(stranger).await.unwrap();
    };
    damage(&mut stranger, waiting.0).await;
    let lease = world.claim().await.lease;
    assert_eq!(lease.task, running, "the damaged one is out of the way");
    // Of one that a lost worker had, the reaper need not read the parameters.
    damage(&mut stranger, running.0).await;
    world.store.reap(5, NOW.after(Duration::from_hours(1))).await.unwrap();
    assert_eq!(world.claim().await.lease.task, next);
    for task in [waiting, running] {
        let task = world.task(task).await;
        assert_eq!((task.state, task.failure), (TaskState::Failed, Some(Failure::Parameters)));
        assert_eq!(task.error, "the stored parameters cannot be read");
    }
    world.audit(&[waiting, running, next]).await;
}

/// A database as the first version left it: one task waits, one was cancelled.
const FIRST_VERSION: &str = "
    INSERT INTO account (id, email, created) VALUES ('6f1b7d3e-54a1-4b0c-9f59-0d6d8f2f9b11', 'ada@example.org', 1);
    INSERT INTO project (account, name, auth, key_hash, key_hint, allowed_networks, secret, created)
        SELECT id, 'shop', 'key', 'hash', 'hint', '', x'00', 1 FROM account;
    INSERT INTO ledger (account, kind, amount, note, at) SELECT id, 'grant', 1000, '', 1 FROM account;
    INSERT INTO task (uuid, token, account, project, tool, shown_parameters, checked_values, callback_url, price, created)
        SELECT value, printf('%030d', key), account.id, 1, 'wiro/virtual-try-on', '{}', '{}', '', 40, 1
        FROM account, json_each('[\"6f1b7d3e-54a1-4b0c-9f59-0d6d8f2f9b12\", \"6f1b7d3e-54a1-4b0c-9f59-0d6d8f2f9b13\"]');
    INSERT INTO event (task, sequence, at, state) SELECT id, 1, 1, 'queued' FROM task;
    INSERT INTO ledger (account, task, kind, amount, note, at) SELECT account, id, 'reserve', -40, '', 1 FROM task;
    UPDATE task SET state = 'cancelled', cancelled = 2 WHERE id = 1;
    INSERT INTO event (task, sequence, at, state) VALUES (1, 2, 2, 'cancelled');
    INSERT INTO ledger (account, task, kind, amount, note, at) SELECT account, 1, 'release', 40, '', 2 FROM account, task
        WHERE task.id = 1;
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_a_database_of_the_first_version_is_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let options =
        SqliteConnectOptions::new().filename(home.path().join("atelier.db")).create_if_missing(true);
    let mut old = options.connect().await.unwrap();
    let sql = sqlx::SqlStr::from_static(include_str!("../../migrations/sqlite/0001_initial.sql"));
    let first = Migration::new(1, "initial".into(), MigrationType::Simple, sql, false);
    Migrator::with_migrations(vec![first]).run_direct(None, &mut old, false).await.unwrap();
    sqlx::raw_sql(FIRST_VERSION).execute(&mut old).await.unwrap();
    old.close().await.unwrap();

    let store = Storage::open(home.path()).await.unwrap().store;
    let account = async || store.account_by_email("ada@example.org").await.unwrap();
    let seen = account().await;
    assert_eq!((seen.balance, seen.reserved, seen.unfinished), (Money(960), Money(40), 1));
    let waiting = store.claim("worker", Duration::from_secs(30), NOW).await.unwrap().unwrap().task;
    assert_eq!((waiting.price, waiting.tariff), (Money(40), None));
    store.stop(waiting.id, Transition::Kill, NOW).await.unwrap();
    let seen = account().await;
    assert_eq!((seen.balance, seen.reserved, seen.unfinished), (Money(1000), Money::ZERO, 0));
}
