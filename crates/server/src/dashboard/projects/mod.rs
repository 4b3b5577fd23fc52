//! Projects and keys. Owners change them, everybody else of the account looks; secrets are shown once, by the answer to
//! the form that made them, and never in an address.

mod credential;
mod detail;
mod keys;
mod list;

use std::sync::Arc;

use atelier_domain::{AllowedNetworks, ProjectId};
use atelier_store::Project;
use axum::Router;
use axum::routing::{get, post};
use ipnet::IpNet;
use maud::{Markup, html};

use super::ROOT;
use super::error::DashboardError;
use super::session::SignedIn;
use super::snippets::Snippet;
use crate::app::App;

/// The paths of this section.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects", get(list::page).post(list::create))
        .route("/projects/{id}", get(detail::page))
        .route("/projects/{id}/regenerate", post(credential::regenerate))
        .route("/projects/{id}/webhook-secret", post(credential::webhook_secret))
        .route("/projects/{id}/networks", post(detail::networks))
        .route("/projects/{id}/keys", post(keys::create))
        .route("/projects/{id}/keys/{key}/revoke", post(keys::revoke))
}

/// Where a project's page is.
fn path(id: ProjectId) -> String {
    format!("{ROOT}/projects/{id}")
}

/// A project of the account that somebody works for.
async fn own(app: &App, who: &SignedIn, id: i64) -> Result<Project, DashboardError> {
    let found = app.storage.store.project(ProjectId(id)).await?;
    found.filter(|project| project.account == who.account()).ok_or(DashboardError::NotFound)
}

/// The networks in a form: addresses too, separated by spaces, commas or lines. An error names the bad one.
fn networks(text: &str) -> Result<AllowedNetworks, String> {
    let words =
        text.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty());
    let parse = |word: &str| {
        let network = word.parse::<IpNet>().or_else(|_| word.parse::<std::net::IpAddr>().map(IpNet::from));
        let wrong = |_| {
            format!(
                "“{word}” is no network. Write it as 203.0.113.0/24 or 2001:db8::/32, or a single address."
            )
        };
        network.map_err(wrong)
    };
    words.map(parse).collect()
}

/// A secret with a button that copies it.
fn secret(id: &str, label: &str, text: &str) -> Markup {
    html! {
        div.secret {
            label for=(id) { (label) }
            div.row {
                input.mono #(id) type="text" value=(text) readonly size="52"
                    autocomplete="off" spellcheck="false";
                button.second type="button" data-copy=(id) aria-label={ "Copy: " (label) } { "Copy" }
            }
        }
    }
}

/// Programs in four languages, one folded out at a time.
fn programs(name: &str, snippets: &[Snippet]) -> Markup {
    html! {
        @for (index, snippet) in snippets.iter().enumerate() {
            @let id = format!("{name}-{}", snippet.language.id());
            details.program name=(name) open[index == 0] {
                summary { (snippet.language.name()) }
                pre tabindex="0" { code #(id) { (snippet.code) } }
                p { button.second type="button" data-copy=(id)
                    aria-label={ "Copy the code in " (snippet.language.name()) } { "Copy" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses_are_read_and_a_bad_one_is_named() {
        let read = networks("203.0.113.0/24, 2001:db8::/32\n198.51.100.7").unwrap();
        assert_eq!(read.to_string(), "203.0.113.0/24 2001:db8::/32 198.51.100.7/32");
        assert_eq!(networks(" \n").unwrap(), AllowedNetworks::default());
        for bad in ["203.0.113.0/33", "shop", "203.0.113"] {
            assert!(networks(&format!("10.0.0.0/8 {bad}")).unwrap_err().contains(&format!("“{bad}”")));
        }
    }
}
