//! Directions in which kin are similar.

use faer::{Mat, MatRef, Par, Side};

use crate::kinship::{KinshipError, Rows};
use crate::linalg::whitening::inverse_root;

/// A linear space in which kin are correlated axis by axis, and in nothing else.
///
/// The embeddings x and y of two kin are taken as jointly Gaussian.
/// They have mean μ, covariance T and cross-covariance S.
/// Let L = (T + λ tr(T)/d I)^(−1/2), and let V be the eigenvectors of C = L S L.
/// The axes V L (x − μ) have variance 1 (except for λ).
/// Their correlations ρ between kin are the eigenvalues.
/// This is canonical correlation analysis (Hotelling 1936) of pairs without order.
/// It is also the two-covariance model of probabilistic linear discriminant analysis
/// (Brümmer and de Villiers 2010), with kinship instead of identity.
///
/// Few families give little information about so many directions.
/// Therefore C is shrunk to (1 − γ) C + γ tr(C)/d I, as covariances are (Ledoit and Wolf 2004).
/// The target of the shrinkage is kin that are equally similar in all directions.
/// The axes stay. The eigenvalues become (1 − γ) ρ + γ mean(ρ).
/// At γ = 0 only kin decide. At γ = 1 all directions have equal weight, as in a cosine.
#[derive(Clone, Debug, PartialEq)]
pub struct KinSpace {
    /// μ, `(d)`.
    pub mean: Vec<f32>,
    /// Axes, `(p, d)`, in descending order of the similarity of kin.
    ///
    /// Each is scaled by √ρ, so that a dot product in this space is a weighted correlation. All are
    /// scaled by the same factor, so that a value is about 1.
    pub axes: Vec<f32>,
    /// Common scale factor of the axes.
    pub factor: f32,
    /// ρ of each axis, `(p)`, above 0 and at most [`Self::MAX_CORRELATION`].
    pub correlations: Vec<f32>,
}

/// Kin pairs, row by row, with weights.
pub struct KinRows {
    /// First of each pair, `(n, d)`.
    pub first: Rows,
    /// Second of each pair, `(n, d)`.
    pub second: Rows,
    /// Weight of each pair, `(n)`.
    pub weights: Vec<f64>,
}

/// λ: weight of the sphere that is added to the covariance.
///
/// It limits the effect of directions with few observations.
const RIDGE: f64 = 1.0;

const NO_PAIRS: KinshipError = KinshipError::NoPairs { what: "the kin space" };

impl KinSpace {
    /// Upper bound of the correlations, so that no axis decides alone.
    pub const MAX_CORRELATION: f64 = 0.99;

    /// Maximum number of axes.
    ///
    /// Axes along which kin are least similar are noise, and cost time in every search.
    pub const MAX_AXES: usize = 128;

    /// Fits the space to kin, once for each γ in `shrinkages` that leaves axes.
    ///
    /// # Errors
    /// [`KinshipError::NoPairs`] if there are no pairs, or kin are not similar along any axis.
    pub fn fit(rows: &KinRows, shrinkages: &[f64]) -> Result<Vec<Self>, KinshipError> {
        // One thread: the order of sums must not depend on the machine.
        faer::set_global_parallelism(Par::Seq);
        let CenteredPairs { mean, first, second } = &CenteredPairs::new(rows)?;
        let covariance =
            faer::Scale(0.5) * (first.transpose() * first + second.transpose() * second);
        let crossed = first.transpose() * second;
        let crossed = faer::Scale(0.5) * (&crossed + crossed.transpose());
        let whitening = inverse_root(covariance.as_ref(), RIDGE).ok_or(NO_PAIRS)?;
        let correlated = &whitening * &crossed * &whitening;
        let eigen = correlated.self_adjoint_eigen(Side::Lower).map_err(|_| NO_PAIRS)?;
        let axes = (whitening * eigen.U()).transpose().to_owned();
        let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
        let average = values.iter().sum::<f64>() / values.len() as f64;
        let mut spaces = Vec::new();
        for shrinkage in shrinkages {
            let shrunk: Vec<f64> =
                values.iter().map(|rho| (1.0 - shrinkage) * rho + shrinkage * average).collect();
            let mut space = Self::from_axes(mean, axes.as_ref(), &shrunk);
            if space.width() > 0 {
                space.scale(covariance.as_ref());
                spaces.push(space);
            }
        }
        if spaces.is_empty() { Err(NO_PAIRS) } else { Ok(spaces) }
    }

    /// Scales the axes so that the mean square of a value is 1.
    fn scale(&mut self, covariance: MatRef<'_, f64>) {
        let dimension = self.mean.len();
        let axes =
            Mat::from_fn(self.width(), dimension, |i, j| f64::from(self.axes[i * dimension + j]));
        let variances = &axes * covariance * axes.transpose();
        let total: f64 = (0..self.width()).map(|i| variances[(i, i)]).sum();
        self.factor = (self.width() as f64 / total).sqrt() as f32;
        self.axes.iter_mut().for_each(|value| *value *= self.factor);
    }

