//! The one client for everything that is fetched or called on a user's word.
//!
//! Addresses are resolved once, every non-global one is refused, the connection goes to the address that was
//! checked, and every redirect is checked again. Nothing that was fetched ever reaches an error text.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use thiserror::Error;
use url::{Host, Url};

/// Redirects that are followed for an input.
const MAX_REDIRECTS: usize = 3;
/// Bytes that are read of the answer to a call, so that its connection can be used again.
const ANSWER_LIMIT: u64 = 64 << 10;

/// Why an address could not be fetched. Worded for the caller, without anything that was fetched.
#[derive(Debug, Error)]
pub(crate) enum FetchError {
    /// Not an absolute http or https address, or with a user name in it.
    #[error("is not a plain http or https address")]
    BadAddress,
    /// It leads into a private network.
    #[error("leads to an address that is not public")]
    NotPublic,
    /// It redirects too often.
    #[error("redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects,
    /// It answered with an error.
    #[error("answered with HTTP status {0}")]
    Status(u16),
    /// It sent more than allowed.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    /// It, or what it redirects to, took too long in all.
    #[error("did not answer in time")]
    TooSlow,
    /// No connection, no answer in time, or an answer cut short.
    #[error("could not be reached or did not answer in time")]
    Unreachable(#[source] reqwest::Error),
}

impl FetchError {
    /// Whether the time was over.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self, Self::Unreachable(error) if error.is_timeout())
    }

    /// Whether no secure connection came about: no TLS, or a certificate that proves nothing.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Unreachable(error) if caused_by::<rustls::Error>(error))
    }
}

/// What was answered to a call, as far as anybody needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The header `Retry-After`, if it is text.
    pub(crate) retry_after: Option<String>,
}

/// Chooses the implementation of TLS for this process; every HTTPS client needs one before it is made.
pub fn install_crypto() {
    // Fails only if a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// See the module.
#[derive(Clone)]
pub(crate) struct GuardedClient {
    client: reqwest::Client,
    allowed: Arc<[IpNet]>,
    timeout: Duration,
}

impl GuardedClient {
    /// A client that may reach public addresses and, besides, the networks in `allowed`. `timeout` is for a whole
    /// request, `connect_timeout` for its connection alone.
    pub(crate) fn new(
        connect_timeout: Duration,
        timeout: Duration,
        allowed: &[IpNet],
    ) -> Result<Self, reqwest::Error> {
        Self::with_lookup(connect_timeout, timeout, allowed, Arc::new(|name| Box::pin(system_lookup(name))))
    }

    fn with_lookup(
        connect_timeout: Duration,
        timeout: Duration,
        allowed: &[IpNet],
        lookup: Lookup,
    ) -> Result<Self, reqwest::Error> {
        install_crypto();
        let allowed: Arc<[IpNet]> = allowed.into();
        let client = reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(GuardedResolver { lookup, allowed: allowed.clone() }))
            .build()?;
        Ok(Self { client, allowed, timeout })
    }

    /// The bytes behind an address, at most `limit` of them, within the client's time for everything.
    pub(crate) async fn get(&self, address: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let fetched = tokio::time::timeout(self.timeout, self.follow(address, limit)).await;
        fetched.unwrap_or(Err(FetchError::TooSlow))
    }

    async fn follow(&self, address: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut url = Url::parse(address).map_err(|_| FetchError::BadAddress)?;
        for _ in 0..=MAX_REDIRECTS {
            self.check(&url)?;
            let response = self.client.get(url.clone()).send().await.map_err(unreachable)?;
            if response.status().is_redirection() {
                let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                url = target.and_then(|target| url.join(target).ok()).ok_or(FetchError::BadAddress)?;
                continue;
            }
            if !response.status().is_success() {
                return Err(FetchError::Status(response.status().as_u16()));
            }
            return read(response, limit).await;
        }
        Err(FetchError::TooManyRedirects)
    }

    /// Posts `body`. Follows no redirect, and reads of the answer no more than [`ANSWER_LIMIT`].
    pub(crate) async fn post(
        &self,
        address: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, FetchError> {
        let url = Url::parse(address).map_err(|_| FetchError::BadAddress)?;
        self.check(&url)?;
        let response = self.client.post(url).headers(headers).body(body).send().await.map_err(unreachable)?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer =
            Answer { status: response.status().as_u16(), retry_after: retry_after.map(str::to_owned) };
        // The status has decided; however the rest of the answer ends changes nothing.
        let _ = read(response, ANSWER_LIMIT).await;
        Ok(answer)
    }

    /// Checks what the resolver never sees: the scheme, and hosts that are addresses already.
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(FetchError::BadAddress);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(FetchError::BadAddress),
        };
        if may_reach(address, &self.allowed) { Ok(()) } else { Err(FetchError::NotPublic) }
    }
}

async fn read(response: reqwest::Response, limit: u64) -> Result<Vec<u8>, FetchError> {
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(FetchError::TooLarge(limit));
    }
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(unreachable)?;
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(FetchError::TooLarge(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn unreachable(error: reqwest::Error) -> FetchError {
    // The resolver's refusal arrives as the root of a chain of connection errors.
    if caused_by::<NotPublic>(&error) { FetchError::NotPublic } else { FetchError::Unreachable(error) }
}

/// Whether an error or one of its causes is an `E`.
fn caused_by<E: Error + 'static>(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.is::<E>() {
            return true;
        }
        // An I/O error names as its source what lies behind its cause, and not the cause itself.
        cause = match current.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => current.source(),
        };
    }
    false
}

