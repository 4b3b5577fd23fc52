use serde::Deserialize;

use super::{FlowMatch, FlowMatchConfig, empirical_mu};
use crate::golden;

#[derive(Deserialize)]
struct Row {
    tokens: usize,
    steps: usize,
    mu: f64,
    sigmas: Vec<f32>,
}

#[test]
fn the_schedule_is_the_references() {
    let config: FlowMatchConfig =
        crate::config::read_json(&golden::path("klein-tiny/scheduler/scheduler_config.json")).unwrap();
    let rows: Vec<Row> = crate::config::read_json(&golden::path("schedule.json")).unwrap();
    for row in rows {
        let mu = empirical_mu(row.tokens, row.steps);
        assert!((mu - row.mu).abs() < 1e-12);
        let schedule = FlowMatch::new(&config, row.steps, mu);
        for (ours, theirs) in schedule.sigmas().iter().zip(&row.sigmas) {
            assert!((ours - theirs).abs() <= 1e-7, "{} tokens, {} steps", row.tokens, row.steps);
        }
        assert_eq!(schedule.sigmas().len(), row.sigmas.len());
    }
}
