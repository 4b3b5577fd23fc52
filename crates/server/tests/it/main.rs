//! The real router, store, files and worker over real sockets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod auth;
mod bad_input;
mod billing;
mod both_surfaces;
mod browser;
mod catalogue;
mod clients;
mod conformance;
mod crash;
mod dashboard_access;
mod dashboard_admin;
mod dashboard_history;
mod dashboard_studio;
mod encodings;
mod file_addresses;
mod file_deletion;
mod idempotency;
mod lifecycle;
mod listener;
mod observability;
mod openapi;
mod outputs;
mod provenance;
mod published_samples;
mod rates;
mod receiver;
mod reports;
mod socket_limits;
mod sockets;
mod support;
mod transport;
mod tryon;
mod tryon_client;
mod tryon_failures;
mod tryon_keys;
mod tryon_results;
mod tryon_samples;
mod uploads;
mod visitor;
mod webhooks;
