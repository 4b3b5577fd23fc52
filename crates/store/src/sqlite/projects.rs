//! Projects, their credentials, and the bearer keys that `keys` looks after.

use async_trait::async_trait;
use atelier_domain::{
    AccountId, AllowedNetworks, ApiKey, ApiSecret, KeyId, KeyKind, KeySecret, ProjectId, Timestamp,
};
use futures_util::FutureExt as _;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor, SqlitePool, SqliteRow};

use super::query::{Query, QueryError};
use super::writer::Survives;
use super::{SqliteStore, While as _, audit, keys, rows};
use crate::vault::hash_key;
use crate::{
    Act, AuthMode, Credential, Key, MasterKey, NewKey, NewProject, Project, Projects, RetiredCredential,
    StoreError,
};

/// How many characters of a key are kept to recognise it by.
const HINT: usize = 6;

impl SqliteStore {
    /// A secret as it is kept: sealed, and bound to the hash of its key.
    fn seal_secret(&self, key: &ApiKey, secret: &ApiSecret) -> Result<Vec<u8>, StoreError> {
        let sealed = self.master.seal(secret.expose().as_bytes(), hash_key(key.as_str()).as_bytes());
        sealed.map_err(|error| StoreError::Database { doing: "seal a secret", source: error.into() })
    }
}

#[async_trait]
impl Projects for SqliteStore {
    async fn create_project(&self, new: NewProject, act: &Act) -> Result<Project, StoreError> {
        let (sealed, act) = (self.seal_secret(&new.key, &new.secret)?, *act);
        self.writer
            .apply(Survives::PowerLoss, "create a project", move |db| create(db, new, sealed, act).boxed())
            .await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        all(&self.readers, None).await.while_it_should("list projects")
    }

    async fn projects_of(&self, account: AccountId) -> Result<Vec<Project>, StoreError> {
        all(&self.readers, Some(account)).await.while_it_should("list projects")
    }

    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        by_id(&self.readers, id).await.while_it_should("find a project")
    }

    async fn project_by_key(&self, key: &ApiKey, now: Timestamp) -> Result<Option<Project>, StoreError> {
        by_key(&self.readers, key, &self.master, now).await.while_it_should("find a project")
    }

    async fn replace_credential(
        &self,
        project: ProjectId,
        new: Credential,
        act: &Act,
    ) -> Result<Project, StoreError> {
        let (sealed, act) = (self.seal_secret(&new.key, &new.secret)?, *act);
        self.writer
            .apply(Survives::PowerLoss, "replace a credential", move |db| {
                replace_credential(db, project, new, sealed, act).boxed()
            })
            .await
    }

    async fn retired_credential(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Option<RetiredCredential>, StoreError> {
        retired(&self.readers, project, now).await.while_it_should("find a replaced credential")
    }

    async fn set_networks(
        &self,
        project: ProjectId,
        allowed: AllowedNetworks,
        act: &Act,
    ) -> Result<Project, StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "change the networks of a project", move |db| {
                set_networks(db, project, allowed, act).boxed()
            })
            .await
    }

    async fn create_key(&self, new: NewKey, act: &Act) -> Result<Key, StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "create a key", move |db| keys::create(db, new, act).boxed())
            .await
    }

    async fn keys(&self, project: ProjectId) -> Result<Vec<Key>, StoreError> {
        keys::of_project(&self.readers, project).await.while_it_should("list keys")
    }

    async fn key_runs(&self, project: ProjectId) -> Result<Vec<(KeyId, u64)>, StoreError> {
        keys::runs(&self.readers, project).await.while_it_should("count the runs of keys")
    }

    async fn revoke_key(&self, id: KeyId, act: &Act) -> Result<Key, StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "revoke a key", move |db| keys::revoke(db, id, act).boxed())
            .await
    }

    async fn key_by_secret(&self, kind: KeyKind, secret: &KeySecret) -> Result<Option<Key>, StoreError> {
        keys::by_secret(&self.readers, kind, secret).await.while_it_should("find a key")
    }

    async fn note_key_use(&self, id: KeyId, now: Timestamp) -> Result<(), StoreError> {
        if !self.key_uses.is_due(id, now) {
            return Ok(());
        }
        self.writer
            .apply(Survives::Kill, "note the use of a key", move |db| keys::note_use(db, id, now).boxed())
            .await
    }
}

async fn create(
    db: &mut SqliteConnection,
    new: NewProject,
    sealed_secret: Vec<u8>,
    act: Act,
) -> Query<Project> {
    let sql =
        "INSERT INTO project (account, name, auth, key_hash, key_hint, allowed_networks, secret, created)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let made = sqlx::query(sql)
        .bind(new.account.to_string())
        .bind(&new.name)
        .bind(rows::auth_word(new.auth))
        .bind(hash_key(new.key.as_str()))
        .bind(hint(&new.key))
        .bind(new.allowed_networks.to_string())
        .bind(sealed_secret)
        .bind(act.at.0)
        .fetch_one(&mut *db)
        .await
        .map_err(|error| QueryError::constraint(error, "project", "account"))?;
    let project = rows::project(&made)?;
    audit::record(db, project.account, "project.create", &told(&project), &act).await?;
    Ok(project)
}

