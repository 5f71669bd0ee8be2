//! Number format of stored floats.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::gallery::VectorPrecision;
use crate::network::WeightsDtype;

/// Number format of stored floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FloatDtype {
    /// 32-bit floats
    #[default]
    F32,
    /// 16-bit floats, at half the size
    F16,
}

impl From<FloatDtype> for WeightsDtype {
    fn from(dtype: FloatDtype) -> Self {
        match dtype {
            FloatDtype::F32 => Self::F32,
            FloatDtype::F16 => Self::F16,
        }
    }
}

impl From<FloatDtype> for VectorPrecision {
    fn from(dtype: FloatDtype) -> Self {
        match dtype {
            FloatDtype::F32 => Self::Full,
            FloatDtype::F16 => Self::Half,
        }
    }
}