/// Resolves like the system does, but hands out only addresses that may be reached, so that the address that
/// was checked is the one that is connected to.
struct GuardedResolver {
    lookup: Lookup,
    allowed: Arc<[IpNet]>,
}

/// How a name becomes addresses; the ports of the answer do not matter.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

async fn system_lookup(name: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

#[derive(Debug, Error)]
#[error("the name leads to no public address")]
struct NotPublic;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, allowed) = ((self.lookup)(name.as_str().to_owned()), self.allowed.clone());
        Box::pin(async move {
            let found = found.await?.into_iter();
            let public: Vec<SocketAddr> = found.filter(|found| may_reach(found.ip(), &allowed)).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn may_reach(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    is_public(address) || allowed.iter().any(|network| network.contains(&address))
}

/// Whether an address belongs to the public internet, by IANA's special-purpose address registries. Addresses
/// that embed an IPv4 address are judged by it.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || a >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || address.is_documentation();
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if let Some(mapped) = address.to_ipv4() {
        return is_public_v4(mapped);
    }
    match s {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Only 2000::/3 is given out; Teredo, ORCHID and documentation lie inside it.
        [first, ..] if first & 0xe000 != 0x2000 => false,
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn client(allowed: &[IpNet]) -> GuardedClient {
        GuardedClient::new(Duration::from_secs(2), Duration::from_secs(2), allowed).unwrap()
    }

    #[tokio::test]
    async fn a1_a5_no_spelling_of_a_private_address_is_fetched_or_called() {
        for address in [
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://198.18.0.1/",
            "http://localhost/",
        ] {
            let refused = client(&[]).get(address, 1000).await.unwrap_err();
            assert!(matches!(refused, FetchError::NotPublic), "{address}: {refused}");
            let refused = client(&[]).post(address, HeaderMap::new(), Vec::new()).await.unwrap_err();
            assert!(matches!(refused, FetchError::NotPublic), "{address}: {refused}");
        }
    }

    #[tokio::test]
    async fn a4_other_schemes_and_addresses_with_user_names_are_refused() {
        for address in
            ["file:///etc/passwd", "ftp://example.com/x", "gopher://h/", "http://u:p@example.com/", "x"]
        {
            let refused = client(&[]).get(address, 1000).await.unwrap_err();
            assert!(matches!(refused, FetchError::BadAddress), "{address}: {refused}");
            let refused = client(&[]).post(address, HeaderMap::new(), Vec::new()).await.unwrap_err();
            assert!(matches!(refused, FetchError::BadAddress), "{address}: {refused}");
        }
    }

    /// Answers every request with the same bytes and closes; gives its port.
    async fn server(answer: &'static str) -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        port
    }

    const HOME: &str = "127.0.0.1/32";

    #[tokio::test]
    async fn a2_a_redirect_into_a_private_network_is_refused_and_an_endless_one_ends() {
        let inward = "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/x\r\nConnection: close\r\n\r\n";
        let round = "HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\n\r\n";
        let client = client(&[HOME.parse().unwrap()]);
        let to_private = format!("http://127.0.0.1:{}/", server(inward).await);
        assert!(matches!(client.get(&to_private, 100).await, Err(FetchError::NotPublic)));
        let to_itself = format!("http://127.0.0.1:{}/", server(round).await);
        assert!(matches!(client.get(&to_itself, 100).await, Err(FetchError::TooManyRedirects)));
    }

    #[tokio::test]
    async fn a3_a_name_whose_answer_changes_is_judged_by_the_answer_that_is_connected_to() {
        let port = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi").await;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        // Allowed at first; from then on a loopback address that is not.
        let lookup: Lookup = Arc::new(move |_| {
            let first = count.fetch_add(1, Ordering::AcqRel) == 0;
            let answer = if first { [127, 0, 0, 1] } else { [127, 0, 0, 2] };
            Box::pin(async move { Ok(vec![SocketAddr::from((answer, 0))]) })
        });
        let second = Duration::from_secs(2);
        let client = GuardedClient::with_lookup(second, second, &[HOME.parse().unwrap()], lookup).unwrap();
        let address = format!("http://changing.example:{port}/");
        assert_eq!(client.get(&address, 100).await.unwrap(), b"hi");
        assert!(matches!(client.get(&address, 100).await, Err(FetchError::NotPublic)));
        assert_eq!(asked.load(Ordering::Acquire), 2, "one question a connection");
    }

    #[tokio::test]
    async fn a4_what_was_fetched_is_in_no_error() {
        let port = server("HTTP/1.1 500 SECRET\r\nX: SECRET\r\nConnection: close\r\n\r\nSECRET").await;
        let error = client(&[HOME.parse().unwrap()])
            .get(&format!("http://127.0.0.1:{port}/"), 100)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "answered with HTTP status 500");
        assert!(!format!("{error:?}").contains("SECRET"));
    }

    #[tokio::test]
    async fn a17_more_than_the_limit_is_not_read() {
        let port = server("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789").await;
        let fetched = client(&[HOME.parse().unwrap()]).get(&format!("http://127.0.0.1:{port}/"), 9).await;
        assert!(matches!(fetched, Err(FetchError::TooLarge(9))));
    }

    #[test]
    fn public_addresses_are_public() {
        for address in ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
