//! What an account has run, spent and has left: `Task/List`, `Task/Stat`, `Wallet/...`, `Project/UsageSummary`.
//!
//! Only `Task/List` is described by the contract. The other calls are named there without a shape, so their
//! replies are ours, in the envelope and the typing of the rest:
//!
//! - `Task/Stat`: `total`, `statuses` (count by status) and `days`, each with `day`, `total`, `succeeded`, `failed`,
//!   `cancelled`, `unfinished` and `totalcost`. `day` is the first second of a day of UTC; those without tasks are left out.
//! - `Project/UsageSummary`: `list` of projects with `projectid`, `name` and the same counts and cost.
//! - `Wallet/List`: `list` of one wallet with `uuid`, `currency` and `balance`, which excludes what is reserved.
//! - `Wallet/TransactionList`: `total` and `list` of movements with `type`, `taskid`, `amount`, `note` and `time`.
//!
//! `Task/Stat` and `Project/UsageSummary` look back `days` days, 30 unless asked otherwise.

use std::sync::Arc;

use atelier_domain::{Money, ProjectId, TaskState, Timestamp};
use atelier_store::{LedgerKind, Page, Project, TaskCount, TaskQuery};
use axum::extract::{Request, State};
use serde_json::{Map, Value, json};

use super::auth::caller;
use super::body::Fields;
use super::envelope::{Reply, WiroError};
use super::render;
use super::schema::{
    Days, Part, StatisticsAnswer, TaskListRequest, TasksAnswer, TransactionsAnswer, UsageAnswer,
    WalletsAnswer,
};
use crate::app::App;

/// How far back statistics look, in days, and how far they can be asked to.
const DAYS: i64 = 30;
const MOST_DAYS: i64 = 366;
/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// `POST /v1/Task/List`: the account's tasks, newest first, in parts.
#[utoipa::path(
    post,
    path = "/v1/Task/List",
    tag = "Tasks",
    request_body = TaskListRequest,
    responses((status = 200, description = "Done or refused", body = TasksAnswer))
)]
pub(crate) async fn tasks(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (project, fields) = caller(&app, request).await?;
    let wanted = TaskQuery {
        account: project.account,
        tool: fields.text("modelName").map(|name| canonical(&name)),
        slice: fields.slice(),
    };
    let Page { entries, total } = app.storage.store.tasks(&wanted).await.map_err(WiroError::from_store)?;
    Ok(members([
        ("total", json!(total.to_string())),
        ("tasklist", entries.iter().map(|task| render::task(&app, task)).collect()),
    ]))
}

/// A part of a tool's name as tasks are stored under it, whichever spelling it was given in.
fn canonical(name: &str) -> String {
    let canonical = name.split('/').map(atelier_domain::slug).collect::<Vec<_>>().join("/");
    // Nothing must not match everything.
    if canonical.is_empty() { name.to_owned() } else { canonical }
}

/// `POST /v1/Task/Stat`
#[utoipa::path(
    post,
    path = "/v1/Task/Stat",
    tag = "Account",
    request_body = Days,
    responses((status = 200, description = "Done or refused", body = StatisticsAnswer))
)]
pub(crate) async fn statistics(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (project, fields) = caller(&app, request).await?;
    let counts = recent(&app, &project, &fields).await?;
    let total = |counts: &mut dyn Iterator<Item = &TaskCount>| -> Value {
        json!(counts.map(|count| count.tasks).sum::<u64>().to_string())
    };
    // Two states share a status.
    let statuses = TaskState::ALL.map(render::status).map(|status| {
        let count = total(&mut counts.iter().filter(|count| render::status(count.state) == status));
        (status.to_owned(), count)
    });
    let days = counts.chunk_by(|one, next| one.day == next.day).map(|day| {
        let mut shown = summary(&day.iter());
        shown.insert("day".into(), json!(day[0].day.seconds().to_string()));
        Value::Object(shown)
    });
    Ok(members([
        ("total", total(&mut counts.iter())),
        ("statuses", Value::Object(statuses.into_iter().collect())),
        ("days", days.collect()),
    ]))
}

