//! Bearer keys as they go into the store and come out of it.

use std::time::Duration;

use atelier_domain::{AccountId, AllowedNetworks, KeyId, KeyKind, KeyName, KeySecret, ProjectId, Timestamp};

/// A bearer key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Under which project.
    pub project: ProjectId,
    /// Where it is good.
    pub kind: KeyKind,
    /// What people call it.
    pub name: KeyName,
    /// What its holder sends; kept as a hash only.
    pub secret: KeySecret,
    /// From when on it is no longer good, if ever.
    pub expires: Option<Timestamp>,
    /// The networks its holders may come from.
    pub allowed_networks: AllowedNetworks,
}

/// What is known about a bearer key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub id: KeyId,
    /// Its project.
    pub project: ProjectId,
    /// Whose project that is.
    pub account: AccountId,
    /// Where it is good.
    pub kind: KeyKind,
    /// What people call it.
    pub name: KeyName,
    /// The first characters of its secret, to recognise it by.
    pub hint: String,
    /// The networks its holders may come from.
    pub allowed_networks: AllowedNetworks,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is no longer good, if ever.
    pub expires: Option<Timestamp>,
    /// When it was used last, to within [`Key::USE_INTERVAL`].
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// Whether a bearer key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It is.
    Active,
    /// It was, until its time was over.
    Expired,
    /// It was, until it was revoked.
    Revoked,
}

impl Key {
    /// How often a use is written down.
    pub const USE_INTERVAL: Duration = Duration::from_mins(1);

    /// Whether it is good at a time.
    pub fn state(&self, now: Timestamp) -> KeyState {
        match (self.revoked, self.expires) {
            (Some(_), _) => KeyState::Revoked,
            (None, Some(expires)) if expires <= now => KeyState::Expired,
            (None, _) => KeyState::Active,
        }
    }
}
