//! A client of the socket, and a runner that gives it something to hear.

use atelier_domain::{Artifact, Job, JobKind, Picture, Progress, RunContext, RunError, Runner, Support};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::support::{Gate, PATIENCE, Studio};

/// The types of the frames of a successful run, with its progress.
pub(crate) const RUN: [&str; 11] = [
    "task_queue",
    "task_accept",
    "task_preprocess_start",
    "task_preprocess_end",
    "task_assign",
    "task_start",
    "task_output",
    "task_output_full",
    "task_end",
    "task_postprocess_start",
    "task_postprocess_end",
];

/// Reports the first of four steps and then runs its gate.
pub(crate) struct Talking(pub(crate) Gate);

impl Runner for Talking {
    fn name(&self) -> &'static str {
        "talking"
    }

    fn supports(&self, kind: JobKind) -> Support {
        self.0.supports(kind)
    }

    fn check(&self, job: &Job<Picture>) -> Result<(), RunError> {
        self.0.check(job)
    }

    fn run(&self, job: &Job<Picture>, context: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        (context.progress)(Progress { stage: "look".into(), step: 1, steps: 4 });
        // The last report of a run is not always recorded: which are, is left to nobody's chance here.
        self.0.run(job, &RunContext { progress: &|_| {}, ..*context })
    }
}

pub(crate) struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    /// Connects and takes the welcome.
    pub(crate) async fn connect(studio: &Studio) -> Self {
        Self::connect_at(studio, "/v1").await
    }

    pub(crate) async fn connect_at(studio: &Studio, path: &str) -> Self {
        let mut listener = Self::open(&studio.at(path)).await.unwrap();
        assert_eq!(listener.frame().await, json!({"type": "connected", "version": "1.0"}));
        listener
    }

    /// Connects to an `http` address. Takes little memory, for tests with many.
    pub(crate) async fn open(address: &str) -> Result<Self, Error> {
        let small = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
        let address = address.replacen("http", "ws", 1);
        Ok(Self(connect_async_with_config(address, Some(small), true).await?.0))
    }

    /// Connects and registers.
    pub(crate) async fn to(studio: &Studio, token: &str) -> Self {
        let mut listener = Self::connect(studio).await;
        listener.register(token).await;
        listener
    }

    pub(crate) async fn register(&mut self, token: &str) {
        self.say(&json!({"type": "task_info", "tasktoken": token}).to_string()).await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, message: Message) -> Result<(), Error> {
        timeout(PATIENCE, self.0.send(message)).await.expect("the server reads")
    }

    /// The next message that is not a ping.
    pub(crate) async fn message(&mut self) -> Message {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Ping(_))) => {}
                    Some(Ok(message)) => return message,
                    end => panic!("the connection broke: {end:?}"),
                }
            }
        };
        timeout(PATIENCE, next).await.expect("a message comes")
    }

    /// The next frame: one JSON object in one text message.
    pub(crate) async fn frame(&mut self) -> Value {
        let message = self.message().await;
        let Message::Text(text) = &message else { panic!("not a text: {message:?}") };
        let frame: Value = serde_json::from_str(text).unwrap();
        assert!(frame.is_object(), "{frame}");
        frame
    }

    /// The frames up to and including the first of a type.
    pub(crate) async fn until(&mut self, last: &str) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.frame().await);
            if frames.last().unwrap()["type"] == last {
                return frames;
            }
        }
    }

    /// The code of the close that comes next, once the connection is closed.
    pub(crate) async fn closed(&mut self) -> u16 {
        let code = match self.message().await {
            Message::Close(Some(CloseFrame { code, .. })) => code,
            other => panic!("not a close with a code: {other:?}"),
        };
        let over = timeout(PATIENCE, self.0.next()).await.expect("the connection ends");
        assert!(over.is_none(), "after a close: {over:?}");
        CloseCode::into(code)
    }

    /// Reads everything until the connection ends, in whatever way; gives the code of its close if one came.
    pub(crate) async fn ended(&mut self) -> Option<u16> {
        let mut code = None;
        let end = async {
            while let Some(Ok(message)) = self.0.next().await {
                if let Message::Close(Some(close)) = message {
                    code = Some(close.code.into());
                }
            }
        };
        timeout(PATIENCE, end).await.expect("the connection ends");
        code
    }
}

pub(crate) fn types(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}
