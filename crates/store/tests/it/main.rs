//! The store as its callers meet it: one suite of behaviour for every implementation, and what is particular
//! to each. Real files in temporary folders; time is an argument, so nothing ever sleeps.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod behaviour;
mod files;
mod sqlite;
mod vault;
