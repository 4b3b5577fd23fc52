//! Pictures of every page of the dashboard, light and dark, on a desk and on a phone:
//!
//! ```sh
//! cargo run -p atelier-server --example screens            # writes docs/screens
//! cargo run -p atelier-server --example screens -- history # those whose names begin so
//! ```
//!
//! A whole server with the draft runner serves them; somebody signs up, makes a project and runs the samples first.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a tool for who works on the pages"
)]
#![expect(dead_code, reason = "the browser is shared with the tests")]

#[path = "../tests/it/browser/driver.rs"]
mod driver;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atelier_domain::catalogue::Catalogue;
use atelier_domain::{
    AllowedNetworks, ApiKey, ApiSecret, Email, KeyKind, KeyName, KeySecret, Money, ProjectId, TaskId,
    Timestamp,
};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use atelier_server::config::Config;
use atelier_server::{App, Deliverer, Runners, Worker, first_run_link, transport};
use atelier_store::{Act, AuthMode, NewKey, NewProject, Storage, TaskRef};
use driver::{Browser, Size};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const DESK: Size = (1280, 800);
const PHONE: Size = (390, 844);
/// The tallest picture, in pixels.
const TALLEST: u32 = 2000;
const QUALITY: u8 = 70;
const EMAIL: &str = "ada@example.org";

/// What is run: the tool and its inputs.
const RUNS: &[(&str, &[(&str, &str)])] = &[
    (
        "wiro/virtual-try-on",
        &[
            ("inputImageHuman", "wiro-virtual-try-on-input-1-1.jpg"),
            ("inputImageClothes", "wiro-virtual-try-on-input-1-2.jpg"),
            ("inputImageClothes", "wiro-virtual-try-on-input-1-3.jpg"),
        ],
    ),
    (
        "wiro/professional-headshot",
        &[("inputImageUrl", "wiro_professional-headshot_input_2.jpg"), ("background", "office")],
    ),
    (
        "wiro/instant-id",
        &[
            ("inputImageUrl", "input-portrait-2.jpg"),
            ("selectedModel", "1049"),
            ("prompt", "golden evening light"),
        ],
    ),
    // A garment is no person: a task that fails.
    (
        "wiro/virtual-try-on",
        &[
            ("inputImageHuman", "wiro-virtual-try-on-input-1-3.jpg"),
            ("inputImageClothes", "wiro-virtual-try-on-input-1-2.jpg"),
        ],
    ),
    ("wiro/wan2-2-effects-extra", &[("inputImage", "input-portrait-2.jpg"), ("effectType", "electrify")]),
];

struct Place {
    app: Arc<App>,
    project: ProjectId,
    /// The number of the first task.
    first: i64,
}

#[tokio::main]
async fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let data = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let app = serve(&data, &stop).await;
    let browser = Browser::start().await;
    let entrance = first_run_link(&app, false).await.unwrap().unwrap();
    shoot(&browser, "join", &entrance, &wanted).await;
    sign_up(&browser, &entrance).await;
    let place = furnish(app).await;
    for (name, path) in pages(&place) {
        shoot(&browser, name, &format!("{}{path}", place.app.base), &wanted).await;
    }
    browser.run("document.querySelector('form[action$=\"/sign-out\"]').submit();", vec![]).await;
    shoot(&browser, "sign-in", &format!("{}/dashboard/sign-in", place.app.base), &wanted).await;
    browser.close().await;
    stop.cancel();
}

async fn serve(data: &tempfile::TempDir, stop: &CancellationToken) -> Arc<App> {
    let mut config = Config::load(None).unwrap();
    config.data = data.path().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let storage = Storage::open(data.path()).await.unwrap();
    let runners = Runners::new(vec![Arc::new(DraftRunner::new(DraftOptions { label: true }))]);
    let app = App::new(storage, Catalogue::builtin().unwrap(), runners, config, base).unwrap();
    tokio::spawn(Worker::new(app.clone()).unwrap().run(stop.clone()));
    tokio::spawn(Deliverer::new(app.clone()).unwrap().run(stop.clone()));
    tokio::spawn(transport::serve(app.clone(), listener, stop.clone()));
    app
}

