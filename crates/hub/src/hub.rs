//! Requests to a hub: addresses, the token and whom it is shown to, redirects, what an answer's status means.

use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response, StatusCode, Url};
use thiserror::Error;

use crate::retries::Retries;

const MOST_REDIRECTS: usize = 10;
/// The largest answer to a question, as opposed to a file.
const LONGEST_ANSWER: usize = 32 << 20;

/// A Hugging Face hub, or a mirror that speaks like one.
pub struct Hub {
    client: Client,
    endpoint: Url,
    token: Option<HeaderValue>,
    patience: Patience,
}

/// How long to go on in spite of failures.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Attempts in a row that bring nothing new, before giving up.
    pub attempts: u32,
    /// The pause after the first of them; it doubles with each.
    pub pause: Duration,
    /// How long a connection may be silent.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 6, pause: Duration::from_secs(1), stall: Duration::from_mins(1) }
    }
}

/// Why a hub cannot be asked. The operator must act.
#[derive(Debug, Error)]
pub enum HubError {
    /// Not an address.
    #[error("the hub's address {0:?} is not a plain http or https address")]
    Endpoint(String),
    /// Not a token.
    #[error("the hub's token holds characters that no token has")]
    Token,
    /// Everybody on the way could read it.
    #[error("the token is not sent to {0}, since the address is not https; take https or no token")]
    PlainHttp(String),
    /// The system's certificates, mostly.
    #[error("secure connections cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Why a request was not answered as it should be. Addresses are the hub's own, without the signed ones it leads to.
#[derive(Debug, Error)]
pub enum RequestError {
    /// No connection, or it broke.
    #[error("{url} cannot be reached, or the connection broke")]
    Connection {
        /// What was asked for.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The hub does not let us.
    #[error(
        "{url} is not open to you (status {status}): accept its terms on the hub and set HF_TOKEN to your token"
    )]
    Denied {
        /// What was asked for.
        url: String,
        /// 401 or 403.
        status: u16,
    },
    /// Not there.
    #[error("{url} does not exist; a mirror may lack it")]
    NotFound {
        /// What was asked for.
        url: String,
    },
    /// Something else.
    #[error("{url} answered with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How long the server wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// An answer that is none.
    #[error("{url} did not answer as a hub does: {reason}")]
    Answer {
        /// What was asked for.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl RequestError {
    /// Whether the same request may succeed later.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Connection { source, .. } => !source.is_redirect() && !source.is_builder(),
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Denied { .. } | Self::NotFound { .. } | Self::Answer { .. } => false,
        }
    }

    /// How long the server wants to be left alone, if it said so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Hub {
    /// A hub at this address, as `https://huggingface.co`. The token is for it alone.
    pub fn new(endpoint: &str, token: Option<&str>, patience: Patience) -> Result<Self, HubError> {
        let bad = || HubError::Endpoint(endpoint.to_owned());
        let address = Url::parse(endpoint.trim_end_matches('/')).map_err(|_| bad())?;
        let host = address.host_str().ok_or_else(bad)?;
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let plain = matches!(address.scheme(), "http" | "https")
            && address.username().is_empty()
            && address.password().is_none()
            && address.query().is_none()
            && address.fragment().is_none();
        if !plain {
            return Err(bad());
        }
        if token.is_some() && address.scheme() == "http" && !here {
            return Err(HubError::PlainHttp(shown(&address)));
        }
        let token = token.map(bearer).transpose()?;
        // Fails only if a provider is installed already, and then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("atelier/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(patience.stall)
            .read_timeout(patience.stall)
            .redirect(Policy::custom(follow));
        // A proxy would not find this machine.
        let client = if here { client.no_proxy() } else { client };
        let client = client.build().map_err(HubError::Client)?;
        Ok(Self { client, endpoint: address, token, patience })
    }

    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// An address of the hub, with every part made safe for it.
    pub(crate) fn url<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// Asks once. Successful answers only.
    pub(crate) async fn get(&self, url: &Url, mut headers: HeaderMap) -> Result<Response, RequestError> {
        // The client takes it out again when a redirect leads to another host or port.
        if let Some(token) = self.token.as_ref().filter(|_| url.origin() == self.endpoint.origin()) {
            headers.insert(AUTHORIZATION, token.clone());
        }
        let answer = self.client.get(url.clone()).headers(headers).send().await;
        let answer = answer.map_err(|error| broken(url, error))?;
        let shown = shown(url);
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(RequestError::Denied { url: shown, status: answer.status().as_u16() })
            }
            StatusCode::NOT_FOUND => Err(RequestError::NotFound { url: shown }),
            status => {
                let retry_after = retry_after(answer.headers());
                Err(RequestError::Status { url: shown, status: status.as_u16(), retry_after })
            }
        }
    }

    /// The whole answer to a question, with its headers; asks again where that may help.
    pub(crate) async fn ask(&self, url: &Url) -> Result<(HeaderMap, Vec<u8>), RequestError> {
        let mut retries = Retries::new(self.patience, 0);
        loop {
            let error = match self.ask_once(url).await {
                Err(error) if error.is_temporary() => error,
                other => return other,
            };
            let Some(pause) = retries.pause(0, error.retry_after()) else { return Err(error) };
            tokio::time::sleep(pause).await;
        }
    }

    async fn ask_once(&self, url: &Url) -> Result<(HeaderMap, Vec<u8>), RequestError> {
        let mut answer = self.get(url, HeaderMap::new()).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(url, error))? {
            if bytes.len() + chunk.len() > LONGEST_ANSWER {
                let reason = format!("it is longer than {LONGEST_ANSWER} bytes");
                return Err(RequestError::Answer { url: shown(url), reason });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((answer.headers().clone(), bytes))
    }
}

