//! What axe-core finds on the pages, and what they weigh. It is installed by `./test` and used by tests alone.

use std::path::Path;

use serde_json::Value;

use super::driver::{Browser, Size};
use super::{DESKTOP, signed_up_as_owner};
use crate::support::{Echo, Studio};

const PHONE: Size = (360, 740);

fn axe() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let script = root.join("target/tools/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&script).unwrap_or_else(|_| panic!("no {}: ./test installs it", script.display()))
}

/// The serious findings on the page that is open, as text.
async fn findings(browser: &Browser, axe: &str) -> Vec<String> {
    let script = format!(
        "{axe}; const found = await axe.run(document, {{ resultTypes: ['violations'] }});
         return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
             .map((one) => one.id + ': ' + one.nodes.map((node) => node.target + ' ' + node.failureSummary).join(' | '));"
    );
    match browser.run(&script, vec![]).await {
        Value::Array(found) => found.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        other => panic!("axe did not run: {other}"),
    }
}

/// The most bytes of a page's first load besides pictures and clips.
const HEAVIEST: u64 = 150_000;

/// What the page that is open has loaded besides pictures and clips, in bytes.
async fn weight(browser: &Browser) -> u64 {
    let script = "const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        return loaded.filter((one) => !['img', 'video', 'css'].includes(one.initiatorType))
            .reduce((sum, one) => sum + one.encodedBodySize, 0);";
    browser.run(script, vec![]).await.as_u64().unwrap()
}

/// Every page, with a task that succeeded and one project.
fn pages(task: &str) -> Vec<String> {
    let pages = [
        "",
        "/tools/wiro/virtual-try-on",
        "/tools/wiro/wan2-2-effects-extra",
        "/tasks",
        "/projects",
        "/projects/1",
        "/credit",
        "/people",
        "/operations",
        "/me",
        "/sign-in",
        "/nowhere",
    ];
    let of_task = [format!("/tasks/{task}"), format!("/tools/wiro/virtual-try-on?task={task}")];
    let all = pages.into_iter().map(str::to_owned).chain(of_task);
    all.map(|path| format!("/dashboard{path}")).chain(["/docs".to_owned()]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_heavy_or_has_a_serious_fault_that_axe_finds() {
    let studio = Studio::start(Echo).await;
    let browser = signed_up_as_owner(&studio).await;
    let task = studio.until(&studio.submit().await, "task_postprocess_end").await;
    let axe = axe();
    let mut all = Vec::new();
    for path in pages(task["id"].as_str().unwrap()) {
        for (dark, size) in [(false, DESKTOP), (true, DESKTOP), (false, PHONE), (true, PHONE)] {
            browser.look(dark, size).await;
            browser.open(&studio.at(&path)).await;
            let found = findings(&browser, &axe).await;
            all.extend(found.into_iter().map(|one| format!("{path} (dark: {dark}, {size:?}): {one}")));
            let weight = weight(&browser).await;
            if !(500..HEAVIEST).contains(&weight) {
                all.push(format!("{path}: {weight} bytes"));
            }
            let wide = browser.run("return document.documentElement.scrollWidth - innerWidth;", vec![]).await;
            if wide.as_i64().is_none_or(|over| over > 0) {
                all.push(format!("{path} {size:?}: wider than the window by {wide}"));
            }
        }
    }
    browser.close().await;
    assert!(all.is_empty(), "{}", all.join("\n"));
}
