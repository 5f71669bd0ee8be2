//! A small classifier of looks: which of some labels a face resembles most, by its embedding.

use super::EvaluateError;
use crate::kinship::{LabeledRows, Logistic, Rows};

/// One logistic regression a label, each against all others (Hastie, Tibshirani and Friedman 2009, section 4.4); every label
/// counts alike, however many faces it has.
pub(super) struct LookClassifier {
    /// The labels, in alphabetical order.
    labels: Vec<String>,
    regressions: Vec<Logistic>,
    accuracy: f64,
}

/// Quadratic penalty of a regression.
const RIDGE: f64 = 0.1;
/// More labels than this are no groups.
const MAX_LABELS: usize = 20;
/// One of so many faces is left out to measure the accuracy.
const LEFT_OUT: usize = 5;

impl LookClassifier {
    /// Fits the classifier to faces `(n, d)` and their labels.
    ///
    /// # Errors
    /// [`EvaluateError::BadLabels`] if there are fewer than two labels or more than 20.
    pub(super) fn fit(faces: &Rows, of_faces: &[String]) -> Result<Self, EvaluateError> {
        let accuracy = Self::left_out_accuracy(faces, of_faces)?;
        Ok(Self { accuracy, ..Self::fit_all(faces, of_faces)? })
    }

    fn fit_all(faces: &Rows, of_faces: &[String]) -> Result<Self, EvaluateError> {
        let mut labels = of_faces.to_vec();
        labels.sort_unstable();
        labels.dedup();
        if !(2..=MAX_LABELS).contains(&labels.len()) {
            return Err(EvaluateError::BadLabels { found: labels.len() });
        }
        let features = features(faces);
        let regression = |label: &String| {
            let is_label: Vec<bool> = of_faces.iter().map(|other| other == label).collect();
            let count = is_label.iter().filter(|is_label| **is_label).count() as f64;
            let total = is_label.len() as f64;
            let weight = |&is_label: &bool| match is_label {
                true => total / 2.0 / count,
                false => total / 2.0 / (total - count),
            };
            let weights = is_label.iter().map(weight).collect();
            let rows = LabeledRows::new(features.chunks(faces.dimension()), &is_label);
            Logistic::fit(&rows.with_weights(weights), RIDGE)
                .ok_or(EvaluateError::BadLabels { found: labels.len() })
        };
        let regressions = labels.iter().map(regression).collect::<Result<_, _>>()?;
        Ok(Self { labels, regressions, accuracy: f64::NAN })
    }

    /// The labels, in alphabetical order.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The index of each face's most probable label.
    pub(super) fn classify(&self, faces: &Rows) -> Vec<usize> {
        let classify = |face: &[f64]| {
            let scores = self.regressions.iter().map(|regression| regression.log_odds(face));
            let best = scores.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
            best.map_or(0, |(label, _)| label)
        };
        features(faces).chunks(faces.dimension()).map(classify).collect()
    }

    /// The mean share of faces with the right label, of faces that a classifier of the others was not fitted to, 0 to 1; every
    /// label counts alike.
    pub(super) fn accuracy(&self) -> f64 {
        self.accuracy
    }

    fn left_out_accuracy(faces: &Rows, labels: &[String]) -> Result<f64, EvaluateError> {
        let is_left_out = |i: &usize| i.is_multiple_of(LEFT_OUT);
        let (left_out, fitted): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(is_left_out);
        let of = |indices: &[usize]| indices.iter().map(|&i| labels[i].clone()).collect::<Vec<_>>();
        let classifier = Self::fit_all(&faces.select(fitted.iter().copied())?, &of(&fitted))?;
        let found = classifier.classify(&faces.select(left_out.iter().copied())?);
        let mut right = vec![(0.0, 0.0); classifier.labels.len()];
        for (found, label) in found.into_iter().zip(of(&left_out)) {
            if let Ok(expected) = classifier.labels.binary_search(&label) {
                right[expected].0 += f64::from(u8::from(found == expected));
                right[expected].1 += 1.0;
            }
        }
        let shares: Vec<f64> = right
            .into_iter()
            .filter(|(_, count)| *count > 0.0)
            .map(|(right, count)| right / count)
            .collect();
        Ok(shares.iter().sum::<f64>() / shares.len() as f64)
    }
}

/// Embeddings of the length √d, so that a feature has a variance of about 1.
fn features(faces: &Rows) -> Vec<f64> {
    let scale = (faces.dimension() as f64).sqrt();
    faces.iter().flatten().map(|&value| scale * f64::from(value)).collect()
}
