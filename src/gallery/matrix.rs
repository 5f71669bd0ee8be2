//! Vectors side by side.

use std::borrow::Cow;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::mapped::Mapped;

/// How many bits of an embedding's values are in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// All 32.
    #[default]
    Full,
    /// 16 of them, which stay in memory instead of being mapped from a file: half of what that takes once all of it is read.
    /// What is found is compared by the stored values, which takes longer.
    Half,
}

/// Vectors of one width, row after row, in memory.
pub(super) struct Matrix {
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

/// Vectors of one width, row after row, as they are kept.
pub(super) enum Vectors {
    Full(Matrix),
    /// Those of a segment.
    Mapped(Mapped),
    Half {
        values: Vec<f16>,
        width: usize,
    },
}

impl Matrix {
    /// `rows` vectors of zeros.
    pub(super) fn zeros(rows: usize, width: usize) -> Self {
        Self { values: vec![0.0; rows * width], width }
    }

    pub(super) fn row(&self, at: u32) -> &[f32] {
        let start = at as usize * self.width;
        &self.values[start..start + self.width]
    }

    pub(super) fn rows(&self) -> u32 {
        (self.values.len() / self.width) as u32
    }

    pub(super) fn kept(self, precision: Precision) -> Vectors {
        match precision {
            Precision::Full => Vectors::Full(self),
            Precision::Half => Vectors::half(self.values.chunks_exact(self.width), self.width),
        }
    }
}

impl Vectors {
    /// 16 bits of each value of some rows.
    pub(super) fn half<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, width: usize) -> Self {
        let mut values = vec![f16::ZERO; rows.len() * width];
        for (half, full) in values.chunks_exact_mut(width).zip(rows) {
            half.convert_from_f32_slice(full);
        }
        Self::Half { values, width }
    }

    /// Whether a row is this vector, as far as its bits tell.
    pub(super) fn has(&self, at: u32, vector: &[f32]) -> bool {
        match self {
            Self::Half { .. } => {
                self.row(at).iter().zip(vector).all(|(own, v)| *own == f16::from_f32(*v).to_f32())
            }
            _ => self.row(at) == vector,
        }
    }

    pub(super) fn row(&self, at: u32) -> Cow<'_, [f32]> {
        match self {
            Self::Full(matrix) => Cow::Borrowed(matrix.row(at)),
            Self::Mapped(mapped) => Cow::Borrowed(mapped.row(at)),
            Self::Half { values, width } => {
                Cow::Owned(values[at as usize * width..][..*width].to_f32_vec())
            }
        }
    }

    pub(super) fn width(&self) -> usize {
        match self {
            Self::Full(matrix) => matrix.width,
            Self::Mapped(mapped) => mapped.width(),
            Self::Half { width, .. } => *width,
        }
    }
}
