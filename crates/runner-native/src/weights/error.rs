//! What can be wrong with weights. All of it is the operator's to mend, except a cancel and a fault of the device.

use std::path::PathBuf;

use candle_core::Shape;
use thiserror::Error;

/// See the module.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// A file cannot be read.
    #[error("cannot read {}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what its name says.
    #[error("{} is not valid: {reason}", .path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong, in the words of its format.
        reason: String,
    },
    /// A setting of a config has a value that the model's code does not know.
    #[error("{} has {setting}, which this version does not know", .path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The setting with its value.
        setting: String,
    },
    /// The model needs a tensor that no file has.
    #[error("the tensor {tensor} is missing from {}", .folder.display())]
    Missing {
        /// Its name.
        tensor: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A file has a tensor that the model does not know, so it is of another model.
    #[error("the tensor {tensor} in {} is not part of the model", .file.display())]
    Unused {
        /// Its name.
        tensor: String,
        /// Where it lies.
        file: PathBuf,
    },
    /// A tensor is of another size than the config says.
    #[error("the tensor {tensor} in {} has the shape {found:?} and not {expected:?}", .file.display())]
    Shape {
        /// Its name.
        tensor: String,
        /// Where it lies.
        file: PathBuf,
        /// What the config makes it.
        expected: Shape,
        /// What the file says.
        found: Shape,
    },
    /// A tensor is stored as something else than f32, f16 or bf16.
    #[error("the tensor {tensor} in {} is stored as {dtype}, which is not read", .file.display())]
    Dtype {
        /// Its name.
        tensor: String,
        /// Where it lies.
        file: PathBuf,
        /// Its type.
        dtype: String,
    },
    /// A file ends before a tensor does: its download was cut off.
    #[error("{} ends before the tensor {tensor} does: {found} bytes of {expected}", .file.display())]
    Truncated {
        /// Its name.
        tensor: String,
        /// The short file.
        file: PathBuf,
        /// Bytes that the file should have at least.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// The code of a model asks for a tensor twice.
    #[error("the model takes the tensor {tensor} twice")]
    TakenTwice {
        /// Its name.
        tensor: String,
    },
    /// The device refused.
    #[error("the device does not take the weights")]
    Device(#[from] candle_core::Error),
    /// Nobody wants the model any more.
    #[error("cancelled")]
    Cancelled,
}
