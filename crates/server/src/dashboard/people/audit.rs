//! The audit log of an account, page by page.

use atelier_store::{AuditEntry, Page, Slice};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::layout;
use super::super::session::SignedIn;
use super::ROOT;
use crate::app::App;

/// Lines on a page.
const LINES: u32 = 25;

/// One page of the log, counted from 1.
pub(super) async fn section(app: &App, who: &SignedIn, number: u64) -> Result<Markup, DashboardError> {
    let start = number.saturating_sub(1).saturating_mul(u64::from(LINES));
    let slice = Slice { start, limit: LINES, oldest_first: false };
    let log = app.storage.store.audit(who.account(), &slice).await?;
    let address = |page| format!("{ROOT}/people?page={page}#log");
    Ok(html! {
        section.card {
            h2 #log { "What was changed" }
            @if log.entries.is_empty() { p.faint { "There is nothing on this page." } } @else { (table(&log)) }
            (layout::pages("Pages of the log", number, log.total, LINES, &address))
        }
    })
}

fn table(log: &Page<AuditEntry>) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            caption.faint { "Keys, credit and people, the last change first." }
            thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" }
                th scope="col" { "Which" } } }
            tbody { @for entry in &log.entries { tr {
                td { (layout::time(entry.at)) }
                td { @match &entry.person { Some(email) => { (email) } None => { "the command line" } } }
                td { (words(&entry.action)) }
                td { (entry.subject) }
            } } }
        } }
    }
}

/// An action in words; one that this version does not know as it is.
fn words(action: &str) -> &str {
    match action {
        "project.create" => "project made",
        "project.regenerate" => "key of a project replaced",
        "project.networks" => "addresses of a project changed",
        "key.create" => "TryonAPI key made",
        "key.revoke" => "TryonAPI key revoked",
        "credit.grant" => "credit granted",
        "account.unlimited" => "made free of charge, or not",
        "person.join" => "joined",
        "person.invite" => "invited",
        "person.uninvite" => "invitation taken back",
        "person.role" => "role changed",
        "person.remove" => "removed",
        "person.reset" => "link for a new password made",
        "person.password" => "password changed",
        "task.retry" => "task run again",
        other => other,
    }
}
