//! A hub on this machine that keeps its promises, or not, as a test says.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) const REPO: &str = "black-forest-labs/FLUX.2-klein-4B";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Path and content.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// What the hub does with one request for a file.
pub(crate) enum Act {
    /// As it should, with ranges.
    Serve,
    /// As it should, and breaks off after so many bytes of the body.
    Drop(usize),
    /// Everything, whatever was asked for, and breaks off after so many bytes.
    Everything(usize),
    /// Takes the request and says nothing until the client goes.
    Silence,
    /// A status with further headers and no body.
    Status(u16, String),
    /// A body of its own, with headers of its own.
    Own(String, Vec<u8>),
}

/// One request for a file, as the hub saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    /// Which request for this file it was, from 0.
    pub(crate) nth: usize,
    /// Bytes of the body that were sent.
    pub(crate) sent: usize,
}

impl Seen {
    /// Where the range that was asked for begins.
    pub(crate) fn from(&self) -> usize {
        let range = self.headers.get("range").and_then(|range| range.strip_prefix("bytes="));
        range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap())
    }
}

type Script = Box<dyn Fn(&Seen) -> Act + Send + Sync>;

/// See the module. It goes on until the process ends.
pub(crate) struct FakeHub {
    pub(crate) base: String,
    inner: Arc<Inner>,
}

struct Inner {
    files: Files,
    /// What it says of itself: by path and query, headers and body.
    answers: Mutex<HashMap<String, (String, Value)>>,
    script: Script,
    seen: Mutex<Vec<Seen>>,
}

impl FakeHub {
    pub(crate) fn honest(files: Files) -> Self {
        Self::start(files, |_| Act::Serve)
    }

    pub(crate) fn start(files: Files, script: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            files,
            answers: Mutex::default(),
            script: Box::new(script),
            seen: Mutex::default(),
        });
        let hub = Self { base, inner: inner.clone() };
        hub.say("revision/main", "", json!({"sha": COMMIT, "cardData": {"license": "apache-2.0"}}));
        hub.list(hub.listing());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inner = inner.clone();
                // A client that has gone is the client's business.
                thread::spawn(move || inner.serve(&stream));
            }
        });
        hub
    }

    /// The honest listing.
    pub(crate) fn listing(&self) -> Vec<Value> {
        let entry = |(path, bytes): &(String, Vec<u8>)| {
            let lfs = json!({"oid": sha256(bytes), "size": bytes.len(), "pointerSize": 134});
            json!({"type": "file", "oid": "0".repeat(40), "size": bytes.len(), "path": path, "lfs": lfs})
        };
        self.inner.files.iter().map(entry).collect()
    }

    pub(crate) fn list(&self, listing: Vec<Value>) {
        self.say(&format!("tree/{COMMIT}?recursive=true"), "", listing.into());
    }

    /// Sets an answer below the model's place in the API.
    pub(crate) fn say(&self, path: &str, headers: &str, answer: Value) {
        let path = format!("/api/models/{REPO}/{path}");
        self.inner.answers.lock().unwrap().insert(path, (headers.to_owned(), answer));
    }

    /// The requests for files so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// Those for one file.
    pub(crate) fn seen_of(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path == path).collect()
    }
}

