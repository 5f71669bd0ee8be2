//! Embeddings as vectors.

/// Returns the scalar product.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Returns the length, never zero.
pub(super) fn norm(values: &[f32]) -> f32 {
    dot(values, values).sqrt().max(1e-12)
}

/// Scales to length 1.
pub(super) fn unit(values: &[f32]) -> Vec<f32> {
    let length = norm(values);
    values.iter().map(|value| value / length).collect()
}
