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

#[test]
fn a_schedule_of_another_kind_is_not_taken_for_this_one() {
    let unknown = |text: &str| serde_json::from_str::<FlowMatchConfig>(text).unwrap().unknown();
    assert_eq!(unknown(r#"{"use_dynamic_shifting": true, "time_shift_type": "exponential"}"#), None);
    assert_eq!(unknown(r#"{"shift": 3.0, "shift_terminal": null, "use_karras_sigmas": false}"#), None);
    assert_eq!(unknown(r#"{"time_shift_type": "linear"}"#).as_deref(), Some("`time_shift_type` \"linear\""));
    assert_eq!(unknown(r#"{"use_beta_sigmas": true}"#).as_deref(), Some("`use_beta_sigmas` true"));
    assert_eq!(unknown(r#"{"shift_terminal": 0.02}"#).as_deref(), Some("`shift_terminal` 0.02"));
}
