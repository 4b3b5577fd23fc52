//! Credit and usage: what an account has, what it did with it, and how its runs went.

mod chart;
mod export;
mod low;
mod usage;

use std::sync::Arc;

use atelier_domain::{Money, Timestamp};
use atelier_store::{Account, Act, LedgerEntry, LedgerKind, Part, Place, StoreError};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::ROOT;
use super::error::DashboardError;
use super::form::{Fields, Form};
use super::history::{if_given, movement};
use super::layout::{self, Page, Section, dollars};
use super::session::SignedIn;
use crate::app::App;

pub(super) use low::warning;

/// Movements on one page.
const LIMIT: u32 = 25;

/// Characters of the note of a grant.
const NOTE: usize = 200;

/// The paths below `/dashboard`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/credit", get(page))
        .route("/credit/grant", post(grant))
        .route("/credit/ledger.csv", get(export::ledger))
        .route("/credit/usage.csv", get(export::usage))
}

/// The query of the page's address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    days: String,
    kind: String,
    before: String,
    after: String,
}

/// What is shown.
struct Shown {
    /// How many days the charts go back: a quarter or a month.
    days: u32,
    grants_only: bool,
    place: Place,
}

impl Look {
    /// What the address asks for; what it leaves out is as usual.
    fn read(&self) -> Result<Shown, DashboardError> {
        let days = if_given(&self.days, "days must be 30 or 90", |text| match text {
            "30" => Some(30),
            "90" => Some(90),
            _ => None,
        })?;
        let grants = if_given(&self.kind, "kind must be grants", |text| (text == "grants").then_some(()))?;
        let number = |text: &str| text.parse().ok();
        let before = if_given(&self.before, "before must be a movement's number", number)?;
        let after = if_given(&self.after, "after must be a movement's number", number)?;
        let place = before.map(Place::Before).or(after.map(Place::After)).unwrap_or(Place::Newest);
        Ok(Shown { days: days.unwrap_or(30), grants_only: grants.is_some(), place })
    }
}

/// The first moment of the first of so many days, of which today is the last.
fn since(days: u32) -> Timestamp {
    const DAY: i64 = 86_400_000;
    let now = Timestamp::now().0;
    Timestamp(now - now.rem_euclid(DAY) - i64::from(days.saturating_sub(1)) * DAY)
}

/// `GET /dashboard/credit`
async fn page(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Query(look): Query<Look>,
) -> Result<Response, DashboardError> {
    show(&app, &who, &look.read()?, None).await
}

async fn show(
    app: &App,
    who: &SignedIn,
    look: &Shown,
    notice: Option<Markup>,
) -> Result<Response, DashboardError> {
    let store = &app.storage.store;
    let account = store.account(who.account()).await?;
    let from = since(look.days);
    let (used, spans) = (store.usage(account.id, from).await?, store.spans(account.id, from).await?);
    let ledger = store.ledger_history(account.id, look.grants_only, look.place, LIMIT).await?;
    let content = html! {
        @if let Some(notice) = notice { (notice) }
        (balance(app, &account))
        (usage::show(app, look.days, from, &used, &spans))
        (movements(look, &ledger))
        @if who.person.operator { (grant_form(who)) }
    };
    let styles = &["history.css", "charts.css"];
    Ok(Page { title: "Credit", section: Section::Credit, who, modules: &[], styles }.show(&content))
}

fn balance(app: &App, account: &Account) -> Markup {
    html! {
        dl.figures {
            div { dt { "Balance" } dd { (layout::money(account.balance)) } }
            div { dt { "Set aside" } dd { (layout::money(account.reserved)) } }
            div { dt { "Under way" } dd.number { (account.unfinished) @if account.unfinished == 1 { " task" } @else { " tasks" } } }
        }
        p.allows { (allows(app, account)) }
    }
}

/// What the account may run with what it has.
fn allows(app: &App, account: &Account) -> String {
    let Some(rules) = &app.config.billing.rules else {
        return "Nothing is charged on this installation: every account runs what it likes.".into();
    };
    if account.unlimited {
        return "This account pays nothing, and any number of its tasks may be under way.".into();
    }
    let owned = account.balance + account.reserved;
    let least = dollars(rules.minimum_balance);
    match rules.tasks_at_once(owned) {
        _ if owned < rules.minimum_balance => format!("Below {least} nothing can be run."),
        None => format!("Any number of tasks may be under way. It takes {least} to run one."),
        Some(1) => format!("One task may be under way at a time. It takes {least} to run one."),
        Some(limit) => format!("{limit} tasks may be under way at a time. It takes {least} to run one."),
    }
}

