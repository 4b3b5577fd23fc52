//! `POST /v1/Run/{owner}/{model}`: one request becomes one task.

use std::collections::HashMap;
use std::sync::Arc;

use atelier_domain::catalogue::Tool;
use atelier_domain::{
    AccessKey, IdempotencyKey, InputFile, ParameterError, ProjectId, Task, TaskToken, ToolSlug,
    Value as Checked, Values,
};
use atelier_store::{NewTask, Project, StoredFile};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use serde_json::{Map, Value, json};

use super::auth::authenticate;
use super::body::{self, Fields};
use super::envelope::{Reply, WiroError};
use super::parameters::{ReceivedFile, collect};
use super::schema::RunAnswer;
use crate::app::App;
use crate::uploads::TaskPicture;
use crate::{files, idempotency, samples, submit};

/// The handler. Checks in the order: caller, tool, body, parameters, pictures, balance, tasks at once.
#[utoipa::path(
    post,
    path = "/v1/Run/{owner}/{model}",
    tag = "Tasks",
    params(
        ("owner" = String, Path, description = "Whose tool, as `wiro`"),
        ("model" = String, Path, description = "Which tool, in any spelling of its name"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body give the same task for 24 hours"),
    ),
    request_body = Object,
    responses((status = 200, description = "Accepted or refused", body = RunAnswer))
)]
pub(crate) async fn run(
    State(app): State<Arc<App>>,
    slug: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Reply, WiroError> {
    let Path((owner, model)) = slug?;
    let (head, body) = request.into_parts();
    let caller = authenticate(&app, &head).await?;
    let repeatable = idempotency::key(&head.headers)?.map(|key| (caller.id, key));
    let tool = served_tool(&app, &ToolSlug::new(&owner, &model))?;
    let fields = body::decode_with_files(&head.headers, body, &app.config.limits).await?;
    let project = billed_project(&app, caller, &fields).await?;
    let task = accept(&app, tool, &project, fields, repeatable).await?;
    let reply = json!({"taskid": task.id.to_string(), "socketaccesstoken": task.token});
    Ok(Reply(reply.as_object().cloned().unwrap_or_default()))
}

/// The tool of a name, if there is one and something here runs it.
pub(crate) fn served_tool<'a>(app: &'a App, slug: &ToolSlug) -> Result<&'a Tool, WiroError> {
    let tool = app.catalogue.find(slug).ok_or(WiroError::UnknownTool)?;
    app.runner(tool.job.kind).map_err(|_| WiroError::ToolNotAccessible)?;
    Ok(tool)
}

/// Makes a task of the fields of a request whose sender is known and may bill `project`. `repeatable` is whose
/// idempotency key the request carries, and which.
pub(crate) async fn accept(
    app: &App,
    tool: &Tool,
    project: &Project,
    fields: Fields,
    repeatable: Option<(ProjectId, IdempotencyKey)>,
) -> Result<Task, WiroError> {
    let (callback_url, external_id) = (callback_url(&fields), external_id(&fields)?);
    let collected = collect(tool, fields, &app.base)?;
    let values = tool.check(&collected.given).map_err(WiroError::Parameter)?;
    let uploads = take_in(app, project, collected.uploads, &values).await?;
    let mut shown: Map<String, Value> = collected.sent_scalars.into_iter().collect();
    let names = file_names(app, &values, &uploads).await?;
    shown.extend(shown_files(app, tool, &collected.given.files, &values, &names));
    let mut new = NewTask {
        token: TaskToken::random(),
        project: project.id,
        account: project.account,
        tool: tool.slug.clone(),
        shown_parameters: shown,
        bearer_key: None,
        external_id,
        dialect: super::DIALECT.into(),
        billing: submit::billing(app, tool, &values),
        idempotency: None,
        values,
        callback_url,
        uploads,
    };
    new.idempotency = repeatable.map(|(caller, key)| idempotency::idempotency(caller, key, &new));
    submit::submit(app, new).await.map_err(WiroError::from_store)
}

