//! Whole ways through the dashboard.

use serde_json::json;

use super::signed_up;
use crate::support::{Echo, Studio};

/// Every page that needs no id.
pub(crate) const PAGES: &[&str] = &["/dashboard/me", "/dashboard/sign-in"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_another_sites_page_cannot_use_the_cookie() {
    let studio = Studio::start(Echo).await;
    let browser = signed_up(&studio, "ada@example.org").await;
    // The same machine under another name is another site, with the same port or another.
    let elsewhere = studio.at("/docs").replace("127.0.0.1", "localhost");
    browser.open(&elsewhere).await;
    let script = "
        const form = document.createElement('form');
        form.method = 'post'; form.action = args[0]; form.enctype = args[1];
        document.body.append(form); form.submit();";
    for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        browser.open(&elsewhere).await;
        let there = studio.at("/dashboard/me/sign-out-everywhere");
        browser.run(script, vec![json!(there), json!(encoding)]).await;
        browser.says("h1", "not sent by this page").await;
    }
    browser.open(&studio.at("/dashboard/me")).await;
    browser.says("h1", "You").await;
    browser.close().await;
}
