//! What tests compare with: the files in `tests/golden`, which a script made with the reference implementation.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use atelier_domain::{CancelToken, Picture};
use candle_core::{DType, Device, Tensor};

use crate::Placement;
use crate::weights::{Checkpoint, Weights, WeightsError, load};

/// The largest error of one component, in f32: max |a - b| / max |b|.
pub(crate) const COMPONENT: f32 = 1e-4;
/// The largest error of a whole edit.
pub(crate) const EDIT: f32 = 1e-3;

/// A file or folder of golden data.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The golden tensors of one component.
pub(crate) struct Golden(HashMap<String, Tensor>);

impl Golden {
    pub(crate) fn open(name: &str) -> Self {
        Self(candle_core::safetensors::load(path(&format!("{name}.safetensors")), &Device::Cpu).unwrap())
    }

    pub(crate) fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("no golden tensor {name}"))
    }

    /// Compares and says by how much they differ (seen with `--no-capture`).
    pub(crate) fn check(&self, name: &str, ours: &Tensor, allowed: f32) {
        let theirs = self.get(name);
        assert_eq!(ours.dims(), theirs.dims(), "{name}");
        let error = error(ours, theirs);
        say(name, error);
        assert!(error <= allowed, "{name}: {error:e}");
    }
}

#[expect(clippy::print_stdout, reason = "the table of errors, for whoever asks the test for it")]
fn say(name: &str, error: f32) {
    println!("error {error:.1e} {name}");
}

/// The picture that the script draws by the same formula.
pub(crate) fn pattern(width: u32, height: u32, seed: u32) -> Picture {
    let channel =
        |x: u32, y: u32, c: u32| ((x * x / 7 + y * 5 + x * y / 31 + c * 83 + seed * 29) % 256) as u8;
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        [channel(x, y, 0), channel(x, y, 1), channel(x, y, 2), 255]
    };
    Picture::from_rgba(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

/// The middle of a picture.
pub(crate) fn cropped(picture: &Picture, width: usize, height: usize) -> Picture {
    let own = picture.width() as usize;
    let (left, top) = ((own - width) / 2, (picture.height() as usize - height) / 2);
    let row = |y: usize| picture.rgba()[(y * own + left) * 4..][..width * 4].to_vec();
    Picture::from_rgba(width as u32, height as u32, (top..top + height).flat_map(row).collect()).unwrap()
}

/// max |a - b| / max |b|.
pub(crate) fn error(ours: &Tensor, theirs: &Tensor) -> f32 {
    let values = |tensor: &Tensor| {
        tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let (ours, theirs) = (values(ours), values(theirs));
    assert!(ours.iter().all(|value| value.is_finite()));
    let largest = theirs.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    ours.iter().zip(&theirs).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

/// A component of the tiny model.
pub(crate) fn tiny<M>(component: &str, build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>) -> M {
    tiny_at(component, &Placement::cpu(), build)
}

/// The same in another precision.
pub(crate) fn tiny_at<M>(
    component: &str,
    placement: &Placement,
    build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>,
) -> M {
    let files = Checkpoint::open(&path("klein-tiny").join(component)).unwrap();
    load(&files, placement, &CancelToken::default(), &|_, _| {}, build).unwrap()
}

/// The config of a component, of the tiny model or the full one.
pub(crate) fn config<T: serde::de::DeserializeOwned>(model: &str, component: &str) -> T {
    crate::config::read_json(&path(model).join(component).join("config.json")).unwrap()
}

/// A whole folder, for tests that change it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What the files of the full klein hold and what a constructor makes of it: names and shapes, one to a line.
pub(crate) fn check_full<M>(component: &str, build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>) {
    check_full_of("klein-4b", component, build);
}

/// The same for a component of any full model.
pub(crate) fn check_full_of<M>(
    model: &str,
    component: &str,
    build: impl Fn(&Weights<'_>) -> Result<M, WeightsError>,
) {
    let inventory = crate::weights::Inventory::of(build).unwrap();
    let line = |(name, shape): &(String, candle_core::Shape)| {
        let sides: Vec<_> = shape.dims().iter().map(ToString::to_string).collect();
        format!("{name} {}", if sides.is_empty() { "scalar".to_owned() } else { sides.join("x") })
    };
    let mut taken: Vec<_> = inventory.tensors().iter().map(line).collect();
    taken.sort();
    let stored = std::fs::read_to_string(path(model).join(component).join("tensors.txt")).unwrap();
    let needed = |line: &&str| !inventory.passes_over(line.split(' ').next().unwrap());
    let mut stored: Vec<_> = stored.lines().filter(needed).collect();
    stored.sort_unstable();
    assert_eq!(taken, stored);
}
