//! The one connection that writes.
//!
//! Every change is sent to a task of its own that applies whatever was sent since its last commit and commits
//! it as one transaction, each change in a savepoint: many callers share one wait for the disk, a refused
//! change does not touch its neighbours, and a caller who goes away never leaves a transaction open.
//! Waiting is bounded everywhere: in the queue by [`PATIENCE`], at another process's lock by `SQLite`'s busy
//! timeout of the same length.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{mpsc, oneshot};

use super::query::{Query, QueryError};
use crate::StoreError;

/// How long a caller waits for a place in the queue, and the queue for a lock.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How many changes share one commit, and how many may wait for the next.
const BATCH: usize = 256;

/// What a change must survive once its caller has been answered. A batch takes the strongest of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Survives {
    /// The end of the process: the write-ahead log is written, not synced. A later power-proof commit syncs it.
    Kill,
    /// A power loss: the log is synced before the answer.
    PowerLoss,
}

/// Sends changes to the writing task; the task ends when the last sender is gone.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Change>>,
}

impl Writer {
    /// Starts the writing task on the current runtime.
    pub(super) fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (queue, changes) = mpsc::channel(BATCH);
        tokio::spawn(serve(Connection { options, open: Some(connection), syncs: None }, changes));
        Self { queue }
    }

    /// Applies one change and returns when it is committed. `work` sees the database as its own; its error
    /// undoes it.
    pub(super) async fn apply<T, F>(
        &self,
        survives: Survives,
        doing: &'static str,
        work: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Query<T>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let change = Pending { survives, doing, work: Some(work), result: None, answer };
        let failed = |why: &'static str| StoreError::Database { doing, source: why.into() };
        let sent = self.queue.send_timeout(Box::new(change), PATIENCE).await;
        sent.map_err(|_| failed("too many changes are waiting"))?;
        answered.await.map_err(|_| failed("the writer has stopped"))?
    }
}

/// A change with its caller, whatever the type of its result.
trait Change: Send {
    fn survives(&self) -> Survives;
    /// Runs the work and keeps its result; whether the writes shall stay.
    fn run<'c>(&'c mut self, db: &'c mut SqliteConnection) -> BoxFuture<'c, bool>;
    /// Tells the caller how it went.
    fn answer(self: Box<Self>, committed: Result<(), Arc<sqlx::Error>>);
}

struct Pending<T, F> {
    survives: Survives,
    doing: &'static str,
    work: Option<F>,
    result: Option<Query<T>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Change for Pending<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Query<T>> + Send,
{
    fn survives(&self) -> Survives {
        self.survives
    }

    fn run<'c>(&'c mut self, db: &'c mut SqliteConnection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.result = Some(work(db).await);
            }
            matches!(self.result, Some(Ok(_)))
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<sqlx::Error>>) {
        let failed = |source| StoreError::Database { doing: self.doing, source };
        let result = match (self.result, committed) {
            (Some(Ok(result)), Ok(())) => Ok(result),
            (Some(Err(error @ QueryError::Database(_))), _) | (Some(Err(error)), Ok(())) => {
                Err(error.while_it_should(self.doing))
            }
            // A refusal falls with the batch: it may rest on what a neighbour wrote.
            (_, Err(source)) => Err(failed(Box::new(source))),
            (None, Ok(())) => Err(failed("it was not run".into())),
        };
        // A caller who went away does not want to know; the change stays.
        let _ = self.answer.send(result);
    }
}

/// The connection, reopened after a commit went wrong: what a failed transaction leaves behind (a full disk
/// makes `SQLite` roll back by itself) is not worth knowing.
struct Connection {
    options: SqliteConnectOptions,
    open: Option<SqliteConnection>,
    syncs: Option<Survives>,
}

async fn serve(mut connection: Connection, mut changes: mpsc::Receiver<Box<dyn Change>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while changes.recv_many(&mut batch, BATCH).await > 0 {
        let committed = connection.commit(&mut batch).await.map_err(Arc::new);
        if committed.is_err() {
            (connection.open, connection.syncs) = (None, None);
        }
        for change in batch.drain(..) {
            change.answer(committed.clone());
        }
    }
}

impl Connection {
    async fn commit(&mut self, batch: &mut [Box<dyn Change>]) -> Result<(), sqlx::Error> {
        let survives = batch.iter().map(|change| change.survives()).max();
        let db = self.ready(survives).await?;
        // IMMEDIATE: the lock is waited for here, where nothing has been done yet, and never in the middle.
        let mut together = db.begin_with("BEGIN IMMEDIATE").await?;
        for change in batch {
            let mut alone = together.begin().await?;
            if change.run(&mut alone).await { alone.commit().await? } else { alone.rollback().await? }
        }
        together.commit().await
    }

