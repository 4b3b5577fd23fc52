//! Why tasks fail: the kind of it, for those who count and render failures. The words are beside it, in the task.

use serde::{Deserialize, Serialize};

use crate::InputRole;

/// What went wrong, and so who must act.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Failure {
    /// The caller: one of the inputs cannot be used.
    Input {
        /// Which one.
        role: InputRole,
        /// How sure the runner was that it shows what it should, from 0 to 1; none if it did not look.
        confidence: Option<f32>,
    },
    /// The caller: the inputs cannot be used together.
    Inputs,
    /// The caller: the safety check does not let the result pass.
    Unsafe,
    /// The operator: a stored input cannot be read.
    InputStorage,
    /// The operator: the stored parameters cannot be read, or make no job of the tool any more.
    Parameters,
    /// The operator: the settings name a runner that this program does not have.
    UnknownRunner,
    /// The operator: the runner lacks what it needs, as weights, an address or a key.
    RunnerSetup,
    /// The engine: the computation went wrong.
    Computation,
    /// The remote service that runs the job: it answered with an error of its own.
    RemoteService,
    /// The operator: the result cannot be stored.
    OutputStorage,
    /// The operator: its workers were lost too often.
    WorkersLost,
    /// Whoever reads the log: something that should not happen.
    Internal,
}
