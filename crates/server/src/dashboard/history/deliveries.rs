//! Who was told of a task's end, how that went, and telling them again.

use atelier_domain::{Role, Task};
use atelier_store::{Delivery, DeliveryAttempt, DeliveryFailure, DeliveryState};
use maud::{Markup, html};

use super::words;
use crate::dashboard::ROOT;
use crate::dashboard::layout;
use crate::dashboard::session::SignedIn;

/// The webhooks of a task.
pub(super) fn show(who: &SignedIn, task: &Task, owed: &[Delivery]) -> Markup {
    html! {
        @if !task.callback_url.is_empty() {
            section.card {
                h2 { "Webhook" }
                p.mono { (task.callback_url) }
                @if owed.is_empty() { p.faint { "Nobody is told before the end, nor of a task that was taken back." } }
                @for delivery in owed { (delivery_shown(who, task, delivery)) }
            }
        }
    }
}

fn delivery_shown(who: &SignedIn, task: &Task, delivery: &Delivery) -> Markup {
    html! {
        div.row.spread {
            p { (became(delivery.state)) " " span.faint.mono { (delivery.id) } }
            @if who.may(Role::Member) {
                form method="post" action={ (ROOT) "/tasks/" (task.id) "/deliveries/" (delivery.id) "/replay" } {
                    (layout::token(who))
                    button.second { "Send it again" }
                }
            }
        }
        @if !delivery.attempts.is_empty() {
            div.scroll { table {
                caption.hidden { "Attempts" }
                thead { tr { th scope="col" { "When" } th scope="col" { "Answer" } th.number scope="col" { "Took" } } }
                tbody { @for attempt in &delivery.attempts {
                    tr {
                        td { (layout::time(attempt.at)) }
                        td { (answer(attempt)) }
                        td.number { (words::span(attempt.duration)) }
                    }
                } }
            } }
        }
    }
}

fn became(state: DeliveryState) -> Markup {
    html! {
        @match state {
            DeliveryState::Pending { due } => { span.tag.warn { "due" } " from " (layout::time(due)) },
            DeliveryState::Delivered => { span.tag.good { "delivered" } },
            DeliveryState::Gone => { span.tag.bad { "refused for good" } },
            DeliveryState::Abandoned => { span.tag.bad { "given up" } },
        }
    }
}

fn answer(attempt: &DeliveryAttempt) -> String {
    match attempt.answer {
        Ok(status) => format!("HTTP {status}"),
        Err(DeliveryFailure::Forbidden) => "its address may not be called".into(),
        Err(DeliveryFailure::Connection) => "no connection".into(),
        Err(DeliveryFailure::Tls) => "it could not prove who it is".into(),
        Err(DeliveryFailure::Timeout) => "it took too long".into(),
    }
}
