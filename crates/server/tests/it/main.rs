//! The real router, store, files and worker over real sockets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod auth;
mod bad_input;
mod crash;
mod encodings;
mod lifecycle;
mod listener;
mod observability;
mod published_samples;
mod receiver;
mod socket_limits;
mod sockets;
mod support;
mod webhooks;
