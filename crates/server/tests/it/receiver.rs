//! A receiver of webhooks that answers as a test tells it, and a server whose certificate proves nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use atelier_domain::WebhookSecret;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::eventually;

/// How a receiver answers a call.
#[derive(Clone)]
pub(crate) enum Answer {
    Status(u16),
    /// A status with a header.
    With(u16, &'static str, String),
    /// A status and a body without an end.
    Endless(u16),
    /// Nothing, for ever.
    Silence,
}

/// A call as it was received.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// Fails unless the call proves that it comes from whoever knows the secret, and now.
    pub(crate) fn verify(&self, secret: &WebhookSecret) {
        Webhook::new(secret.expose()).unwrap().verify(&self.bytes, &self.headers).unwrap();
    }
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Receiver {
    /// Answers the first call with the first of `answers`, and so on; the last one answers all that follow.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let received = calls.clone();
        let handler = async move |headers: HeaderMap, bytes: Bytes| {
            let number = {
                let mut calls = received.lock().unwrap();
                calls.push(Call { at: Instant::now(), headers, bytes });
                calls.len() - 1
            };
            respond(answers[number.min(answers.len() - 1)].clone()).await
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { address, calls }
    }

    /// The address to call it by.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?shop=1", self.address)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Waits for a number of calls.
    pub(crate) async fn called(&self, times: usize) -> Vec<Call> {
        eventually(&format!("{times} calls"), || self.calls.lock().unwrap().len() >= times).await;
        self.calls()
    }
}

async fn respond(answer: Answer) -> Response<Body> {
    let (status, body) = match answer {
        Answer::Status(status) | Answer::With(status, ..) => (status, Body::from("thank you")),
        Answer::Endless(status) => {
            let chunks = futures_util::stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 4096])));
            (status, Body::from_stream(chunks))
        }
        Answer::Silence => std::future::pending().await,
    };
    let mut response = Response::builder().status(status);
    if let Answer::With(_, name, value) = answer {
        response = response.header(name, value);
    }
    response.body(body).unwrap()
}

/// Accepts TLS with a certificate that it has signed itself; gives its port.
pub(crate) async fn self_signed() -> u16 {
    let made =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client breaks off; what it says about that is tested on its side.
            let _ = acceptor.accept(stream).await;
        }
    });
    port
}