async fn all(db: &SqlitePool, account: Option<AccountId>) -> Query<Vec<Project>> {
    let sql = "SELECT * FROM project WHERE ?1 IS NULL OR account = ?1 ORDER BY id";
    let found = sqlx::query(sql).bind(account.map(|id| id.to_string())).fetch_all(db).await?;
    Ok(found.iter().map(rows::project).collect::<Result<_, _>>()?)
}

async fn by_id(db: impl SqliteExecutor<'_>, id: ProjectId) -> Query<Option<Project>> {
    let found = sqlx::query("SELECT * FROM project WHERE id = ?").bind(id.0).fetch_optional(db).await?;
    Ok(found.as_ref().map(rows::project).transpose()?)
}

async fn by_key(db: &SqlitePool, key: &ApiKey, master: &MasterKey, now: Timestamp) -> Query<Option<Project>> {
    let hash = hash_key(key.as_str());
    let sql = "SELECT * FROM project WHERE key_hash = ?";
    let found = match sqlx::query(sql).bind(&hash).fetch_optional(db).await? {
        Some(found) => found,
        None => match by_retired_key(db, &hash, now).await? {
            Some(found) => found,
            None => return Ok(None),
        },
    };
    let mut project = rows::project(&found)?;
    if project.auth == AuthMode::Signature {
        let unreadable = |reason: String| StoreError::Corrupt { what: "secret", reason };
        let secret = master.open(found.try_get("secret")?, hash.as_bytes());
        let secret = String::from_utf8(secret.map_err(|error| unreadable(error.to_string()))?);
        let secret = secret.map_err(|error| unreadable(error.to_string()))?;
        project.secret = Some(ApiSecret::from_issued(secret));
    }
    Ok(Some(project))
}

/// The project with the secret that belongs to a replaced key.
async fn by_retired_key(db: &SqlitePool, hash: &str, now: Timestamp) -> Query<Option<SqliteRow>> {
    let sql =
        "SELECT project.id, account, name, auth, allowed_networks, created, retired.key_hint, retired.secret
               FROM retired_credential AS retired JOIN project ON project.id = retired.project
               WHERE retired.key_hash = ? AND retired.until > ?";
    Ok(sqlx::query(sql).bind(hash).bind(now.0).fetch_optional(db).await?)
}

async fn replace_credential(
    db: &mut SqliteConnection,
    id: ProjectId,
    new: Credential,
    sealed_secret: Vec<u8>,
    act: Act,
) -> Query<Project> {
    sqlx::query("DELETE FROM retired_credential WHERE project = ?").bind(id.0).execute(&mut *db).await?;
    if new.overlap > act.at {
        let sql = "INSERT INTO retired_credential (key_hash, project, key_hint, secret, until)
                   SELECT key_hash, id, key_hint, secret, ? FROM project WHERE id = ?";
        sqlx::query(sql).bind(new.overlap.0).bind(id.0).execute(&mut *db).await?;
    }
    let sql = "UPDATE project SET key_hash = ?, key_hint = ?, secret = ? WHERE id = ? RETURNING *";
    let changed = sqlx::query(sql)
        .bind(hash_key(new.key.as_str()))
        .bind(hint(&new.key))
        .bind(sealed_secret)
        .bind(id.0)
        .fetch_optional(&mut *db)
        .await
        .map_err(|error| QueryError::constraint(error, "key", "project"))?;
    let project = rows::project(&changed.ok_or(StoreError::NotFound("project"))?)?;
    audit::record(db, project.account, "project.regenerate", &told(&project), &act).await?;
    Ok(project)
}

async fn retired(db: &SqlitePool, id: ProjectId, now: Timestamp) -> Query<Option<RetiredCredential>> {
    let sql = "SELECT key_hint, until FROM retired_credential WHERE project = ? AND until > ?";
    let Some(found) = sqlx::query(sql).bind(id.0).bind(now.0).fetch_optional(db).await? else {
        return Ok(None);
    };
    Ok(Some(RetiredCredential {
        key_hint: found.try_get("key_hint")?,
        until: Timestamp(found.try_get("until")?),
    }))
}

async fn set_networks(
    db: &mut SqliteConnection,
    id: ProjectId,
    allowed: AllowedNetworks,
    act: Act,
) -> Query<Project> {
    let changed = sqlx::query("UPDATE project SET allowed_networks = ? WHERE id = ? RETURNING *")
        .bind(allowed.to_string())
        .bind(id.0)
        .fetch_optional(&mut *db)
        .await?;
    let project = rows::project(&changed.ok_or(StoreError::NotFound("project"))?)?;
    let networks = if allowed.as_slice().is_empty() { "any address".into() } else { allowed.to_string() };
    let subject = format!("{}: {networks}", told(&project));
    audit::record(db, project.account, "project.networks", &subject, &act).await?;
    Ok(project)
}

/// How the audit log names a project.
fn told(project: &Project) -> String {
    format!("{} {}… (project {})", project.name, project.key_hint, project.id)
}

fn hint(key: &ApiKey) -> String {
    key.as_str().chars().take(HINT).collect()
}