async fn sign_up(browser: &Browser, entrance: &str) {
    browser.look(false, DESK).await;
    browser.open(entrance).await;
    browser.write("input[name=email]", EMAIL).await;
    browser.write("input[name=password]", "correct horse battery").await;
    browser.click("main button").await;
    browser.find(".bar").await;
}

/// Credit, a project with keys, and some tasks.
async fn furnish(app: Arc<App>) -> Place {
    let (store, now) = (&app.storage.store, Timestamp::now());
    let (ada, _) = store.person_by_email(&Email::parse(EMAIL).unwrap()).await.unwrap().unwrap();
    let act = Act::person(ada.id, now);
    let key = ApiKey::random();
    store.grant(ada.account, Money::parse_usd("25").unwrap(), "welcome", &act).await.unwrap();
    let new = NewProject {
        account: ada.account,
        name: "Shop".into(),
        auth: AuthMode::Key,
        key: key.clone(),
        secret: ApiSecret::random(),
        allowed_networks: AllowedNetworks::default(),
    };
    let project = store.create_project(new, &act).await.unwrap().id;
    let new = NewKey {
        project,
        kind: KeyKind::Tryon,
        name: KeyName::parse("web shop").unwrap(),
        secret: KeySecret::random(),
        expires: None,
        allowed_networks: AllowedNetworks::default(),
    };
    store.create_key(new, &act).await.unwrap();
    let http = reqwest::Client::new();
    let mut tasks = Vec::new();
    for (tool, fields) in RUNS {
        let run = http.post(format!("{}/v1/Run/{tool}", app.base)).header("x-api-key", key.as_str());
        let body: Value = run.form(fields).send().await.unwrap().json().await.unwrap();
        assert_eq!(body["result"], json!(true), "{body}");
        let task = TaskId(body["taskid"].as_str().unwrap().parse().unwrap());
        while !store.task(&TaskRef::Id(task)).await.unwrap().unwrap().state.is_terminal() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tasks.push(task.0);
    }
    Place { app, project, first: tasks[0] }
}

/// Every page with a name for its picture.
fn pages(place: &Place) -> Vec<(&'static str, String)> {
    let Place { project, first, .. } = place;
    let failed = first + 3;
    [
        ("studio", String::new()),
        ("playground", "/tools/wiro/virtual-try-on".into()),
        ("result", format!("/tools/wiro/virtual-try-on?task={first}")),
        ("history", "/tasks".into()),
        ("task", format!("/tasks/{first}")),
        ("task-failed", format!("/tasks/{failed}")),
        ("projects", "/projects".into()),
        ("project", format!("/projects/{project}")),
        ("credit", "/credit".into()),
        ("people", "/people".into()),
        ("operations", "/operations".into()),
        ("you", "/me".into()),
    ]
    .map(|(name, path)| (name, format!("/dashboard{path}")))
    .into_iter()
    .chain([("docs", "/docs".to_owned())])
    .collect()
}

async fn shoot(browser: &Browser, name: &str, address: &str, wanted: &str) {
    if !name.starts_with(wanted) {
        return;
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/screens");
    std::fs::create_dir_all(&folder).unwrap();
    for (kind, size) in [("desktop", DESK), ("phone", PHONE)] {
        for (scheme, dark) in [("light", false), ("dark", true)] {
            browser.look(dark, size).await;
            browser.open(address).await;
            // Pictures that come late, and covers that are clips.
            let settled = "await Promise.all([...document.images].map((one) => { one.loading = 'eager'; return one.decode().catch(() => {}); }));
                           await new Promise((next) => setTimeout(next, 400));";
            browser.run(settled, vec![]).await;
            let picture = image::load_from_memory(&browser.picture(TALLEST).await).unwrap().to_rgb8();
            let file = std::fs::File::create(folder.join(format!("{name}-{kind}-{scheme}.jpg"))).unwrap();
            image::codecs::jpeg::JpegEncoder::new_with_quality(file, QUALITY).encode_image(&picture).unwrap();
        }
    }
}