/// An address without what may be secret in it.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

fn bearer(token: &str) -> Result<HeaderValue, HubError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| HubError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Follows redirects, but never from an encrypted connection to one that is not.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let from_https = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if from_https && attempt.url().scheme() != "https" {
        return attempt.error("it redirects from https to http");
    }
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("it redirects too often");
    }
    attempt.follow()
}

/// A broken connection; the address in the client's own error may be a signed one.
fn broken(url: &Url, error: reqwest::Error) -> RequestError {
    RequestError::Connection { url: shown(url), source: error.without_url() }
}

/// Seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            Some(httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken_and_a_token_only_travels_encrypted() {
        let hub =
            |endpoint: &str, token| Hub::new(endpoint, token, Patience::default()).map(|hub| hub.endpoint);
        for endpoint in ["", "huggingface.co", "ftp://x/", "https://u:p@x/", "https://x/?y", "https://x/#y"] {
            assert!(matches!(hub(endpoint, None), Err(HubError::Endpoint(_))), "{endpoint}");
        }
        hub("http://mirror.example/hf/", None).unwrap();
        hub("https://mirror.example/hf/", Some("secret")).unwrap();
        hub("http://127.0.0.1:1", Some("secret")).unwrap();
        assert!(matches!(hub("http://mirror.example", Some("secret")), Err(HubError::PlainHttp(_))));
        assert!(matches!(hub("https://mirror.example", Some("two\nlines")), Err(HubError::Token)));
    }

    #[test]
    fn addresses_keep_the_mirrors_folder_and_escape_what_is_in_names() {
        let hub = Hub::new("https://mirror.example/hf/", None, Patience::default()).unwrap();
        let url = hub.url(["owner", "name", "resolve", "main", "vae", "a b?#%.json"]);
        assert_eq!(url.as_str(), "https://mirror.example/hf/owner/name/resolve/main/vae/a%20b%3F%23%25.json");
    }

    #[test]
    fn retry_after_may_be_seconds_or_a_date() {
        let of = |text: &str| retry_after(&[(RETRY_AFTER, text.parse().unwrap())].into_iter().collect());
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("Fri, 01 Jan 2021 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(of("soon"), None);
    }
}
