//! Fusion of the embeddings of two photos into the features of a pair.

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// Combination of the embeddings a and b, value by value unless stated otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fusion {
    /// (a − b)²
    SquaredDifference,
    /// |a − b|, of the Siamese network (Koch, Zemel and Salakhutdinov 2015, section 3.1)
    AbsoluteDifference,
    /// ab
    Product,
    /// sign(ab) √(|ab| + 10⁻⁹)
    SignedRoot,
    /// a + b
    Sum,
    /// a² + b²
    SumOfSquares,
    /// |a² − b²|
    AbsoluteDifferenceOfSquares,
    /// a² − b², which changes its sign with the order of the photos
    DifferenceOfSquares,
    /// a − b, which changes its sign with the order of the photos
    Difference,
    /// a · b / |a| |b|, one value
    Cosine,
}

impl Fusion {
    /// All fusions.
    pub const ALL: [Self; 10] = [
        Self::SquaredDifference,
        Self::AbsoluteDifference,
        Self::Product,
        Self::SignedRoot,
        Self::Sum,
        Self::SumOfSquares,
        Self::AbsoluteDifferenceOfSquares,
        Self::DifferenceOfSquares,
        Self::Difference,
        Self::Cosine,
    ];

    /// Returns the number of features, for embeddings of `dimension` values.
    pub fn width(self, dimension: usize) -> usize {
        match self {
            Self::Cosine => 1,
            _ => dimension,
        }
    }

    /// Returns whether the features are the same in both orders of the photos.
    pub fn is_symmetric(self) -> bool {
        !matches!(self, Self::DifferenceOfSquares | Self::Difference)
    }

    /// Returns the features of n pairs: `(n, d)` and `(n, d)` → `(n, width)`.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn apply(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        match self {
            Self::SquaredDifference => (a - b)?.sqr(),
            Self::AbsoluteDifference => (a - b)?.abs(),
            Self::Product => a * b,
            Self::SignedRoot => {
                let product = (a * b)?;
                product.sign()? * (product.abs()? + 1e-9)?.sqrt()?
            }
            Self::Sum => a + b,
            Self::SumOfSquares => a.sqr()? + b.sqr()?,
            Self::AbsoluteDifferenceOfSquares => (a.sqr()? - b.sqr()?)?.abs(),
            Self::DifferenceOfSquares => a.sqr()? - b.sqr()?,
            Self::Difference => a - b,
            Self::Cosine => cosine(a, b),
        }
    }
}

/// Returns the cosines: `(n, d)` and `(n, d)` → `(n, 1)`, -1 to 1.
fn cosine(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let norms = (a.sqr()?.sum_keepdim(1)? * b.sqr()?.sum_keepdim(1)?)?.sqrt()?;
    (a * b)?.sum_keepdim(1)? / (norms + 1e-12)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn features(fusion: Fusion, a: [f32; 2], b: [f32; 2]) -> Vec<f32> {
        let row = |values: [f32; 2]| Tensor::new(&[values], &Device::Cpu).unwrap();
        let features = fusion.apply(&row(a), &row(b)).unwrap();
        assert_eq!(features.dims(), [1, fusion.width(2)], "{fusion:?}");
        features.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn each_fusion_is_its_formula() {
        let near = |fusion, expected: &[f32]| {
            let found = features(fusion, [3.0, -4.0], [1.0, 2.0]);
            let distance = found.iter().zip(expected).map(|(f, e)| (f - e).abs());
            assert!(distance.fold(0.0, f32::max) < 1e-5, "{fusion:?}: {found:?}");
        };
        near(Fusion::SquaredDifference, &[4.0, 36.0]);
        near(Fusion::AbsoluteDifference, &[2.0, 6.0]);
        near(Fusion::Product, &[3.0, -8.0]);
        near(Fusion::SignedRoot, &[3_f32.sqrt(), -(8_f32.sqrt())]);
        near(Fusion::Sum, &[4.0, -2.0]);
        near(Fusion::SumOfSquares, &[10.0, 20.0]);
        near(Fusion::AbsoluteDifferenceOfSquares, &[8.0, 12.0]);
        near(Fusion::DifferenceOfSquares, &[8.0, 12.0]);
        near(Fusion::Difference, &[2.0, -6.0]);
        near(Fusion::Cosine, &[-5.0 / (5.0 * 5_f32.sqrt())]);
    }

    #[test]
    fn the_symmetric_ones_do_not_know_the_order() {
        for fusion in Fusion::ALL {
            let (a, b) = ([0.3, -0.7], [0.9, 0.2]);
            let same = features(fusion, a, b) == features(fusion, b, a);
            assert_eq!(same, fusion.is_symmetric(), "{fusion:?}");
        }
    }
}
