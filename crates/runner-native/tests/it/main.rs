//! The runner and its weights, from outside.
#![expect(clippy::unwrap_used, reason = "a test says so by failing")]

mod runner;
mod weights;
