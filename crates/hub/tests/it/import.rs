//! Taking files that are on this machine already.

use atelier_hub::{FilePath, ImportError, Means, State, import, import_file, state, verify};
use tempfile::TempDir;

use crate::fake_hub::{Act, FakeHub, klein, lay_out, tensors};
use crate::{TRANSFORMER, chain, model, names, pulled};

#[test]
fn a_folder_is_copied_or_linked_and_then_verifies() {
    for means in [Means::Copy, Means::HardLink] {
        let (models, source) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        lay_out(&klein(), source.path());
        let folder = import(model(), source.path(), models.path(), means, &|_, _, _| ()).unwrap();
        assert!(matches!(state(model(), models.path()).unwrap(), State::Installed(_)));
        let report = verify(model(), models.path(), true, &|_, _, _| ()).unwrap();
        assert!(report.problems.is_empty() && report.origin.unwrap().contains("imported from"));
        assert!(!folder.join("README.md").exists());
        assert_eq!(names(&folder.join("vae")), ["config.json", "diffusion_pytorch_model.safetensors"]);
        // A second time over the first, and then out of itself.
        import(model(), source.path(), models.path(), means, &|_, _, _| ()).unwrap();
        let again = import(model(), &folder, models.path(), means, &|_, _, _| ());
        assert!(matches!(again, Err(ImportError::Itself(_))));
    }
}

#[cfg(unix)]
#[test]
fn a_download_cache_of_links_is_taken_by_content() {
    let (models, blobs, source) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    lay_out(&klein(), blobs.path());
    for (path, _) in klein() {
        let link = source.path().join(&path);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(blobs.path().join(path), link).unwrap();
    }
    let folder = import(model(), source.path(), models.path(), Means::HardLink, &|_, _, _| ()).unwrap();
    drop(blobs);
    assert!(std::fs::symlink_metadata(folder.join(TRANSFORMER)).unwrap().is_file());
    assert!(verify(model(), models.path(), true, &|_, _, _| ()).unwrap().problems.is_empty());
}

#[test]
fn a_folder_that_is_not_the_model_is_refused_with_the_file_that_says_so() {
    let (models, source) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    lay_out(&klein(), source.path());
    std::fs::write(source.path().join(TRANSFORMER), b"PK\x03\x04 archive").unwrap();
    let error = import(model(), source.path(), models.path(), Means::Copy, &|_, _, _| ()).unwrap_err();
    assert!(chain(&error).contains(TRANSFORMER) && chain(&error).contains("pickle"), "{}", chain(&error));
    assert_eq!(state(model(), models.path()).unwrap(), State::Missing);
}

#[tokio::test]
async fn a_single_file_completes_what_a_pull_began_if_it_is_the_publishers() {
    let hub = FakeHub::start(klein(), |seen| match seen.path.as_str() {
        TRANSFORMER => Act::Status(404, String::new()),
        _ => Act::Serve,
    });
    let (models, downloads) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    pulled(&hub, models.path()).await.unwrap_err();
    let path = FilePath::parse(TRANSFORMER).unwrap();
    let file = downloads.path().join("download.safetensors");
    let take = || import_file(model(), &file, path.clone(), models.path(), Means::Copy, &|_, _, _| ());
    for (name, tensors) in [("size", tensors(&[("t", 10)])), ("hash", tensors(&[("u", 50_000)]))] {
        std::fs::write(&file, tensors).unwrap();
        assert!(matches!(take(), Err(ImportError::Differs { .. })), "{name}");
    }
    let genuine = klein().into_iter().find(|(path, _)| path == TRANSFORMER).unwrap().1;
    std::fs::write(&file, genuine).unwrap();
    take().unwrap();
    let report = verify(model(), models.path(), true, &|_, _, _| ()).unwrap();
    // The pull stopped early, so that others may be missing; this one is not.
    assert!(report.problems.iter().all(|problem| problem.path != path), "{:?}", report.problems);
}

#[test]
fn a_single_file_needs_a_place_in_the_model_and_the_content_of_its_name() {
    let (models, downloads) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = downloads.path().join("x");
    let take = |place: &str| {
        let place = FilePath::parse(place).unwrap();
        import_file(model(), &file, place, models.path(), Means::Copy, &|_, _, _| ())
    };
    std::fs::write(&file, b"\x80\x02}q\x00X\x05\x00\x00\x00hello").unwrap();
    assert!(matches!(take("transformer/model.bin"), Err(ImportError::Unwanted { .. })));
    assert!(matches!(take("elsewhere/config.json"), Err(ImportError::Unwanted { .. })));
    assert!(matches!(take(TRANSFORMER), Err(ImportError::Content { .. })));
    for (place, bytes) in klein().iter().filter(|(path, _)| path.contains('/')) {
        assert_ne!(state(model(), models.path()).unwrap().name(), "installed");
        std::fs::write(&file, bytes).unwrap();
        take(place).unwrap();
    }
    assert_eq!(state(model(), models.path()).unwrap().name(), "installed");
}
