//! What people see of tasks and credit, and do about them.

use atelier_domain::Role;
use atelier_store::LinkPurpose;
use serde_json::json;

use crate::support::{Echo, Gate, PIXEL, Studio, funded_project, objects, send};
use crate::visitor::Visitor;

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

/// A running task's number.
async fn running(studio: &Studio) -> String {
    let token = studio.submit().await;
    studio.until(&token, "task_start").await["id"].as_str().unwrap().to_owned()
}

async fn finished(studio: &Studio) -> String {
    let token = studio.submit().await;
    studio.until(&token, "task_postprocess_end").await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_member_takes_back_what_waits_and_stops_what_runs() {
    let studio = Studio::start(Gate::default()).await;
    let member = Visitor::of_account(&studio, studio.account, "m@example.com", Role::Member).await;
    let running = running(&studio).await;
    // One more is made ready while the first runs; the last waits.
    for _ in 0..3 {
        studio.submit().await;
    }
    let waiting = studio.submit().await;
    let waiting = studio.task(&waiting).await["id"].as_str().unwrap().to_owned();
    let cancel = |id: &str| format!("/dashboard/tasks/{id}/cancel");
    let (status, reply) = member.ask(&cancel(&running)).await;
    assert_eq!((status, reply["error"].is_string()), (400, true), "{reply}");
    assert_eq!(member.ask(&cancel(&waiting)).await, (200, json!({"state": "cancelled"})));
    let kill = format!("/dashboard/tasks/{running}/kill");
    assert_eq!(member.ask(&kill).await, (200, json!({"state": "cancelled"})));
}

#[tokio::test]
async fn files_are_deleted_after_the_end_and_the_page_of_the_task_follows() {
    let studio = Studio::start(Echo).await;
    let member = Visitor::of_account(&studio, studio.account, "m@example.com", Role::Member).await;
    let task = finished(&studio).await;
    assert_eq!(objects(&studio).await, 3);
    let answer = member.form(&format!("/dashboard/tasks/{task}/delete-files"), &[]).send().await.unwrap();
    assert_eq!(answer.url().path(), format!("/dashboard/tasks/{task}"));
    assert_eq!(objects(&studio).await, 0);
}

#[tokio::test]
async fn a25_what_is_anothers_is_not_there_and_a_viewer_only_looks() {
    let studio = Studio::start(Gate::default()).await;
    let (other, _) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let stranger = Visitor::of_account(&studio, other, "s@example.com", Role::Owner).await;
    let viewer = Visitor::of_account(&studio, studio.account, "v@example.com", Role::Viewer).await;
    let task = running(&studio).await;
    for action in ["cancel", "kill", "delete-files", "deliveries/x/replay"] {
        let path = format!("/dashboard/tasks/{task}/{action}");
        assert_eq!(stranger.ask(&path).await.0, 404, "{action}");
        assert_eq!(viewer.ask(&path).await.0, 403, "{action}");
        let forged = studio.http.post(studio.at(&path)).header("cookie", &viewer.cookie);
        let forged = forged.header("accept", "application/json").form(&[("csrf", "guessed")]);
        assert_eq!(send(forged).await.0, 403, "{action}");
        assert_eq!(stranger.ask(&format!("/dashboard/tasks/x/{action}")).await.0, 404, "{action}");
    }
}

#[tokio::test]
async fn a_webhook_is_replayed_under_its_own_task_only() {
    let studio = Studio::start(Echo).await;
    let member = Visitor::of_account(&studio, studio.account, "m@example.com", Role::Member).await;
    let body = json!({
        "inputImageHuman": PIXEL, "inputImageClothes": PIXEL, "callbackUrl": "https://hooks.example.com/a"
    });
    let (_, reply) = studio.post("/v1/Run/wiro/virtual-try-on", &body).await;
    let task = studio.until(reply["socketaccesstoken"].as_str().unwrap(), "task_postprocess_end").await;
    let (told, other) = (task["id"].as_str().unwrap(), finished(&studio).await);
    let number = atelier_domain::TaskId(told.parse().unwrap());
    let owed = studio.app.storage.store.deliveries(number).await.unwrap().swap_remove(0);
    let replay = |task: &str| format!("/dashboard/tasks/{task}/deliveries/{}/replay", owed.id);
    assert_eq!(member.ask(&replay(&other)).await.0, 404);
    assert_eq!(member.ask(&replay(told)).await, (200, json!({"state": "succeeded"})));
    let again = studio.app.storage.store.deliveries(number).await.unwrap().swap_remove(0);
    assert_ne!(again.state, owed.state, "it is due anew");
}

#[tokio::test]
async fn the_history_is_filtered_by_its_address() {
    let studio = Studio::start(Echo).await;
    let viewer = Visitor::of_account(&studio, studio.account, "v@example.com", Role::Viewer).await;
    let (_, empty) = viewer.get("/dashboard/tasks").await;
    assert!(empty.contains("Nothing has been run yet"), "{empty}");
    let task = finished(&studio).await;
    let link = format!("href=\"/dashboard/tasks/{task}\"");
    let (_, page) = viewer.get(&format!("/dashboard/tasks/{task}")).await;
    let today = between(&page, "<time datetime=\"", "T");
    for (query, shown) in [
        (String::new(), true),
        ("?tool=wiro%2Fvirtual-try-on&status=succeeded&project=&from=&to=".into(), true),
        (format!("?from={today}&to={today}"), true),
        ("?status=failed".into(), false),
        ("?tool=wiro%2Finstant-id".into(), false),
        ("?project=999".into(), false),
        ("?to=2020-01-01".into(), false),
        (format!("?before={task}"), false),
    ] {
        let (status, page) = viewer.get(&format!("/dashboard/tasks{query}")).await;
        assert_eq!((status, page.contains(&link)), (200, shown), "{query}");
    }
    for bad in ["?from=tomorrow", "?status=lost", "?project=x", "?before=x", "?tool=a&tool=b"] {
        assert_eq!(viewer.get(&format!("/dashboard/tasks{bad}")).await.0, 400, "{bad}");
    }
    assert_eq!(viewer.get("/dashboard/tasks?before=999").await.0, 404);
}

#[tokio::test]
async fn the_page_of_a_task_shows_what_went_in_and_what_came_out() {
    let studio = Studio::start(Echo).await;
    let viewer = Visitor::of_account(&studio, studio.account, "v@example.com", Role::Viewer).await;
    let member = Visitor::of_account(&studio, studio.account, "m@example.com", Role::Member).await;
    let task = finished(&studio).await;
    let (path, thumbnail) =
        (format!("/dashboard/tasks/{task}"), format!("/dashboard/tasks/{task}/outputs/0/thumbnail"));
    let (_, page) = viewer.get(&path).await;
    for part in [
        "What came out",
        "What went in",
        "Timeline",
        "Running",
        "Storing the result",
        "inputImageHuman",
        "echo: unchanged",
        "Charged",
        "Events",
        "0.png",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("delete-files"), "a viewer has no button for what a viewer may not");
    let (_, list) = viewer.get("/dashboard/tasks").await;
    assert!(list.contains(&thumbnail));
    let answer =
        studio.http.get(studio.at(&thumbnail)).header("cookie", &viewer.cookie).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    let (_, theirs) = member.get(&path).await;
    assert!(theirs.contains("delete-files"));
    member.ask(&format!("{path}/delete-files")).await;
    assert!(viewer.get(&path).await.1.contains("Its files were deleted"));
    assert_eq!(viewer.get(&thumbnail).await.0, 404, "a deleted picture is not kept either");
}

#[tokio::test]
async fn a25_the_pages_of_another_account_are_not_there() {
    let studio = Studio::start(Echo).await;
    let (other, _) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let stranger = Visitor::of_account(&studio, other, "s@example.com", Role::Owner).await;
    let task = finished(&studio).await;
    for path in [String::new(), "/outputs/0/thumbnail".into(), "?x=1".into()] {
        assert_eq!(stranger.get(&format!("/dashboard/tasks/{task}{path}")).await.0, 404, "{path}");
    }
    assert_eq!(stranger.get("/dashboard/tasks/abc").await.0, 404);
    let (_, list) = stranger.get("/dashboard/tasks").await;
    assert!(list.contains("Nothing has been run yet"));
    let (_, csv) = stranger.get("/dashboard/credit/ledger.csv").await;
    assert_eq!(csv.lines().count(), 2, "its own grant alone: {csv}");
}

#[tokio::test]
async fn credit_is_granted_by_the_operator_alone() {
    let studio = Studio::start(Echo).await;
    let purpose = LinkPurpose::FirstRun { unlimited: false };
    let operator = Visitor::joined(&studio, "operator@example.com", purpose).await;
    let owner = Visitor::of_account(&studio, studio.account, "o@example.com", Role::Owner).await;
    let fields =
        [("account", "owner@example.com"), ("amount", "2.5"), ("note", "=HYPERLINK(\"x\"),\nthanks")];
    let grant = |visitor: &Visitor<'_>, fields: &[(&str, &str)]| {
        visitor.form("/dashboard/credit/grant", fields).send()
    };
    assert_eq!(grant(&owner, &fields).await.unwrap().status(), 404);
    for (at, bad) in [(1, "0"), (1, "-1"), (1, "1e3"), (1, "99999999"), (0, "nobody@example.com")] {
        let mut wrong = fields;
        wrong[at].1 = bad;
        assert_eq!(grant(&operator, &wrong).await.unwrap().status(), 400, "{bad}");
    }
    assert_eq!(grant(&operator, &fields).await.unwrap().status(), 200, "after the redirect");
    let account = studio.app.storage.store.account(studio.account).await.unwrap();
    assert_eq!(account.balance.cents(), "102.50");
    let (_, page) = owner.get("/dashboard/credit?kind=grants").await;
    assert!(page.contains("$102.50") && page.contains("=HYPERLINK") && !page.contains("Grant credit"));
    let (_, csv) = owner.get("/dashboard/credit/ledger.csv").await;
    assert!(csv.starts_with("number,time,kind,task,amount_usd,note\r\n"));
    assert!(csv.contains(",grant,,2.500000000000,\"'=HYPERLINK(\"\"x\"\"),\nthanks\"\r\n"), "{csv}");
}

