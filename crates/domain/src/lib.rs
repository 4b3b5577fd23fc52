//! What Atelier's words mean: tasks and their states, tools and their parameters, jobs and runners, money.
//!
//! Nothing here reads a file, opens a socket or waits: every other crate depends on this one and this one on
//! none of them. Vendor names (`task_postprocess_end`, `pexit`, ...) are unknown here; see `server/wiro`.

mod billing;
pub mod catalogue;
mod failure;
mod ids;
mod job;
mod keys;
mod money;
mod networks;
mod parameters;
mod people;
mod picture;
mod runner;
mod task;
mod time;
mod vocabulary;

pub use billing::BillingRules;
pub use catalogue::{Catalogue, Tool};
pub use failure::Failure;
pub use ids::{
    AccessKey, AccountId, ApiKey, ApiSecret, DeliveryId, FileId, IdempotencyKey, ProjectId, PublicPath,
    TaskId, TaskToken, ToolSlug, WebhookSecret, slug,
};
pub use job::{
    AspectRatio, Background, Effect, Headshot, IdentityPortrait, InputRole, Job, JobKind, PictureFormat,
    Pose, Shot, Style, TryOn, VideoEffect,
};
pub use keys::{KeyId, KeyKind, KeyName, KeySecret};
pub use money::Money;
pub use networks::AllowedNetworks;
pub use parameters::{Given, InputFile, ParameterError, Scalar, Value, Values};
pub use people::{Email, LinkSecret, PersonId, Role, SessionSecret};
pub use picture::{Picture, PictureError};
pub use runner::{
    Artifact, CancelToken, Clip, Content, Finding, Method, Progress, RunContext, RunError, Runner, Support,
};
pub use task::{Event, EventKind, IllegalTransition, Output, Task, TaskState, Timeline, Transition};
pub use time::Timestamp;
