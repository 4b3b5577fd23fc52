//! Where models run, decided when the program starts.

use std::str::FromStr;

use candle_core::utils::{cuda_is_available, metal_is_available};
use candle_core::{DType, Device};
use thiserror::Error;

/// What an operator may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A GPU if this build knows one and the machine has it, else the CPU.
    #[default]
    Auto,
    /// The CPU, for proof and for patience.
    Cpu,
    /// The NVIDIA card of this number.
    Cuda(usize),
    /// The Apple GPU of this number.
    Metal(usize),
}

/// The words for a choice.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no device: auto, cpu, cuda:0 and metal:0 are, with any number")]
pub struct DeviceError(String);

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let wrong = || DeviceError(text.to_owned());
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            Some(("cuda", number)) => number.parse().map(Self::Cuda).map_err(|_| wrong()),
            Some(("metal", number)) => number.parse().map(Self::Metal).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// A device and the precision of computations on it: bf16 on GPUs, f32 on the CPU.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The device.
    pub device: Device,
    /// The type that weights and activations have there.
    pub dtype: DType,
}

impl Placement {
    /// The CPU.
    pub fn cpu() -> Self {
        Self { device: Device::Cpu, dtype: DType::F32 }
    }

    /// Opens the chosen device.
    pub fn open(choice: DeviceChoice) -> candle_core::Result<Self> {
        let gpu = |device| Self { device, dtype: DType::BF16 };
        match choice {
            DeviceChoice::Auto if cuda_is_available() => Device::new_cuda(0).map(gpu),
            DeviceChoice::Auto if metal_is_available() => Device::new_metal(0).map(gpu),
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Self::cpu()),
            DeviceChoice::Cuda(number) => Device::new_cuda(number).map(gpu),
            DeviceChoice::Metal(number) => Device::new_metal(number).map(gpu),
        }
    }

    /// The number of bytes that `elements` take there.
    pub fn bytes(&self, elements: usize) -> u64 {
        elements as u64 * self.dtype.size_in_bytes() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceChoice, Placement};

    #[test]
    fn a_choice_is_said_in_a_word() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:1", DeviceChoice::Cuda(1)),
            ("metal:0", DeviceChoice::Metal(0)),
        ] {
            assert_eq!(text.parse(), Ok(choice));
        }
        for text in ["", "gpu", "cuda", "cuda:", "cuda:-1", "cpu:0"] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
    }

    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    #[test]
    fn a_device_that_this_build_does_not_know_is_an_error() {
        assert!(Placement::open(DeviceChoice::Cuda(0)).is_err());
        assert!(Placement::open(DeviceChoice::Auto).is_ok_and(|placement| placement.device.is_cpu()));
    }
}
