//! What can be done about a task. A form is answered with the task's page, a script that wants JSON with
//! `{"state": …}` or `{"error": …}`.

use std::convert::Infallible;
use std::sync::Arc;

use atelier_domain::{Role, Task, TaskState, Timestamp, Transition};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use super::own_task;
use crate::app::App;
use crate::dashboard::ROOT;
use crate::dashboard::error::DashboardError;
use crate::dashboard::form::{Form, wants_json};

/// A request to do something, whether it may or not, and how its sender wants to be answered.
pub(super) struct Ask {
    form: Result<Form, DashboardError>,
    wants_json: bool,
}

impl FromRequest<Arc<App>> for Ask {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Infallible> {
        let wants_json = wants_json(request.headers());
        Ok(Self { form: Form::from_request(request, app).await, wants_json })
    }
}

impl Ask {
    /// The task that the request is about, if its sender may change it.
    async fn task(&self, app: &App, number: &str) -> Result<Task, DashboardError> {
        let who = &self.form.as_ref().map_err(Clone::clone)?.who;
        who.need(Role::Member)?;
        own_task(app, who, number).await
    }

    fn answer(&self, number: &str, done: Result<TaskState, DashboardError>) -> Response {
        match done {
            Ok(state) if self.wants_json => json_answer(StatusCode::OK, &json!({ "state": state })),
            Ok(_) => Redirect::to(&format!("{ROOT}/tasks/{number}")).into_response(),
            Err(error) if self.wants_json => {
                let (_, text) = error.words();
                json_answer(error.status(), &json!({ "error": text }))
            }
            Err(error) => error.into_response(),
        }
    }
}

fn json_answer(status: StatusCode, answer: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// `POST /dashboard/tasks/{id}/cancel`: takes back a task that waits.
pub(super) async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>, ask: Ask) -> Response {
    ask.answer(&id, stop(&app, &id, &ask, Transition::Cancel).await)
}

/// `POST /dashboard/tasks/{id}/kill`: stops a task wherever it is.
pub(super) async fn kill(State(app): State<Arc<App>>, Path(id): Path<String>, ask: Ask) -> Response {
    ask.answer(&id, stop(&app, &id, &ask, Transition::Kill).await)
}

async fn stop(app: &App, id: &str, ask: &Ask, how: Transition) -> Result<TaskState, DashboardError> {
    let task = ask.task(app, id).await?;
    Ok(app.stop_task(task.id, how).await?.state)
}

/// `POST /dashboard/tasks/{id}/delete-files`: deletes what an ended task made and what was uploaded for it.
pub(super) async fn delete_files(State(app): State<Arc<App>>, Path(id): Path<String>, ask: Ask) -> Response {
    let delete = async {
        let task = ask.task(&app, &id).await?;
        app.delete_files_of(task.id).await?;
        Ok(task.state)
    };
    ask.answer(&id, delete.await)
}

/// `POST /dashboard/tasks/{id}/deliveries/{delivery}/replay`: makes a webhook due again.
pub(super) async fn replay(
    State(app): State<Arc<App>>,
    Path((id, delivery)): Path<(String, String)>,
    ask: Ask,
) -> Response {
    let replay = async {
        let task = ask.task(&app, &id).await?;
        let owed = app.storage.store.deliveries(task.id).await?;
        let owed = owed.iter().find(|owed| owed.id.as_str() == delivery).ok_or(DashboardError::NotFound)?;
        app.storage.store.replay_delivery(&owed.id, Timestamp::now()).await?;
        app.owed.notify_one();
        Ok(task.state)
    };
    ask.answer(&id, replay.await)
}
