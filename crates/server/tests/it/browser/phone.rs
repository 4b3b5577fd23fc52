//! What a phone shows of what is wide or long.

use atelier_domain::{Artifact, InputRole, Job, JobKind, Picture, RunContext, RunError, Runner, Support};
use serde_json::json;

use super::signed_up_as_owner;
use crate::support::{Echo, Studio};

/// Refuses every picture with many words, one of them long.
struct Wordy;

impl Runner for Wordy {
    fn name(&self) -> &'static str {
        "wordy"
    }

    fn supports(&self, kind: JobKind) -> Support {
        Echo.supports(kind)
    }

    fn check(&self, job: &Job<Picture>) -> Result<(), RunError> {
        Echo.check(job)
    }

    fn run(&self, _: &Job<Picture>, _: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        let reason =
            format!("nobody is seen in {}, {}", "picture".repeat(12), "use another one, ".repeat(20));
        Err(RunError::Input { role: InputRole::Person, reason, confidence: None })
    }
}

/// Scrolled boxes of a page that hold more than they show, captions and errors that go past what is around them.
const CUT: &str = "
    const name = (one) => one.closest('section, .card')?.querySelector('h2')?.textContent ?? one.textContent.slice(0, 30);
    const within = (one, box) => {
        const [inner, outer] = [one.getBoundingClientRect(), box.getBoundingClientRect()];
        return inner.right <= outer.right + 1 && inner.bottom <= outer.bottom + 1;
    };
    return [
        ...[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1),
        ...[...document.querySelectorAll('.scroll > table > caption')].filter((one) => !within(one, one.closest('.scroll'))),
        ...[...document.querySelectorAll('.why')].filter((one) => !within(one, one.closest('.cover'))),
        ...[...document.querySelectorAll('.notice')].filter((one) => one.scrollWidth > one.clientWidth + 1),
    ].map(name);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_tables_and_errors_stay_within_their_cards() {
    let studio = Studio::start(Wordy).await;
    let browser = signed_up_as_owner(&studio).await;
    let task = studio.until(&studio.submit().await, "task_postprocess_end").await;
    for size in [(360, 740), (390, 844)] {
        browser.look(false, size).await;
        for path in ["operations", "people", "projects", "projects/1", "credit", "tasks"] {
            browser.open(&studio.at(&format!("/dashboard/{path}"))).await;
            assert_eq!(browser.run(CUT, vec![]).await, json!([]), "cut on {path} of {size:?}");
        }
        browser.open(&studio.at(&format!("/dashboard/tasks/{}", task["id"].as_str().unwrap()))).await;
        assert_eq!(browser.run(CUT, vec![]).await, json!([]), "cut on the task's page of {size:?}");
    }
    browser.close().await;
}
