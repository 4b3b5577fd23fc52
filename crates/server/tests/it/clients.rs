//! A client for each encoding of the contract, written as an integrator would: run, follow by socket and by
//! polling, fetch the result, cancel, kill.

use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::support::{Gate, Studio, eventually, send};

/// How a client writes its requests.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    Json,
    /// As the published samples do: JSON under multipart without a boundary.
    JsonCalledMultipart,
    /// As `curl -d` does.
    JsonCalledForm,
    Form,
    Multipart,
}

const ENCODINGS: [Encoding; 5] = [
    Encoding::Json,
    Encoding::JsonCalledMultipart,
    Encoding::JsonCalledForm,
    Encoding::Form,
    Encoding::Multipart,
];

struct Client<'a> {
    studio: &'a Studio,
    encoding: Encoding,
}

impl Client<'_> {
    async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let request =
            self.studio.http.post(self.studio.at(path)).header("x-api-key", self.studio.key.as_str());
        let object =
            || json!(fields.iter().copied().collect::<std::collections::BTreeMap<_, _>>()).to_string();
        let called = |request: reqwest::RequestBuilder, kind: &str| {
            request.header("content-type", kind).body(object())
        };
        let request = match self.encoding {
            Encoding::Json => called(request, "application/json"),
            Encoding::JsonCalledMultipart => called(request, "multipart/form-data"),
            Encoding::JsonCalledForm => called(request, "application/x-www-form-urlencoded"),
            Encoding::Form => request.form(fields),
            Encoding::Multipart => {
                request.multipart(fields.iter().fold(Form::new(), |form, (name, value)| {
                    form.text((*name).to_owned(), (*value).to_owned())
                }))
            }
        };
        let (status, reply) = send(request).await;
        assert_eq!((status, &reply["result"]), (200, &json!(true)), "{:?} {path}: {reply}", self.encoding);
        reply
    }

    /// Submits a run; gives its token.
    async fn run(&self) -> String {
        let person = ("inputImageHuman", "wiro-virtual-try-on-input-1-1.jpg");
        let garments =
            ("inputImageClothes", "wiro-virtual-try-on-input-1-2.jpg,wiro-virtual-try-on-input-1-3.jpg");
        let untouched = [("style", ""), ("pose", "auto"), ("callbackUrl", "")];
        let fields = [&[person, garments][..], &untouched].concat();
        let reply = self.call("/v1/Run/wiro/virtual-try-on", &fields).await;
        reply["socketaccesstoken"].as_str().unwrap().to_owned()
    }

    async fn task(&self, token: &str) -> Value {
        self.call("/v1/Task/Detail", &[("tasktoken", token)]).await["tasklist"][0].take()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_encoding_runs_follows_and_fetches() {
    let gate = Gate::default();
    gate.open();
    let studio = Studio::start(gate).await;
    for encoding in ENCODINGS {
        let client = Client { studio: &studio, encoding };
        let token = client.run().await;
        let frames = Listener::to(&studio, &token).await.until("task_postprocess_end").await;
        let last = frames.last().unwrap();
        assert_eq!(
            (&last["type"], &last["pexit"]),
            (&json!("task_postprocess_end"), &json!("0")),
            "{encoding:?}"
        );
        let task = client.task(&token).await;
        assert_eq!(last["message"], task["outputs"], "{encoding:?}: the socket and the poll agree");
        let picture = studio.http.get(task["outputs"][0]["url"].as_str().unwrap()).send().await.unwrap();
        let bytes = picture.error_for_status().unwrap().bytes().await.unwrap();
        assert_eq!(task["outputs"][0]["size"], json!(bytes.len().to_string()), "{encoding:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_encoding_cancels_and_kills() {
    let gate = Gate::default();
    let studio = Studio::start(gate.clone()).await;
    for (round, encoding) in ENCODINGS.into_iter().enumerate() {
        let client = Client { studio: &studio, encoding };
        let running = client.run().await;
        eventually("the run has begun", || gate.entered() == round + 1).await;
        // More than a worker stages ahead, so that the last one waits.
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(client.run().await);
        }
        let last = waiting.pop().unwrap();
        let cancelled = client.call("/v1/Task/Cancel", &[("tasktoken", &last)]).await;
        assert_eq!(cancelled["tasklist"][0]["status"], "task_cancel", "{encoding:?}");
        for token in waiting.iter().chain([&running]) {
            let killed = client.call("/v1/Task/Kill", &[("socketaccesstoken", token)]).await;
            assert_eq!(killed["tasklist"][0]["status"], "task_cancel", "{encoding:?}");
        }
        let frames = Listener::to(&studio, &running).await.until("task_cancel").await;
        assert_eq!(frames.last().unwrap()["type"], "task_cancel", "{encoding:?}");
    }
}
