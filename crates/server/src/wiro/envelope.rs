//! The reply envelope of the Wiro dialect and its one table of errors.
//!
//! Application errors travel under HTTP 200 with `result: false`; only authentication (401), unknown paths
//! (404), too many requests (429) and an overloaded or broken server (503) use the status line.

use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use atelier_domain::{IllegalTransition, Money, ParameterError};
use atelier_store::StoreError;

use crate::idempotency::NotAKey;
use crate::multipart::MultipartError;
use crate::rates::TooMany;
use crate::uploads::UploadError;

/// A successful reply: `result`, `errors` and the members of the call beside them, nothing wrapped.
pub(crate) struct Reply(pub(crate) Map<String, Value>);

impl Reply {
    /// The reply as it is sent.
    pub(crate) fn into_body(self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("errors".into(), json!([]));
        body.extend(self.0);
        body.insert("result".into(), json!(true));
        body
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        json_response(StatusCode::OK, &Value::Object(self.into_body()))
    }
}

/// Every error a Wiro client can get. Texts and codes are the contract's, oddities of grammar included.
#[derive(Debug)]
pub(crate) enum WiroError {
    /// No such API key.
    UnknownKey,
    /// The project signs, the request did not.
    SignatureRequired,
    /// The signature does not fit.
    WrongSignature,
    /// The project allows only other addresses.
    AddressNotAllowed(String),
    /// Neither a key nor a bearer token.
    NoBearer,
    /// A bearer token that this server never issued.
    BadBearer,
    /// No such path or method.
    UnknownPath,
    /// No such tool.
    UnknownTool,
    /// The tool exists, but nothing here can run it.
    ToolNotAccessible,
    /// The body cannot be read.
    BadBody,
    /// A parameter is refused.
    Parameter(ParameterError),
    /// An input picture is refused: parameter and the rest of the sentence.
    File(String, String),
    /// The account cannot pay.
    Balance,
    /// The account has as many unfinished tasks as its balance allows: balance and number.
    TooManyTasks(Money, u32),
    /// The idempotency key is none.
    BadIdempotencyKey,
    /// The idempotency key stands for another request.
    IdempotencyKeyReused,
    /// More requests than are answered; when the next one will be.
    TooManyRequests(TooMany),
    /// The call names no task.
    NoTaskNamed,
    /// There is no such task.
    UnknownTask,
    /// The task or project belongs to somebody else.
    NotYours,
    /// A file or folder call has no file, or names a folder that the account does not have.
    InvalidParameters,
    /// There is no task whose files could be deleted.
    NoTaskForFiles,
    /// The task whose files shall be deleted has not ended.
    FilesInUse,
    /// The task has left the queue.
    NotCancellable,
    /// The task has ended.
    NotKillable(String),
    /// The server could not do it; the details are in its log.
    Unavailable,
}