    fn from_axes(mean: &[f64], axes: MatRef<'_, f64>, values: &[f64]) -> Self {
        let mut space = Self {
            mean: mean.iter().map(|&value| value as f32).collect(),
            axes: Vec::new(),
            factor: 1.0,
            correlations: Vec::new(),
        };
        // Eigenvalues are in ascending order.
        for (i, &value) in values.iter().enumerate().rev().take(Self::MAX_AXES) {
            if value <= 1e-6 {
                break;
            }
            let correlation = value.min(Self::MAX_CORRELATION);
            let row = axes.row(i);
            // An eigenvector has no sign of its own. Its largest value is made positive.
            let largest = row.iter().fold(0.0_f64, |a, &b| if b.abs() > a.abs() { b } else { a });
            let scale = correlation.sqrt() * largest.signum();
            space.axes.extend(row.iter().map(|value| (value * scale) as f32));
            space.correlations.push(correlation as f32);
        }
        space
    }

    /// Returns the number of axes, p.
    pub fn width(&self) -> usize {
        self.correlations.len()
    }
}

/// Centered kin pairs, each row times the root of its share.
struct CenteredPairs {
    /// Mean of both sides.
    mean: Vec<f64>,
    first: Mat<f64>,
    second: Mat<f64>,
}

impl CenteredPairs {
    fn new(rows: &KinRows) -> Result<Self, KinshipError> {
        let dimension = rows.first.dimension();
        let total: f64 = rows.weights.iter().sum();
        let mut mean = vec![0.0; dimension];
        for side in [&rows.first, &rows.second] {
            for (row, weight) in side.iter().zip(&rows.weights) {
                let share = weight / total / 2.0;
                mean.iter_mut()
                    .zip(row)
                    .for_each(|(mean, value)| *mean += share * f64::from(*value));
            }
        }
        let [first, second] = [&rows.first, &rows.second].map(|side| {
            Mat::from_fn(rows.weights.len(), dimension, |i, j| {
                (rows.weights[i] / total).sqrt() * (f64::from(side.row(i)[j]) - mean[j])
            })
        });
        Ok(Self { mean, first, second })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Kin that share their first value and nothing else.
    fn kin(count: usize) -> KinRows {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let mut noise = || random.random_range(-1.0..1.0_f32);
            let shared = noise();
            first.push([shared + 5.0, noise(), noise()]);
            second.push([shared + 5.0, noise(), noise()]);
        }
        let rows = |values: Vec<[f32; 3]>| Rows::from_values(values.concat(), 3).unwrap();
        KinRows { first: rows(first), second: rows(second), weights: vec![1.0; count] }
    }

    #[test]
    fn the_first_axis_is_what_kin_share() {
        let rows = kin(4000);
        let space = &KinSpace::fit(&rows, &[0.0]).unwrap()[0];
        assert!((space.mean[0] - 5.0).abs() < 0.05 && space.mean[1].abs() < 0.05);
        let axis = &space.axes[..3];
        assert!(axis[0] > 20.0 * axis[1].abs().max(axis[2].abs()), "{axis:?}");
        // The ridge adds as much as the variance, so half of the correlation is lost.
        assert!((space.correlations[0] - 0.5).abs() < 0.02, "{:?}", space.correlations);
        assert_eq!(*space, KinSpace::fit(&rows, &[0.0]).unwrap()[0]);
    }

    #[test]
    fn shrinking_brings_the_correlations_together_and_leaves_the_axes() {
        let spaces = KinSpace::fit(&kin(4000), &[0.0, 0.5, 1.0]).unwrap();
        let [none, half, all] = spaces.as_slice() else { panic!("one space each") };
        assert_eq!(all.width(), 3);
        let average = all.correlations[0];
        assert!(all.correlations.iter().all(|rho| (rho - average).abs() < 1e-6));
        assert!((half.correlations[0] - (none.correlations[0] + average) / 2.0).abs() < 1e-6);
        let direction = |space: &KinSpace| {
            let length = space.axes[..3].iter().map(|value| value * value).sum::<f32>().sqrt();
            std::array::from_fn::<f32, 3, _>(|i| space.axes[i] / length)
        };
        let apart = direction(none).into_iter().zip(direction(all)).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f32::max) < 1e-5);
    }

    #[test]
    fn without_kin_who_differ_there_is_no_space() {
        let same = || Rows::from_values(vec![1.0; 6], 3).unwrap();
        let rows = KinRows { first: same(), second: same(), weights: vec![1.0; 2] };
        assert!(KinSpace::fit(&rows, &[0.0]).is_err());
    }
}
