//! Passwords: argon2id with the parameters that OWASP recommends first (19 MiB, 2 passes, 1 lane), which the `argon2`
//! crate has as its defaults. Few are computed at once, because each takes that memory.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, SaltString};
use atelier_store::PasswordHash;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use tokio::sync::Semaphore;

use super::error::DashboardError;

/// The fewest characters of a new password (NIST SP 800-63B asks for 8 at least).
pub(super) const MIN: usize = 10;
/// The most bytes of a password that are looked at.
const MAX: usize = 1024;
/// Hashes that are computed at the same time.
static PLACES: Semaphore = Semaphore::const_new(2);

/// What an unknown address is compared to, so that it takes as long as a known one.
static NOBODY: LazyLock<Option<PasswordHash>> = LazyLock::new(|| compute("nobody has this password").ok());

/// What is wrong with a new password, in words for whoever chose it.
pub(super) fn problem(password: &str) -> Option<String> {
    if password.chars().count() < MIN {
        Some(format!("A password has at least {MIN} characters."))
    } else if password.len() > MAX {
        Some(format!("A password has at most {MAX} bytes."))
    } else {
        None
    }
}

/// A new password as it is kept.
pub(super) async fn hash(password: &str) -> Result<PasswordHash, DashboardError> {
    let password = password.to_owned();
    off_the_runtime(move || compute(&password)).await?
}

/// Whether a password is the one that is kept; takes as long where none is.
pub(super) async fn matches(password: &str, kept: Option<PasswordHash>) -> Result<bool, DashboardError> {
    let password = password.get(..MAX).unwrap_or(password).to_owned();
    off_the_runtime(move || {
        let known = kept.is_some();
        let kept = kept.or_else(|| NOBODY.clone()).ok_or(DashboardError::Internal)?;
        let kept = argon2::PasswordHash::new(&kept.0).map_err(|_| DashboardError::Internal)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &kept).is_ok() && known)
    })
    .await?
}

fn compute(password: &str) -> Result<PasswordHash, DashboardError> {
    let mut salt = [0; 16];
    OsRng.try_fill_bytes(&mut salt).map_err(|_| DashboardError::Internal)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| DashboardError::Internal)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| PasswordHash(hash.to_string())).map_err(|_| DashboardError::Internal)
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DashboardError> {
    let _place = PLACES.acquire().await.map_err(|_| DashboardError::Internal)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| DashboardError::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_itself_alone() {
        let kept = hash("correct horse battery").await.unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert!(matches("correct horse battery", Some(kept.clone())).await.unwrap());
        assert!(!matches("correct horse batterz", Some(kept)).await.unwrap());
        assert!(!matches("nobody has this password", None).await.unwrap());
    }

    #[test]
    fn a_short_password_is_refused_with_the_limit() {
        assert_eq!(problem("ten äöü 10"), None);
        assert!(problem("nine äöü9").unwrap().contains("10"));
    }
}
