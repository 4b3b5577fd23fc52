//! What is known about files: uploads, outputs, and which task they belong to. The bytes lie elsewhere.

use atelier_domain::{AccessKey, Output, PublicPath, Task, TaskId};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::query::{Query, QueryError};
use super::rows;
use crate::StoredFile;

pub(super) async fn add(db: &mut SqliteConnection, file: &StoredFile) -> Query<()> {
    let sql =
        "INSERT INTO file (id, account, name, content_type, size, sha256, access_key, public_path, added)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(sql)
        .bind(file.id.as_str())
        .bind(file.account.to_string())
        .bind(&file.name)
        .bind(&file.content_type)
        .bind(file.size as i64)
        .bind(&file.sha256)
        .bind(file.access_key.as_str())
        .bind(file.public_path.as_ref().map(PublicPath::as_str))
        .bind(file.added.0)
        .execute(db)
        .await
        .map_err(|error| QueryError::constraint(error, "file", "account"))?;
    Ok(())
}

pub(super) async fn by_key(db: &SqlitePool, key: &AccessKey) -> Query<Option<StoredFile>> {
    let found =
        sqlx::query("SELECT * FROM file WHERE access_key = ?").bind(key.as_str()).fetch_optional(db).await?;
    Ok(found.as_ref().map(rows::file).transpose()?)
}

pub(super) async fn by_path(db: &SqlitePool, path: &PublicPath, name: &str) -> Query<Option<StoredFile>> {
    let found = sqlx::query("SELECT * FROM file WHERE public_path = ? AND name = ?")
        .bind(path.as_str())
        .bind(name)
        .fetch_optional(db)
        .await?;
    Ok(found.as_ref().map(rows::file).transpose()?)
}

/// Records the uploads that came with a task.
pub(super) async fn add_uploads(
    db: &mut SqliteConnection,
    task: TaskId,
    uploads: &[StoredFile],
) -> Query<()> {
    for file in uploads {
        add(db, file).await?;
        sqlx::query("INSERT INTO upload (task, file) VALUES (?, ?)")
            .bind(task.0)
            .bind(file.id.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Records what a task made, each as a file of its account.
pub(super) async fn add_outputs(db: &mut SqliteConnection, task: &Task, outputs: &[Output]) -> Query<()> {
    for (position, output) in (0_i64..).zip(outputs) {
        add(db, &file_of(task, output)).await?;
        let sql =
            "INSERT INTO output (task, position, file, folder, width, height) VALUES (?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(task.id.0)
            .bind(position)
            .bind(output.id.as_str())
            .bind(output.folder.as_str())
            .bind(output.width)
            .bind(output.height)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

fn file_of(task: &Task, output: &Output) -> StoredFile {
    StoredFile {
        id: output.id.clone(),
        account: task.account,
        name: output.name.clone(),
        content_type: output.content_type.clone(),
        size: output.size,
        sha256: output.sha256.clone(),
        access_key: output.access_key.clone(),
        public_path: Some(output.public_path.clone()),
        added: output.added,
    }
}

pub(super) async fn outputs(db: &SqlitePool, task: TaskId) -> Query<Vec<Output>> {
    let sql =
        "SELECT * FROM output JOIN file ON file.id = output.file WHERE output.task = ? ORDER BY position";
    let found = sqlx::query(sql).bind(task.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::output).collect::<Result<_, _>>()?)
}
