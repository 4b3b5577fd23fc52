//! The binary as a user meets it: started as a process, read from its terminal.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod accounts;
mod drafts;
mod keys;
mod models;
#[cfg(all(feature = "native", unix))]
mod native;
mod verify;
mod webhooks;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn atelier(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_atelier"));
    command.current_dir(folder).env("ATELIER_DATA", folder.join("data")).env_remove("ATELIER_URL");
    command
}

fn run(folder: &Path, line: &str) -> Output {
    atelier(folder).args(line.split_whitespace()).output().unwrap()
}

/// The standard output of a command that must succeed.
fn succeed(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "atelier {line}\n{out}{err}");
    out
}

/// The standard error of a command that must fail.
fn fail(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    assert!(!output.status.success(), "atelier {line} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

/// A server process that ends with this value.
struct Serving {
    process: Child,
    base: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(folder: &Path) -> Serving {
    serve_as(atelier(folder).stderr(Stdio::null()))
}

/// Serves with what a test has set.
fn serve_as(command: &mut Command) -> Serving {
    let command = command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut serving = Serving { process: command.spawn().unwrap(), base: String::new() };
    let mut lines = BufReader::new(serving.process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let says = |line: String| line.strip_prefix("Atelier serves ").map(str::to_owned);
    let line = lines.find_map(says).unwrap_or_else(|| panic!("the server did not start"));
    line.split_whitespace().next().unwrap().clone_into(&mut serving.base);
    serving
}

/// Whether a file is a picture or clip of the kind that its name says, and large enough to show something.
fn is_result(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default();
    let magic = match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => bytes.starts_with(b"\x89PNG"),
        Some("jpg") => bytes.starts_with(b"\xff\xd8\xff"),
        Some("mp4") => bytes.get(4..8) == Some(b"ftyp"),
        _ => false,
    };
    magic && bytes.len() > 50_000
}

#[test]
fn the_demo_leaves_a_result_for_every_sample_set_and_names_what_is_not_there_yet() {
    let folder = TempDir::new().unwrap();
    let out = succeed(folder.path(), "demo --out results");
    let mut expected = Vec::new();
    for tool in succeed(folder.path(), "tools list --json").lines().map(json) {
        let slug = tool["slug"].as_str().unwrap();
        let results: &[&str] = match slug {
            "wiro/virtual-try-on" => &["-1.png", "-2.png", "-3.png", "-4.png"],
            "wiro/professional-headshot" => &["-1.jpg", "-2.png"],
            "wiro/instant-id" => &["-1.png", "-1-1.png"],
            "wiro/wan2-2-effects-extra" => &["-1.mp4", "-2.mp4"],
            other => panic!("{other} is not in the demo"),
        };
        if tool["runner"].is_null() {
            assert!(out.contains("not yet: "), "{out}");
        } else {
            let stem = slug.strip_prefix("wiro/").unwrap();
            expected.extend(results.iter().map(|result| format!("{stem}{result}")));
        }
    }
    for name in &expected {
        let path = folder.path().join("results").join(name);
        assert!(is_result(&path), "{}", path.display());
        let said = json(&succeed(folder.path(), &format!("verify results/{name} --json")));
        assert_eq!((&said["state"], &said["run"]["draft"]), (&"valid".into(), &true.into()), "{said}");
    }
    let saved = std::fs::read_dir(folder.path().join("results")).unwrap().count();
    assert_eq!(saved, expected.len(), "{out}");
    assert!(!folder.path().join("data").exists(), "the demo leaves no data behind");
}

#[test]
fn an_account_is_made_beside_a_running_server_and_its_project_runs_a_task_there() {
    let folder = TempDir::new().unwrap();
    let serving = serve(folder.path());
    let account = json(&succeed(folder.path(), "account create --email Me@Example.com --json"));
    let granted = json(&succeed(folder.path(), "credits grant --account me@example.com --usd 25 --json"));
    assert_eq!(granted["id"], account["id"]);
    assert_eq!(granted["balance_usd"], "25.000000000000");
    let make = "project create --account me@example.com --name shop --auth signature --json";
    let project = json(&succeed(folder.path(), make));
    let (key, secret) = (project["api_key"].as_str().unwrap(), project["api_secret"].as_str().unwrap());
    let task = json(&succeed(
        folder.path(),
        &format!(
            "run wiro/virtual-try-on -i inputImageHuman=wiro-virtual-try-on-input-1-1.jpg \
             -i inputImageClothes=wiro-virtual-try-on-input-1-2.jpg --out results --json \
             --url {} --key {key} --secret {secret}",
            serving.base
        ),
    ));
    assert_eq!(task["pexit"], "0");
    let saved =
        folder.path().join(format!("results/wiro-virtual-try-on-{}.png", task["id"].as_str().unwrap()));
    assert!(is_result(&saved), "{}", saved.display());
    verify::check(folder.path(), &saved);
    let list = succeed(folder.path(), "credits list --account me@example.com");
    assert!(list.contains("-0.090000000000"), "{list}");
    assert!(succeed(folder.path(), "project list").contains("shop"));
    let wrong = format!("run wiro/virtual-try-on --url {}/v1/ --key {key} --secret wrong", serving.base);
    assert!(fail(folder.path(), &wrong).contains("Project authorization is not valid."));
}

#[test]
fn a_file_is_uploaded_and_a_refusal_is_shown_in_the_servers_words() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("me.jpg"), "not a picture").unwrap();
    let line = "run wiro/virtual-try-on -i inputImageHuman=@me.jpg -i inputImageClothes=wiro-virtual-try-on-input-1-2.jpg";
    let words = fail(folder.path(), line);
    assert!(
        words.contains("Request files [inputImageHuman] must be a jpeg, png, webp or gif image"),
        "{words}"
    );
    assert!(fail(folder.path(), "run wiro/nothing").contains("slug-owner-project-not-exist"));
    assert!(
        fail(folder.path(), "run wiro/virtual-try-on -i x=@nowhere.jpg").contains("cannot read nowhere.jpg")
    );
}

#[test]
fn a_catalogue_file_is_checked_with_file_key_and_line() {
    let folder = TempDir::new().unwrap();
    let bad = "id = \"9\"\nslug = \"me/mine\"\ntitel = \"me/Mine\"\n";
    std::fs::write(folder.path().join("mine.toml"), bad).unwrap();
    let words = fail(folder.path(), "tools check mine.toml");
    assert!(words.contains("mine.toml: line 3: titel"), "{words}");
    let list = succeed(folder.path(), "tools list");
    assert!(list.lines().count() == 4 && list.lines().all(|line| line.ends_with("draft")), "{list}");
    assert!(succeed(folder.path(), "tools show wiro/instant-id").contains("Model name: wiro/instant-id"));
}

#[test]
fn mistakes_on_the_command_line_say_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    assert!(
        fail(folder.path(), "account create --email nobody").contains("`nobody` is not an e-mail address")
    );
    succeed(folder.path(), "account create --email me@example.com");
    assert!(
        fail(folder.path(), "account create --email me@example.com").contains("this account exists already")
    );
    assert!(fail(folder.path(), "credits grant --account me@example.com --usd -1").contains("--usd"));
    assert!(fail(folder.path(), "credits grant --account me@example.com --usd 1e9").contains("`1e9`"));
    assert!(
        fail(folder.path(), "credits grant --account you@example.com --usd 1").contains("no such account")
    );
    assert!(fail(folder.path(), "serve --config nowhere.toml").contains("settings"));
}
