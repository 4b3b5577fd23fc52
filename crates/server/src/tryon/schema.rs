//! The shapes of requests and replies, for `/openapi.json`.

#![expect(dead_code, reason = "described, never built")]

use serde::Serialize;
use utoipa::ToSchema;

/// A submit.
#[derive(Serialize, ToSchema)]
pub(crate) struct Submit {
    /// One picture of the person, as a file: jpeg, png, webp or gif, 256 pixels a side at least.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    person_images: String,
    /// One picture of the garment, as a file.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    garment_images: String,
    /// Where to tell the end of the job, with the body of a status.
    #[serde(rename = "callbackUrl")]
    callback_url: Option<String>,
}

/// An accepted job. The answer to a submit with `Prefer: wait=N` has the members of a `JobStatus` besides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Submitted {
    job_id: uuid::Uuid,
    /// Relative to this server.
    status_url: String,
}

/// How a job stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobStatus {
    job_id: uuid::Uuid,
    status: StatusWord,
    /// Of a completed job: the address of the picture, good for an hour unless the operator set another time.
    #[schema(nullable = false)]
    image_url: Option<String>,
    /// The same address.
    #[schema(nullable = false)]
    result_image_url: Option<String>,
    /// Of a completed job, where the operator wants it or there is no address: the picture itself.
    #[schema(nullable = false)]
    image_base64: Option<String>,
    /// Of a job that is processing: its stage and how far it is, for people.
    #[schema(nullable = false)]
    message: Option<String>,
    /// About the picture of a completed job, or the failure of a failed one.
    #[schema(nullable = false)]
    result: Option<JobResult>,
    /// Of a failed job: why.
    #[schema(nullable = false)]
    error: Option<String>,
    /// Of a failed job: the kind of its failure.
    #[schema(nullable = false)]
    error_code: Option<FailureCode>,
    /// RFC 3339, UTC, to the millisecond.
    created_at: String,
    /// The same.
    updated_at: String,
}

/// There are no others.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StatusWord {
    Processing,
    Completed,
    Failed,
}

/// Who must act on a failure: see `docs/tryon.md`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FailureCode {
    InvalidPersonImage,
    InvalidGarmentImage,
    ValidationFailed,
    GenerationFailed,
    StorageFailed,
    #[serde(rename = "R2_FETCH_FAILED")]
    R2FetchFailed,
    ResultUnavailable,
    QueueInvalidInputData,
    ConsumerConfigError,
    InvalidServiceProvider,
    QueueProcessingFailed,
    ServiceSpecificError,
    InternalError,
}

/// The particulars: the first members for a completed job, the last for a failed one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobResult {
    #[schema(nullable = false)]
    object_key: Option<String>,
    #[schema(nullable = false)]
    content_type: Option<String>,
    /// In pixels.
    #[schema(nullable = false)]
    width: Option<u32>,
    /// In pixels.
    #[schema(nullable = false)]
    height: Option<u32>,
    /// Of the picture's bytes, in hexadecimal.
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// What made it: `draft` is a preview without a generative model.
    #[schema(nullable = false)]
    runner: Option<String>,
    #[schema(nullable = false)]
    seed: Option<u64>,
    #[schema(nullable = false)]
    elapsed_seconds: Option<f64>,
    /// What was recognised in the pictures.
    #[schema(nullable = false)]
    findings: Option<Vec<Finding>>,
    /// Remarks of the runner.
    #[schema(nullable = false)]
    notes: Option<Vec<String>>,
    #[schema(nullable = false)]
    error: Option<String>,
    #[schema(nullable = false)]
    error_code: Option<FailureCode>,
    /// How far the job had come: `queue`, `prepare`, `run` or `store`.
    #[schema(nullable = false)]
    step: Option<String>,
    /// The part whose picture cannot be used.
    #[schema(nullable = false)]
    image: Option<String>,
    /// How sure the runner was that the picture shows what it should, from 0 to 1.
    #[schema(nullable = false)]
    confidence: Option<f64>,
}

/// Something that was recognised in a picture.
#[derive(Serialize, ToSchema)]
struct Finding {
    /// The part that the picture came in.
    image: String,
    what: String,
    /// From 0, a guess, to 1, certain.
    confidence: f64,
}

/// A refused request. There is no job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TryonRefusal)]
pub(crate) struct Refusal {
    /// A sentence.
    error: String,
    /// For programs.
    error_code: String,
}
