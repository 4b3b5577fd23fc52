//! `POST /v1/File/...`: uploads and the folders they are kept in.

use std::sync::Arc;

use atelier_domain::{FileId, Timestamp};
use atelier_store::{Folder, Project, StoredFile};
use axum::extract::{Request, State};
use serde_json::{Map, Value, json};

use super::auth::{authenticate, caller};
use super::body::{self, Fields, Sent};
use super::envelope::{Reply, WiroError};
use super::schema::{FilesAnswer, FoldersAnswer, NewFolder, UploadForm};
use crate::app::App;
use crate::files;
use crate::uploads::{self, Incoming};

/// How an account's root is called where a folder is.
const ROOT: &str = "0";

/// The field of an upload.
const FIELD: &str = "file";

/// `POST /v1/File/FolderCreate`
#[utoipa::path(
    post,
    path = "/v1/File/FolderCreate",
    tag = "Files",
    request_body = NewFolder,
    responses((status = 200, description = "Done or refused", body = FoldersAnswer))
)]
pub(crate) async fn create_folder(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (project, fields) = caller(&app, request).await?;
    let name = fields.text("name").filter(|name| is_folder_name(name)).ok_or(WiroError::InvalidParameters)?;
    let parent = named_folder(&fields, ["parentid", "parentId"])?;
    let account = project.account;
    let folder = Folder { id: FileId::random(), account, name, parent, added: Timestamp::now() };
    app.storage.store.add_folder(&folder).await.map_err(WiroError::from_store)?;
    Ok(list(vec![json!({
        "id": folder.id,
        "name": folder.name,
        "parentid": parent_id(folder.parent.as_ref()),
        "size": "0",
        "contenttype": "",
        "addedtime": folder.added.seconds().to_string(),
    })]))
}

fn is_folder_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// `POST /v1/File/Upload`: one or more files, kept until they are deleted or too old. Archives are unpacked.
#[utoipa::path(
    post,
    path = "/v1/File/Upload",
    tag = "Files",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "Done or refused", body = FilesAnswer))
)]
pub(crate) async fn upload(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let (head, body) = request.into_parts();
    let project = authenticate(&app, &head).await?;
    let fields = body::decode_with_files(&head.headers, body, &app.config.limits).await?;
    let parent = own_folder(&app, &project, &fields).await?;
    let files = sent_files(fields)?;
    let stored = uploads::take_in(&app, project.account, parent, files).await;
    let stored = stored.map_err(|error| WiroError::from_upload(FIELD, error))?;
    Ok(list(stored.iter().map(|file| shown(&app, file)).collect()))
}

/// The folder of an upload, looked for before any byte is stored.
async fn own_folder(app: &App, project: &Project, fields: &Fields) -> Result<Option<FileId>, WiroError> {
    let Some(id) = named_folder(fields, ["folderid", "folderId"])? else { return Ok(None) };
    let folder = app.storage.store.folder(project.account, &id).await.map_err(WiroError::from_store)?;
    Ok(Some(folder.id))
}

/// The folder named under either spelling; none for the root.
fn named_folder(fields: &Fields, spellings: [&str; 2]) -> Result<Option<FileId>, WiroError> {
    match spellings.into_iter().find_map(|name| fields.text(name)) {
        Some(id) if id != ROOT => FileId::parse(&id).map(Some).ok_or(WiroError::InvalidParameters),
        _ => Ok(None),
    }
}

/// The parts called `file`, `file[]` or `file[0]`: at least one, none empty.
fn sent_files(fields: Fields) -> Result<Vec<Incoming>, WiroError> {
    let mut incoming = Vec::new();
    for (name, sent) in fields.0 {
        let Sent::File(file) = sent else { continue };
        if name.split('[').next() != Some(FIELD) {
            continue;
        }
        if file.size == 0 {
            return Err(WiroError::InvalidParameters);
        }
        incoming.push(Incoming { name: file.name, file: file.file });
    }
    if incoming.is_empty() { Err(WiroError::InvalidParameters) } else { Ok(incoming) }
}

fn shown(app: &App, file: &StoredFile) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "contenttype": file.content_type,
        "size": file.size.to_string(),
        "parentid": parent_id(file.parent.as_ref()),
        "url": format!("{}{}", app.base, files::upload_path(&file.access_key, &file.name)),
        "addedtime": file.added.seconds().to_string(),
        "accesskey": file.access_key,
    })
}

fn parent_id(parent: Option<&FileId>) -> &str {
    parent.map_or(ROOT, FileId::as_str)
}

fn list(entries: Vec<Value>) -> Reply {
    let mut reply = Map::new();
    reply.insert("list".into(), Value::Array(entries));
    Reply(reply)
}
