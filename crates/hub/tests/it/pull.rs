//! Downloads from a hub that drops, lies, stalls and redirects.

use std::fs::File;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atelier_hub::{DownloadError, InstallError, Patience, PullError, State, state};
use sha1::{Digest as _, Sha1};
use tempfile::TempDir;

use crate::fake_hub::{Act, FakeHub, Files, Seen, hex, klein, tensors};
use crate::{HASTY, TRANSFORMER, chain, model, names, pulled, pulled_as};

fn transformer() -> Vec<u8> {
    klein().into_iter().find(|(path, _)| path == TRANSFORMER).unwrap().1
}

/// A hub that misbehaves for one file only.
fn for_transformer(act: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> FakeHub {
    FakeHub::start(klein(), move |seen| if seen.path == TRANSFORMER { act(seen) } else { Act::Serve })
}

fn download_error(error: PullError) -> DownloadError {
    match error {
        PullError::Download { file, source } if file.as_str() == TRANSFORMER => source,
        other => panic!("{}", chain(&other)),
    }
}

/// What is in the transformer's folder, and whether the file itself is.
fn left(models: &TempDir) -> (Vec<String>, bool) {
    let names = names(&models.path().join(model().name).join("transformer"));
    let whole = names.contains(&"diffusion_pytorch_model.safetensors".to_owned());
    (names, whole)
}

fn check_installed(models: &TempDir) {
    for (path, bytes) in klein().iter().filter(|(path, _)| path.contains('/')) {
        assert!(std::fs::read(models.path().join(model().name).join(path)).unwrap() == *bytes, "{path}");
    }
    assert!(matches!(state(model(), models.path()).unwrap(), State::Installed(_)));
    assert_eq!(left(models).0, ["config.json", "diffusion_pytorch_model.safetensors"]);
}

#[tokio::test]
async fn a_model_is_pulled_once_and_then_only_what_has_changed_on_the_disk() {
    let (hub, models) = (FakeHub::honest(klein()), TempDir::new().unwrap());
    // As a hub lists what lies in its git: with the id of the blob.
    let mut listing = hub.listing();
    for (entry, (_, bytes)) in listing.iter_mut().zip(klein()) {
        if !entry["path"].as_str().unwrap().ends_with("safetensors") {
            let blob = Sha1::new_with_prefix(format!("blob {}\0", bytes.len())).chain_update(&bytes);
            entry["oid"] = hex(&blob.finalize()).into();
            entry.as_object_mut().unwrap().remove("lfs");
        }
    }
    hub.list(listing);
    assert_eq!(state(model(), models.path()).unwrap(), State::Missing);
    let first = pulled(&hub, models.path()).await.unwrap();
    assert_eq!(first.folder, models.path().join(model().name));
    check_installed(&models);
    assert!(!first.folder.join("README.md").exists());
    let requests = hub.seen().len();
    assert_eq!(requests, klein().len() - 2);

    assert_eq!(pulled(&hub, models.path()).await.unwrap().fetched, 0);
    assert_eq!(hub.seen().len(), requests);
    let mut spoilt = transformer();
    *spoilt.last_mut().unwrap() ^= 1;
    std::fs::write(first.folder.join(TRANSFORMER), spoilt).unwrap();
    pulled(&hub, models.path()).await.unwrap();
    check_installed(&models);
    assert_eq!(hub.seen().len(), requests + 1);
}

#[tokio::test]
async fn dropped_connections_are_resumed_at_the_right_byte() {
    let hub = for_transformer(|seen| if seen.nth < 9 { Act::Drop(20_000) } else { Act::Serve });
    let models = TempDir::new().unwrap();
    pulled(&hub, models.path()).await.unwrap();
    check_installed(&models);
    let seen = hub.seen_of(TRANSFORMER);
    let starts: Vec<_> = seen.iter().map(Seen::from).collect();
    assert_eq!(starts, (0..10).map(|nth| nth * 20_000).collect::<Vec<_>>());
    assert!(seen.iter().skip(1).all(|seen| seen.headers.contains_key("if-range")));
    assert_eq!(seen.iter().map(|seen| seen.sent).sum::<usize>(), transformer().len());
}

#[tokio::test]
async fn what_an_interrupted_pull_left_is_taken_up_by_the_next() {
    let hub = for_transformer(|seen| match seen.nth {
        0 => Act::Drop(70_000),
        1..=3 => Act::Drop(0),
        _ => Act::Serve,
    });
    let models = TempDir::new().unwrap();
    let error = pulled(&hub, models.path()).await.unwrap_err();
    let words = chain(&error);
    assert!(words.contains(TRANSFORMER) && words.contains("70000 of 2000"), "{words}");
    assert!(matches!(download_error(error), DownloadError::GivenUp { reached: 70_000, .. }));
    assert!(matches!(state(model(), models.path()).unwrap(), State::Partial(_)));
    let fetched = pulled(&hub, models.path()).await.unwrap().fetched;
    check_installed(&models);
    assert_eq!(hub.seen_of(TRANSFORMER).last().unwrap().from(), 70_000);
    let rest = transformer().len() - 70_000;
    assert!(fetched >= rest as u64 && fetched < transformer().len() as u64, "{fetched}");
}

#[tokio::test]
async fn a_server_that_ignores_ranges_makes_it_begin_again() {
    let hub = for_transformer(|seen| match seen.nth {
        0 => Act::Drop(70_000),
        _ => Act::Everything(usize::MAX),
    });
    let models = TempDir::new().unwrap();
    pulled(&hub, models.path()).await.unwrap();
    check_installed(&models);
    assert_eq!(hub.seen_of(TRANSFORMER).last().unwrap().sent, transformer().len());
}

#[tokio::test]
async fn a_server_that_refuses_the_range_or_sends_another_is_asked_for_everything() {
    for strange in [
        Act::Status(416, "Content-Range: bytes */5\r\n".to_owned()),
        Act::Status(206, format!("Content-Range: bytes 5-9/{}\r\n", transformer().len())),
        Act::Status(206, String::new()),
    ] {
        let strange = Mutex::new(Some(strange));
        let hub = for_transformer(move |seen| match seen.nth {
            0 => Act::Drop(70_000),
            _ => strange.lock().unwrap().take().unwrap_or(Act::Serve),
        });
        let models = TempDir::new().unwrap();
        pulled(&hub, models.path()).await.unwrap();
        check_installed(&models);
        assert_eq!(hub.seen_of(TRANSFORMER).len(), 3);
    }
}

#[tokio::test]
async fn a_file_that_is_always_cut_off_is_given_up() {
    let hub = for_transformer(|_| Act::Everything(70_000));
    let models = TempDir::new().unwrap();
    let error = download_error(pulled(&hub, models.path()).await.unwrap_err());
    assert!(matches!(error, DownloadError::GivenUp { attempts: 4, .. }), "{error}");
    // The first attempt got further than nothing; none of the four after it did.
    assert_eq!(hub.seen_of(TRANSFORMER).len(), 4);
    assert!(!left(&models).1);
}

#[tokio::test]
async fn a_silent_server_is_left_after_a_while() {
    let hub = for_transformer(|seen| if seen.nth == 0 { Act::Silence } else { Act::Serve });
    let models = TempDir::new().unwrap();
    pulled(&hub, models.path()).await.unwrap();
    assert_eq!(hub.seen_of(TRANSFORMER).len(), 2);
}

#[tokio::test]
async fn a_file_of_another_length_is_refused_at_once() {
    let long = [transformer(), vec![0; 1]].concat();
    let head = |length: usize| format!("Content-Length: {length}\r\n");
    let announced = head(long.len());
    for (headers, body) in [(announced, long.clone()), (head(6), b"<html>".to_vec()), (String::new(), long)] {
        let hub = for_transformer(move |_| Act::Own(headers.clone(), body.clone()));
        let models = TempDir::new().unwrap();
        let error = download_error(pulled(&hub, models.path()).await.unwrap_err());
        assert!(matches!(error, DownloadError::Length { .. }), "{error}");
        assert_eq!(hub.seen_of(TRANSFORMER).len(), 1);
        assert!(!left(&models).1);
    }
}

#[tokio::test]
async fn wrong_bytes_are_fetched_once_more_and_never_installed() {
    let wrong = tensors(&[("u", 50_000)]);
    assert_eq!(wrong.len(), transformer().len());
    let always = Arc::new(wrong);
    for times in [1, usize::MAX] {
        let wrong = always.clone();
        let hub = for_transformer(move |seen| {
            let head = format!("Content-Length: {}\r\n", wrong.len());
            if seen.nth < times { Act::Own(head, wrong.to_vec()) } else { Act::Serve }
        });
        let models = TempDir::new().unwrap();
        match pulled(&hub, models.path()).await {
            Ok(_) => check_installed(&models),
            Err(error) => {
                assert!(matches!(download_error(error), DownloadError::Checksum { .. }));
                assert!(!left(&models).1);
            }
        }
        assert_eq!(hub.seen_of(TRANSFORMER).len(), 2);
    }
}

#[tokio::test]
async fn a_busy_hub_is_asked_again_when_it_wants_to_be() {
    let hub = for_transformer(|seen| match seen.nth {
        0 => Act::Status(429, "Retry-After: 0\r\n".to_owned()),
        1 => Act::Status(503, "Retry-After: Fri, 01 Jan 2021 00:00:00 GMT\r\n".to_owned()),
        _ => Act::Serve,
    });
    let models = TempDir::new().unwrap();
    // Left to itself it would wait for an hour.
    let patience = Patience { pause: Duration::from_hours(1), ..HASTY };
    pulled_as(&hub, models.path(), None, patience).await.unwrap();
    assert_eq!(hub.seen_of(TRANSFORMER).len(), 3);

    let hub = for_transformer(|_| Act::Status(429, "Retry-After: 86400\r\n".to_owned()));
    let models = TempDir::new().unwrap();
    let error = download_error(pulled(&hub, models.path()).await.unwrap_err());
    assert!(chain(&error).contains("status 429"), "{}", chain(&error));
}

#[tokio::test]
async fn the_token_goes_to_the_hub_and_not_to_where_it_redirects() {
    let elsewhere = FakeHub::honest(klein());
    let storage = elsewhere.base.clone();
    let hub = for_transformer(move |seen| {
        Act::Status(302, format!("Location: {storage}/{}?signature=hidden\r\n", seen.path))
    });
    let models = TempDir::new().unwrap();
    pulled_as(&hub, models.path(), Some("hf_secret"), HASTY).await.unwrap();
    check_installed(&models);
    assert!(hub.seen().iter().all(|seen| seen.headers["authorization"] == "Bearer hf_secret"));
    let there = elsewhere.seen_of(TRANSFORMER);
    assert_eq!(there.len(), 1);
    assert!(!there[0].headers.contains_key("authorization"), "{there:?}");
}

#[tokio::test]
async fn errors_name_the_file_and_who_must_act_and_show_no_secrets() {
    let gone = FakeHub::start(klein(), |_| Act::Status(410, String::new()));
    let storage = gone.base.clone();
    for (status, headers, expected) in [
        (404, String::new(), "does not exist; a mirror may lack it"),
        (403, String::new(), "accept its terms on the hub and set HF_TOKEN"),
        (401, String::new(), "accept its terms on the hub and set HF_TOKEN"),
        (302, format!("Location: {storage}/{TRANSFORMER}?signature=hidden\r\n"), "status 410"),
        (302, "Location: http://127.0.0.1:1/?signature=hidden\r\n".to_owned(), "cannot be reached"),
    ] {
        let hub = for_transformer(move |_| Act::Status(status, headers.clone()));
        let models = TempDir::new().unwrap();
        let error = pulled_as(&hub, models.path(), Some("hf_secret"), HASTY).await.unwrap_err();
        let words = format!("{} {error:?}", chain(&error));
        assert!(words.contains(expected) && words.contains(TRANSFORMER), "{words}");
        assert!(!words.contains("hidden") && !words.contains("hf_secret"), "{words}");
    }
}

#[tokio::test]
async fn a_version_that_changed_meanwhile_is_not_mixed() {
    // The storage calls the file something else from the second request on, and so sends all of it.
    let hub = for_transformer(|seen| match seen.nth {
        0 => {
            let head = format!("ETag: \"old\"\r\nContent-Length: {}\r\n", transformer().len());
            Act::Own(head, transformer()[..70_000].to_vec())
        }
        _ => Act::Serve,
    });
    let models = TempDir::new().unwrap();
    pulled(&hub, models.path()).await.unwrap();
    check_installed(&models);
    let last = hub.seen_of(TRANSFORMER).pop().unwrap();
    assert_eq!((last.from(), last.headers["if-range"].as_str()), (70_000, "\"old\""));
    assert_eq!(last.sent, transformer().len());
}

#[tokio::test]
async fn a_pickle_under_another_name_is_refused() {
    let mut files: Files = klein();
    files.iter_mut().find(|(path, _)| path == TRANSFORMER).unwrap().1 = b"PK\x03\x04 archive".to_vec();
    let (hub, models) = (FakeHub::honest(files), TempDir::new().unwrap());
    let error = pulled(&hub, models.path()).await.unwrap_err();
    assert!(chain(&error).contains("pickle"), "{}", chain(&error));
    assert!(!left(&models).1);
}

#[tokio::test]
async fn two_pulls_do_not_fight() {
    let (hub, models) = (FakeHub::honest(klein()), TempDir::new().unwrap());
    std::fs::create_dir(models.path().join(model().name)).unwrap();
    let lock = File::create(models.path().join(model().name).join(".atelier-lock")).unwrap();
    lock.lock().unwrap();
    let error = pulled(&hub, models.path()).await.unwrap_err();
    assert!(matches!(error, PullError::Install(InstallError::Busy(_))), "{error}");
    drop(lock);
    pulled(&hub, models.path()).await.unwrap();
}

#[tokio::test]
async fn a_model_that_does_not_fit_on_the_disk_is_not_begun() {
    let (hub, models) = (FakeHub::honest(klein()), TempDir::new().unwrap());
    let mut listing = hub.listing();
    for entry in &mut listing {
        if entry["path"] == TRANSFORMER {
            entry["lfs"]["size"] = (1_u64 << 60).into();
        }
    }
    hub.list(listing);
    let error = pulled(&hub, models.path()).await.unwrap_err();
    assert!(matches!(error, PullError::Install(InstallError::Space { .. })), "{error}");
    assert!(hub.seen().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_written_through_links() {
    use std::os::unix::fs::symlink;
    let hub = FakeHub::honest(klein());
    for link in ["", "transformer"] {
        let (models, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let place = models.path().join(model().name).join(link);
        let place = if link.is_empty() { models.path().join(model().name) } else { place };
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(elsewhere.path(), &place).unwrap();
        let error = pulled(&hub, models.path()).await.unwrap_err();
        assert!(matches!(error, PullError::Install(InstallError::NotAFolder(_))), "{error}");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
