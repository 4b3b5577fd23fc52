use std::time::Duration;

use atelier_domain::{Picture, RunError};
use candle_core::{DType, Device};
use tempfile::TempDir;

use super::{Checker, CheckerConfig, ConceptChecker, FOLDER, Network, WEIGHTS};
use crate::Placement;
use crate::golden::{COMPONENT, Golden, check_full_of, config, copy, path, pattern};
use crate::safety::{SafetyClassifier, Verdict};

/// The pictures that the script had judged: seed, width and height of each.
const PICTURES: [(u32, u32, u32); 6] =
    [(1, 75, 100), (2, 130, 64), (3, 28, 28), (4, 61, 61), (5, 300, 200), (6, 97, 31)];

fn pictures() -> impl Iterator<Item = Picture> {
    PICTURES.into_iter().map(|(seed, width, height)| pattern(width, height, seed))
}

fn tiny() -> Checker {
    Checker::open(&path("safety-tiny"), &Placement::cpu()).unwrap()
}

#[test]
fn pictures_are_shrunk_and_normalised_as_by_the_reference() {
    let (golden, checker) = (Golden::open("safety"), tiny());
    for (index, picture) in pictures().enumerate() {
        let ours = checker.preprocess.tensor(&picture).unwrap();
        let theirs = golden.get("pixels").narrow(0, index, 1).unwrap();
        let off = (ours - theirs).unwrap().abs().unwrap().flatten_all().unwrap();
        // In steps of a byte, by the least deviation.
        let off = off.max(0).unwrap().to_scalar::<f32>().unwrap() * 255.0 * 0.2613;
        assert!(off <= 1.06, "{index}: {off}");
    }
}

#[test]
fn vectors_are_the_references() {
    let (golden, checker) = (Golden::open("safety"), tiny());
    let each = |compute: &dyn Fn(&candle_core::Tensor) -> candle_core::Tensor| {
        let rows: Vec<_> =
            (0..PICTURES.len()).map(|i| compute(&golden.get("pixels").narrow(0, i, 1).unwrap())).collect();
        candle_core::Tensor::cat(&rows, 0).unwrap()
    };
    golden.check("pooled", &each(&|x| checker.network.vision_model.forward(x).unwrap()), COMPONENT);
    golden.check("vectors", &each(&|x| checker.network.embed(x).unwrap()), COMPONENT);
}

#[test]
fn verdicts_are_the_references() {
    let (golden, checker) = (Golden::open("safety"), tiny());
    let unsafe_ones = golden.get("unsafe").to_vec1::<u8>().unwrap();
    // A concept is met, none, one that counts only beside a special one, a special one alone, none, and a close one.
    assert_eq!(unsafe_ones, [1, 0, 1, 0, 0, 1]);
    for (index, theirs) in unsafe_ones.into_iter().enumerate() {
        let pixels = golden.get("pixels").narrow(0, index, 1).unwrap();
        let ours = checker.network.verdict(&pixels).unwrap();
        assert_eq!(ours != Verdict::Fine, theirs == 1, "{index}: {ours:?}");
    }
}

#[test]
fn the_full_checker_takes_what_its_files_hold() {
    let config: CheckerConfig = config("safety-full", WEIGHTS);
    assert_eq!(config.vision_config.unknown(), None);
    check_full_of("safety-full", WEIGHTS, |weights| Network::new(&config, weights));
}

#[test]
fn it_looks_once_its_weights_are_installed_and_says_what_is_wrong_with_them() {
    let models = TempDir::new().unwrap();
    let checker = ConceptChecker::new(models.path(), &Placement::cpu(), Duration::from_hours(1)).unwrap();
    assert!(!checker.ready());
    let folder = models.path().join(FOLDER);
    copy(&path("safety-tiny"), &folder);
    assert!(checker.ready());
    std::fs::write(folder.join("atelier-manifest.json"), r#"{"complete": false}"#).unwrap();
    assert!(!checker.ready(), "it is still being pulled");
    std::fs::remove_file(folder.join("atelier-manifest.json")).unwrap();

    let settings = folder.join("feature_extractor/preprocessor_config.json");
    let text = std::fs::read_to_string(&settings).unwrap();
    assert!(text.contains("\"resample\": 3"), "{text}");
    std::fs::write(&settings, text.replace("\"resample\": 3", "\"resample\": 2")).unwrap();
    let Err(RunError::Operator(words)) = checker.judge(&pattern(75, 100, 1)) else { panic!("it looked") };
    assert!(words.contains("preprocessor_config.json") && words.contains("resample"), "{words}");

    std::fs::write(&settings, text).unwrap();
    let Ok(Verdict::Unsafe { concept, confidence }) = checker.judge(&pattern(75, 100, 1)) else {
        panic!("it was let pass")
    };
    assert!(concept.contains("sexual") && (0.5..1.0).contains(&confidence), "{concept} {confidence}");
    assert_eq!(checker.judge(&pattern(130, 64, 2)).unwrap(), Verdict::Fine);
}

#[test]
fn it_computes_in_single_precision_everywhere() {
    let half = Placement { device: Device::Cpu, dtype: DType::BF16 };
    let checker = ConceptChecker::new(&path(""), &half, Duration::from_hours(1)).unwrap();
    assert_eq!(checker.placement.dtype, DType::F32);
}