impl WiroError {
    /// The error for a failure of the store, which is logged here because the caller is told no internals.
    pub(crate) fn from_store(error: StoreError) -> Self {
        match error {
            StoreError::InsufficientBalance { .. } => Self::Balance,
            StoreError::TooManyTasks { balance, limit } => Self::TooManyTasks(balance, limit),
            StoreError::KeyReused => Self::IdempotencyKeyReused,
            StoreError::NotFound("task") => Self::UnknownTask,
            StoreError::NotFound("folder") => Self::InvalidParameters,
            StoreError::Unfinished(_) => Self::FilesInUse,
            StoreError::Illegal(IllegalTransition {
                transition: atelier_domain::Transition::Cancel, ..
            }) => Self::NotCancellable,
            StoreError::Illegal(_) => Self::NotKillable("it has already ended".into()),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the store failed");
                Self::Unavailable
            }
        }
    }

    /// Whether the caller did not prove who it is.
    pub(crate) fn is_about_credentials(&self) -> bool {
        matches!(
            self,
            Self::UnknownKey
                | Self::SignatureRequired
                | Self::WrongSignature
                | Self::AddressNotAllowed(_)
                | Self::NoBearer
                | Self::BadBearer
        )
    }

    /// The error for a file that was not taken in under the name of a parameter.
    pub(crate) fn from_upload(parameter: &str, error: UploadError) -> Self {
        match error {
            UploadError::Refused(reason) | UploadError::Unsuitable(reason) => {
                Self::File(parameter.to_owned(), reason)
            }
            UploadError::Store(error) => Self::from_store(error),
            UploadError::Storage(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an upload cannot be stored");
                Self::Unavailable
            }
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            refusal if refusal.is_about_credentials() => StatusCode::UNAUTHORIZED,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        }
    }

    fn code(&self) -> u32 {
        match self {
            Self::NoBearer | Self::BadBearer => 99,
            Self::TooManyTasks(..) => 96,
            Self::Balance => 97,
            Self::UnknownTool
            | Self::ToolNotAccessible
            | Self::UnknownTask
            | Self::NoTaskForFiles
            | Self::NotCancellable
            | Self::NotKillable(_) => 1,
            _ => 0,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::UnknownKey => "Project authorization is not founded.".into(),
            Self::SignatureRequired => {
                "Project requires signature authentication. x-signature and x-nonce headers are required."
                    .into()
            }
            Self::WrongSignature => "Project authorization is not valid.".into(),
            Self::AddressNotAllowed(address) => format!("Requested ip {address} is not allowed."),
            Self::NoBearer => "Authorization bearer token is not founded in headers.".into(),
            Self::BadBearer => "Authorization bearer token is invalid.".into(),
            Self::UnknownPath => "Error parsing url.".into(),
            Self::UnknownTool => "slug-owner-project-not-exist".into(),
            Self::ToolNotAccessible => "tool-not-accessible".into(),
            Self::BadBody => "Request parameters are invalid.".into(),
            Self::Parameter(error) => parameter_message(error),
            Self::File(name, rest) => format!("Request files [{name}] {rest}"),
            Self::Balance => "Insufficient balance".into(),
            Self::TooManyTasks(balance, limit) => format!(
                "You have reached your concurrent task limit. With your current balance of ${}, you can run up to \
                 {limit} tasks at the same time. Add funds to increase your limit.",
                balance.cents()
            ),
            Self::BadIdempotencyKey => NotAKey.to_string(),
            Self::IdempotencyKeyReused => {
                "This Idempotency-Key was used for another request. Repeat that request unchanged or use a new key."
                    .into()
            }
            Self::TooManyRequests(wait) => {
                format!("Too many requests. Please try again in {} seconds.", wait.whole_seconds())
            }
            Self::NoTaskNamed => "taskid or socketaccesstoken is required".into(),
            Self::UnknownTask => "There is no task yet.".into(),
            Self::NotYours => "You don't have any permission for this action.".into(),
            Self::InvalidParameters => "invalid-parameters".into(),
            Self::NoTaskForFiles => "task-not-exist".into(),
            Self::FilesInUse => "Task must be completed or cancelled before deleting files".into(),
            Self::NotCancellable => "Task is not in a cancellable state.".into(),
            Self::NotKillable(reason) => format!("Task could not be killed: {reason}"),
            Self::Unavailable => "The server cannot do this now. Please try again.".into(),
        }
    }
}

impl From<NotAKey> for WiroError {
    fn from(_: NotAKey) -> Self {
        Self::BadIdempotencyKey
    }
}

impl From<MultipartError> for WiroError {
    fn from(error: MultipartError) -> Self {
        match error {
            MultipartError::Malformed => Self::BadBody,
            MultipartError::FileTooLarge { field, megabytes } => {
                Self::File(field, format!("must be at most {megabytes} MB each"))
            }
            MultipartError::Spool(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an upload cannot be spooled");
                Self::Unavailable
            }
        }
    }
}

/// A path whose parts are no text leads nowhere.
impl From<PathRejection> for WiroError {
    fn from(_: PathRejection) -> Self {
        Self::UnknownPath
    }
}

impl From<TooMany> for WiroError {
    fn from(refusal: TooMany) -> Self {
        Self::TooManyRequests(refusal)
    }
}

fn parameter_message(error: &ParameterError) -> String {
    match error {
        ParameterError::Required { name } => format!("Request parameter [{name}] required"),
        ParameterError::FileRequired { name } => format!("Request files [{name}] required"),
        ParameterError::NotANumber { name } => format!("Request parameter [{name}] must be integer or float"),
        ParameterError::OutOfRange { name, min, max } => {
            format!("Request parameter [{name}] must be between {min} and {max}")
        }
        ParameterError::NotAnOption { name } => {
            format!("Request parameter [{name}] must be one of its options")
        }
        ParameterError::TooLong { name, max } => {
            format!("Request parameter [{name}] must have at most {max} characters")
        }
    }
}

impl IntoResponse for WiroError {
    fn into_response(self) -> Response {
        let body = json!({"errors": [{"code": self.code(), "message": self.message()}], "result": false});
        let mut response = json_response(self.status(), &body);
        let retry_after = match &self {
            Self::Unavailable => Some(2),
            Self::TooManyRequests(wait) => Some(wait.whole_seconds()),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The charset is spelt out because some HTTP stacks read JSON without it as Latin-1.
fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}
