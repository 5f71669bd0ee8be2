//! Linear algebra on slices: matrix products and whitening.

pub(crate) mod matrix;
pub(crate) mod whitening;
