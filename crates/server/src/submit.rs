//! From checked parameters to a task in the queue: what every dialect does in the same way.

use std::io;

use atelier_domain::catalogue::Tool;
use atelier_domain::{AccountId, FileId, Task, Timestamp, Values};
use atelier_store::{Billing, NewTask, StoreError, StoredFile};
use rand::Rng as _;
use url::Url;

use crate::app::App;
use crate::uploads::{self, TaskPicture, UploadError};

/// The longest callback: every reply about its task repeats it.
pub(crate) const CALLBACK_BYTES: usize = 2048;

/// Whether a text is an address that webhooks may be sent to, as far as the text tells.
pub(crate) fn is_callback(text: &str) -> bool {
    let plain = |url: Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    text.len() <= CALLBACK_BYTES && Url::parse(text).is_ok_and(plain)
}

/// What a run with these values is charged by; nothing where nobody pays.
pub(crate) fn billing(app: &App, tool: &Tool, values: &Values) -> Option<Billing> {
    app.config.billing.rules.map(|rules| Billing { price: tool.price(values).clone(), rules })
}

/// What a picture that came under a name is called, without an extension.
pub(crate) fn picture_stem(name: &str) -> String {
    let number: u32 = rand::rng().random_range(1_000_000..10_000_000);
    format!("{name}-{number}")
}

/// Decodes, re-encodes and stores the pictures of a task, all or none. Each comes with the name its sender knows it
/// by, which an error gives back.
pub(crate) async fn take_in<N, R>(
    app: &App,
    account: AccountId,
    pictures: impl IntoIterator<Item = (N, TaskPicture<R>)>,
) -> Result<Vec<StoredFile>, (N, UploadError)>
where
    R: FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
{
    let mut stored: Vec<StoredFile> = Vec::new();
    for (name, picture) in pictures {
        match uploads::take_in_picture(app, account, picture).await {
            Ok(file) => stored.push(file),
            Err(error) => {
                discard(app, &stored).await;
                return Err((name, error));
            }
        }
    }
    Ok(stored)
}

/// Accepts a task, or finds the one that an earlier request under the same key was answered with. The uploads of a
/// task that is not accepted are deleted.
pub(crate) async fn submit(app: &App, new: NewTask) -> Result<Task, StoreError> {
    let (token, uploads) = (new.token.clone(), new.uploads.clone());
    let submitted = app.storage.store.submit(new, Timestamp::now()).await;
    match &submitted {
        Ok(task) if task.token == token => {
            app.submitted.notify_one();
            app.metrics.submitted(&task.tool);
        }
        _ => discard(app, &uploads).await,
    }
    submitted
}

async fn discard(app: &App, uploads: &[StoredFile]) {
    let ids: Vec<FileId> = uploads.iter().map(|file| file.id.clone()).collect();
    uploads::delete_objects(&app.storage.files, &ids).await;
}
