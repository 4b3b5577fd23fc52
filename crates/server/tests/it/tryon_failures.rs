//! The thirteen error codes of the page, each by a real cause: what a job fails with when exactly that goes wrong.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use atelier_domain::{
    Artifact, Finding, InputRole, Job, JobKind, Picture, RunContext, RunError, Runner, Support, TaskToken,
    Timestamp, ToolSlug, Values,
};
use atelier_runner_draft::{DraftOptions, DraftRunner};
use atelier_store::NewTask;
use serde_json::{Map, Value, json};

use crate::support::{Echo, Gate, Studio, eventually};
use crate::tryon_client::{
    Tryon, animation, answer, blank, garment, landscape, painted, person, pictures, plain_picture,
};

async fn drafting() -> Tryon {
    Tryon::of(Studio::start(DraftRunner::new(DraftOptions::default())).await).await
}

/// The one shape of a failed job; gives its sentence.
#[track_caller]
fn failed(status: &Value, code: &str, step: &str) -> String {
    assert_eq!((&status["status"], &status["errorCode"]), (&json!("failed"), &json!(code)), "{status:#}");
    let result = &status["result"];
    assert_eq!((&result["errorCode"], &result["error"]), (&status["errorCode"], &status["error"]));
    assert_eq!(result["step"], step, "{status:#}");
    for absent in ["imageUrl", "resultImageUrl", "imageBase64", "message"] {
        assert!(status.get(absent).is_none(), "{absent} in {status:#}");
    }
    status["error"].as_str().unwrap().to_owned()
}

/// Nothing was charged.
async fn assert_free(tryon: &Tryon) {
    let account = tryon.studio.app.storage.store.accounts().await.unwrap().remove(0);
    let granted = atelier_domain::Money::parse_usd("100").unwrap();
    assert_eq!((account.balance, account.reserved.0), (granted, 0));
}

#[tokio::test]
async fn invalid_person_image_is_said_of_a_picture_without_a_person() {
    let tryon = drafting().await;
    let status = tryon.end_of(&tryon.submit(landscape(), garment()).await).await;
    let error = failed(&status, "INVALID_PERSON_IMAGE", "run");
    assert!(error.starts_with("person_images"), "{error}");
    assert_eq!(status["result"]["image"], "person_images");
    assert!(status["result"]["confidence"].as_f64().unwrap() < 0.5, "{status:#}");
    assert_free(&tryon).await;
}

#[tokio::test]
async fn invalid_person_image_is_said_of_a_picture_that_is_too_small_or_none() {
    let tryon = drafting().await;
    let small = painted(255, 600, |x, y| [x as u8, y as u8, 99]);
    let status = tryon.end_of(&tryon.submit(small, garment()).await).await;
    let error = failed(&status, "INVALID_PERSON_IMAGE", "prepare");
    assert_eq!(error, "person_images (person): must be at least 256 pixels a side, but is 255x600");
    let (status, reply) = answer(tryon.post(pictures(b"hello".to_vec(), garment()))).await;
    let sentence = "person_images must be a jpeg, png, webp or gif image.";
    assert_eq!((status, reply), (400, json!({"error": sentence, "errorCode": "INVALID_PERSON_IMAGE"})));
    assert_free(&tryon).await;
}

#[tokio::test]
async fn invalid_garment_image_is_said_of_a_blank_picture_and_of_a_small_or_damaged_one() {
    let tryon = drafting().await;
    let status = tryon.end_of(&tryon.submit(person(), blank()).await).await;
    let error = failed(&status, "INVALID_GARMENT_IMAGE", "run");
    assert!(error.starts_with("garment_images"), "{error}");
    assert!(status["result"]["confidence"].as_f64().unwrap() < 0.6, "{status:#}");
    let small = painted(300, 200, |x, y| [x as u8, y as u8, 99]);
    let status = tryon.end_of(&tryon.submit(person(), small).await).await;
    failed(&status, "INVALID_GARMENT_IMAGE", "prepare");
    let cut = garment()[..20_000].to_vec();
    let (status, reply) = answer(tryon.post(pictures(person(), cut))).await;
    assert_eq!((status, &reply["errorCode"]), (400, &json!("INVALID_GARMENT_IMAGE")), "{reply}");
    assert_free(&tryon).await;
}

#[tokio::test]
async fn validation_failed_is_said_of_pictures_that_do_not_go_together() {
    let tryon = drafting().await;
    let status = tryon.end_of(&tryon.submit(person(), person()).await).await;
    let error = failed(&status, "VALIDATION_FAILED", "prepare");
    assert_eq!(error, "the person and the garment are the same picture");
    let (status, reply) = answer(tryon.post(pictures(animation(), garment()))).await;
    let sentence = "person_images must not be animated.";
    assert_eq!((status, reply), (400, json!({"error": sentence, "errorCode": "VALIDATION_FAILED"})));
    assert_free(&tryon).await;
}

