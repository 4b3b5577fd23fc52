//! Identifiers. Each is a type of its own, so that a task number cannot be passed where a project is meant,
//! and each checks its shape where it is parsed.

use std::fmt;

use rand::Rng as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The number of a task, counted up by the store. Decimal digits on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub i64);

/// The number of a project, counted up by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProjectId(pub i64);

/// Who pays. The wire shows it as the `uuid` of every task and file of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId(pub Uuid);

impl AccountId {
    /// A fresh account id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

macro_rules! display_inner {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}
display_inner!(TaskId, ProjectId, AccountId, TaskToken, AccessKey, FileId, PublicPath, ApiKey, DeliveryId);

pub(crate) const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER_ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn random_text(alphabet: &[u8], length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
}

pub(crate) fn has_shape(text: &str, alphabet: &[u8], length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| alphabet.contains(&byte))
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $alphabet:expr, $length:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A fresh one from the operating system's random source.
            pub fn random() -> Self {
                Self(random_text($alphabet, $length))
            }

            /// The text if it has the right length and alphabet.
            pub fn parse(text: &str) -> Option<Self> {
                has_shape(text, $alphabet, $length).then(|| Self(text.to_owned()))
            }

            /// The plain text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text).ok_or_else(|| format!(concat!("not a ", stringify!($name), ": {:?}"), text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

random_id!(
    /// The secret that lets its holder follow one task: 30 letters and digits (178 bits).
    TaskToken, ALPHANUMERIC, 30
);
random_id!(
    /// The secret in the address of one stored file: 30 letters and digits.
    AccessKey, ALPHANUMERIC, 30
);
random_id!(
    /// The id of a stored file or of an output folder: 32 hexadecimal digits.
    FileId, HEX, 32
);
random_id!(
    /// The public half of a credential: 32 lower-case letters and digits (165 bits).
    ApiKey, LOWER_ALPHANUMERIC, 32
);

random_id!(
    /// The id of a webhook, the same in every attempt to deliver it: 32 hexadecimal digits.
    DeliveryId, HEX, 32
);

/// The secret half of a credential: 64 hexadecimal digits. Its text is never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiSecret(String);

impl ApiSecret {
    /// A fresh secret.
    pub fn random() -> Self {
        Self(random_text(HEX, 64))
    }

    /// Wraps a secret that was issued before.
    pub fn from_issued(text: String) -> Self {
        Self(text)
    }

    /// The plain text, for signing and for showing once.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(..)")
    }
}

/// What signs the webhooks of a project, in the form of Standard Webhooks: `whsec_` and 24 bytes in base64.
/// Its text is never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// A fresh secret (192 bits).
    pub fn random() -> Self {
        // Any 32 characters of the alphabet are the base64 of 24 bytes.
        Self(format!("whsec_{}", random_text(BASE64, 32)))
    }

    /// Wraps a secret that was issued before.
    pub fn from_issued(text: String) -> Self {
        Self(text)
    }

    /// The plain text, for signing and for showing to the project's owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The unguessable folder of an output's public address: eight groups of eight hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublicPath(String);

impl PublicPath {
    /// A fresh address (256 bits).
    pub fn random() -> Self {
        Self((0..8).map(|_| random_text(HEX, 8)).collect::<Vec<_>>().join("-"))
    }

    /// The text if it is eight groups of eight hexadecimal digits joined by `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<_> = text.split('-').collect();
        (groups.len() == 8 && groups.iter().all(|group| has_shape(group, HEX, 8)))
            .then(|| Self(text.to_owned()))
    }

    /// The plain text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A caller's own name for one request, under which it can be repeated without being done twice: 1 to 255
/// visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The text if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && (1..=255).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The plain text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `owner/model` in canonical form: the key of a tool in the catalogue and in addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToolSlug {
    /// Canonical owner, for example `wiro`.
    pub owner: String,
    /// Canonical model, for example `virtual-try-on`.
    pub model: String,
}

impl ToolSlug {
    /// Canonicalises both halves with [`slug`].
    pub fn new(owner: &str, model: &str) -> Self {
        Self { owner: slug(owner), model: slug(model) }
    }

    /// Parses `owner/model`, canonicalising both halves.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, model) = text.split_once('/')?;
        let parsed = Self::new(owner, model);
        (!parsed.owner.is_empty() && !parsed.model.is_empty()).then_some(parsed)
    }
}

impl fmt::Display for ToolSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.model)
    }
}

/// Lower-case, every run of characters outside `[a-z0-9]` becomes one `-`, none at the ends:
/// `Virtual Try-On` and `virtual-try-on` are the same name.
pub fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_spelling_of_a_slug_is_one_name() {
        for text in ["Virtual Try-On", "virtual-try-on", " VIRTUAL__try on ", "virtual--try-on-"] {
            assert_eq!(slug(text), "virtual-try-on");
        }
        assert_eq!(slug("wan2.2-effects-extra"), "wan2-2-effects-extra");
        assert_eq!(ToolSlug::parse("Wiro/Virtual Try-On").unwrap().to_string(), "wiro/virtual-try-on");
        assert_eq!(ToolSlug::parse("wiro/--"), None);
    }

    #[test]
    fn random_ids_have_their_shape_and_others_are_refused() {
        assert_eq!(TaskToken::parse(TaskToken::random().as_str()).unwrap().as_str().len(), 30);
        assert_eq!(TaskToken::parse("short"), None);
        assert_eq!(FileId::parse("../../../../etc/passwd0000000000"), None);
        assert!(PublicPath::parse(PublicPath::random().as_str()).is_some());
        assert_eq!(PublicPath::parse("6a6af820-c5050aee"), None);
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii_of_limited_length() {
        let longest = "~".repeat(255);
        for text in ["!", "order-4711", "\"quoted\"", &longest] {
            assert_eq!(IdempotencyKey::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "two words", "tab\t", "\u{7f}", "é", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = ApiSecret::random();
        assert!(!format!("{secret:?}").contains(secret.expose()));
    }
}
