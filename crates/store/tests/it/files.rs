//! Objects on disk.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atelier_domain::{FileId, Timestamp};
use atelier_store::{Files, FilesError, ObjectKey};
use bytes::Bytes;
use futures_util::TryStreamExt as _;

fn key() -> ObjectKey {
    ObjectKey::of(&FileId::random())
}

/// Every file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn an_object_is_read_back_replaced_and_deleted() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("deep/objects");
    let (files, key) = (Files::on_disk(&folder).unwrap(), key());
    files.put(&key, Bytes::from_static(b"one")).await.unwrap();
    files.put(&key, Bytes::from_static(b"two")).await.unwrap();
    assert_eq!(files.get(&key).await.unwrap(), "two");
    assert_eq!(Files::on_disk(&folder).unwrap().get(&key).await.unwrap(), "two");
    files.delete(&key).await.unwrap();
    files.delete(&key).await.unwrap();
    let missing = files.get(&key).await.unwrap_err();
    assert!(matches!(&missing, FilesError::Missing(which) if *which == key), "{missing:?}");
    assert_eq!(below(&folder), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_upload_is_hashed_and_appears_when_it_is_finished() {
    let home = tempfile::tempdir().unwrap();
    let (files, key) = (Files::on_disk(home.path()).unwrap(), key());
    let mut upload = files.upload(&key).await.unwrap();
    for part in ["a", "b", "c"] {
        upload.write(Bytes::from(part)).await.unwrap();
        assert!(matches!(files.get(&key).await, Err(FilesError::Missing(_))));
    }
    let (size, sha256) = upload.finish().await.unwrap();
    // The published test vector of FIPS 180-2 for "abc".
    assert_eq!(
        (size, sha256.as_str()),
        (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
    assert_eq!(files.get(&key).await.unwrap(), "abc");
}

#[tokio::test]
async fn an_upload_of_many_parts_keeps_their_order() {
    let home = tempfile::tempdir().unwrap();
    let (files, key) = (Files::on_disk(home.path()).unwrap(), key());
    let parts: Vec<Bytes> = (0..40_u8).map(|number| vec![number; 400_000].into()).collect();
    let mut upload = files.upload(&key).await.unwrap();
    for part in &parts {
        upload.write(part.clone()).await.unwrap();
    }
    assert_eq!(upload.finish().await.unwrap().0, 16_000_000);
    assert_eq!(files.get(&key).await.unwrap(), parts.concat());
}

#[test]
fn f9_an_upload_that_is_given_up_leaves_no_half_file() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let upload = runtime.block_on(async {
        let mut upload = Files::on_disk(home.path()).unwrap().upload(&key()).await.unwrap();
        upload.write(vec![7; 6_000_000].into()).await.unwrap();
        upload
    });
    assert_eq!(below(home.path()).len(), 1, "the draft");
    drop(runtime);
    drop(upload);
    assert_eq!(below(home.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_error_names_the_operation_and_keeps_its_cause() {
    let home = tempfile::tempdir().unwrap();
    let (files, key) = (Files::on_disk(home.path()).unwrap(), key());
    // A file where a folder belongs.
    std::fs::write(home.path().join(&key.to_string()[..2]), b"").unwrap();
    let error = files.put(&key, Bytes::from_static(b"x")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write object {key}"));
    assert!(error.source().is_some());
    assert!(!error.is_full());
}

#[test]
fn f9_a_full_disk_is_told_from_other_failures() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = FilesError::Object { doing: "write", key: key(), source: Box::new(full) };
    assert!(error.is_full());
}

#[tokio::test]
async fn a_part_of_an_object_is_read_as_a_stream() {
    let home = tempfile::tempdir().unwrap();
    let (files, key) = (Files::on_disk(home.path()).unwrap(), key());
    files.put(&key, Bytes::from_static(b"0123456789")).await.unwrap();
    let read = async |range| -> Vec<u8> {
        let parts: Vec<Bytes> = files.stream(&key, range).await.unwrap().try_collect().await.unwrap();
        parts.concat()
    };
    assert_eq!(read(None).await, b"0123456789");
    assert_eq!(read(Some(2..5)).await, b"234");
    files.delete(&key).await.unwrap();
    assert!(matches!(files.stream(&key, None).await, Err(FilesError::Missing(_))));
}

#[tokio::test]
async fn objects_are_listed_folder_by_folder() {
    let home = tempfile::tempdir().unwrap();
    let files = Files::on_disk(home.path()).unwrap();
    let ids = [(); 20].map(|()| FileId::random());
    for id in &ids {
        files.put(&ObjectKey::of(id), Bytes::from_static(b"x")).await.unwrap();
    }
    std::fs::write(home.path().join(&ids[0].as_str()[..2]).join("notes.txt"), "not ours").unwrap();
    let mut found = Vec::new();
    for folder in 0..=u8::MAX {
        found.extend(files.list(folder).await.unwrap());
    }
    assert!(found.iter().all(|object| Timestamp::now().since(object.changed) < Duration::from_mins(1)));
    let mut found: Vec<_> = found.into_iter().map(|object| object.file).collect();
    let mut expected = ids.to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
