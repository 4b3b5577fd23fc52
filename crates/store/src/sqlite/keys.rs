//! Bearer keys.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use atelier_domain::{KeyId, KeyKind, KeySecret, ProjectId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use subtle::ConstantTimeEq as _;

use super::query::{Query, QueryError};
use super::{audit, rows};
use crate::vault::hash_key;
use crate::{Act, Key, NewKey, StoreError};

/// When each key was last written down as used, so that not every request waits for a write.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<KeyId, Timestamp>>);

impl Uses {
    /// Whether a use must be written down; if so, the next ones need not for a while.
    pub(super) fn is_due(&self, key: KeyId, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The distance, whatever its sign: after the clock went back, uses are written down again.
        let due = noted.get(&key).is_none_or(|last| last.0.abs_diff(now.0) >= interval().unsigned_abs());
        if due {
            noted.insert(key, now);
        }
        due
    }
}

/// [`Key::USE_INTERVAL`] in the unit of [`Timestamp`].
fn interval() -> i64 {
    Timestamp(0).after(Key::USE_INTERVAL).0
}

/// A key with its account, for a condition.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT bearer_key.*, project.account FROM bearer_key JOIN project ON project.id = bearer_key.project WHERE ",
            $condition
        )
    };
}

pub(super) async fn create(db: &mut SqliteConnection, new: NewKey, act: Act) -> Query<Key> {
    let sql = "INSERT INTO bearer_key (project, kind, name, hash, hint, allowed_networks, created, expires)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
    let made = sqlx::query(sql)
        .bind(new.project.0)
        .bind(rows::key_kind_word(new.kind))
        .bind(new.name.as_str())
        .bind(hash_key(new.secret.expose()))
        .bind(new.secret.hint())
        .bind(new.allowed_networks.to_string())
        .bind(act.at.0)
        .bind(new.expires.map(|expires| expires.0))
        .fetch_one(&mut *db)
        .await
        .map_err(|error| QueryError::constraint(error, "key", "project"))?;
    let key = by_id(db, KeyId(made.try_get("id")?)).await?;
    audit::record(db, key.account, "key.create", &told(&key), &act).await?;
    Ok(key)
}

/// How the audit log names a key.
fn told(key: &Key) -> String {
    format!("{} {}… of project {}", key.name.as_str(), key.hint, key.project)
}

async fn by_id(db: &mut SqliteConnection, id: KeyId) -> Query<Key> {
    let found = sqlx::query(select!("bearer_key.id = ?")).bind(id.0).fetch_optional(db).await?;
    Ok(rows::key(&found.ok_or(StoreError::NotFound("key"))?)?)
}

pub(super) async fn of_project(db: &SqlitePool, project: ProjectId) -> Query<Vec<Key>> {
    let sql = select!("bearer_key.project = ? ORDER BY bearer_key.id");
    let found = sqlx::query(sql).bind(project.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::key).collect::<Result<_, _>>()?)
}

pub(super) async fn revoke(db: &mut SqliteConnection, id: KeyId, act: Act) -> Query<Key> {
    let changed = sqlx::query("UPDATE bearer_key SET revoked = ? WHERE id = ? AND revoked IS NULL")
        .bind(act.at.0)
        .bind(id.0)
        .execute(&mut *db)
        .await?;
    let key = by_id(db, id).await?;
    if changed.rows_affected() > 0 {
        audit::record(db, key.account, "key.revoke", &told(&key), &act).await?;
    }
    Ok(key)
}

pub(super) async fn runs(db: &SqlitePool, project: ProjectId) -> Query<Vec<(KeyId, u64)>> {
    let sql = "SELECT bearer_key.id, count(*) AS runs
               FROM bearer_key JOIN task ON task.bearer_key = bearer_key.id
               WHERE bearer_key.project = ? GROUP BY bearer_key.id";
    let found = sqlx::query(sql).bind(project.0).fetch_all(db).await?;
    let run =
        |row: &SqliteRow| Ok((KeyId(row.try_get("id")?), row.try_get::<i64, _>("runs")?.unsigned_abs()));
    found.iter().map(run).collect()
}

pub(super) async fn by_secret(db: &SqlitePool, kind: KeyKind, secret: &KeySecret) -> Query<Option<Key>> {
    let hash = hash_key(secret.expose());
    // How long the index takes tells at most something about the hash, of which nobody can choose the first digits and
    // which leads back to no secret. What is equal is decided in constant time all the same.
    let sql = select!("bearer_key.hash = ? AND bearer_key.kind = ?");
    let found = sqlx::query(sql).bind(&hash).bind(rows::key_kind_word(kind)).fetch_optional(db).await?;
    let Some(found) = found else { return Ok(None) };
    let kept: &str = found.try_get("hash")?;
    let is_it = bool::from(kept.as_bytes().ct_eq(hash.as_bytes()));
    Ok(is_it.then(|| rows::key(&found)).transpose()?)
}

/// Writes a use down, unless another process did within the interval.
pub(super) async fn note_use(db: &mut SqliteConnection, id: KeyId, now: Timestamp) -> Query<()> {
    let sql = "UPDATE bearer_key SET last_used = ?1
               WHERE id = ?2 AND (last_used IS NULL OR abs(last_used - ?1) >= ?3)";
    sqlx::query(sql).bind(now.0).bind(id.0).bind(interval()).execute(db).await?;
    Ok(())
}
