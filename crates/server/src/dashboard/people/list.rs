//! The people of an account, and all accounts for the operator.

use std::sync::Arc;

use atelier_domain::{Role, Timestamp};
use atelier_store::{Account, Act, Person};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::error::DashboardError;
use super::super::form::Form;
use super::super::layout::{self, Page, Section};
use super::super::session::SignedIn;
use super::{ROOT, audit, invitations, reachable};
use crate::app::App;

/// Which page of the log to show.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// `GET /dashboard/people`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
    who: SignedIn,
) -> Result<Response, DashboardError> {
    let store = &app.storage.store;
    let people = store.people(Some(who.account())).await?;
    let now = Timestamp::now();
    let mut pending = store.invites(Some(who.account()), now).await?;
    if who.person.operator {
        pending.extend(store.invites(None, now).await?);
    }
    let accounts =
        if who.person.operator { Some((store.accounts().await?, store.people(None).await?)) } else { None };
    let content = html! {
        section.card {
            h2 { "People of this account" }
            div.scroll tabindex="0" { table {
                thead { tr {
                    th scope="col" { "Address" } th scope="col" { "Role" } th scope="col" { "Since" }
                        th scope="col" { "Action" }
                } }
                tbody { @for person in &people { (row(&who, person)) } }
            } }
        }
        (invitations::section(&who, &pending))
        @if let Some((accounts, people)) = &accounts { (all_accounts(&who, accounts, people)) }
        (audit::section(&app, &who, wanted.page.unwrap_or(1).max(1)).await?)
    };
    Ok(Page { title: "People", section: Section::People, who: &who, modules: &[], styles: &["admin.css"] }
        .show(&content))
}

fn row(who: &SignedIn, person: &Person) -> Markup {
    let there = format!("{ROOT}/people/{}", person.id);
    let is_me = person.id == who.person.id;
    html! { tr {
        th scope="row" { (person.email) @if is_me { " (you)" } @if person.operator { " "
            span.tag { "operator" } } }
        td { @if who.may(Role::Owner) {
            form.row method="post" action={ (there) "/role" } {
                (layout::token(who))
                select name="role" aria-label={ "Role of " (person.email) } { @for role in Role::ALL {
                    option value=(role.word()) selected[role == person.role] { (role.word()) }
                } }
                button.second.small aria-label={ "Change the role of " (person.email) } { "Change" }
            }
        } @else { (person.role.word()) } }
        td { (layout::time(person.created)) }
        td { @if who.may(Role::Owner) && !is_me { div.row {
            (reset_button(who, person))
            form method="post" action={ (there) "/remove" }
                data-confirm={ "Remove " (person.email) "? They are signed out, and come back by invitation only." } {
                (layout::token(who))
                button.danger.small aria-label={ "Remove " (person.email) } { "Remove" }
            }
        } } }
    } }
}

fn reset_button(who: &SignedIn, person: &Person) -> Markup {
    html! {
        form method="post" action={ (ROOT) "/people/" (person.id) "/reset" } {
            (layout::token(who))
            button.second.small
                aria-label={ "Make a link for a new password of " (person.email) } { "New password" }
        }
    }
}

fn all_accounts(who: &SignedIn, accounts: &[Account], people: &[Person]) -> Markup {
    html! {
        section.card {
            h2 { "All accounts" }
            div.scroll tabindex="0" { table {
                caption.faint { "Only the operator sees this." }
                thead { tr {
                    th scope="col" { "Account" } th.number scope="col" { "Balance" }
                        th.number scope="col" { "Unfinished tasks" }
                    th scope="col" { "Since" } th scope="col" { "People" }
                } }
                tbody { @for account in accounts { tr {
                    th scope="row" { (account.email) }
                    td.number { @if account.unlimited { "free of charge" } @else {
                        (layout::money(account.balance)) } }
                    td.number { (account.unfinished) }
                    td { (layout::time(account.created)) }
                    td { ul.plain { @for person in people.iter().filter(|person| person.account == account.id) {
                        li.row { (person.email) ", " (person.role.word())
                            @if account.id != who.account() { (reset_button(who, person)) } }
                    } } }
                } } }
            } }
        }
    }
}

/// `POST /dashboard/people/{id}/role`
pub(super) async fn role(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    let person = own(&app, &who, id).await?;
    let role =
        Role::parse(fields.text("role")).ok_or_else(|| DashboardError::Invalid("Choose a role.".into()))?;
    app.storage.store.set_role(person.id, role, &Act::person(who.person.id, Timestamp::now())).await?;
    Ok(Redirect::to(&format!("{ROOT}/people")).into_response())
}

/// `POST /dashboard/people/{id}/remove`
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, .. }: Form,
) -> Result<Response, DashboardError> {
    let person = own(&app, &who, id).await?;
    if person.operator {
        return Err(DashboardError::Invalid("The operator cannot be removed.".into()));
    }
    app.storage.store.remove_person(person.id, &Act::person(who.person.id, Timestamp::now())).await?;
    Ok(Redirect::to(&format!("{ROOT}/people")).into_response())
}

/// A person whom an owner may change: of their own account.
async fn own(app: &App, who: &SignedIn, id: i64) -> Result<Person, DashboardError> {
    let person = reachable(app, who, id).await?;
    if person.account != who.account() {
        return Err(DashboardError::NotFound);
    }
    who.need(Role::Owner)?;
    Ok(person)
}
