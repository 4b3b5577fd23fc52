//! Somebody at the dashboard without a browser: keeps the cookie, and sends forms as its pages would.

use atelier_domain::{AccountId, Email, LinkSecret, Role, Timestamp};
use atelier_store::{Act, LinkPurpose, NewLink, PasswordHash};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::support::{Studio, send};

/// The password of everybody in tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A page as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) cookie: String,
    pub(crate) body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let text = |name| {
            let value = response.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        let (location, cookie) = (text(LOCATION), text(SET_COOKIE));
        Self { status: response.status().as_u16(), location, cookie, body: response.text().await.unwrap() }
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self) -> (u16, &str) {
        (self.status, &self.location)
    }

    /// Panics unless the page has this text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.body.contains(text), "no {text:?} in ({}) {}", self.status, self.body);
    }
}

/// Somebody, signed in or not.
pub(crate) struct Visitor<'s> {
    studio: &'s Studio,
    http: reqwest::Client,
    pub(crate) cookie: String,
    /// What the forms on their pages carried when they joined.
    pub(crate) token: String,
}

impl<'s> Visitor<'s> {
    /// Nobody yet.
    pub(crate) fn new(studio: &'s Studio) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { studio, http, cookie: String::new(), token: String::new() }
    }

    /// Somebody with a role in the studio's account.
    pub(crate) async fn with_role(studio: &'s Studio, email: &str, role: Role) -> Self {
        Self::of_account(studio, studio.account, email, role).await
    }

    /// Somebody with a role in an account.
    pub(crate) async fn of_account(studio: &'s Studio, account: AccountId, email: &str, role: Role) -> Self {
        Self::joined(studio, email, LinkPurpose::Invite { account: Some(account), role }).await
    }

    /// The operator, with an account of their own.
    pub(crate) async fn operator(studio: &'s Studio, email: &str) -> Self {
        Self::joined(studio, email, LinkPurpose::FirstRun { unlimited: true }).await
    }

    /// Somebody who has opened a link and is signed in.
    pub(crate) async fn joined(studio: &'s Studio, email: &str, purpose: LinkPurpose) -> Self {
        let mut visitor = Self::new(studio);
        let link = format!("/dashboard/join/{}", link(studio, purpose).await.expose());
        let answer = visitor.send(&link, &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.leads_to(), (303, "/dashboard"), "{}", answer.body);
        visitor.keep(&answer);
        visitor.token = visitor.token().await;
        visitor
    }

    /// Keeps the cookie that an answer sets.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        answer.cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
    }

    /// A request with the cookie.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.studio.at(path)).header(COOKIE, &self.cookie)
    }

    pub(crate) async fn answer(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap()).await
    }

    /// Opens a page.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        self.answer(self.request(reqwest::Method::GET, path)).await
    }

    /// Where a page leads in the end, as a browser shows it.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.studio.http.get(self.studio.at(path)).header(COOKIE, &self.cookie);
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A form as a page of this session would send it, whose answer is followed to where it leads.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", self.token.as_str())]).collect();
        self.studio.http.post(self.studio.at(path)).header(COOKIE, &self.cookie).form(&fields)
    }

    /// Posts as a script does.
    pub(crate) async fn ask(&self, path: &str) -> (u16, Value) {
        send(self.form(path, &[]).header("accept", "application/json")).await
    }

    /// The token that this session's forms carry.
    pub(crate) async fn token(&self) -> String {
        let page = self.open("/dashboard/me").await.body;
        let start = page.find(r#"name="csrf" content=""#).unwrap_or_else(|| panic!("no token in {page}"));
        page[start..].split('"').nth(3).unwrap().to_owned()
    }

    /// Sends a form as it is.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.answer(self.request(reqwest::Method::POST, path).form(fields)).await
    }

    /// Sends a form as a page of this session would.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        self.send(path, &fields).await
    }
}

/// A fresh link.
pub(crate) async fn link(studio: &Studio, purpose: LinkPurpose) -> LinkSecret {
    let (secret, now) = (LinkSecret::random(), Timestamp::now());
    let expires = now.after(std::time::Duration::from_mins(1));
    let new = NewLink { purpose, secret: secret.clone(), note: String::new(), expires };
    studio.app.storage.store.make_link(new, &Act::operator(now)).await.unwrap();
    secret
}

/// A person who joined without the dashboard, and whose password nobody knows.
pub(crate) async fn somebody(studio: &Studio, email: &str, role: Role) -> atelier_store::Person {
    let secret = link(studio, LinkPurpose::Invite { account: Some(studio.account), role }).await;
    let (email, nothing) = (Email::parse(email).unwrap(), PasswordHash("$argon2id$".into()));
    studio.app.storage.store.use_link(&secret, Some(&email), nothing, Timestamp::now()).await.unwrap()
}
