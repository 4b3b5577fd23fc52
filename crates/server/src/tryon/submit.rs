//! `POST /api/v1/tryon`: two pictures become one job.

use std::sync::Arc;

use atelier_domain::catalogue::{Catalogue, Tool};
use atelier_domain::{
    AccessKey, Given, InputFile, InputRole, JobKind, ParameterError, Task, TaskToken, ToolSlug, Values,
};
use atelier_store::{NewTask, TaskRef};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::auth::Caller;
use super::error::{TryonError, json_response};
use super::prefer::Wait;
use super::schema::{Refusal, Submit, Submitted};
use super::{GARMENT, PERSON, part_of, render};
use crate::app::App;
use crate::config::Limits;
use crate::multipart::{self, Files, Part, SpooledFile};
use crate::uploads::TaskPicture;
use crate::{files, idempotency, submit};

/// What is taken of a request that is refused: two photographs.
const REFUSED_BYTES: usize = 32 << 20;

/// Where to tell the end of the job: an addition to the published page.
const CALLBACK: &str = "callbackUrl";

/// `POST /api/v1/tryon`: puts the garment on the person. The answer names the job; ask for its status until it has ended.
#[utoipa::path(
    post,
    path = "/api/v1/tryon",
    tag = super::TAG,
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and pictures give the same job for 24 hours"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: answer when the job has ended, or after N seconds, 60 at most; the answer has the members of a status too"),
    ),
    request_body(content = Submit, content_type = "multipart/form-data"),
    responses(
        (status = 202, description = "The job was accepted", body = Submitted),
        (status = 400, description = "A file is missing, is too many, or is no usable picture", body = Refusal),
        (status = 401, description = "The key is missing or not good", body = Refusal),
        (status = 402, description = "The credits do not cover one run", body = Refusal),
        (status = 422, description = "The Idempotency-Key was used for another request", body = Refusal),
        (status = 429, description = "Too many requests or unfinished jobs; `Retry-After` says when to come back", body = Refusal),
        (status = 500, description = "The server cannot do it now; `Retry-After` says when to come back", body = Refusal),
    )
)]
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    caller: Result<Caller, TryonError>,
    request: Request,
) -> Result<Response, TryonError> {
    let (head, body) = request.into_parts();
    let caller = match caller {
        Ok(caller) => caller,
        Err(refusal) => {
            let_finish(body).await;
            return Err(refusal);
        }
    };
    let key = idempotency::key(&head.headers)?;
    let tool = app.catalogue.find(&app.config.tryon.tool).ok_or(TryonError::Internal)?;
    let form = Form::read(&head.headers, body, &app.config.limits).await?;
    let keys = [InputRole::Person, InputRole::Garment(0)].map(|role| (role, AccessKey::random()));
    let values = values(tool, &keys).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "the tool of TryonAPI wants more");
        TryonError::Internal
    })?;
    let pictures = keys.into_iter().zip(form.pictures).map(|((role, key), file)| {
        let stem = submit::picture_stem(part_of(role));
        (role, TaskPicture { stem, key, read: move || file.read() })
    });
    let uploads = submit::take_in(&app, caller.account, pictures).await;
    let uploads = uploads.map_err(|(role, error)| TryonError::from_upload(role, error))?;
    // The other surfaces show a task under the names of its tool.
    let names = [InputRole::Person, InputRole::Garment(0)].map(|role| tool.parameter_of(role).to_owned());
    let paths = uploads.iter().map(|file| json!(files::upload_path(&file.access_key, &file.name)));
    let mut new = NewTask {
        token: TaskToken::random(),
        project: caller.project,
        account: caller.account,
        tool: tool.slug.clone(),
        shown_parameters: names.into_iter().zip(paths).collect(),
        bearer_key: Some(caller.key),
        external_id: String::new(),
        dialect: super::DIALECT.into(),
        billing: submit::billing(&app, tool, &values),
        idempotency: None,
        values,
        callback_url: form.callback,
        uploads,
    };
    new.idempotency = key.map(|key| idempotency::idempotency(caller.project, key, &new));
    let task = submit::submit(&app, new).await.map_err(TryonError::from_store)?;
    accepted(&app, &head.headers, &task).await
}

