//! `GET /dashboard`: the catalogue.

use std::sync::Arc;

use atelier_domain::Tool;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::super::ROOT;
use super::super::error::DashboardError;
use super::super::layout::{Page, Section};
use super::super::session::SignedIn;
use super::{price, served_by};
use crate::app::App;
use crate::samples;

/// The handler.
pub(super) async fn page(State(app): State<Arc<App>>, who: SignedIn) -> Result<Response, DashboardError> {
    let content = html! {
        p.lead { "Choose a tool, give it a picture, and look at what comes out." }
        ul.tools { @for tool in app.catalogue.tools() { li { (card(&app, tool)) } } }
    };
    let (section, modules) = (Section::Studio, &["motion.js"][..]);
    Ok(Page { title: "Studio", section, who: &who, modules, styles: &["studio.css"] }.show(&content))
}

fn card(app: &App, tool: &Tool) -> Markup {
    let served = served_by(app, tool);
    html! {
        a.tool href={ (ROOT) "/tools/" (tool.slug) } {
            div.cover { (cover(tool)) }
            div.about {
                h2 { (name(tool)) }
                p { (first_sentence(&tool.description)) }
                p.facts {
                    span.money { (price::of_tool(tool)) }
                    @match &served {
                        Ok(runner) => span.tag.good { "served by " (runner) },
                        Err(reason) => span.tag.warn { "not served: " (reason) },
                    }
                }
            }
        }
    }
}

/// The cover of a tool: a picture, or a clip that plays where its reader wants motion.
pub(super) fn cover(tool: &Tool) -> Markup {
    let address = format!("{}/{}", samples::COVERS, tool.cover);
    let plays = matches!(tool.cover.rsplit_once('.'), Some((_, "mp4" | "webm")));
    html! {
        @if plays {
            // The first frame stands still until a script lets it play.
            video src={ (address) "#t=0.1" } muted loop playsinline preload="metadata" tabindex="-1" aria-hidden="true" {}
        } @else {
            img src=(address) alt="" loading="lazy" decoding="async";
        }
    }
}

/// The name of a tool for a heading: its own part of the title, in words.
pub(super) fn name(tool: &Tool) -> String {
    in_words(tool.raw_names().1)
}

/// A name as programs write it, in words: `ip_adapter_scale` is `Ip adapter scale`. What has words stays as it is.
pub(super) fn in_words(name: &str) -> String {
    if name.contains(' ') {
        return name.to_owned();
    }
    let spaced = name.replace(['-', '_'], " ");
    let mut letters = spaced.trim().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}
