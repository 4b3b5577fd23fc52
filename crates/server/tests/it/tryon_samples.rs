//! The programs of the published page, as a client pastes them: only host, key and file names are ours. They are laid
//! out in `tests/fixtures/tryon`, with every word of the page and no other.

use std::path::{Path, PathBuf};

use atelier_runner_draft::{DraftOptions, DraftRunner};
use serde_json::Value;
use tokio::process::Command;

use crate::support::Studio;
use crate::tryon_client::{Tryon, garment, landscape, person};

const JAVASCRIPT: &str = include_str!("../fixtures/tryon/sample.js");
const PYTHON: &str = include_str!("../fixtures/tryon/sample.py");
const SHELL: &str = include_str!("../fixtures/tryon/sample.sh");

/// A server with the draft runner, and a folder with pictures.
struct Page {
    tryon: Tryon,
    folder: tempfile::TempDir,
}

impl Page {
    async fn open() -> Self {
        let studio = Studio::start(DraftRunner::new(DraftOptions::default())).await;
        let page = Self { tryon: Tryon::of(studio).await, folder: tempfile::tempdir().unwrap() };
        for (name, bytes) in
            [("person.jpg", person()), ("garment.jpg", garment()), ("hills.png", landscape())]
        {
            std::fs::write(page.picture(name), bytes).unwrap();
        }
        page
    }

    fn picture(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn at_our_host(&self, program: &str) -> String {
        program.replace("https://your-domain.com", &self.tryon.studio.app.base)
    }

    /// What the page's function in JavaScript returns for two pictures, or what it throws.
    async fn javascript(&self, key: &str, person: &str, garment: &str) -> Result<String, String> {
        // The page passes what it calls addresses into a form; a form takes files as blobs.
        let call = "\nconst { readFileSync } = require('fs');\n\
                    const [key, person, garment] = process.argv.slice(2);\n\
                    const blob = (path) => new Blob([readFileSync(path)]);\n\
                    generateTryOn(key, blob(person), blob(garment)).then(console.log, (error) => {\n\
                      console.error(error.message);\n\
                      process.exit(1);\n\
                    });\n";
        self.run("node", "sample.js", JAVASCRIPT, call, [key, person, garment]).await
    }

    /// The same in Python.
    async fn python(&self, key: &str, person: &str, garment: &str) -> Result<String, String> {
        let call = "\nimport sys\n\
                    try:\n    \
                        print(generate_tryon(*sys.argv[1:]))\n\
                    except Exception as error:\n    \
                        sys.exit(str(error))\n";
        self.run("python3", "sample.py", PYTHON, call, [key, person, garment]).await
    }

    async fn run(
        &self,
        program: &str,
        file: &str,
        text: &str,
        call: &str,
        [key, person, garment]: [&str; 3],
    ) -> Result<String, String> {
        let file = self.folder.path().join(file);
        std::fs::write(&file, self.at_our_host(text) + call).unwrap();
        let mut command = Command::new(program);
        command.arg(file).arg(key).arg(self.picture(person)).arg(self.picture(garment));
        let output = command.kill_on_drop(true).output().await.unwrap();
        let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
        if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
    }

    /// Fails unless a picture lies at an address.
    async fn assert_picture(&self, address: &str) {
        let reply = self.tryon.studio.http.get(address).send().await.unwrap();
        assert!(reply.status().is_success(), "{address}: {}", reply.status());
        assert!(image::load_from_memory(&reply.bytes().await.unwrap()).unwrap().width() >= 256);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_programs_of_the_page_return_the_address_of_a_picture() {
    let page = Page::open().await;
    let key = page.tryon.secret.expose();
    let javascript = page.javascript(key, "person.jpg", "garment.jpg");
    let (javascript, python) = tokio::join!(javascript, page.python(key, "person.jpg", "garment.jpg"));
    for address in [javascript, python] {
        page.assert_picture(&address.unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_programs_of_the_page_raise_the_reason_of_a_failure() {
    let page = Page::open().await;
    let key = page.tryon.secret.expose();
    let javascript = page.javascript(key, "hills.png", "garment.jpg");
    let (javascript, python) = tokio::join!(javascript, page.python(key, "hills.png", "garment.jpg"));
    for raised in [javascript, python] {
        let raised = raised.unwrap_err();
        assert!(raised.starts_with("Job failed: person_images (person): "), "{raised}");
        assert!(raised.ends_with("(INVALID_PERSON_IMAGE)"), "{raised}");
    }
    let refused = page.javascript("no-key", "person.jpg", "garment.jpg").await;
    assert_eq!(refused, Err("HTTP error 401".into()));
    let refused = page.python("no-key", "person.jpg", "garment.jpg").await.unwrap_err();
    assert!(refused.starts_with("401 Client Error: Unauthorized"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_curl_lines_of_the_page_work_as_published() {
    let page = Page::open().await;
    let ours = |line: &str| {
        let path = |name: &str| page.picture(name).display().to_string();
        let line = page.at_our_host(line).replace("your_api_key_here", page.tryon.secret.expose());
        line.replace("/path/to/person.jpg", &path("person.jpg"))
            .replace("/path/to/garment.jpg", &path("garment.jpg"))
            .replace("curl ", "curl -s ")
    };
    let (submit, check) = SHELL.split_once("# Response:").unwrap();
    let submitted = shell(&ours(submit), page.folder.path()).await;
    let job = submitted["jobId"].as_str().unwrap_or_else(|| panic!("{submitted}"));
    let check = ours(&check.replace("b16367b3-61a4-40aa-a713-f91889c3dae9", job));
    let first = shell(&check, page.folder.path()).await;
    assert_eq!(first["jobId"], job);
    page.tryon.end_of(job).await;
    let last = shell(&check, page.folder.path()).await;
    page.assert_picture(last["imageUrl"].as_str().unwrap()).await;
}

async fn shell(script: &str, folder: &Path) -> Value {
    let output = Command::new("bash").arg("-c").arg(script).current_dir(folder).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}\nfrom: {script}"))
}
