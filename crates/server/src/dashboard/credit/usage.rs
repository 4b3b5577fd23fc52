//! How an account was used, day by day and tool by tool.

use std::collections::BTreeMap;
use std::time::Duration;

use atelier_domain::{Money, Timestamp, ToolSlug};
use atelier_store::{DaySpans, Usage};
use maud::{Markup, html};

use super::chart::{Chart, Form, Series};
use crate::app::App;
use crate::dashboard::ROOT;
use crate::dashboard::history::span;
use crate::dashboard::layout::{self, dollars};

/// What became of some runs.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    runs: u64,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    cost: Money,
}

impl Sum {
    /// These and some more.
    fn with(self, line: &Usage) -> Self {
        Self {
            runs: self.runs + line.runs,
            succeeded: self.succeeded + line.succeeded,
            failed: self.failed + line.failed,
            cancelled: self.cancelled + line.cancelled,
            cost: self.cost + line.cost,
        }
    }

    /// The sums of lines that have something in common.
    fn by<K: Ord>(used: &[Usage], key: impl Fn(&Usage) -> K) -> BTreeMap<K, Self> {
        let mut sums: BTreeMap<K, Self> = BTreeMap::new();
        for line in used {
            let sum = sums.entry(key(line)).or_default();
            *sum = sum.with(line);
        }
        sums
    }

    /// The part of those that were not taken back that succeeded.
    fn success(&self) -> Option<f64> {
        let ended = self.succeeded + self.failed;
        (ended > 0).then(|| number(self.succeeded) / number(ended))
    }
}

/// A count for a chart.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The charts and the tools of the last days.
pub(super) fn show(app: &App, days: u32, from: Timestamp, used: &[Usage], spans: &[DaySpans]) -> Markup {
    let all = used.iter().fold(Sum::default(), Sum::with);
    let other = |count: u32| {
        html! { a href={ (ROOT) "/credit?days=" (count) } aria-current=[(count == days).then_some("true")] { (count) " days" } }
    };
    html! {
        section aria-labelledby="usage" {
            div.row.spread.heading {
                h2 #usage { "Usage" }
                div.row.tabs { (other(30)) (other(90)) }
                a href={ (ROOT) "/credit/usage.csv?days=" (days) } download="atelier-usage.csv" { "These days as CSV" }
            }
            @if all.runs == 0 {
                p.card.faint { "Nothing was run in these days." }
            } @else {
                p { (all.runs) @if all.runs == 1 { " run, " } @else { " runs, " } @if let Some(rate) = all.success() { (percent(rate)) " of them with success, " } (layout::money(all.cost)) " spent." }
                @let shown = all_days(from, days);
                div.charts {
                    @for chart in run_charts(&shown, used) { div.card { (chart.show()) } }
                    @for chart in time_charts(&shown, spans) { div.card { (chart.show()) } }
                }
                (tools(app, used))
            }
        }
    }
}

fn all_days(from: Timestamp, days: u32) -> Vec<Timestamp> {
    (0..u64::from(days)).map(|day| from.after(Duration::from_hours(24 * day))).collect()
}

/// How many runs there were, what became of them and what they cost.
fn run_charts<'d>(days: &'d [Timestamp], used: &[Usage]) -> [Chart<'d>; 3] {
    let sums = Sum::by(used, |line| line.day);
    let each = |name, class, of: fn(&Sum) -> Option<f64>| Series {
        name,
        class,
        values: days.iter().map(|day| sums.get(day).and_then(of)).collect(),
    };
    let open = |sum: &Sum| Some(number(sum.runs.saturating_sub(sum.succeeded + sum.failed + sum.cancelled)));
    let runs = vec![
        each("succeeded", "good", |sum| Some(number(sum.succeeded))),
        each("failed", "bad", |sum| Some(number(sum.failed))),
        each("cancelled", "faint", |sum| Some(number(sum.cancelled))),
        each("under way", "warn", open),
    ];
    let spend = vec![each("spend", "accent", |sum| Some(in_dollars(sum.cost)))];
    let success = vec![each("success", "accent", Sum::success)];
    let chart = |id, title, form, series, say| Chart { id, title, form, days, series, say, top: None };
    [
        chart("runs", "Runs", Form::Stacked, runs, whole),
        Chart { top: Some(1.0), ..chart("success", "Success rate", Form::Lines, success, percent) },
        chart("spend", "Spend", Form::Stacked, spend, said_dollars),
    ]
}

