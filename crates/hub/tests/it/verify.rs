//! Checking what is installed.

use std::path::{Path, PathBuf};

use atelier_hub::{Means, State, import, state, verify};
use serde_json::json;
use tempfile::TempDir;

use crate::fake_hub::{klein, lay_out, tensors};
use crate::{TRANSFORMER, chain, model};

const SHARD: &str = "text_encoder/model-00002-of-00002.safetensors";

/// An installed model, and its folder.
fn installed() -> (TempDir, PathBuf) {
    let (models, source) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    lay_out(&klein(), source.path());
    let folder = import(model(), source.path(), models.path(), Means::Copy, &|_, _, _| ()).unwrap();
    (models, folder)
}

/// Every problem as its words.
fn problems(models: &Path, deep: bool) -> Vec<String> {
    let report = verify(model(), models, deep, &|_, _, _| ()).unwrap();
    report.problems.iter().map(|problem| chain(problem)).collect()
}

#[test]
fn a_whole_model_has_no_problems_with_a_manifest_or_without() {
    let (models, folder) = installed();
    assert!(problems(models.path(), true).is_empty());
    std::fs::remove_file(folder.join("atelier-manifest.json")).unwrap();
    assert!(problems(models.path(), true).is_empty());
    assert!(matches!(state(model(), models.path()).unwrap(), State::Installed(_)));
}

#[test]
fn changed_bytes_show_when_the_check_is_deep() {
    let (models, folder) = installed();
    let mut bytes = std::fs::read(folder.join(TRANSFORMER)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(folder.join(TRANSFORMER), bytes).unwrap();
    assert!(problems(models.path(), false).is_empty());
    let found = problems(models.path(), true);
    assert!(found.len() == 1 && found[0].contains(TRANSFORMER) && found[0].contains("checksum"), "{found:?}");
}

#[test]
fn missing_and_cut_off_files_are_named() {
    let (models, folder) = installed();
    std::fs::remove_file(folder.join("vae/config.json")).unwrap();
    std::fs::remove_file(folder.join(SHARD)).unwrap();
    let bytes = std::fs::read(folder.join(TRANSFORMER)).unwrap();
    std::fs::write(folder.join(TRANSFORMER), &bytes[..1000]).unwrap();
    for manifest in [true, false] {
        let found = problems(models.path(), false);
        assert_eq!(found.len(), 3, "{found:?}");
        for (words, expected) in found.iter().zip([SHARD, TRANSFORMER, "vae/config.json"]) {
            assert!(words.starts_with(expected), "{words}");
        }
        assert!(found[1].contains("1000 bytes"), "{found:?}");
        assert!(matches!(state(model(), models.path()).unwrap(), State::Partial(_)));
        if manifest {
            std::fs::remove_file(folder.join("atelier-manifest.json")).unwrap();
        }
    }
}

#[test]
fn an_index_must_fit_its_shards() {
    let (models, folder) = installed();
    std::fs::remove_file(folder.join("atelier-manifest.json")).unwrap();
    std::fs::write(folder.join(SHARD), tensors(&[("c", 10)])).unwrap();
    let found = problems(models.path(), false);
    assert!(found.len() == 1 && found[0].contains("the tensor b lies in"), "{found:?}");
    let index = folder.join("text_encoder/model.safetensors.index.json");
    for map in [json!({"weight_map": {"a": "../../x.safetensors"}}), json!({"weights": {}})] {
        std::fs::write(&index, map.to_string()).unwrap();
        let found = problems(models.path(), false);
        assert!(found.len() == 1 && found[0].contains("not an index of shards"), "{found:?}");
    }
}

#[test]
fn weights_that_are_only_there_as_a_pickle_are_called_that() {
    let (models, folder) = installed();
    std::fs::remove_file(folder.join("atelier-manifest.json")).unwrap();
    std::fs::rename(folder.join(TRANSFORMER), folder.join("transformer/model.bin")).unwrap();
    let found = problems(models.path(), false);
    assert!(found.len() == 1 && found[0].contains("pickle"), "{found:?}");
}

#[test]
fn a_damaged_manifest_is_an_error_that_names_it() {
    let (models, folder) = installed();
    let hostile = json!({"origin": "", "licence": "", "complete": true, "files": [
        {"path": "../x", "size": 1, "checksum": format!("sha256:{}", "0".repeat(64))}]});
    for text in ["{".to_owned(), hostile.to_string()] {
        std::fs::write(folder.join("atelier-manifest.json"), text).unwrap();
        let error = state(model(), models.path()).unwrap_err().to_string();
        assert!(error.contains("atelier-manifest.json is damaged"), "{error}");
    }
}
