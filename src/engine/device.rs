//! Devices and numeric types of backbones.

use std::fmt;
use std::str::FromStr;

use candle_core::DType;
use candle_core::utils::cuda_is_available;

use super::error::EngineError;

/// Device of a backbone, as its user names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The first CUDA device, else the CPU. A build without CUDA uses the CPU.
    #[default]
    Auto,
    /// The CPU, on all its cores.
    Cpu,
    /// A CUDA device by its number.
    Cuda(usize),
}

/// Numeric type that a backbone computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// 16-bit floats with the range of 32-bit ones; on a GPU only.
    Bf16,
    /// 16-bit floats; on a GPU only.
    F16,
}

/// Resolved device of a network's weights.
pub(crate) enum ResolvedDevice {
    Cpu,
    Gpu(TensorOptions),
}

/// Device and numeric type of tensors.
#[derive(Clone, Debug)]
pub(crate) struct TensorOptions {
    pub(crate) device: candle_core::Device,
    pub(crate) dtype: DType,
}

impl TensorOptions {
    /// 32-bit floats on the CPU.
    pub(crate) const CPU: Self = Self { device: candle_core::Device::Cpu, dtype: DType::F32 };
}

impl Device {
    /// Opens the device, and checks its precision.
    ///
    /// # Errors
    /// [`EngineError::NoDevice`] if there is no such device, or it cannot compute in this
    /// precision.
    pub(crate) fn resolve(self, precision: Precision) -> Result<ResolvedDevice, EngineError> {
        let number = match self {
            Self::Cuda(number) => Some(number),
            Self::Auto if cuda_is_available() && candle_core::Device::new_cuda(0).is_ok() => {
                Some(0)
            }
            Self::Auto | Self::Cpu => None,
        };
        match (number, precision) {
            (None, Precision::F32) => Ok(ResolvedDevice::Cpu),
            (None, _) => {
                Err(self.unusable(format!("{precision} needs a GPU; leave out --precision")))
            }
            (Some(_), _) if !cuda_is_available() => {
                let reason =
                    "this program was built for the CPU only; build it with --features cuda";
                Err(self.unusable(reason.into()))
            }
            (Some(number), _) => {
                let device = candle_core::Device::new_cuda(number);
                let device = device.map_err(|error| self.unusable(error.to_string()))?;
                Ok(ResolvedDevice::Gpu(TensorOptions { device, dtype: precision.dtype() }))
            }
        }
    }

    fn unusable(self, reason: String) -> EngineError {
        EngineError::NoDevice { device: self.to_string(), reason }
    }
}

impl Precision {
    fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    /// Parses `auto`, `cpu`, or `cuda:N`; `cuda` is `cuda:0`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").and_then(|number| number.parse().ok());
                number
                    .map(Self::Cuda)
                    .ok_or_else(|| format!("'{text}' is none of auto, cpu and cuda:N"))
            }
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.dtype().as_str())
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "f16" => Ok(Self::F16),
            _ => Err(format!("'{text}' is none of f32, bf16 and f16")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_precisions_read_back_as_they_are_written() {
        for text in ["auto", "cpu", "cuda:3"] {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), text);
        }
        for text in ["f32", "bf16", "f16"] {
            assert_eq!(text.parse::<Precision>().unwrap().to_string(), text);
        }
        assert!("cuda:x".parse::<Device>().is_err() && "f8".parse::<Precision>().is_err());
    }

    #[test]
    fn half_precision_on_the_cpu_is_refused_with_what_to_do() {
        let error = Device::Cpu.resolve(Precision::Bf16).err().unwrap().to_string();
        assert!(error.contains("cpu") && error.contains("--precision"), "{error}");
    }
}
