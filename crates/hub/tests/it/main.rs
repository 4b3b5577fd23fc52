//! Getting weights from a hub that misbehaves, and taking and checking those that are there.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod fake_hub;
mod import;
mod offer;
mod pull;
mod verify;

use std::path::Path;
use std::time::Duration;

use atelier_hub::{Hub, MODELS, Model, Patience, PullError, Pulled, pull};
use fake_hub::FakeHub;

const TRANSFORMER: &str = "transformer/diffusion_pytorch_model.safetensors";

fn model() -> &'static Model {
    &MODELS[0]
}

/// Goes on at once, and gives up soon.
const HASTY: Patience =
    Patience { attempts: 4, pause: Duration::from_millis(1), stall: Duration::from_millis(500) };

async fn pulled(hub: &FakeHub, models: &Path) -> Result<Pulled, PullError> {
    pulled_as(hub, models, None, HASTY).await
}

async fn pulled_as(
    hub: &FakeHub,
    models: &Path,
    token: Option<&str>,
    patience: Patience,
) -> Result<Pulled, PullError> {
    let client = Hub::new(&hub.base, token, patience).unwrap();
    let offer = client.offer(model()).await.unwrap();
    pull(&client, model(), &offer, models, &|_, _, _| ()).await
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The names of what is in a folder, hidden files left out.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}
