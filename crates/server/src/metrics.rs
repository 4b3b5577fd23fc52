//! What an operator watches: numbers for Prometheus under `/metrics`, and whether the process serves.
//!
//! Names follow the conventions of Prometheus: base units, `_total` on counters, labels with few values (the route,
//! never the path).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atelier_domain::ToolSlug;
use atelier_store::QueueDepth;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;

/// Upper bounds of the buckets of request times, in seconds.
const REQUEST_BUCKETS: [f64; 9] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];
/// Upper bounds of the buckets of waiting and running, in seconds.
const TASK_BUCKETS: [f64; 10] = [0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolLabels {
    tool: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    tool: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DepthLabels {
    state: &'static str,
}

/// Every number that this process counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_time: Family<RouteLabels, Histogram, fn() -> Histogram>,
    submitted: Family<ToolLabels, Counter>,
    ended: Family<EndLabels, Counter>,
    wait: Family<ToolLabels, Histogram, fn() -> Histogram>,
    run: Family<ToolLabels, Histogram, fn() -> Histogram>,
    lost: Counter,
    depth: Family<DepthLabels, Gauge>,
}

fn request_histogram() -> Histogram {
    Histogram::new(REQUEST_BUCKETS)
}

fn task_histogram() -> Histogram {
    Histogram::new(TASK_BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("atelier"),
            requests: Family::default(),
            request_time: Family::new_with_constructor(request_histogram),
            submitted: Family::default(),
            ended: Family::default(),
            wait: Family::new_with_constructor(task_histogram),
            run: Family::new_with_constructor(task_histogram),
            lost: Counter::default(),
            depth: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Answered requests", self.requests.clone());
        let time = self.request_time.clone();
        registry.register_with_unit("http_request_duration", "Time to answer a request", Unit::Seconds, time);
        registry.register("tasks_submitted", "Accepted tasks", self.submitted.clone());
        registry.register("tasks_ended", "Tasks that this worker ended", self.ended.clone());
        registry.register_with_unit(
            "task_wait",
            "Time from submit to claim",
            Unit::Seconds,
            self.wait.clone(),
        );
        registry.register_with_unit("task_run", "Time from claim to end", Unit::Seconds, self.run.clone());
        registry.register("leases_lost", "Tasks taken from a silent worker", self.lost.clone());
        registry.register("tasks", "Unfinished tasks of the installation", self.depth.clone());
    }

    /// A request was answered.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, time: Duration) {
        let (method, route) = (method.to_owned(), route.to_owned());
        self.request_time.get_or_create(&RouteLabels { route: route.clone() }).observe(time.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// A task was accepted.
    pub(crate) fn submitted(&self, tool: &ToolSlug) {
        self.submitted.get_or_create(&ToolLabels { tool: tool.to_string() }).inc();
    }

    /// A worker took a task after it had waited for `wait`.
    pub(crate) fn claimed(&self, tool: &ToolSlug, wait: Duration) {
        self.wait.get_or_create(&ToolLabels { tool: tool.to_string() }).observe(wait.as_secs_f64());
    }

    /// A task ended after it had been worked on for `run`.
    pub(crate) fn ended(&self, tool: &ToolSlug, outcome: &'static str, run: Duration) {
        let tool = tool.to_string();
        self.run.get_or_create(&ToolLabels { tool: tool.clone() }).observe(run.as_secs_f64());
        self.ended.get_or_create(&EndLabels { tool, outcome }).inc();
    }

    /// Tasks were taken from workers that had fallen silent.
    pub(crate) fn lost(&self, tasks: usize) {
        self.lost.inc_by(tasks as u64);
    }

    fn text(&self, depth: QueueDepth) -> Result<String, std::fmt::Error> {
        let set = |state, count: u64| {
            self.depth.get_or_create(&DepthLabels { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        };
        set("waiting", depth.waiting);
        set("running", depth.running);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// `GET /metrics`, for the networks that the settings name.
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<std::net::SocketAddr>,
) -> Response {
    let peer: IpAddr = peer.ip().to_canonical();
    if !app.config.metrics_allow.iter().any(|network| network.contains(&peer)) {
        return (StatusCode::FORBIDDEN, "Metrics are not for this address.\n").into_response();
    }
    let Ok(depth) = app.storage.store.queue_depth().await else { return not_ready() };
    match app.metrics.text(depth) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `GET /readyz`: whether requests can be served, which takes the database.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.storage.store.queue_depth().await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "not ready");
            not_ready()
        }
    }
}

fn not_ready() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], "The database does not answer.\n")
        .into_response()
}