/// `POST /v1/Project/UsageSummary`
#[utoipa::path(
    post,
    path = "/v1/Project/UsageSummary",
    tag = "Account",
    request_body = Days,
    responses((status = 200, description = "Done or refused", body = UsageAnswer))
)]
pub(crate) async fn usage(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (caller, fields) = caller(&app, request).await?;
    let counts = recent(&app, &caller, &fields).await?;
    let projects = app.storage.store.projects().await.map_err(WiroError::from_store)?;
    let of = |id: ProjectId| counts.iter().filter(move |count| count.project == id);
    let own = projects.iter().filter(|project| project.account == caller.account);
    let shown = own.map(|project| {
        let mut shown = summary(&of(project.id));
        shown.insert("projectid".into(), json!(project.id.to_string()));
        shown.insert("name".into(), json!(project.name));
        Value::Object(shown)
    });
    let shown: Vec<Value> = shown.collect();
    Ok(members([("total", json!(shown.len().to_string())), ("list", Value::Array(shown))]))
}

/// `POST /v1/Wallet/List`
#[utoipa::path(
    post,
    path = "/v1/Wallet/List",
    tag = "Account",
    responses((status = 200, description = "Done or refused", body = WalletsAnswer))
)]
pub(crate) async fn wallets(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (project, _) = caller(&app, request).await?;
    let account = app.storage.store.account(project.account).await.map_err(WiroError::from_store)?;
    let wallet = json!({
        "uuid": account.id.to_string(),
        "currency": "USD",
        "balance": account.balance.to_string(),
    });
    Ok(members([("total", json!("1")), ("list", json!([wallet]))]))
}

/// `POST /v1/Wallet/TransactionList`: every movement of credit, newest first, in parts.
#[utoipa::path(
    post,
    path = "/v1/Wallet/TransactionList",
    tag = "Account",
    request_body = Part,
    responses((status = 200, description = "Done or refused", body = TransactionsAnswer))
)]
pub(crate) async fn transactions(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (project, fields) = caller(&app, request).await?;
    let page = app.storage.store.ledger_page(project.account, &fields.slice()).await;
    let Page { entries, total } = page.map_err(WiroError::from_store)?;
    let shown = entries.iter().map(|entry| {
        json!({
            "type": word(entry.kind),
            "taskid": entry.task.map_or_else(|| "0".to_owned(), |task| task.to_string()),
            "amount": entry.amount.to_string(),
            "note": entry.note,
            "time": entry.at.seconds().to_string(),
        })
    });
    Ok(members([("total", json!(total.to_string())), ("list", shown.collect())]))
}

fn word(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Grant => "grant",
        LedgerKind::Reserve => "reserve",
        LedgerKind::Release => "release",
        LedgerKind::Charge => "charge",
    }
}

/// The counts of the days asked for: today and those before it.
async fn recent(app: &App, project: &Project, fields: &Fields) -> Result<Vec<TaskCount>, WiroError> {
    let days = fields.text("days").and_then(|text| text.parse().ok()).unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let now = Timestamp::now();
    let since = Timestamp(now.0 - now.0.rem_euclid(DAY) - (days - 1) * DAY);
    app.storage.store.task_counts(project.account, since).await.map_err(WiroError::from_store)
}

fn summary<'a>(counts: &(impl Iterator<Item = &'a TaskCount> + Clone)) -> Map<String, Value> {
    let tasks = |which: fn(TaskState) -> bool| {
        counts.clone().filter(|count| which(count.state)).map(|count| count.tasks).sum::<u64>().to_string()
    };
    let cost: Money = counts.clone().map(|count| count.cost).sum();
    let members = [
        ("total", tasks(|_| true)),
        ("succeeded", tasks(|state| state == TaskState::Succeeded)),
        ("failed", tasks(|state| state == TaskState::Failed)),
        ("cancelled", tasks(|state| state == TaskState::Cancelled)),
        ("unfinished", tasks(|state| !state.is_terminal())),
        ("totalcost", cost.to_string()),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Reply {
    Reply(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
