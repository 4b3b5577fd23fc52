//! The catalogue and the page of a tool: what it shows, what it sends, and that the code it offers runs.

use std::path::Path;

use atelier_domain::{AccountId, ApiKey, ApiSecret, Role, TaskId, Timestamp};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use atelier_store::{Act, AuthMode, TaskRef};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Echo, Gate, Studio, eventually, funded_project, objects, pixel, project, send};
use crate::tryon_client::{self, garment, person};
use crate::visitor::Visitor;

const TRY_ON: &str = "/dashboard/tools/wiro/virtual-try-on";

async fn of(studio: &Studio, account: AccountId, role: Role) -> Visitor<'_> {
    Visitor::of_account(studio, account, &format!("{}@example.org", role.word()), role).await
}

/// A run as the script of the page sends it.
async fn run(visitor: &Visitor<'_>, form: Form) -> (u16, Value) {
    let form = form.text("csrf", visitor.token.clone());
    send(post(visitor, "run").header("accept", "application/json").multipart(form)).await
}

fn post(visitor: &Visitor<'_>, call: &str) -> reqwest::RequestBuilder {
    visitor.request(reqwest::Method::POST, &format!("{TRY_ON}/{call}"))
}

/// What the page says of a form: cost, and the call as code.
async fn preview(visitor: &Visitor<'_>, fields: &[(&str, &str)]) -> Value {
    let (status, reply) = send(visitor.form(&format!("{TRY_ON}/preview"), fields)).await;
    assert_eq!(status, 200, "{reply}");
    reply
}

fn picture() -> Part {
    Part::bytes(pixel()).file_name("me.png")
}

/// A good form for a project.
fn try_on(project: &str) -> Form {
    Form::new()
        .text("projectid", project.to_owned())
        .part("inputImageHuman", picture())
        .part("inputImageClothes", picture())
}

#[tokio::test]
async fn the_catalogue_shows_every_tool_with_price_and_why_it_is_not_served() {
    let studio = Studio::start(Echo).await;
    let (status, page) = of(&studio, studio.account, Role::Viewer).await.get("/dashboard").await;
    assert_eq!(status, 200);
    for tool in studio.app.catalogue.tools() {
        assert!(page.contains(&format!("href=\"/dashboard/tools/{}\"", tool.slug)), "{}", tool.slug);
        assert!(page.contains(&format!("/uploads/models/{}", tool.cover)), "{}", tool.cover);
    }
    for text in ["$0.09 a run", "served by echo", "not served: no runner makes a headshot"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.len() < 150_000);
}