/// How long runs waited and took.
fn time_charts<'d>(days: &'d [Timestamp], spans: &[DaySpans]) -> [Chart<'d>; 2] {
    let times = |name, class, of: fn(&DaySpans) -> Duration| {
        let of_day = |day: &Timestamp| spans.iter().find(|spans| spans.day == *day);
        let seconds = |day| of_day(day).map(|spans| of(spans).as_secs_f64());
        Series { name, class, values: days.iter().map(seconds).collect() }
    };
    let chart =
        |id, title, series| Chart { id, title, form: Form::Lines, days, series, say: seconds, top: None };
    let wait = vec![
        times("half waited at most", "accent", |spans| spans.wait.p50),
        times("19 of 20 at most", "faint", |spans| spans.wait.p95),
    ];
    let run = vec![
        times("half ran at most", "accent", |spans| spans.run.p50),
        times("19 of 20 at most", "faint", |spans| spans.run.p95),
    ];
    [chart("wait", "Waiting", wait), chart("run", "Running", run)]
}

/// An amount for a chart, which need not be exact.
fn in_dollars(cost: Money) -> f64 {
    cost.to_string().parse().unwrap_or_default()
}

fn whole(value: f64) -> String {
    // Half of an odd scale is no number of runs.
    if value.fract() == 0.0 { format!("{value:.0}") } else { String::new() }
}

fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

fn said_dollars(value: f64) -> String {
    if value.abs() >= 10.0 { format!("${value:.0}") } else { format!("${value:.2}") }
}

fn seconds(value: f64) -> String {
    span(Duration::try_from_secs_f64(value).unwrap_or_default())
}

/// What each tool did and cost, the dearest first.
fn tools(app: &App, used: &[Usage]) -> Markup {
    let mut sums: Vec<_> = Sum::by(used, |line| line.tool.clone()).into_iter().collect();
    sums.sort_by_key(|(_, sum)| (-sum.cost, std::cmp::Reverse(sum.runs)));
    let most = sums.iter().map(|(_, sum)| in_dollars(sum.cost)).fold(0.0, f64::max);
    let part = |cost| format!("{:.1}", if most > 0.0 { in_dollars(cost) / most * 100.0 } else { 0.0 });
    let name = |slug: &ToolSlug| {
        app.catalogue.find(slug).map_or_else(|| slug.to_string(), |tool| tool.raw_names().1.to_owned())
    };
    html! {
        section.card {
            h2 { "By tool" }
            div.scroll { table.tools {
                caption.hidden { "Runs and spend of each tool" }
                thead { tr { th scope="col" { "Tool" } th.number scope="col" { "Runs" } th.number scope="col" { "Success" }
                    th.lane aria-hidden="true" { "" } th.number scope="col" { "Spend" } } }
                tbody { @for (slug, sum) in sums {
                    tr {
                        th scope="row" { a href={ (ROOT) "/tasks?tool=" (slug) } { (name(&slug)) } }
                        td.number { (sum.runs) }
                        td.number { (sum.success().map_or_else(|| "–".to_owned(), percent)) }
                        td.lane aria-hidden="true" { svg viewBox="0 0 100 6" preserveAspectRatio="none" {
                            rect.accent width=(part(sum.cost)) height="6" {} } }
                        td.number { (dollars(sum.cost)) }
                    }
                } }
            } }
        }
    }
}
