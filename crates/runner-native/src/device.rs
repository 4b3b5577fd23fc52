//! Where models run, decided when the program starts.

use candle_core::utils::{cuda_is_available, metal_is_available};
use candle_core::{DType, Device};

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
