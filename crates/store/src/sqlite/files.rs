//! What is known about files: uploads, outputs, and which task they belong to. The bytes lie elsewhere.

use atelier_domain::{AccessKey, AccountId, FileId, Output, PublicPath, Task, TaskId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteExecutor, SqlitePool, SqliteRow};

use super::query::{Query, QueryError};
use super::rows;
use crate::{Folder, StoreError, StoredFile};

pub(super) async fn add(db: &mut SqliteConnection, file: &StoredFile) -> Query<()> {
    let sql =
        "INSERT INTO file (id, account, name, content_type, size, sha256, access_key, public_path, parent, added)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(sql)
        .bind(file.id.as_str())
        .bind(file.account.to_string())
        .bind(&file.name)
        .bind(&file.content_type)
        .bind(file.size as i64)
        .bind(&file.sha256)
        .bind(file.access_key.as_str())
        .bind(file.public_path.as_ref().map(PublicPath::as_str))
        .bind(file.parent.as_ref().map(FileId::as_str))
        .bind(file.added.0)
        .execute(db)
        .await
        .map_err(|error| QueryError::constraint(error, "file", "account"))?;
    Ok(())
}

/// Records uploads, all or none.
pub(super) async fn add_all(db: &mut SqliteConnection, files: &[StoredFile]) -> Query<()> {
    for file in files {
        if let Some(parent) = &file.parent {
            folder(&mut *db, file.account, parent).await?;
        }
        add(db, file).await?;
    }
    Ok(())
}

/// A folder, if it is the account's.
pub(super) async fn folder(db: impl SqliteExecutor<'_>, account: AccountId, id: &FileId) -> Query<Folder> {
    let found = sqlx::query("SELECT * FROM folder WHERE id = ? AND account = ?")
        .bind(id.as_str())
        .bind(account.to_string())
        .fetch_optional(db)
        .await?;
    Ok(rows::folder(&found.ok_or(StoreError::NotFound("folder"))?)?)
}

pub(super) async fn add_folder(db: &mut SqliteConnection, new: &Folder) -> Query<()> {
    if let Some(parent) = &new.parent {
        folder(&mut *db, new.account, parent).await?;
    }
    sqlx::query("INSERT INTO folder (id, account, name, parent, added) VALUES (?, ?, ?, ?, ?)")
        .bind(new.id.as_str())
        .bind(new.account.to_string())
        .bind(&new.name)
        .bind(new.parent.as_ref().map(FileId::as_str))
        .bind(new.added.0)
        .execute(db)
        .await
        .map_err(|error| QueryError::constraint(error, "folder", "account"))?;
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

/// Records which earlier uploads of its account a task uses.
pub(super) async fn link_uploads(db: &mut SqliteConnection, task: &Task) -> Query<()> {
    let keys: Vec<_> = task.values.stored_files().collect();
    if keys.is_empty() {
        return Ok(());
    }
    let sql = "INSERT OR IGNORE INTO upload (task, file)
               SELECT ?1, id FROM file
               WHERE access_key IN (SELECT value FROM json_each(?2)) AND account = ?3 AND public_path IS NULL";
    sqlx::query(sql)
        .bind(task.id.0)
        .bind(rows::json("task", &keys)?)
        .bind(task.account.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Records what a task made, each as a file of its account.
pub(super) async fn add_outputs(db: &mut SqliteConnection, task: &Task, outputs: &[Output]) -> Query<()> {
    for (position, output) in (0_i64..).zip(outputs) {
        add(db, &file_of(task, output)).await?;
        let sql = "INSERT INTO output (task, position, file, folder, width, height, length_ms) VALUES (?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(task.id.0)
            .bind(position)
            .bind(output.id.as_str())
            .bind(output.folder.as_str())
            .bind(output.width)
            .bind(output.height)
            .bind(i64::try_from(output.length.as_millis()).unwrap_or(i64::MAX))
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
        parent: None,
        added: output.added,
    }
}

/// Forgets the outputs and uploads of a task, except uploads that an unfinished task uses.
pub(super) async fn forget_of_task(db: &mut SqliteConnection, task: TaskId) -> Query<Vec<FileId>> {
    let sql = "SELECT file FROM output WHERE task = ?1
               UNION SELECT file FROM upload WHERE task = ?1 AND file NOT IN file_in_use";
    let found = sqlx::query(sql).bind(task.0).fetch_all(&mut *db).await?;
    forget(db, ids(&found, "file")?).await
}

/// Forgets at most `limit` files that were stored before `before`, except those that an unfinished task uses.
pub(super) async fn forget_older(
    db: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Query<Vec<FileId>> {
    let sql = "SELECT id FROM file WHERE added < ? AND id NOT IN file_in_use ORDER BY added LIMIT ?";
    let found = sqlx::query(sql).bind(before.0).bind(limit).fetch_all(&mut *db).await?;
    forget(db, ids(&found, "id")?).await
}

async fn forget(db: &mut SqliteConnection, files: Vec<FileId>) -> Query<Vec<FileId>> {
    let list = rows::json("file", &files)?;
    for sql in [
        "DELETE FROM output WHERE file IN (SELECT value FROM json_each(?))",
        "DELETE FROM upload WHERE file IN (SELECT value FROM json_each(?))",
        "DELETE FROM file WHERE id IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(sql).bind(&list).execute(&mut *db).await?;
    }
    Ok(files)
}

/// Those of `files` that nothing is known about.
pub(super) async fn unknown(db: &SqlitePool, files: &[FileId]) -> Query<Vec<FileId>> {
    let sql = "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM file)";
    ids(&sqlx::query(sql).bind(rows::json("file", &files)?).fetch_all(db).await?, "value")
}

fn ids(found: &[SqliteRow], column: &str) -> Query<Vec<FileId>> {
    found.iter().map(|row| Ok(rows::file_id(row, column)?)).collect()
}

pub(super) async fn outputs(db: impl SqliteExecutor<'_>, task: TaskId) -> Query<Vec<Output>> {
    let sql =
        "SELECT * FROM output JOIN file ON file.id = output.file WHERE output.task = ? ORDER BY position";
    let found = sqlx::query(sql).bind(task.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::output).collect::<Result<_, _>>()?)
}
