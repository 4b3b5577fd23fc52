//! Ledger and usage as CSV (RFC 4180), for spreadsheets: a text that one would take for a formula is marked as text.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use atelier_store::{LedgerEntry, Place, Project, Usage};
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::{Look, kind_word, since};
use crate::app::App;
use crate::dashboard::error::DashboardError;
use crate::dashboard::layout;
use crate::dashboard::session::SignedIn;

/// Ledger rows that are read at a time: the export is written as it is read, however long it is.
const CHUNK: u32 = 1000;

/// `GET /dashboard/credit/ledger.csv`: every movement, oldest first.
pub(super) async fn ledger(State(app): State<Arc<App>>, who: SignedIn) -> Result<Response, DashboardError> {
    let account = who.account();
    let rows = stream::try_unfold(Some(0), move |after| {
        let store = app.storage.store.clone();
        async move {
            let Some(after) = after else { return Ok::<_, io::Error>(None) };
            let part = store.ledger_history(account, false, Place::After(after), CHUNK).await;
            let part = part.map_err(io::Error::other)?;
            let mut text = String::new();
            if after == 0 {
                text.push_str("number,time,kind,task,amount_usd,note\r\n");
            }
            for entry in part.entries.iter().rev() {
                ledger_row(&mut text, entry);
            }
            let next = part.entries.first().filter(|_| part.newer).map(|entry| entry.id);
            Ok(Some((text, next)))
        }
    });
    Ok(attachment("atelier-ledger.csv", Body::from_stream(rows)))
}

/// `GET /dashboard/credit/usage.csv?days=90`: runs and cost by day, project and tool.
pub(super) async fn usage(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Query(look): Query<Look>,
) -> Result<Response, DashboardError> {
    let store = &app.storage.store;
    let used = store.usage(who.account(), since(look.read()?.days)).await?;
    let projects = store.projects().await?;
    let mut text = "day,project,tool,runs,succeeded,failed,cancelled,cost_usd\r\n".to_owned();
    for line in &used {
        usage_row(&mut text, line, &projects);
    }
    Ok(attachment("atelier-usage.csv", text.into()))
}

fn attachment(name: &str, body: Body) -> Response {
    let about = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (about, body).into_response()
}

fn ledger_row(text: &mut String, entry: &LedgerEntry) {
    let LedgerEntry { id, amount, .. } = entry;
    let task = entry.task.map_or_else(String::new, |task| task.to_string());
    let (at, kind, note) = (layout::exact(entry.at), kind_word(entry.kind), cell(&entry.note));
    // Writing into a string never fails.
    let _ = write!(text, "{id},{at},{kind},{task},{amount},{note}\r\n");
}

fn usage_row(text: &mut String, line: &Usage, projects: &[Project]) {
    let day = layout::exact(line.day);
    let day = day.get(..10).unwrap_or_default();
    let project = projects.iter().find(|project| project.id == line.project);
    let project = cell(project.map_or("", |project| &project.name));
    let Usage { runs, succeeded, failed, cancelled, cost, .. } = line;
    let tool = cell(&line.tool.to_string());
    let _ = write!(text, "{day},{project},{tool},{runs},{succeeded},{failed},{cancelled},{cost}\r\n");
}

/// Somebody's text as a cell. What begins like a formula gets a quote, so that a spreadsheet does not run it.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, expected) in [
            ("to begin with", "to begin with"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-x", "'-x"),
            ("@a,b", "\"'@a,b\""),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