    async fn ready(&mut self, survives: Option<Survives>) -> Result<&mut SqliteConnection, sqlx::Error> {
        let db = match self.open.take() {
            Some(open) => open,
            None => self.options.connect().await?,
        };
        let db = self.open.insert(db);
        if self.syncs != survives {
            let pragma = match survives {
                Some(Survives::Kill) => "PRAGMA synchronous = NORMAL",
                Some(Survives::PowerLoss) | None => "PRAGMA synchronous = FULL",
            };
            sqlx::query(pragma).execute(&mut *db).await?;
            self.syncs = survives;
        }
        Ok(db)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;
    use sqlx::Row as _;

    use super::*;

    async fn insert(db: &mut SqliteConnection, refuse: bool) -> Query<()> {
        sqlx::query("INSERT INTO filler VALUES (zeroblob(65536))").execute(db).await?;
        if refuse { Err(StoreError::NotFound("reason").into()) } else { Ok(()) }
    }

    async fn delete(db: &mut SqliteConnection) -> Query<()> {
        sqlx::query("DELETE FROM filler").execute(db).await?;
        Ok(())
    }

    async fn number(db: &mut SqliteConnection) -> Query<i64> {
        Ok(sqlx::query("SELECT count(*) FROM filler").fetch_one(db).await?.try_get(0)?)
    }

    /// Writes 64 KiB, then refuses itself if asked to.
    async fn fill(writer: &Writer, refuse: bool) -> Result<(), StoreError> {
        writer.apply(Survives::PowerLoss, "fill the disk", move |db| insert(db, refuse).boxed()).await
    }

    async fn clear(writer: &Writer) {
        writer.apply(Survives::PowerLoss, "make room", |db| delete(db).boxed()).await.unwrap();
    }

    async fn count(writer: &Writer) -> i64 {
        writer.apply(Survives::Kill, "count", |db| number(db).boxed()).await.unwrap()
    }

    async fn writer(pages: &'static str) -> (Writer, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(home.path().join("db")).create_if_missing(true);
        let options = options.pragma("max_page_count", pages);
        let mut connection = options.connect().await.unwrap();
        sqlx::query("CREATE TABLE filler (bytes BLOB)").execute(&mut connection).await.unwrap();
        (Writer::start(connection, options), home)
    }

    async fn synchronous(db: &mut SqliteConnection) -> Query<i64> {
        Ok(sqlx::query("PRAGMA synchronous").fetch_one(db).await?.try_get(0)?)
    }

    #[tokio::test]
    async fn f11_a_batch_survives_what_the_strongest_of_its_changes_must() {
        let (normal, full) = (1, 2);
        let (writer, _home) = writer("1000").await;
        let ask = |survives| writer.apply(survives, "look", |db| synchronous(db).boxed());
        assert_eq!(ask(Survives::Kill).await.unwrap(), normal);
        assert_eq!(ask(Survives::PowerLoss).await.unwrap(), full);
        assert_eq!(ask(Survives::Kill).await.unwrap(), normal);
        let together = [Survives::Kill, Survives::PowerLoss, Survives::Kill].map(ask);
        let together: Vec<_> = join_all(together).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(together, [full; 3]);
    }

    #[tokio::test]
    async fn a_refused_change_does_not_touch_its_neighbours() {
        let (writer, _home) = writer("1000").await;
        let results = join_all((0..20).map(|number| fill(&writer, number % 3 == 0))).await;
        let (kept, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((kept.len(), count(&writer).await), (13, 13));
        assert!(refused.iter().all(|result| matches!(result, Err(StoreError::NotFound("reason")))));
    }

    #[tokio::test]
    async fn f9_a_full_disk_fails_what_does_not_fit_and_is_recovered_from() {
        let (writer, _home) = writer("100").await;
        for _ in 0..3 {
            let results = join_all((0..20).map(|_| fill(&writer, false))).await;
            let kept = results.iter().filter(|result| result.is_ok()).count();
            assert_eq!(count(&writer).await, kept as i64, "what was acknowledged is there, and nothing else");
            assert!(results.iter().any(|result| matches!(result, Err(StoreError::Database { .. }))));
            while fill(&writer, false).await.is_ok() {}
            assert!(count(&writer).await > 2);
            clear(&writer).await;
            fill(&writer, false).await.unwrap();
            clear(&writer).await;
        }
    }
}
