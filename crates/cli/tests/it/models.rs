//! `atelier models` against a hub on this machine, with the tiny weights that prove the runner.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{atelier, json};
use fake_hub::{Act, COMMIT, FakeHub, Files};

#[path = "../../../hub/tests/it/fake_hub.rs"]
#[expect(dead_code, reason = "the tests of the crate itself use more of it")]
mod fake_hub;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runner-native/tests/golden/klein-tiny");
const TRANSFORMER: &str = "transformer/diffusion_pytorch_model.safetensors";

fn tiny() -> Files {
    let root = Path::new(TINY);
    let folders = ["scheduler", "text_encoder", "tokenizer", "transformer", "vae"];
    let below = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let paths = folders.into_iter().flat_map(below).chain([root.join("model_index.json")]);
    let named = |path: std::path::PathBuf| {
        (path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
    };
    paths.map(named).collect()
}

fn models(folder: &Path, hub: &str, line: &str) -> Output {
    let mut command = atelier(folder);
    command.env("HF_ENDPOINT", hub).env("HF_TOKEN", "hf_secret").env("ATELIER_NATIVE__DEVICE", "cpu");
    command.args(line.split_whitespace()).output().unwrap()
}

fn out(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_model_is_listed_pulled_used_verified_and_repaired() {
    let (folder, hub) = (TempDir::new().unwrap(), FakeHub::honest(tiny()));
    let run = |line: &str| models(folder.path(), &hub.base, line);
    let listed = || json(&out(&run("models list --json")))[0].clone();
    let missing = listed();
    assert_eq!((&missing["model"], &missing["state"]), (&"FLUX.2-klein-4B".into(), &"missing".into()));
    assert_eq!(missing["tools"], json!(["wiro/virtual-try-on", "wiro/professional-headshot"]));
    assert_eq!((&missing["licence"], &missing["limits_use"]), (&"Apache-2.0".into(), &false.into()));

    let output = run("models pull FLUX.2-klein-4B --json");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(shown.contains("licence  Apache-2.0") && shown.contains("size     "), "{shown}");
    let pulled = json(&out(&output));
    assert_eq!((&pulled["commit"], &pulled["bytes"]), (&COMMIT.into(), &pulled["fetched_bytes"]));
    let token = &hub.seen()[0].headers["authorization"];
    assert_eq!(token, "Bearer hf_secret");
    assert!(!shown.contains("hf_secret"), "{shown}");
    assert_eq!(listed()["state"], "installed");
    assert!(out(&run("models list")).contains("FLUX.2-klein-4B: installed, "));
    let verified = json(&out(&run("models verify --deep --json")));
    assert_eq!(verified[0]["problems"], json!([]));
    if cfg!(feature = "native") {
        assert!(out(&run("tools list")).contains("native"));
    }

    let place = folder.path().join("data/models/FLUX.2-klein-4B").join(TRANSFORMER);
    std::fs::write(&place, &std::fs::read(&place).unwrap()[..1000]).unwrap();
    assert_eq!(listed()["state"], "partial");
    let broken = run("models verify --json");
    assert!(!broken.status.success());
    let problems = &json(&String::from_utf8(broken.stdout).unwrap())[0]["problems"];
    assert!(problems[0]["file"] == TRANSFORMER && problems[1] == Value::Null, "{problems}");
    run("models pull flux.2-klein-4b");
    assert!(out(&run("models verify")).contains("FLUX.2-klein-4B: whole"));
    assert_eq!(hub.seen_of(TRANSFORMER).len(), 2);
}

#[test]
fn a_licence_that_limits_use_is_agreed_to_before_anything_is_pulled() {
    let (folder, hub) = (TempDir::new().unwrap(), FakeHub::honest(tiny()));
    hub.say("revision/main", "", json!({"sha": COMMIT, "cardData": {"license": "cc-by-nc-4.0"}}));
    let words = err(&models(folder.path(), &hub.base, "models pull FLUX.2-klein-4B"));
    assert!(words.contains("cc-by-nc-4.0") && words.contains("--accept-licence"), "{words}");
    assert!(hub.seen().is_empty());
    let agreed = models(folder.path(), &hub.base, "models pull FLUX.2-klein-4B --accept-licence --json");
    assert_eq!(json(&out(&agreed))["licence"], "cc-by-nc-4.0");
}

#[test]
fn a_local_folder_is_imported_and_a_file_needs_its_place() {
    let folder = TempDir::new().unwrap();
    let run = |line: &str| models(folder.path(), "http://127.0.0.1:1", line);
    assert!(err(&run("models verify")).contains("no model is installed"));
    let words = err(&run(&format!("models import {TINY}/{TRANSFORMER}")));
    assert!(words.contains("--as says where it belongs"), "{words}");
    let words = err(&run(&format!("models import {TINY}/vae")));
    assert!(words.contains("is not a folder with the model: scheduler/scheduler_config.json"), "{words}");
    let first = run(&format!("models import {TINY}/{TRANSFORMER} --as {TRANSFORMER} --json"));
    assert_eq!(json(&out(&first))["state"], "partial");
    let all = run(&format!("models import {TINY} --json"));
    assert_eq!(json(&out(&all))["state"], "installed");
    assert!(out(&run("models verify --deep")).contains("every byte"));
}

#[test]
fn a_model_whose_licence_limits_use_is_agreed_to_before_it_is_imported() {
    let folder = TempDir::new().unwrap();
    let run = |line: &str| models(folder.path(), "http://127.0.0.1:1", line);
    let golden = Path::new(TINY).with_file_name("safety-tiny");
    let line = format!("models import {} --model stable-diffusion-safety-checker", golden.display());
    let words = err(&run(&line));
    assert!(words.contains("CreativeML-OpenRAIL-M") && words.contains("--accept-licence"), "{words}");
    assert!(out(&run("models list")).contains("stable-diffusion-safety-checker: missing"));
    out(&run(&format!("{line} --accept-licence")));
    assert!(out(&run("models list")).contains("stable-diffusion-safety-checker: installed"));
}

#[test]
fn mistakes_and_refusals_say_who_must_act() {
    let folder = TempDir::new().unwrap();
    let run = |hub: &str, line: &str| err(&models(folder.path(), hub, line));
    let words = run("http://127.0.0.1:1", "models pull FLUX.3");
    assert!(words.contains("there is no model FLUX.3") && words.contains("models list"), "{words}");
    let words = run("http://mirror.example", "models pull FLUX.2-klein-4B");
    assert!(words.contains("the token is not sent to http://mirror.example"), "{words}");
    let hub = FakeHub::start(tiny(), |_| Act::Status(403, String::new()));
    let words = run(&hub.base, "models pull FLUX.2-klein-4B");
    assert!(words.contains("set HF_TOKEN") && words.contains("was not downloaded"), "{words}");
    assert!(!words.contains("hf_secret"), "{words}");
}
