//! `POST /dashboard/tools/{owner}/{model}/run`: the form is sent. What becomes of it is decided by the code of the public
//! API; here is only who may send it, and how the answer is told to a page or to its script.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use atelier_domain::{Role, Task, Tool};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json as object;

use super::super::error::DashboardError;
use super::super::session::SignedIn;
use super::super::{ROOT, form};
use super::example::Shown;
use super::page::View;
use super::refusal::{self, Refusal};
use super::{json, tool};
use crate::app::App;
use crate::wiro::body::{self, Fields, Sent};
use crate::wiro::envelope::WiroError;
use crate::wiro::run::{accept, served_tool};

/// The handler.
pub(super) async fn run(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
    who: SignedIn,
    request: Request,
) -> Result<Response, DashboardError> {
    let tool = tool(&app, &path)?;
    who.need(Role::Member)?;
    let (head, body) = request.into_parts();
    let by_script = form::wants_json(&head.headers);
    let fields = match body::decode_with_files(&head.headers, body, &app.config.limits).await {
        Ok(fields) => fields,
        // A file that is too large; the rest of the body was not read.
        Err(error) => return refused(&app, &who, tool, None, refusal::of(error)?, by_script).await,
    };
    form::check_token(&who, &fields.text(form::TOKEN).unwrap_or_default())?;
    let typed = Typed::of(tool, &fields);
    match submit(&app, &who, tool, without_replaced(fields)).await {
        Ok(task) if by_script => Ok(json(&object!({"task": task.id.to_string(), "token": task.token}))),
        Ok(task) => Ok(Redirect::to(&format!("{ROOT}/tasks/{}", task.id)).into_response()),
        Err(error) => refused(&app, &who, tool, Some(typed), refusal::of(error)?, by_script).await,
    }
}

/// Submits for the chosen project, which must be the account's own.
async fn submit(app: &App, who: &SignedIn, tool: &Tool, fields: Fields) -> Result<Task, WiroError> {
    let projects = app.storage.store.projects_of(who.account()).await.map_err(WiroError::from_store)?;
    let wanted = fields.text("projectid").unwrap_or_default();
    let project =
        projects.iter().find(|project| project.id.to_string() == wanted).ok_or(WiroError::NotYours)?;
    served_tool(app, &tool.slug)?;
    app.rates.project(project.id)?;
    accept(app, tool, project, fields, None).await
}

/// Chosen files take the place of the samples that the form began with: without a script both are sent.
fn without_replaced(fields: Fields) -> Fields {
    let chosen = |sent: &Sent| matches!(sent, Sent::File(file) if file.size > 0);
    let named = fields.0.iter().filter(|(_, sent)| chosen(sent)).map(|(name, _)| name.clone());
    let named: HashSet<String> = named.collect();
    Fields(fields.0.into_iter().filter(|(name, sent)| chosen(sent) || !named.contains(name)).collect())
}

/// What was typed, to be shown again.
struct Typed {
    shown: Shown,
    project: Option<String>,
}

impl Typed {
    fn of(tool: &Tool, fields: &Fields) -> Self {
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for parameter in &tool.parameters {
            let sent = fields.0.iter().filter(|(name, _)| *name == parameter.name);
            let text = sent
                .filter_map(|(_, sent)| if let Sent::Value(value) = sent { value.as_str() } else { None });
            texts.insert(parameter.name.clone(), text.map(str::to_owned).collect());
        }
        Self { shown: Shown(texts), project: fields.text("projectid") }
    }
}

/// The answer to a run that is not accepted: to a script what is wrong where, to a browser the form as it was sent.
async fn refused(
    app: &App,
    who: &SignedIn,
    tool: &Tool,
    typed: Option<Typed>,
    refusal: Refusal,
    by_script: bool,
) -> Result<Response, DashboardError> {
    const STATUS: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    if by_script {
        return Ok((STATUS, json(&object!({ "problem": refusal }))).into_response());
    }
    let Typed { shown, project } =
        typed.unwrap_or_else(|| Typed { shown: Shown::defaults(tool), project: None });
    let again = Refusal::whole("This was not run, and nothing was charged. Files have to be chosen again.");
    let problems = [again, refusal];
    let view = View { app, who, tool, shown, problems: &problems, project, follow: None };
    Ok((STATUS, view.show().await?).into_response())
}
