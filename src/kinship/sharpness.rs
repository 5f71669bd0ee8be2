//! Detection of faces that are too blurred to be compared.

use serde::{Deserialize, Serialize};

use super::{KinshipError, LabeledRows, Logistic, Rows};

/// Detector of faces that are blurred, or only a few pixels wide, by their embeddings.
///
/// Blurred faces of strangers resemble each other. Their distinctive features are lost, and the
/// blur remains. At 16 pixels a pair of strangers reaches a likelihood ratio of 100. Such faces lie
/// inside the distribution of training faces. So their distance does not reveal them
/// ([`super::Typicality`]). A linear function of the embedding does.
#[derive(Clone, Debug)]
pub struct Sharpness {
    config: SharpnessConfig,
    /// Weights, `(d)`.
    weights: Vec<f32>,
}

/// Parameters of blur scores, and their effect on evidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharpnessConfig {
    /// Blur score of an embedding with only zeros.
    pub intercept: f64,
    /// Maximum blur score at which evidence counts in full.
    pub inner: f64,
    /// Minimum blur score at which evidence does not count.
    pub outer: f64,
}

/// Quadratic penalty of the regression, on embeddings of the length √d.
const RIDGE: f64 = 100.0;
/// Share of the training faces with a lower score than [`SharpnessConfig::inner`].
const INNER_SHARE: f64 = 0.99;

impl Sharpness {
    /// Fits a logistic regression that separates `blurred` faces from `sharp` ones, `(n, d)` each.
    ///
    /// Both kinds have equal total weight. From the blur score of the median blurred face up,
    /// evidence does not count.
    ///
    /// Returns `None` if the embeddings do not reveal blur.
    pub fn fit(sharp: &Rows, blurred: &Rows) -> Option<Self> {
        let scale = (sharp.dimension() as f64).sqrt();
        let features = [sharp.features(), blurred.features()].concat();
        let is_blurred: Vec<bool> =
            (0..sharp.count() + blurred.count()).map(|i| i >= sharp.count()).collect();
        let rows = LabeledRows::new(features.chunks(sharp.dimension()), &is_blurred);
        let fitted = Logistic::fit(&rows.balanced(), RIDGE)?;
        let mut sharpness = Self {
            config: SharpnessConfig { intercept: fitted.intercept, inner: 0.0, outer: 0.0 },
            weights: fitted.weights.iter().map(|&weight| (scale * weight) as f32).collect(),
        };
        sharpness.config.inner = quantile(sharpness.scores(sharp), INNER_SHARE)?;
        sharpness.config.outer = quantile(sharpness.scores(blurred), 0.5)?;
        (sharpness.config.outer > sharpness.config.inner).then_some(sharpness)
    }

    /// Creates a fitted detector from its weights, `(d)`.
    pub fn new(config: SharpnessConfig, weights: Vec<f32>) -> Self {
        Self { config, weights }
    }

    /// Returns the parameters.
    pub fn config(&self) -> SharpnessConfig {
        self.config
    }

    /// Returns the weights, `(d)`.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Returns the weight of the evidence of each face, 0 to 1: `(n, d)` → n.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if the faces have another width.
    pub fn evidence_weights(&self, faces: &Rows) -> Result<Vec<f64>, KinshipError> {
        let expected = self.weights.len();
        let found = faces.dimension();
        if expected != found {
            return Err(KinshipError::UnevenRows { expected, found });
        }
        let SharpnessConfig { inner, outer, .. } = self.config;
        let scores = self.scores(faces).into_iter();
        Ok(scores.map(|score| ((outer - score) / (outer - inner)).clamp(0.0, 1.0)).collect())
    }

    fn scores(&self, faces: &Rows) -> Vec<f64> {
        faces.iter().map(|face| self.score(face)).collect()
    }

    fn score(&self, face: &[f32]) -> f64 {
        let products = face.iter().zip(&self.weights).map(|(value, weight)| value * weight);
        self.config.intercept + f64::from(products.sum::<f32>())
    }
}

fn quantile(mut scores: Vec<f64>, share: f64) -> Option<f64> {
    scores.sort_unstable_by(f64::total_cmp);
    scores.get((scores.len().saturating_sub(1) as f64 * share) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faces that differ, with a third value of about `blur`.
    fn faces(blur: f32) -> Rows {
        let value = |i: usize, j: usize| match j {
            2 => blur + 0.1 * ((i * 29 % 89) as f32 / 44.0 - 1.0),
            _ => (i * (37 + 16 * j) % 101) as f32 / 50.0 - 1.0,
        };
        let values = (0..1000).flat_map(|i| (0..4).map(move |j| value(i, j))).collect();
        Rows::from_values(values, 4).unwrap()
    }

    #[test]
    fn sharp_faces_count_and_blurred_ones_do_not() {
        let fitted = Sharpness::fit(&faces(0.0), &faces(0.8)).unwrap();
        let full = fitted.evidence_weights(&faces(0.0)).unwrap();
        assert!(full.iter().filter(|&&weight| weight == 1.0).count() >= 990);
        let none = fitted.evidence_weights(&faces(1.2)).unwrap();
        assert!(none.iter().all(|&weight| weight < 0.2), "{none:?}");
        assert!(fitted.evidence_weights(&Rows::from_values(vec![1.0; 3], 3).unwrap()).is_err());
    }

    #[test]
    fn blur_that_changes_nothing_is_not_seen() {
        assert!(Sharpness::fit(&faces(0.0), &faces(0.0)).is_none());
    }
}
