//! What is said of files that are not the model's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use atelier_domain::CancelToken;
use atelier_runner_native::Placement;
use atelier_runner_native::weights::{Checkpoint, Inventory, Weights, WeightsError, load};
use candle_core::{DType, Device, Tensor};
use tempfile::TempDir;

/// A model of two tensors, of which one may lie in the files without being used.
struct Small {
    matrix: Tensor,
    vector: Tensor,
}

impl Small {
    fn new(weights: &Weights<'_>) -> Result<Self, WeightsError> {
        let layer = weights.at("layers").at(3);
        weights.pass_over("head");
        Ok(Self { matrix: layer.get("matrix", (2, 3))?, vector: weights.get("vector", 5)? })
    }
}

fn tensors() -> HashMap<String, Tensor> {
    let numbers = |count: u32, shape: &[usize]| {
        Tensor::arange(0, count, &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap().reshape(shape).unwrap()
    };
    [
        ("layers.3.matrix", numbers(6, &[2, 3])),
        ("vector", numbers(5, &[5])),
        ("head.weight", numbers(4, &[4])),
    ]
    .map(|(name, tensor)| (name.to_owned(), tensor))
    .into()
}

fn save(folder: &Path, name: &str, tensors: &HashMap<String, Tensor>) -> PathBuf {
    let file = folder.join(name);
    candle_core::safetensors::save(tensors, &file).unwrap();
    file
}

fn read(folder: &Path) -> Result<Small, WeightsError> {
    let files = Checkpoint::open(folder)?;
    load(&files, &Placement::cpu(), &CancelToken::default(), &|_, _| {}, Small::new)
}

/// What is said of one file with these tensors.
fn refusal(tensors: &HashMap<String, Tensor>) -> WeightsError {
    let folder = TempDir::new().unwrap();
    save(folder.path(), "model.safetensors", tensors);
    read(folder.path()).err().unwrap()
}

#[test]
fn tensors_come_from_one_file_or_from_shards() {
    let folder = TempDir::new().unwrap();
    save(folder.path(), "model.safetensors", &tensors());
    assert_eq!(read(folder.path()).unwrap().matrix.to_vec2::<f32>().unwrap(), [[0., 1., 2.], [3., 4., 5.]]);

    let folder = TempDir::new().unwrap();
    let mut index = HashMap::new();
    for (number, (name, tensor)) in tensors().into_iter().enumerate() {
        let file = format!("diffusion_pytorch_model-{number}.safetensors");
        save(folder.path(), &file, &HashMap::from([(name.clone(), tensor)]));
        index.insert(name, file);
    }
    let index = serde_json::json!({ "metadata": {}, "weight_map": index });
    std::fs::write(folder.path().join("diffusion_pytorch_model.safetensors.index.json"), index.to_string())
        .unwrap();
    assert_eq!(read(folder.path()).unwrap().vector.to_vec1::<f32>().unwrap(), [0., 1., 2., 3., 4.]);
}

#[test]
fn half_precision_becomes_what_the_device_computes_in() {
    for dtype in [DType::BF16, DType::F16] {
        let tensors =
            tensors().into_iter().map(|(name, tensor)| (name, tensor.to_dtype(dtype).unwrap())).collect();
        let folder = TempDir::new().unwrap();
        save(folder.path(), "model.safetensors", &tensors);
        assert_eq!(read(folder.path()).unwrap().vector.to_vec1::<f32>().unwrap(), [0., 1., 2., 3., 4.]);
    }
}

#[test]
fn an_inventory_lists_what_a_model_takes_without_any_file() {
    let inventory = Inventory::of(Small::new).unwrap();
    let listed: Vec<_> =
        inventory.tensors().iter().map(|(name, shape)| (name.as_str(), shape.dims())).collect();
    assert_eq!(listed, [("layers.3.matrix", &[2, 3][..]), ("vector", &[5])]);
    assert_eq!(inventory.elements(), 11);
    assert!(inventory.passes_over("head.weight") && inventory.passes_over("head"));
    assert!(!inventory.passes_over("header.weight"));
}

#[test]
fn a_missing_tensor_is_named() {
    let mut tensors = tensors();
    tensors.remove("layers.3.matrix");
    let error = refusal(&tensors);
    assert!(matches!(&error, WeightsError::Missing { tensor, .. } if tensor == "layers.3.matrix"), "{error}");
}

#[test]
fn a_tensor_of_another_model_is_named() {
    let mut tensors = tensors();
    tensors.insert("layers.4.matrix".to_owned(), tensors["vector"].clone());
    let error = refusal(&tensors);
    assert!(matches!(&error, WeightsError::Unused { tensor, .. } if tensor == "layers.4.matrix"), "{error}");
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both_shapes() {
    let mut tensors = tensors();
    tensors
        .insert("layers.3.matrix".to_owned(), tensors["layers.3.matrix"].t().unwrap().contiguous().unwrap());
    let error = refusal(&tensors).to_string();
    assert!(
        error.contains("layers.3.matrix") && error.contains("[3, 2]") && error.contains("[2, 3]"),
        "{error}"
    );
}

#[test]
fn a_tensor_of_another_type_is_named() {
    let mut tensors = tensors();
    tensors.insert("vector".to_owned(), Tensor::arange(0_u32, 5, &Device::Cpu).unwrap());
    let error = refusal(&tensors);
    assert!(
        matches!(&error, WeightsError::Dtype { tensor, dtype, .. } if tensor == "vector" && dtype == "U32")
    );
}

#[test]
fn a_file_that_was_cut_off_names_the_tensor_that_it_ends_in() {
    let folder = TempDir::new().unwrap();
    let file = save(folder.path(), "model.safetensors", &tensors());
    let whole = std::fs::read(&file).unwrap();
    // Down to the header, every length is said to be too short; what is passed over may be gone.
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let mut named = 0;
    for length in (0..whole.len()).rev() {
        std::fs::write(&file, &whole[..length]).unwrap();
        match read(folder.path()).err() {
            Some(WeightsError::Truncated { tensor, found, expected, .. }) if length >= header => {
                assert!(tensor == "vector" || tensor == "layers.3.matrix");
                assert!(found == length as u64 && expected > found);
                named += 1;
            }
            Some(WeightsError::Format { .. }) if length < header => {}
            None if length >= header => {}
            other => panic!("{length} bytes: {:?}", other.map(|error| error.to_string())),
        }
    }
    assert!(named >= 11 * 4);
}

#[test]
fn nonsense_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("model.safetensors");
    let header = |json: &str| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &[0; 64]].concat();
    for bytes in [
        b"PK\x03\x04 a pickle in a zip".to_vec(),
        u64::MAX.to_le_bytes().to_vec(),
        header("{}{}"),
        header(r#"{"vector":{"dtype":"F32","shape":[5],"data_offsets":[20,0]}}"#),
        header(r#"{"vector":{"dtype":"F32","shape":[5],"data_offsets":[0,24]}}"#),
        header(r#"{"vector":{"dtype":"F32","shape":[18446744073709551615,5],"data_offsets":[0,20]}}"#),
        header(
            r#"{"vector":{"dtype":"F32","shape":[5],"data_offsets":[18446744073709551595,18446744073709551615]}}"#,
        ),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = read(folder.path()).err().unwrap();
        let refused = matches!(
            error,
            WeightsError::Format { .. } | WeightsError::Missing { .. } | WeightsError::Shape { .. }
        );
        assert!(refused, "{error}");
    }
}

#[test]
fn a_shard_that_the_index_names_must_exist() {
    let folder = TempDir::new().unwrap();
    let index = r#"{"weight_map": {"vector": "model-00002-of-00002.safetensors"}}"#;
    std::fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
    let error = read(folder.path()).err().unwrap();
    assert!(
        matches!(&error, WeightsError::File { path, .. } if path.ends_with("model-00002-of-00002.safetensors"))
    );
}

#[test]
fn loading_stops_when_it_is_cancelled() {
    let folder = TempDir::new().unwrap();
    save(folder.path(), "model.safetensors", &tensors());
    let cancel = CancelToken::default();
    cancel.cancel();
    let files = Checkpoint::open(folder.path()).unwrap();
    let stopped = load(&files, &Placement::cpu(), &cancel, &|_, _| {}, Small::new);
    assert!(matches!(stopped, Err(WeightsError::Cancelled)));
}
