//! Whole ways through the dashboard.

use serde_json::{Value, json};

use super::driver::Browser;
use super::{signed_up, signed_up_as_owner};
use crate::support::{Echo, Gate, PIXEL, Studio, pixel, send};

/// Puts the sample pictures `args[0]` and `args[1]` into the fields of person and garment as a mouse would.
const DROP: &str = "
    const drop = async (field, name) => {
        const blob = await (await fetch('/uploads/sampleinputs/' + name)).blob();
        const transfer = new DataTransfer();
        transfer.items.add(new File([blob], name, { type: 'image/jpeg' }));
        const box = document.querySelector(`.picker[data-field=${field}]`);
        for (const kind of ['dragover', 'drop']) {
            box.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }
    };
    await drop('inputImageHuman', args[0]);
    await drop('inputImageClothes', args[1]);
    return document.querySelectorAll('.previews img').length;";

async fn drop_pictures(browser: &Browser) {
    let names = ["wiro-virtual-try-on-input-1-1.jpg", "wiro-virtual-try-on-input-1-2.jpg"];
    let shown = browser.run(DROP, names.map(|name| json!(name)).to_vec()).await;
    assert_eq!(shown, json!(2), "both pictures are shown");
}

async fn open_playground(studio: &Studio, browser: &Browser) {
    browser.open(&studio.at("/dashboard/tools/wiro/virtual-try-on")).await;
    browser.find("#run-form.lively").await;
}

/// The value of a field.
async fn value(browser: &Browser, css: &str) -> String {
    browser.find(css).await.prop("value").await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_is_made_and_its_key_works() {
    let studio = Studio::start(Echo).await;
    let browser = signed_up(&studio, "ada@example.org").await;
    browser.open(&studio.at("/dashboard/projects")).await;
    browser.write("main form input[name=name]", "Shop").await;
    browser.click("main form input[name=auth][value=key]").await;
    browser.click("main form button").await;
    let key = value(&browser, "#key").await;
    let body = json!({"inputImageHuman": PIXEL, "inputImageClothes": PIXEL});
    let run = studio.http.post(studio.at("/v1/Run/wiro/virtual-try-on")).header("x-api-key", &key);
    let (_, reply) = send(run.json(&body)).await;
    assert_eq!(reply["result"], json!(true), "{reply}");
    // Shown once: neither the list nor the project has it again.
    for path in ["/dashboard/projects", "/dashboard/projects/2"] {
        browser.open(&studio.at(path)).await;
        browser.says("main", "Shop").await;
        let page = browser.run("return document.documentElement.outerHTML;", vec![]).await;
        assert!(!page.as_str().unwrap().contains(&key), "{path} shows the key");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_on_by_drag_and_drop_is_followed_to_its_result() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let browser = signed_up_as_owner(&studio).await;
    open_playground(&studio, &browser).await;
    drop_pictures(&browser).await;
    browser.click("#go").await;
    browser.says("#run-state", "Running").await;
    gate.open();
    let slider = browser.find("#result .compare input[type=range]").await;
    slider.send_keys(&fantoccini::key::Key::Right.to_string()).await.unwrap();
    assert_eq!(value(&browser, "#result .compare input[type=range]").await, "51");
    let loaded =
        "return [...document.querySelectorAll('#result .compare img')].map((one) => one.naturalWidth > 0);";
    let settle = format!(
        "await Promise.all([...document.images].map((one) => one.decode().catch(() => {{}}))); {loaded}"
    );
    assert_eq!(browser.run(&settle, vec![]).await, json!([true, true]));
    assert!(browser.address().await.query().is_some_and(|query| query.starts_with("task=")));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_waits_is_taken_back_and_one_that_runs_is_stopped() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let browser = signed_up_as_owner(&studio).await;
    let running = studio.submit().await;
    studio.until(&running, "task_start").await;
    // One more is prepared while the first runs; what comes then waits.
    let prepared = studio.submit().await;
    open_playground(&studio, &browser).await;
    drop_pictures(&browser).await;
    browser.click("#go").await;
    browser.click("#run-state button").await;
    browser.says("#result", "It was stopped, and costs nothing").await;
    for token in [running, prepared] {
        studio.post("/v1/Task/Kill", &json!({"tasktoken": token})).await;
    }
    browser.click("#go").await;
    browser.says("#run-state", "Running").await;
    browser.click("#run-state button[data-how=kill]").await;
    browser.says("#result", "It was stopped, and costs nothing").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_revoked_is_refused() {
    let studio = Studio::start(Echo).await;
    let browser = signed_up_as_owner(&studio).await;
    browser.open(&studio.at("/dashboard/projects/1")).await;
    browser.click("#new-key summary, summary.new-key, details:has(form[action$='/keys']) summary").await;
    browser.write("form[action$='/keys'] input[name=name]", "web shop").await;
    browser.click("form[action$='/keys'] button").await;
    let key = value(&browser, "main input[readonly]").await;
    let picture = || reqwest::multipart::Part::bytes(pixel()).file_name("pixel.png");
    let call = async || -> u16 {
        let form = reqwest::multipart::Form::new()
            .part("person_images", picture())
            .part("garment_images", picture());
        let call = studio.http.post(studio.at("/api/v1/tryon")).bearer_auth(&key).multipart(form);
        call.send().await.unwrap().status().as_u16()
    };
    assert_ne!(call().await, 401, "the key is known");
    browser.open(&studio.at("/dashboard/projects/1")).await;
    browser.run("window.confirm = () => true; return null;", vec![]).await;
    browser.click("form[action$='/revoke'] button").await;
    browser.says("main", "revoked").await;
    assert_eq!(call().await, 401);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_another_sites_page_cannot_use_the_cookie() {
    let studio = Studio::start(Echo).await;
    let browser = signed_up(&studio, "ada@example.org").await;
    // The same machine under another name is another site.
    let elsewhere = studio.at("/healthz").replace("127.0.0.1", "localhost");
    let script = "
        const form = document.createElement('form');
        form.method = 'post'; form.action = args[0]; form.enctype = args[1];
        document.body.append(form); form.submit();";
    for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        for path in ["/dashboard/me/sign-out-everywhere", "/dashboard/tools/wiro/virtual-try-on/run"] {
            browser.open(&elsewhere).await;
            browser.run(script, vec![json!(studio.at(path)), json!(encoding)]).await;
            browser.says("h1", "not sent by this page").await;
        }
    }
    browser.open(&studio.at("/dashboard/me")).await;
    browser.says("h1", "You").await;
    let (_, reply) = studio.post("/v1/Task/List", &json!({})).await;
    assert_eq!(reply["total"], Value::from("0"), "{reply}");
    browser.close().await;
}
