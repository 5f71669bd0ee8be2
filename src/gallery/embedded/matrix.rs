//! Matrices of vectors, and the spaces and precision of their values.

/// RowSet per embedding value in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VectorPrecision {
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
pub(in crate::gallery) struct VectorMatrix {
    pub(in crate::gallery) values: Vec<f32>,
    pub(in crate::gallery) width: usize,
}

impl VectorMatrix {
    /// Creates `rows` zero vectors.
    pub(in crate::gallery) fn zeros(rows: usize, width: usize) -> Self {
        Self { values: vec![0.0; rows * width], width }
    }

    pub(in crate::gallery) fn row(&self, row: u32) -> &[f32] {
        let start = row as usize * self.width;
        &self.values[start..start + self.width]
    }

    pub(in crate::gallery) fn rows(&self) -> u32 {
        (self.values.len() / self.width) as u32
    }
}