#[tokio::test]
async fn use_is_charted_with_its_numbers_and_exported() {
    let studio = Studio::start(Echo).await;
    let viewer = Visitor::of_account(&studio, studio.account, "v@example.com", Role::Viewer).await;
    let (_, empty) = viewer.get("/dashboard/credit").await;
    assert!(empty.contains("Nothing was run in these days"));
    finished(&studio).await;
    for days in ["30", "90"] {
        let (_, page) = viewer.get(&format!("/dashboard/credit?days={days}")).await;
        for part in ["1 run, ", "<svg", "As a table", "Success rate", "By tool", "Virtual Try-On", "100 %"] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("NaN") && !page.contains(" style="));
    }
    for (query, rule) in [
        ("days=abc", "days must be 30 or 90"),
        ("days=-1", "days must be 30 or 90"),
        ("days=365", "days must be 30 or 90"),
        ("kind=all", "kind must be grants"),
        ("before=x", "before must be a movement's number"),
        ("after=1.5", "after must be a movement's number"),
    ] {
        for path in ["credit", "credit/usage.csv"] {
            let (status, page) = viewer.get(&format!("/dashboard/{path}?{query}")).await;
            assert!(status == 400 && page.contains(rule), "{path}?{query}: {status} {page}");
        }
    }
    let (_, csv) = viewer.get("/dashboard/credit/usage.csv?days=90").await;
    let line = csv.lines().nth(1).unwrap();
    assert!(line.contains(",test,wiro/virtual-try-on,1,1,0,0,"), "{line}");
}

#[tokio::test]
async fn low_credit_is_said_above_every_page() {
    let studio = Studio::start(Echo).await;
    let (poor, _) = funded_project(&studio.app.storage, "poor@example.com", "0.1").await;
    let owner = Visitor::of_account(&studio, studio.account, "o@example.com", Role::Owner).await;
    let poor = Visitor::of_account(&studio, poor, "p@example.com", Role::Owner).await;
    let page = |visitor: &Visitor<'_>| {
        let asked = studio.http.get(studio.at("/dashboard/me")).header("cookie", &visitor.cookie);
        let asked = asked.header("accept", "text/html");
        async move { asked.send().await.unwrap().text().await.unwrap() }
    };
    assert!(page(&poor).await.contains("nothing can be run below"));
    assert!(!page(&owner).await.contains("Credit is"));
}
