//! Links that let somebody in, or set their password anew.

use std::sync::Arc;

use atelier_domain::{LinkSecret, Role, Timestamp};
use atelier_store::{Act, Link, LinkPurpose, NewLink, StoreError};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::super::error::DashboardError;
use super::super::form::Form;
use super::super::layout;
use super::super::session::SignedIn;
use super::{ROOT, link_shown_once, reachable};
use crate::app::App;

/// The most characters of a note.
const NOTE: usize = 100;

/// The part of the page about invitations.
pub(super) fn section(who: &SignedIn, pending: &[Link]) -> Markup {
    html! {
        section.card {
            h2 #invitations { "Invitations" }
            @if pending.is_empty() { p.faint { "None is open." } } @else {
                div.scroll tabindex="0" { table {
                    thead { tr {
                        th scope="col" { "For" } th scope="col" { "Role" } th scope="col" { "Made" }
                            th scope="col" { "Ends" }
                        th scope="col" { "Action" }
                    } }
                    tbody { @for link in pending { tr {
                        th scope="row" { (note(link)) }
                        td { @match link.purpose {
                            LinkPurpose::Invite { account: Some(_), role } => (role.word()),
                            _ => "an account of their own",
                        } }
                        td { (layout::time(link.created)) }
                        td { (layout::time(link.expires)) }
                        td { @if who.may(Role::Owner) {
                            form method="post" action={ (ROOT) "/people/invitations/" (link.id) "/revoke" } {
                                (layout::token(who))
                                button.danger.small
                                    aria-label={ "Take back the invitation for " (note(link)) } { "Take back" }
                            }
                        } }
                    } } }
                } }
            }
            @if who.may(Role::Owner) {
                h3 { "Invite somebody" }
                form.stack method="post" action={ (ROOT) "/people/invite" } {
                    (layout::token(who))
                    label { "For whom"
                        input name="note" required maxlength=(NOTE) autocomplete="off";
                        span.hint { "A name, for you to recognise the invitation by." }
                    }
                    label { "Role"
                        select name="role" { @for role in Role::ALL {
                            option value=(role.word()) { (role.word()) ": " (may(role)) } } }
                    }
                    @if who.person.operator {
                        label.choice { input type="checkbox" name="own-account";
                            span { "To an account of their own"
                            span.hint { "They own it, whatever the role. It starts without credit." } } }
                    }
                    p { button { "Make a link" } }
                }
            }
        }
    }
}

fn note(link: &Link) -> &str {
    if link.note.is_empty() { "somebody" } else { &link.note }
}

/// What a role may, in words.
fn may(role: Role) -> &'static str {
    match role {
        Role::Viewer => "looks at everything but secrets",
        Role::Member => "runs, stops and deletes besides",
        Role::Owner => "makes projects and keys, invites people besides",
    }
}

/// `POST /dashboard/people/invite`
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    who.need(Role::Owner)?;
    let invalid = |words: String| DashboardError::Invalid(words);
    let note = fields.text("note").to_owned();
    if note.is_empty() || note.chars().count() > NOTE || note.chars().any(char::is_control) {
        return Err(invalid(format!("Say for whom it is, in 1 to {NOTE} characters.")));
    }
    let role = Role::parse(fields.text("role")).ok_or_else(|| invalid("Choose a role.".into()))?;
    let purpose = if fields.has("own-account") {
        who.need_operator()?;
        LinkPurpose::Invite { account: None, role: Role::Owner }
    } else {
        LinkPurpose::Invite { account: Some(who.account()), role }
    };
    let text = match purpose {
        LinkPurpose::Invite { account: None, .. } => {
            format!("Give it to {note}. Whoever opens it gets an account of their own.")
        }
        _ => format!("Give it to {note}. Whoever opens it joins this account as {}.", role.word()),
    };
    let secret = make(&app, &who, purpose, note).await?;
    Ok(link_shown_once(&app, &who, "An invitation", &text, &secret))
}

async fn make(
    app: &App,
    who: &SignedIn,
    purpose: LinkPurpose,
    note: String,
) -> Result<LinkSecret, DashboardError> {
    let (secret, now) = (LinkSecret::random(), Timestamp::now());
    let expires = now.after(app.config.dashboard.link);
    let new = NewLink { purpose, secret: secret.clone(), note, expires };
    app.storage.store.make_link(new, &Act::person(who.person.id, now)).await?;
    Ok(secret)
}

/// `POST /dashboard/people/invitations/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, .. }: Form,
) -> Result<Response, DashboardError> {
    who.need(Role::Owner)?;
    let act = Act::person(who.person.id, Timestamp::now());
    let store = &app.storage.store;
    match store.revoke_link(Some(who.account()), id, &act).await {
        Err(StoreError::NotFound(_)) if who.person.operator => store.revoke_link(None, id, &act).await?,
        result => result?,
    }
    Ok(Redirect::to(&format!("{ROOT}/people#invitations")).into_response())
}

/// `POST /dashboard/people/{id}/reset`
pub(super) async fn reset(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Form { who, .. }: Form,
) -> Result<Response, DashboardError> {
    let person = reachable(&app, &who, id).await?;
    if !who.person.operator {
        who.need(Role::Owner)?;
    }
    // Whoever sets the password of the operator is the operator.
    if person.operator && !who.person.operator {
        return Err(DashboardError::Invalid(
            "Only the operator can set the password of the operator.".into(),
        ));
    }
    let secret = make(&app, &who, LinkPurpose::Reset(person.id), person.email.to_string()).await?;
    let text =
        format!("Give it to {}, who sets a new password by it. Their sessions end then.", person.email);
    Ok(link_shown_once(&app, &who, "A link for a new password", &text, &secret))
}