impl Inner {
    fn serve(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let Some(line) = lines.next() else { return };
        let address = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let headers: HashMap<_, _> = lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':').map(|(n, v)| (n.to_lowercase(), v.trim().to_owned())))
            .collect();
        let answer = self.answers.lock().unwrap().get(&address).cloned();
        if let Some((headers, value)) = answer {
            let body = value.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}", body.len());
            let _ = write!(stream, "{head}Connection: close\r\n\r\n{body}");
            return;
        }
        let path = address.split('?').next().unwrap_or_default();
        let path = path.split_once(COMMIT).map_or(path, |(_, rest)| rest).trim_start_matches('/').to_owned();
        let nth = self.seen.lock().unwrap().iter().filter(|seen| seen.path == path).count();
        let seen = Seen { path, headers, nth, sent: 0 };
        let mut all = self.seen.lock().unwrap();
        all.push(seen.clone());
        let place = all.len() - 1;
        drop(all);
        let (head, body) = self.answer(&seen, stream);
        // Counted before it is sent: the test may look as soon as the client has it.
        self.seen.lock().unwrap()[place].sent = body.len();
        let _ = write!(stream, "{head}Connection: close\r\n\r\n").and_then(|()| stream.write_all(&body));
    }

    fn answer(&self, seen: &Seen, mut stream: &TcpStream) -> (String, Vec<u8>) {
        let file = self.files.iter().find(|(path, _)| *path == seen.path);
        let (act, Some((_, bytes))) = ((self.script)(seen), file) else {
            return ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n".to_owned(), vec![]);
        };
        let etag = format!("\"{}\"", &sha256(bytes)[..16]);
        let same = seen.headers.get("if-range").is_none_or(|asked| *asked == etag);
        let from = if same { seen.from() } else { 0 };
        let part = |from: usize, most: usize| {
            let size = bytes.len();
            let mut head = match from {
                0 => "HTTP/1.1 200 OK\r\n".to_owned(),
                _ => {
                    format!(
                        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{size}\r\n",
                        size - 1
                    )
                }
            };
            let _ = write!(head, "ETag: {etag}\r\nContent-Length: {}\r\n", size - from);
            (head, bytes[from..].iter().copied().take(most).collect())
        };
        match act {
            Act::Serve => part(from, usize::MAX),
            Act::Drop(most) => part(from, most),
            Act::Everything(most) => part(0, most),
            Act::Silence => {
                let _ = stream.read(&mut [0]);
                (String::new(), vec![])
            }
            Act::Status(status, headers) => {
                (format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n{headers}"), vec![])
            }
            Act::Own(headers, body) => (format!("HTTP/1.1 200 OK\r\n{headers}"), body),
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A file of safetensors with these tensors of so many f32.
pub(crate) fn tensors(named: &[(&str, usize)]) -> Vec<u8> {
    let (mut header, mut end) = (serde_json::Map::new(), 0);
    for (name, count) in named {
        let start = end;
        end += 4 * count;
        let about = json!({"dtype": "F32", "shape": [count], "data_offsets": [start, end]});
        header.insert((*name).to_owned(), about);
    }
    let header = Value::from(header).to_string();
    let data = (0..end).map(|at| (at * 31 % 251) as u8);
    (header.len() as u64).to_le_bytes().into_iter().chain(header.into_bytes()).chain(data).collect()
}

/// A model in miniature, with everything that its repository has beside what is needed.
pub(crate) fn klein() -> Files {
    let index = json!({"metadata": {}, "weight_map": {
        "a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}});
    let text = |text: &str| text.as_bytes().to_vec();
    let files = [
        ("model_index.json", text("{}")),
        ("LICENSE.md", text("Apache License")),
        ("README.md", text("# FLUX")),
        ("flux-2-klein-4b.safetensors", tensors(&[("all", 10)])),
        ("scheduler/scheduler_config.json", text("{}")),
        ("text_encoder/config.json", text("{\"hidden_size\": 8}")),
        ("text_encoder/model.safetensors.index.json", index.to_string().into_bytes()),
        ("text_encoder/model-00001-of-00002.safetensors", tensors(&[("a", 1000)])),
        ("text_encoder/model-00002-of-00002.safetensors", tensors(&[("b", 2000)])),
        ("tokenizer/tokenizer.json", text("{\"version\": \"1.0\"}")),
        ("tokenizer/merges.txt", text("a b\n")),
        ("transformer/config.json", text("{\"heads\": 2}")),
        ("transformer/diffusion_pytorch_model.safetensors", tensors(&[("t", 50_000)])),
        ("vae/config.json", text("{\"channels\": 4}")),
        ("vae/diffusion_pytorch_model.safetensors", tensors(&[("v", 3000)])),
    ];
    files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect()
}

/// Writes files below a folder.
pub(crate) fn lay_out(files: &Files, folder: &Path) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