fn movements(look: &Shown, ledger: &Part<LedgerEntry>) -> Markup {
    let kind = if look.grants_only { "&kind=grants" } else { "" };
    let days = look.days;
    let link = |more: String| format!("{ROOT}/credit?days={days}{kind}{more}#ledger");
    let tab = |label: &str, query: &str, current: bool| {
        html! { a href={ (ROOT) "/credit?days=" (days) (query) "#ledger" } aria-current=[current.then_some("true")] { (label) } }
    };
    html! {
        section.card #ledger {
            div.row.spread {
                h2 { "Ledger" }
                div.row.tabs { (tab("Everything", "", !look.grants_only)) (tab("Grants", "&kind=grants", look.grants_only)) }
                a href={ (ROOT) "/credit/ledger.csv" } download="atelier-ledger.csv" { "Everything as CSV" }
            }
            @if ledger.entries.is_empty() { p.faint { "Nothing has moved yet." } }
            @else {
                div.scroll { table {
                    caption.hidden { "Movements of credit, newest first" }
                    thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "For" } th.number scope="col" { "Amount" } } }
                    tbody { @for entry in &ledger.entries { (movement_row(entry)) } }
                } }
                nav.turn aria-label="Pages of the ledger" {
                    @if ledger.newer && let Some(first) = ledger.entries.first() {
                        a.button.second rel="prev" href=(link(format!("&after={}", first.id))) { "Newer" }
                    }
                    @if ledger.older && let Some(last) = ledger.entries.last() {
                        a.button.second rel="next" href=(link(format!("&before={}", last.id))) { "Older" }
                    }
                }
            }
        }
    }
}

fn movement_row(entry: &LedgerEntry) -> Markup {
    html! {
        tr {
            td { (layout::time(entry.at)) }
            td { (movement(entry.kind)) }
            td { @if let Some(task) = entry.task { a href={ (ROOT) "/tasks/" (task) } { "Task #" (task) } } @else { (entry.note) } }
            td.number { (layout::money(entry.amount)) }
        }
    }
}

/// The word of a movement in exports.
fn kind_word(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Grant => "grant",
        LedgerKind::Reserve => "reserve",
        LedgerKind::Release => "release",
        LedgerKind::Charge => "charge",
    }
}

fn grant_form(who: &SignedIn) -> Markup {
    html! {
        section.card {
            h2 { "Grant credit" }
            p.faint { "You run this installation: you may grant credit to any account." }
            form.stack method="post" action={ (ROOT) "/credit/grant" } {
                (layout::token(who))
                label { "Account"
                    input type="email" name="account" value=(who.person.email) required;
                    span.hint { "The e-mail address of the account." } }
                label { "Amount in US dollar"
                    input type="text" inputmode="decimal" name="amount" pattern="[0-9]+([.][0-9]{1,12})?" required; }
                label { "Note" input type="text" name="note" maxlength=(NOTE); }
                button { "Grant it" }
            }
        }
    }
}

/// `POST /dashboard/credit/grant`, for whoever runs the installation.
async fn grant(State(app): State<Arc<App>>, form: Form) -> Result<Response, DashboardError> {
    let Form { who, fields } = form;
    who.need_operator()?;
    match give(&app, &who, &fields).await {
        Ok(()) => Ok(Redirect::to(&format!("{ROOT}/credit?kind=grants#ledger")).into_response()),
        Err(Refusal::Field(problem)) => {
            let notice = layout::notice("bad", &problem);
            let page = show(&app, &who, &Look::default().read()?, Some(notice)).await?;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(Refusal::Store(error)) => Err(error.into()),
    }
}

/// Why credit is not granted.
enum Refusal {
    /// A field is wrong; what, as a sentence.
    Field(String),
    Store(StoreError),
}

async fn give(app: &App, who: &SignedIn, fields: &Fields) -> Result<(), Refusal> {
    let (email, note) = (fields.text("account"), fields.text("note"));
    let amount = Money::parse_usd(fields.text("amount")).filter(|amount| *amount > Money::ZERO);
    let amount = amount.ok_or_else(|| {
        Refusal::Field("Amount must be dollars above 0, as 25 or 0.50, with 12 decimals at most.".into())
    })?;
    if note.chars().count() > NOTE {
        return Err(Refusal::Field(format!("Note must have {NOTE} characters at most.")));
    }
    let store = &app.storage.store;
    let account = store.account_by_email(email).await.map_err(|error| match error {
        StoreError::NotFound(_) => Refusal::Field(format!("There is no account {email}.")),
        other => Refusal::Store(other),
    })?;
    let act = Act::person(who.person.id, Timestamp::now());
    match store.grant(account.id, amount, note, &act).await {
        Ok(_) => Ok(()),
        Err(StoreError::BadAmount(_)) => {
            Err(Refusal::Field("Amount is more than an account can hold.".into()))
        }
        Err(other) => Err(Refusal::Store(other)),
    }
}
