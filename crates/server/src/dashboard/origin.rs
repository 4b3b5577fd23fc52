//! Whether a change was asked for by one of our own pages.
//!
//! The cookie is sent with what other sites post here unless a browser honours `SameSite`, so the browser's own words
//! about where a request comes from are looked at too. A client that says nothing is no browser, and has no cookie that
//! somebody else could use.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use url::{Origin, Url};

use super::error::DashboardError;
use crate::app::App;

/// Refuses what another site's page sends.
pub(super) async fn only_ours(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, DashboardError> {
    if request.method().is_safe() || is_ours(request.headers(), &app.base) {
        Ok(next.run(request).await)
    } else {
        Err(DashboardError::OtherSite)
    }
}

fn is_ours(headers: &HeaderMap, base: &str) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site_is_ours = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let origin_is_ours = text(header::ORIGIN.as_str()).is_none_or(|origin| {
        let Some(origin) = tuple(origin) else { return false };
        let here = ["http", "https"].map(|scheme| tuple(&format!("{scheme}://{host}")));
        tuple(base).is_some_and(|base| base == origin) || here.contains(&Some(origin))
    });
    site_is_ours && origin_is_ours
}

/// Scheme, host and port of an address; none if it has no such things, as `null`.
fn tuple(text: &str) -> Option<Origin> {
    Url::parse(text).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        is_ours(&headers.collect(), "https://studio.example.com")
    }

    #[test]
    fn our_own_pages_may_post_and_programs_that_are_no_browsers() {
        for headers in [
            &[][..],
            &[("host", "10.0.0.1:8080")],
            &[("origin", "https://studio.example.com"), ("sec-fetch-site", "same-origin")],
            &[("origin", "https://studio.example.com:443")],
            &[("origin", "http://10.0.0.1:8080"), ("host", "10.0.0.1:8080")],
        ] {
            assert!(ours(headers), "{headers:?}");
        }
    }

    #[test]
    fn a12_other_sites_may_not() {
        for headers in [
            &[("origin", "null")][..],
            &[("origin", "")],
            &[("origin", "https://studio.example.com.evil.example")],
            &[("origin", "https://studio.example.com:444")],
            &[("origin", "https://studio.example.com:99999")],
            &[("origin", "http://studio.example.com")],
            &[("origin", "null"), ("host", "null")],
            &[("origin", "https://evil.example"), ("host", "studio.example.com")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://studio.example.com")],
        ] {
            assert!(!ours(headers), "{headers:?}");
        }
    }
}
