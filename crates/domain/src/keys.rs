//! Bearer keys: a secret that its holder sends with every request, and what is known about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ALPHANUMERIC, has_shape, random_text};

/// The number of a bearer key, counted up by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId(pub i64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Where a bearer key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `TryonAPI`.
    Tryon,
}

/// What people call a key: 1 to 100 characters on one line, without space around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyName(String);

impl KeyName {
    /// The most characters that a name has.
    pub const MAX: usize = 100;

    /// The text if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let on_one_line = !text.chars().any(char::is_control);
        let fits = (1..=Self::MAX).contains(&text.chars().count()) && text.trim() == text;
        (fits && on_one_line).then(|| Self(text.to_owned()))
    }

    /// The plain text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the holder of a key sends: `atelier_`, by which people and secret scanners recognise it, and 32 letters and
/// digits (190 bits). Its text is never printed by `Debug`.
#[derive(Clone)]
pub struct KeySecret(String);

impl KeySecret {
    const PREFIX: &str = "atelier_";
    const RANDOM: usize = 32;
    /// How many of the random characters a hint shows.
    const SHOWN: usize = 4;

    /// A fresh secret.
    pub fn random() -> Self {
        Self(format!("{}{}", Self::PREFIX, random_text(ALPHANUMERIC, Self::RANDOM)))
    }

    /// The text if it has the shape of a secret.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(Self::PREFIX)?;
        has_shape(random, ALPHANUMERIC, Self::RANDOM).then(|| Self(text.to_owned()))
    }

    /// The first characters, to recognise a key by.
    pub fn hint(&self) -> &str {
        &self.0[..Self::PREFIX.len() + Self::SHOWN]
    }

    /// The plain text, for showing once and for sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_recognised_by_its_shape_and_does_not_print_itself() {
        let secret = KeySecret::random();
        let parsed = KeySecret::parse(secret.expose()).unwrap();
        assert_eq!(parsed.expose(), secret.expose());
        assert!(!format!("{secret:?}").contains(&secret.expose()["atelier_".len()..]));
        assert!(secret.expose().starts_with(secret.hint()) && secret.hint().len() == 12);
        let random = &secret.expose()["atelier_".len()..];
        for other in [
            "",
            "atelier_",
            random,
            &secret.expose()[1..],
            &format!("{}0", secret.expose()),
            &format!("atelier_{}é", &random[2..]),
            &format!(" {}", secret.expose()),
        ] {
            assert!(KeySecret::parse(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn a_name_is_a_line_of_limited_length() {
        let longest = "é".repeat(100);
        for text in ["x", "the shop's server", &longest] {
            assert_eq!(KeyName::parse(text).unwrap().as_str(), text);
        }
        for text in ["", " ", " x", "x ", "two\nlines", "bell\u{7}", &"x".repeat(101)] {
            assert_eq!(KeyName::parse(text), None, "{text:?}");
        }
    }
}