#[tokio::test]
async fn generation_failed_is_said_of_a_run_that_panics() {
    let tryon = Tryon::of(Studio::start(Gate::that_panics()).await).await;
    let status = tryon.end_of(&tryon.submit_pixels().await).await;
    assert_eq!(failed(&status, "GENERATION_FAILED", "run"), "the computation failed");
    assert_free(&tryon).await;
}

/// Puts a file where the objects were, so that the object store can neither read nor write.
fn break_object_store(studio: &Studio) {
    let objects = studio.app.config.data.join("objects");
    std::fs::rename(&objects, studio.app.config.data.join("objects.away")).unwrap();
    std::fs::write(&objects, "in the way").unwrap();
}

#[tokio::test]
async fn storage_failed_is_said_when_the_result_cannot_be_written() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let job = tryon.submit_pixels().await;
    eventually("the run has begun", || gate.entered() == 1).await;
    break_object_store(&tryon.studio);
    gate.open();
    let status = tryon.end_of(&job).await;
    assert_eq!(failed(&status, "STORAGE_FAILED", "store"), "the result could not be stored");
    assert_free(&tryon).await;
    let (status, reply) =
        answer(tryon.post(pictures(crate::support::pixel(), crate::support::pixel()))).await;
    assert_eq!((status, &reply["errorCode"]), (500, &json!("STORAGE_FAILED")), "nor can an input");
}

/// Submits jobs until one stays in the queue, because the worker has no place left; gives that one.
async fn job_in_queue(tryon: &Tryon, gate: &Gate) -> String {
    tryon.submit_pixels().await;
    eventually("the run has begun", || gate.entered() == 1).await;
    for _ in 0..2 {
        let job = tryon.submit_pixels().await;
        tryon.until_message(&job, "starting").await;
    }
    tryon.submit_pixels().await
}

#[tokio::test]
async fn r2_fetch_failed_is_said_when_a_stored_picture_is_gone() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let job = job_in_queue(&tryon, &gate).await;
    break_object_store(&tryon.studio);
    gate.open();
    let status = tryon.end_of(&job).await;
    let error = failed(&status, "R2_FETCH_FAILED", "prepare");
    assert_eq!(error, "person_images could not be read from the file store");
}

#[tokio::test]
async fn result_unavailable_is_said_when_the_picture_is_not_there_any_more() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    let job = tryon.submit_pixels().await;
    assert_eq!(tryon.end_of(&job).await["status"], "completed");
    for folder in 0..=u8::MAX {
        for object in tryon.studio.app.storage.files.list(folder).await.unwrap() {
            let key = atelier_store::ObjectKey::of(&object.file);
            tryon.studio.app.storage.files.delete(&key).await.unwrap();
        }
    }
    failed(&tryon.status(&job).await, "RESULT_UNAVAILABLE", "store");
}

#[tokio::test]
async fn queue_invalid_input_data_is_said_of_parameters_that_do_not_parse() {
    let gate = Gate::default();
    let tryon = Tryon::of(Studio::start(gate.clone()).await).await;
    let job = job_in_queue(&tryon, &gate).await;
    let script = "import sqlite3, sys\n\
                  db = sqlite3.connect(sys.argv[1], timeout=20)\n\
                  db.execute(\"UPDATE task SET checked_values = '{' WHERE uuid = ?\", (sys.argv[2],))\n\
                  db.commit()";
    let database = tryon.studio.app.config.data.join("atelier.db");
    let done = Command::new("python3").arg("-c").arg(script).arg(database).arg(&job).status().unwrap();
    assert!(done.success());
    let after = tryon.submit_pixels().await;
    gate.open();
    assert_eq!(tryon.end_of(&after).await["status"], "completed", "the queue moves on");
    let status = tryon.end_of(&job).await;
    assert_eq!(
        failed(&status, "QUEUE_INVALID_INPUT_DATA", "prepare"),
        "the stored parameters cannot be read"
    );
}

/// Has not been given its weights.
struct Weightless;

impl Runner for Weightless {
    fn name(&self) -> &'static str {
        "weightless"
    }

    fn supports(&self, _: JobKind) -> Support {
        Support::NeedsWeights("flux-fill".into())
    }

    fn run(&self, _: &Job<Picture>, _: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        Err(RunError::Operator("the weights flux-fill are not installed".into()))
    }
}

#[tokio::test]
async fn consumer_config_error_is_said_of_a_runner_without_its_weights() {
    for chosen in [None, Some("weightless".to_owned())] {
        let studio = Studio::start_with(Weightless, |config| config.worker.runner = chosen).await;
        let tryon = Tryon::of(studio).await;
        let status = tryon.end_of(&tryon.submit_pixels().await).await;
        let error = failed(&status, "CONSUMER_CONFIG_ERROR", "prepare");
        assert_eq!(error, "this server has no runner for this tool");
        assert_free(&tryon).await;
    }
}

#[tokio::test]
async fn invalid_service_provider_is_said_of_a_runner_that_does_not_exist() {
    let studio = Studio::start_with(Echo, |config| config.worker.runner = Some("ehco".into())).await;
    let tryon = Tryon::of(studio).await;
    let status = tryon.end_of(&tryon.submit_pixels().await).await;
    failed(&status, "INVALID_SERVICE_PROVIDER", "prepare");
    assert_free(&tryon).await;
}

