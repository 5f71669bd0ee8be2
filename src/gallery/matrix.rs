//! Vectors side by side.

/// Vectors of one width, row after row.
#[derive(Clone)]
pub(super) struct Matrix {
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
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
}
