//! Who is calling: a project, by key alone or by key and signature.
//!
//! The nonce is opaque: clients reuse one for many calls and count it in seconds, milliseconds or at random, so
//! neither freshness nor uniqueness can be asked of it. The signature is found inside whatever `openssl dgst`
//! printed around it.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use atelier_domain::{ApiKey, Timestamp};
use atelier_store::{AuthMode, Project, Store};

use super::body::{self, Fields};
use super::envelope::WiroError;
use crate::app::App;
use crate::callers::{is_poll, peer};

/// The project that the headers prove, unless it sends more requests than are answered. An address that keeps
/// failing is told to wait. Right credentials are let in all the same: keys cannot be guessed, and whoever shares
/// a proxy with others could lock them out.
pub(crate) async fn authenticate(app: &App, head: &Parts) -> Result<Project, WiroError> {
    let project = match prove(&*app.storage.store, head).await {
        Ok(project) => project,
        Err(refusal) if refusal.is_about_credentials() => {
            app.rates.failed_login(peer(&head.extensions))?;
            return Err(refusal);
        }
        Err(error) => return Err(error),
    };
    if !is_poll(&head.extensions) {
        app.rates.project(project.id)?;
    }
    Ok(project)
}

/// The project that the headers prove, by the decision procedure of the contract.
async fn prove(store: &dyn Store, head: &Parts) -> Result<Project, WiroError> {
    let (headers, peer) = (&head.headers, peer(&head.extensions));
    let Some(key) = text(headers, "x-api-key") else {
        return Err(match text(headers, "authorization") {
            None => WiroError::NoBearer,
            Some(_) => WiroError::BadBearer,
        });
    };
    let parsed = ApiKey::parse(key).ok_or(WiroError::UnknownKey)?;
    let project = store.project_by_key(&parsed, Timestamp::now()).await.map_err(WiroError::from_store)?;
    let project = project.ok_or(WiroError::UnknownKey)?;
    if project.auth == AuthMode::Signature {
        check_signature(&project, key, headers)?;
    }
    if !project.allowed_networks.admit(peer) {
        return Err(WiroError::AddressNotAllowed(peer.to_string()));
    }
    Ok(project)
}

/// Who is calling, and what with. For calls that take no files.
pub(crate) async fn caller(app: &App, request: Request) -> Result<(Project, Fields), WiroError> {
    let (head, body) = request.into_parts();
    let project = authenticate(app, &head).await?;
    Ok((project, body::decode(&head.headers, body, &app.config.limits).await?))
}

/// Checks the credentials of a call that needs none, if there are any.
pub(crate) async fn authenticate_if_present(app: &App, head: &Parts) -> Result<(), WiroError> {
    if head.headers.contains_key("x-api-key") || head.headers.contains_key("authorization") {
        authenticate(app, head).await?;
    }
    Ok(())
}

fn check_signature(project: &Project, key: &str, headers: &HeaderMap) -> Result<(), WiroError> {
    let (Some(nonce), Some(signature)) = (text(headers, "x-nonce"), text(headers, "x-signature")) else {
        return Err(WiroError::SignatureRequired);
    };
    let secret = project.secret.as_ref().ok_or(WiroError::WrongSignature)?;
    let given = find_signature(signature).ok_or(WiroError::WrongSignature)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|_| WiroError::WrongSignature)?;
    mac.update(secret.expose().as_bytes());
    mac.update(nonce.as_bytes());
    // Compares in constant time.
    mac.verify_slice(&given).map_err(|_| WiroError::WrongSignature)
}

/// A header's value if it is there, readable and not empty.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| !value.is_empty())
}

/// The 32 bytes of the only run of exactly 64 hexadecimal digits: `SHA2-256(stdin)= <hex>` and `<hex> *stdin`
/// are what the two output formats of OpenSSL put into the header.
fn find_signature(header: &str) -> Option<[u8; 32]> {
    let mut runs = header.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 64);
    let run = runs.next()?;
    if runs.next().is_some() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(run.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "b9f37af2a3491214808810bce1b63e208f54d09288f74f017a52ae8330901c04";

    #[test]
    fn the_signature_is_found_in_every_form_that_openssl_prints() {
        let bytes = find_signature(HEX).unwrap();
        for form in [
            format!("SHA2-256(stdin)= {HEX}"),
            format!("(stdin)= {HEX}"),
            format!("{HEX} *stdin"),
            HEX.to_uppercase(),
        ] {
            assert_eq!(find_signature(&form), Some(bytes), "{form}");
        }
    }

    #[test]
    fn a_header_without_exactly_one_signature_is_refused() {
        for form in ["", "abc", &HEX[1..], &format!("{HEX}0"), &format!("{HEX} {HEX}"), &"é".repeat(64)] {
            assert_eq!(find_signature(form), None, "{form}");
        }
    }

    #[test]
    fn the_signature_is_the_hmac_of_secret_and_nonce_under_the_key() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
        mac.update(b"secret");
        mac.update(b"1734513807");
        assert!(mac.verify_slice(&find_signature(HEX).unwrap()).is_ok());
    }
}