#[tokio::test]
async fn queue_processing_failed_is_said_when_workers_are_lost_again_and_again() {
    let gate = Gate::default();
    let studio = Studio::start_with(gate.clone(), |config| config.worker.max_attempts = 3).await;
    let tryon = Tryon::of(studio).await;
    let job = job_in_queue(&tryon, &gate).await;
    let store = tryon.studio.app.storage.store.clone();
    // A worker that dies as soon as it has a task.
    let dying = async {
        loop {
            let claim = store.claim("dying", Duration::ZERO, Timestamp::now()).await.unwrap();
            drop(claim);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let status = tokio::select! {
        status = tryon.end_of(&job) => status,
        () = dying => unreachable!(),
    };
    assert_eq!(failed(&status, "QUEUE_PROCESSING_FAILED", "prepare"), "the worker was lost 3 times");
    gate.open();
}

/// Lets a service on another machine do the work.
struct Remote {
    service: SocketAddr,
}

impl Runner for Remote {
    fn name(&self) -> &'static str {
        "remote"
    }

    fn supports(&self, kind: JobKind) -> Support {
        Echo.supports(kind)
    }

    fn check(&self, job: &Job<Picture>) -> Result<(), RunError> {
        Echo.check(job)
    }

    fn run(&self, _: &Job<Picture>, _: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.service)?;
            stream.write_all(b"POST /generate HTTP/1.0\r\n\r\n")?;
            let mut reply = String::new();
            stream.read_to_string(&mut reply)?;
            Ok(reply)
        };
        let reply = ask().map_err(|error| RunError::Operator(error.to_string()))?;
        Err(RunError::Remote(reply.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()))
    }
}

#[tokio::test]
async fn service_specific_error_carries_the_words_of_the_service() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 27];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(b"HTTP/1.0 503 Busy\r\n\r\nno capacity in region eu-1").unwrap();
    });
    let tryon = Tryon::of(Studio::start(Remote { service }).await).await;
    let status = tryon.end_of(&tryon.submit_pixels().await).await;
    assert_eq!(failed(&status, "SERVICE_SPECIFIC_ERROR", "run"), "no capacity in region eu-1");
    assert_free(&tryon).await;
}

#[tokio::test]
async fn internal_error_is_said_of_everything_else() {
    let tryon = Tryon::of(Studio::start(Echo).await).await;
    // Accepted while its tool was offered, and worked on after the operator had removed it.
    let store = &tryon.studio.app.storage.store;
    let new = NewTask {
        token: TaskToken::random(),
        project: store.projects().await.unwrap()[0].id,
        account: tryon.studio.account,
        tool: ToolSlug::new("shop", "fitting-room"),
        shown_parameters: Map::new(),
        values: Values::default(),
        callback_url: String::new(),
        bearer_key: None,
        external_id: String::new(),
        dialect: "tryon".into(),
        billing: None,
        idempotency: None,
        uploads: Vec::new(),
    };
    let job = store.submit(new, Timestamp::now()).await.unwrap().uuid.to_string();
    let status = tryon.end_of(&job).await;
    let error = failed(&status, "INTERNAL_ERROR", "prepare");
    assert_eq!(error, "the tool shop/fitting-room is not offered any more");
}

/// Tells how sure it is.
struct Unsure;

impl Runner for Unsure {
    fn name(&self) -> &'static str {
        "unsure"
    }

    fn supports(&self, kind: JobKind) -> Support {
        Echo.supports(kind)
    }

    fn check(&self, job: &Job<Picture>) -> Result<(), RunError> {
        Echo.check(job)
    }

    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        let (_, person) = job.inputs().swap_remove(0);
        if *person == plain_picture() {
            let (role, reason) = (InputRole::Person, "no person was found".to_owned());
            return Err(RunError::Input { role, reason, confidence: Some(0.1) });
        }
        let found = |role, what: &str| Finding { role, what: what.into(), confidence: 0.7 };
        let findings = vec![found(InputRole::Person, "person"), found(InputRole::Garment(0), "dress")];
        Ok(Echo
            .run(job, context)?
            .into_iter()
            .map(|made| Artifact { findings: findings.clone(), ..made })
            .collect())
    }
}

#[tokio::test]
async fn the_confidence_of_the_runner_is_told_with_the_result() {
    let tryon = Tryon::of(Studio::start(Unsure).await).await;
    let status = tryon.end_of(&tryon.submit_pixels().await).await;
    let found = json!([
        {"image": "person_images", "what": "person", "confidence": 0.7},
        {"image": "garment_images", "what": "dress", "confidence": 0.7},
    ]);
    assert_eq!(status["result"]["findings"], found, "{status:#}");
    let plain = painted(1, 1, |_, _| [9, 9, 9]);
    let status = tryon.end_of(&tryon.submit(plain, crate::support::pixel()).await).await;
    let error = failed(&status, "INVALID_PERSON_IMAGE", "run");
    assert_eq!(error, "person_images (person): no person was found");
    assert_eq!(status["result"]["confidence"], json!(0.1));
}
