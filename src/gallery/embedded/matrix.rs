//! Matrices of vectors.

use std::borrow::Cow;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::vector_file::Mapped;

/// Bits per embedding value in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// All 32 bits.
    #[default]
    Full,
    /// 16 bits, in memory instead of mapped from a file.
    ///
    /// This takes half of the memory of a fully read file. Results are compared again by the stored
    /// values, which takes longer.
    Half,
}

/// Embedding space of one backbone.
#[derive(Clone, Copy)]
pub(in crate::gallery) struct BackboneSpace {
    /// Index of the backbone in the bundle.
    pub(in crate::gallery) backbone: u8,
    /// Values per embedding.
    pub(in crate::gallery) width: usize,
}

/// Vectors of one width, row by row, in memory.
pub(in crate::gallery) struct Matrix {
    pub(in crate::gallery) values: Vec<f32>,
    pub(in crate::gallery) width: usize,
}

/// Vectors of one width, row by row, in their storage format.
pub(in crate::gallery) enum Vectors {
    Full(Matrix),
    /// Vectors of a segment.
    Mapped(Mapped),
    Half {
        values: Vec<f16>,
        width: usize,
    },
}

impl Matrix {
    /// Creates `rows` zero vectors.
    pub(in crate::gallery) fn zeros(rows: usize, width: usize) -> Self {
        Self { values: vec![0.0; rows * width], width }
    }

    pub(in crate::gallery) fn row(&self, at: u32) -> &[f32] {
        let start = at as usize * self.width;
        &self.values[start..start + self.width]
    }

    pub(in crate::gallery) fn rows(&self) -> u32 {
        (self.values.len() / self.width) as u32
    }

    pub(in crate::gallery) fn kept(self, precision: Precision) -> Vectors {
        match precision {
            Precision::Full => Vectors::Full(self),
            Precision::Half => Vectors::half(self.values.chunks_exact(self.width), self.width),
        }
    }
}

impl Vectors {
    /// Converts rows to 16 bits a value.
    pub(in crate::gallery) fn half<'a>(
        rows: impl ExactSizeIterator<Item = &'a [f32]>,
        width: usize,
    ) -> Self {
        let mut values = vec![f16::ZERO; rows.len() * width];
        for (half, full) in values.chunks_exact_mut(width).zip(rows) {
            half.convert_from_f32_slice(full);
        }
        Self::Half { values, width }
    }

    /// Returns whether a row equals this vector, at the row's precision.
    pub(in crate::gallery) fn has(&self, at: u32, vector: &[f32]) -> bool {
        match self {
            Self::Half { .. } => {
                self.row(at).iter().zip(vector).all(|(own, v)| *own == f16::from_f32(*v).to_f32())
            }
            _ => self.row(at) == vector,
        }
    }

    pub(in crate::gallery) fn row(&self, at: u32) -> Cow<'_, [f32]> {
        match self {
            Self::Full(matrix) => Cow::Borrowed(matrix.row(at)),
            Self::Mapped(mapped) => Cow::Borrowed(mapped.row(at)),
            Self::Half { values, width } => {
                Cow::Owned(values[at as usize * width..][..*width].to_f32_vec())
            }
        }
    }

    pub(in crate::gallery) fn width(&self) -> usize {
        match self {
            Self::Full(matrix) => matrix.width,
            Self::Mapped(mapped) => mapped.width(),
            Self::Half { width, .. } => *width,
        }
    }
}
