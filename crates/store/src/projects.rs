//! Projects and the credentials of their callers.

use async_trait::async_trait;
use atelier_domain::{
    AccountId, AllowedNetworks, ApiKey, ApiSecret, KeyId, KeyKind, KeySecret, ProjectId, Timestamp,
};

use crate::{Act, Key, NewKey, StoreError};

/// How callers of a project prove who they are. Fixed when the project is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// Key, nonce and signature.
    Signature,
    /// The key alone.
    Key,
}

/// A project to be made.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// Whose it is.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// How its callers prove themselves.
    pub auth: AuthMode,
    /// Its key.
    pub key: ApiKey,
    /// Its secret; made for key-only projects too, but not asked for.
    pub secret: ApiSecret,
    /// The networks its callers may come from.
    pub allowed_networks: AllowedNetworks,
}

/// What groups keys and usage.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Whose it is.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// How its callers prove themselves.
    pub auth: AuthMode,
    /// The first characters of its key, to recognise it by.
    pub key_hint: String,
    /// The networks its callers may come from.
    pub allowed_networks: AllowedNetworks,
    /// Its secret, where the store was asked for it by key.
    pub secret: Option<ApiSecret>,
    /// When it was made.
    pub created: Timestamp,
}

/// What takes the place of a project's credential.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The new key.
    pub key: ApiKey,
    /// The new secret; made for key-only projects too, but not asked for.
    pub secret: ApiSecret,
    /// Until when the old ones are good besides.
    pub overlap: Timestamp,
}

/// A credential that was replaced and is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredCredential {
    /// The first characters of its key, to recognise it by.
    pub key_hint: String,
    /// Until when it is good.
    pub until: Timestamp,
}

/// The projects of an installation and their bearer keys. Part of [`crate::Store`].
#[async_trait]
pub trait Projects: Send + Sync {
    /// Makes a project with a credential. The key is kept as a hash, the secret sealed with the master key.
    async fn create_project(&self, new: NewProject, act: &Act) -> Result<Project, StoreError>;
    /// All projects, oldest first, without their secrets.
    async fn projects(&self) -> Result<Vec<Project>, StoreError>;
    /// The projects of an account, oldest first, without their secrets.
    async fn projects_of(&self, account: AccountId) -> Result<Vec<Project>, StoreError>;
    /// One project by its number, without its secret.
    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError>;
    /// The project that a key belongs to, with its secret opened when it signs. A key that was replaced still finds
    /// it until its overlap is over, with the secret that belongs to it.
    async fn project_by_key(&self, key: &ApiKey, now: Timestamp) -> Result<Option<Project>, StoreError>;
    /// Gives a project a new credential. Those that were replaced earlier are good no more.
    async fn replace_credential(
        &self,
        project: ProjectId,
        new: Credential,
        act: &Act,
    ) -> Result<Project, StoreError>;
    /// The credential of a project that was replaced and is still good, if there is one.
    async fn retired_credential(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Option<RetiredCredential>, StoreError>;
    /// Changes where the callers of a project may come from.
    async fn set_networks(
        &self,
        project: ProjectId,
        allowed: AllowedNetworks,
        act: &Act,
    ) -> Result<Project, StoreError>;

    /// Makes a bearer key. Of its secret only a hash and a hint are kept.
    async fn create_key(&self, new: NewKey, act: &Act) -> Result<Key, StoreError>;
    /// The bearer keys of a project, oldest first; revoked and expired ones too.
    async fn keys(&self, project: ProjectId) -> Result<Vec<Key>, StoreError>;
    /// How many tasks were submitted with each bearer key of a project; none is missing that was ever used.
    async fn key_runs(&self, project: ProjectId) -> Result<Vec<(KeyId, u64)>, StoreError>;
    /// Makes a bearer key useless from now on. A key that is revoked already is returned unchanged.
    async fn revoke_key(&self, id: KeyId, act: &Act) -> Result<Key, StoreError>;
    /// The bearer key of a kind that a secret belongs to; a revoked or expired one too: see [`Key::state`].
    async fn key_by_secret(&self, kind: KeyKind, secret: &KeySecret) -> Result<Option<Key>, StoreError>;
    /// Notes that a bearer key is used. To be called for every use: one in [`Key::USE_INTERVAL`] is written down.
    async fn note_key_use(&self, id: KeyId, now: Timestamp) -> Result<(), StoreError>;
}
