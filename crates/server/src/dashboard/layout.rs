//! What every page has around its content.

use atelier_domain::{Money, Timestamp};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use super::session::SignedIn;
use super::{ROOT, assets, form};

/// The parts of the dashboard, in the order of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// The tools, and running them.
    Studio,
    /// What was run.
    History,
    /// Projects and keys.
    Projects,
    /// Credit and usage.
    Credit,
    /// Who works for the account, and what they changed.
    People,
    /// The installation.
    Operations,
    /// The person's own settings.
    Me,
}

impl Section {
    const ALL: [Self; 7] =
        [Self::Studio, Self::History, Self::Projects, Self::Credit, Self::People, Self::Operations, Self::Me];

    fn title(self) -> &'static str {
        match self {
            Self::Studio => "Studio",
            Self::History => "History",
            Self::Projects => "Projects",
            Self::Credit => "Credit",
            Self::People => "People",
            Self::Operations => "Operations",
            Self::Me => "You",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Studio => "",
            Self::History => "/tasks",
            Self::Projects => "/projects",
            Self::Credit => "/credit",
            Self::People => "/people",
            Self::Operations => "/operations",
            Self::Me => "/me",
        }
    }

    /// Whether the navigation shows it to somebody. Their own page is behind their address.
    fn is_for(self, who: &SignedIn) -> bool {
        match self {
            Self::Operations => who.person.operator,
            Self::Me => false,
            _ => true,
        }
    }
}

/// A page for somebody who is signed in.
pub(super) struct Page<'a> {
    /// What it is called.
    pub(super) title: &'a str,
    /// Where it belongs.
    pub(super) section: Section,
    /// Who looks at it.
    pub(super) who: &'a SignedIn,
    /// Its modules besides `base.js`, by name.
    pub(super) modules: &'a [&'static str],
    /// Its styles besides `base.css`, by name.
    pub(super) styles: &'a [&'static str],
}

impl Page<'_> {
    /// The page around its content, whose first heading it brings itself.
    pub(super) fn show(&self, content: &Markup) -> Response {
        let who = self.who;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (head(self.title, self.styles, self.modules, Some(&who.token)))
                body {
                    a.skip href="#content" { "To the content" }
                    header.bar {
                        a.brand href=(ROOT) { (mark()) "Atelier" }
                        nav aria-label="Main" {
                            ul { @for section in Section::ALL.into_iter().filter(|section| section.is_for(who)) {
                                li { a href={ (ROOT) (section.path()) }
                                    aria-current=[(section == self.section).then_some("page")] { (section.title()) } }
                            } }
                        }
                        div.who {
                            a href="/docs" { "Docs" }
                            a href={ (ROOT) "/me" } { (who.person.email) }
                            form method="post" action={ (ROOT) "/sign-out" } {
                                (token(who))
                                button.quiet { "Sign out" }
                            }
                        }
                    }
                    main #content tabindex="-1" {
                        @if let Some(low) = &who.low_credit {
                            p.notice.warn { (low) " " a href={ (ROOT) "/credit" } { "See the credit" } }
                        }
                        h1 { (self.title) }
                        (content)
                    }
                }
            }
        };
        Html(page.into_string()).into_response()
    }
}

/// A page for whoever comes: a card in the middle.
pub(super) fn bare(title: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, &[], &[], None))
            body.bare {
                main #content { p.brand { (mark()) "Atelier" } h1 { (title) } (content) }
            }
        }
    };
    Html(page.into_string()).into_response()
}

fn head(title: &str, styles: &[&'static str], modules: &[&'static str], token: Option<&str>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            @if let Some(token) = token { meta name=(form::TOKEN) content=(token); }
            title { (title) " – Atelier" }
            link rel="icon" href="data:,";
            @for style in ["base.css"].iter().chain(styles) { link rel="stylesheet" href=(assets::address(style)); }
            @for module in ["base.js"].iter().chain(modules) {
                script type="module" src=(assets::address(module)) {}
            }
        }
    }
}

/// Three frames, one before the other.
fn mark() -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" fill="none" stroke="currentColor"
            stroke-width="2" {
            rect x="3" y="7" width="12" height="14" rx="2" {}
            path d="M8 7V5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-4" {}
            circle cx="9" cy="12" r="2" {}
            path d="M5 20c.5-3 2-4.5 4-4.5s3.500 1.500 4 4.500" {}
        }
    }
}

/// The field that every form in a session carries.
pub(super) fn token(who: &SignedIn) -> Markup {
    html! { input type="hidden" name=(form::TOKEN) value=(who.token); }
}

/// A message above the content: what was done, or what went wrong.
pub(super) fn notice(kind: &'static str, text: &str) -> Markup {
    html! { p class={ "notice " (kind) } role=(if kind == "bad" { "alert" } else { "status" }) { (text) } }
}

/// A moment, in UTC; `base.js` shows it in the reader's own time.
pub(super) fn time(at: Timestamp) -> Markup {
    let exact = exact(at);
    let shown = exact.get(..16).unwrap_or_default().replace('T', " ");
    html! { time datetime=(exact) { (shown) " UTC" } }
}

/// A moment as machines read it: `2026-11-30T12:00:00Z`.
pub(super) fn exact(at: Timestamp) -> String {
    let instant = std::time::UNIX_EPOCH + std::time::Duration::from_millis(at.0.max(0).unsigned_abs());
    humantime::format_rfc3339_seconds(instant).to_string()
}

/// Links to the pages before and after one, counted from 1; nothing where there is only one page.
pub(super) fn pages(
    label: &str,
    number: u64,
    total: u64,
    lines: u32,
    address: &dyn Fn(u64) -> String,
) -> Markup {
    let last = total.div_ceil(u64::from(lines.max(1))).max(1);
    html! {
        @if last > 1 || number > 1 {
            nav.pages aria-label=(label) {
                @if number > 1 { a rel="prev" href=(address((number - 1).min(last))) { "Newer" } }
                span.faint { "Page " (number) " of " (last) }
                @if number < last { a rel="next" href=(address(number + 1)) { "Older" } }
            }
        }
    }
}

/// An amount of money.
pub(super) fn money(amount: Money) -> Markup {
    html! { span.money { (dollars(amount)) } }
}

/// Dollars with as many decimals as the amount has, but two at least.
pub(crate) fn dollars(amount: Money) -> String {
    let text = amount.trimmed();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{sign}${whole}.{fraction:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_shown_to_the_cent_and_exactly() {
        for (usd, shown) in
            [("0", "$0.00"), ("12.5", "$12.50"), ("0.000585", "$0.000585"), ("100", "$100.00")]
        {
            assert_eq!(dollars(Money::parse_usd(usd).unwrap()), shown);
        }
        assert_eq!(dollars(-Money::parse_usd("0.25").unwrap()), "−$0.25");
    }
}