/// `projectid` in the body lets one credential bill another project of the same account.
async fn billed_project(app: &App, caller: Project, fields: &Fields) -> Result<Project, WiroError> {
    let Some(wanted) = fields.text("projectid") else { return Ok(caller) };
    let id = wanted.parse().map(ProjectId).map_err(|_| WiroError::NotYours)?;
    if id == caller.id {
        return Ok(caller);
    }
    let project = app.storage.store.project(id).await.map_err(WiroError::from_store)?;
    project.filter(|project| project.account == caller.account).ok_or(WiroError::NotYours)
}

/// The caller's own name for the task.
fn external_id(fields: &Fields) -> Result<String, WiroError> {
    const NAME: &str = "externalTaskId";
    const MAX: usize = 255;
    let id = fields.text(NAME).unwrap_or_default();
    if id.chars().count() > MAX {
        return Err(WiroError::Parameter(ParameterError::TooLong { name: NAME.into(), max: MAX }));
    }
    Ok(id)
}

/// The webhook address, or nothing where the field holds anything else: the published samples put a sentence
/// there, and must not be refused for it.
fn callback_url(fields: &Fields) -> String {
    fields.text("callbackUrl").filter(|text| submit::is_callback(text)).unwrap_or_default()
}

/// Stores the received files that the checked parameters still need.
async fn take_in(
    app: &App,
    project: &Project,
    received: Vec<ReceivedFile>,
    values: &Values,
) -> Result<Vec<StoredFile>, WiroError> {
    let needed = |key: &AccessKey| values.stored_files().any(|wanted| wanted == key);
    let picture = |file: ReceivedFile| {
        let (parameter, key) = (file.parameter.clone(), file.key.clone());
        let stem = submit::picture_stem(&parameter);
        (parameter, TaskPicture { stem, key, read: move || file.read() })
    };
    let pictures = received.into_iter().filter(|file| needed(&file.key)).map(picture);
    let stored = submit::take_in(app, project.account, pictures).await;
    stored.map_err(|(parameter, error)| WiroError::from_upload(&parameter, error))
}

/// The names of the stored files among the values: those that came with the request, and earlier uploads.
async fn file_names(
    app: &App,
    values: &Values,
    uploads: &[StoredFile],
) -> Result<HashMap<AccessKey, String>, WiroError> {
    let mut names: HashMap<_, _> =
        uploads.iter().map(|file| (file.access_key.clone(), file.name.clone())).collect();
    for key in values.stored_files() {
        if !names.contains_key(key)
            && let Some(file) = app.storage.store.file_by_key(key).await.map_err(WiroError::from_store)?
        {
            names.insert(key.clone(), file.name);
        }
    }
    Ok(names)
}

/// The echo of the file parameters: the address of each picture, a list where a list is usual.
fn shown_files(
    app: &App,
    tool: &Tool,
    given: &std::collections::BTreeMap<String, Vec<InputFile>>,
    values: &Values,
    names: &HashMap<AccessKey, String>,
) -> Map<String, Value> {
    let shown = |file: &InputFile| match file {
        InputFile::Stored(key) => {
            json!(files::upload_path(key, names.get(key).map_or("file", String::as_str)))
        }
        InputFile::Sample(name) => json!(format!("{}{}/{name}", app.base, samples::PATH)),
        InputFile::Url(address) => json!(address),
    };
    let mut echo = Map::new();
    for parameter in tool.parameters.iter().filter(|parameter| given.contains_key(&parameter.name)) {
        let Some(Checked::Files(files)) = values.0.get(&parameter.name) else { continue };
        let value = match &files[..] {
            [single] => shown(single),
            several => several.iter().map(shown).collect(),
        };
        echo.insert(parameter.name.clone(), value);
    }
    echo
}
