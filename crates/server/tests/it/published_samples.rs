//! The curl lines of the published page, as a client pastes them: only host and credentials are ours.

use std::process::Command;

use atelier_domain::{ApiKey, ApiSecret, Timestamp};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use atelier_store::{Act, AuthMode};
use serde_json::{Value, json};

use crate::support::{Studio, project};

/// The page's commands have lost their line continuations: an indented or flag line continues the one before.
fn with_continuations(command: &str) -> String {
    command.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").replace("\n-", " \\\n-")
}

/// The code blocks of a page that hold shell commands, in order.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```bash").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(with_continuations).collect()
}

fn shell(script: &str) -> Value {
    let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}\nfrom: {script}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_curl_lines_of_the_try_on_page_work_as_published() {
    let studio = Studio::start(DraftRunner::new(DraftOptions::default())).await;
    let (key, secret) = (ApiKey::random(), ApiSecret::random());
    let signing = project(studio.account, AuthMode::Signature, &key, &secret);
    studio.app.storage.store.create_project(signing, &Act::operator(Timestamp::now())).await.unwrap();
    let page = studio.http.get(studio.at("/models/wiro/Virtual%20Try-On/llms.txt")).send().await.unwrap();
    let commands = commands(&page.error_for_status().unwrap().text().await.unwrap());
    let [prepare, run, detail, detail_by_token, kill, kill_by_token, cancel] = &commands[..] else {
        panic!("other commands than expected: {commands:#?}");
    };
    // One nonce and one signature, with openssl's prefix, serve every call, as on the page.
    let prepare =
        prepare.replace("{{useSelectedProjectAPIKey}}", key.as_str()).replace("XXXXXXXXX", secret.expose());
    let call = |command: &str, task: &Value| {
        let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
        let command = ["2221", "534574", "634574"]
            .iter()
            .fold(command.to_owned(), |c, id| c.replace(id, &text("taskid")));
        let tokens = ["eDcCm5yyUfIvMFspTwww49OUfgXkQt", "ZpYote30on42O4jjHXNiKmrWAZqbRE"];
        let command = tokens.iter().fold(command, |c, token| c.replace(token, &text("socketaccesstoken")));
        shell(&format!("{prepare}\n{}", command.replace("curl ", "curl -s ")))
    };
    let task = call(run, &json!({}));
    assert_eq!(task["result"], json!(true), "{task}");
    let finished = studio.until(task["socketaccesstoken"].as_str().unwrap(), "task_postprocess_end").await;
    assert_eq!(finished["pexit"], "0", "{}", finished["debugerror"]);
    assert!(finished["debugoutput"].as_str().unwrap().contains("draft"), "a draft says so");
    for command in [detail, detail_by_token] {
        assert_eq!(call(command, &task)["tasklist"][0]["id"], task["taskid"]);
    }
    for command in [kill, kill_by_token] {
        assert_eq!(call(command, &task)["errors"][0]["code"], json!(1), "it has ended");
    }
    assert_eq!(call(cancel, &task)["errors"][0]["message"], "Task is not in a cancellable state.");
}
