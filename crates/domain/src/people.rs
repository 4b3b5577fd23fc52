//! People who sign in, and the secrets by which they do. What a password is worth is decided by the server; here are
//! the shapes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ALPHANUMERIC, has_shape, random_text};

/// The number of a person, counted up by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonId(pub i64);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a person may do in their account. Each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look at everything but secrets.
    Viewer,
    /// Run, stop and delete.
    Member,
    /// Make projects and keys, invite people.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Member, Self::Owner];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }

    /// The role of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// An e-mail address in lower case, as far as its text tells: one `@` with something on both sides, no space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The most bytes an address has (RFC 5321, section 4.5.3.1.3, without the angle brackets).
    pub const MAX: usize = 254;

    /// The text if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, host) = text.split_once('@')?;
        let plain = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
        let fits = !name.is_empty() && !host.is_empty() && !host.contains('@') && text.len() <= Self::MAX;
        (plain && fits).then(|| Self(text.to_lowercase()))
    }

    /// The plain text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            const LENGTH: usize = 43;

            /// A fresh one.
            pub fn random() -> Self {
                Self(random_text(ALPHANUMERIC, Self::LENGTH))
            }

            /// The text if it has the shape of one.
            pub fn parse(text: &str) -> Option<Self> {
                has_shape(text, ALPHANUMERIC, Self::LENGTH).then(|| Self(text.to_owned()))
            }

            /// The plain text, for whom it was made.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret!(
    /// What a link carries that lets somebody in once: 43 letters and digits (256 bits). Never printed by `Debug`.
    LinkSecret
);
secret!(
    /// What a browser keeps of a person who is signed in: 43 letters and digits. Never printed by `Debug`.
    SessionSecret
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_name_at_one_host() {
        assert_eq!(Email::parse("Ada@Example.com").unwrap().as_str(), "ada@example.com");
        let long = format!("{}@example.com", "a".repeat(250));
        for text in
            ["", "ada", "@example.com", "ada@", "a@b@c", "ada @example.com", "ada@exa\nmple.com", &long]
        {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_owner_may_what_a_member_may() {
        assert!(Role::Owner > Role::Member && Role::Member > Role::Viewer);
        for role in Role::ALL {
            assert_eq!(Role::parse(role.word()), Some(role));
        }
        assert_eq!(Role::parse("operator"), None);
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = SessionSecret::random();
        assert_eq!(format!("{secret:?}"), "SessionSecret(..)");
        assert!(SessionSecret::parse(secret.expose()).is_some());
        assert!(SessionSecret::parse(&secret.expose()[1..]).is_none());
    }
}
