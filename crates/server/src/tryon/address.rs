//! The signed address of a result: who has it may read one picture until its time is over, and nobody can make one.
//!
//! Nothing is looked up before the signature fits, so an address that was made up tells nothing about what exists.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atelier_domain::{Output, Task, Timestamp};
use atelier_store::{MasterKey, TaskRef};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use url::{Host, Url, form_urlencoded};
use uuid::Uuid;

use super::error::TryonError;
use crate::app::App;
use crate::files;

/// What its signatures are made for, so that they fit nothing else.
const PURPOSE: &str = "address of a TryonAPI result";

/// The address of an output from now on; none where this server does not know by which name it can be reached.
pub(super) fn result_url(app: &App, task: &Task, output: &Output, now: Timestamp) -> Option<String> {
    let base = Url::parse(&app.base).ok()?;
    let nowhere = match base.host()? {
        Host::Ipv4(ip) => IpAddr::from(ip).is_unspecified(),
        Host::Ipv6(ip) => IpAddr::from(ip).is_unspecified(),
        Host::Domain(_) => false,
    };
    let expires = now.after(app.config.tryon.result_lifetime.max(Duration::from_secs(1))).seconds();
    let signature = sign(&app.storage.master, task.uuid, &output.name, expires)?;
    let signature = URL_SAFE_NO_PAD.encode(signature.finalize().into_bytes());
    let path = format!("/api/v1/tryon/result/{}/{}", task.uuid, output.name);
    (!nowhere).then(|| format!("{}{path}?expires={expires}&signature={signature}", app.base))
}

/// None only for a key that HMAC does not take, and it takes all.
fn sign(master: &MasterKey, job: Uuid, name: &str, expires: i64) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(&master.derive(PURPOSE)).ok()?;
    Some(mac.chain_update(format!("{job}/{name}/{expires}")))
}

/// `GET /api/v1/tryon/result/{job}/{name}`: a result, whole or in part.
pub(crate) async fn result(
    State(app): State<Arc<App>>,
    path: Result<Path<(Uuid, String)>, PathRejection>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, TryonError> {
    let Path((job, name)) = path.map_err(|_| TryonError::BadAddress)?;
    let (expires, signature) = query.as_deref().and_then(signed_query).ok_or(TryonError::BadAddress)?;
    let expected = sign(&app.storage.master, job, &name, expires).ok_or(TryonError::Internal)?;
    // Compares in constant time.
    expected.verify_slice(&signature).map_err(|_| TryonError::BadAddress)?;
    if expires <= Timestamp::now().seconds() {
        return Err(TryonError::BadAddress);
    }
    let store = &app.storage.store;
    let task = store.task(&TaskRef::Uuid(job)).await.map_err(TryonError::from_store)?;
    let output = task.and_then(|task| task.outputs.into_iter().find(|output| output.name == name));
    let output = output.ok_or(TryonError::NoResult)?;
    let file = store.file_by_path(&output.public_path, &name).await.map_err(TryonError::from_store)?;
    Ok(files::send(&app, &method, &headers, file).await)
}

/// `expires` and `signature`, each once, and nothing else.
fn signed_query(query: &str) -> Option<(i64, Vec<u8>)> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (expires, signature) = (pairs.next()?, pairs.next()?);
    let named = expires.0 == "expires" && signature.0 == "signature" && pairs.next().is_none();
    named.then_some(())?;
    Some((expires.1.parse().ok()?, URL_SAFE_NO_PAD.decode(signature.1.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_asked_for_in_one_way_only() {
        assert_eq!(signed_query("expires=12&signature=_-8"), Some((12, vec![0xff, 0xef])));
        for other in [
            "",
            "expires=12",
            "signature=_-8&expires=12",
            "expires=12&signature=_-8&x=1",
            "expires=12&expires=13&signature=_-8",
            "expires=1.5&signature=_-8",
            "expires=12&signature=+/8",
            "expires=12&signature=_-9",
        ] {
            assert_eq!(signed_query(other), None, "{other}");
        }
    }
}
