//! A data folder with an account that has run many tasks, for timings of what people look back on.
//!
//! `cargo run --release -p atelier-store --example fill -- FOLDER [TASKS]`. The tasks (100 000 unless said otherwise)
//! are spread over the 90 days before now. They are written with SQL: through the store it would take an hour.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use atelier_domain::{AllowedNetworks, ApiKey, ApiSecret, Money, Timestamp};
use atelier_store::{Act, AuthMode, NewProject, Storage};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("the first argument is the data folder")?);
    let tasks: i64 = arguments.next().map_or(Ok(100_000), |tasks| tasks.parse())?;
    let now = Timestamp::now();
    let store = Storage::open(&folder).await?.store;
    let account = store.create_account("bench@localhost", now).await?.id;
    let act = Act::operator(now);
    store.grant(account, Money(i64::MAX / 2), "bench", &act).await?;
    let project = NewProject {
        account,
        name: "bench".into(),
        auth: AuthMode::Key,
        key: ApiKey::random(),
        secret: ApiSecret::random(),
        allowed_networks: AllowedNetworks::default(),
    };
    let project = store.create_project(project, &act).await?.id;
    let start = Instant::now();
    let options = SqliteConnectOptions::new().filename(folder.join("atelier.db")).foreign_keys(true);
    let mut db = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("CREATE TEMP TABLE fill (tasks INTEGER, account TEXT, project INTEGER, until INTEGER)")
        .execute(&mut db)
        .await?;
    sqlx::query("INSERT INTO fill VALUES (?, ?, ?, ?)")
        .bind(tasks)
        .bind(account.to_string())
        .bind(project.0)
        .bind(now.0 - 3_600_000)
        .execute(&mut db)
        .await?;
    let mut together = db.begin().await?;
    sqlx::raw_sql(include_str!("fill.sql")).execute(&mut *together).await?;
    together.commit().await?;
    println!("{tasks} tasks in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
