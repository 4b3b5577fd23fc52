//! The dashboard.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, seconds};

/// How long people stay signed in, and links good.
#[derive(Debug, Clone, Copy)]
pub struct DashboardConfig {
    /// The length of a session.
    pub session: Duration,
    /// How long a link that lets somebody in is good.
    pub link: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDashboard {
    session_hours: f64,
    link_hours: f64,
}

impl RawDashboard {
    pub(super) fn check(&self) -> Result<DashboardConfig, ConfigError> {
        const HOUR: f64 = 3600.0;
        Ok(DashboardConfig {
            session: seconds("dashboard.session_hours", self.session_hours * HOUR)?,
            link: seconds("dashboard.link_hours", self.link_hours * HOUR)?,
        })
    }
}