#[tokio::test]
async fn a_page_has_a_field_for_every_parameter_of_its_tool() {
    let studio = Studio::start(Echo).await;
    let visitor = of(&studio, studio.account, Role::Member).await;
    for tool in studio.app.catalogue.tools() {
        let (status, page) = visitor.get(&format!("/dashboard/tools/{}", tool.slug)).await;
        assert_eq!(status, 200, "{}", tool.slug);
        for parameter in &tool.parameters {
            assert!(
                page.contains(&format!(" name=\"{}\"", parameter.name)),
                "{} {}",
                tool.slug,
                parameter.name
            );
        }
        assert!(page.contains("$100.00") && page.len() < 100_000, "balance and weight");
    }
    assert_eq!(visitor.get("/dashboard/tools/wiro/nothing").await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_from_the_page_is_billed_to_the_chosen_project_and_shows_its_result() {
    let studio = Studio::start(Echo).await;
    let visitor = of(&studio, studio.account, Role::Member).await;
    let (status, reply) = run(&visitor, try_on("1").text("style", "studio")).await;
    assert_eq!(status, 200, "{reply}");
    let task = studio.until(reply["token"].as_str().unwrap(), "task_postprocess_end").await;
    assert_eq!((&task["id"], &task["projectid"]), (&reply["task"], &json!("1")));
    assert_eq!(task["parameters"]["style"], "studio");
    let run = format!("/dashboard/runs/{}", reply["task"].as_str().unwrap());
    let state: Value = serde_json::from_str(&visitor.get(&run).await.1).unwrap();
    assert_eq!((&state["ended"], &state["balance"]), (&json!(true), &json!("$99.91")));
    let (_, result) = visitor.get(&format!("{run}/result")).await;
    for text in
        ["class=\"compare\"", "download=\"virtual-try-on-1-0.png\"", "$0.09", "echo: unchanged", "Run again"]
    {
        assert!(result.contains(text), "no {text} in {result}");
    }
    let (_, again) = visitor.get(&format!("{TRY_ON}?task=1")).await;
    assert!(again.contains("<option value=\"studio\" selected>"), "its values are in the form");
    assert!(again.contains(&format!("value=\"{}/v1/File/", studio.app.base)), "and its pictures");
}

#[tokio::test]
async fn a_refusal_names_its_field_and_neither_charges_nor_keeps_anything() {
    let studio = Studio::start(Echo).await;
    let visitor = of(&studio, studio.account, Role::Member).await;
    let broken = Part::bytes(b"no picture".to_vec()).file_name("me.png");
    let form = || Form::new().text("projectid", "1").part("inputImageHuman", picture());
    for (form, field) in [
        (try_on("1").text("pose", "upside-down"), "pose"),
        (form(), "inputImageClothes"),
        (form().part("inputImageClothes", broken), "inputImageClothes"),
        (form().text("inputImageClothes", "nobody-knows.jpg"), "inputImageClothes"),
    ] {
        let (status, reply) = run(&visitor, form).await;
        assert_eq!((status, &reply["problem"]["field"]), (422, &json!(field)), "{reply}");
        assert!(reply["problem"]["text"].as_str().unwrap().ends_with('.'), "{reply}");
    }
    let account = studio.app.storage.store.account(studio.account).await.unwrap();
    assert_eq!((account.balance.cents().as_str(), account.unfinished), ("100.00", 0));
    assert_eq!(objects(&studio).await, 0);
}

#[tokio::test]
async fn without_a_script_the_form_leads_to_the_task_or_comes_back_with_what_was_typed() {
    let studio = Studio::start(Gate::default()).await;
    let visitor = of(&studio, studio.account, Role::Member).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let post = async |form: Form| {
        let request = http.post(studio.at(&format!("{TRY_ON}/run"))).header("cookie", &visitor.cookie);
        request.multipart(form.text("csrf", visitor.token.clone())).send().await.unwrap()
    };
    // A browser sends the names that the form began with beside the files that were chosen.
    let good = post(try_on("1").text("inputImageClothes", "wiro-virtual-try-on-input-1-2.jpg")).await;
    assert_eq!(
        (good.status().as_u16(), good.headers()["location"].to_str().unwrap()),
        (303, "/dashboard/tasks/1")
    );
    let task = studio.app.storage.store.task(&TaskRef::Id(TaskId(1))).await.unwrap().unwrap();
    assert_eq!(task.values.stored_files().count(), 2);
    assert!(task.shown_parameters["inputImageClothes"].is_string(), "the file alone");
    let bad = post(try_on("1").text("plan", "medium-shot").text("pose", "upside-down")).await;
    assert_eq!(bad.status().as_u16(), 422);
    let page = bad.text().await.unwrap();
    assert!(page.contains("<option value=\"medium-shot\" selected>"), "{page}");
    assert!(page.contains("This must be one of the options.") && page.contains("nothing was charged"));
}

#[tokio::test]
async fn a12_a_run_needs_the_role_the_token_and_a_project_of_the_account() {
    let studio = Studio::start(Echo).await;
    let (other, _) = funded_project(&studio.app.storage, "other@example.com", "100").await;
    let viewer = of(&studio, studio.account, Role::Viewer).await;
    let stranger = of(&studio, other, Role::Owner).await;
    let status = async |visitor: &Visitor<'_>, form: Form| {
        let request = post(visitor, "run").header("accept", "application/json");
        request.multipart(form).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&viewer, try_on("1").text("csrf", viewer.token.clone())).await, 403);
    assert_eq!(status(&stranger, try_on("2")).await, 403, "no token");
    assert_eq!(
        status(&stranger, try_on("2").text("csrf", viewer.token.clone())).await,
        403,
        "another's token"
    );
    assert_eq!(
        status(&stranger, try_on("1").text("csrf", stranger.token.clone())).await,
        404,
        "another's project"
    );
    let token = studio.submit().await;
    let task = studio.until(&token, "task_postprocess_end").await["id"].as_str().unwrap().to_owned();
    for path in [format!("/dashboard/runs/{task}"), format!("/dashboard/runs/{task}/result")] {
        assert_eq!(stranger.get(&path).await.0, 404);
    }
    let (_, page) = stranger.get(&format!("{TRY_ON}?task={task}")).await;
    assert!(!page.contains(&token) && !page.contains("/v1/File/"), "another's task fills no form");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_run_knows_its_place() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    let visitor = of(&studio, studio.account, Role::Member).await;
    studio.submit().await;
    eventually("the run has begun", || gate.entered() == 1).await;
    // More than a worker stages ahead, so that the last ones wait.
    for _ in 0..4 {
        studio.submit().await;
    }
    let place = async |task: u32| -> Value {
        serde_json::from_str(&visitor.get(&format!("/dashboard/runs/{task}")).await.1).unwrap()
    };
    let (before, last) = (place(4).await, place(5).await);
    assert_eq!((&last["waiting"], &last["ended"]), (&json!(true), &json!(false)));
    let number = |state: &Value| state["before"].as_u64().unwrap();
    assert_eq!(number(&last), number(&before) + 1);
}

