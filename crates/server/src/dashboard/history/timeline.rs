//! How long each stage of a task took, as a table with bars.

use std::time::Duration;

use atelier_domain::{Task, Timestamp};
use maud::{Markup, html};

use super::words;
use crate::dashboard::layout;

/// One stage.
#[derive(Debug, PartialEq, Eq)]
struct Stage {
    name: &'static str,
    start: Timestamp,
    length: Duration,
}

/// The stages that a task went through, each until the next one began; the last one until `now` if it goes on.
fn stages(task: &Task, now: Timestamp) -> Vec<Stage> {
    let at = &task.timeline;
    let entered = [
        ("Waiting in the queue", Some(at.created)),
        ("Taken by a worker", at.accepted),
        ("Fetching its inputs", at.preprocessing),
        ("Waiting for a device", at.preprocessed),
        ("Starting", at.assigned),
        ("Running", at.running),
        ("Handing over", at.ended),
        ("Storing the result", at.postprocessing),
    ];
    let entered: Vec<_> =
        entered.into_iter().filter_map(|(name, start)| start.map(|start| (name, start))).collect();
    let end = at.finished.or(at.cancelled).unwrap_or(now);
    let next = entered.iter().skip(1).map(|(_, start)| *start).chain([end]);
    entered
        .iter()
        .zip(next)
        .map(|((name, start), next)| Stage { name, start: *start, length: next.since(*start) })
        .collect()
}

/// The table. A bar is drawn for readers who see; the numbers beside it say the same.
pub(super) fn show(task: &Task) -> Markup {
    let stages = stages(task, Timestamp::now());
    let whole = stages.iter().map(|stage| stage.length).sum::<Duration>();
    let part = |span: Duration| format!("{:.2}", span.as_secs_f64() / whole.as_secs_f64().max(1e-3) * 100.0);
    html! {
        section.card {
            h2 { "Timeline" }
            table.timeline {
                caption.hidden { "How long each stage took" }
                thead { tr { th scope="col" { "Stage" } th scope="col" { "Began" } th.lane aria-hidden="true" { "" }
                    th.number scope="col" { "Took" } } }
                tbody { @for stage in &stages {
                    tr {
                        th scope="row" { (stage.name) }
                        td { (layout::time(stage.start)) }
                        td.lane aria-hidden="true" {
                            svg viewBox="0 0 100 6" preserveAspectRatio="none" {
                                rect.rail width="100" height="6" {}
                                rect.span x=(part(stage.start.since(task.timeline.created))) width=(part(stage.length)) height="6" {}
                            }
                        }
                        td.number { (words::span(stage.length)) }
                    }
                } }
                tfoot { tr { th scope="row" { "Altogether" } td {} td.lane aria-hidden="true" {} td.number { (words::span(whole)) } } }
            }
        }
    }
}
