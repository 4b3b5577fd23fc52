//! People who sign in: what goes into the store and comes out of it, and the audit log of what they change.

use async_trait::async_trait;
use atelier_domain::{AccountId, Email, LinkSecret, PersonId, Role, SessionSecret, Timestamp};

use crate::{Page, Slice, StoreError};

/// A change with who makes it and when. The store writes it into the audit log in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Act {
    /// A change on the command line.
    pub fn operator(at: Timestamp) -> Self {
        Self { by: Actor::Operator, at }
    }

    /// A change by somebody who is signed in.
    pub fn person(person: PersonId, at: Timestamp) -> Self {
        Self { by: Actor::Person(person), at }
    }
}

/// Who changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Whoever has the command line of the machine.
    Operator,
    /// Somebody who is signed in.
    Person(PersonId),
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: PersonId,
    /// The account they work for.
    pub account: AccountId,
    /// The address they sign in by.
    pub email: Email,
    /// What they may do in the account.
    pub role: Role,
    /// Whether they run the installation.
    pub operator: bool,
    /// When they joined.
    pub created: Timestamp,
}

/// A password as it is kept: argon2id in PHC form. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What a link lets its holder do, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Become the operator of an installation that has nobody yet.
    FirstRun {
        /// Whether their account pays nothing.
        unlimited: bool,
    },
    /// Become a person.
    Invite {
        /// Of which account; none: of one that is made for them.
        account: Option<AccountId>,
        /// What they may do in it.
        role: Role,
    },
    /// Set a password anew, by which all sessions end.
    Reset(PersonId),
}

/// A link to be made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// What it carries; kept as a hash only.
    pub secret: LinkSecret,
    /// For whom, in words.
    pub note: String,
    /// From when on it is no longer good.
    pub expires: Timestamp,
}

/// A link that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// For whom, in words.
    pub note: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is no longer good.
    pub expires: Timestamp,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: i64,
    /// What the browser calls itself.
    pub agent: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// A session to be started.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Whose.
    pub person: PersonId,
    /// What the browser keeps; kept here as a hash only.
    pub secret: SessionSecret,
    /// What the browser calls itself.
    pub agent: String,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who: an address, or none for the command line.
    pub person: Option<Email>,
    /// What was done, as `key.revoke`.
    pub action: String,
    /// What it was done to, in words.
    pub subject: String,
    /// When.
    pub at: Timestamp,
}

/// The people of an installation. Part of [`crate::Store`].
#[async_trait]
pub trait People: Send + Sync {
    /// The people of an account, oldest first; of all accounts without one.
    async fn people(&self, account: Option<AccountId>) -> Result<Vec<Person>, StoreError>;
    /// Somebody by their address, with what their password is compared to.
    async fn person_by_email(&self, email: &Email) -> Result<Option<(Person, PasswordHash)>, StoreError>;
    /// Changes what somebody may do. [`StoreError::LastOwner`] if their account would be without an owner.
    async fn set_role(&self, person: PersonId, role: Role, act: &Act) -> Result<Person, StoreError>;
    /// Lets somebody in no more; their sessions end. [`StoreError::LastOwner`] as for [`People::set_role`].
    async fn remove_person(&self, person: PersonId, act: &Act) -> Result<(), StoreError>;
    /// Changes a password. All sessions of the person end but `keep`.
    async fn set_password(
        &self,
        person: PersonId,
        password: PasswordHash,
        keep: Option<&SessionSecret>,
        act: &Act,
    ) -> Result<(), StoreError>;

    /// Makes a link. One for the first run takes the place of those before it, and
    /// [`StoreError::Exists`] is the answer where there are people already.
    async fn make_link(&self, new: NewLink, act: &Act) -> Result<Link, StoreError>;
    /// The link of a secret, if it is good.
    async fn link(&self, secret: &LinkSecret, now: Timestamp) -> Result<Option<Link>, StoreError>;
    /// The good invitations into an account, oldest first; without one, those to accounts that will be made.
    async fn invites(&self, account: Option<AccountId>, now: Timestamp) -> Result<Vec<Link>, StoreError>;
    /// Takes an invitation into an account back; without one, an invitation to an account that would be made.
    async fn revoke_link(&self, account: Option<AccountId>, id: i64, act: &Act) -> Result<(), StoreError>;
    /// Uses a link up: makes the person (and, if it says so, an account under their address) or sets the password
    /// of the one it is for; `email` counts for the former only. [`StoreError::NotFound`] if the link is not good,
    /// [`StoreError::Exists`] if the address is somebody's.
    async fn use_link(
        &self,
        secret: &LinkSecret,
        email: Option<&Email>,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<Person, StoreError>;

    /// Starts a session.
    async fn start_session(&self, new: NewSession, now: Timestamp) -> Result<(), StoreError>;
    /// Who is signed in with a secret, if anybody is.
    async fn person_of_session(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Person>, StoreError>;
    /// The sessions of somebody, oldest first.
    async fn sessions(&self, person: PersonId, now: Timestamp) -> Result<Vec<Session>, StoreError>;
    /// Ends one session.
    async fn end_session(&self, secret: &SessionSecret) -> Result<(), StoreError>;
    /// Ends every session of somebody.
    async fn end_sessions(&self, person: PersonId) -> Result<(), StoreError>;

    /// The audit log of an account.
    async fn audit(&self, account: AccountId, slice: &Slice) -> Result<Page<AuditEntry>, StoreError>;
}