#[tokio::test]
async fn cost_and_code_follow_the_form_and_hold_no_secret() {
    let studio = Studio::start(Echo).await;
    let visitor = of(&studio, studio.account, Role::Viewer).await;
    let fields = [("projectid", "1"), ("inputImageHuman", "file:me.jpg"), ("pose", "sitting")];
    let shown = preview(&visitor, &fields).await;
    assert_eq!((&shown["cost"], &shown["balance"]), (&json!("Costs $0.09"), &json!("$100.00")));
    for language in ["curl", "python", "javascript", "rust"] {
        let code = shown["code"][language].as_str().unwrap();
        for text in ["me.jpg", "sitting", "YOUR_API_KEY", "/v1/Run/wiro/virtual-try-on"] {
            assert!(code.contains(text), "{language}: no {text} in {code}");
        }
        assert!(!code.contains(studio.key.as_str()));
    }
    studio
        .app
        .storage
        .store
        .set_unlimited(studio.account, true, &Act::operator(Timestamp::now()))
        .await
        .unwrap();
    assert_eq!(preview(&visitor, &fields).await["cost"], "Free for this account");
}

/// What a program prints.
async fn output_of(program: &str, file: &str, code: &str, folder: &Path) -> String {
    std::fs::write(folder.join(file), code).unwrap();
    let output =
        Command::new(program).arg(file).current_dir(folder).kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(
        output.status.success(),
        "{program}: {said}\n{}\n{code}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_programs_of_the_page_run_as_they_stand_there() {
    let studio = Studio::start(DraftRunner::new(DraftOptions::default())).await;
    let visitor = of(&studio, studio.account, Role::Member).await;
    let (store, by) = (&studio.app.storage.store, Act::operator(Timestamp::now()));
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let signing = project(studio.account, AuthMode::Signature, &key, &secret);
    let signing = store.create_project(signing, &by).await.unwrap().id;
    let bearer = tryon_client::key(&studio, signing).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("my; \"photo\",1.jpg", person()), ("person.jpg", person()), ("garment.jpg", garment())]
    {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let fields = |project| {
        [
            ("projectid", project),
            ("inputImageHuman", "file:my; \"photo\",1.jpg"),
            ("inputImageClothes", "wiro-virtual-try-on-input-1-2.jpg"),
            ("style", "studio"),
        ]
    };
    let signing = signing.to_string();
    for (project, key, secret) in [("1", studio.key.as_str(), ""), (&signing, key.as_str(), secret.expose())]
    {
        let preview = preview(&visitor, &fields(project)).await;
        for (group, language, program, file) in [
            ("code", "curl", "bash", "run.sh"),
            ("code", "python", "python3", "run.py"),
            ("code", "javascript", "node", "run.mjs"),
            ("tryon", "curl", "bash", "tryon.sh"),
            ("tryon", "python", "python3", "tryon.py"),
            ("tryon", "javascript", "node", "tryon.mjs"),
        ] {
            let code = preview[group][language].as_str().unwrap();
            let code = code.replace("YOUR_API_KEY", key).replace("YOUR_API_SECRET", secret);
            let code = code.replace("YOUR_TRYON_KEY", bearer.expose());
            let said = output_of(program, file, &code, folder.path()).await;
            if language == "curl" {
                let last = said.lines().last().unwrap();
                assert!(last.contains("\"status\":"), "{file}: {said}");
            } else {
                let picture = studio.http.get(said.trim()).send().await.unwrap();
                assert!(picture.status().is_success(), "{file}: {said}");
            }
        }
    }
}
