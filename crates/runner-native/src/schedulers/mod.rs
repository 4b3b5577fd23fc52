//! How noise is taken away step by step. Schedulers know no model.

mod flow_match;

pub use flow_match::{FlowMatch, FlowMatchConfig, empirical_mu};