/// Takes the body of a refused request, within reason: a program that is still sending when the connection is closed
/// sees a broken connection and not the reason.
async fn let_finish(body: Body) {
    let mut left = REFUSED_BYTES;
    let mut pieces = body.into_data_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        let Some(less) = left.checked_sub(piece.len()) else { return };
        left = less;
    }
}

/// The parameters of a run on two stored pictures.
fn values(tool: &Tool, keys: &[(InputRole, AccessKey)]) -> Result<Values, ParameterError> {
    let mut given = Given::default();
    for (role, key) in keys {
        let files = given.files.entry(tool.parameter_of(*role).to_owned()).or_default();
        files.push(InputFile::Stored(key.clone()));
    }
    tool.check(&given)
}

/// Whether a tool makes a try-on and needs nothing for it but the two pictures.
pub(crate) fn can_serve(catalogue: &Catalogue, tool: &ToolSlug) -> bool {
    let keys = [InputRole::Person, InputRole::Garment(0)].map(|role| (role, AccessKey::random()));
    catalogue.find(tool).is_some_and(|tool| tool.job.kind == JobKind::TryOn && values(tool, &keys).is_ok())
}

/// What a request holds.
struct Form {
    /// The person's and the garment's.
    pictures: [SpooledFile; 2],
    /// Empty if nobody is to be told.
    callback: String,
}

impl Form {
    async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Self, TryonError> {
        let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let boundary = multer::parse_boundary(declared).map_err(|_| {
            TryonError::BadRequest(format!(
                "Send multipart/form-data with one file as {PERSON} and one as {GARMENT}."
            ))
        })?;
        let parts = multipart::read(body.into_data_stream(), boundary, limits, Files::Taken).await?;
        let (mut person, mut garment, mut callback) = (Vec::new(), Vec::new(), String::new());
        for (name, part) in parts {
            match name.as_str() {
                PERSON => person.push(part),
                GARMENT => garment.push(part),
                CALLBACK => callback = address(part)?,
                // What the page does not know is ignored, as everywhere.
                _ => {}
            }
        }
        Ok(Self { pictures: [one_file(PERSON, person)?, one_file(GARMENT, garment)?], callback })
    }
}

/// Exactly one file under a name.
fn one_file(name: &str, parts: Vec<Part>) -> Result<SpooledFile, TryonError> {
    let bad = |problem: &str| Err(TryonError::BadRequest(format!("{name} {problem}")));
    let mut parts = parts.into_iter();
    match (parts.next(), parts.next()) {
        // A form without a chosen file sends an empty one.
        (Some(Part::File(file)), None) if file.size > 0 || !file.name.is_empty() => Ok(file),
        (None | Some(Part::File(_)), None) => bad("is missing: send one picture as a file."),
        (Some(Part::Text(_)), None) => bad("must be a file: texts and addresses are not taken."),
        (_, Some(_)) => bad("must be exactly one file."),
    }
}

/// Where to tell the end of the job; empty for nowhere.
fn address(part: Part) -> Result<String, TryonError> {
    match part {
        Part::Text(text) if text.trim().is_empty() => Ok(String::new()),
        Part::Text(text) if submit::is_callback(text.trim()) => Ok(text.trim().to_owned()),
        _ => Err(TryonError::BadRequest(format!(
            "{CALLBACK} must be an http or https address of at most {} bytes, without a password or a fragment.",
            submit::CALLBACK_BYTES
        ))),
    }
}

/// Names the job. Whoever prefers to wait is told in the same answer how it stands then.
async fn accepted(app: &App, headers: &HeaderMap, task: &Task) -> Result<Response, TryonError> {
    let job = task.uuid;
    let mut reply = json!({"jobId": job, "statusUrl": format!("/api/v1/tryon/status/{job}")});
    let Some(wait) = Wait::of(headers) else { return Ok(json_response(StatusCode::ACCEPTED, &reply)) };
    wait.for_end(app, task.id).await;
    // The job is accepted, whatever becomes of the rest: an error here would make the caller submit it again.
    let task = app.storage.store.task(&TaskRef::Id(task.id)).await;
    if let Ok(Some(task)) = task
        && let Ok(Value::Object(status)) = render::status(app, &task).await
        && let Some(reply) = reply.as_object_mut()
    {
        reply.extend(status);
    }
    Ok(wait.applied(json_response(StatusCode::ACCEPTED, &reply)))
}
