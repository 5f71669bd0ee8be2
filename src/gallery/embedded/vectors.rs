//! Vectors of a segment in their storage format.

use std::borrow::Cow;
use std::io;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::matrix::{VectorMatrix, VectorPrecision};
use super::vector_file::MappedVectors;

/// Vectors of one width, row by row, in their storage format.
pub(in crate::gallery) enum Vectors {
    Full(VectorMatrix),
    /// Vectors of a segment.
    Mapped(MappedVectors),
    Half {
        values: Vec<f16>,
        width: usize,
    },
}

impl Vectors {
    /// Stores a matrix at a precision.
    pub(in crate::gallery) fn from_matrix(
        matrix: VectorMatrix,
        precision: VectorPrecision,
    ) -> Self {
        match precision {
            VectorPrecision::Full => Self::Full(matrix),
            VectorPrecision::Half => {
                Self::half(matrix.values.chunks_exact(matrix.width), matrix.width)
            }
        }
    }

    /// Stores mapped vectors at a precision. No page of a mapped file is in memory yet.
    ///
    /// # Errors
    /// The operating system's error if the file cannot be mapped again.
    pub(in crate::gallery) fn from_mapped(
        mapped: MappedVectors,
        precision: VectorPrecision,
    ) -> io::Result<Self> {
        match precision {
            VectorPrecision::Full => Ok(Self::Mapped(mapped.remap()?)),
            VectorPrecision::Half => {
                let rows = (0..mapped.rows() as usize).map(|row| mapped.row(row as u32));
                Ok(Self::half(rows, mapped.width()))
            }
        }
    }

    /// Converts rows to 16 bits a value.
    fn half<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, width: usize) -> Self {
        let mut values = vec![f16::ZERO; rows.len() * width];
        for (half, full) in values.chunks_exact_mut(width).zip(rows) {
            half.convert_from_f32_slice(full);
        }
        Self::Half { values, width }
    }

    /// Returns whether a row equals this vector, at the row's precision.
    pub(in crate::gallery) fn row_equals(&self, row: u32, vector: &[f32]) -> bool {
        match self {
            Self::Half { .. } => {
                let stored = self.row(row);
                stored.iter().zip(vector).all(|(half, v)| *half == f16::from_f32(*v).to_f32())
            }
            _ => self.row(row) == vector,
        }
    }

    pub(in crate::gallery) fn row(&self, row: u32) -> Cow<'_, [f32]> {
        match self {
            Self::Full(matrix) => Cow::Borrowed(matrix.row(row)),
            Self::Mapped(mapped) => Cow::Borrowed(mapped.row(row)),
            Self::Half { values, width } => {
                Cow::Owned(values[row as usize * width..][..*width].to_f32_vec())
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
