//! Whitening of vectors: centers them, and makes the variances of all directions more equal.
//!
//! Embeddings of faces have a common direction. In a few directions they vary far more than in
//! others, so these dominate a cosine. Centered and whitened embeddings are more informative (H.
//! Jégou, O. Chum, "Negative Evidences and Co-occurences in Image Retrieval", 2012).

use faer::{Mat, MatRef, Par, Side};

/// x → (T + λ tr(T)/d I)^(−1/2) (x − μ) for vectors with mean μ and covariance T.
pub(crate) struct Whitening {
    /// μ, `(d)`.
    mean: Vec<f32>,
    /// The symmetric matrix, `(d, d)`.
    matrix: Vec<f32>,
}

/// λ: directions of little variance must not count as much as the others. All values from 1 to 5
/// are equally good for face embeddings of a network trained on millions of faces.
const RIDGE: f64 = 2.0;

impl Whitening {
    /// Computes the whitening of vectors of one length. Returns `None` if they are all equal, or
    /// not finite.
    pub(crate) fn from_vectors(vectors: &[Vec<f32>]) -> Option<Self> {
        // One thread: the order of sums must not depend on the machine.
        faer::set_global_parallelism(Par::Seq);
        let count = vectors.len();
        let dimension = vectors.first()?.len();
        let mean: Vec<f64> = (0..dimension)
            .map(|j| vectors.iter().map(|row| f64::from(row[j])).sum::<f64>() / count as f64)
            .collect();
        let centered = Mat::from_fn(count, dimension, |i, j| f64::from(vectors[i][j]) - mean[j]);
        let covariance = faer::Scale(1.0 / count as f64) * (centered.transpose() * &centered);
        let root = inverse_root(covariance.as_ref(), RIDGE)?;
        let cells = (0..dimension).flat_map(|i| (0..dimension).map(move |j| (i, j)));
        Some(Self {
            mean: mean.iter().map(|&value| value as f32).collect(),
            matrix: cells.map(|cell| root[cell] as f32).collect(),
        })
    }

    /// Whitens a vector, `(d)`.
    pub(crate) fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let centered: Vec<f32> = vector.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
        self.multiply(&centered)
    }

    /// Multiplies the matrix by a vector, `(d)`: whitens a difference of two vectors.
    pub(crate) fn multiply(&self, vector: &[f32]) -> Vec<f32> {
        let rows = self.matrix.chunks_exact(self.mean.len());
        rows.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
    }
}

/// Returns (T + λ tr(T)/d I)^(−1/2) with λ = `ridge`. Returns `None` if T is zero or not finite.
pub(crate) fn inverse_root(covariance: MatRef<'_, f64>, ridge: f64) -> Option<Mat<f64>> {
    let dimension = covariance.nrows();
    let trace: f64 = (0..dimension).map(|i| covariance[(i, i)]).sum();
    let ridge = ridge * trace / dimension as f64;
    if !ridge.is_normal() {
        return None;
    }
    let eigen = covariance.self_adjoint_eigen(Side::Lower).ok()?;
    let vectors = eigen.U();
    let roots = eigen.S().column_vector();
    let scaled = Mat::from_fn(dimension, dimension, |i, j| {
        vectors[(i, j)] / (roots[j].max(0.0) + ridge).sqrt()
    });
    Some(scaled * vectors.transpose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitened_vectors_lie_around_zero_and_differ_alike() {
        // Two directions with variances 4 and 1. With a ridge of twice their mean, they become 9
        // and 6.
        let signs = [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
        let vectors = signs.map(|[first, second]| vec![7.0 + 2.0 * first, second]);
        let whitening = Whitening::from_vectors(&vectors).unwrap();
        let found = whitening.apply(&vectors[0]);
        let expected = [-2.0 / 9.0_f32.sqrt(), -1.0 / 6.0_f32.sqrt()];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn vectors_that_do_not_differ_cannot_be_whitened() {
        assert!(Whitening::from_vectors(&vec![vec![1.0, 2.0]; 3]).is_none());
        assert!(Whitening::from_vectors(&[]).is_none());
    }
}
