//! What a refused request is told: one shape, a sentence and a code.
//!
//! These are the refusals before there is a job. Why a job failed is worded in `failure`, with the codes that the page
//! lists; a refusal that is about one of the two pictures uses the same.

use atelier_domain::{InputRole, Money};
use atelier_store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::idempotency::NotAKey;
use crate::multipart::MultipartError;
use crate::rates::TooMany;
use crate::uploads::UploadError;

/// Every refusal that a client can get.
#[derive(Debug)]
pub(crate) enum TryonError {
    /// The request is not one; what is wrong with it, as a sentence.
    BadRequest(String),
    /// A picture is refused; the rest of a sentence that begins with its part's name.
    Picture(InputRole, String),
    /// The pictures are readable, but not usable; as a sentence.
    Unsuitable(String),
    /// There is no good key; why, as a sentence.
    Unauthorized(&'static str),
    /// The account cannot pay for one run.
    Credits,
    /// The job is another account's.
    NotYours,
    /// The address of a result was altered or is too old, or never was one.
    BadAddress,
    /// There is no such job.
    UnknownJob,
    /// The result of the job is gone.
    NoResult,
    /// Nothing has that path.
    UnknownPath,
    /// Nothing has that path with that method.
    WrongMethod,
    /// The idempotency key stands for another request.
    IdempotencyKeyReused,
    /// More requests than are answered; when the next one will be.
    TooManyRequests(TooMany),
    /// The account has as many unfinished jobs as its balance allows: balance and number.
    TooManyJobs(Money, u32),
    /// A picture cannot be stored now; the details are in the log.
    Storage,
    /// The server could not do it; the details are in its log.
    Internal,
}

/// When to come again after something that passes by itself, in seconds.
const PAUSE: u64 = 2;

impl TryonError {
    /// The error for a failure of the store, which is logged here because the caller is told no internals.
    pub(crate) fn from_store(error: StoreError) -> Self {
        match error {
            StoreError::InsufficientBalance { .. } => Self::Credits,
            StoreError::TooManyTasks { balance, limit } => Self::TooManyJobs(balance, limit),
            StoreError::KeyReused => Self::IdempotencyKeyReused,
            StoreError::NotFound("task") => Self::UnknownJob,
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the store failed");
                Self::Internal
            }
        }
    }

    /// The error for a picture that was not taken in.
    pub(crate) fn from_upload(role: InputRole, error: UploadError) -> Self {
        match error {
            UploadError::Refused(reason) => Self::Picture(role, reason),
            UploadError::Unsuitable(reason) => {
                Self::Unsuitable(format!("{} {reason}.", super::part_of(role)))
            }
            UploadError::Store(error) => Self::from_store(error),
            UploadError::Storage(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an upload cannot be stored");
                Self::Storage
            }
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::Picture(..) | Self::Unsuitable(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Credits => StatusCode::PAYMENT_REQUIRED,
            Self::NotYours | Self::BadAddress => StatusCode::FORBIDDEN,
            Self::UnknownJob | Self::NoResult | Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests(_) | Self::TooManyJobs(..) => StatusCode::TOO_MANY_REQUESTS,
            Self::Storage | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "INVALID_REQUEST",
            Self::Picture(InputRole::Person, _) => "INVALID_PERSON_IMAGE",
            Self::Picture(InputRole::Garment(_), _) => "INVALID_GARMENT_IMAGE",
            Self::Unsuitable(_) => "VALIDATION_FAILED",
            Self::Unauthorized(_) => "UNAUTHORIZED",
            Self::Credits => "INSUFFICIENT_CREDITS",
            Self::NotYours | Self::BadAddress => "FORBIDDEN",
            Self::UnknownJob => "JOB_NOT_FOUND",
            Self::NoResult => "RESULT_UNAVAILABLE",
            Self::UnknownPath => "NOT_FOUND",
            Self::WrongMethod => "METHOD_NOT_ALLOWED",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::TooManyRequests(_) => "RATE_LIMITED",
            Self::TooManyJobs(..) => "TOO_MANY_JOBS",
            Self::Storage => "STORAGE_FAILED",
            Self::Internal => "INTERNAL_ERROR",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::BadRequest(sentence) | Self::Unsuitable(sentence) => sentence.clone(),
            Self::Picture(role, rest) => format!("{} {rest}.", super::part_of(*role)),
            Self::Unauthorized(sentence) => (*sentence).into(),
            Self::Credits => "The credits do not cover one run.".into(),
            Self::NotYours => "This job belongs to another account.".into(),
            Self::BadAddress => "This address is not valid, or not any more. Ask for the job's status again.".into(),
            Self::UnknownJob => "There is no such job.".into(),
            Self::NoResult => "The result of this job is gone.".into(),
            Self::UnknownPath => "There is no such path.".into(),
            Self::WrongMethod => "This path does not take that method.".into(),
            Self::IdempotencyKeyReused => {
                "This Idempotency-Key was used for another request. Repeat that request unchanged or use a new key."
                    .into()
            }
            Self::TooManyRequests(wait) => {
                format!("Too many requests. Try again in {} seconds.", wait.whole_seconds())
            }
            Self::TooManyJobs(balance, limit) => format!(
                "With a balance of ${}, up to {limit} jobs may be unfinished at a time. Wait for one, or add credits.",
                balance.cents()
            ),
            Self::Storage => "The pictures cannot be stored now. Please try again.".into(),
            Self::Internal => "The server cannot do this now. Please try again.".into(),
        }
    }

    /// In seconds.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests(wait) => Some(wait.whole_seconds()),
            Self::TooManyJobs(..) | Self::Storage | Self::Internal => Some(PAUSE),
            _ => None,
        }
    }
}

impl From<TooMany> for TryonError {
    fn from(refusal: TooMany) -> Self {
        Self::TooManyRequests(refusal)
    }
}

impl From<NotAKey> for TryonError {
    fn from(error: NotAKey) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<MultipartError> for TryonError {
    fn from(error: MultipartError) -> Self {
        match error {
            MultipartError::Malformed => Self::BadRequest("The multipart body cannot be read.".into()),
            MultipartError::FileTooLarge { field, megabytes } => match super::role_of(&field) {
                Some(role) => Self::Picture(role, format!("must be at most {megabytes} MB")),
                None => Self::BadRequest(format!("Files must be at most {megabytes} MB.")),
            },
            MultipartError::Spool(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an upload cannot be spooled");
                Self::Storage
            }
        }
    }
}

impl IntoResponse for TryonError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.message(), "errorCode": self.code()});
        let mut response = json_response(self.status(), &body);
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::Unauthorized(_)) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A reply that nobody on the way keeps: the next one may differ.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
