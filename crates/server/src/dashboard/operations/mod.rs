//! The installation, for whoever runs it: what serves the tools, who works, what failed, what is stored and set.

mod failures;
mod serving;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::ROOT;
use super::error::DashboardError;
use super::layout::{self, Page, Section};
use super::session::SignedIn;
use crate::app::App;

/// The paths of this section.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/operations", get(page)).route("/operations/tasks/{id}/retry", post(failures::retry))
}

/// What to show.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// Which page of the failed tasks.
    page: Option<u64>,
    /// The number of a task that was just made from a failed one.
    retried: Option<i64>,
}

/// `GET /dashboard/operations`
async fn page(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
    who: SignedIn,
) -> Result<Response, DashboardError> {
    who.need_operator()?;
    let content = html! {
        @if let Some(task) = wanted.retried {
            (layout::notice("good", &format!("The task waits again, under the number {task}.")))
        }
        (state::figures(&app).await?)
        (state::workers(&app).await?)
        (serving::sections(&app).await?)
        (failures::section(&app, &who, wanted.page.unwrap_or(1).max(1)).await?)
        (settings(&app))
    };
    Ok(Page {
        title: "Operations",
        section: Section::Operations,
        who: &who,
        modules: &[],
        styles: &["admin.css"],
    }
    .show(&content))
}

/// The settings in effect, section by section.
fn settings(app: &App) -> Markup {
    let settings = app.config.settings();
    let section = |name: &str| name.rsplit_once('.').map_or("general", |(section, _)| section).to_owned();
    let mut sections: Vec<String> = settings.iter().map(|setting| section(&setting.name)).collect();
    sections.sort();
    sections.dedup();
    html! {
        section.card {
            h2 { "Settings in effect" }
            p.faint { "From the settings file, the environment and flags. Secrets are not shown." }
            @for name in &sections {
                @let here: Vec<_> = settings.iter().filter(|setting| section(&setting.name) == *name).collect();
                @let changed = here.iter().filter(|setting| setting.changed).count();
                details {
                    summary { (name) @if changed > 0 { " " span.tag.warn { (changed) " changed" } } }
                    dl.inset { @for setting in here {
                        dt { code { (setting.name) } }
                        dd { code { @if setting.value.is_empty() { "empty" } @else { (setting.value) } }
                            @if setting.changed { " " span.tag.warn { "changed" } } }
                    } }
                }
            }
        }
    }
}

/// A number of bytes for people, in powers of ten as disks are sold.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A span for people, in its largest unit.
fn span(time: std::time::Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sizes_and_spans_are_short() {
        let sizes = [0, 999, 1000, 999_499, 999_950, 8_400_000_000, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "999.5 kB", "1.0 MB", "8.4 GB", "18446744.1 TB"]);
        let spans = [0, 119, 120, 7200, 172_800].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(spans, ["0 s", "119 s", "2 min", "2 h", "2 days"]);
    }
}
