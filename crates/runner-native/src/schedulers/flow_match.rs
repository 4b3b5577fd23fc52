//! Euler steps along the straight line from noise to picture ("flow matching").

use candle_core::{Result, Tensor};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The part of `scheduler_config.json` that decides anything here.
#[derive(Debug, Clone, Deserialize)]
pub struct FlowMatchConfig {
    /// Scale of the times that the model is told.
    #[serde(default = "thousand")]
    pub num_train_timesteps: u32,
    /// Whether the shift depends on the size of the picture; else it is `shift`.
    #[serde(default)]
    pub use_dynamic_shifting: bool,
    /// The fixed shift.
    #[serde(default = "one")]
    pub shift: f64,
    /// The rest.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl FlowMatchConfig {
    /// What would make another schedule of it if it were on.
    const UNKNOWN: [&str; 6] = [
        "shift_terminal",
        "invert_sigmas",
        "stochastic_sampling",
        "use_karras_sigmas",
        "use_exponential_sigmas",
        "use_beta_sigmas",
    ];

    /// A setting with a value that this code does not know.
    pub fn unknown(&self) -> Option<String> {
        let off =
            |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || value.as_f64() == Some(0.0);
        let other = |name: &str| self.others.get(name).filter(|value| !off(value));
        let kind = other("time_shift_type")
            .filter(|kind| *kind != "exponential")
            .map(|kind| ("time_shift_type", kind));
        let unknown = kind.or_else(|| Self::UNKNOWN.into_iter().find_map(|name| Some((name, other(name)?))));
        unknown.map(|(name, value)| format!("`{name}` {value}"))
    }
}

fn thousand() -> u32 {
    1000
}

fn one() -> f64 {
    1.0
}

/// A schedule of noise levels, from 1 down to 0.
#[derive(Debug, Clone)]
pub struct FlowMatch {
    sigmas: Vec<f32>,
    time_scale: f32,
}

impl FlowMatch {
    /// `steps` even levels from 1 to 1/steps, then shifted: by `exp(mu)` where the config wants a dynamic shift.
    pub fn new(config: &FlowMatchConfig, steps: usize, mu: f64) -> Self {
        let shift = if config.use_dynamic_shifting { mu.exp() } else { config.shift };
        let last = 1.0 / steps as f64;
        let level = |step: usize| {
            let even = if steps == 1 { 1.0 } else { 1.0 - (1.0 - last) * step as f64 / (steps - 1) as f64 };
            // The reference rounds the even level, and shifts in f32.
            let even = even as f32;
            let shift = shift as f32;
            shift / (shift + (1.0 / even - 1.0))
        };
        let sigmas = (0..steps).map(level).chain([0.0]).collect();
        Self { sigmas, time_scale: config.num_train_timesteps as f32 }
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.sigmas.len() - 1
    }

    /// The noise levels, one more than there are steps.
    pub fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    /// The time of a step, from `num_train_timesteps` down.
    pub fn time(&self, step: usize) -> f32 {
        self.sigmas[step] * self.time_scale
    }

    /// From the latents before a step and the model's velocity to the latents after it.
    pub fn step(&self, step: usize, latents: &Tensor, velocity: &Tensor) -> Result<Tensor> {
        let distance = f64::from(self.sigmas[step + 1] - self.sigmas[step]);
        let change = (velocity * distance)?;
        let wide = candle_core::DType::F32;
        (latents.to_dtype(wide)? + change.to_dtype(wide)?)?.to_dtype(velocity.dtype())
    }
}

/// How far FLUX.2 shifts its schedule: a line through measured optima, by tokens of the picture and number of steps.
pub fn empirical_mu(tokens: usize, steps: usize) -> f64 {
    let tokens = tokens as f64;
    let at_200_steps = 0.000_169_27 * tokens + 0.456_666_66;
    if tokens > 4300.0 {
        return at_200_steps;
    }
    let at_10_steps = 8.738_095_24e-5 * tokens + 1.898_333_33;
    let slope = (at_200_steps - at_10_steps) / 190.0;
    slope * steps as f64 + at_200_steps - 200.0 * slope
}

#[cfg(test)]
mod tests;
