//! What the dialects share about who calls: where from, and how often.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::rates::TooMany;
use crate::{tryon, wiro};

/// The address a request came from, as far as the connection tells.
pub(crate) fn peer(extensions: &Extensions) -> IpAddr {
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    extensions.get::<ConnectInfo<SocketAddr>>().map_or(unknown, |peer| peer.0.ip().to_canonical())
}

/// The address a request came from, as an argument of a handler.
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(peer(&head.extensions)))
    }
}

/// Whether this is the call that clients repeat for every task they wait for. It counts for no rate: many clients end
/// their wait at the first one that is refused.
pub(crate) fn is_poll(extensions: &Extensions) -> bool {
    let path = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    path.is_some_and(|path| [wiro::DETAIL, tryon::STATUS].contains(&path))
}

/// Counts requests by address. What is said to those that are too many is for each dialect to word.
pub(crate) async fn limit_address(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, TooMany> {
    if !is_poll(request.extensions()) {
        app.rates.address(peer(request.extensions()))?;
    }
    Ok(next.run(request).await)
}
