//! Who gets into the dashboard, and what others cannot do with their cookie.

use atelier_domain::Role;
use atelier_store::LinkPurpose;
use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::{HOST, ORIGIN};

use crate::support::{Echo, Studio};
use crate::visitor::{PASSWORD, Visitor, link, somebody};

#[tokio::test]
async fn the_first_link_makes_the_operator_and_is_good_once() {
    let studio = Studio::start(Echo).await;
    let address = atelier_server::first_run_link(&studio.app, true).await.unwrap().unwrap();
    let path = address.strip_prefix(&studio.app.base).unwrap();
    let mut ada = Visitor::new(&studio);
    ada.open(path).await.says("You will run this installation");
    let answer = ada.send(path, &[("email", "Ada@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(answer.leads_to(), (303, "/dashboard"));
    assert!(answer.cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=1209600"), "{}", answer.cookie);
    ada.keep(&answer);
    ada.open("/dashboard/me").await.says("operator of this installation");
    let late = Visitor::new(&studio).open(path).await;
    assert_eq!(late.status, 410);
    late.says("no longer good");
    assert_eq!(atelier_server::first_run_link(&studio.app, true).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_password_is_said_and_the_link_stays_good() {
    let studio = Studio::start(Echo).await;
    let purpose = LinkPurpose::Invite { account: Some(studio.account), role: Role::Viewer };
    let path = format!("/dashboard/join/{}", link(&studio, purpose).await.expose());
    let bob = Visitor::new(&studio);
    for (email, password, problem) in [
        ("bob@example.org", "too short", "at least 10 characters"),
        ("bob", PASSWORD, "not an e-mail address"),
    ] {
        let answer = bob.send(&path, &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, 400);
        answer.says(problem);
    }
    somebody(&studio, "bob@example.org", Role::Viewer).await;
    let taken = bob.send(&path, &[("email", "bob@example.org"), ("password", PASSWORD)]).await;
    taken.says("can sign in already");
    let answer = bob.send(&path, &[("email", "eve@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(answer.leads_to(), (303, "/dashboard"));
}

#[tokio::test]
async fn whoever_signs_in_goes_on_to_the_page_they_came_for() {
    let studio = Studio::start(Echo).await;
    Visitor::with_role(&studio, "ada@example.org", Role::Owner).await;
    let mut ada = Visitor::new(&studio);
    let there = "/dashboard/sign-in?then=%2Fdashboard%2Fme%3Fx%3D1";
    assert_eq!(ada.open("/dashboard/me?x=1").await.leads_to(), (303, there));
    ada.open(there).await.says(r#"value="/dashboard/me?x=1""#);
    let fields = |then| [("email", "ADA@example.org"), ("password", PASSWORD), ("then", then)];
    let answer = ada.send("/dashboard/sign-in", &fields("/dashboard/me?x=1")).await;
    assert_eq!(answer.leads_to(), (303, "/dashboard/me?x=1"));
    ada.keep(&answer);
    assert_eq!(ada.open("/dashboard/me").await.status, 200);
    let elsewhere = ada.send("/dashboard/sign-in", &fields("https://evil.example/")).await;
    assert_eq!(elsewhere.leads_to(), (303, "/dashboard"));
}

#[tokio::test]
async fn a14_an_unknown_address_and_a_wrong_password_get_one_answer_and_many_have_to_wait() {
    let studio = Studio::start(Echo).await;
    Visitor::with_role(&studio, "ada@example.org", Role::Owner).await;
    let visitor = Visitor::new(&studio);
    let attempt = async |email| {
        visitor.send("/dashboard/sign-in", &[("email", email), ("password", "wrong password")]).await
    };
    let (known, unknown) = (attempt("ada@example.org").await, attempt("bob@example.org").await);
    assert_eq!((known.status, unknown.status), (401, 401));
    assert_eq!(known.body.replace("ada@", "bob@"), unknown.body);
    // Also with the right one: whoever tries many does not learn which it was.
    let right = [("email", "ada@example.org"), ("password", PASSWORD)];
    let answers = join_all((0..20).map(|_| visitor.send("/dashboard/sign-in", &right))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty() && refused.len() < answers.len());
    refused[0].says("Try again in");
}

#[tokio::test]
async fn a12_a_form_needs_the_token_of_its_own_session_and_our_origin() {
    let studio = Studio::start(Echo).await;
    let ada = Visitor::with_role(&studio, "ada@example.org", Role::Owner).await;
    let eve = Visitor::with_role(&studio, "eve@example.org", Role::Owner).await;
    let path = "/dashboard/me/sign-out-everywhere";
    let (token, foreign) = (ada.token().await, eve.token().await);
    for bad in [&[][..], &[("csrf", "")], &[("csrf", foreign.as_str())]] {
        let answer = ada.send(path, bad).await;
        assert_eq!(answer.status, 403, "{bad:?}");
        answer.says("not sent by this page");
    }
    let host = studio.app.base.strip_prefix("http://").unwrap();
    for origin in ["null", "http://127.0.0.1:99999", "http://localhost", "https://evil.example", "http://"] {
        let request = ada.request(Method::POST, path).header(ORIGIN, origin).header(HOST, host);
        assert_eq!(ada.answer(request.form(&[("csrf", &token)])).await.status, 403, "{origin}");
    }
    assert_eq!(ada.open("/dashboard/me").await.status, 200, "nothing has changed");
    let ours = ada.request(Method::POST, path).header(ORIGIN, &studio.app.base);
    assert_eq!(ada.answer(ours.form(&[("csrf", &token)])).await.status, 303);
}

#[tokio::test]
async fn whoever_signs_out_is_out_here_or_everywhere() {
    let studio = Studio::start(Echo).await;
    let mut here = Visitor::with_role(&studio, "ada@example.org", Role::Owner).await;
    let mut elsewhere = Visitor::new(&studio);
    let sign_in = [("email", "ada@example.org"), ("password", PASSWORD)];
    let answer = elsewhere.send("/dashboard/sign-in", &sign_in).await;
    elsewhere.keep(&answer);
    here.open("/dashboard/me").await.says("Sign out everywhere");
    assert_eq!(here.submit("/dashboard/sign-out", &[]).await.leads_to(), (303, "/dashboard/sign-in"));
    assert_eq!(
        (here.open("/dashboard/me").await.status, elsewhere.open("/dashboard/me").await.status),
        (303, 200)
    );
    let answer = here.send("/dashboard/sign-in", &sign_in).await;
    here.keep(&answer);
    let out = elsewhere.submit("/dashboard/me/sign-out-everywhere", &[]).await;
    assert!(out.cookie.contains("Max-Age=0"));
    assert_eq!(
        (here.open("/dashboard/me").await.status, elsewhere.open("/dashboard/me").await.status),
        (303, 303)
    );
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let studio = Studio::start(Echo).await;
    let ada = Visitor::with_role(&studio, "ada@example.org", Role::Member).await;
    let change = async |old, new| ada.submit("/dashboard/me/password", &[("old", old), ("new", new)]).await;
    let wrong = change("not the password", "another password").await;
    assert_eq!(wrong.status, 400);
    wrong.says("not the password you have");
    change(PASSWORD, "short").await.says("at least 10 characters");
    change(PASSWORD, "another password").await.says("Your password is changed");
    let visitor = Visitor::new(&studio);
    for (password, status) in [(PASSWORD, 401), ("another password", 303)] {
        let sign_in = [("email", "ada@example.org"), ("password", password)];
        assert_eq!(visitor.send("/dashboard/sign-in", &sign_in).await.status, status);
    }
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_cannot_be_framed_or_kept() {
    let studio = Studio::start(Echo).await;
    let visitor = Visitor::new(&studio);
    let response = visitor.request(Method::GET, "/dashboard/sign-in").send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-security-policy").contains("default-src 'none'; script-src 'self'"));
    assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(
        (header("cache-control"), header("x-content-type-options")),
        ("no-store".into(), "nosniff".into())
    );
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let page = response.text().await.unwrap();
    let style = page.split('"').find(|part| part.contains("/assets/base.css?v=")).unwrap();
    let kept = visitor.request(Method::GET, style).send().await.unwrap();
    assert!(kept.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let root = visitor.open("/").await;
    assert_eq!(root.leads_to(), (303, "/dashboard"));
}
