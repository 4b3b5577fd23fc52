//! What a run's results become: files of the form that was asked for, under names that clients know.

use atelier_domain::{
    Artifact, Content, Job, JobKind, Money, Picture, PictureFormat, RunContext, RunError, Runner, Support,
};
use atelier_video::ClipWriter;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{PIXEL, Studio};

/// Frames of the clip that [`Forms`] makes, at 24 a second.
const FRAMES: u8 = 60;

/// Gives every kind of job results of its form: portraits, each of another colour, or a clip of 2.5 seconds.
pub(crate) struct Forms;

impl Runner for Forms {
    fn name(&self) -> &'static str {
        "forms"
    }

    fn supports(&self, _: JobKind) -> Support {
        Support::Ready
    }

    fn run(&self, job: &Job<Picture>, _: &RunContext<'_>) -> Result<Vec<Artifact>, RunError> {
        let contents = match job {
            Job::TryOn(_) => vec![picture(0, PictureFormat::Png)],
            Job::Headshot(job) => vec![picture(0, job.format)],
            Job::IdentityPortrait(job) => {
                (0..job.count).map(|index| picture(index as u8, PictureFormat::Png)).collect()
            }
            Job::VideoEffect(_) => vec![clip()],
        };
        let artifact = |content| Artifact { content, notes: vec![], findings: vec![] };
        Ok(contents.into_iter().map(artifact).collect())
    }
}

fn picture(shade: u8, format: PictureFormat) -> Content {
    Content::Picture { picture: Picture::from_rgba(32, 16, vec![shade; 32 * 16 * 4]).unwrap(), format }
}

fn clip() -> Content {
    let mut writer = ClipWriter::new(64, 48, 24).unwrap();
    for frame in 0..FRAMES {
        writer.push(&[frame * 4; 64 * 48 * 4]).unwrap();
    }
    Content::Clip(writer.finish().unwrap())
}

/// Runs a tool to its end.
pub(crate) async fn run(studio: &Studio, tool: &str, body: &Value) -> Value {
    let (_, reply) = studio.post(&format!("/v1/Run/wiro/{tool}"), body).await;
    let token = reply["socketaccesstoken"].as_str().unwrap_or_else(|| panic!("no token in {reply}"));
    let task = studio.until(token, "task_postprocess_end").await;
    assert_eq!(task["pexit"], "0", "{task:#}");
    task
}

/// The names and types of a task's outputs.
fn files(task: &Value) -> Vec<(&str, &str)> {
    let files = task["outputs"].as_array().unwrap().iter();
    files.map(|file| (file["name"].as_str().unwrap(), file["contenttype"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_portrait_comes_in_the_format_that_was_asked_for() {
    let studio = Studio::start(Forms).await;
    for (format, name, content_type, magic) in
        [("jpeg", "0.jpg", "image/jpeg", &b"\xff\xd8\xff"[..]), ("png", "0.png", "image/png", b"\x89PNG")]
    {
        let task =
            run(&studio, "professional-headshot", &json!({"inputImageUrl": PIXEL, "outputFormat": format}))
                .await;
        assert_eq!(files(&task), [(name, content_type)]);
        let reply = studio.http.get(task["outputs"][0]["url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(reply.headers()["content-type"], content_type);
        assert!(reply.bytes().await.unwrap().starts_with(magic), "{format}");
    }
}

#[tokio::test]
async fn several_results_are_numbered_from_zero() {
    let studio = Studio::start(Forms).await;
    let task =
        run(&studio, "instant-id", &json!({"inputImageUrl": PIXEL, "prompt": "", "samples": "3"})).await;
    let png = "image/png";
    assert_eq!(files(&task), [("0.png", png), ("1.png", png), ("2.png", png)]);
    let mut addresses: Vec<_> = task["outputs"].as_array().unwrap().iter().map(|file| &file["url"]).collect();
    addresses.dedup();
    assert_eq!(addresses.len(), 3);
}

#[tokio::test]
async fn a_clip_is_sent_in_parts_and_charged_by_its_length() {
    let studio = Studio::start(Forms).await;
    let task = run(&studio, "wan2-2-effects-extra", &json!({"inputImage": PIXEL})).await;
    assert_eq!(files(&task), [("0.mp4", "video/mp4")]);
    assert_eq!(task["totalcost"], "0.125000000000", "2.5 seconds at 0.05, where 6 seconds were reserved");
    let account = studio.app.storage.store.accounts().await.unwrap().remove(0);
    let left = Money::parse_usd("99.875").unwrap();
    assert_eq!((account.balance, account.reserved), (left, Money::ZERO));

    let address = task["outputs"][0]["url"].as_str().unwrap();
    assert!(address.ends_with("/0.mp4"), "{address}");
    let whole = studio.http.get(address).send().await.unwrap();
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert!(whole.headers()["content-disposition"].to_str().unwrap().starts_with("inline"));
    let policy = "default-src 'none'; media-src 'self'; sandbox";
    assert_eq!(whole.headers()["content-security-policy"], policy, "else a browser plays nothing");
    let whole = whole.bytes().await.unwrap();
    assert_eq!(task["outputs"][0]["size"], whole.len().to_string());
    // What a browser's player asks for first, and when somebody seeks.
    for (range, part) in [("bytes=0-", &whole[..]), ("bytes=100-299", &whole[100..300])] {
        let reply = studio.http.get(address).header("range", range).send().await.unwrap();
        assert_eq!(
            (reply.status(), &reply.headers()["content-type"]),
            (StatusCode::PARTIAL_CONTENT, &"video/mp4".parse().unwrap())
        );
        assert_eq!(reply.bytes().await.unwrap(), part, "{range}");
    }
}
