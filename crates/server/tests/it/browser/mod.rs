//! The dashboard as people use it: in a real browser.

mod accessibility;
mod driver;
mod journeys;
mod phone;

use atelier_server::first_run_link;

use crate::support::Studio;
use crate::visitor::PASSWORD;
use driver::Browser;

/// A window of a desk.
const DESKTOP: driver::Size = (1280, 900);

/// A browser in which somebody has just opened the first link and signed up.
async fn signed_up(studio: &Studio, email: &str) -> Browser {
    let browser = Browser::start().await;
    browser.look(false, DESKTOP).await;
    let link = first_run_link(&studio.app, true).await.unwrap().unwrap();
    browser.open(&link).await;
    browser.write("input[name=email]", email).await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.click("main button").await;
    browser.find(".bar").await;
    browser
}

/// The same for the owner of the studio's account, which has credit and a project.
async fn signed_up_as_owner(studio: &Studio) -> Browser {
    signed_up(studio, "owner@example.com").await
}
